"""How a demand stands: met, or what the person can do about it; several at once where a fact is missing.

A `Status` is the set of levels that are possible, as bits, so that AND, OR and missing facts stay exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Final, TypeAlias

Status: TypeAlias = int

MET: Final = 1
CHALLENGE: Final = 2
REGISTER: Final = 4
NEVER: Final = 8
BLOCK: Final = 16
LEVELS: Final = (MET, CHALLENGE, REGISTER, NEVER, BLOCK)
UNMET: Final = CHALLENGE | REGISTER | NEVER
ANY: Final = MET | UNMET


def worst(statuses: Iterable[Status]) -> Status:
    """AND: each possible combination is as bad as its worst part. Of nothing: met."""
    result = MET
    for status in statuses:
        result = _either(result, status, max)
    return result


def best(statuses: Iterable[Status]) -> Status:
    """OR: each possible combination is as good as its best part. Of nothing: met."""
    result: Status | None = None
    for status in statuses:
        result = status if result is None else _either(result, status, min)
    return MET if result is None else result


@cache
def _either(one: Status, other: Status, choose: Callable[[Status, Status], Status]) -> Status:
    result = 0
    for left in possible(one):
        for right in possible(other):
            result |= choose(left, right)
    return result


def possible(status: Status) -> tuple[Status, ...]:
    """The single levels in a status, best first."""
    return tuple(level for level in LEVELS if status & level)


def is_certain(status: Status) -> bool:
    """Whether just one level is possible."""
    return status & (status - 1) == 0
