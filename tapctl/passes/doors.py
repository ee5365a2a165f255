"""Whether a pass opens the registration of a method, and of one that lasts: policies of the tenant, and of
the folder → findings.

`read_doors` compares the folder with the tenant as a plan does; everything after that is pure. People are
asked about as they come on their first day: with the pass, and nothing else that they could show.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from tapctl.canonical import texts, with_values
from tapctl.errors import GraphError, NotFound
from tapctl.evaluate.decision import Decision
from tapctl.evaluate.facts import Facts, Person
from tapctl.evaluate.situation import REGISTER
from tapctl.kinds import kinds
from tapctl.lint.planned import items_of
from tapctl.lint.what_if import CLOSED, MANAGED, MULTI_USE, ONE_TIME, WhatIf
from tapctl.match import as_observed
from tapctl.model import Address, Finding, Json, JsonObject, Path, Severity
from tapctl.passes.checks import Applicant, Rules
from tapctl.reference import parse
from tapctl.resolve import resolve

if TYPE_CHECKING:
    from tapctl.checked import Checked
    from tapctl.graph.gateway import Gateway
    from tapctl.match import Matched
    from tapctl.pipeline import Compared

DESPITE: Final = "--despite-policies"
_POLICY: Final = "ConditionalAccessPolicy"
_USERS: Final = ("conditions", "users")
_METHODS: Final = ("Fido2Policy", "MicrosoftAuthenticatorPolicy")
# Of what is registered with a pass and works without a password (methods.py), all that has a policy.
_NOTHING_LASTING: Final = "nothing-lasting"
_LASTING: Final = frozenset({"fido2", "deviceBasedPush"})
_LACKING: Final = {
    "enabledMethods": "which methods are turned on could not be read",
    "strengths": "the authentication strength that it asks for is not among the tenant's",
    "user.roles": "which roles they hold could not be read",
}


@dataclass(slots=True, kw_only=True)
class Doors:
    """The policies of the tenant as it is, and as it will be once the folder is applied. `names` are the
    groups that they are about, by id; `users` the people whom they name. Decisions are remembered: people in
    the same of those groups get the same one."""

    tenant: WhatIf | None = None
    folder: WhatIf | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    users: frozenset[str] = frozenset()
    general: tuple[Finding, ...] = ()
    _known: dict[tuple[str, Person, str], tuple[Finding, ...]] = field(default_factory=dict)

    @property
    def groups(self) -> frozenset[str]:
        """The groups whose members matter."""
        return frozenset(self.names)

    def findings(self, applicant: Applicant, rules: Rules, *, is_usable_once: bool) -> tuple[Finding, ...]:
        """What keeps this person from registering anything with such a pass."""
        if self.tenant is None or self.folder is None:
            return ()
        kind = ONE_TIME if is_usable_once else MULTI_USE
        groups = (self.names[group] for group in applicant.groups & self.groups)
        person = self.tenant.person(groups=groups, holds=kind)
        person = replace(person, roles=_roles(applicant, rules))
        user = applicant.name if applicant.name.casefold() in self.users else "somebody"
        key = (user, person, kind)
        if key not in self._known:
            asked = _asked(self.tenant, self.folder, user, person, kind)
            lasting = () if self._is_told else _lasting(self.tenant, self.folder, person.groups)
            self._known[key] = (*asked, *lasting)
        return self._known[key]

    @property
    def _is_told(self) -> bool:
        return any(item.rule == _NOTHING_LASTING for item in self.general)


async def read_doors(checked: Checked, gateway: Gateway, as_of: date) -> Doors:
    """The tenant's policies, and what the folder makes of them, whatever it declares. What cannot be read, or
    has mistakes, is a brake and never taken for open; the rest is asked."""
    from tapctl.pipeline import compare

    notes: list[Finding] = []
    if checked.has_errors:
        nothing = resolve((), checked.workspace.settings.break_glass)
        checked = replace(checked, desired=(), resolved=nothing)
        message = (
            "whether a pass opens registration once the folder is applied was not checked, for the folder "
            "has mistakes; whether the tenant's policies let it now was"
        )
        help_ = f"mend what tapctl validate shows, or say {DESPITE}"
        notes.append(_brake("folder-unread", message, help_))
    try:
        compared = await compare(checked, gateway, {_POLICY, *_METHODS})
    except NotFound as error:
        message = (
            f"whether policies let a pass open registration was not checked, for a part is not there: {error}"
        )
        help_ = f"see that the tenant has Conditional Access and what policies refer to, or say {DESPITE}"
        return Doors(general=(_brake("policies-not-asked", message, help_),))
    except GraphError as error:
        message = f"whether policies let a pass open registration cannot be told: {error}"
        help_ = f"get the permission that a plan takes, or say {DESPITE}"
        return Doors(general=(_brake("policies-unread", message, help_),))
    return doors_of(_with_methods(compared), as_of, notes)


def _with_methods(compared: Compared) -> Matched:
    """A plan leaves out what there is one of and nobody declares."""
    matched = compared.matched
    declared = {pair.kind.name for pair in matched.pairs}
    methods = (
        as_observed(kinds()[name], item, matched.directory)
        for name in _METHODS
        for item in compared.snapshot.objects.get(name, ())
        if name not in declared
    )
    return replace(matched, pairs=(*matched.pairs, *methods))


def doors_of(matched: Matched, as_of: date, notes: Iterable[Finding] = ()) -> Doors:
    """The policies on both sides of a plan, with what no schema knows: it may decide."""
    newer = {pair.address: _members(pair.extra) for pair in matched.pairs}
    before, after = (
        {item.address: with_values(item.spec, newer[item.address]) for item in items_of(matched, side)}
        for side in ("before", "after")
    )
    specs = [spec for side in (before, after) for address, spec in side.items() if address.kind == _POLICY]
    tenant, folder = WhatIf(before, Facts(), as_of), WhatIf(after, Facts(), as_of)
    reached = _reached(tenant) | _reached(folder)
    groups = {text for spec in specs for text in _texts(spec, "Groups")} | reached
    is_for_nobody = not any(_lasts(side, some) for side in (tenant, folder) for some in ((), *zip(reached)))
    return Doors(
        tenant=tenant,
        folder=folder,
        names=dict(_groups(groups, matched)),
        users=frozenset(text.casefold() for spec in specs for text in _texts(spec, "Users")),
        general=(*notes, *(_lasting(tenant, folder, (), "anybody") if is_for_nobody else ())),
    )


def _members(extra: Mapping[Path, Json]) -> dict[Path, Json]:
    """Those that an apply leaves there; a list may be another by then."""
    return {path: value for path, value in extra.items() if all(isinstance(step, str) for step in path)}


def _texts(spec: JsonObject, kind: str) -> tuple[str, ...]:
    return (*texts(spec, *_USERS, f"include{kind}"), *texts(spec, *_USERS, f"exclude{kind}"))


def _reached(what_if: WhatIf) -> frozenset[str]:
    """The groups that the pass policy is about, and methods that last, where those were read."""
    found, methods = what_if.facts.pass_policy, what_if.facts.methods or {}
    scopes = [
        *([found.scope] if found else []),
        *(scope for mode, scope in methods.items() if mode in _LASTING),
    ]
    return frozenset().union(*(scope.include | scope.exclude for scope in scopes))


def _groups(names: Iterable[str], matched: Matched) -> Iterator[tuple[str, str]]:
    """The ids of the groups that policies are about, and how the policies spell them. A group that is not
    there yet has no members."""
    field = kinds()[_POLICY].field.properties["conditions"].properties["users"].properties["includeGroups"]
    for text in names:
        reference = parse(text, ("Group",), field.words)
        address = Address("Group", reference.text)
        found = reference.text if reference.form == "id" else matched.directory.id_of(address)
        if found:
            yield found.lower(), text


def _roles(applicant: Applicant, rules: Rules) -> frozenset[str] | None:
    """The roles that somebody has now; None if that could not be read."""
    if rules.unread:
        return None
    holders = {applicant.id, *applicant.groups}
    return frozenset(role for holder in holders for role in rules.active.get(holder, ()))


def _asked(tenant: WhatIf, folder: WhatIf, user: str, person: Person, kind: str) -> Iterator[Finding]:
    situation = {"action": REGISTER, "user": user}
    now, then = (what_if.best(person, {kind}, **situation) for what_if in (tenant, folder))
    if now.verdict in CLOSED:
        fix = (
            "apply the folder, which opens it"
            if then.verdict not in {*CLOSED, "unknown"}
            else "change that policy"
        )
        yield _brake(
            "pass-opens-nothing",
            f"{_by(now)} keeps them from registering anything with this pass",
            f"{fix}, or say {DESPITE}; tapctl simulate shows why",
        )
    elif then.verdict in CLOSED:
        yield _brake(
            "pass-will-open-nothing",
            f"once the folder is applied, {_by(then)} keeps them from registering anything with this pass",
            f"change that document, or say {DESPITE} if the pass is used before; tapctl simulate shows why",
        )
    elif now.verdict == "unknown":
        yield _undecided("", now)
    elif then.verdict == "unknown":
        yield _undecided("once the folder is applied, ", then)
    elif others := [key.removeprefix("custom:") for key in now.unmet if key.startswith("custom:")]:
        message = f"{_by(now)} also asks them for {', '.join(others)}, which another service answers"
        help_ = "see that they can answer it before they have anything else, or change that policy"
        yield _finding("pass-asks-more", message, help_, "warning")
    elif some := tenant.shut_at_home(person, {kind}, **situation):
        where = _where(tenant, person, kind, situation)
        message = f"{_by(some)} lets them register with this pass only {where}"
        yield _finding("pass-opens-little", message, "tell them, or change that policy", "warning")


def _lasting(
    tenant: WhatIf, folder: WhatIf, groups: Collection[str], whom: str = "them"
) -> Iterator[Finding]:
    """A pass opens the door, and what is behind it may not be on for members of these groups."""
    when, help_ = "", f"let a Fido2Policy or MicrosoftAuthenticatorPolicy reach {whom}, and apply it"
    now, then = (_lasts(what_if, groups) for what_if in (tenant, folder))
    if now and then:
        return
    if now:
        when, help_ = "once the folder is applied, ", "change those documents"
    elif then:
        help_ = "apply the folder, which turns one of them on"
    message = (
        f"{when}neither passkeys (Fido2) nor Microsoft Authenticator without a password are on for {whom}: "
        "a pass registers nothing that works without a password but Windows Hello for Business"
    )
    yield _finding(_NOTHING_LASTING, message, help_, "warning")


def _lasts(what_if: WhatIf, groups: Collection[str]) -> bool:
    """Whether something is, or may be."""
    return not _LASTING.isdisjoint(what_if.landing(groups))


def _where(tenant: WhatIf, person: Person, kind: str, situation: Mapping[str, str]) -> str:
    """What opens a door that is shut at home, on a machine of their own."""
    needs_place = tenant.shut_at_home(person, {kind}, **situation, device=MANAGED) is not None
    needs_device = tenant.shut_unmanaged(person, {kind}, **situation) is not None
    if needs_place and needs_device:
        return "on a managed device in a named network"
    if needs_place:
        return "in a named network"
    return "on a managed device" if needs_device else "in a named network or on a managed device"


def _undecided(when: str, decision: Decision) -> Finding:
    lacks = f": {'; '.join(map(_lacking, decision.missing))}" if decision.missing else ""
    return _brake(
        "pass-may-open-nothing",
        f"{when}whether {_by(decision)} lets them register anything with this pass cannot be told{lacks}",
        f"change that policy, or say {DESPITE}; tapctl simulate shows why",
    )


def _lacking(fact: str) -> str:
    """A fact that the evaluator lacks, or a word of the policy's that it does not know."""
    return _LACKING.get(fact, f'tapctl cannot answer its "{fact}"')


def _by(decision: Decision) -> str:
    """What decides, in a sentence; where no policy was asked, the pass was refused before."""
    return " and ".join(f'the policy "{name}"' for name in decision.by) or "the pass policy"


def _brake(rule: str, message: str, help_: str) -> Finding:
    return Finding(rule=rule, severity="brake", message=message, help=help_, flag=DESPITE)


def _finding(rule: str, message: str, help_: str, severity: Severity) -> Finding:
    return Finding(rule=rule, severity=severity, message=message, help=help_)
