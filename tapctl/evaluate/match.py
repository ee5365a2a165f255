"""A policy's clauses → checks; checks + a scene → whether it applies, and why not or why nobody knows.

All conditions are looked at, so that every reason is known and not only the first. The reasons are Graph's
conditionalAccessWhatIfReasons: https://learn.microsoft.com/graph/api/resources/whatifanalysisresult
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple, TypeAlias

from tapctl.evaluate.applications import DIRECTORY, SUITES, app_key, in_suite
from tapctl.evaluate.dated import BASELINE_SCOPES, HELLO
from tapctl.evaluate.device_filter import FilterError, Node, matches, parse
from tapctl.evaluate.policy import GuestClause, Lists, Policy, UserClause
from tapctl.evaluate.scene import Scene
from tapctl.evaluate.situation import JOIN, REGISTER
from tapctl.evaluate.truth import Truth, but_not, some
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
_KNOWN_CLIENTS = frozenset({"browser", "mobileappsanddesktopclients", "exchangeactivesync", "other"})
_RISKS = frozenset({"low", "medium", "high", "none", "hidden"})


class Check(NamedTuple):
    """One condition: `reason` is why the policy does not apply where `ask` answers False."""

    reason: str
    path: Path
    fact: str
    rule: str
    ask: Ask


class Match(NamedTuple):
    """`applies` is the AND of all checks; `failed` and `unknown` are those that answered False and None."""

    applies: Truth
    failed: tuple[Check, ...]
    unknown: tuple[Check, ...]


def match(checks: tuple[Check, ...], scene: Scene) -> Match:
    """Ask all of a policy's checks."""
    failed: list[Check] = []
    unknown: list[Check] = []
    for check in checks:
        answer = check.ask(scene)
        if answer is False:
            failed.append(check)
        elif answer is None:
            unknown.append(check)
    applies = False if failed else None if unknown else True
    return Match(applies, tuple(failed), tuple(unknown))


def checks_of(policy: Policy) -> tuple[Check, ...]:
    """The conditions that are configured; one that is not holds for everything."""
    return tuple(_checks(policy))


def _checks(policy: Policy) -> Iterator[Check]:
    conditions: Path = ("conditions",)
    if policy.is_for_workloads:
        path = (*conditions, "clientApplications")
        yield Check("workloadIdentities", path, "user", "workload-identities", partial(_workloads, policy))
    else:
        yield Check("users", (*conditions, "users"), "user", "users", partial(_users, policy))
    yield _target_check(policy)
    if policy.client_app_types and "all" not in policy.client_app_types:
        ask = partial(_client_app, policy.client_app_types)
        yield Check("clientApps", (*conditions, "clientAppTypes"), "client_app", "client-apps", ask)
    if policy.platforms is not None:
        ask = partial(_platform, policy.platforms)
        yield Check("devicePlatform", (*conditions, "platforms"), "platform", "platforms", ask)
    if policy.locations is not None:
        ask = partial(_location, policy.locations)
        yield Check("location", (*conditions, "locations"), "locations", "locations", ask)
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
            yield Check(reason, (*conditions, name), fact, rule, partial(_listed, levels, fact))
    if policy.device_rule:
        path = (*conditions, "devices", "deviceFilter")
        yield Check("devices", path, "device", "device-filter", _device_check(policy))
    for path in policy.unknown:
        yield Check("notEnoughInformation", path, str(path[-1]), "unknown-condition", _nobody_knows)
    if policy.state is None:
        yield Check("invalidPolicy", ("state",), "state", "unknown-condition", _nobody_knows)


def _nobody_knows(_: Scene) -> Truth:
    return None


# Users and workloads


def _users(policy: Policy, scene: Scene) -> Truth:
    if scene.is_workload:
        return False
    return but_not(_in_clause(policy.include, scene), _in_clause(policy.exclude, scene))


def _in_clause(clause: UserClause, scene: Scene) -> Truth:
    if clause.everybody or scene.user in clause.users:
        return True
    if not clause.groups and not clause.roles and clause.guests is None and not clause.all_guests:
        return False
    return some(_memberships(clause, scene))


def _memberships(clause: UserClause, scene: Scene) -> Iterator[Truth]:
    if clause.groups:
        yield scene.in_any_group(clause.groups)
    if clause.roles:
        roles = scene.person.roles
        yield None if roles is None else not roles.isdisjoint(clause.roles)
    if clause.all_guests:
        yield None if not scene.is_known else scene.person.type != "member"
    if clause.guests is not None:
        yield _is_guest(clause.guests, scene)


def _is_guest(clause: GuestClause, scene: Scene) -> Truth:
    if not scene.is_known:
        return None
    if scene.person.type.lower() not in clause.types:
        return False
    if clause.tenants is None or scene.person.type == "internalGuest":
        return True
    home = scene.person.home_tenant.lower()
    return home in clause.tenants if home else None


def _workloads(policy: Policy, scene: Scene) -> Truth:
    """https://learn.microsoft.com/entra/identity/conditional-access/workload-identity"""
    if not scene.is_workload or scene.user.startswith("mi:"):
        return False
    own = scene.user.removeprefix("sp:")
    if own in {text.casefold() for text in scene.facts.multi_tenant_applications}:
        return False
    names = {own, scene.user}
    every_one = "serviceprincipalsinmytenant" in policy.workloads.include
    included: Truth = every_one or not names.isdisjoint(policy.workloads.include)
    if policy.has_workload_filter and not included:
        included = None
    return but_not(included, not names.isdisjoint(policy.workloads.exclude))


# Targets


def _target_check(policy: Policy) -> Check:
    path: Path = ("conditions", "applications")
    match policy.target:
        case "actions":
            ask = partial(_action, policy.actions)
            return Check("userActions", (*path, "includeUserActions"), "action", "user-actions", ask)
        case "contexts":
            place = (*path, "includeAuthenticationContextClassReferences")
            ask = partial(_context, policy.contexts)
            return Check("authenticationContext", place, "context", "authentication-contexts", ask)
        case "apps":
            return Check("application", path, "apps", "resources", partial(_resources, policy))
        case _:
            return Check("emptyPolicy", path, "apps", "resources", lambda scene: False)


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


def _resources(policy: Policy, scene: Scene) -> Truth:
    reaches_all = "all" in policy.apps.include
    if scene.action == REGISTER:
        if reaches_all:
            return _counts_as_registration(scene)
        return scene.assume("one-app-does-not-reach-registration", False)
    if scene.action == JOIN:
        return scene.assume("all-resources-and-join", False) if reaches_all else False
    if not scene.sign_in.apps:
        return scene.assume("all-resources-and-contexts", False) if reaches_all else False
    apps = _asked_for(scene)
    return some(_resource(policy, app, scene) for app in apps)


def _asked_for(scene: Scene) -> tuple[str, ...]:
    found = scene.memory.get("apps")
    if not isinstance(found, tuple):
        found = tuple(app_key(text) for text in scene.sign_in.apps)
        scene.memory["apps"] = found
    return found


def _resource(policy: Policy, app: str, scene: Scene) -> Truth:
    excluded = _in_apps(policy.apps.exclude, app, scene)
    if "all" not in policy.apps.include:
        included = _in_apps(policy.apps.include, app, scene)
        if policy.has_app_filter and included is not True:
            included = None
        return but_not(included, excluded)
    if not policy.apps.exclude:
        return None if policy.has_app_filter else True
    return _all_but_some(policy, app, excluded, scene)


def _in_apps(names: frozenset[str], app: str, scene: Scene) -> Truth:
    if app in names:
        return True
    answers = [in_suite(suite, app, scene.facts.suites) for suite in SUITES if suite in names]
    known = some(answers)
    return scene.assume("suite-by-list", False) if known is None else known


def _all_but_some(policy: Policy, app: str, excluded: Truth, scene: Scene) -> Truth:
    """All resources less some: requests for low-privilege scopes only were let through, and later are not."""
    ordinary = but_not(True, excluded)
    scopes = scene.sign_in.scopes
    if scopes is None:
        return ordinary if ordinary is not False else scene.assume("ordinary-scopes", False)
    asked = {text.casefold() for text in scopes}
    if not asked or not asked <= _LOW_PRIVILEGE:
        return ordinary
    if asked <= _OIDC and excluded is True and scene.sign_in.client_kind == "confidential":
        return False
    return _held_to_directory(policy, scene)


def _held_to_directory(policy: Policy, scene: Scene) -> Truth:
    match scene.facts.baseline_scopes:
        case "legacy":
            enforced: Truth = False
        case "enforced":
            enforced = True
        case "custom":
            enforced = None
        case _:
            enforced = scene.since(BASELINE_SCOPES)
    return enforced and but_not(True, _in_apps(policy.apps.exclude, DIRECTORY, scene))


# Conditions


def _client_app(listed: frozenset[str], scene: Scene) -> Truth:
    client = scene.sign_in.client_app
    if client is None:
        return True if listed >= _KNOWN_CLIENTS else None
    return client.lower() in listed


def _platform(lists: Lists, scene: Scene) -> Truth:
    platform = scene.sign_in.platform
    if platform is None:
        return True if "all" in lists.include and not lists.exclude else None
    name = platform.lower()
    return ("all" in lists.include or name in lists.include) and name not in lists.exclude


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
    return value.lower() in levels


def _device_check(policy: Policy) -> Ask:
    try:
        node = parse(policy.device_rule)
    except FilterError:
        return _nobody_knows
    return partial(_device, node, policy.device_mode == "exclude")


def _device(node: Node, is_excluding: bool, scene: Scene) -> Truth:
    if scene.sign_in.device is None:
        return None
    found = matches(node, scene.sign_in.device)
    if not is_excluding:
        return found
    return None if found is None else not found
