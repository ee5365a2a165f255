"""A Plan → its steps in stages: what a step needs comes before it. Pure.

The phases of steps.py come one by one; inside one, what needs nothing of the same phase goes first. Each
stage is read back before the next one starts (apply/).
"""

from __future__ import annotations

import graphlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from tapctl.canonical import references
from tapctl.comparing.scope import is_in_force
from tapctl.kinds import kinds
from tapctl.model import Address, JsonObject, Plan
from tapctl.order.steps import PHASES, Phase, Shields, Step, steps_of
from tapctl.reference import parse

_POLICIES = "ConditionalAccessPolicy"


def order(plan: Plan, shields: Shields) -> tuple[tuple[Step, ...], ...]:
    """The stages. Within a stage, steps do not depend on each other."""
    needs = _Needs(plan, shields)
    steps = [step for change in plan.pending for step in steps_of(change, shields)]
    steps = [needs.after_those_who_left(step) for step in steps]
    steps = [replace(step, needs=needs.of(step)) for step in steps]
    return tuple(_stages(_groundwork(list(_untied(steps)), shields)))


class _Needs:
    """What has to succeed before a step: what it refers to, or for a deletion, whatever referred to it.

    Groups may hold each other, and Graph deletes either first. A policy also needs the groups through which
    its exclusions work.
    """

    def __init__(self, plan: Plan, shields: Shields) -> None:
        self._shields = shields
        self._written = {change.address for change in plan.pending if change.action in ("create", "update")}
        self._users: defaultdict[Address, set[Address]] = defaultdict(set)
        self._left: defaultdict[Address, set[Address]] = defaultdict(set)
        self._joined: set[Address] = set()
        for change in plan.pending:
            before, after = (_referred(change.address.kind, spec) for spec in (change.before, change.after))
            for target in before if change.address.kind != "Group" else ():
                self._users[target].add(change.address)
            self._joined |= after - before
            if change.address.kind == _POLICIES and is_in_force(change.before or {}):
                for target in before - after:
                    self._left[target].add(change.address)

    def after_those_who_left(self, step: Step) -> Step:
        """A strength or a location changes once the enforced policies that turn away from it have done so."""
        is_used = step.address in self._left and step.address not in self._joined
        waits = is_used and step.phase == "dependencies" and step.address.kind != "Group"
        return replace(step, phase="loosening") if waits else step

    def of(self, step: Step) -> frozenset[Address]:
        found = self._users[step.address] if step.action == "delete" else self._of_write(step)
        return frozenset(found - {step.address})

    def _of_write(self, step: Step) -> set[Address]:
        found = _referred(step.address.kind, step.after)
        if step.phase == "exclusions":
            found -= _referred(step.address.kind, step.before)
        if step.address.kind == _POLICIES:
            found |= self._shields.behind(step.after)
        left = self._left[step.address] if step.phase == "loosening" else set()
        return (found & self._written) | left


def _referred(kind: str, spec: JsonObject | None) -> set[Address]:
    found = (
        parse(text, field.references, field.words)
        for _, field, text in references(kinds()[kind].field, spec or {})
    )
    return {Address(reference.kind, reference.text) for reference in found if reference.form == "name"}


def _untied(steps: Sequence[Step]) -> Iterator[Step]:
    """Two policies may each leave a place that the other keeps, and both places change: then one policy goes
    first, without waiting for the place it keeps."""
    needs = {step.address: step.needs for step in steps if step.phase == "loosening"}
    for step in steps:
        if step.phase != "loosening":
            yield step
            continue
        kept = step.needs & _referred(step.address.kind, step.before)
        tied = {need for need in kept if step.address in _all_needs(need, needs)}
        needs[step.address] = step.needs - tied
        yield replace(step, needs=needs[step.address])


def _all_needs(address: Address, needs: Mapping[Address, frozenset[Address]]) -> set[Address]:
    """What has to come before, and before that."""
    found: set[Address] = set()
    waiting = [address]
    while waiting:
        more = needs.get(waiting.pop(), frozenset()) - found
        found |= more
        waiting += more
    return found


def _groundwork(steps: Sequence[Step], shields: Shields) -> Iterator[Step]:
    """What exclusions work through comes before everything, and whatever that needs itself."""
    early = {address for step in steps if step.phase == "exclusions" for address in step.needs}
    early |= shields.in_use
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
