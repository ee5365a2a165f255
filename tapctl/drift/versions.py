"""One Event and one kind of object → which fields it changed, in the plan's own terms. Pure.

A record holds the whole object before and after (Conditional Access), only what changed (Authentication
Methods since April 2026), the whole policy that an object is part of, or one property at a time (Core
Directory); in letter cases of its own. Each is brought into the canonical form that plans compare.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tapctl.canonical import canonical, expand, sort_key
from tapctl.diff import field_changes
from tapctl.directory import Directory
from tapctl.drift.events import Event, Modified
from tapctl.kind import Kind
from tapctl.model import FieldChange, Json, JsonObject
from tapctl.schema import Field

_CONFIGURATIONS: Final = "authenticationMethodConfigurations"
_SEPARATORS: Final = re.compile(r"[.\[\]/:]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What an event did to an object: the fields it changed, each with what it was and what it became.

    `names` are the display names before and after. `is_readable` is false for a record that names the
    object and does not say, in any form known, what changed about it.
    """

    event: Event
    changes: tuple[FieldChange, ...]
    names: tuple[str, str] = ("", "")
    is_readable: bool = True


def versions(
    events: Iterable[Event], kind: Kind, object_id: str, directory: Directory
) -> tuple[Version, ...]:
    """What each event that is about the object did to it, in the events' order."""
    found = (_version(event, kind, object_id.lower(), directory) for event in events)
    return tuple(version for version in found if version is not None)


def _version(event: Event, kind: Kind, object_id: str, directory: Directory) -> Version | None:
    before: JsonObject = {}
    after: JsonObject = {}
    is_named = False
    for old, new in _sides(event, kind, object_id):
        before, after, is_named = _joined(before, old), _joined(after, new), True
    if not is_named and not (_is_meant(event, kind, object_id) and _is_silent(event)):
        return None
    changes = _changes(kind, before, after, directory)
    names = (str(before.get("displayName") or ""), str(after.get("displayName") or ""))
    return Version(
        event=event,
        changes=changes,
        names=names,
        is_readable=bool(changes) or names[0] != names[1] or _is_complete(kind, before, after),
    )


def _is_meant(event: Event, kind: Kind, object_id: str) -> bool:
    """Whether a target is the object; a method goes by its name as well, with or without spaces."""
    by_name = any(target.name.replace(" ", "").lower() == object_id for target in event.targets)
    return event.is_about(object_id) or (kind.singleton and by_name)


def _is_silent(event: Event) -> bool:
    """Whether nothing in the record is an object of its own, which would be what it is about."""
    sides = (side for item in event.modified for side in (item.before, item.after))
    return not any(isinstance(side, dict) and any(key.lower() == "id" for key in side) for side in sides)


def _joined(one: JsonObject, other: JsonObject) -> JsonObject:
    """Both together: properties of one block may each have been said by themselves."""
    found = dict(one)
    for key, value in other.items():
        known = found.get(key)
        found[key] = _joined(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return found


def _is_complete(kind: Kind, before: JsonObject, after: JsonObject) -> bool:
    """Whether both sides were there to be compared, even if what differs is nothing that a document holds."""
    known = {"id", "displayName", *kind.field.properties}
    return bool(known & before.keys()) and bool(known & after.keys())


def _changes(
    kind: Kind, before: JsonObject, after: JsonObject, directory: Directory
) -> tuple[FieldChange, ...]:
    """A property that neither side holds did not change; what one side leaves out has its default there."""
    sides = [
        kind.normalise(canonical(kind.field, expand(kind.field, kind.from_graph(side)), directory.of_graph))
        for side in (before, after)
    ]
    held = before.keys() | after.keys()
    return tuple(change for change in field_changes(*sides) if change.path.partition(".")[0] in held)


def _sides(event: Event, kind: Kind, object_id: str) -> Iterator[tuple[JsonObject, JsonObject]]:
    """The parts of the object that each modified property holds, before and after: what the property's name
    says, be that a block or one value, or the object itself."""
    for item in event.modified:
        is_meant = _is_meant(event, kind, object_id) or object_id in map(str.lower, _parts(item))
        if path := _property_path(item, kind, object_id) if is_meant else ():
            yield _at_path(kind.field, path, item.before), _at_path(kind.field, path, item.after)
        elif isinstance(item.before, dict) or isinstance(item.after, dict):
            held = [_own(side, is_meant, kind, object_id) for side in (item.before, item.after)]
            if held != [None, None]:
                yield held[0] or {}, held[1] or {}


def _own(side: Json, is_meant: bool, kind: Kind, object_id: str) -> JsonObject | None:
    """This object in one side of a record: the side itself, or the part of it that has the object's id."""
    if not isinstance(side, dict):
        return None
    spelled = _spelled(kind.field, side)
    said = str(spelled.get("id") or "").lower()
    if said == object_id or (not said and is_meant):
        return None if _is_other(kind, spelled) else spelled
    parts = next((item for key, item in side.items() if key.lower() == _CONFIGURATIONS.lower()), None)
    for part in parts if kind.inside and isinstance(parts, list) else ():
        if isinstance(part, dict) and (found := _own(part, is_meant, kind, object_id)) is not None:
            return found
    is_typed = kind.odata_type and str(side.get("@odata.type")).lower() == kind.odata_type.lower()
    return spelled if kind.inside and kind.singleton and is_typed else None


def _is_other(kind: Kind, spelled: JsonObject) -> bool:
    """Whether a part without an id of its own is of another type than the kind."""
    said = spelled.get("@odata.type")
    return bool(kind.inside and kind.odata_type and said) and str(said).lower() != kind.odata_type.lower()


def _parts(item: Modified) -> list[str]:
    return [part for part in _SEPARATORS.split(item.name) if part]


def _property_path(item: Modified, kind: Kind, object_id: str) -> tuple[str, ...]:
    """The path that a property's own name stands for: `Description`, `TemporaryAccessPass.isUsableOnce`."""
    parts = _parts(item)
    folded = [part.lower() for part in parts]
    return _known_path(kind.field, parts[folded.index(object_id) + 1 :] if object_id in folded else parts)


def _known_path(field: Field, parts: list[str]) -> tuple[str, ...]:
    """The schema's spelling of a path; empty if it knows none such."""
    path: list[str] = []
    for part in parts:
        name = next((name for name in (*field.properties, "displayName") if name.lower() == part.lower()), "")
        if not name:
            return ()
        path.append(name)
        field = field.properties.get(name, field)
    return tuple(path)


def _at_path(field: Field, path: tuple[str, ...], value: Json) -> JsonObject:
    head, *rest = path
    child = field.properties.get(head, field)
    if rest:
        inner = _at_path(child, tuple(rest), value)
        return {head: inner} if inner else {}
    if isinstance(value, list) and child.type != "array":
        value = value[0] if len(value) == 1 else None  # Core Directory wraps each value in a list
    return {} if value is None else {head: _spelled_value(child, value)}


def _spelled(field: Field, value: JsonObject) -> JsonObject:
    """Property names as the schema spells them, whatever their letter case."""
    names = {name.lower(): name for name in (*field.properties, "id", "displayName", "@odata.type")}
    found: JsonObject = {}
    for key, item in value.items():
        name = names.get(key.lower(), key)
        child = field.properties.get(name)
        found[name] = item if child is None else _spelled_value(child, item)
    return found


def _spelled_value(field: Field, value: Json) -> Json:
    if isinstance(value, dict):
        return _spelled(field, value)
    if isinstance(value, list) and field.items is not None:
        return [_spelled_value(field.items, item) for item in value]
    return value


def changed_at(version: Version, path: str) -> FieldChange | None:
    """What the event did to a field; both sides of a comparison are leaves."""
    return next((change for change in version.changes if change.path == path), None)


def entries(value: Json) -> dict[str, Json]:
    """The entries of a list by what makes them equal."""
    return {sort_key(item): item for item in value} if isinstance(value, list) else {}
