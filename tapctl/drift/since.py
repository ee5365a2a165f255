"""From when on something counts as new: what `--since` says, or the time of the commit checked out."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tapctl.drift.events import moment_of
from tapctl.drift.news import Since
from tapctl.errors import UsageError

_AGO = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,5})h)?")


def since(said: str | None, root: Path, now: datetime) -> Since:
    """`2026-11-20`, `2026-11-20T08:00Z`, `7d`, `36h`; nothing means HEAD. Raises UsageError for the rest."""
    if said is None:
        return _head(root)
    days, hours = found.groups() if said and (found := _AGO.fullmatch(said)) else (None, None)
    moment = moment_of(said)
    if days or hours:
        moment = now - timedelta(days=int(days or 0), hours=int(hours or 0))
    if moment is None:
        raise UsageError(f'--since "{said}" is no time: give 2026-11-20, 2026-11-20T08:00Z, 7d or 36h')
    return Since(moment=moment.astimezone(UTC), said="--since")


def _head(root: Path) -> Since:
    command = ["git", "-C", str(root), "log", "-1", "--format=%cI"]
    try:
        done = subprocess.run(  # noqa: S603  # words of ours, and no shell
            command, capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return Since(moment=None, said="the folder is in no git repository with a commit: give --since")
    return Since(moment=moment_of(done.stdout.strip()), said="the time of HEAD's commit")
