"""A policy's clauses → checks; checks + a scene → whether it applies, and why not or why nobody knows.

All conditions are looked at, so that every reason is known and not only the first. The reasons are Graph's
conditionalAccessWhatIfReasons: https://learn.microsoft.com/graph/api/resources/whatifanalysisresult
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from tapctl.evaluate.applications import COVERS, DIRECTORY, SUITES, app_key, in_suite, is_newer_word, needed
from tapctl.evaluate.dated import BASELINE_SCOPES, HELLO
from tapctl.evaluate.device_filter import FilterError, Node, matches, parse
from tapctl.evaluate.policy import GuestClause, Lists, Policy, UserClause
from tapctl.evaluate.scene import Scene
from tapctl.evaluate.situation import JOIN, REGISTER
from tapctl.evaluate.truth import Truth, but_not, every, some
from tapctl.model import Path

Ask: TypeAlias = "Callable[[Scene], Truth]"

_OIDC = frozenset({"email", "offline_access", "openid", "profile"})
_LOW_PRIVILEGE = _OIDC | {
    "user.read",
    "user.read.all",
    "user.readbasic.all",
    "people.read",
    "people.read.all",
    "groupmember.read.all",
    "member.read.hidden",
}
"""https://learn.microsoft.com/entra/identity/conditional-access/concept-enforcement-resource-exclusions"""
_PROVISIONING = frozenset({"windowshelloprovisioning", "macosplatformsso", "platformsso"})
_CLIENTS = frozenset({"browser", "mobileappsanddesktopclients", "exchangeactivesync", "other"})
_RISKS = frozenset({"low", "medium", "high", "none", "hidden"})
_WORDS = {
    "client_app": _CLIENTS | {"all", "eassupported"},
    "platform": frozenset({"android", "ios", "windows", "windowsphone", "macos", "linux", "all"}),
    "sign_in_risk": _RISKS,
    "user_risk": _RISKS,
    "service_principal_risk": _RISKS,
    "insider_risk": frozenset({"minor", "moderate", "elevated"}),
    "flow": frozenset({"none", "devicecodeflow", "authenticationtransfer"}),
    "guests": frozenset(
        {"none", "internalguest", "b2bcollaborationguest", "b2bcollaborationmember"}
        | {"b2bdirectconnectuser", "otherexternaluser", "serviceprovider"}
    ),
}
"""Graph's enums, in lower case. A list that holds another word may mean what nobody here can tell."""


class Check(NamedTuple):
    """One condition: `reason` is why the policy does not apply where its answer is False.

    Equal conditions of different policies have the same `slot`, so that they are asked once a sign-in.
    """

    reason: str
    path: Path
    fact: str
    rule: str
    slot: int


class Match(NamedTuple):
    """`applies` is the AND of all checks; `failed` and `unknown` are those that answered False and None."""

    applies: Truth
    failed: tuple[Check, ...]
    unknown: tuple[Check, ...]
    reasons: tuple[str, ...]


class Slots:
    """The different conditions of all policies; hands out the same number for the same condition."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[object, ...], int] = {}
        self.asks: list[Ask] = []

    def check(
        self, reason: str, path: Path, fact: str, rule: str, ask: Callable[..., Truth], *clause: object
    ) -> Check:
        """A check that asks `ask(*clause, scene)`; clauses are compared by value."""
        slot = self._numbers.setdefault((ask, *clause), len(self._numbers))
        if slot == len(self.asks):
            self.asks.append(partial(ask, *clause))
        return Check(reason, path, fact, rule, slot)

    def opened(self, check: Check) -> Check:
        """The same check where what it does not match may match all the same."""
        return self.check(check.reason, check.path, check.fact, check.rule, _or_more, self.asks[check.slot])


class Matcher:
    """One policy's checks. What a set of answers means is worked out once and remembered: few differ."""

    def __init__(self, checks: tuple[Check, ...]) -> None:
        self.checks = checks
        self._pick = itemgetter(*(check.slot for check in checks), checks[0].slot)
        self._seen: dict[object, Match] = {}

    def match(self, answers: list[Truth]) -> Match:
        """Whether the policy applies; `answers` holds one for each slot."""
        key = self._pick(answers)
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = self._weigh(answers)
        return found

    def _weigh(self, answers: list[Truth]) -> Match:
        failed = tuple(check for check in self.checks if answers[check.slot] is False)
        unknown = tuple(check for check in self.checks if answers[check.slot] is None)
        reasons = tuple(dict.fromkeys(check.reason for check in failed or unknown))
        return Match(False if failed else None if unknown else True, failed, unknown, reasons)


def checks_of(policy: Policy, slots: Slots) -> tuple[Check, ...]:
    """The conditions that are configured; one that is not holds for everything."""
    found = tuple(_checks(policy, slots))
    opened = _opened(policy)
    return tuple(
        slots.opened(check) if check.path[:2] in opened and check.rule not in _OPEN_THEMSELVES else check
        for check in found
    )


_OPEN_THEMSELVES = ("users", "workload-identities")
"""The rules whose conditions know whom more cannot mean: the excluded; people, where it is workloads."""


def _opened(policy: Policy) -> frozenset[Path]:
    """The conditions that may include more than is understood here: what they do not match, they may."""
    return frozenset(path[:2] for path in policy.unknown if str(path[-1]).startswith("include"))


def _or_more(ask: Ask, scene: Scene) -> Truth:
    return ask(scene) or None


def _users_or_more(include: UserClause, exclude: UserClause, scene: Scene) -> Truth:
    """An exclusion wins over whatever is included."""
    found = _users(include, exclude, scene)
    return found if found or _in_clause(exclude, scene) is True else None


def _checks(policy: Policy, slots: Slots) -> Iterator[Check]:
    conditions: Path = ("conditions",)
    if policy.is_for_workloads:
        path = (*conditions, "clientApplications")
        clause = (policy.workloads, policy.workload_filter)
        asks_workloads = _workloads_or_more if path in _opened(policy) else _workloads
        yield slots.check("workloadIdentities", path, "user", "workload-identities", asks_workloads, *clause)
    else:
        path = (*conditions, "users")
        asks = _users_or_more if path in _opened(policy) else _users
        yield slots.check("users", path, "user", "users", asks, policy.include, policy.exclude)
    yield _target_check(policy, slots)
    if policy.client_app_types and "all" not in policy.client_app_types:
        path, clients = (*conditions, "clientAppTypes"), policy.client_app_types
        yield slots.check("clientApps", path, "client_app", "client-apps", _client_app, clients)
    if policy.platforms is not None:
        path = (*conditions, "platforms")
        yield slots.check("devicePlatform", path, "platform", "platforms", _platform, policy.platforms)
    if policy.locations is not None:
        path = (*conditions, "locations")
        yield slots.check("location", path, "locations", "locations", _location, policy.locations)
    for levels, name, fact, reason in (
        (policy.sign_in_risks, "signInRiskLevels", "sign_in_risk", "signInRisk"),
        (policy.user_risks, "userRiskLevels", "user_risk", "userRisk"),
        (
            policy.service_principal_risks,
            "servicePrincipalRiskLevels",
            "service_principal_risk",
            "servicePrincipalRisk",
        ),
        (policy.insider_risks, "insiderRiskLevels", "insider_risk", "insiderRisk"),
        (policy.flows, "authenticationFlows", "flow", "authenticationFlow"),
    ):
        if levels:
            rule = "authentication-flows" if fact == "flow" else "risk-levels"
            yield slots.check(reason, (*conditions, name), fact, rule, _listed, levels, fact)
    if policy.device_rule:
        path, asked = (*conditions, "devices", "deviceFilter"), (policy.device_mode, policy.device_rule)
        yield slots.check("devices", path, "device", "device-filter", _device, _Filter(*asked))
    for path in policy.unknown:
        fact = str(path[-1])
        if path == ("conditions", "times"):
            yield slots.check("time", path, fact, "times", _times)
            continue
        yield slots.check("notEnoughInformation", path, fact, "unknown-condition", _nobody_knows)
    if policy.state is None:
        yield slots.check("invalidPolicy", ("state",), "state", "unknown-condition", _nobody_knows)


def _nobody_knows(_: Scene) -> Truth:
    return None


def _times(scene: Scene) -> Truth:
    """Graph has a reason of that name and no such condition: it is passed over, and said to be."""
    return scene.assume("times", True)


# Users and workloads


def reaches_person(policy: Policy, scene: Scene) -> Truth:
    """Whether the person is in the policy's scope, its other conditions aside."""
    return _users(policy.include, policy.exclude, scene)


def _users(include: UserClause, exclude: UserClause, scene: Scene) -> Truth:
    if scene.is_workload:
        return False
    excluded = _in_clause(exclude, scene)
    return False if excluded is True else but_not(_in_clause(include, scene), excluded)


def _in_clause(clause: UserClause, scene: Scene) -> Truth:
    if clause.everybody or scene.user in clause.users:
        return True
    in_group = scene.in_any_group(clause.groups) if clause.groups else False
    if may_be_named(clause, scene):
        in_group = in_group or None
    if in_group is True or not clause.is_about_more:
        return in_group
    return some((in_group, *_memberships(clause, scene)))


def may_be_named(clause: UserClause, scene: Scene) -> bool:
    """Whether a list of users may mean the person: somebody who is nobody in particular, or who goes by a
    name where the list has ids and nobody told whose they are."""
    if scene.person.is_anybody:
        return bool(clause.users)
    is_told = bool(scene.facts.users) or scene.person.groups_are_complete or scene.user.startswith("id:")
    return not is_told and any(text.startswith("id:") for text in clause.users)


def _memberships(clause: UserClause, scene: Scene) -> Iterator[Truth]:
    if clause.has_newer:
        yield None
    if clause.roles:
        roles = scene.roles
        yield None if roles is None else not roles.isdisjoint(clause.roles)
    if clause.all_guests:
        yield None if scene.person.type is None else scene.person.type != "member"
    if clause.guests is not None:
        yield _is_guest(clause.guests, scene)


def _is_guest(clause: GuestClause, scene: Scene) -> Truth:
    if scene.person.type is None:
        return None
    if scene.person.type == "member":
        return False
    is_of_type = _is_among(scene.person.type.lower(), clause.types, "guests")
    return every((is_of_type, _is_from(clause, scene)))


def _is_from(clause: GuestClause, scene: Scene) -> Truth:
    if clause.tenants is None or scene.person.type == "internalGuest":
        return True
    home = scene.person.home_tenant.lower()
    return home in clause.tenants if home else None


def _workloads(lists: Lists, filter_mode: str, scene: Scene) -> Truth:
    """https://learn.microsoft.com/entra/identity/conditional-access/workload-identity"""
    if not scene.is_workload or scene.user.startswith("mi:"):
        return False
    own = scene.user.removeprefix("sp:")
    if own in {text.casefold() for text in scene.facts.multi_tenant_applications}:
        return False
    names = {own, scene.user}
    every_one = "serviceprincipalsinmytenant" in lists.include
    included: Truth = every_one or not names.isdisjoint(lists.include)
    excluded: Truth = not names.isdisjoint(lists.exclude)
    return _filtered(included, excluded, filter_mode)


def _workloads_or_more(lists: Lists, filter_mode: str, scene: Scene) -> Truth:
    """An exclusion wins over whatever is included, and a managed identity is in nothing."""
    found = _workloads(lists, filter_mode, scene)
    is_in_reach = scene.is_workload and not scene.user.startswith("mi:")
    is_excluded = not {scene.user, scene.user.removeprefix("sp:")}.isdisjoint(lists.exclude)
    return found if found or not is_in_reach or is_excluded else None


def _filtered(included: Truth, excluded: Truth, filter_mode: str) -> Truth:
    """With a filter on custom security attributes, which no fact tells: it may add, or take away."""
    if filter_mode and filter_mode != "exclude":
        included = included or None
    if filter_mode and filter_mode != "include":
        excluded = excluded or None
    return but_not(included, excluded)


# Targets


def _target_check(policy: Policy, slots: Slots) -> Check:
    path: Path = ("conditions", "applications")
    match policy.target:
        case "actions":
            path = (*path, "includeUserActions")
            return slots.check("userActions", path, "action", "user-actions", _action, policy.actions)
        case "contexts":
            path, rule = (*path, "includeAuthenticationContextClassReferences"), "authentication-contexts"
            return slots.check("authenticationContext", path, "context", rule, _context, policy.contexts)
        case "apps":
            clause = (policy.apps, policy.app_filter)
            return slots.check("application", path, "apps", "resources", _resources, *clause)
        case _:
            return slots.check("emptyPolicy", path, "apps", "resources", _nothing)


def _nothing(_: Scene) -> Truth:
    return False


def _action(actions: frozenset[str], scene: Scene) -> Truth:
    if scene.action not in actions:
        return False
    return _counts_as_registration(scene)


def _counts_as_registration(scene: Scene) -> Truth:
    """Setting up Hello or Platform SSO is registering security info since a date."""
    if scene.action != REGISTER or scene.sign_in.via.lower() not in _PROVISIONING:
        return True
    return scene.since(HELLO)


def _context(contexts: frozenset[str], scene: Scene) -> Truth:
    return scene.sign_in.context.lower() in contexts


def _resources(lists: Lists, filter_mode: str, scene: Scene) -> Truth:
    reaches_all = "all" in lists.include
    if scene.action == REGISTER:
        if reaches_all:
            return _counts_as_registration(scene)
        return scene.assume("one-app-does-not-reach-registration", False)
    if scene.action == JOIN:
        return scene.assume("all-resources-and-join", False) if reaches_all else False
    if not scene.sign_in.apps:
        return scene.assume("all-resources-and-contexts", False) if reaches_all else False
    asked, besides = _targets(scene)
    found = some(_resource(lists, filter_mode, app, scene) for app in asked)
    if found is True or not besides:
        return found
    return some((found, *(_named(lists, filter_mode, app, scene) for app in besides)))


def is_by_dependency(policy: Policy, scene: Scene) -> bool:
    """Whether the policy is only for what the applications that are asked for need."""
    asked, besides = _targets(scene)
    if policy.target != "apps" or not besides:
        return False
    direct = some(_resource(policy.apps, policy.app_filter, app, scene) for app in asked)
    return direct is False and _resources(policy.apps, policy.app_filter, scene) is not False


class _Targets(NamedTuple):
    """The applications that are asked for, and those that they need."""

    asked: tuple[str, ...]
    needed: tuple[str, ...]


def _targets(scene: Scene) -> _Targets:
    found = scene.memory.get("apps")
    if not isinstance(found, _Targets):
        asked = tuple(app_key(text) for text in scene.sign_in.apps)
        found = scene.memory["apps"] = _Targets(asked, needed(asked))
    return found


def _named(lists: Lists, filter_mode: str, app: str, scene: Scene) -> Truth:
    included = True if "all" in lists.include else _in_apps(lists.include, app, scene)
    return _filtered(included, _in_apps(lists.exclude, app, scene), filter_mode)


def _resource(lists: Lists, filter_mode: str, app: str, scene: Scene) -> Truth:
    if "all" not in lists.include:
        return _named(lists, filter_mode, app, scene)
    excluded = _in_apps(lists.exclude, app, scene)
    reached = True if not lists.exclude else _all_but_some(lists, excluded, scene)
    return reached and None if filter_mode else reached


def _in_apps(names: frozenset[str], app: str, scene: Scene) -> Truth:
    if app in names or any(app in COVERS[name] for name in names & COVERS.keys()):
        return True
    if any(map(is_newer_word, names)):
        return None
    answers = [in_suite(suite, app, scene.facts.suites) for suite in SUITES if suite in names]
    known = some(answers)
    return scene.assume("suite-by-list", False) if known is None else known


def _all_but_some(lists: Lists, excluded: Truth, scene: Scene) -> Truth:
    """All resources less some: requests for low-privilege scopes only were let through, and later are not."""
    ordinary = but_not(True, excluded)
    scopes = scene.sign_in.scopes
    if scopes is None:
        return ordinary if ordinary is not False else scene.assume("ordinary-scopes", False)
    asked = {text.casefold() for text in scopes}
    if not asked or not asked <= _LOW_PRIVILEGE:
        return ordinary
    kind = scene.sign_in.client_kind
    is_confidential = None if kind is None else kind == "confidential"
    is_exempt = every((excluded, asked <= _OIDC, is_confidential))
    return but_not(_held_to_directory(lists, scene), is_exempt)


def _held_to_directory(lists: Lists, scene: Scene) -> Truth:
    enforced: Truth
    match scene.facts.baseline_scopes:
        case "legacy":
            enforced = False
        case "enforced":
            enforced = True
        case "custom":
            enforced = None
        case _:
            enforced = scene.since(BASELINE_SCOPES)
    return every((enforced, but_not(True, _in_apps(lists.exclude, DIRECTORY, scene))))


# Conditions


def _client_app(listed: frozenset[str], scene: Scene) -> Truth:
    client = scene.sign_in.client_app
    if client is None:
        return True if listed >= _CLIENTS else None
    return _is_among(client.lower(), listed, "client_app")


def _is_among(word: str, listed: frozenset[str], enum: str) -> Truth:
    """Whether a list names a word of Graph's; unknown where it does not, and holds words nobody knows."""
    return True if word in listed else False if listed <= _WORDS[enum] else None


def _platform(lists: Lists, scene: Scene) -> Truth:
    platform = scene.sign_in.platform
    if "all" in lists.exclude:
        return False
    if platform is None:
        return True if "all" in lists.include and not lists.exclude else None
    name = platform.lower()
    included = "all" in lists.include or _is_among(name, lists.include, "platform")
    return but_not(included, _is_among(name, lists.exclude, "platform"))


def _location(lists: Lists, scene: Scene) -> Truth:
    return but_not(_at_any(lists.include, scene), _at_any(lists.exclude, scene))


def _at_any(names: frozenset[str], scene: Scene) -> Truth:
    if "all" in names:
        return True
    return some(scene.is_at_trusted if name == "alltrusted" else scene.at_location(name) for name in names)


def _listed(levels: frozenset[str], fact: str, scene: Scene) -> Truth:
    value = getattr(scene.sign_in, fact)
    if value is None:
        return True if levels >= _RISKS else None
    return _is_among(value.lower(), levels, fact)


class _Filter(NamedTuple):
    """A device filter as written: compared by its text."""

    mode: str
    rule: str


@cache
def _parsed(rule: str) -> Node | None:
    try:
        return parse(rule)
    except FilterError:
        return None


def _device(asked: _Filter, scene: Scene) -> Truth:
    node = _parsed(asked.rule)
    if node is None or scene.sign_in.device is None or asked.mode not in ("include", "exclude"):
        return None
    found = matches(node, scene.sign_in.device)
    if found is None:
        return None
    return found if asked.mode == "include" else not found
