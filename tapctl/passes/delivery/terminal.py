"""A passcode on the screen of whoever issues it: on the alternate screen, gone with the next key.

Only a terminal will do: nothing that is piped, captured or without a screen to clear.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from tapctl.errors import NotDelivered
from tapctl.passes.delivery import Made, Recipient
from tapctl.passes.secret import Secret
from tapctl.text.escape import visible
from tapctl.text.times import Zones, window

# Terminals whose terminfo still has one of the older ways know the newest, too.
_OTHER_SCREEN = re.compile(rb"\[\?(47|1047|1049)h")
_ENTER, _LEAVE = "\x1b[?1049h\x1b[2J\x1b[H", "\x1b[2J\x1b[H\x1b[?1049l"


class Terminal:
    """One passcode at a time. `notice` is what keeps the sandbox from being taken for the real thing."""

    kind = "terminal"
    at_once = 1
    waits_for_a_person = True

    def __init__(
        self, *, zones: Zones, notice: str = "", keys: TextIO | None = None, screen: TextIO | None = None
    ) -> None:
        self._zones, self._notice = zones, notice
        self._keys, self._screen = keys or sys.stdin, screen or _screen()

    def prove(self) -> None:
        if not hasattr(os, "tcgetpgrp"):
            raise NotDelivered("tapctl cannot read single keys on this system: use --to-file")
        if not self._keys.isatty() or not self._screen.isatty():
            raise NotDelivered(
                "there is no terminal to show a passcode on: standard input and output are piped or "
                "captured. Use --to-file or --to-command"
            )
        term = os.environ.get("TERM", "")
        if not _has_other_screen(term, self._screen):
            raise NotDelivered(
                f'terminfo knows of no second screen to clear on this terminal (TERM is "{visible(term)}"): '
                "use --to-file or --to-command"
            )
        if not _is_in_front(self._keys):
            raise NotDelivered("tapctl runs in the background of this terminal: bring it to the front (fg)")

    def objection(self, recipient: Recipient) -> str:
        return ""

    async def open(self, recipient: Recipient, void: str = "") -> Terminal:
        self.prove()
        return self

    @property
    def target(self) -> str:
        return "the terminal"

    @property
    def proof(self) -> str:
        return ""

    async def deliver(self, made: Made, secret: Secret) -> None:
        """Show it until a key is pressed. Whatever happens, the screen is cleared."""
        try:
            with _uninterrupted(), _key_by_key(self._keys):
                await self._show(_ENTER + self._text(made, secret))
        except OSError as error:
            raise NotDelivered(f"the terminal is gone: {error.strerror}") from None

    async def _show(self, text: str) -> None:
        try:
            self._write(text)
            await _key(self._keys)
        finally:
            with contextlib.suppress(OSError):
                self._write(_LEAVE)

    async def close(self) -> None:
        """Nothing is on the screen."""

    def _text(self, made: Made, secret: Secret) -> str:
        who = visible(made.recipient.name)
        if made.recipient.display_name:
            who += f" ({visible(made.recipient.display_name)})"
        zones = Zones(here=self._zones.here, there=made.recipient.zone)
        use = "once" if made.is_usable_once else "many times"
        lines = [
            *([self._notice, ""] if self._notice else []),
            f"Temporary Access Pass of {who}",
            "",
            f"    {visible(secret.reveal())}",
            "",
            f"Usable {use}, {window(made.start, made.end, zones)}.",
            "",
            "It is shown only now. Press a key when it is handed over: the screen is cleared.",
        ]
        return "\n".join(lines) + "\n"

    def _write(self, text: str) -> None:
        """Past the stream's buffer, which would keep what could not be written."""
        self._screen.flush()
        rest = text.encode(errors="backslashreplace")
        while rest:
            rest = rest[os.write(self._screen.fileno(), rest) :]


def _screen() -> TextIO:
    """Standard output, or the one for messages where results go to a file."""
    return sys.stdout if sys.stdout.isatty() else sys.stderr


def _has_other_screen(term: str, screen: TextIO) -> bool:
    """Whether terminfo knows the terminal, and that it leaves for another screen the way we write it."""
    import curses

    try:
        curses.setupterm(term, screen.fileno())
    except curses.error:
        return False
    return bool(_OTHER_SCREEN.search(curses.tigetstr("smcup") or b""))


def _is_in_front(keys: TextIO) -> bool:
    """A background job that reads its terminal is stopped. A terminal of nobody's has no front."""
    try:
        return os.tcgetpgrp(keys.fileno()) == os.getpgrp()
    except OSError:
        return True


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-Z, and a place in the background, would leave the passcode standing there."""
    stopping = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
    before = [(number, signal.signal(number, signal.SIG_IGN)) for number in stopping]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


@contextmanager
def _key_by_key(keys: TextIO) -> Iterator[None]:
    """No echo, no line to finish; what was typed before does not count. Raises OSError."""
    import termios
    import tty

    try:
        before = termios.tcgetattr(keys)
        tty.setcbreak(keys, termios.TCSAFLUSH)
    except termios.error as error:
        raise OSError(*error.args) from None
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):  # a terminal that is gone needs no restoring
            termios.tcsetattr(keys, termios.TCSAFLUSH, before)


async def _key(keys: TextIO) -> None:
    """Wait for one key. Raises OSError when the terminal goes away."""
    loop = asyncio.get_running_loop()
    pressed: asyncio.Future[bool] = loop.create_future()
    handle = keys.fileno()

    def readable() -> None:
        if not pressed.done():
            try:
                pressed.set_result(bool(os.read(handle, 1024)))
            except OSError as error:
                pressed.set_exception(error)

    loop.add_reader(handle, readable)
    try:
        if not await pressed:
            raise OSError(0, "end of input")
    finally:
        loop.remove_reader(handle)
