"""`pass issue --to-terminal` in a process of its own, with somebody at its terminal."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from cli_tools import Cli

MIA = "mia.larsen@nordwind.example"
WITH_A_TERMINAL = """\
import fcntl, sys, termios
from tapctl.cli.main import run
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.exit(run(sys.argv[1:]))
"""
ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[2J\x1b[H\x1b[?1049l"


class Desk:
    """A terminal, and tapctl that runs on it."""

    def __init__(self, term: str, *words: str) -> None:
        self.person, terminal = os.openpty()
        self.tapctl = subprocess.Popen(  # noqa: S603  # ours
            [sys.executable, "-c", WITH_A_TERMINAL, *words],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env={**os.environ, "TERM": term},
            start_new_session=True,
        )
        os.close(terminal)
        self.seen = b""

    def read(self, until: bytes = b"") -> bytes:
        """What came, until these bytes or the end."""
        deadline = time.monotonic() + 60
        while (not until or until not in self.seen) and time.monotonic() < deadline:
            try:
                if select.select([self.person], [], [], 0.2)[0]:
                    self.seen += os.read(self.person, 65536)
            except OSError:  # nobody has the other end any more
                break
        return self.seen

    def end(self) -> int:
        code = self.tapctl.wait(60)
        os.close(self.person)
        return code


def typed(key: bytes) -> Callable[[Desk], object]:
    return lambda desk: os.write(desk.person, key)


def sent(number: int) -> Callable[[Desk], object]:
    return lambda desk: os.kill(desk.tapctl.pid, number)


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (typed(b"x"), 0),
        (typed(b"\x1c"), 130),
        (sent(signal.SIGUSR1), 130),
        (sent(signal.SIGTERM), 130),
    ],
    ids=["a key", "Ctrl-backslash", "SIGUSR1", "SIGTERM"],
)
def test_whatever_ends_the_showing_the_passcode_is_off_the_screen(
    cli: Cli, happens: Callable[[Desk], object], code: int
) -> None:
    cli("sandbox", "reset")
    desk = Desk("xterm-256color", "pass", "issue", MIA, "--to-terminal")
    shown = desk.read(until=b"Press a key")
    happens(desk)
    seen = desk.read()

    assert shown.count(ENTER) == 1
    assert seen.count(LEAVE) == 1
    assert desk.end() == code


@pytest.mark.parametrize("term", ["linux", "vt100", "ansi", "dumb", "", "never-heard-of"])
def test_a_terminal_without_a_second_screen_gets_no_passcode(cli: Cli, term: str) -> None:
    cli("sandbox", "reset")
    desk = Desk(term, "pass", "issue", MIA, "--to-terminal")
    seen = desk.read()

    assert desk.end() == 1
    assert f'TERM is "{term}"'.encode() in seen
    assert cli("pass", "list", MIA, "--format", "json").json["passes"] == []
