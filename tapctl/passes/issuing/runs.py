"""The records of a folder: a run that begins or goes on, those at work, and those left unfinished."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from tapctl.errors import Refused, WorkspaceError
from tapctl.model import JsonObject
from tapctl.passes.durable import see_to_disk
from tapctl.passes.issuing.journal import Journal, utc_now
from tapctl.passes.issuing.journal_lines import SUFFIX, About, read, run_of
from tapctl.passes.issuing.worklist import Worklist
from tapctl.passes.locking import lock

FOLDER: Final = "passes"

_LONGEST_LINES: Final = 65_536


def going_on(run: str) -> str:
    """The command that continues a run, in its own environment."""
    return f"tapctl pass issue -e {run.partition('Z-')[2]} --continue {run}"


def begin(folder: Path, about: About, now: Callable[[], datetime] = utc_now) -> Journal:
    """A new run's journal. Raises WorkspaceError or NotRecorded if it cannot be kept: then nothing may be
    created."""
    stamp = f"{now():%Y%m%dT%H%M%S%fZ}"
    path = folder / f"{stamp}-{about.environment}{SUFFIX}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        _lock(handle, path)
        see_to_disk(folder)
    except OSError as error:
        raise _not_kept(folder, error) from error
    journal = Journal(path, handle, now)
    journal.write_about("run", about)
    return journal


def _not_kept(folder: Path, error: OSError) -> WorkspaceError:
    return WorkspaceError(f'the record of the run cannot be kept in "{folder}": {error.strerror}')


def resume(folder: Path, run: str) -> tuple[Journal, About, Worklist]:
    """An unfinished run: its journal, what it is about, and how far everybody is.

    Raises Refused if there is no such run, if it has nothing left to do, or if somebody else is at it.
    """
    path = folder / f"{Path(run).name.removesuffix(SUFFIX)}{SUFFIX}"
    if not path.is_file():
        raise Refused(f'there is no run "{run}" in "{folder}"')
    handle = os.open(path, os.O_RDWR | os.O_APPEND)
    with ExitStack() as unless_resumed:
        unless_resumed.callback(os.close, handle)
        with alone(folder):
            _lock(handle, path)
        _cut_torn_line(handle)
        about, worklist = read(path)
        unless_resumed.pop_all()
    return Journal(path, handle), about, worklist


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else looks at which runs are at work, or begins one, meanwhile. Raises WorkspaceError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (folder / ".lock").open("a")
    except OSError as error:
        raise _not_kept(folder, error) from error
    with file:
        lock(file.fileno(), may_wait=True)
        yield


def is_at_work(path: Path) -> bool:
    """Whether a process that lives has this run open. To be asked while `alone`."""
    with path.open("rb") as file:
        return not lock(file.fileno())


def unfinished(folder: Path, environment: str) -> list[str]:
    """The runs of an environment that were stopped with something left to do, oldest first."""
    if not (paths := open_runs(folder, environment)):
        return []
    with alone(folder):
        return [run_of(path) for path in paths if not is_at_work(path)]


def open_runs(folder: Path, environment: str = "*") -> list[Path]:
    """The records of runs that are at work, or were stopped with something left to do."""
    paths = sorted(folder.glob(f"*Z-{environment}{SUFFIX}"))
    return [path for path in paths if _is_unfinished(path)]


def _is_unfinished(path: Path) -> bool:
    """Whether something was begun, and the last line does not say that nobody is left, or to be looked at."""
    last = _last_line(path)
    is_begun = last.get("event") not in (None, "run", "planned")
    return is_begun and (last.get("left"), last.get("doubtful", 0)) != (0, 0)


def _last_line(path: Path) -> JsonObject:
    """The last whole line, without reading a long file from its beginning."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LONGEST_LINES))
        lines = file.read().split(b"\n")[:-1]  # what comes after the last line break is torn
    try:
        last = json.loads(lines[-1]) if lines else None
    except ValueError:
        return {}
    return last if isinstance(last, dict) else {}


def _cut_torn_line(handle: int) -> None:
    """What was being written when the power went is no line, and must not become part of the next."""
    size = os.fstat(handle).st_size
    position = size
    while position and _byte(handle, position - 1) != b"\n":
        position -= 1
    if position < size:
        os.ftruncate(handle, position)


def _byte(handle: int, position: int) -> bytes:
    os.lseek(handle, position, os.SEEK_SET)
    return os.read(handle, 1)


def _lock(handle: int, path: Path) -> None:
    """For as long as the file is open, and no longer than the process lives. Raises Refused."""
    if not lock(handle):
        raise Refused(f'another tapctl is at work on the run "{run_of(path)}"')
