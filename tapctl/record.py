"""The append-only account of one apply: JSON lines, written as things happen, readable by their owner only.

First line: what was planned, where and when. Then each change with the object as it was observed before and
the specs it leads from and to, each request before it goes out, every id that is new or comes back, every
outcome, and a last line. Undo is planned from it (undo/past.py); resuming never needs it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from tapctl.errors import NotRecorded
from tapctl.model import Json, JsonObject

FORMAT: Final = 1
"""It stands in the first line, and grows when a line changes its meaning."""


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
    """JSON lines at the end of one open file. Once a line could not be written no other is, and none stays of
    which nobody knows whether the disk has it."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path, self._broken = path, ""
        self._file = os.fdopen(handle, "a", encoding="utf-8")
        self._size = os.fstat(handle).st_size

    def add(self, line: JsonObject) -> None:
        """A line more, on the disk after the next `sync`. Raises NotRecorded."""
        with self._writing():
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def sync(self) -> None:
        """See it to the disk. Raises NotRecorded."""
        with self._writing():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._size = os.fstat(self._file.fileno()).st_size

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if self._broken:
            raise NotRecorded(self._broken)
        try:
            yield
        except OSError as error:
            self._broken = f'the record "{self._path}" cannot be written: {error.strerror}'
            raise NotRecorded(self._broken) from error

    def close(self) -> None:
        """What there was to say of a line that does not get to the disk was said when it was written."""
        if self._file.closed:
            return
        handle = os.dup(self._file.fileno())
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            if self._broken:
                os.ftruncate(handle, self._size)
        os.close(handle)


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
        self._lines.add({"event": event, "at": self._now().isoformat(), **facts})
        self._lines.sync()

    def close(self) -> None:
        """Nothing more will be written."""
        self._lines.close()
