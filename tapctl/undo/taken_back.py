"""A change of a spec, what the spec is now → what it is without that change: field by field. Pure.

A field that the change left alone stays as it is now, whoever changed it since. One that it changed becomes
what it was; if it holds something else by now than the change gave it, that is lost, and said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from tapctl.model import Json, JsonObject, Path
from tapctl.reference import parse
from tapctl.schema import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """One value, before and after the change, now, and `back`: what it was, as the tenant calls it now."""

    was: Json
    made: Json
    now: Json
    back: Json

    def at(self, key: str) -> Sides:
        """The values of one property."""
        was, made, now, back = (cast(JsonObject, side or {}).get(key) for side in self._all())
        return Sides(was=was, made=made, now=now, back=back)

    @property
    def keys(self) -> list[str]:
        """The properties that any of the four has."""
        return sorted({key for side in self._all() for key in cast(JsonObject, side or {})})

    @property
    def entries(self) -> list[set[str]]:
        """The four as sets of references."""
        return [set(cast("list[str]", side or [])) for side in self._all()]

    def are(self, shape: type) -> bool:
        """Whether each of the four is of a shape, or nothing."""
        return all(side is None or isinstance(side, shape) for side in self._all())

    def _all(self) -> tuple[Json, Json, Json, Json]:
        return self.was, self.made, self.now, self.back


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """The value without the change, and the paths at which what others changed since is lost."""

    value: Json
    lost: tuple[Path, ...] = ()


def take_back(field: Field | None, sides: Sides, path: Path = ()) -> TakenBack:
    """Undo the change in one value and what is in it."""
    if sides.was == sides.made:
        return TakenBack(value=sides.now)
    if sides.now in (sides.made, sides.back):
        return TakenBack(value=sides.back)
    if field is not None and sides.are(dict) and (not path or _is_block(field)):
        return _block(field, sides, path)
    if field is not None and sides.are(list) and (entries := _entries(field, sides)) is not None:
        return TakenBack(value=entries or None)
    return TakenBack(value=sides.back, lost=(path,))


def _is_block(field: Field) -> bool:
    """Whether an object is several settings. One of plain values only (a number and its unit, a filter and
    whether it includes) is a single setting: half of it means something else."""
    return any(child.type in ("array", "object") for child in field.properties.values())


def _block(field: Field, sides: Sides, path: Path) -> TakenBack:
    found = {key: take_back(field.properties.get(key), sides.at(key), (*path, key)) for key in sides.keys}
    spec: Mapping[str, Json] = {key: item.value for key, item in found.items() if item.value is not None}
    return TakenBack(
        value={**spec} or None,
        lost=tuple(lost for item in found.values() for lost in item.lost),
    )


def _entries(field: Field, sides: Sides) -> list[Json] | None:
    """Entries of a list of references that the change added go and those that it removed come back, if
    nobody touched just these since. None where that cannot be told, or a word speaks for everybody."""
    item = field.items
    if item is None or not item.references or not field.is_set:
        return None
    was, made, now, back = sides.entries
    added, removed = made - was, was - made
    is_plain = all(parse(text, item.references, item.words).form != "word" for text in was | made | now)
    if is_plain and added <= now and removed <= back - now:
        return [*sorted((now - added) | removed)]
    return None
