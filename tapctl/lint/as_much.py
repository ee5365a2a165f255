"""Whether a policy asks for as much as another one does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tapctl.built_in import BUILT_IN_STRENGTHS, MFA
from tapctl.lint.context import Context
from tapctl.lint.policy import DEVICE_CONTROLS, Policy

_FACTORS: Final = ("mfa", "authenticationStrength")
_AS_MUCH: Final[Mapping[str, frozenset[str]]] = {
    "compliantDevice": DEVICE_CONTROLS,
    "domainJoinedDevice": DEVICE_CONTROLS,
    "approvedApplication": DEVICE_CONTROLS | {"compliantApplication"},
    "compliantApplication": DEVICE_CONTROLS,
}
"""What proves at least as much about the device or the application as a control does."""


def asks_as_much(context: Context, other: Policy, found: Policy) -> bool:
    """Whether who shows what a policy asks for has shown what `found` asks for, too."""
    return all(is_met(context, other, found, choice) for choice in choices(found))


def is_met(context: Context, other: Policy, found: Policy, choice: tuple[str, ...]) -> bool:
    """Whether who shows what a policy asks for has shown one of a choice of another's."""
    return any(
        all(any(_is_as_much(context, (other, one), (found, wanted)) for wanted in choice) for one in theirs)
        for theirs in choices(other)
    )


def choices(found: Policy) -> list[tuple[str, ...]]:
    """What a policy asks for: of each, one has to be shown."""
    if found.operator == "AND":
        return [(demand,) for demand in found.demands]
    return [found.demands] if found.demands else []


def _is_as_much(context: Context, offered: tuple[Policy, str], wanted: tuple[Policy, str]) -> bool:
    """Whether who shows the one demand of a policy has shown as much as the other of another."""
    if offered[1] in _FACTORS and wanted[1] in _FACTORS:
        shown, needed = (_ways(context, *demand) for demand in (offered, wanted))
        if shown is None or needed is None:
            return wanted[1] == "mfa" or offered[0].strength == wanted[0].strength
        return shown <= needed
    return offered[1] in {wanted[1], "block", *_AS_MUCH.get(wanted[1], ())}


def _ways(context: Context, found: Policy, demand: str) -> frozenset[frozenset[str]] | None:
    """What satisfies a demand for a second factor; None where that is not known."""
    return BUILT_IN_STRENGTHS[MFA] if demand == "mfa" else context.combinations(found)
