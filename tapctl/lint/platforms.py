"""CA015: what is asked on some platforms, while the client says which one it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tapctl.lint.as_much import choices, is_met
from tapctl.lint.context import Context
from tapctl.lint.example import policy, stream
from tapctl.lint.item import Hit
from tapctl.lint.policy import MODERN, Policy
from tapctl.lint.rule import rule
from tapctl.lint.stand_in import reach_as_far

_SPARED: Final = "excludePlatforms"
_IOS: Final = "platforms: {includePlatforms: [iOS]}"
_THE_REST: Final = "platforms: {includePlatforms: [all], excludePlatforms: [iOS]}"


@rule(
    id="CA015",
    name="ca-platform-hole",
    severity="warning",
    what="Something is asked on some platforms, and no policy stops the others or asks them for as much.",
    why="The platform is what the client says it is: who claims another one need not show that.",
    fix="Block all platforms but those (includePlatforms: [all], excludePlatforms: those), or ask on all.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-conditions",
    good=stream(
        policy("A", conditions=_IOS),
        policy("B", conditions=_THE_REST, grant="{operator: OR, builtInControls: [block]}"),
    ),
    bad=stream(
        policy("A", conditions=_IOS),
        policy(
            "B",
            conditions=_THE_REST,
            grant="{operator: OR, builtInControls: [block]}",
            state="enabledForReportingButNotEnforced",
        ),
    ),
)
def platform_hole(context: Context) -> Iterator[Hit]:
    """What names its platforms leaves all others open; what names exceptions leaves those open."""
    for found in context.on:
        if not found.grants or found.has_any_platform or _is_met_elsewhere(context, found):
            continue
        listed = found.condition("platforms", "includePlatforms")
        if listed and "all" not in listed:
            names = ", ".join(sorted(listed))
            message = f"{found.name} asks on {names}; whoever claims another platform is not asked for that"
            yield found.hit(message, "conditions", "platforms")
            continue
        spared = sorted(found.condition("platforms", _SPARED))
        if left := [name for name in spared if not _is_looked_after(context, found, name)]:
            message = f"{found.name} asks for nothing on {', '.join(left)}, which anybody can claim"
            yield found.hit(message, "conditions", "platforms", _SPARED, value=left[0])


def _is_met_elsewhere(context: Context, found: Policy) -> bool:
    """Whether others ask for as much on every platform, or stop the rest."""
    others = [
        other
        for other in context.on
        if other is not found and not other.blocks_everybody and _is_as_wide(other, found)
    ]
    return all(
        reach_as_far(context, [other for other in others if _meets(context, other, found, choice)], found)
        for choice in choices(found)
    )


def _is_looked_after(context: Context, found: Policy, platform: str) -> bool:
    """Whether the same people are asked for something on that very platform, or stopped there."""
    about = [
        other
        for other in context.on
        if other.demands and not other.has_any_platform and _is_on(other, platform)
        if _is_as_wide(other, found, *(["clientAppTypes"] if other.clients >= MODERN else []))
    ]
    return reach_as_far(context, about, found)


def _is_on(found: Policy, platform: str) -> bool:
    included = found.condition("platforms", "includePlatforms")
    is_in = not included or bool(included & {"all", platform})
    return is_in and platform not in found.condition("platforms", _SPARED)


def _is_as_wide(other: Policy, found: Policy, *but: str) -> bool:
    """Whether its conditions hold whenever those of `found` do, platforms and some others aside."""
    return all(
        other.item.at("conditions", name) == found.item.at("conditions", name)
        or (found.condition(name) and other.condition(name) >= found.condition(name))
        for name in other.narrowing
        if name not in ("platforms", *but)
    )


def _meets(context: Context, other: Policy, found: Policy, choice: tuple[str, ...]) -> bool:
    """Whether a policy asks on every platform for as much as one of what `found` asks, or stops the rest."""
    if not other.has_any_platform:
        return _stops_the_rest(context, other)
    return is_met(context, other, found, choice)


def _stops_the_rest(context: Context, found: Policy) -> bool:
    """Whether a policy blocks all platforms that no policy is about."""
    if not found.blocks or "all" not in found.condition("platforms", "includePlatforms"):
        return False
    return all(
        any(
            other.demands and not other.has_any_platform and _is_on(other, name)
            for other in context.on
            if other.is_at_work_with(found)
        )
        for name in found.condition("platforms", _SPARED)
    )
