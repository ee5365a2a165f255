"""Who comes to a tenant with a pass, and which ways are open to them: what the DL rules share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from tapctl.evaluate.decision import Decision
from tapctl.evaluate.facts import Person
from tapctl.lint.context import Context
from tapctl.lint.emergency import is_emergency_group
from tapctl.lint.item import Hit, Item
from tapctl.lint.policy import REGISTER, Policy
from tapctl.lint.registration import guards, persona
from tapctl.lint.what_if import MULTI_USE, ONE_TIME, WhatIf

_MOST_CELLS: Final = 10
"""More groups than that are not looked at one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The members of one group that passes are for; without a group, everybody."""

    item: Item
    name: str
    groups: frozenset[str]
    kind: str
    what_if: WhatIf

    @property
    def people(self) -> str:
        """In words."""
        return f"members of {self.name}" if self.name else "people"

    @property
    def newcomer(self) -> Person:
        """One of them on day one: a password that nobody uses, and a pass."""
        return self.what_if.person(groups=self.groups, holds=self.kind)

    def landed(self, *modes: str) -> Person:
        """One of them once the pass is gone and those methods are there."""
        return self.what_if.person(*modes, groups=self.groups)

    @property
    def methods(self) -> tuple[str, ...]:
        """What they may register."""
        return self.what_if.landing(self.groups)

    def shut(self, **situation: Any) -> Decision | None:
        """The decision, if the pass opens this from no home; None if it does, or may."""
        return self.what_if.shut_at_home(self.newcomer, {self.kind}, **situation)


def cells(context: Context) -> list[Cell]:
    """The groups that passes are for; none where that is not known."""
    item, groups = persona(context)
    if item is None:
        return []
    kind = ONE_TIME if context.methods.passes_are_once else MULTI_USE
    named = sorted(groups)[:_MOST_CELLS] if groups is not None else [""]
    return [
        Cell(
            item=item,
            name=name,
            groups=context.groups.around(name) if name else frozenset(),
            kind=kind,
            what_if=context.what_if,
        )
        for name in named
    ]


def newcomers(context: Context) -> Iterator[tuple[str, frozenset[str]]]:
    """Who may be new where nobody gets passes, in words, and their groups: anybody; and members of a group
    that the pass configuration names, or a policy on registration."""
    yield "all", frozenset()
    scope = context.methods.scope(ONE_TIME)
    named = {group for found in guards(context) for group in found.users("includeGroups")}
    named |= scope.include - scope.exclude if scope is not None else set()
    new = sorted(group for group in named if not is_emergency_group(context, group))
    for group in new[:_MOST_CELLS]:
        yield f"members of {group}", context.groups.around(group)


def deciding(context: Context, decision: Decision) -> list[Policy]:
    """The policies that a decision is due to, those on registration first: they are about nothing else."""
    found = (found for found in context.policies if found.name in decision.by)
    return sorted(found, key=lambda policy: REGISTER not in policy.actions)


def at_decision(context: Context, decision: Decision, message: str, item: Item, *terms: str) -> Hit:
    """A hit at the first policy that decides, or at `item` where something else does. `terms`: when only."""
    found, said = deciding(context, decision), " ".join((message, *terms))
    hit = found[0].hit(said) if found else item.hit(said)
    return replace(hit, way=(message.replace(named(decision.by), ""), *terms))


def named(policies: Iterable[str]) -> str:
    """Policies in a sentence."""
    return " and ".join(policies)


def once(hits: Iterable[Hit]) -> Iterator[Hit]:
    """One hit for each object."""
    seen = set()
    for hit in hits:
        key = hit.item.address if hit.item else None
        if key not in seen:
            seen.add(key)
            yield hit
