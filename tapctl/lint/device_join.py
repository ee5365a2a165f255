"""DEV001 and DEV002: policies for registering and joining devices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tapctl.evaluate.strengths import DEVICE_BOUND
from tapctl.lint.context import Context
from tapctl.lint.example import JOIN, document, policy, stream
from tapctl.lint.item import Hit
from tapctl.lint.policy import JOIN as JOIN_ACTION
from tapctl.lint.rule import rule

_STRENGTH: Final = "{operator: OR, authenticationStrength: Ours}"
_SOURCE: Final = (
    "https://learn.microsoft.com/entra/identity/conditional-access/policy-all-users-device-registration"
)


@rule(
    id="DEV001",
    name="join-unsupported-condition",
    severity="error",
    what="A policy for joining devices has a condition or a control that the action does not know.",
    why="Entra knows no client apps and no device filter there, and no control but mfa and a strength.",
    fix="Ask for mfa or a strength, on all clients, without a device filter.",
    source=_SOURCE,
    good=policy(applications=JOIN),
    bad=policy(applications=JOIN, grant="{operator: OR, builtInControls: [compliantDevice]}"),
)
def unsupported_condition(context: Context) -> Iterator[Hit]:
    for found in context.policies:
        if JOIN_ACTION not in found.actions:
            continue
        for name in sorted({"clientAppTypes", "devices", "deviceStates"} & set(found.narrowing)):
            yield found.hit(f"joining a device knows no {name}", "conditions", name)
        others = [demand for demand in found.demands if demand not in ("mfa", "authenticationStrength")]
        if others:
            message = f"joining a device can be asked for mfa or a strength, and not for {', '.join(others)}"
            yield found.hit(message, "grantControls")


@rule(
    id="DEV002",
    name="join-unsupported-strength",
    severity="error",
    what="Joining a device asks for what only a device that is joined can show.",
    why="Windows Hello and device-bound passkeys do not count there: nobody can join.",
    fix="Ask for a strength that holds something else as well, for example a pass or the Authenticator.",
    source=_SOURCE,
    good=stream(
        policy(applications=JOIN, grant=_STRENGTH),
        document(
            "AuthenticationStrength", "Ours", "{allowedCombinations: [fido2, temporaryAccessPassOneTime]}"
        ),
    ),
    bad=stream(
        policy(applications=JOIN, grant=_STRENGTH),
        document("AuthenticationStrength", "Ours", "{allowedCombinations: [fido2, windowsHelloForBusiness]}"),
    ),
)
def unsupported_strength(context: Context) -> Iterator[Hit]:
    for found in context.on:
        combinations = context.combinations(found)
        if (
            JOIN_ACTION in found.actions
            and combinations
            and all(modes & DEVICE_BOUND for modes in combinations)
        ):
            message = f"{found.strength} can be met only by Windows Hello or a device-bound passkey"
            yield found.hit(message, "grantControls", "authenticationStrength")
