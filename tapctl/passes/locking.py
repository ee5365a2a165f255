"""A lock on an open file. It ends with the process that has it, however that ends: a crash leaves none."""

from __future__ import annotations

import importlib
import os
import time
from typing import Final

from tapctl.errors import WorkspaceError

# Windows lets nobody else read what is locked, so it is a byte that no record reaches:
# https://learn.microsoft.com/cpp/c-runtime-library/reference/locking (checked 2026-11)
_BEYOND: Final = 2**31 - 2
_PAUSE: Final = 0.1


def lock(handle: int, *, may_wait: bool = False) -> bool:
    """Whether the file is this process's now: nobody else has it, or it could be waited for. Raises
    WorkspaceError on a system that has no such locks."""
    try:
        import fcntl
    except ImportError:
        return _lock_byte(handle, may_wait=may_wait)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if may_wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_byte(handle: int, *, may_wait: bool) -> bool:
    """The same on Windows, which gives up waiting by itself."""
    try:
        msvcrt = importlib.import_module("msvcrt")
    except ImportError:
        raise WorkspaceError(
            "this system has no file locks (fcntl or msvcrt), and without them two runs could give one "
            "person two passes: issue them on another one"
        ) from None
    os.lseek(handle, _BEYOND, os.SEEK_SET)
    while True:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            if not may_wait:
                return False
            time.sleep(_PAUSE)
        else:
            return True
