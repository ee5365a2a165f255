"""How fast requests go: one a second for the Conditional Access family, and word of every wait.

Policies and named locations share about one request a second per tenant over all applications, and their
429 carries no Retry-After: https://learn.microsoft.com/graph/throttling-limits (checked 2026-11).
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

CONDITIONAL_ACCESS = "Conditional Access"
REPORTS = "reports"
DIRECTORY = "directory"

SLOWEST = 8.0  # times the configured interval
RECOVERY = 0.8

_CONDITIONAL_ACCESS_PATH = re.compile(
    r"identity/conditionalAccess/((deletedItems/)?(policies|namedLocations)|evaluate)\b"
    r"|policies/conditionalAccessPolicies\b",
    re.IGNORECASE,
)
_REPORTS_PATH = re.compile(r"(auditLogs|reports)/", re.IGNORECASE)


def family_of(path: str) -> str:
    """Which of Graph's limits a path counts against."""
    if _CONDITIONAL_ACCESS_PATH.match(path):
        return CONDITIONAL_ACCESS
    return REPORTS if _REPORTS_PATH.match(path) else DIRECTORY


class Progress(Protocol):
    """Whoever wants to show what the gateway is doing."""

    def waiting(self, family: str, seconds: float, queued: int) -> None:
        """`queued` requests of a family wait; the last of them goes out in about `seconds`."""

    def request(self, method: str, path: str) -> None:
        """A request is sent now; a repetition is reported again."""


class NoProgress:
    """Shows nothing."""

    def waiting(self, family: str, seconds: float, queued: int) -> None: ...

    def request(self, method: str, path: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time and chance, so that tests need neither; all in seconds, `chance` in [0, 1)."""

    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random


class Pacer:
    """Lets requests through one by one, first come first served, at most `per_second`; 0 is no limit."""

    def __init__(self, per_second: float, *, family: str, clock: Clock, progress: Progress) -> None:
        self._interval = 1 / per_second if per_second > 0 else 0.0
        self._family, self._clock, self._progress = family, clock, progress
        self._slowdown = 1.0
        self._next = clock.now()
        self._queued = 0
        self._turn = asyncio.Lock()  # wakes its waiters in the order they came

    @property
    def is_on(self) -> bool:
        return self._interval > 0

    async def turn(self) -> None:
        """Return when the caller may send one request."""
        self._queued += 1
        try:
            if self._turn.locked():
                self._report()
            async with self._turn:
                while (wait := self._next - self._clock.now()) > 0:
                    self._report()
                    await self._clock.sleep(wait)
                self._next = self._clock.now() + self._interval * self._slowdown
        finally:
            self._queued -= 1

    def _report(self) -> None:
        behind = (self._queued - 1) * self._interval * self._slowdown
        first = max(0.0, self._next - self._clock.now())
        self._progress.waiting(self._family, first + behind, self._queued)

    def throttled(self, seconds: float) -> None:
        """Graph said 429: nobody goes for `seconds`, and more slowly after that."""
        self._next = max(self._next, self._clock.now() + seconds)
        self._slowdown = min(self._slowdown * 2, SLOWEST)

    def accepted(self) -> None:
        """An answer that was no 429: return to the configured pace step by step."""
        self._slowdown = max(self._slowdown * RECOVERY, 1.0)
