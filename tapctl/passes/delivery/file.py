"""Passcodes into files that only the holders of age identities can read: https://age-encryption.org

One file a person, complete or not there at all. Nothing is written over but what this run has written itself
and has become void. Room for it is taken before the pass is
made: a disk that fills up must not cost a pass.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pyrage  # type: ignore[import-untyped]  # ships no types

from tapctl.errors import NotDelivered
from tapctl.passes.delivery import Made, Recipient, Written, proof
from tapctl.passes.durable import see_to_disk
from tapctl.passes.secret import Secret

Key: TypeAlias = Any  # pyrage's Recipient for x25519 or for ssh

_SAFE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@.-_+"
SUFFIX = ".age"
# Longer than any passcode, and than what else may come out longer for one pass than for another.
_LONG = "0" * 512


class EncryptedFiles:
    """`path` is the file itself if only one person gets a pass, else the folder of files named by user."""

    kind = "file"
    at_once = 8
    waits_for_a_person = False

    def __init__(self, path: Path, keys: Sequence[Key], written: Written, *, is_folder: bool) -> None:
        self._path, self._is_folder = path.absolute(), is_folder
        self._keys, self._written = keys, written

    def prove(self) -> None:
        """Encrypts something, writes it where the files will be, and takes it away again."""
        folder = self._path if self._is_folder else self._path.parent
        try:
            if self._is_folder:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            trial = _part(folder)
            try:
                _write(trial, self._encrypted("a trial"))
            finally:
                trial.unlink(missing_ok=True)
        except OSError as error:
            raise NotDelivered(f'"{folder}" cannot hold the passcodes: {error.strerror or error}') from error

    def objection(self, recipient: Recipient) -> str:
        target = self._target(recipient)
        if target.exists():
            return f'"{target}" is there already and is not written over'
        return ""

    async def open(self, recipient: Recipient, void: str = "") -> _File:
        target = self._target(recipient)
        is_void = void != "" and proof.digest(str(target)) == void
        if not is_void and (said := self.objection(recipient)):
            raise NotDelivered(f"{said}: take it away, or choose another place")
        part = target.with_name(f".{target.name}.part")
        try:
            part.unlink(missing_ok=True)  # what a run that was killed has left
            _write(part, self._encrypted(self._written(_example(recipient), Secret(_LONG))))
        except OSError as error:
            raise NotDelivered(_unwritable(target, error)) from error
        return _File(target, part, self)

    def put(self, target: Path, part: Path, made: Made, secret: Secret) -> None:
        """Write where there is room, and rename: whoever finds the file finds it whole."""
        try:
            _write_over(part, self._encrypted(self._written(made, secret) + "\n"))
            part.rename(target)
            see_to_disk(target.parent)
        except OSError as error:
            _discard(part)
            raise NotDelivered(_unwritable(target, error)) from None

    def _target(self, recipient: Recipient) -> Path:
        return self._path / file_name(recipient, SUFFIX) if self._is_folder else self._path

    def _encrypted(self, text: str) -> bytes:
        try:
            return bytes(pyrage.encrypt(text.encode(), list(self._keys), armored=True))
        except pyrage.EncryptError as error:
            raise NotDelivered(f"encrypting to these recipients fails: {error}") from None


class _File:
    def __init__(self, target: Path, part: Path, files: EncryptedFiles) -> None:
        self._path, self._part, self._files = target, part, files

    @property
    def target(self) -> str:
        return str(self._path)

    @property
    def proof(self) -> str:
        return str(self._path)

    async def deliver(self, made: Made, secret: Secret) -> None:
        self._files.put(self._path, self._part, made, secret)

    async def close(self) -> None:
        """The room is not needed."""
        _discard(self._part)


def _example(recipient: Recipient) -> Made:
    """What takes at least as much room as any pass of theirs."""
    last = datetime(2099, 9, 30, 23, 59, 59, 999999, tzinfo=UTC)
    return Made(recipient=recipient, pass_id="", start=last, end=last, is_usable_once=False)


def _unwritable(target: Path, error: OSError) -> str:
    return f'"{target}" cannot be written: {error.strerror or error}'


def _discard(part: Path) -> None:
    with contextlib.suppress(OSError):
        part.unlink(missing_ok=True)


def file_name(recipient: Recipient, suffix: str) -> str:
    """A file name for a user, whatever characters their name has; different users never share one."""
    shown = recipient.name.lower()
    if all(char in _SAFE for char in shown) and not shown.startswith((".", "-")):
        return shown + suffix
    return f"{''.join(char if char in _SAFE else '_' for char in shown).lstrip('.-')}-{recipient.id}{suffix}"


def keys_of(texts: Iterable[str]) -> list[Key]:
    """age and SSH public keys. Raises NotDelivered, which shows no secret key that was given by mistake."""
    return [_key(text.strip()) for text in texts]


def keys_in(path: Path) -> list[Key]:
    """A recipients file as `age -R` takes it: one a line, `#` begins a comment. Raises NotDelivered."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeError) as error:
        raise NotDelivered(f'recipients file "{path}" cannot be read: {error}') from error
    found = keys_of(line for line in lines if line and not line.startswith("#"))
    if not found:
        raise NotDelivered(f'recipients file "{path}" names nobody')
    return found


def _key(text: str) -> Key:
    if text.upper().startswith("AGE-SECRET-KEY") or "PRIVATE KEY" in text:
        raise NotDelivered(
            "a recipient is a public key (age1...), and this is a secret one: it is not shown here, but may "
            "be in your shell's history. Make a new one with age-keygen"
        )
    try:
        if text.startswith("ssh-"):
            return pyrage.ssh.Recipient.from_str(text)
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise NotDelivered(
            f'"{text}" is no recipient ({error}); an age public key looks like age1..., an SSH one like '
            "ssh-ed25519 AAAA..., and plugins' keys are not supported"
        ) from error


def _part(folder: Path) -> Path:
    return folder / f".tapctl-{secrets.token_hex(8)}.part"


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _fill(handle, content)
    except OSError:
        _discard(path)
        raise


def _write_over(path: Path, content: bytes) -> None:
    _fill(os.open(path, os.O_WRONLY), content)


def _fill(handle: int, content: bytes) -> None:
    """Over what is there, whose room is taken already."""
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
