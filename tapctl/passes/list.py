"""`pass list`: people → who holds a pass, from when until when, usable or why not, and who issued it.

Requests: those of the choice of people, one for twenty of them, and one for each thousand records of the
audit log (only if somebody holds a pass).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tapctl.errors import GraphError
from tapctl.graph.gateway import Gateway
from tapctl.passes.graph import Pass
from tapctl.passes.holdings import check_permitted, read_passes
from tapctl.passes.people import Person
from tapctl.passes.trail import SLACK, Record, Trail, read_trail
from tapctl.passes.who import Chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Somebody with a pass; `made` is the record of its making, if the audit log tells."""

    person: Person
    held: Pass
    made: Record | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """`without` is how many people have no pass; `failures` whose could not be read. People whom a log or
    a group named and who are not in the tenant any more are `gone`."""

    holders: tuple[Holder, ...]
    without: int
    failures: tuple[tuple[Person, GraphError], ...] = ()
    gone: tuple[Person, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def looked_at(self) -> int:
        return len(self.holders) + self.without + len(self.failures) + len(self.gone)


def now_of(gateway: Gateway) -> datetime:
    """The time, by the gateway's clock."""
    return datetime.fromtimestamp(gateway.clock.wall(), UTC)


async def list_passes(gateway: Gateway, chosen: Chosen, *, with_makers: bool = True) -> Listing:
    """Raises Refused if nobody's pass may be read."""
    found = await read_holders(gateway, chosen.people)
    listing = replace(found, failures=(*chosen.failures, *found.failures), notes=chosen.unread)
    if not with_makers or not listing.holders:
        return listing
    trail = chosen.trail or await read_trail(gateway, _earliest(listing.holders) - SLACK)
    return with_trail(listing, trail)


async def read_holders(gateway: Gateway, people: Sequence[Person]) -> Listing:
    """The passes alone."""
    found = await read_passes(gateway, (person.id for person in people))
    check_permitted(people, found, "the passes")
    by_id = {person.id: person for person in people}
    holders = (
        Holder(person=by_id[user], held=held) for user, some in found.found.items() for held in some[:1]
    )
    failed = {user: error for user, error in found.failures.items() if user not in found.gone}
    return Listing(
        holders=tuple(sorted(holders, key=_order)),
        without=sum(not some for some in found.found.values()),
        failures=_people(by_id, failed),
        gone=tuple(by_id[user] for user in by_id if user in found.gone),
    )


def with_trail(listing: Listing, trail: Trail) -> Listing:
    """The same listing with whoever issued each pass."""
    holders = tuple(
        replace(one, made=trail.making_of(one.person.id, one.held.created)) for one in listing.holders
    )
    unread = (f"who issued a pass is not known, for the audit log could not be read: {trail.unread}",)
    notes = listing.notes if not trail.unread or listing.notes else unread
    return replace(listing, holders=holders, notes=notes)


def _order(holder: Holder) -> tuple[bool, datetime, str]:
    """What can be used first, and of that what ends first."""
    return not holder.held.is_usable, holder.held.end, holder.person.name.casefold()


def _people(
    by_id: Mapping[str, Person], failures: Mapping[str, GraphError]
) -> tuple[tuple[Person, GraphError], ...]:
    return tuple((by_id[user], error) for user, error in failures.items())


def _earliest(holders: Iterable[Holder]) -> datetime:
    return min(holder.held.created or holder.held.start for holder in holders)
