"""Facts → who is in a group, nested groups included. Pure; None wherever somebody may be missing."""

from __future__ import annotations

from tapctl.evaluate.facts import Facts


def people_in(facts: Facts, group: str) -> frozenset[str] | None:
    """Everybody in a group, directly or through others; None if not all of its members are known."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [group]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        members = facts.groups.get(name)
        if members is None or not members.is_complete:
            return None
        found |= members.users
        waiting.extend(members.groups)
    return frozenset(found)


def count_of(facts: Facts, group: str) -> int | None:
    """How many people are in a group; None if nobody knows."""
    people = people_in(facts, group)
    return None if people is None else len(people)
