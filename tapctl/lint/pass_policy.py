"""TAP001 and on: the Temporary Access Pass configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from tapctl.built_in import SYNCHRONISE
from tapctl.evaluate.enabled_methods import CONFIGURATIONS
from tapctl.evaluate.facts import Person
from tapctl.evaluate.strengths import PASSES
from tapctl.lint.context import Context
from tapctl.lint.emergency import is_emergency_group
from tapctl.lint.example import REGISTER, document, policy, stream, tap
from tapctl.lint.item import Hit, Item
from tapctl.lint.needs import LASTING
from tapctl.lint.policy import Policy
from tapctl.lint.registration import but_for_certificates, covers, given_to, guards, is_given, takes_pass
from tapctl.lint.rule import rule
from tapctl.lint.what_if import ONE_TIME
from tapctl.model import Severity

_TAP_PAGE: Final = (
    "https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass"
)
_GRAPH_PAGE: Final = (
    "https://learn.microsoft.com/graph/api/resources/temporaryaccesspassauthenticationmethodconfiguration"
)
_WORKING_DAY, _DAY, _TOO_SHORT = 480, 1440, 15
_SHORTEST: Final = 8
_ROOM: Final = 20 * 1024
_LIFETIMES: Final = ("minimum", "default", "maximum")
# Names and template ids: https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
_HIGHEST: Final = frozenset(
    {
        "Global Administrator",
        "62e90394-69f5-4237-9190-012177145e10",
        "Privileged Role Administrator",
        "e8611ab8-c189-46e8-94e1-60213ab1f814",
        "Privileged Authentication Administrator",
        "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
        "Conditional Access Administrator",
        "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
        "Security Administrator",
        "194ae4cb-b126-40b2-bd5b-6091b380977d",
        "Authentication Policy Administrator",
        "0526716b-113d-4c15-b2c8-68e3c22b9f80",
    }
)
_GLASS: Final = "settings: {breakGlass: {accounts: [bg@example.com], groups: [Break glass]}}\n"
_NEW_HIRES: Final = "{includeGroups: [New hires], excludeGroups: [Break glass]}"
_BOOTSTRAP: Final = "{operator: OR, authenticationStrength: Bootstrap}"
_ONLY_PASS: Final = document(
    "AuthenticationStrength", "Bootstrap", "{allowedCombinations: [temporaryAccessPassOneTime]}"
)

_PASS_OR_KEY: Final = _ONLY_PASS.replace("[", "[fido2, ")


def _in_scope(user: str, role: str) -> str:
    return f"facts: {{groups: {{New hires: [{user}]}}, users: {{{user}: {{roles: [{role}]}}}}}}\n"


def _before(once: str) -> str:
    spec = f"{{state: enabled, isUsableOnce: {once}, includeTargets: [New hires]}}"
    return f"before:\n- kind: TemporaryAccessPassPolicy\n  spec: {spec}\n"


def _passkeys(state: str) -> str:
    return document("Fido2Policy", "", f"{{state: {state}, includeTargets: [all_users]}}")


def _authenticator(state: str) -> str:
    return document("MicrosoftAuthenticatorPolicy", "", f"{{state: {state}, includeTargets: [all_users]}}")


@rule(
    id="TAP001",
    name="tap-multi-use",
    severity="error",
    elsewhere="warning",
    what="Passes can be used more than once.",
    why="A multi-use code can be replayed for its whole life by whoever has seen it.",
    fix="Set isUsableOnce to true, or ignore the rule, naming the journey that needs two sign-ins.",
    source="EIDSCA AT02; Zero Trust Assessment 21846",
    good=tap(),
    bad=tap(isUsableOnce="false"),
)
def multi_use(context: Context) -> Iterator[Hit]:
    found = context.one("TemporaryAccessPassPolicy")
    if (
        found is not None
        and found.spec.get("state") == "enabled"
        and found.spec.get("isUsableOnce") is not True
    ):
        yield found.hit("passes can be used again and again until they expire", "isUsableOnce")


def _minutes(item: Item, name: str) -> int:
    found = item.at(name)
    return found if isinstance(found, int) else 0


def _enabled(context: Context) -> Item | None:
    """The configuration, where passes are on."""
    found = context.one("TemporaryAccessPassPolicy")
    return found if found is not None and found.spec.get("state") == "enabled" else None


def _scope(context: Context) -> tuple[frozenset[str], frozenset[str], bool]:
    """Groups included and excluded, and whether everybody is included."""
    scope = context.methods.scope(ONE_TIME)
    if scope is None:
        return frozenset(), frozenset(), False
    return scope.include, scope.exclude, scope.everybody


@rule(
    id="TAP002",
    name="tap-lifetime-long",
    severity="warning",
    what="A pass may live longer than a working day.",
    why="A pass that lives for days is a second password.",
    fix="Set maximumLifetimeInMinutes to 8h; a pass for tomorrow gets a start time instead.",
    source=_TAP_PAGE,
    good=tap(maximumLifetimeInMinutes="8h"),
    bad=tap(maximumLifetimeInMinutes="12h"),
)
def lifetime_long(context: Context) -> Iterator[Hit]:
    if (found := _enabled(context)) is not None:
        longest = _minutes(found, "maximumLifetimeInMinutes")
        if longest > _WORKING_DAY:
            severity: Severity | None = "error" if longest > _DAY else None
            message = f"a pass may live for {longest} minutes"
            yield found.hit(message, "maximumLifetimeInMinutes", severity=severity)


@rule(
    id="TAP003",
    name="tap-default-outside-range",
    severity="error",
    covers=("lifetimes-out-of-order",),
    what="The default lifetime is not between the shortest and the longest.",
    why="Graph refuses the configuration.",
    fix="Set defaultLifetimeInMinutes between minimumLifetimeInMinutes and maximumLifetimeInMinutes.",
    source=_GRAPH_PAGE,
    good=tap(),
    bad=tap(defaultLifetimeInMinutes="9h"),
)
def default_outside(context: Context) -> Iterator[Hit]:
    if (found := context.one("TemporaryAccessPassPolicy")) is not None:
        low, default, high = (_minutes(found, f"{name}LifetimeInMinutes") for name in _LIFETIMES)
        if default and not low <= default <= (high or default):
            message = f"the default of {default} minutes is not between {low} and {high}"
            yield found.hit(message, "defaultLifetimeInMinutes")


@rule(
    id="TAP005",
    name="tap-min-too-short",
    severity="note",
    what="One-time passes may be too short to be used.",
    why="A pass takes minutes to work everywhere, and registering takes up to ten after the sign-in.",
    fix="Set minimumLifetimeInMinutes to 30m.",
    source=_TAP_PAGE,
    good=tap(minimumLifetimeInMinutes="30m"),
    bad=tap(minimumLifetimeInMinutes="10m"),
)
def minimum_short(context: Context) -> Iterator[Hit]:
    found = _enabled(context)
    if found is not None and context.methods.passes_are_once:
        shortest = _minutes(found, "minimumLifetimeInMinutes")
        if 0 < shortest <= _TOO_SHORT:
            yield found.hit(
                f"a pass of {shortest} minutes ends before it is used", "minimumLifetimeInMinutes"
            )


@rule(
    id="TAP006",
    name="tap-short-code-long-life",
    severity="warning",
    what="A short code can be tried for days.",
    why="The length is all that keeps a multi-use pass from being guessed.",
    fix="Set defaultLength to 12 or more, or shorten the life of passes.",
    source="inferred from how passes are made",
    good=tap(isUsableOnce="false", maximumLifetimeInMinutes="2d", defaultLength="12"),
    bad=tap(isUsableOnce="false", maximumLifetimeInMinutes="2d", defaultLength="8"),
)
def short_code(context: Context) -> Iterator[Hit]:
    found = _enabled(context)
    if found is None or context.methods.passes_are_once:
        return
    if found.at("defaultLength") == _SHORTEST and _minutes(found, "maximumLifetimeInMinutes") > _DAY:
        yield found.hit(f"passes have {_SHORTEST} characters and live for days", "defaultLength")


@rule(
    id="TAP007",
    name="tap-all-users",
    severity="warning",
    what="Everybody may use a pass.",
    why="Whoever may issue one can become anybody. (Zero Trust Assessment 21845 asks for it: ignore one.)",
    fix="Include the group of those who wait for a method, or exclude the others.",
    source=_TAP_PAGE,
    good=tap(),
    bad=tap(includeTargets="[all_users]"),
)
def all_users(context: Context) -> Iterator[Hit]:
    found, (_, excluded, everybody) = _enabled(context), _scope(context)
    if found is not None and everybody and not excluded:
        yield found.hit("everybody may use a pass", "includeTargets", value="all_users")


@rule(
    id="TAP008",
    name="tap-covers-emergency",
    severity="error",
    what="A pass works for the emergency accounts.",
    why="Whoever may issue a pass, or an application that may, can sign in as one of them.",
    fix="Exclude a group that holds the emergency accounts (excludeTargets).",
    source="https://learn.microsoft.com/entra/identity/role-based-access-control/security-emergency-access",
    good=stream(tap(includeTargets="[all_users]", excludeTargets="[Break glass]"), _GLASS),
    bad=stream(tap(includeTargets="[all_users]"), _GLASS),
)
def covers_emergency(context: Context) -> Iterator[Hit]:
    """Each group of theirs, and each account that is in none of those."""
    found, (included, excluded, everybody) = _enabled(context), _scope(context)
    if found is None:
        return
    glass, groups = context.settings.break_glass, context.groups
    open_to = [
        group
        for group in glass.groups
        if (everybody or groups.around(group) & included) and not groups.around(group) & excluded
    ]
    for group in open_to:
        yield found.hit(f"a pass works for members of {group}", "includeTargets")
    for account in glass.accounts:
        is_said = any(groups.holds(group, account) is not False for group in open_to)
        is_in = everybody or any(groups.holds(group, account) for group in included)
        if not is_said and is_in and all(groups.holds(group, account) is False for group in excluded):
            yield found.hit(f"a pass works for {account}", "includeTargets")


def _holders_in_scope(context: Context, roles: frozenset[str]) -> Iterator[str]:
    """Everybody known who holds one of these roles, and for whom a pass works for certain."""
    included, excluded, everybody = _scope(context)
    for user, person in sorted(context.facts.users.items()):
        if {role.removeprefix("id:") for role in person.roles or ()} & roles:
            scene = context.people.scene(user)
            is_included = everybody or scene.in_any_group(included) is True
            if is_included and scene.in_any_group(excluded) is False:
                yield user


@rule(
    id="TAP009",
    name="tap-covers-sync",
    severity="error",
    needs=("roles",),
    what="A pass works for an account that synchronises the directory.",
    why="A pass is an interactive sign-in: no program needs one, and an intruder can use it.",
    fix="Exclude the account's group.",
    source=_TAP_PAGE,
    good=stream(tap(), "facts: {users: {sync@x.example: {roles: [Directory Synchronization Accounts]}}}\n"),
    bad=stream(tap(), _in_scope("sync@x.example", "Directory Synchronization Accounts")),
)
def covers_sync(context: Context) -> Iterator[Hit]:
    if (found := _enabled(context)) is not None:
        for user in _holders_in_scope(context, frozenset(SYNCHRONISE)):
            yield found.hit(f"a pass works for {user}, which synchronises the directory", "includeTargets")


@rule(
    id="TAP010",
    name="tap-covers-tier0",
    severity="warning",
    needs=("roles",),
    what="A pass works for administrators.",
    why="Passes are issued at the help desk: that must not be a way to the highest roles.",
    fix="Keep administrators out of the groups that may use passes.",
    source="https://learn.microsoft.com/entra/identity/role-based-access-control/privileged-roles-permissions",
    good=stream(tap(), "facts: {users: {ada@x.example: {roles: [Global Administrator]}}}\n"),
    bad=stream(tap(), _in_scope("ada@x.example", "Global Administrator")),
)
def covers_administrators(context: Context) -> Iterator[Hit]:
    if (found := _enabled(context)) is not None:
        for user in _holders_in_scope(context, _HIGHEST):
            yield found.hit(f"a pass works for {user}, who holds a privileged role", "includeTargets")


@rule(
    id="TAP011",
    name="tap-off-but-needed",
    severity="error",
    what="Passes are off, and somebody new can register with nothing else.",
    why="The other methods that the strength takes have to be registered before.",
    fix="Turn the configuration on, or take the policy back.",
    source=_TAP_PAGE,
    good=stream(tap(), policy(applications=REGISTER, grant=_BOOTSTRAP), _ONLY_PASS),
    bad=stream(tap(state="disabled"), policy(applications=REGISTER, grant=_BOOTSTRAP), _PASS_OR_KEY),
)
def off_but_needed(context: Context) -> Iterator[Hit]:
    found, scope = context.one("TemporaryAccessPassPolicy"), context.methods.scope(ONE_TIME)
    if scope is None or scope.is_enabled:
        return
    for guard in guards(context):
        if _rests_on_passes(context, guard):
            message = f"{guard.name} asks somebody new for a pass, and passes are off"
            message += but_for_certificates(context, guard)
            yield found.hit(message, "state") if found else guard.hit(message, "grantControls")


def _rests_on_passes(context: Context, guard: Policy) -> bool:
    """Whether nobody new gets past it without a pass. What asks at some places only leaves the others."""
    combinations = context.combinations(guard) or frozenset()
    if not takes_pass(context, guard) or _is_choice(guard):
        return False
    is_only_way = not guard.narrowing and not given_to(context, guard)
    return is_only_way or all(modes & PASSES for modes in combinations)


@rule(
    id="TAP012",
    name="tap-scope-gap",
    severity="error",
    what="People are asked for a pass that they cannot use.",
    why="A pass may be issued to them, and the sign-in says that a policy blocks it.",
    fix="Include their group in the pass configuration, or ask them for something else.",
    source=_TAP_PAGE,
    good=stream(tap(), policy(users=_NEW_HIRES, applications=REGISTER, grant=_BOOTSTRAP), _ONLY_PASS),
    bad=stream(
        tap(includeTargets="[Others]"),
        policy(users=_NEW_HIRES, applications=REGISTER, grant=_BOOTSTRAP),
        _ONLY_PASS,
    ),
)
def scope_gap(context: Context) -> Iterator[Hit]:
    """Whoever is new has a pass and nothing else: the other methods of a strength come after it."""
    found = _enabled(context)
    if found is None:
        return
    for guard in guards(context):
        if takes_pass(context, guard) and not _is_choice(guard):
            yield from _groups_in_gap(context, guard, found)
            yield from _others_in_gap(context, guard, found)


def _is_choice(found: Policy) -> bool:
    return found.operator == "OR" and len(found.demands) > 1


def _groups_in_gap(context: Context, guard: Policy, found: Item) -> Iterator[Hit]:
    """Groups that the guard names; of one for everybody, those that the configuration names."""
    included, excluded, everybody = _scope(context)
    meant = guard.users("includeGroups") | (included if guard.includes_everyone else frozenset())
    spared = excluded - meant if guard.includes_everyone and everybody else frozenset()
    for group in sorted(meant | {group for group in spared if not is_emergency_group(context, group)}):
        around = context.groups.around(group)
        works = not around & excluded and (everybody or bool(around & included))
        if not works and covers(context, guard, group) and _needs_pass(context, guard, group):
            message = f"{_asks(context, guard, f'members of {group}')}; passes do not work for them"
            severity = None if group in meant else _unless_sure(context, guard)
            yield found.hit(message, "includeTargets", value=group, severity=severity)


def _others_in_gap(context: Context, guard: Policy, found: Item) -> Iterator[Hit]:
    """Of a guard for everybody, all whom no group lets use a pass: whether they are new, nobody says."""
    included, excluded, everybody = _scope(context)
    if not guard.includes_everyone or everybody or not _needs_pass(context, guard):
        return
    groups = ", ".join(sorted(included - excluded))
    works = f"for members of {groups} only" if groups else "for nobody"
    message = f"{_asks(context, guard, 'everybody')}; passes work {works}"
    yield found.hit(message, "includeTargets", severity=_unless_sure(context, guard))


def _asks(context: Context, guard: Policy, who: str) -> str:
    or_later = "" if _takes_passes_only(context, guard) else " or a method to register first"
    return f"{guard.name} asks {who} for a pass{or_later}"


def _unless_sure(context: Context, guard: Policy) -> Severity | None:
    """A note, unless who is not new is asked for a pass as well."""
    return None if _takes_passes_only(context, guard) else "note"


def _takes_passes_only(context: Context, guard: Policy) -> bool:
    return all(modes & PASSES for modes in context.combinations(guard) or ())


def _needs_pass(context: Context, guard: Policy, group: str = "") -> bool:
    """Whether nothing else gets new members, or of no group anybody new, past it. Emergency accounts are
    never new, nor is a group in which everybody is known to hold another method that it takes."""
    if _takes_passes_only(context, guard):
        return True
    others = [modes for modes in context.combinations(guard) or () if not modes & PASSES]
    return not (
        guard.narrowing
        or is_emergency_group(context, group)
        or any(is_given(context, modes, group) for modes in others)
        or _are_settled(context, others, group)
    )


def _are_settled(context: Context, ways: list[frozenset[str]], group: str) -> bool:
    people = {name.casefold(): person for name, person in context.facts.users.items()}
    held = [people.get(user, Person()).registered or frozenset() for user in context.groups.users(group)]
    return (
        bool(held)
        and context.groups.is_known(group)
        and all(any(modes <= some for modes in ways) for some in held)
    )


@rule(
    id="TAP013",
    name="tap-scope-empty",
    severity="warning",
    what="Everybody who may use a pass is excluded again.",
    why="An exclusion wins: passes work for nobody.",
    fix="Take the group out of one of the two lists.",
    source=_TAP_PAGE,
    good=tap(excludeTargets="[Break glass]"),
    bad=tap(excludeTargets="[New hires]"),
)
def scope_empty(context: Context) -> Iterator[Hit]:
    found, (included, excluded, everybody) = _enabled(context), _scope(context)
    if found is None or everybody or not included:
        return
    if all(context.groups.around(group) & excluded for group in included):
        yield found.hit("every group that may use a pass is excluded", "excludeTargets")


@rule(
    id="TAP015",
    name="tap-user-target",
    severity="error",
    what="The pass configuration names a single person.",
    why="Only groups can be targeted.",
    fix="Make a group, and include that.",
    source=_TAP_PAGE,
    good=tap(),
    bad=tap(includeTargets="[{id: ada@x.example, targetType: user}]"),
)
def user_target(context: Context) -> Iterator[Hit]:
    found = context.one("TemporaryAccessPassPolicy")
    targets = found.at("includeTargets") if found is not None else None
    for target in targets if isinstance(targets, list) else ():
        if found is not None and isinstance(target, dict) and target.get("targetType") == "user":
            yield found.hit(
                f"{target.get('id')} is a person, and no group", "includeTargets", value=str(target.get("id"))
            )


@rule(
    id="TAP016",
    name="tap-flip-kills-live",
    severity="warning",
    needs=("plan",),
    what="The change makes passes that are out already worthless.",
    why="Once passes are one-time only, multi-use passes are refused from that moment on.",
    fix="Apply it when no pass is out (`tapctl pass list`), and issue the others again.",
    source=_TAP_PAGE,
    good=stream(tap(), _before("true")),
    bad=stream(tap(), _before("false")),
)
def flip_kills(context: Context) -> Iterator[Hit]:
    found = _enabled(context)
    before = context.before.methods.passes_are_once if context.before is not None else None
    if found is not None and before is False and context.methods.passes_are_once:
        yield found.hit("multi-use passes that are out are refused from now on", "isUsableOnce")


@rule(
    id="TAP028",
    name="tap-policy-size",
    severity="warning",
    what="The authentication methods policy is nearly full.",
    why="All methods together have room for 20 KB, and Graph refuses what is over it; many targets fill it.",
    fix="Target fewer, larger groups.",
    source="https://learn.microsoft.com/entra/identity/authentication/concept-authentication-methods-manage",
    good=tap(),
    bad=tap(includeTargets="[" + ", ".join(f"A group with a rather long name {n}" for n in range(400)) + "]"),
)
def policy_size(context: Context) -> Iterator[Hit]:
    """What Graph counts is not documented: the specs, as JSON, are a lower bound."""
    found = [item for kind in sorted(set(CONFIGURATIONS.values())) for item in context.of(kind)]
    size = sum(len(json.dumps(item.spec)) for item in found)
    if size > _ROOM * 0.8:
        yield found[0].hit(f"the methods' configurations take {size} bytes of {_ROOM}")


@rule(
    id="TAP032",
    name="tap-no-landing",
    severity="error",
    needs=("landing",),
    what="A pass leads nowhere: no lasting method is enabled for those who get one.",
    why="They sign in with it, and can register nothing that works tomorrow.",
    fix="Enable passkeys (Fido2Policy) or the Authenticator for the same groups.",
    source="https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strength-how-it-works",
    good=stream(tap(), _passkeys("enabled"), _authenticator("disabled")),
    bad=stream(tap(), _passkeys("disabled"), _authenticator("disabled")),
)
def no_landing(context: Context) -> Iterator[Hit]:
    """Said only where every configuration that could help is known."""
    found, (included, _, everybody) = _enabled(context), _scope(context)
    scopes = [context.methods.scope(mode) for mode in LASTING]
    if found is None or any(scope is None for scope in scopes):
        return
    for group in sorted(included) if not everybody else [""]:
        around = context.groups.around(group)
        lands = [
            scope
            for scope in scopes
            if scope is not None
            and scope.is_enabled
            and not around & scope.exclude
            and (scope.everybody or (around & scope.include if group else scope.include))
        ]
        if not lands:
            message = f"nothing lasting is enabled for {group or 'anybody'}"
            yield found.hit(message, "includeTargets", value=group or "all_users")
