"""What differs between the documents and a tenant, as a drift report says it: values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from tapctl.drift.causes import Attribution
from tapctl.model import Address, Place
from tapctl.report import FieldLine

What: TypeAlias = Literal["changed", "renamed", "missing", "unwanted", "unclear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """The moment from which things count as new, and what it is the time of; None where nobody knows one.

    `night`: what no document declares is looked at from then on in any case, where nobody said a time.
    """

    moment: datetime | None
    said: str
    night: datetime | None = None

    @property
    def undeclared(self) -> datetime | None:
        """From when on something counts that no document declares."""
        return min(filter(None, (self.moment, self.night)), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftedField:
    """One field, from the document to the tenant, and who made it so."""

    line: FieldLine
    attribution: Attribution
    place: Place | None = None
    is_newer: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """One object that is not what the files say. `attribution` is of the whole object: who deleted, made or
    renamed it; empty for `changed`. `restore` says whether what vanished can come back."""

    address: Address
    what: What
    said: str
    id: str | None = None
    place: Place | None = None
    fields: tuple[DriftedField, ...] = ()
    attribution: Attribution | None = None
    restore: str = ""
    is_newer: bool | None = None
