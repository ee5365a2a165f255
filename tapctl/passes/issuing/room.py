"""Room on the disk for the last lines of a run's record.

It is taken before a pass is asked for, and given up where a line about what was made finds no other: a disk
that fills up meanwhile must not cost a pass.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path
from typing import Final

from tapctl.record import write_all

# What is noted of a few people after they were asked for: a line of at most two paths, and what came of it.
SIZE: Final = 32_768


class Room:
    """A file beside the record. A run that is killed leaves it, and takes it over when it is continued."""

    def __init__(self, record: Path) -> None:
        self._path = record.with_suffix(".room")
        self._is_taken = self._is_spent = False

    def take(self) -> None:
        """Unless it is taken. What was given up is for the passes under way: none is begun after that.
        Raises OSError."""
        if self._is_spent:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if not self._is_taken:
            self._fill()
            self._is_taken = True

    def _fill(self) -> None:
        """With what no file system packs."""
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            write_all(handle, secrets.token_bytes(SIZE))
            os.fsync(handle)
        except OSError:
            self._path.unlink()
            raise
        finally:
            os.close(handle)

    def give_up(self) -> bool:
        """Whether there was any."""
        was_there = self._is_taken and not self._is_spent
        self._is_spent = True
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        return was_there
