"""One object as rules see it, and one thing that a rule found about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tapctl.canonical import at, texts
from tapctl.kinds import lookups
from tapctl.model import Address, Json, JsonObject, Path, Place, Resource, Severity

Way: TypeAlias = tuple[str, ...]
"""How people's way ends, at whatever object: what is shut, and on what terms only; fewer shut it to more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One thing that a rule found. `path` is in the item's spec; without an item, `place` says where.

    `severity` and `help` replace the rule's own. `way` is what stays the same where the way of people ends at
    another object than before.
    """

    message: str
    item: Item | None = None
    path: Path = ()
    value: str = ""
    place: Place | None = None
    severity: Severity | None = None
    help: str = ""
    way: Way = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One object: its canonical spec, and its document, if one declares it. `changed` is since when
    the tenant has it in this state, or longer; empty where nobody knows."""

    address: Address
    spec: JsonObject
    resource: Resource | None = None
    managed_by: str = ""
    changed: str = ""

    def at(self, *path: str) -> Json:
        """The value at `path`, or None."""
        return at(self.spec, *path)

    def texts(self, *path: str) -> frozenset[str]:
        """The strings at `path`; none if there is nothing."""
        return frozenset(texts(self.spec, *path))

    def place(self, path: Path, value: str = "") -> Place | None:
        """Where `path` was written; in a list, where `value` was: a canonical list has another order."""
        if self.resource is None:
            return None
        written = at(self.resource.spec, *map(str, path)) if value else None
        entries = written if isinstance(written, list) else []
        found = [index for index, entry in enumerate(entries) if _says(entry, value)]
        return self.resource.place(*path, *found[:1])

    def hit(
        self, message: str, *path: str, value: str = "", severity: Severity | None = None, remedy: str = ""
    ) -> Hit:
        """Something about this object, at `path` of its spec."""
        return Hit(message=message, item=self, path=path, value=value, severity=severity, help=remedy)


def _says(written: Json, value: str) -> bool:
    """Whether an entry as it was written is this canonical one: by its name, or by the id that has that name
    in every tenant."""
    if isinstance(written, dict):
        written = next(iter(written.get(key) for key in ("id", "cidrAddress") if key in written), None)
    named = [known for lookup in lookups().values() for known in (lookup.well_known, lookup.otherwise)]
    plain = {known.get(value, value).removeprefix("id:").casefold() for known in named}
    return isinstance(written, str) and written.strip().removeprefix("id:").casefold() in plain
