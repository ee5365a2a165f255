"""A roster, CSV or YAML, read row by row → who is to get which pass, or what is wrong with a row.

Nothing is kept: a roster may be longer than memory.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from tapctl.canonical import minutes
from tapctl.errors import UsageError
from tapctl.model import Finding, Place
from tapctl.passes.roster.csv_file import csv_rows
from tapctl.passes.roster.row import Mistaken, Row, misread
from tapctl.passes.roster.yaml_file import yaml_rows
from tapctl.text.times import Zones, moment_of, zone_of

_WORDS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_LONGEST: Final = 43200
"""Minutes: no policy allows more (Graph, temporaryAccessPassAuthenticationMethodConfiguration)."""
_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A pass that somebody is to get: no `start` is at once, no `lifetime` (minutes) is the policy's."""

    user: str
    start: datetime | None = None
    lifetime: int | None = None
    is_usable_once: bool = True
    zone: ZoneInfo | None = None
    place: Place | None = None


Entry: TypeAlias = Wanted | Mistaken


def read_roster(path: Path, defaults: Wanted, zones: Zones) -> Iterator[Entry]:
    """Its rows, or what is wrong with them. Raises UsageError if the file cannot be read at all."""
    is_yaml = path.suffix.lower() in (".yaml", ".yml", ".json")
    try:
        for row in yaml_rows(path) if is_yaml else csv_rows(path):
            yield row if isinstance(row, Mistaken) else wanted_in(row, defaults, zones)
    except (OSError, UnicodeError, csv.Error) as error:
        reason = "it is not text in UTF-8" if isinstance(error, UnicodeError) else error
        raise UsageError(f'roster "{path}" cannot be read: {reason}') from error


def wanted_in(row: Row, defaults: Wanted, zones: Zones) -> Entry:
    """One row's wish; `defaults` stand where it says nothing."""
    mistakes: list[Finding] = []

    def cell(name: str, read: Callable[[str], object]) -> object:
        text = row.cells.get(name)
        if text is None:
            return None
        try:
            return read(text)
        except ValueError as error:
            mistakes.append(misread(f"{name}: {error}", row.place(name)))
            return None

    zone = cell("timeZone", zone_of)
    there = zone if isinstance(zone, ZoneInfo) else defaults.zone
    start = cell("start", lambda text: moment_of(text, Zones(here=zones.here, there=there)))
    lifetime, once = cell("lifetime", lifetime_of), cell("oneTime", _truth)
    user = row.cells.get("user", "")
    if not user:
        mistakes.append(misread("the row names no user", row.place("user")))
    if mistakes:
        return Mistaken(user=user, findings=tuple(mistakes))
    return Wanted(
        user=user,
        start=start if isinstance(start, datetime) else defaults.start,
        lifetime=lifetime if isinstance(lifetime, int) else defaults.lifetime,
        is_usable_once=once if isinstance(once, bool) else defaults.is_usable_once,
        zone=there,
        place=row.place("user"),
    )


def lifetime_of(text: str) -> int:
    """`8h`, `1h30m`, or a plain number of minutes. Raises ValueError."""
    given = text.strip()
    found = int(given) if _NUMBER.fullmatch(given) else minutes(given)
    if found is None or found > _LONGEST:
        raise ValueError(f'"{text}" is no lifetime of a pass; write 8h, 90m, or a number of minutes')
    return found


def _truth(text: str) -> bool:
    found = _WORDS.get(text.strip().lower())
    if found is None:
        raise ValueError(f'"{text}" is neither true nor false')
    return found


def named(users: Iterable[str], defaults: Wanted) -> Iterator[Wanted]:
    """Users from the command line."""
    for user in users:
        yield Wanted(
            user=user,
            start=defaults.start,
            lifetime=defaults.lifetime,
            is_usable_once=defaults.is_usable_once,
            zone=defaults.zone,
        )
