"""Whether a pass opens the registration of a method: policies of the tenant, and of the folder → findings.

`read_doors` compares the folder with the tenant as a plan does; everything after that is pure. People are
asked about as they come on their first day: with the pass, and nothing else that they could show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from tapctl.canonical import texts
from tapctl.errors import GraphError, NotFound
from tapctl.evaluate.decision import Decision
from tapctl.evaluate.facts import Facts, Person
from tapctl.evaluate.situation import REGISTER
from tapctl.kinds import kinds
from tapctl.lint.planned import items_of
from tapctl.lint.what_if import MULTI_USE, ONE_TIME, WhatIf
from tapctl.model import Address, Finding, JsonObject, Severity
from tapctl.passes.checks import Applicant, Rules
from tapctl.reference import parse
from tapctl.resolve import resolve

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway
    from tapctl.match import Matched
    from tapctl.pipeline import Checked

DESPITE: Final = "--despite-policies"
_POLICY: Final = "ConditionalAccessPolicy"
_USERS: Final = ("conditions", "users")


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
            self._known[key] = tuple(_asked(self.tenant, self.folder, user, person, kind))
        return self._known[key]


async def read_doors(checked: Checked, gateway: Gateway, as_of: date) -> Doors:
    """What cannot be read, or has mistakes, is a brake and never taken for open; the rest is asked."""
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
        matched = (await compare(checked, gateway)).matched
    except NotFound as error:
        message = f"whether policies let a pass open registration was not checked: {error}"
        return Doors(general=(_finding("policies-not-asked", message, "", "warning"),))
    except GraphError as error:
        message = f"whether policies let a pass open registration cannot be told: {error}"
        help_ = f"get the permission that a plan takes, or say {DESPITE}"
        return Doors(general=(_brake("policies-unread", message, help_),))
    return doors_of(matched, as_of, notes)


def doors_of(matched: Matched, as_of: date, notes: Iterable[Finding] = ()) -> Doors:
    """The policies on both sides of a plan."""
    before, after = (
        {item.address: item.spec for item in items_of(matched, side)} for side in ("before", "after")
    )
    specs = [spec for side in (before, after) for address, spec in side.items() if address.kind == _POLICY]
    return Doors(
        tenant=WhatIf(before, Facts(), as_of),
        folder=WhatIf(after, Facts(), as_of),
        names=dict(_groups(specs, matched)),
        users=frozenset(text.casefold() for spec in specs for text in _texts(spec, "Users")),
        general=tuple(notes),
    )


def _texts(spec: JsonObject, kind: str) -> tuple[str, ...]:
    return (*texts(spec, *_USERS, f"include{kind}"), *texts(spec, *_USERS, f"exclude{kind}"))


def _groups(specs: Iterable[JsonObject], matched: Matched) -> Iterator[tuple[str, str]]:
    """The ids of the groups that policies are about, and how the policies spell them. A group that is not
    there yet has no members."""
    field = kinds()[_POLICY].field.properties["conditions"].properties["users"].properties["includeGroups"]
    for text in {text for spec in specs for text in _texts(spec, "Groups")}:
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
    now = tenant.shut_everywhere(person, {kind}, **situation)
    then = folder.shut_everywhere(person, {kind}, **situation)
    if now is not None:
        fix = "change that policy" if then is not None else "apply the folder, which opens it"
        yield _brake(
            "pass-opens-nothing",
            f"{_by(now)} keeps them from registering anything with this pass",
            f"{fix}, or say {DESPITE}; tapctl simulate shows why",
        )
    elif then is not None:
        yield _brake(
            "pass-will-open-nothing",
            f"once the folder is applied, {_by(then)} keeps them from registering anything with this pass",
            f"change that document, or say {DESPITE} if the pass is used before; tapctl simulate shows why",
        )
    elif some := tenant.shut_at_home(person, {kind}, **situation):
        message = (
            f"{_by(some)} lets them register with this pass only in a named network or on a managed device"
        )
        yield _finding("pass-opens-little", message, "tell them, or change that policy", "warning")


def _by(decision: Decision) -> str:
    """What decides, in a sentence."""
    if decision.by:
        return " and ".join(f'the policy "{name}"' for name in decision.by)
    return decision.detail or decision.reason or "a rule of the service"


def _brake(rule: str, message: str, help_: str) -> Finding:
    return Finding(rule=rule, severity="brake", message=message, help=help_, flag=DESPITE)


def _finding(rule: str, message: str, help_: str, severity: Severity) -> Finding:
    return Finding(rule=rule, severity=severity, message=message, help=help_)
