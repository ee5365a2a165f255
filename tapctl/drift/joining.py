"""A comparison and the audit log's records → each difference with who made it, when, and what became of it.

Pure. Read as news, a difference goes from the document to the tenant: what was added is what the tenant has
and the document has not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tapctl.drift.causes import Attribution, Cause, of_field, of_members, why_unknown
from tapctl.drift.drifted import Drifted, DriftedField
from tapctl.drift.events import Event, moment_of
from tapctl.drift.history import History, anything, time_of
from tapctl.drift.vanished import GROUP, referrers
from tapctl.drift.versions import Version
from tapctl.drift.who import restorable
from tapctl.model import Address, Change, FieldChange, JsonObject
from tapctl.reference import parse
from tapctl.report import FieldLine
from tapctl.report.making import field_line

if TYPE_CHECKING:
    from tapctl.match import Pair

_LINKS: Final[Mapping[str, tuple[str, ...]]] = {"members": ("User", "Group"), "owners": ("User",)}
"""The lists of a group that have requests of their own, and whom they name (schemas/Group)."""


class Join:
    """What differs, joined to the events that tell of it."""

    def __init__(self, past: History) -> None:
        self._past = past

    def drifted(self, change: Change) -> Drifted:
        """One pending change, the other way round."""
        pair = self._past.matched.pair(change.address)
        assert pair is not None  # noqa: S101  # for mypy: every change has its pair
        if pair.candidates:
            return self._unclear(change, pair)
        match change.action:
            case "create":
                return self._missing(change, pair)
            case "delete":
                return self._unwanted(change, pair)
            case _:
                return self._changed(change, pair)

    def _unclear(self, change: Change, pair: Pair) -> Drifted:
        """Which object the document means cannot be told: nothing is said of what differs, or is gone."""
        meant = [
            item
            for item in self._past.matched.pairs
            if item.kind == pair.kind and item.id in pair.candidates and item.desired is None
        ]
        causes = tuple(cause for item in meant for cause in self._past.made(item).causes)
        return Drifted(
            address=change.address,
            what="unclear",
            said=_cannot_be_told(pair),
            id=change.id,
            place=change.place,
            attribution=Attribution(causes=causes) if causes else None,
            is_newer=anything(self._past.is_after(time_of(item, "createdDateTime")) for item in meant),
        )

    def _changed(self, change: Change, pair: Pair) -> Drifted:
        history = self._past.of(pair)
        modified = time_of(pair, "modifiedDateTime")
        fields = tuple(self._field(line, pair, history, modified) for line in _lines(change))
        renaming = self._renamed_to(change.former_name, history) if change.former_name else None
        newer = [item.is_newer for item in fields] + ([self._past.is_newer(renaming)] if renaming else [])
        return Drifted(
            address=change.address,
            what="renamed" if change.former_name else "changed",
            said=f"called {change.former_name!r} in the tenant" if change.former_name else "",
            id=change.id,
            place=change.place,
            fields=fields,
            attribution=renaming,
            is_newer=anything(newer) or self._past.is_after(modified),
        )

    def _field(
        self, line: FieldLine, pair: Pair, history: Sequence[Version], modified: datetime | None
    ) -> DriftedField:
        if pair.kind.name == "Group" and line.path in _LINKS:
            found = of_members(
                str(pair.id).lower(), line, self._ids_of(line), self._past.events, self._past.log
            )
        else:
            found = of_field(line.path, line.before, line.after, history, self._past.log, modified)
        resource = pair.desired.resource if pair.desired else None
        place = resource.place(*line.path.split(".")) if resource else None
        return DriftedField(line=line, attribution=found, place=place, is_newer=self._past.is_newer(found))

    def _ids_of(self, line: FieldLine) -> dict[str, str]:
        """The object ids of members and owners, "" where a name is nobody's."""
        found = {}
        for name in map(str, (*line.added, *line.removed)):
            meant = parse(name, _LINKS[line.path], {})
            known = meant.text if meant.form == "id" else self._past.ids.get((meant.kind, meant.text))
            found[name] = known or ""
        return found

    def _renamed_to(self, name: str, history: Sequence[Version]) -> Attribution:
        """Who gave an object the name that it has in the tenant."""
        return of_field("displayName", "", name, history, self._past.log, None)

    def _missing(self, change: Change, pair: Pair) -> Drifted:
        """Declared, and not in the tenant: deleted, renamed, or never there."""
        name = pair.display_name
        item = next((item for item in self._deleted(pair) if item.get("displayName") == name), None)
        known = self._past.matched.directory.all_ids(pair.address)
        ids = [str(item["id"])] if item else [*known]
        gone = [
            event
            for event in self._past.events
            if event.does("delete")
            and _is_of(event, pair)
            and (event.names(name) or any(map(event.is_about, ids)))
        ]
        renamed = self._renamed_away(pair)
        attribution = Attribution(causes=tuple(Cause(event=event) for event in (gone or renamed)[:1]))
        if not attribution.causes:
            attribution = Attribution(
                unknown=why_unknown((), self._past.log, moment_of((item or {}).get("deletedDateTime")))
            )
        return Drifted(
            address=change.address,
            what="missing",
            said=_gone(bool(gone or item), renamed, name) + self._still_referred_to(change.address),
            id=ids[0] if ids else None,
            place=change.place,
            attribution=attribution,
            restore="" if renamed and not gone else self._restore(pair, item),
            is_newer=self._past.is_newer(attribution),
        )

    def _still_referred_to(self, address: Address) -> str:
        """Whatever holds a deleted group's id: that is the deletion, and no change of it."""
        found = (
            [repr(item.name) for item in referrers(self._past.matched, address)]
            if address.kind == GROUP
            else []
        )
        return f"; its id still stands in {', '.join(found)}" if found else ""

    def _renamed_away(self, pair: Pair) -> list[Event]:
        name = pair.display_name
        for event in self._past.events:
            for item in event.modified:
                old, new = (_display_name(side) for side in (item.before, item.after))
                if old == name and new and new != name and _is_of(event, pair):
                    return [event]
        return []

    def _deleted(self, pair: Pair) -> tuple[JsonObject, ...]:
        return self._past.evidence.deleted.get(pair.kind.name, ())

    def _restore(self, pair: Pair, item: JsonObject | None) -> str:
        kind = pair.kind.name
        if pair.kind.deleted_items is None:
            return "cannot be restored: Entra keeps no deleted objects of this kind; apply makes a new one"
        if kind in self._past.evidence.undeleted:
            return f"whether it can be restored is unknown: {self._past.evidence.undeleted[kind]}"
        if item is None:
            return "cannot be restored: it is not among the deleted objects; apply makes a new one"
        return f"{restorable(item)}; apply would make a new one with another id"

    def _unwanted(self, change: Change, pair: Pair) -> Drifted:
        """In the tenant, and the files say that it should not be."""
        attribution = self._past.made(pair)
        created = time_of(pair, "createdDateTime")
        return Drifted(
            address=change.address,
            what="unwanted",
            said=change.reason,
            id=change.id,
            place=change.place,
            attribution=attribution,
            is_newer=anything([self._past.is_newer(attribution), self._past.is_after(created)]),
        )


def _lines(change: Change) -> Iterator[FieldLine]:
    """A plan's fields, from the document to the tenant."""
    for found in change.fields:
        turned = FieldChange(path=found.path, before=found.after, after=found.before)
        yield field_line(change.address.kind, turned)


def _is_of(event: Event, pair: Pair) -> bool:
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


def _cannot_be_told(pair: Pair) -> str:
    ids = ", ".join(pair.candidates)
    if pair.before is not None:
        return f"another document means {ids} too: which of them counts cannot be told"
    if len(pair.candidates) > 1:
        return f"several objects are called so: which is meant cannot be told ({ids})"
    return f"its pin names nothing, and {ids} is called so: whether that is meant cannot be told"


def _display_name(side: object) -> str:
    found = side.get("displayName") if isinstance(side, dict) else None
    return found if isinstance(found, str) else ""


def _gone(was_deleted: bool, renamed: Sequence[Event], name: str) -> str:
    if was_deleted:
        return "deleted in the tenant"
    if renamed:
        names = {_display_name(item.after) for item in renamed[0].modified} - {"", name}
        return f"renamed in the tenant to {', '.join(sorted(map(repr, names)))}"
    return "not in the tenant: deleted or renamed without a trace, or never applied"
