"""Whom a command was told to look at → the people, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tapctl.errors import GraphError, UsageError
from tapctl.graph.gateway import Gateway
from tapctl.model import Address
from tapctl.passes.everybody import eligible_people, logged_people
from tapctl.passes.people import Group, Person, group_named, members_of, people_among, people_named
from tapctl.passes.trail import RETENTION, Trail, read_trail


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Exactly one way to choose: names (also a roster's), a group, what the logs know, or everybody."""

    names: tuple[str, ...] = ()
    group: str | None = None
    roster: str | None = None
    from_logs: bool = False

    def check(self, *, may_be_everybody: bool = True) -> None:
        """Raises UsageError for two ways at once, and for none where that would not mean everybody."""
        ways = [
            bool(self.names) and self.roster is None,
            self.group is not None,
            self.roster is not None,
            self.from_logs,
        ]
        if sum(ways) > 1:
            raise UsageError("choose people one way: by name, with --group, --roster, or --from-logs")
        if not any(ways) and not may_be_everybody:
            raise UsageError("say whom you mean: --group NAME or --roster FILE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """`basis` says where the people come from, `unread` which source could not be read and why; `failures`
    are names in a roster that are nobody's (yet)."""

    people: tuple[Person, ...]
    basis: tuple[str, ...]
    unread: tuple[str, ...] = ()
    failures: tuple[tuple[Person, GraphError], ...] = ()
    group: Group | None = None
    trail: Trail | None = None


async def choose(
    gateway: Gateway, wish: Wish, pins: Mapping[Address, str], now: datetime, *, may_miss: bool = True
) -> Chosen:
    """Raises Refused for names that are nobody's, or somebody else's too. A roster may be ahead of the
    tenant: its names are only reported if one `may_miss`."""
    if wish.group is not None:
        group = await group_named(gateway, wish.group, pins)
        members = await members_of(gateway, group.id)
        return Chosen(people=members, basis=(f'members of "{group.name}"',), group=group)
    if wish.roster is not None and may_miss:
        people, missing = await people_among(gateway, wish.names)
        failures = tuple((Person(id=name, name=name), error) for name, error in missing.items())
        return Chosen(people=people, basis=(f"the roster {wish.roster}",), failures=failures)
    if wish.names or wish.roster is not None:
        basis = f"the roster {wish.roster}" if wish.roster is not None else "as named"
        return Chosen(people=await people_named(gateway, wish.names), basis=(basis,))
    trail = await read_trail(gateway, now - RETENTION)
    found = await (logged_people if wish.from_logs else eligible_people)(gateway, trail)
    return Chosen(people=found.people, basis=found.basis, unread=found.unread, trail=trail)
