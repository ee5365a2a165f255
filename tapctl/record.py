"""The append-only account of one apply: JSON lines, written as things happen, readable by their owner only.

First line: what was planned, where and when. Then each change with the object as it was observed before and
the specs it leads from and to, each request before it goes out, every id that is new or comes back, every
outcome, and a last line. Undo is planned from it (past.py); resuming never needs it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

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


class FileRecord:
    """One file an apply, opened before the first write so that a full disk stops it early."""

    def __init__(self, folder: Path, name: str, now: Callable[[], datetime] = _utc_now) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._now = now
        self.path = folder / f"{now():%Y%m%dT%H%M%S%fZ}-{name}.jsonl"
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._file = os.fdopen(handle, "w", encoding="utf-8")

    def write(self, event: str, **facts: Json) -> None:
        """Append one line and see it to the disk."""
        line: JsonObject = {"event": event, "at": self._now().isoformat(), **facts}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Nothing more will be written."""
        self._file.close()
