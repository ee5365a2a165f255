"""One row of a roster, whatever the file: its cells by column, or what is wrong with it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tapctl.model import Finding, Place

# Canonical column → other spellings that people and Graph have for it; case and punctuation do not count.
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "user": ("userprincipalname", "upn", "userid", "id"),
    "start": ("startdatetime", "starttime"),
    "lifetime": ("lifetimeinminutes",),
    "oneTime": ("once", "isusableonce"),
    "timeZone": ("zone", "tz"),
}
_SPELLINGS: Final = {
    spelling: name for name, others in COLUMNS.items() for spelling in (name.lower(), *others)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The cells of one row by column, without the empty ones, and where each stands."""

    cells: Mapping[str, str]
    place: Callable[[str], Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistaken:
    """A row that cannot be taken as it is; `user` as far as it can be read."""

    findings: tuple[Finding, ...]
    user: str = ""


def column_of(name: str) -> str | None:
    """The canonical name of a column, however people spell it."""
    return _SPELLINGS.get(re.sub(r"[^a-z]", "", name.lower()))


def unknown_column(name: str, place: Place) -> Finding:
    close = difflib.get_close_matches(name.lower(), _SPELLINGS, n=1)
    hint = f'did you mean "{_SPELLINGS[close[0]]}"?' if close else f"known are {', '.join(COLUMNS)}"
    return misread(f'there is no column "{name}"; {hint}', place)


def twice(name: str, place: Place) -> Finding:
    return misread(f'"{name}" is there twice', place)


def misread(message: str, place: Place) -> Finding:
    return Finding(rule="roster", severity="error", message=message, place=place)
