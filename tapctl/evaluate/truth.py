"""Three values: True, False, and None for a fact that nobody gave. Kleene's logic: False wins an AND."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Truth: TypeAlias = bool | None


def every(values: Iterable[Truth]) -> Truth:
    """AND: False if one is False, else None if one is unknown."""
    result: Truth = True
    for value in values:
        if value is False:
            return False
        if value is None:
            result = None
    return result


def some(values: Iterable[Truth]) -> Truth:
    """OR: True if one is True, else None if one is unknown."""
    result: Truth = False
    for value in values:
        if value is True:
            return True
        if value is None:
            result = None
    return result


def but_not(included: Truth, excluded: Truth) -> Truth:
    """Included and not excluded."""
    if included is False or excluded is True:
        return False
    return None if included is None or excluded is None else True
