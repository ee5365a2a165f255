"""Whether a passcode got to its place although nobody lived to note it.

A file that is there is whole. A command outlives tapctl, and its keeper writes down how it ended.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from tapctl.errors import NotDelivered
from tapctl.passes.delivery._keeper import UNREAD
from tapctl.passes.locking import lock

SUFFIX: Final = ".exit"
# Seconds to wait for a command that is still at work.
PATIENCE: Final = 120.0
_PAUSE: Final = 0.2


def begin(path: Path) -> int:
    """An open, locked file for a keeper, with room for what it will note: once a command has the passcode, a
    full disk must not make it look as if it had not. Raises NotDelivered."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with ExitStack() as unless_begun:
            unless_begun.callback(path.unlink)
            unless_begun.callback(os.close, handle)
            os.write(handle, b" " * len(UNREAD))
            os.fsync(handle)
            lock(handle)
            unless_begun.pop_all()
    except OSError as error:
        raise NotDelivered(f'"{path}" cannot be written: {error.strerror}') from error
    return handle


async def holds(proof: str, sleep: Callable[[float], Awaitable[None]], void: str = "") -> bool:
    """Whether `proof` shows that the passcode arrived; waits for a command that has not ended. A file with
    the digest `void` holds the passcode before this one."""
    path = Path(proof)
    if not proof or not _exists(path):
        return False
    if path.suffix != SUFFIX:
        return not void or digest(proof) != void
    waited = 0.0
    while (found := _code(path)) is None and waited < PATIENCE:
        await sleep(_PAUSE)
        waited += _PAUSE
    return found == "0"


def digest(proof: str) -> str:
    """What tells a file with a passcode from every other, since no two are encrypted alike; empty where there
    is none that can be read."""
    path = Path(proof)
    if not proof or path.suffix == SUFFIX or path.is_symlink() or not path.is_file():
        return ""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def is_unread(proof: str) -> bool:
    """Whether the command ended well, and had not read the passcode. For one that has ended."""
    return Path(proof).read_text(encoding="utf-8").strip() == UNREAD


def _exists(path: Path) -> bool:
    return path.is_file()


def _code(path: Path) -> str | None:
    """What the keeper wrote, empty if it was killed; None while it is at work."""
    with path.open("rb+") as file:
        return file.read().decode(errors="replace").strip() if lock(file.fileno()) else None


def forget(proof: str) -> None:
    """A keeper's file has served once the delivery is noted."""
    if proof.endswith(SUFFIX):
        with suppress(OSError):
            Path(proof).unlink()
