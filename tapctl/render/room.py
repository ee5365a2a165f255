"""A limit → who gets how much of it: what is served first gets room first, what is left over is counted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tapctl.text.words import size

LIMIT: Final = 60_000
"""A comment on GitHub holds 65,536 characters; the rest is for the marker and what a workflow adds."""

_BETWEEN: Final = 2  # the line breaks around a block


def taken(blocks: Iterable[str]) -> int:
    """How much of a limit these take."""
    return sum(size(block) + _BETWEEN for block in blocks)


def fitting(items: Iterable[str], most: int) -> int:
    """How many of these, from the first on, fit."""
    count = 0
    for item in items:
        most -= size(item) + _BETWEEN
        if most < 0:
            break
        count += 1
    return count


class Room:
    """How many characters may still be written."""

    def __init__(self, most: int = LIMIT) -> None:
        self._left = most

    def pay(self, *blocks: str) -> list[str]:
        """For what has to be written."""
        self._left -= taken(blocks)
        return [*blocks]

    def part(self, share: float) -> int:
        """How much `share` of what is left is."""
        return int(self._left * share)

    def free(self, characters: int) -> None:
        """What was paid for, and is not needed after all."""
        self._left += characters

    def take(self, items: Iterable[str], share: float = 1.0) -> list[bool]:
        """Which of these fit, into `share` of what is left: a long one does not keep out the short ones."""
        most = self.part(share)
        kept = []
        for item in items:
            need = size(item) + _BETWEEN
            kept.append(need <= most)
            if need <= most:
                most, self._left = most - need, self._left - need
        return kept
