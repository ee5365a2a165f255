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
from tapctl.passes import _keeper, proof
from tapctl.passes.delivery import Made, Recipient, Written
from tapctl.passes.secret import Secret

GRACE = 0.25  # seconds in which a command that cannot work usually gives up
PATIENCE = 120.0  # seconds it may take once it has the passcode
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

    async def open(self, recipient: Recipient) -> _Running:
        """The started command. Raises NotDelivered if it ends at once."""
        words = [self._filled(word, recipient) for word in self._words()[1:]]
        environ = {name: value for name, value in os.environ.items() if name not in _KEPT_FROM_IT}
        note = self._folder / f"{secrets.token_hex(8)}{proof.SUFFIX}"
        handle = proof.begin(note)
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", _keeper.__file__, str(handle), self._program(), *words),
                stdin=PIPE,
                stdout=DEVNULL,
                stderr=PIPE,
                env=environ,
                pass_fds=(handle,),
                start_new_session=True,  # Ctrl-C is for tapctl, which lets it finish
            )
        except (OSError, ValueError) as error:
            proof.forget(str(note))
            raise NotDelivered(f'command "{self._name}" cannot be started: {error}') from error
        finally:
            os.close(handle)
        running = _Running(process, self._name, self._written, self._patience, note)
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


class _Running:
    """A command that waits for its standard input."""

    def __init__(self, process: Process, name: str, written: Written, patience: float, note: Path) -> None:
        self._process, self._name, self._written, self._patience = process, name, written, patience
        self._note = note
        self._said, self._was_given = "", False
        self._listening = asyncio.create_task(self._listen())

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
            await self._listening
            how = "without waiting for the passcode" if proof.is_unread(self.proof) else self._with_code
            proof.forget(self.proof)
            said = f"; it said: {self._said.strip()}" if self._said.strip() else ""
            raise NotDelivered(f'command "{self._name}" ended {how} before a pass was made{said}')

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
        await self._listening
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
        self._was_given = True
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
        await self._listening
        proof.forget(self.proof)

    async def _listen(self) -> None:
        """Keep its words until it was given the passcode, and its pipe empty after that."""
        stderr = self._process.stderr
        assert stderr is not None  # noqa: S101  # a pipe was asked for
        while words := await stderr.read(4096):
            if not self._was_given and len(self._said) < MOST_WORDS:
                self._said += words.decode(errors="replace")[:MOST_WORDS]
