"""When passes were first seen used, in a file that is only ever added to, and holds no secret.

Graph does not date a use, and v1.0's sign-in log does not say by what somebody signed in. That a pass was
seen used at a time says that the sign-in with it was before: `pass sweep --used` notes it, and a later one
knows, and so does `pass status`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tapctl.errors import WorkspaceError
from tapctl.model import JsonObject
from tapctl.passes.graph import Pass
from tapctl.passes.issuing.step import SKEW
from tapctl.passes.list import Holder

FILE: Final = "used.jsonl"
# From the sign-in with a one-time pass its owner has ten minutes to register a method:
# https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass
# Who saw it used may have done so on another machine.
REGISTERING: Final = timedelta(minutes=10) + SKEW


def registering_until(held: Pass, seen: datetime) -> datetime:
    """Until when the owner of a used pass may be registering with it. Nothing dates the sign-in with it, but
    it was before the pass was `seen` used; and no session outlives the pass."""
    return min(held.end, seen + REGISTERING)


def noted(folder: Path, tenant: str, passes: Collection[str]) -> dict[str, datetime]:
    """By id, when these passes were first seen used, as far as somebody noted it. Raises WorkspaceError if
    that cannot be read."""
    path = folder / FILE
    try:
        return dict(_noted(path, tenant, passes)) if passes else {}
    except OSError as error:
        raise WorkspaceError(
            f'which passes were seen used cannot be read in "{path}": {error.strerror}'
        ) from error


def first_seen(folder: Path, tenant: str, used: Iterable[Holder], now: datetime) -> dict[str, datetime]:
    """By id, when each of these passes was first seen used; those that are new are noted, as seen now. `now`
    is after they were read. Raises WorkspaceError if that cannot be kept."""
    passes = {one.held.id: one for one in used}
    if not passes:
        return {}
    path = folder / FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = dict(_noted(path, tenant, passes.keys()))
        new = [one for pass_id, one in passes.items() if pass_id not in known]
        _note(path, [_line(tenant, one, now) for one in new])
    except OSError as error:
        raise WorkspaceError(
            f'which passes were seen used cannot be kept in "{path}": {error.strerror}'
        ) from error
    return {**dict.fromkeys(passes, now), **known}


def seen_by_now(folder: Path, tenant: str, used: Iterable[Holder], now: datetime) -> dict[str, datetime]:
    """The same as `first_seen`, with nothing noted. Raises WorkspaceError."""
    passes = [one.held.id for one in used]
    return {**dict.fromkeys(passes, now), **noted(folder, tenant, passes)}


def _noted(path: Path, tenant: str, wanted: Collection[str]) -> Iterator[tuple[str, datetime]]:
    """Two sweeps at once may both note a pass: the later line counts."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            owner, pass_id, at = _read(text)
            if owner == tenant and pass_id in wanted:
                yield pass_id, at


def _read(text: str) -> tuple[str, str, datetime]:
    """Of a line that was torn when the power went nothing is known: its pass is seen anew, which is later."""
    try:
        line = json.loads(text)
        return line["tenant"], line["passId"], datetime.fromisoformat(line["at"]).astimezone(UTC)
    except (ValueError, KeyError, TypeError):
        return "", "", datetime.max.replace(tzinfo=UTC)


def _line(tenant: str, one: Holder, now: datetime) -> JsonObject:
    return {
        "event": "used",
        "at": now.astimezone(UTC).isoformat(),
        "tenant": tenant,
        "userId": one.person.id,
        "passId": one.held.id,
    }


def _note(path: Path, lines: list[JsonObject]) -> None:
    """All in one piece, which other runs' lines do not get into; a torn line before it is left to itself."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        text = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
        os.write(handle, b"\n" + text if lines and _is_torn(handle) else text)
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_torn(handle: int) -> bool:
    """Whether the last line has no end: the power went, or the disk was full."""
    if not (size := os.fstat(handle).st_size):
        return False
    os.lseek(handle, size - 1, os.SEEK_SET)
    return os.read(handle, 1) != b"\n"
