"""CA025, CA037 and CA041: policies in a shape that Entra refuses, or takes for less than it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tapctl.canonical import at
from tapctl.evaluate.applications import app_key
from tapctl.evaluate.device_filter import FilterError, parse
from tapctl.lint.context import Context
from tapctl.lint.example import BLOCK, policy
from tapctl.lint.item import Hit
from tapctl.lint.policy import Policy
from tapctl.lint.rule import rule
from tapctl.model import Severity

_EAS: Final = "exchangeActiveSync"
_EXCHANGE: Final = frozenset({app_key("Office 365 Exchange Online")})
_NOT_FOR_EAS: Final = (
    "locations",
    "signInRiskLevels",
    "userRiskLevels",
    "devices",
    "authenticationFlows",
    "insiderRiskLevels",
)
_WORKLOADS: Final = "clientApplications: {includeServicePrincipals: [ServicePrincipalsInMyTenant]}"
_NOBODY: Final = "{includeUsers: [None]}"


@rule(
    id="CA025",
    name="ca-filter-limits",
    severity="error",
    what="A device filter is not in the language that Entra understands.",
    why="Entra refuses the policy: the attribute, the operator or the length is not one that filters know.",
    fix='Write device.ATTRIBUTE -operator "value", joined by -and and -or, in no more than 3072 characters.',
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-condition-filters-for-devices",
    good=policy(
        conditions="devices: {deviceFilter: {mode: exclude, rule: 'device.trustType -eq \"ServerAD\"'}}"
    ),
    bad=policy(conditions="devices: {deviceFilter: {mode: exclude, rule: 'device.colour -eq \"red\"'}}"),
)
def filter_limits(context: Context) -> Iterator[Hit]:
    for found in context.policies:
        text = at(found.spec, "conditions", "devices", "deviceFilter", "rule")
        if isinstance(text, str) and (said := _mistake(text)):
            yield found.hit(
                f"the device filter is no rule: {said}", "conditions", "devices", "deviceFilter", "rule"
            )


def _mistake(text: str) -> str:
    try:
        parse(text)
    except FilterError as error:
        return str(error)
    return ""


@rule(
    id="CA037",
    name="ca-workload-shape",
    severity="error",
    what="A policy for workloads asks for something, or is about people as well.",
    why="A service principal can answer nothing: Entra takes only block, for nobody's users.",
    fix="Block, include the user None, and keep people in a policy of their own.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/workload-identity",
    good=policy(users=_NOBODY, conditions=_WORKLOADS, grant=BLOCK),
    bad=policy(users=_NOBODY, conditions=_WORKLOADS),
)
def workload_shape(context: Context) -> Iterator[Hit]:
    for found in context.policies:
        if not found.is_workload:
            continue
        if found.grants:
            yield found.hit(f"{found.name} asks workloads for {', '.join(found.demands)}", "grantControls")
        if found.includes_somebody:
            yield found.hit(f"{found.name} is about workloads and about people", "conditions", "users")


@rule(
    id="CA041",
    name="ca-eas-shape",
    severity="error",
    what="Exchange ActiveSync is combined with what does not work for it.",
    why="It knows Exchange Online and the platform, and nothing else: the policy reaches less than it says.",
    fix="Give Exchange ActiveSync a policy of its own, for Exchange Online, without other conditions.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-conditions",
    good=policy(clients="[exchangeActiveSync, other]", grant=BLOCK),
    bad=policy(
        clients="[exchangeActiveSync]",
        conditions="locations: {includeLocations: [All], excludeLocations: [AllTrusted]}",
    ),
)
def eas_shape(context: Context) -> Iterator[Hit]:
    for found in context.on:
        if _EAS not in found.clients or found.has_any_client:
            continue
        for name in _unsupported(found):
            message = f"{found.name} is about Exchange ActiveSync, which knows no {name}"
            if name != "applications":
                yield found.hit(message, "conditions", name)
                continue
            # For the other clients it holds as it is written.
            severity: Severity | None = None if found.clients == {_EAS} else "warning"
            message += " but Exchange Online"
            yield found.hit(message, "conditions", name, severity=severity)


def _unsupported(found: Policy) -> Iterator[str]:
    yield from (name for name in _NOT_FOR_EAS if name in found.narrowing)
    # A block for everything is how legacy clients are stopped, and reaches no less than it says.
    known = _EXCHANGE | {"all", "office365"} if found.blocks else _EXCHANGE
    if not {app_key(app) for app in found.applications()} <= known:
        yield "applications"
