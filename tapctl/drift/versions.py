"""One Event and one kind of object → what it was before and after, in the plan's own terms. Pure.

A record holds the whole object before and after (Conditional Access), only what changed (Authentication
Methods since April 2026), the whole policy that an object is part of, or one property at a time (Core
Directory); in letter cases of its own. Each is brought into the canonical form that plans compare.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tapctl.built_in import BUILT_IN_STRENGTHS, MFA
from tapctl.canonical import MODES, sort_key
from tapctl.diff import field_changes
from tapctl.directory import Directory
from tapctl.drift.events import Event, Gap, Modified, Value
from tapctl.drift.sides import Part, Side, Steps, Tree, side
from tapctl.kind import Kind
from tapctl.model import FieldChange, Json, JsonObject
from tapctl.schema import Field

_FIRST: Final = ("password", "federatedSingleFactor")
_CONFIGURATIONS: Final = "authenticationMethodConfigurations"
_SEPARATORS: Final = re.compile(r"[.\[\]/:]+")
_NAMES: Final = ("id", "displayName")
_BOOLEANS: Final = {"true": True, "false": False}  # as .NET writes them: True, False


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What an object was before an event and after it, as far as its record says. `is_partial`: the record
    should hold the whole object and does not, so what it leaves out may have changed."""

    event: Event
    before: Side
    after: Side
    is_partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What an event found in a field, and what it left there."""

    event: Event
    before: Value
    after: Value


def versions(
    events: Iterable[Event], kind: Kind, object_id: str, directory: Directory
) -> tuple[Version, ...]:
    """What each event that is about the object did to it, in the events' order."""
    found = (_version(event, kind, object_id.lower(), directory) for event in events)
    return tuple(version for version in found if version is not None)


def passages(history: Iterable[Version], path: str) -> Iterator[Passage]:
    """What the versions say of a field; those that are not about it are left out."""
    steps = tuple(path.split("."))
    for version in history:
        sides = version.before, version.after
        if any(item.tells(steps) or item.hides(steps) for item in sides):
            before, after = (one.value(steps, other) for one, other in (sides, sides[::-1]))
            yield Passage(event=version.event, before=before, after=after)
        elif version.is_partial:
            yield Passage(event=version.event, before=Gap.UNKNOWN, after=Gap.UNKNOWN)


def changes(version: Version) -> tuple[FieldChange, ...]:
    """The fields that an event is known to have changed."""
    differing = field_changes(version.before.spec, version.after.spec)
    return tuple(
        change
        for change in differing
        for passage in passages([version], change.path)
        if Gap.UNKNOWN not in (passage.before, passage.after)
    )


def _version(event: Event, kind: Kind, object_id: str, directory: Directory) -> Version | None:
    parts = [*_parts(event, kind, object_id)]
    if not parts:
        is_meant = _is_meant(event, kind, object_id) and _is_silent(event)
        if not (is_meant or _may_be_meant(event, kind)):
            return None
        parts = [Part(steps=(), before=Gap.UNKNOWN, after=Gap.UNKNOWN)]
    before = side(kind, ((part.steps, part.before) for part in parts), directory)
    after = side(kind, ((part.steps, part.after) for part in parts), directory)
    if event.makes and after.told and not before.told:
        before = Side(spec={}, is_absent=True)
    if event.does("delete") and not after.told:
        after = before  # that it is there again changed no field
    return Version(
        event=event, before=before, after=after, is_partial=_is_partial(event, kind, (before, after))
    )


def _is_partial(event: Event, kind: Kind, sides: tuple[Side, Side]) -> bool:
    """Whether a change of Conditional Access, which is recorded with the whole object, lacks what each has
    (https://learn.microsoft.com/entra/identity/conditional-access/troubleshoot-policy-changes-audit-log,
    2026-11)."""
    told = {steps[0] for side in sides for steps in side.told | side.dark if steps}
    is_whole = kind.family != "conditionalAccess" or told >= {*kind.field.required}
    return event.does("update") and bool(told) and not is_whole


def _is_meant(event: Event, kind: Kind, object_id: str) -> bool:
    """Whether a target is the object; a method goes by its name as well, with or without spaces."""
    by_name = any(target.name.replace(" ", "").lower() == object_id for target in event.targets)
    return event.is_about(object_id) or (kind.singleton and by_name)


def _may_be_meant(event: Event, kind: Kind) -> bool:
    """Whether the target is the policy that a method is part of, and nothing is said of what it changed."""
    whole = kind.inside.rpartition("/")[2].lower()
    names = {target.name.replace(" ", "").lower() for target in event.targets}
    return bool(whole) and whole in names and all(map(_is_unread, event.modified))


def _is_silent(event: Event) -> bool:
    """Whether nothing in the record is an object of its own, which would be what it is about."""
    sides = (side for item in event.modified for side in (item.before, item.after))
    return not any(isinstance(side, dict) and any(key.lower() == "id" for key in side) for side in sides)


def _parts(event: Event, kind: Kind, object_id: str) -> Iterator[Part]:
    """The parts of the object that each modified property holds: what the property's name says, be that a
    block or one value, or the object itself."""
    for item in event.modified:
        is_meant = _is_meant(event, kind, object_id) or object_id in map(str.lower, _words(item))
        if steps := _property_path(item, kind, object_id) if is_meant else ():
            before, after = (_at_path(kind.field, steps, side) for side in (item.before, item.after))
            yield Part(steps=steps, before=before, after=after)
            continue
        owned = [_own(side, is_meant, kind, object_id) for side in (item.before, item.after)]
        if owned != [None, None] or (is_meant and _is_unread(item) and _is_silent(event)):
            before, after = (_whole(kind, found) for found in owned)
            yield Part(steps=(), before=before, after=after)


def _is_unread(item: Modified) -> bool:
    return item.before is Gap.UNKNOWN and item.after is Gap.UNKNOWN


def _whole(kind: Kind, found: JsonObject | None) -> Tree:
    """An object that holds nothing of what the kind has says nothing of it."""
    is_known = found is not None and bool({*_NAMES, *kind.field.properties} & found.keys())
    return found if found is not None and is_known else Gap.UNKNOWN


def _own(side: Value, is_meant: bool, kind: Kind, object_id: str) -> JsonObject | None:
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


def _words(item: Modified) -> list[str]:
    return [part for part in _SEPARATORS.split(item.name) if part]


def _property_path(item: Modified, kind: Kind, object_id: str) -> tuple[str, ...]:
    """The path that a property's own name stands for: `Description`, `TemporaryAccessPass.isUsableOnce`."""
    parts = _words(item)
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


def _at_path(field: Field, steps: Steps, value: Value) -> Tree:
    """The object's tree with one value in it. Core Directory wraps each value in a list."""
    head, *rest = steps
    child = field.properties.get(head, field)
    if rest:
        inner = _at_path(child, tuple(rest), value)
        return inner if isinstance(inner, Gap) else {head: inner}
    if isinstance(value, list) and child.type != "array":
        value = Gap.UNKNOWN if len(value) > 1 else value[0] if value else None
    return value if isinstance(value, Gap) else {head: _spelled_value(child, value)}


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
    if field.is_boolean and isinstance(value, str):
        return _BOOLEANS.get(value.strip().lower(), value)
    if field.items is None or field.is_flags:
        return value
    if isinstance(value, str) and field.items.type == "scalar":
        return _apart(field.items, [value])
    if not isinstance(value, list):
        return value
    if field.items.format == "combination":
        return _apart(field.items, value)
    return [_spelled_value(field.items, item) for item in value]


def _apart(field: Field, texts: Iterable[Json]) -> list[Json]:
    """The entries of a list of which a record joins some, or all, by commas."""
    split = ([part.strip() for part in str(text).split(",") if part.strip()] for text in texts)
    if field.format != "combination":
        return [part for parts in split for part in parts]
    return [combination for parts in split for combination in _combinations(parts)]


def _combinations(parts: Iterable[str]) -> Iterator[str]:
    """A combination has commas of its own: a first factor belongs to the factor after it."""
    modes = {mode.lower(): mode for mode in MODES}
    waiting = [modes.get(part.lower(), part) for part in parts]
    if frozenset(waiting) in BUILT_IN_STRENGTHS[MFA]:
        yield ",".join(waiting)
        return
    while waiting:
        size = 2 if waiting[0] in _FIRST and frozenset(waiting[:2]) in BUILT_IN_STRENGTHS[MFA] else 1
        yield ",".join(waiting[:size])
        del waiting[:size]


def entries(value: Json) -> dict[str, Json]:
    """The entries of a list by what makes them equal."""
    return {sort_key(item): item for item in value} if isinstance(value, list) else {}
