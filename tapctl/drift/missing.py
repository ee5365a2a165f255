"""A declared object that is not in the tenant → what became of it, and whose doing that was. Pure.

Where its id is known, only records about that id tell, and only where their time is that of the deletion, if
Graph keeps it. A name alone may be another object's: a record that shares no more is a suspect at best, and
none where its id is that of another object.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tapctl.drift.causes import BY_NAME, Attribution, Cause, Log, agrees, why_unknown
from tapctl.drift.events import Event, moment_of
from tapctl.model import JsonObject

if TYPE_CHECKING:
    from tapctl.match import Pair

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What became of an object. `kept` is what Graph keeps of it; `is_renamed` whether it may be there still,
    by another name."""

    said: str
    attribution: Attribution
    ids: tuple[str, ...] = ()
    kept: JsonObject | None = None
    is_renamed: bool = False

    @property
    def deleted(self) -> datetime | None:
        """When it was deleted, if Graph says so."""
        return moment_of((self.kept or {}).get("deletedDateTime"))


def missing(
    pair: Pair,
    ids: Collection[str],
    deleted: Iterable[JsonObject],
    events: Iterable[Event],
    there: Mapping[str, bool],
    log: Log,
) -> Missing:
    """`ids` are those that the document's name is known to have had; `deleted` the deleted objects of the
    kind; `events` are newest first; `there` are the ids in the tenant, and whether a document means them."""
    kept = _kept(pair.display_name, {one.lower() for one in ids}, deleted)
    known = (str(kept["id"]),) if kept else tuple(ids)
    ours = [event for event in events if is_of(event, pair)]
    if known:
        return _by_id(known, kept, ours, log)
    return _by_name(pair.display_name, ours, there, log)


def _kept(name: str, ids: Collection[str], deleted: Iterable[JsonObject]) -> JsonObject | None:
    """The deleted object that has a known id, or else the name; of several the one that was deleted last."""
    meant = [
        item
        for item in deleted
        if (str(item["id"]).lower() in ids if ids else item.get("displayName") == name)
    ]
    return max(meant, key=lambda item: moment_of(item.get("deletedDateTime")) or _NEVER, default=None)


def _by_id(known: tuple[str, ...], kept: JsonObject | None, events: Iterable[Event], log: Log) -> Missing:
    when = moment_of((kept or {}).get("deletedDateTime"))
    gone = [
        Cause(event=event)
        for event in events
        if event.does("delete") and any(map(event.is_about, known)) and agrees(event.moment, when)
    ]
    unknown = "" if gone else why_unknown((), log, when, "was deleted")
    return Missing(
        said="deleted in the tenant" if gone or kept else _WITHOUT_TRACE,
        attribution=Attribution(causes=tuple(gone[:1]), unknown=unknown),
        ids=known,
        kept=kept,
    )


def _by_name(name: str, events: Iterable[Event], there: Mapping[str, bool], log: Log) -> Missing:
    found: dict[tuple[str, ...], tuple[Event, str]] = {}
    for event in events:
        ids = tuple(sorted(target.id for target in event.targets))
        if became := _became(event, name, [there.get(one) for one in ids]):
            found.setdefault(ids, (event, became))
    if not found:
        return Missing(said=_WITHOUT_TRACE, attribution=Attribution(unknown=why_unknown((), log, None)))
    suspects = [event for event, _ in found.values()]
    words = dict.fromkeys(became for _, became in found.values())
    return Missing(
        said=f"not in the tenant: perhaps {', or '.join(words)}",
        attribution=Attribution(suspects=tuple(suspects), unknown=BY_NAME),
        is_renamed=_DELETED not in words,
    )


def _became(event: Event, name: str, meant: Collection[bool | None]) -> str:
    """What a record says became of an object of the name; empty if nothing, or of another. `meant` are its
    targets: None for what is not in the tenant, else whether a document means it."""
    if event.does("delete"):
        return _DELETED if event.names(name) and {*meant} == {None} else ""
    names = [] if True in meant else _renamed(event, name)
    return next((f"renamed to {new!r}" for new in names), "")


def _renamed(event: Event, name: str) -> list[str]:
    names = [(_display_name(item.before), _display_name(item.after)) for item in event.modified]
    return [new for old, new in names if old == name and new not in ("", name)]


def _display_name(side: object) -> str:
    found = side.get("displayName") if isinstance(side, dict) else None
    return found if isinstance(found, str) else ""


def is_of(event: Event, pair: Pair) -> bool:
    """Whether an activity is about this kind of object, as its words or its target's type say."""
    noun = _NOUNS.get(pair.kind.name)
    types = {target.type.lower() for target in event.targets}
    return noun is None or event.does(noun) or pair.kind.name.lower() in types


_NOUNS: Final[Mapping[str, str]] = {
    "ConditionalAccessPolicy": "policy",
    "NamedLocation": "location",
    "AuthenticationStrength": "strength",
    "AuthenticationContext": "context",
    "Group": "group",
}
"""A word in the activities of each kind: one name may be a policy's and a group's."""
_DELETED: Final = "deleted"
_WITHOUT_TRACE: Final = "not in the tenant: deleted or renamed without a trace, or never applied"
