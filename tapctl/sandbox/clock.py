"""A clock that was moved, for trying what happens later: it goes on from there, and records tell of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from tapctl.sandbox.values import utc_now


class MovedClock:
    """`moved` is how far it is from the clock that everybody else has."""

    def __init__(self, real: Callable[[], datetime] = utc_now) -> None:
        self._real = real
        self.moved = timedelta()

    def __call__(self) -> datetime:
        return self._real() + self.moved

    def move_to(self, moment: datetime) -> None:
        self.moved = moment - self._real()

    def move_on(self, by: timedelta) -> None:
        self.moved += by


def moved_note(clock: Callable[[], datetime]) -> str:
    """What a record says that was written under a moved clock; empty under any other."""
    moved = clock.moved if isinstance(clock, MovedClock) else timedelta()
    if not moved:
        return ""
    sign = "-" if moved < timedelta() else "+"
    by = timedelta(seconds=round(abs(moved).total_seconds()))
    return f"SANDBOX: written with the clock moved by {sign}{by}"
