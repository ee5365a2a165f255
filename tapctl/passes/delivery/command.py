"""Passcodes into a command's standard input: a vault's own client, or a password manager's.

The command is an argument list that no shell reads. It is started before the pass is created, so that one
that cannot start or gives up at once costs nothing. What it writes is shown only as long as it has not been
given the passcode, for it might repeat it. A keeper of its own notes how it ended, so that it is known even
if tapctl is killed while the command is at work.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shlex
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

from tapctl.errors import NotDelivered
from tapctl.passes.delivery import Made, Recipient, Written, _keeper, proof
from tapctl.passes.secret import Secret

GRACE = 0.25  # seconds in which a command that cannot work usually gives up
PATIENCE = 120.0  # seconds it may take once it has the passcode
HEARING = 1.0  # seconds in which what an ended command had to say arrives
MOST_WORDS = 2000
# What a command has no use for, and must not be able to pass on.
_KEPT_FROM_IT = ("TAPCTL_ACCESS_TOKEN", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PASSWORD")


class Command:
    """`text` may hold {user} and {id}, which are replaced inside each word after it was split; `folder` is
    where keepers note how commands ended."""

    kind = "command"
    at_once = 4
    waits_for_a_person = False

    def __init__(
        self,
        text: str,
        written: Written,
        folder: Path,
        *,
        grace: float = GRACE,
        patience: float = PATIENCE,
    ) -> None:
        self._text, self._written, self._folder = text, written, folder.absolute()
        self._grace, self._patience = grace, patience

    def prove(self) -> None:
        self._program()
        if not hasattr(os, "killpg"):
            raise NotDelivered("a command cannot be watched over on this system: use --to-file")

    def objection(self, recipient: Recipient) -> str:
        """A name from the directory must not turn into an option."""
        if any(
            word.startswith("{") and self._filled(word, recipient).startswith("-") for word in self._words()
        ):
            return f'"{recipient.name}" begins with "-", which the command would take for an option'
        return ""

    async def open(self, recipient: Recipient, void: str = "") -> _Running:
        """The started command. Raises NotDelivered if it ends at once."""
        words = [self._filled(word, recipient) for word in self._words()[1:]]
        environ = {name: value for name, value in os.environ.items() if name not in _KEPT_FROM_IT}
        note = self._folder / f"{secrets.token_hex(8)}{proof.SUFFIX}"
        handle = proof.begin(note)
        ears, mouth = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", _keeper.__file__, str(handle), self._program(), *words),
                stdin=PIPE,
                stdout=DEVNULL,
                stderr=mouth,
                env=environ,
                pass_fds=(handle,),
                start_new_session=True,  # Ctrl-C is for tapctl, which lets it finish
            )
        except (OSError, ValueError) as error:
            proof.forget(str(note))
            os.close(ears)
            raise NotDelivered(f'command "{self._name}" cannot be started: {error}') from error
        finally:
            os.close(handle)
            os.close(mouth)
        running = _Running(process, _Words(ears), self._name, self._written, self._patience, note)
        try:
            await running.check(self._grace)
        except asyncio.CancelledError:
            await running.close()
            raise
        return running

    @property
    def _name(self) -> str:
        return self._words()[0]

    def _words(self) -> list[str]:
        try:
            words = shlex.split(self._text)
        except ValueError as error:
            raise NotDelivered(f'command "{self._text}" cannot be split into words: {error}') from error
        if not words:
            raise NotDelivered("the command is empty")
        return words

    def _program(self) -> str:
        found = shutil.which(self._name)
        if found is None:
            raise NotDelivered(f'command "{self._name}" is not there, or may not be run')
        return found

    @staticmethod
    def _filled(word: str, recipient: Recipient) -> str:
        return word.replace("{user}", recipient.name).replace("{id}", recipient.id)


class _Words:
    """What a command says, kept until it gets the passcode; its pipe stays empty after that.

    A pipe of our own: a child that the command leaves behind may hold it for as long as it likes, and asyncio
    would take the command for running as long.
    """

    def __init__(self, pipe: int) -> None:
        self._pipe, self._said, self._is_kept = pipe, "", True
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(pipe, self._hear)

    def _hear(self) -> None:
        words = os.read(self._pipe, 4096)
        if not words:
            self.close()
        elif self._is_kept and len(self._said) < MOST_WORDS:
            self._said += words.decode(errors="replace")[:MOST_WORDS]

    def keep_no_more(self) -> None:
        self._is_kept = False

    async def last(self) -> str:
        """All that a command said that has ended."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), HEARING)
        self.close()
        return self._said.strip()

    def close(self) -> None:
        if not self._ended.is_set():
            self._ended.set()
            asyncio.get_running_loop().remove_reader(self._pipe)
            os.close(self._pipe)


class _Running:
    """A command that waits for its standard input."""

    def __init__(
        self, process: Process, words: _Words, name: str, written: Written, patience: float, note: Path
    ) -> None:
        self._process, self._words = process, words
        self._name, self._written, self._patience, self._note = name, written, patience, note

    @property
    def target(self) -> str:
        return f"the command {self._name}"

    @property
    def proof(self) -> str:
        return str(self._note)

    async def check(self, grace: float) -> None:
        """Raises NotDelivered if it ends before it was given anything."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), grace)
        if self._process.returncode is not None:
            said = await self._words.last()
            how = "without waiting for the passcode" if proof.is_unread(self.proof) else self._with_code
            proof.forget(self.proof)
            words = f"; it said: {said}" if said else ""
            raise NotDelivered(f'command "{self._name}" ended {how} before a pass was made{words}')

    @property
    def _with_code(self) -> str:
        return f"with code {self._process.returncode}"

    async def deliver(self, made: Made, secret: Secret) -> None:
        await self._give(made, secret)
        try:
            code = await asyncio.wait_for(self._process.wait(), self._patience)
        except TimeoutError:
            await self.close()
            raise NotDelivered(
                f'command "{self._name}" did not end within {self._patience:.0f} s and was stopped'
            ) from None
        self._words.close()
        if code and proof.is_unread(self.proof):
            raise NotDelivered(f'command "{self._name}" ended without reading the passcode')
        if code:
            raise NotDelivered(
                f'command "{self._name}" ended {self._with_code}; what it wrote is not shown, for it had the '
                "passcode: try it by hand with another text"
            )

    async def _give(self, made: Made, secret: Secret) -> None:
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101  # a pipe was asked for
        self._words.keep_no_more()
        try:
            text = self._written(made, secret).encode()
            stdin.write(str(len(text)).encode() + b"\n" + text)
            await stdin.drain()
            stdin.close()
            await stdin.wait_closed()
        except ConnectionError:
            await self.close()
            raise NotDelivered(f'command "{self._name}" ended without reading the passcode') from None

    async def close(self) -> None:
        """Kill it before its input ends: a vault must not store an empty secret."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        self._words.close()
        proof.forget(self.proof)
