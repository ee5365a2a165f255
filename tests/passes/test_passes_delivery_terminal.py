from __future__ import annotations

import asyncio
import io
import os
import select
import signal
import termios
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TextIO
from zoneinfo import ZoneInfo

import pytest
from delivery_tools import CODE, MADE, MIA

from tapctl.errors import NotDelivered
from tapctl.passes.delivery.terminal import Terminal
from tapctl.passes.secret import Secret
from tapctl.text.times import Zones

ZONES = Zones(here=ZoneInfo("Europe/Oslo"))


@dataclass
class Pty:
    """A terminal with somebody in front of it: `person` is their end."""

    person: int
    keys: TextIO
    screen: TextIO

    def terminal(self, notice: str = "") -> Terminal:
        return Terminal(zones=ZONES, notice=notice, keys=self.keys, screen=self.screen)

    def read(self) -> str:
        """All that comes, once it has begun to: what is written arrives a little later, and in pieces."""
        found, patience = b"", 5.0
        while select.select([self.person], [], [], patience)[0]:
            found, patience = found + os.read(self.person, 100_000), 0.1
        return found.decode()


@pytest.fixture
def pty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pty]:
    monkeypatch.setenv("TERM", "xterm-256color")
    person, tapctl = os.openpty()
    with os.fdopen(tapctl, "r") as keys, os.fdopen(os.dup(tapctl), "w") as screen:
        yield Pty(person, keys, screen)
    os.close(person)


async def shown(pty: Pty, terminal: Terminal, then: str = "\n") -> str:
    """What stands on the screen while the passcode does."""
    showing = asyncio.create_task(terminal.deliver(replace(MADE), Secret(CODE)))
    await asyncio.sleep(0.05)
    seen = pty.read()
    os.write(pty.person, then.encode())
    await showing
    return seen


def test_a_passcode_is_shown_apart_and_gone_with_a_key(pty: Pty) -> None:
    seen = asyncio.run(shown(pty, pty.terminal("SANDBOX: nothing real was changed")))
    after = pty.read()

    assert seen.startswith("\x1b[?1049h")
    assert seen.count(CODE) == 1
    assert "mia@x.example (Mia Larsen)" in seen
    assert "from 2026-09-01 07:00 UTC (09:00 CEST here)" in seen
    assert "SANDBOX" in seen
    assert after == "\x1b[2J\x1b[H\x1b[?1049l"


def test_what_was_typed_before_does_not_count(pty: Pty) -> None:
    os.write(pty.person, b"yes\n")

    assert CODE in asyncio.run(shown(pty, pty.terminal(), "x"))


def test_the_terminal_is_as_before(pty: Pty) -> None:
    before = termios.tcgetattr(pty.keys)

    asyncio.run(shown(pty, pty.terminal()))

    assert termios.tcgetattr(pty.keys) == before
    assert signal.getsignal(signal.SIGTSTP) == signal.SIG_DFL


def test_an_interruption_clears_the_screen_too(pty: Pty) -> None:
    async def main() -> None:
        showing = asyncio.create_task(pty.terminal().deliver(MADE, Secret(CODE)))
        await asyncio.sleep(0.05)
        pty.read()
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)

    asyncio.run(main())
    assert pty.read().endswith("\x1b[?1049l")


def test_a_terminal_that_hangs_up_has_not_received(pty: Pty) -> None:
    async def main() -> None:
        showing = asyncio.create_task(pty.terminal().deliver(MADE, Secret(CODE)))
        await asyncio.sleep(0.05)
        os.close(pty.person)
        await showing

    with pytest.raises(NotDelivered, match="the terminal is gone") as caught:
        asyncio.run(main())
    pty.person = os.open(os.devnull, os.O_RDONLY)
    assert CODE not in str(caught.value)


def test_names_from_the_directory_do_nothing_to_the_terminal(pty: Pty) -> None:
    odd = replace(MADE, recipient=replace(MIA, display_name="\x1b[2Jx"), is_usable_once=False)

    async def main() -> str:
        showing = asyncio.create_task(pty.terminal().deliver(odd, Secret(CODE)))
        await asyncio.sleep(0.05)
        seen = pty.read()
        os.write(pty.person, b"x")
        await showing
        return seen

    seen = asyncio.run(main())
    assert "\\x1b[2Jx" in seen
    assert "Usable many times" in seen


def refusal(terminal: Terminal) -> str:
    with pytest.raises(NotDelivered) as caught:
        terminal.prove()
    return str(caught.value)


def test_only_a_terminal_will_do(pty: Pty) -> None:
    piped = "there is no terminal"

    assert piped in refusal(Terminal(zones=ZONES, keys=io.StringIO(), screen=pty.screen))
    assert piped in refusal(Terminal(zones=ZONES, keys=pty.keys, screen=io.StringIO()))
    assert piped in refusal(Terminal(zones=ZONES))


@pytest.mark.parametrize("term", ["never-heard-of", ""])
def test_a_screen_that_cannot_be_cleared_will_not_do(
    pty: Pty, monkeypatch: pytest.MonkeyPatch, term: str
) -> None:
    """Before any other is looked up: curses looks up one in a process (see also test_cli_pass_terminal)."""
    monkeypatch.setenv("TERM", term)

    assert "terminfo knows of no second screen" in refusal(pty.terminal())


def test_a_system_without_single_keys_will_not_do(pty: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.tcgetpgrp")

    assert "single keys" in refusal(pty.terminal())


def test_a_terminal_that_somebody_else_is_in_front_of_will_not_do(
    pty: Pty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.tcgetpgrp", lambda handle: os.getpgrp() + 1)

    assert "bring it to the front (fg)" in refusal(pty.terminal())


def test_a_terminal_that_has_gone_is_shown_nothing(pty: Pty) -> None:
    terminal = pty.terminal()
    os.close(pty.person)

    with pytest.raises(NotDelivered, match="the terminal is gone"):
        asyncio.run(terminal.deliver(MADE, Secret(CODE)))
    pty.person = os.open(os.devnull, os.O_RDONLY)


def test_keys_that_cannot_be_read_are_a_terminal_that_is_gone(pty: Pty) -> None:
    """As for a background job whose terminal refuses it."""
    deaf = os.open(os.ttyname(pty.keys.fileno()), os.O_WRONLY | os.O_NOCTTY)
    with os.fdopen(deaf, "w") as keys, pytest.raises(NotDelivered, match="the terminal is gone"):
        asyncio.run(shown(pty, Terminal(zones=ZONES, keys=keys, screen=pty.screen)))

    assert pty.read().endswith("\x1b[?1049l")


def test_a_key_and_an_interruption_at_once_are_an_interruption(pty: Pty) -> None:
    async def main() -> None:
        showing = asyncio.create_task(pty.terminal().deliver(MADE, Secret(CODE)))
        await asyncio.sleep(0.05)
        os.write(pty.person, b"\n")
        asyncio.get_running_loop().call_soon(showing.cancel)
        with pytest.raises(asyncio.CancelledError):
            await showing

    asyncio.run(main())
    _, left, after = pty.read().rpartition("\x1b[?1049l")
    assert left
    assert after in ("", "\r\n")  # the key, if it came when keys were echoed again


def test_somebody_without_a_display_name_is_called_by_their_name(pty: Pty) -> None:
    made = replace(MADE, recipient=replace(MIA, display_name=""))

    async def main() -> str:
        showing = asyncio.create_task(pty.terminal().deliver(made, Secret(CODE)))
        await asyncio.sleep(0.05)
        seen = pty.read()
        os.write(pty.person, b"x")
        await showing
        return seen

    assert "Temporary Access Pass of mia@x.example\r\n" in asyncio.run(main())


def test_a_terminal_is_proved_again_for_each_person(pty: Pty) -> None:
    terminal = pty.terminal()

    assert asyncio.run(terminal.open(MIA)) is terminal
    assert (terminal.target, terminal.proof) == ("the terminal", "")
    assert terminal.objection(MIA) == ""
    asyncio.run(terminal.close())
