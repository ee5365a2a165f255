"""The append-only account of one apply: JSON lines, written as things happen, readable by their owner only.

First line: what was planned, where and when. Then each change with the object as it was observed before and
the specs it leads from and to, each step and each of its requests before they go out, every id that is new
or comes back, what is known of the step, every outcome, and a last line. Undo is planned from it
(undo/past.py); resuming never needs it.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from tapctl.errors import NotRecorded
from tapctl.model import Json, JsonObject

FORMAT: Final = 1
"""It stands in the first line, and grows when a line changes its meaning."""

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Record(Protocol):
    """Where the account goes."""

    def write(self, event: str, **facts: Json) -> None:
        """Append one line."""
        ...


class NoRecord:
    """For what is not worth keeping."""

    def write(self, event: str, **facts: Json) -> None:
        """Forget it."""


class Lines:
    """JSON lines at the end of one open file that nobody else writes to. None stays of which nobody knows
    whether the disk has it, and once a line could not be written no other is, unless it was only tried.
    `spare` gives up room that was taken on this disk before, and says whether there was any."""

    def __init__(self, path: Path, handle: int, spare: Callable[[], bool] = lambda: False) -> None:
        self._path, self._handle, self._spare = path, handle, spare
        self._size = os.fstat(handle).st_size
        self._broken, self._is_open = "", True

    def write(self, line: JsonObject) -> None:
        """On the disk when this returns; in the room that was spared, if there is no other. Raises
        NotRecorded."""
        try:
            self._put([line])
        except OSError as error:
            if error.errno in _FULL and self._spare():
                self.write(line)
            else:
                raise self._given_up(error) from error

    def write_many(self, lines: Iterable[JsonObject]) -> None:
        """On the disk when this returns, and never in memory. Raises NotRecorded."""
        try:
            self._put(lines)
        except OSError as error:
            raise self._given_up(error) from error

    def attempt(self, line: JsonObject) -> None:
        """Of something that is not done if this raises NotRecorded; other lines may follow."""
        try:
            self._put([line])
        except OSError as error:
            raise NotRecorded(self._unwritten(error)) from error

    def _put(self, lines: Iterable[JsonObject]) -> None:
        """Raises OSError."""
        if self._broken:
            raise NotRecorded(self._broken)
        os.ftruncate(self._handle, self._size)
        size = self._size
        for line in lines:
            size += write_all(self._handle, f"{json.dumps(line, ensure_ascii=False)}\n".encode())
        os.fsync(self._handle)
        self._size = size

    def _given_up(self, error: OSError) -> NotRecorded:
        self._broken = self._unwritten(error)
        return NotRecorded(self._broken)

    def _unwritten(self, error: OSError) -> str:
        return f'the record "{self._path}" cannot be written: {error.strerror}'

    def close(self) -> None:
        """What there was to say of a line that does not get to the disk was said when it was written."""
        if self._is_open:
            self._is_open = False
            with suppress(OSError):
                os.ftruncate(self._handle, self._size)
            os.close(self._handle)


def write_all(handle: int, data: bytes) -> int:
    """Its size. A disk that fills up takes a part first. Raises OSError."""
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]
    return len(data)


class FileRecord:
    """One file an apply, opened before the first write so that a full disk stops it early."""

    def __init__(self, folder: Path, name: str, now: Callable[[], datetime] = _utc_now) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._now = now
        self.path = folder / f"{now():%Y%m%dT%H%M%S%fZ}-{name}.jsonl"
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._lines = Lines(self.path, handle)

    def write(self, event: str, **facts: Json) -> None:
        """Append one line and see it to the disk. Raises NotRecorded."""
        self._lines.write({"event": event, "at": self._now().isoformat(), **facts})

    def close(self) -> None:
        """Nothing more will be written."""
        self._lines.close()
