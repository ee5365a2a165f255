"""How fast requests go: one a second for the Conditional Access family, passes as the tenant lets them.

Policies and named locations share about one request a second per tenant over all applications, and their
429 carries no Retry-After: https://learn.microsoft.com/graph/throttling-limits (checked 2026-11). No limit is
published for making passes; the nearest, that of the reports about them, is five in ten seconds.
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
PASSES = "passes"
REPORTS = "reports"
DIRECTORY = "directory"

SLOWEST = 8.0  # times the configured interval
RECOVERY = 0.8
SHY = 1.25  # how much slower than the pace that met a 429
BOLDER = 0.997
# Seconds that the clocks of a server and of this machine may be apart; a date farther off is wrong.
FARTHEST = 86_400.0

_CONDITIONAL_ACCESS_PATH = re.compile(
    r"identity/conditionalAccess/((deletedItems/)?(policies|namedLocations)|evaluate)\b"
    r"|policies/conditionalAccessPolicies\b",
    re.IGNORECASE,
)
_PASSES_PATH = re.compile(r"users/[^/]+/authentication/temporaryAccessPassMethods$", re.IGNORECASE)
_REPORTS_PATH = re.compile(r"(auditLogs|reports)/", re.IGNORECASE)


def family_of(path: str, method: str = "GET") -> str:
    """Which of Graph's limits a request counts against."""
    if method == "POST" and _PASSES_PATH.match(path):
        return PASSES
    if _CONDITIONAL_ACCESS_PATH.match(path):
        return CONDITIONAL_ACCESS
    return REPORTS if _REPORTS_PATH.match(path) else DIRECTORY


class Progress(Protocol):
    """Whoever wants to show what the gateway is doing."""

    def waiting(self, family: str, seconds: float, queued: int) -> None:
        """`queued` requests of a family wait; the last of them goes out in about `seconds`."""

    def request(self, method: str, path: str) -> None:
        """A request is sent now; a repetition is reported again."""

    def read(self, objects: int) -> None:
        """A page of a list brought so many; how many follow Graph does not say."""


class NoProgress:
    """Shows nothing."""

    def waiting(self, family: str, seconds: float, queued: int) -> None: ...

    def request(self, method: str, path: str) -> None: ...

    def read(self, objects: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time and chance, so that tests need neither; all in seconds, `chance` in [0, 1)."""

    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random


class Pacer:
    """Lets requests through one by one, first come first served, at most `per_second`; 0 is no limit.

    Where no limit is known, `fastest` is what it may come to as long as nothing is refused. A 429 slows it
    down, and the pace that met it is not taken again soon.
    """

    def __init__(
        self, per_second: float, *, family: str, clock: Clock, progress: Progress, fastest: float = 0.0
    ) -> None:
        self._interval = 1 / per_second if per_second > 0 else 0.0
        self._boldest = self._least = min(1.0, per_second / fastest) if fastest else 1.0
        self._held = clock.now()
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
        now = self._clock.now()
        if now >= self._held:  # requests that were under way together meet the same limit, not several
            self._least = self._slowdown * SHY if self._boldest < 1 else 1.0
            self._slowdown = min(self._slowdown * 2, SLOWEST)
        self._held = max(self._held, now + seconds)
        self._next = max(self._next, now + seconds)

    def accepted(self) -> None:
        """An answer that was no 429: return to the configured pace, or on to the boldest, step by step."""
        self._least = max(self._least * BOLDER, self._boldest)
        self._slowdown = max(self._slowdown * RECOVERY, self._least)
