"""What the gateway and apply are doing, on stderr, for whatever takes over a second."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from tapctl.text.escape import visible
from tapctl.text.times import remaining
from tapctl.text.words import counted

if TYPE_CHECKING:
    from tapctl.order.steps import Step

_SOON = 1.0
_LONG = 5.0
_MANY = 20
_CLEAR = "\r\x1b[K"


class StderrProgress:
    """On a terminal one line that is written over; elsewhere a line for each step and each long wait."""

    def __init__(self, stream: TextIO | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._now = stream or sys.stderr, now
        self._is_terminal = self._stream.isatty()
        self._started = now()
        self._requests = self._objects = 0
        self._doing = "reading the tenant"
        self._issuing: tuple[float, int] | None = None

    def request(self, method: str, path: str) -> None:
        """A request goes out."""
        self._requests += 1
        if self._now() - self._started >= _SOON:
            held = f", {self._objects:,} objects so far" if self._objects else ""
            self._status(f"{self._doing} ({self._requests} requests{held})")

    def read(self, objects: int) -> None:
        """A page of a list is there; the next request says how many that makes."""
        self._objects += objects

    def waiting(self, family: str, seconds: float, queued: int) -> None:
        """Requests wait for their turn."""
        said = f"{visible(family)}: {queued} waiting, about {seconds:.0f} s left"
        if seconds >= _SOON:
            self._status(said)
        if seconds >= _LONG and not self._is_terminal:
            self._write(said + "\n")

    def step(self, step: Step) -> None:
        """A step of apply begins."""
        said = f"{step.phase}: {step.action} {visible(str(step.address))}"
        self._doing = said
        self._status(said)
        if not self._is_terminal:
            self._write(said + "\n")

    def settling(self, changes: int, seconds: float) -> None:
        """What was written does not read back yet."""
        said = f"waiting until the tenant shows {counted(changes, 'change')}, at most {seconds:.0f} s more"
        self._status(said)
        if not self._is_terminal:
            self._write(said + "\n")

    def checked(self, people: int) -> None:
        """So many people were looked up."""
        self._doing = f"checking people ({people} so far)"
        self._status(self._doing)

    def issued(self, done: int, total: int) -> None:
        """So many passes are handed over, of so many; says how fast, and how long the rest takes."""
        if not self._issuing:
            self._issuing = (self._now(), done)
        since, first = self._issuing
        self._doing = f"{done} of {total} passes handed over"
        if (passed := self._now() - since) > 0 and (made := done - first) > 0:
            left = (total - done) * passed / made
            self._doing += f", {made / passed:.1f} a second, about {remaining(left)} left"
        self._status(self._doing)
        if not self._is_terminal and total >= _MANY and done and done % (total // 10) == 0:
            self._write(self._doing + "\n")

    def doubting(self, people: int) -> None:
        """So many people are looked at for some time longer."""
        self._doing = f"looking whether a lost request comes late ({people} in doubt)"
        self._status(self._doing)

    def registering(self, people: int, seconds: float) -> None:
        """So many owners of used passes may be registering for so long."""
        said = f"waiting {remaining(seconds)}: {people} may be registering with a pass that is used by now"
        self._status(said)
        if not self._is_terminal:
            self._write(said + "\n")

    def clear(self) -> None:
        """Take the line away, before something else is written."""
        self._status("")

    def _status(self, text: str) -> None:
        if self._is_terminal:
            room = shutil.get_terminal_size().columns - 1
            self._write(_CLEAR + text[:room])

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):  # nobody listening is no reason to stop half-way
            self._stream.write(text)
            self._stream.flush()
