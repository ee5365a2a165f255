"""CA043: policies that others make superfluous together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from tapctl.lint.context import Context
from tapctl.lint.example import policy, stream
from tapctl.lint.item import Hit
from tapctl.lint.policy import Policy
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
    """Each part of it (a group, a target, a control) is asked for by another. What one other asks for as a
    whole is CA042's."""
    policies = sorted(context.enforced, key=lambda policy: policy.name)
    wider = Wider(policies)
    for found in policies:
        names = _asking(context, found, policies, wider)
        if len(names) > 1:
            yield found.hit(f"{found.name} asks for nothing that {' and '.join(names)} do not ask already")


def _asking(context: Context, found: Policy, policies: Sequence[Policy], wider: Wider) -> tuple[str, ...]:
    """The policies that ask for its parts; none if nobody asks for one of them, or one asks for all."""
    names: list[str] = []
    for part in (*_parts(found), found):
        others = (policies[number] for number in wider.than(part) if policies[number] is not found)
        name = next((other.name for other in others if implies(context, other, part)), None)
        if (name is None) is not (part is found):
            return ()
        names += [name] if name is not None else []
    return tuple(dict.fromkeys(names))


def _parts(found: Policy) -> Iterator[Policy]:
    """The policy, about one inclusion and one target, asking for one control where it asks for several."""
    asks_for_all = found.operator == "AND" and set(found.demands) == found.controls
    controls = sorted(found.controls) if asks_for_all else []
    for part in pieces(found):
        yield from (_asking_for(part, control) for control in controls) if controls else [part]


def _asking_for(part: Policy, control: str) -> Policy:
    asked: JsonObject = {"operator": "OR", "builtInControls": [control]}
    return Policy(item=replace(part.item, spec={**part.spec, "grantControls": asked}))
