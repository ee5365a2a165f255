"""A Plan → the steps it takes, in stages that are never less safe than what was before. Pure.

    groundwork   what the exclusions need: groups with their members
    exclusions   break-glass accounts leave the policies that reach them
    dependencies groups, locations, strengths
    tightening   creations (not yet enforced) and everything that only asks for more
    enabling     policies are enforced, once everything else about them has read back
    loosening    what lets through more than before, and who leaves a group
    deletion     what used something before what was used

Each stage is read back before the next one starts (apply.py).
"""

from __future__ import annotations

import graphlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from tapctl.canonical import at, references, texts, with_values
from tapctl.kinds import kinds
from tapctl.model import Action, Address, Change, Json, JsonObject, Plan
from tapctl.reference import parse
from tapctl.scope import is_in_force, state

Phase: TypeAlias = Literal[
    "groundwork", "exclusions", "dependencies", "tightening", "enabling", "loosening", "deletion"
]
PHASES: tuple[Phase, ...] = get_args(Phase)

Protects: TypeAlias = Callable[[str, str], bool]
"""Whether excluding this reference (of a kind) takes a break-glass account out of a policy."""

_POLICIES = "ConditionalAccessPolicy"
_LINKS = ("members", "owners")
_EXCLUSIONS = (("excludeUsers", "User"), ("excludeGroups", "Group"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One write, or a few that belong together, on one object. `needs` must have succeeded before it."""

    address: Address
    phase: Phase
    action: Action
    before: JsonObject
    after: JsonObject
    needs: frozenset[Address] = frozenset()
    renamed: bool = False

    @property
    def weakens(self) -> bool:
        """Whether an enforced policy stops less than before."""
        return (
            self.address.kind == _POLICIES
            and self.phase in ("loosening", "deletion")
            and is_in_force(self.before)
        )

    @property
    def protects(self) -> bool:
        """Whether the step is on the way to a policy that is enforced."""
        return self.address.kind == _POLICIES and (is_in_force(self.after) or self.action == "create")


def order(plan: Plan, protects: Protects) -> tuple[tuple[Step, ...], ...]:
    """The stages. Within a stage, steps do not depend on each other."""
    steps = [step for change in plan.pending for step in _steps(change, protects)]
    needs = _Needs(plan)
    steps = [replace(step, needs=needs.of(step)) for step in steps]
    return tuple(_stages(_groundwork(steps)))


def _steps(change: Change, protects: Protects) -> Iterator[Step]:
    before, after = change.before or {}, change.after or {}
    step = Step(
        address=change.address,
        phase="dependencies",
        action=change.action,
        before=before,
        after=after,
        renamed=change.former_name is not None,
    )
    if change.action == "delete":
        yield replace(step, phase="deletion")
    elif change.address.kind == _POLICIES:
        yield from _policy_steps(step, protects)
    elif change.address.kind == "Group" and change.action == "update":
        yield from _group_steps(step)
    elif kinds()[change.address.kind].singleton:
        effect = kinds()[change.address.kind].effect(before, after)
        yield replace(step, phase="tightening" if effect == "tightens" else "loosening")
    else:
        yield step


def _policy_steps(step: Step, protects: Protects) -> Iterator[Step]:
    """A policy is never enforced by the write that also gives it its exclusions."""
    if is_in_force(step.after) and not is_in_force(step.before):
        waiting = "disabled" if step.action == "create" else state(step.before)
        prepared = {**step.after, "state": waiting}
        if step.action == "create" or prepared != step.before or step.renamed:
            yield replace(step, phase="tightening", after=prepared)
            step = replace(step, action="update", before=prepared, renamed=False)
        yield replace(step, phase="enabling")
        return
    excluded = _with_exclusions(step.before, step.after, protects)
    if is_in_force(step.before) and excluded != step.before:
        yield replace(step, phase="exclusions", after=excluded)
        if excluded == step.after:
            return
        step = replace(step, before=excluded, renamed=False)
    effect = kinds()[_POLICIES].effect(step.before, step.after)
    yield replace(step, phase="tightening" if effect == "tightens" else "loosening")


def _with_exclusions(before: JsonObject, after: JsonObject, protects: Protects) -> JsonObject:
    """`before`, with the break-glass exclusions that `after` adds."""
    for name, kind in _EXCLUSIONS:
        path = ("conditions", "users", name)
        had = texts(before, *path)
        added = [text for text in texts(after, *path) if text not in had and protects(kind, text)]
        if added:
            merged: list[Json] = [*sorted([*had, *added])]
            before = with_values(before, {path: merged})
            users = at(before, "conditions", "users")
            if isinstance(users, dict):
                before = with_values(before, {("conditions", "users"): dict(sorted(users.items()))})
    return before


def _group_steps(step: Step) -> Iterator[Step]:
    """Whoever joins comes early, whoever leaves goes late."""
    joined = {link: _union(step.before, step.after, link) for link in _LINKS}
    middle = {**step.after, **{link: members for link, members in joined.items() if members}}
    middle = dict(sorted(middle.items()))
    if middle != step.before or step.renamed:
        yield replace(step, after=middle)
    if middle != step.after:
        yield replace(step, phase="loosening", before=middle, renamed=False)


def _union(before: JsonObject, after: JsonObject, link: str) -> list[Json]:
    return [*sorted({*texts(before, link), *texts(after, link)})]


class _Needs:
    """What has to succeed before a step: what it refers to, or for a deletion, whatever referred to it."""

    def __init__(self, plan: Plan) -> None:
        self._written = {change.address for change in plan.pending if change.action in ("create", "update")}
        self._users: defaultdict[Address, set[Address]] = defaultdict(set)
        for change in plan.pending:
            for target in _referred(change.address.kind, change.before):
                self._users[target].add(change.address)

    def of(self, step: Step) -> frozenset[Address]:
        found = (
            self._users[step.address]
            if step.action == "delete"
            else _referred(step.address.kind, step.after) & self._written
        )
        return frozenset(found - {step.address})


def _referred(kind: str, spec: JsonObject | None) -> set[Address]:
    found = (
        parse(text, field.references, field.words)
        for _, field, text in references(kinds()[kind].field, spec or {})
    )
    return {Address(reference.kind, reference.text) for reference in found if reference.form == "name"}


def _groundwork(steps: Sequence[Step]) -> Iterator[Step]:
    """Dependencies of exclusions come before them, theirs too."""
    early = {address for step in steps if step.phase == "exclusions" for address in step.needs}
    by_address = {step.address: step for step in steps if step.phase == "dependencies"}
    waiting = list(early)
    while waiting:
        needed = by_address.get(waiting.pop())
        for address in needed.needs - early if needed else ():
            early.add(address)
            waiting.append(address)
    for step in steps:
        moves = step.phase == "dependencies" and step.address in early
        yield replace(step, phase="groundwork") if moves else step


def _stages(steps: Iterable[Step]) -> Iterator[tuple[Step, ...]]:
    """Phase by phase; inside one, what needs nothing of the same phase first."""
    by_phase: Mapping[Phase, list[Step]] = {phase: [] for phase in PHASES}
    for step in steps:
        by_phase[step.phase].append(step)
    for found in by_phase.values():
        by_address = {step.address: step for step in found}
        sorter = graphlib.TopologicalSorter(
            {step.address: [need for need in step.needs if need in by_address] for step in found}
        )
        sorter.prepare()
        while sorter.is_active():
            ready = sorted(sorter.get_ready())
            yield tuple(by_address[address] for address in ready)
            sorter.done(*ready)


def as_json(stages: Iterable[Iterable[Step]]) -> list[Json]:
    """The order for people and for `--format json`: phase and address of each step."""
    return [{"phase": step.phase, "address": str(step.address)} for stage in stages for step in stage]
