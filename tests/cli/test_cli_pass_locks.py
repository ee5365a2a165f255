"""Locks, and everything else that only some systems have."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from cli_tools import Cli

from tapctl.errors import WorkspaceError
from tapctl.passes import locking
from tapctl.passes.locking import lock

MIA, YUSUF = (f"{name}@nordwind.example" for name in ("mia.larsen", "yusuf.demir"))
KEY = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
PLACE = ("--to-file", "codes", "--recipient", KEY)
ONLY_ELSEWHERE = ("fcntl", "termios", "tty", "pty", "pwd", "grp", "resource", "curses")
CALLS = ("killpg", "tcgetpgrp", "getpgrp", "pread", "fork", "geteuid", "getuid")
SIGNALS = ("SIGHUP", "SIGQUIT", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGKILL", "SIGUSR1", "SIGALRM")
IMPORT_ALL = """
import asyncio, importlib, os, pkgutil, signal, subprocess, sys, tempfile
for name in {modules}: sys.modules[name] = None
for name in {calls}: delattr(os, name)
for name in {signals}: delattr(signal, name)
import tapctl
for found in pkgutil.walk_packages(tapctl.__path__, "tapctl."):
    if not found.name.endswith("__main__"): importlib.import_module(found.name)
"""


class Windows(ModuleType):
    """Its locks: a byte of a file has one holder, until the handle is closed."""

    LK_NBLCK = 2

    def __init__(self) -> None:
        super().__init__("msvcrt")
        self.holders: dict[tuple[int, int], int] = {}

    def locking(self, handle: int, mode: int, size: int) -> None:
        assert (mode, size) == (self.LK_NBLCK, 1)
        assert os.lseek(handle, 0, os.SEEK_CUR) > 10**9
        file = (os.fstat(handle).st_dev, os.fstat(handle).st_ino)
        if self.holders.get(file, handle) != handle and self._is_open(self.holders[file], file):
            raise PermissionError(13, "Permission denied")
        self.holders[file] = handle

    @staticmethod
    def _is_open(handle: int, file: tuple[int, int]) -> bool:
        try:
            found = os.fstat(handle)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == file


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that lacks what Windows lacks, and has its locks."""
    for name in ONLY_ELSEWHERE:
        monkeypatch.setitem(sys.modules, name, None)
    for name in CALLS:
        monkeypatch.delattr(os, name, raising=False)
    monkeypatch.setitem(sys.modules, "msvcrt", Windows())


@contextmanager
def opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        yield handle
    finally:
        os.close(handle)


def check_that_one_has_it(path: Path) -> None:
    with opened(path) as mine:
        assert lock(mine)
        with opened(path) as other:
            assert not lock(other)
    with opened(path) as later:
        assert lock(later, may_wait=True)


def test_a_file_is_one_process_s_until_it_is_closed(tmp_path: Path) -> None:
    check_that_one_has_it(tmp_path / "file")


def test_a_file_is_one_process_s_on_windows_too(windows: None, tmp_path: Path) -> None:
    check_that_one_has_it(tmp_path / "file")


def test_a_lock_on_windows_is_waited_for(
    windows: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path / "file") as mine, opened(tmp_path / "file") as other:
        lock(mine)
        waited: list[float] = []

        def let_go(seconds: float) -> None:
            waited.append(seconds)
            sys.modules["msvcrt"].holders.clear()

        monkeypatch.setattr(time, "sleep", let_go)
        assert lock(other, may_wait=True)

    assert waited == [locking._PAUSE]


def test_a_system_without_locks_is_told_so(
    windows: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "msvcrt", None)

    with (
        opened(tmp_path / "file") as handle,
        pytest.raises(WorkspaceError, match=r"no file locks .*another one"),
    ):
        lock(handle)


def test_everything_can_be_imported_where_windows_lacks_a_part() -> None:
    program = IMPORT_ALL.format(modules=ONLY_ELSEWHERE, calls=CALLS, signals=SIGNALS)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)  # noqa: S603

    assert (ended.returncode, ended.stderr) == (0, "")


def test_passes_are_issued_to_files_where_windows_lacks_a_part(windows: None, cli: Cli) -> None:
    cli("sandbox", "reset")
    result = cli("pass", "issue", MIA, YUSUF, "--yes", *PLACE)

    assert (result.code, "2 handed over" in result.out) == (0, True)
    assert {path.name for path in (cli.root / "codes").iterdir()} == {f"{MIA}.age", f"{YUSUF}.age"}


@pytest.mark.parametrize("place", [("--to-command", "cat"), ("--to-terminal",)])
def test_what_windows_cannot_do_is_refused_with_another_way(
    windows: None, cli: Cli, place: tuple[str, ...]
) -> None:
    cli("sandbox", "reset")
    result = cli("pass", "issue", MIA, *place, typed="x")

    assert (result.code, "on this system: use --to-file" in result.err) == (1, True)
