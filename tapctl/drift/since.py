"""From when on something counts as new: what `--since` says, or the time of the commit checked out."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from tapctl.drift.drifted import Since
from tapctl.drift.events import moment_of
from tapctl.errors import UsageError
from tapctl.git import ask_git
from tapctl.text.times import Zones
from tapctl.text.times import moment_of as moment_in_words

_NIGHT: Final = timedelta(hours=36)  # from one nightly run to the next, should it come late
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_AGO = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,5})h)?")


def since(said: str | None, root: Path, now: datetime) -> Since:
    """`2026-11-20` (midnight UTC), `2026-11-20T08:00Z`, `7d`, `36h`; nothing means HEAD, and all that came
    since the last nightly run. Raises UsageError for the rest, a time without its zone included."""
    if said is None:
        return replace(_head(root), night=now - _NIGHT)
    days, hours = found.groups() if said and (found := _AGO.fullmatch(said)) else (None, None)
    if days or hours:
        moment = now - timedelta(days=int(days or 0), hours=int(hours or 0))
    else:
        moment = _said(f"{said}T00:00Z" if _DAY.fullmatch(said) else said)
    return Since(moment=moment, said="--since")


def _said(text: str) -> datetime:
    try:
        return moment_in_words(text, Zones())
    except ValueError as error:
        raise UsageError(f"--since: {error}; a day, 7d or 36h will do as well") from error


def _head(root: Path) -> Since:
    try:
        answer = ask_git(root, "log", "-1", "--format=%cI")
    except OSError:
        return Since(
            moment=None, said="git cannot be run here to tell the time of HEAD's commit: give --since"
        )
    if answer.failed:
        return Since(moment=None, said="the folder is in no git repository with a commit: give --since")
    return Since(moment=moment_of(answer.output.decode().strip()), said="the time of HEAD's commit")
