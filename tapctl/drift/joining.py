"""A comparison and the audit log's records → each difference with who made it, when, and what became of it.

Pure. Read as news, a difference goes from the document to the tenant: what was added is what the tenant has
and the document has not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tapctl.drift.causes import Attribution, of_field, of_members
from tapctl.drift.drifted import Drifted, DriftedField
from tapctl.drift.history import History, anything, time_of
from tapctl.drift.missing import missing
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
        history, named = self._past.of(pair), self._past.named(pair)
        modified = time_of(pair, "modifiedDateTime")
        fields = tuple(self._field(line, pair, (history, named), modified) for line in _lines(change))
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
        self,
        line: FieldLine,
        pair: Pair,
        told: tuple[Sequence[Version], Sequence[Version]],
        modified: datetime | None,
    ) -> DriftedField:
        """`told` is the history by the object's id, and by its name only."""
        if pair.kind.name == "Group" and line.path in _LINKS:
            found = of_members(
                str(pair.id).lower(), line, self._ids_of(line), self._past.events, self._past.log
            )
        else:
            (history, named), log = told, self._past.log
            found = of_field(line.path, line.before, line.after, history, log, modified, named)
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
        past = self._past
        known = past.matched.directory.all_ids(pair.address)
        deleted = past.evidence.deleted.get(pair.kind.name, ())
        found = missing(pair, known, deleted, past.events, self._there(), past.log)
        return Drifted(
            address=change.address,
            what="missing",
            said=found.said + self._still_referred_to(change.address),
            id=found.ids[0] if found.ids else None,
            place=change.place,
            attribution=found.attribution,
            restore="" if found.is_renamed else self._restore(pair, found.kept),
            is_newer=anything([past.is_newer(found.attribution), past.is_after(found.deleted)]),
        )

    def _there(self) -> dict[str, bool]:
        """The objects in the tenant by their ids, and whether a document means them."""
        pairs = self._past.matched.pairs
        return {str(pair.id).lower(): pair.desired is not None for pair in pairs if pair.id}

    def _still_referred_to(self, address: Address) -> str:
        """Whatever holds a deleted group's id: that is the deletion, and no change of it."""
        found = (
            [repr(item.name) for item in referrers(self._past.matched, address)]
            if address.kind == GROUP
            else []
        )
        return f"; its id still stands in {', '.join(found)}" if found else ""

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


def _cannot_be_told(pair: Pair) -> str:
    ids = ", ".join(pair.candidates)
    if pair.before is not None:
        return f"another document means {ids} too: which of them counts cannot be told"
    if len(pair.candidates) > 1:
        return f"several objects are called so: which is meant cannot be told ({ids})"
    return f"its pin names nothing, and {ids} is called so: whether that is meant cannot be told"
