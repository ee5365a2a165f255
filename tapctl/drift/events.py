"""Records of the directory audit log, as Graph answers them → Events. Pure.

https://learn.microsoft.com/graph/api/resources/directoryaudit (checked 2026-11). What a record changed stands
in `modifiedProperties` as JSON inside strings, sometimes inside strings once more; either may be missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final, Literal, TypeAlias

from tapctl.model import Json, JsonObject
from tapctl.shapes import as_list, as_object, as_objects, as_text

_MOST_LAYERS: Final = 4
_APPLICATION_KEYS: Final = re.compile(r"(client )?app(lication)?[ _]?(display ?name|name|id)?", re.IGNORECASE)
_ADDRESS_KEYS: Final = re.compile(r"(client|actor)?[ _]?ip[ _]?(address|addr)?|ipaddr", re.IGNORECASE)
_HAPPENED: Final = ("success", "timeout", "")  # after a timeout nobody knows: the values decide
_CUT: Final = re.compile(r'\s*(?:\{\s*(?:"|\Z)|\[\s*(?:["{\[]|\Z)|"(?:[^"\\]|\\.)*\\?\Z)', re.DOTALL)
"""The beginning of an object, a list or a text in JSON that ends too early."""


class Gap(Enum):
    """What stands where a record has no value: nobody knows it, or there was no object to have one."""

    UNKNOWN = "unknown"
    ABSENT = "absent"


Value: TypeAlias = "Json | Gap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who began a change; `name` is a userPrincipalName or an application's name where the record has one."""

    kind: Literal["person", "application", "unknown"] = "unknown"
    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One object that a record names."""

    id: str
    name: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Modified:
    """One modified property; its sides are decoded, and what is missing or cut is unknown, never empty."""

    name: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One record. `application` and `ip_address` are empty where the record does not say them."""

    id: str
    moment: datetime
    activity: str
    actor: Actor
    application: str = ""
    ip_address: str = ""
    correlation_id: str = ""
    targets: tuple[Target, ...] = ()
    modified: tuple[Modified, ...] = ()

    def is_about(self, object_id: str) -> bool:
        """Whether a target has this id."""
        return any(target.id == object_id.lower() for target in self.targets)

    def names(self, name: str) -> bool:
        """Whether a target goes by this name."""
        return any(target.name == name for target in self.targets)

    def does(self, *words: str) -> bool:
        """Whether the activity is called by these words: the log's letter case differs from the pages'."""
        said = self.activity.lower()
        return all(word.lower() in said for word in words)

    @property
    def makes(self) -> bool:
        """Whether by its words an object came to be; a strength's combinations are no object of their own."""
        return (self.does("add") or self.does("create")) and not self.does("combination")


def events_of(records: Iterable[JsonObject]) -> tuple[Event, ...]:
    """What happened, newest first. What failed, and what has no time, is left out; so are repetitions.
    Records of one moment stand in an order that does not hang on the order of the answer."""
    found = {event.id: event for record in records if (event := event_of(record)) is not None}
    return tuple(sorted(found.values(), key=lambda event: (event.moment, event.id), reverse=True))


def event_of(record: JsonObject) -> Event | None:
    """One record; None if it says that nothing happened, or not when."""
    moment = moment_of(record.get("activityDateTime"))
    if moment is None or as_text(record.get("result")).lower() not in _HAPPENED:
        return None
    targets = as_objects(record.get("targetResources"))
    details = _details(record)
    user, app = (as_object(as_object(record.get("initiatedBy")).get(key)) for key in ("user", "app"))
    activity = as_text(record.get("activityDisplayName"))
    return Event(
        id=as_text(record.get("id")) or f"{moment.isoformat()} {activity} {[t.get('id') for t in targets]}",
        moment=moment,
        activity=activity,
        actor=_actor(user, app),
        application=_name_of_app(app) or _by_key(details, _APPLICATION_KEYS),
        ip_address=_shown(user.get("ipAddress"))
        or _shown(app.get("ipAddress"))
        or _by_key(details, _ADDRESS_KEYS),
        correlation_id=as_text(record.get("correlationId")),
        targets=tuple(_target(item) for item in targets),
        modified=tuple(found for item in targets for found in _modified(item)),
    )


def moment_of(value: Json) -> datetime | None:
    """A time of Graph's: ISO 8601 with up to seven digits of a second; in UTC where it does not say."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if found is None or found.year <= 1:  # DateTime.MinValue stands for none
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def decoded(value: Json) -> Json:
    """The JSON inside a string, and inside that; text that is none stays text."""
    for _ in range(_MOST_LAYERS):
        if not isinstance(value, str):
            return value
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _actor(user: JsonObject, app: JsonObject) -> Actor:
    """Where both are named, a person did it, with an application."""
    if any(_shown(user.get(key)) for key in ("id", "userPrincipalName", "displayName")):
        names = (_shown(user.get(key)) for key in ("userPrincipalName", "displayName", "id"))
        return Actor(kind="person", id=as_text(user.get("id")).lower(), name=next(filter(None, names)))
    if name := _name_of_app(app):
        return Actor(kind="application", id=as_text(app.get("servicePrincipalId")).lower(), name=name)
    return Actor()


def _name_of_app(app: JsonObject) -> str:
    keys = ("displayName", "servicePrincipalName", "appId", "servicePrincipalId")
    return next(filter(None, (_shown(app.get(key)) for key in keys)), "")


def _details(record: JsonObject) -> list[tuple[str, str]]:
    items = (as_object(item) for item in as_list(record.get("additionalDetails")))
    return [(as_text(item.get("key")), _shown(item.get("value"))) for item in items]


def _by_key(details: Iterable[tuple[str, str]], keys: re.Pattern[str]) -> str:
    return next((value for key, value in details if value and keys.fullmatch(key.strip())), "")


def _target(item: JsonObject) -> Target:
    return Target(
        id=as_text(item.get("id")).lower() or _shown_id(item),
        name=as_text(item.get("displayName")) or as_text(item.get("userPrincipalName")),
        type=as_text(item.get("type")),
    )


def _shown_id(target: JsonObject) -> str:
    """The id of the one object that a target without an id shows, if it shows one."""
    sides = (side for item in _modified(target) for side in (item.before, item.after))
    objects = [side for side in sides if isinstance(side, dict)]
    ids = {as_text(value).lower() for side in objects for key, value in side.items() if key.lower() == "id"}
    return ids.pop() if len(ids) == 1 else ""


def _modified(target: JsonObject) -> Iterator[Modified]:
    for item in map(as_object, as_list(target.get("modifiedProperties"))):
        yield Modified(
            name=as_text(item.get("displayName")),
            before=_side(item.get("oldValue")),
            after=_side(item.get("newValue")),
        )


def _side(value: Json) -> Value:
    found = decoded(value)
    is_cut = isinstance(found, str) and _CUT.match(found)
    return Gap.UNKNOWN if value in (None, "") or is_cut else found


def _shown(value: Json) -> str:
    """A text for people: blanks alone say nothing."""
    return as_text(value).strip()
