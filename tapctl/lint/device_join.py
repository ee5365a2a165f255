"""DEV001 to DEV004: policies for registering and joining devices, and the device settings."""

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
_SETTING: Final = "facts: {{joinNeedsMfa: {}}}\n"
_CLOUD_APPS: Final = (
    "https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-cloud-apps"
)
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


@rule(
    id="DEV003",
    name="join-device-setting",
    severity="error",
    needs=("join",),
    what="The device settings ask for MFA although a policy guards joining.",
    why="While the setting is on, Entra does not enforce policies on the action as they say.",
    fix="Set it to No (Require Multifactor Authentication to register or join devices with Microsoft Entra).",
    source=_CLOUD_APPS,
    good=stream(policy(applications=JOIN), _SETTING.format("false")),
    bad=stream(policy(applications=JOIN), _SETTING.format("true")),
)
def device_setting(context: Context) -> Iterator[Hit]:
    for found in context.on if context.facts.join_needs_mfa else ():
        if JOIN_ACTION in found.actions:
            message = f"{found.name} is not enforced properly while the device settings ask for MFA as well"
            yield found.hit(message, "conditions", "applications", "includeUserActions")


@rule(
    id="DEV004",
    name="join-unguarded",
    severity="warning",
    needs=("join",),
    absence=True,
    what="Neither a policy nor the device settings guard joining.",
    why="With a stolen password a device is joined, and holds a lasting token from then on.",
    fix="Add a policy on urn:user:registerdevice that asks for mfa, or for a strength that holds the pass.",
    source=_SOURCE,
    good=stream(policy(applications=JOIN), _SETTING.format("false")),
    bad=stream(policy(), _SETTING.format("false")),
)
def join_unguarded(context: Context) -> Iterator[Hit]:
    """A policy that only reports guards nothing: report-only does not evaluate user actions."""
    is_guarded = any(JOIN_ACTION in found.actions and found.demands for found in context.enforced)
    if context.facts.join_needs_mfa is False and not is_guarded:
        yield context.at_settings("nothing asks for MFA where a device is registered or joined")
