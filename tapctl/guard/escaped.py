"""Groups whose members change → who escapes enforced policies by that, and who loses a method. Pure.

The other direction, whom policies newly reach, is in ripple.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tapctl.canonical import texts
from tapctl.evaluate.enabled_methods import CONFIGURATIONS, Methods
from tapctl.evaluate.facts import Scope
from tapctl.guard.reach import Reach, Sides
from tapctl.match import Matched, Pair
from tapctl.model import JsonObject

_UNLESS = "unless another group or role includes them"
_IF = "if a group or role that is not read includes them"
_MOST = 5


Reaches: TypeAlias = Sequence[tuple[str, Reach, Reach]]
"""The name of a policy or a method's kind, and whom it is for before the plan and after it."""


def of_policies(pairs: Iterable[tuple[Pair, JsonObject]], sides: Sides) -> Reaches:
    """Of policies, with what becomes of each."""
    return [
        (
            pair.address.name,
            Reach.of_policy(pair.before or {}, sides.before),
            Reach.of_policy(after, sides.after),
        )
        for pair, after in pairs
    ]


def of_methods(pairs: Iterable[Pair], sides: Sides) -> Reaches:
    """Of the methods that are on, and stay so. Two of one kind may be on for different people."""
    return [
        (pair.kind.name, Reach.of_method(had, sides.before), Reach.of_method(has, sides.after))
        for pair in pairs
        for mode, kind in CONFIGURATIONS.items()
        if kind == pair.kind.name
        and (had := scope_of(pair.before, mode, kind))
        and (has := scope_of(pair.after, mode, kind))
    ]


def scope_of(spec: JsonObject | None, mode: str, kind: str) -> Scope | None:
    """For whom a method is on; None where it is on for nobody."""
    scope = Methods(items={kind: spec or {}}).scope(mode)
    return scope if scope is not None and scope.is_enabled else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Members whom one group loses or gains, by the names that documents give them."""

    group: Pair
    joins: bool
    people: tuple[str, ...]

    def escaped(self, reaches: Reaches, sides: Sides) -> Iterator[tuple[str, str]]:
        """Who is reached no more because of this alone, and by what; once for all who escape the same."""
        alike: defaultdict[tuple[tuple[str, str], ...], list[str]] = defaultdict(list)
        felt = [found for found in reaches if self._is_felt(found[-1], sides)]
        for person in self.people:
            was, now = sides.around(person)
            lost = (
                (doubt, name)
                for name, had, has in felt
                if (doubt := self._lost(had, has, was, now)) is not None
            )
            alike[tuple(dict.fromkeys(lost))].append(person)
        for found, alike_people in alike.items():
            if found:
                yield shortened(alike_people), _by_doubt(found)

    def _lost(self, had: Reach, has: Reach, was: frozenset[str], now: frozenset[str]) -> str | None:
        """None if they are reached all the same or were not anyway; else whatever makes it doubtful."""
        if self.joins:
            is_lost = had.may_hold(was) and has.may_hold(was) and not has.may_hold(now)
            return ("" if has.includes(was) else _IF) if is_lost else None
        is_lost = had.holds(was) and has.holds(was) and not has.holds(now)
        return (_UNLESS if has.is_in_doubt else "") if is_lost else None

    def _is_felt(self, reach: Reach, sides: Sides) -> bool:
        side = sides.after if self.joins else sides.before
        group = side.node(self.group.address)
        through = {group} | side.groups_of(group)
        return bool(through & (reach.excluded if self.joins else reach.included))


def moves(matched: Matched, but: Collection[str]) -> Iterator[Move]:
    """Whom each group loses and gains, as far as documents own its members. Nobody minds that those in `but`
    are let off."""
    for pair in matched.pairs:
        if pair.kind.name == "Group" and pair.before and pair.after and "members" not in pair.left_as_is:
            had, has = ({*texts(spec, "members")} for spec in (pair.before, pair.after))
            yield Move(group=pair, joins=False, people=tuple(sorted(had - has - {*but})))
            yield Move(group=pair, joins=True, people=tuple(sorted(has - had - {*but})))


def _by_doubt(found: Iterable[tuple[str, str]]) -> str:
    """What is sure comes first."""
    named: defaultdict[str, list[str]] = defaultdict(list)
    for doubt, name in found:
        named[doubt].append(repr(name))
    said = (f"{', '.join(names)}{f' ({doubt})' if doubt else ''}" for doubt, names in sorted(named.items()))
    return "; ".join(said)


def shortened(people: Sequence[str]) -> str:
    """The first few, and how many more."""
    more = f" and {len(people) - _MOST} more" if len(people) > _MOST else ""
    return ", ".join(people[:_MOST]) + more
