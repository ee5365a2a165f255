"""Groups whose members change → who escapes enforced policies by that, and who loses a method. Pure.

The other direction, whom policies newly reach, is in ripple.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

from tapctl.canonical import at, texts
from tapctl.enabled_methods import CONFIGURATIONS, Methods
from tapctl.evaluate.facts import Scope
from tapctl.match import Matched, Pair
from tapctl.membership import Membership
from tapctl.model import JsonObject, Snapshot

_UNLESS = "unless another group or role includes them"
_IF = "if a group or role that is not read includes them"
_MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whom a policy or a method is for, by node. `is_in_doubt` where who else is meant is not known: by a
    role, as a guest, or by a group whose members no document says."""

    everybody: bool
    included: frozenset[str]
    excluded: frozenset[str]
    is_in_doubt: bool

    @classmethod
    def of_policy(cls, spec: JsonObject, membership: Membership) -> Self:
        users = at(spec, "conditions", "users")

        def named(side: str, kind: str) -> frozenset[str]:
            return frozenset(membership.reference(text, (kind,)) for text in texts(users, f"{side}{kind}s"))

        groups = named("include", "Group")
        return cls(
            everybody="All" in texts(users, "includeUsers"),
            included=groups | named("include", "User"),
            excluded=named("exclude", "Group") | named("exclude", "User"),
            is_in_doubt=bool(texts(users, "includeRoles") or at(users, "includeGuestsOrExternalUsers"))
            or not all(map(membership.knows, groups)),
        )

    @classmethod
    def of_method(cls, scope: Scope, membership: Membership) -> Self:
        def nodes(names: Iterable[str]) -> frozenset[str]:
            return frozenset(membership.reference(name, ("Group",)) for name in names)

        groups = nodes(scope.include)
        return cls(
            everybody=scope.everybody,
            included=groups,
            excluded=nodes(scope.exclude),
            is_in_doubt=not all(map(membership.knows, groups)),
        )

    def holds(self, around: frozenset[str]) -> bool:
        """Whether it is for somebody who is known by these nodes: their own, and their groups."""
        return self.may_hold(around) and self.includes(around)

    def may_hold(self, around: frozenset[str]) -> bool:
        """Whether nothing says that it is not."""
        return (self.is_in_doubt or self.includes(around)) and not around & self.excluded

    def includes(self, around: frozenset[str]) -> bool:
        """Whether they are meant for sure, unless they are excluded."""
        return self.everybody or bool(around & self.included)


Reaches: TypeAlias = Sequence[tuple[str, Reach, Reach]]
"""The name of a policy or a method's kind, and whom it is for before the plan and after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Who is in which group before the plan and after it."""

    before: Membership
    after: Membership

    @classmethod
    def of(cls, matched: Matched, snapshot: Snapshot) -> Self:
        return cls(before=Membership(matched, snapshot, "before"), after=Membership(matched, snapshot))

    def policies(self, pairs: Iterable[tuple[Pair, JsonObject]]) -> Reaches:
        """Of policies, with what becomes of each."""
        return [
            (
                pair.address.name,
                Reach.of_policy(pair.before or {}, self.before),
                Reach.of_policy(after, self.after),
            )
            for pair, after in pairs
        ]

    def methods(self, pairs: Iterable[Pair]) -> Reaches:
        """Of the methods that are on, and stay so. Two of one kind may be on for different people."""
        return [
            (pair.kind.name, Reach.of_method(had, self.before), Reach.of_method(has, self.after))
            for pair in pairs
            for mode, kind in CONFIGURATIONS.items()
            if kind == pair.kind.name
            and (had := _scope(pair.before, mode, kind))
            and (has := _scope(pair.after, mode, kind))
        ]


def _scope(spec: JsonObject | None, mode: str, kind: str) -> Scope | None:
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
            node = sides.after.reference(person, ("User", "Group"))
            was, now = (frozenset({node}) | side.groups_of(node) for side in (sides.before, sides.after))
            lost = (
                (doubt, name)
                for name, had, has in felt
                if (doubt := self._lost(had, has, was, now)) is not None
            )
            alike[tuple(dict.fromkeys(lost))].append(person)
        for found, alike_people in alike.items():
            if found:
                yield _shortened(alike_people), _by_doubt(found)

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


def _shortened(people: list[str]) -> str:
    more = f" and {len(people) - _MOST} more" if len(people) > _MOST else ""
    return ", ".join(people[:_MOST]) + more
