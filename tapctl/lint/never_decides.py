"""CA043: policies that others make superfluous together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from tapctl.canonical import sort_key
from tapctl.lint.context import Context
from tapctl.lint.example import policy, stream
from tapctl.lint.item import Hit
from tapctl.lint.policy import LEGACY, MODERN, Policy
from tapctl.lint.rule import rule
from tapctl.lint.stand_in import pieces
from tapctl.lint.whole_set import Wider, implies
from tapctl.model import JsonObject

_NEW_HIRES: Final = "{includeGroups: [New hires], excludeGroups: [Break glass]}"
_PILOTS: Final = "{includeGroups: [Pilots], excludeGroups: [Break glass]}"
_BOTH: Final = "{includeGroups: [New hires, Pilots], excludeGroups: [Break glass]}"


@rule(
    id="CA043",
    name="ca-never-decides",
    severity="note",
    what="A policy asks for nothing that others together do not ask already, of the same people and targets.",
    why="Without it every sign-in is decided as with it, and every reader has to find that out anew.",
    fix="Remove it; one such policy at a time, since the others may rest on it as it rests on them.",
    source="inferred from how policies add up",
    good=stream(policy("Both", users=_BOTH), policy("New hires", users=_NEW_HIRES)),
    bad=stream(
        policy("Both", users=_BOTH),
        policy("New hires", users=_NEW_HIRES, grant="{operator: OR, builtInControls: [block]}"),
        policy("Pilots", users=_PILOTS),
    ),
)
def never_decides(context: Context) -> Iterator[Hit]:
    """Each part of it (a group, a target, a control, a client, a place) is asked for by another. What one
    other asks for as a whole is CA042's."""
    policies = sorted(context.enforced, key=lambda policy: policy.name)
    somewhere = _Somewhere(context, policies)
    for found in policies:
        if any(implies(context, other, found) for other in somewhere.asking(found, found)):
            continue
        names = _together(context, found, somewhere)
        if len(names) > 1:
            yield found.hit(f"{found.name} asks for nothing that {' and '.join(names)} do not ask already")


def _together(context: Context, found: Policy, somewhere: _Somewhere) -> tuple[str, ...]:
    """The policies that ask for its parts; none if nobody asks for one of them."""
    names: list[str] = []
    for part in _parts(found):
        asking = _asking(context, part, [*somewhere.asking(part, found)])
        if not asking:
            return ()
        names += asking
    return tuple(dict.fromkeys(names))


class _Somewhere:
    """Which policies ask for as much as a part does of the same people, with some client at some place.
    Those that differ in that only are compared once."""

    def __init__(self, context: Context, policies: Sequence[Policy]) -> None:
        self._context, self._policies, self._wider = context, policies, Wider(policies)
        self._loose = [_anywhere(policy) for policy in policies]
        self._keys = [sort_key(policy.spec) for policy in self._loose]
        self._known: dict[tuple[str, str], bool] = {}

    def asking(self, part: Policy, found: Policy) -> Iterator[Policy]:
        loose = _anywhere(part)
        key = sort_key(loose.spec)
        for number in self._wider.than(part):
            if self._policies[number] is not found and self._asks(number, loose, key):
                yield self._policies[number]

    def _asks(self, number: int, loose: Policy, key: str) -> bool:
        pair = (self._keys[number], key)
        if pair not in self._known:
            self._known[pair] = implies(self._context, self._loose[number], loose)
        return self._known[pair]


def _parts(found: Policy) -> Iterator[Policy]:
    """The policy, about one inclusion and one target, asking for one control where it asks for several."""
    asks_for_all = found.operator == "AND" and set(found.demands) == found.controls
    controls = sorted(found.controls) if asks_for_all else []
    for part in pieces(found):
        yield from (_asking_for(part, control) for control in controls) if controls else [part]


def _asking_for(part: Policy, control: str) -> Policy:
    asked: JsonObject = {"operator": "OR", "builtInControls": [control]}
    return Policy(item=replace(part.item, spec={**part.spec, "grantControls": asked}))


def _anywhere(found: Policy) -> Policy:
    """The policy, with every client, on every platform, at every place."""
    conditions = found.item.at("conditions")
    known = conditions if isinstance(conditions, dict) else {}
    kept: JsonObject = {key: value for key, value in known.items() if key not in _WHERE}
    return Policy(item=replace(found.item, spec={**found.spec, "conditions": kept}))


def _asking(context: Context, part: Policy, others: Sequence[Policy]) -> tuple[str, ...]:
    """Which of the policies ask for all of a part: one, or each with some clients or at some places; none
    where nobody asks somewhere."""
    whole = next((other.name for other in others if implies(context, other, part)), None)
    if whole is not None:
        return (whole,)
    names: list[str] = []
    for client in sorted(LEGACY | MODERN if part.has_any_client else part.clients):
        for platform in _platforms(part, others):
            there = [other for other in others if _is_with(other, client) and _is_on(other, platform)]
            asking = _at_places(part, there)
            if not asking:
                return ()
            names += asking
    return tuple(names)


def _is_with(found: Policy, client: str) -> bool:
    return found.has_any_client or client in found.clients


def _platforms(part: Policy, others: Sequence[Policy]) -> list[str]:
    """Every platform that a policy names and the part is about, and "" for all others."""
    sides = ("includePlatforms", "excludePlatforms")
    named = {
        name for found in (part, *others) for side in sides for name in found.condition("platforms", side)
    }
    return [name for name in sorted({"", *named} - {"all"}) if _is_on(part, name)]


def _is_on(found: Policy, platform: str) -> bool:
    included = found.condition("platforms", "includePlatforms") or {"all"}
    return bool(included & {"all", platform}) and platform not in found.condition(
        "platforms", "excludePlatforms"
    )


def _at_places(part: Policy, others: Sequence[Policy]) -> tuple[str, ...]:
    """Which of the policies are at work at all places of the part; none where none is at one of them. What
    one leaves out, another has to be about that leaves nothing out."""
    spared = part.condition("locations", "excludeLocations")
    sparing = {other.name: other.condition("locations", "excludeLocations") - spared for other in others}
    alone = {name: other.name for other in others if not sparing[other.name] for name in _places(other)}
    found: list[str] = []
    for place in sorted(_places(part)):
        there = (
            other.name
            for other in others
            if _places(other) & {"All", place} and sparing[other.name] <= alone.keys()
        )
        if (name := next(there, None)) is None:
            return ()
        found += [name, *(alone[other] for other in sorted(sparing[name]))]
    return tuple(found)


def _places(found: Policy) -> frozenset[str]:
    return found.condition("locations", "includeLocations") or frozenset({"All"})


_WHERE: Final = ("clientAppTypes", "platforms", "locations")
