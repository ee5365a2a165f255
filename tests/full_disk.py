"""A disk on which records find no room."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def fill(patch: pytest.MonkeyPatch, room: Callable[[str], bool], suffix: str = ".jsonl") -> None:
    """Files whose names end so take lines only while `room` says so of their text."""
    real = os.fsync

    def sync(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        if path.name.endswith(suffix) and not room(path.read_text(encoding="utf-8", errors="replace")):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    patch.setattr(os, "fsync", sync)


@contextmanager
def small_files(size: int) -> Iterator[None]:
    """No file may become larger than this meanwhile."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
