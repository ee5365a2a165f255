"""CA009 to CA014: what policies ask for, and under which risks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from tapctl.evaluate.dated import APPROVED_APP
from tapctl.lint.as_much import asks_as_much
from tapctl.lint.context import Context
from tapctl.lint.example import policy, stream
from tapctl.lint.item import Hit
from tapctl.lint.policy import RISKS, Policy
from tapctl.lint.rule import rule
from tapctl.lint.stand_in import reach_as_far

_LEVELS: Final = ("low", "medium", "high")
_LIKE: Final[Mapping[str, str]] = {
    "compliantDevice": "a managed device",
    "domainJoinedDevice": "a managed device",
    "approvedApplication": "a protected application",
    "compliantApplication": "a protected application",
    "mfa": "a second factor",
    "authenticationStrength": "a second factor",
}
"""Controls that prove the same kind of thing: a choice among them weakens nothing."""
_ALL_OF: Final = "{operator: AND, builtInControls: [mfa, passwordChange]}"
_GRANT: Final = (
    "https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-grant"
)
_CONDITIONS: Final = (
    "https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-conditions"
)


@rule(
    id="CA009",
    name="ca-both-risks",
    severity="error",
    what="One policy waits for a risky user and a risky sign-in at once.",
    why="Conditions are joined by AND: a stolen password without a known user risk is let through.",
    fix="Write two policies, one for each kind of risk.",
    source="https://learn.microsoft.com/entra/id-protection/concept-identity-protection-policies",
    good=policy(conditions="signInRiskLevels: [high]"),
    bad=policy(conditions="signInRiskLevels: [high]\nuserRiskLevels: [high]"),
)
def both_risks(context: Context) -> Iterator[Hit]:
    for found in context.on:
        if all(found.condition(name) for name in RISKS):
            yield found.hit(
                f"{found.name} waits for both kinds of risk at once", "conditions", "userRiskLevels"
            )


@rule(
    id="CA010",
    name="ca-risk-gap",
    severity="warning",
    what="A policy for a risk leaves out a higher level.",
    why="Levels are a list and no threshold: a policy for medium says nothing about high.",
    fix="List every level from the lowest one up.",
    source=_CONDITIONS,
    good=policy(conditions="signInRiskLevels: [medium, high]"),
    bad=stream(
        policy("Medium", conditions="signInRiskLevels: [medium]"),
        policy("High", conditions="signInRiskLevels: [high]", users="{includeGroups: [Pilots]}"),
    ),
)
def risk_gap(context: Context) -> Iterator[Hit]:
    """What another policy is there for, of the same people and targets, is no gap."""
    for found in context.on:
        for name in (*RISKS, "servicePrincipalRiskLevels"):
            listed = found.condition(name) & set(_LEVELS)
            if not listed:
                continue
            lowest = min(_LEVELS.index(level) for level in listed)
            others = [
                other
                for other in context.on
                if other is not found and set(other.narrowing) <= {name, *found.narrowing}
            ]
            elsewhere = {
                level
                for level in _LEVELS
                if reach_as_far(context, [other for other in others if level in other.condition(name)], found)
            }
            missing = [level for level in _LEVELS[lowest:] if level not in listed | elsewhere]
            if missing:
                message = (
                    f"{found.name} is about {', '.join(sorted(listed))} and not about {', '.join(missing)}"
                )
                always = [other for other in others if _asks_at_every_level(context, other, found, name)]
                if reach_as_far(context, always, found):
                    message = f"{message}, at which others ask for as much"
                    yield found.hit(message, "conditions", name, severity="note")
                else:
                    yield found.hit(message, "conditions", name)


def _asks_at_every_level(context: Context, other: Policy, found: Policy, risk: str) -> bool:
    """Whether a policy asks for as much whatever the risk is, and limits the session in the same way."""
    limits = found.spec.get("sessionControls")
    return (
        risk not in other.narrowing
        and not other.blocks_everybody
        and asks_as_much(context, other, found)
        and limits in (None, other.spec.get("sessionControls"))
    )


@rule(
    id="CA011",
    name="ca-or-weakens",
    severity="warning",
    what="A policy is satisfied by any one of controls that differ in strength.",
    why="The weakest of them decides what the policy is worth.",
    fix="Ask for all of them (AND), or split the policy by whom or what each control is meant for.",
    source=_GRANT,
    good=policy(grant="{operator: OR, builtInControls: [compliantDevice, domainJoinedDevice]}"),
    bad=policy(grant="{operator: OR, builtInControls: [mfa, compliantDevice]}"),
)
def or_weakens(context: Context) -> Iterator[Hit]:
    for found in context.on:
        kinds = {_LIKE.get(demand, demand) for demand in found.demands}
        if found.operator == "OR" and len(kinds) > 1:
            message = f"{found.name} takes {' or '.join(sorted(kinds))}: the weakest one decides"
            yield found.hit(message, "grantControls", "operator")


@rule(
    id="CA012",
    name="ca-mfa-plus-strength",
    severity="error",
    covers=("mfa-with-strength",),
    what="A policy asks for mfa and for a strength.",
    why="Entra takes one of the two in a policy.",
    fix="Keep the strength; it is the more exact of the two.",
    source="https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strengths",
    good=policy(grant="{operator: OR, authenticationStrength: Passwordless MFA}"),
    bad=policy(grant="{operator: AND, builtInControls: [mfa], authenticationStrength: Passwordless MFA}"),
)
def mfa_plus_strength(context: Context) -> Iterator[Hit]:
    for found in context.policies:
        if "mfa" in found.controls and found.strength:
            yield found.hit(f"{found.name} asks for mfa and for {found.strength}", "grantControls")


@rule(
    id="CA013",
    name="ca-password-change-shape",
    severity="error",
    covers=("password-change",),
    what="A password change is asked for in a way that Entra does not take.",
    why="It goes with mfa or a strength (AND), for all resources (none excluded), on users and risk only.",
    fix="Ask for mfa (or a strength) and passwordChange with AND, for All; put the rest into another policy.",
    source=_GRANT,
    good=policy(conditions="userRiskLevels: [high]", grant=_ALL_OF),
    bad=policy(
        conditions="userRiskLevels: [high]", grant="{operator: OR, builtInControls: [passwordChange]}"
    ),
)
def password_change_shape(context: Context) -> Iterator[Hit]:
    for found in context.policies:
        if "passwordChange" not in found.controls:
            continue
        is_right = (
            found.asks_for_mfa
            and found.operator == "AND"
            and found.includes_all_resources
            and not found.applications("exclude")
            and set(found.narrowing) <= set(RISKS)
        )
        if not is_right:
            yield found.hit(f"{found.name} asks for a password change in a shape of its own", "grantControls")


@rule(
    id="CA014",
    name="ca-retired-control",
    severity="error",
    what="A policy asks for an approved client app.",
    why="Since March 2026 Entra takes the control as not selected: such a policy asks for nothing.",
    fix="Ask for compliantApplication (app protection).",
    source="https://learn.microsoft.com/entra/identity/conditional-access/migrate-approved-client-app",
    good=policy(grant="{operator: OR, builtInControls: [compliantApplication]}"),
    bad=policy(grant="{operator: OR, builtInControls: [approvedApplication]}"),
)
def retired_control(context: Context) -> Iterator[Hit]:
    for found in context.on:
        if "approvedApplication" in found.controls:
            others = [demand for demand in found.demands if demand != "approvedApplication"]
            is_early = context.as_of < date(APPROVED_APP.begins.year, APPROVED_APP.begins.month, 1)
            left = f"only {' and '.join(others)}" if others else "nothing"
            since, then = ("from March 2026 on", "will be") if is_early else ("since March 2026", "is")
            yield found.hit(
                f"{found.name} asks for an approved app, which counts for nothing {since}: "
                f"{left} {then} left of what it asks for",
                "grantControls",
                "builtInControls",
                value="approvedApplication",
                severity="warning" if others or is_early else None,
            )
