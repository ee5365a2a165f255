"""A policy's clauses → checks; checks + a scene → whether it applies, and why not or why nobody knows.

All conditions are looked at, so that every reason is known and not only the first. The reasons are Graph's
conditionalAccessWhatIfReasons: https://learn.microsoft.com/graph/api/resources/whatifanalysisresult
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from tapctl.evaluate.audience import users, users_or_more, workloads, workloads_or_more
from tapctl.evaluate.conditions import Filter, client_app, device, listed, location, platform
from tapctl.evaluate.policy import Policy
from tapctl.evaluate.scene import Scene
from tapctl.evaluate.target import action, context, nothing, resources
from tapctl.evaluate.truth import Truth
from tapctl.model import Path

Ask: TypeAlias = "Callable[[Scene], Truth]"


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


def _checks(policy: Policy, slots: Slots) -> Iterator[Check]:
    conditions: Path = ("conditions",)
    if policy.is_for_workloads:
        path = (*conditions, "clientApplications")
        clause = (policy.workloads, policy.workload_filter)
        asks_workloads = workloads_or_more if path in _opened(policy) else workloads
        yield slots.check("workloadIdentities", path, "user", "workload-identities", asks_workloads, *clause)
    else:
        path = (*conditions, "users")
        asks = users_or_more if path in _opened(policy) else users
        yield slots.check("users", path, "user", "users", asks, policy.include, policy.exclude)
    yield _target_check(policy, slots)
    if policy.client_app_types and "all" not in policy.client_app_types:
        path, clients = (*conditions, "clientAppTypes"), policy.client_app_types
        yield slots.check("clientApps", path, "client_app", "client-apps", client_app, clients)
    if policy.platforms is not None:
        path = (*conditions, "platforms")
        yield slots.check("devicePlatform", path, "platform", "platforms", platform, policy.platforms)
    if policy.locations is not None:
        path = (*conditions, "locations")
        yield slots.check("location", path, "locations", "locations", location, policy.locations)
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
            yield slots.check(reason, (*conditions, name), fact, rule, listed, levels, fact)
    if policy.device_rule:
        path, asked = (*conditions, "devices", "deviceFilter"), (policy.device_mode, policy.device_rule)
        yield slots.check("devices", path, "device", "device-filter", device, Filter(*asked))
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


def _target_check(policy: Policy, slots: Slots) -> Check:
    path: Path = ("conditions", "applications")
    match policy.target:
        case "actions":
            path = (*path, "includeUserActions")
            return slots.check("userActions", path, "action", "user-actions", action, policy.actions)
        case "contexts":
            path, rule = (*path, "includeAuthenticationContextClassReferences"), "authentication-contexts"
            return slots.check("authenticationContext", path, "context", rule, context, policy.contexts)
        case "apps":
            clause = (policy.apps, policy.app_filter)
            return slots.check("application", path, "apps", "resources", resources, *clause)
        case _:
            return slots.check("emptyPolicy", path, "apps", "resources", nothing)
