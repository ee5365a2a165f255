"""A comparison and the audit log's records → each difference with who made it, when, and what became of it.

Pure. Read as news, a difference goes from the document to the tenant: what was added is what the tenant has
and the document has not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from tapctl.comparing.scope import state
from tapctl.drift.causes import (
    DAYS_KEPT,
    Attribution,
    Cause,
    Log,
    by,
    is_membership,
    of_field,
    of_members,
    of_value,
    shown_time,
    why_unknown,
)
from tapctl.drift.defaults import passages_of
from tapctl.drift.drifted import Drifted, DriftedField, Since
from tapctl.drift.events import Event, events_of, moment_of
from tapctl.drift.evidence import Evidence
from tapctl.drift.exposure import Absence, Loss
from tapctl.drift.meaning import Fate
from tapctl.drift.undeclared import Lately, Undeclared
from tapctl.drift.vanished import GROUP, referrers
from tapctl.drift.versions import Version, changes, versions
from tapctl.kinds import kinds
from tapctl.model import Address, Change, FieldChange, JsonObject, Snapshot
from tapctl.reference import parse
from tapctl.report import FieldLine
from tapctl.report.making import field_line

if TYPE_CHECKING:
    from tapctl.match import Matched, Pair

_LINKS: Final[Mapping[str, tuple[str, ...]]] = {"members": ("User", "Group"), "owners": ("User",)}
"""The lists of a group that have requests of their own, and whom they name (schemas/Group)."""
_KEPT: Final = timedelta(days=30)


class Join:
    """The events, and what every look-up among them needs."""

    def __init__(self, *, matched: Matched, snapshot: Snapshot, evidence: Evidence, since: Since) -> None:
        self.matched, self.since, self.evidence = matched, since, evidence
        self.events = events_of(evidence.records)
        self.log = Log(
            unread=evidence.unread,
            days_kept=DAYS_KEPT[snapshot.facts.is_licensed],
            now=evidence.now,
            oldest=self.events[-1].moment if self.events else None,
        )
        self.targeted: defaultdict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            for object_id in {target.id for target in event.targets}:
                self.targeted[object_id].append(event)
        self.ids = {(kind, name): object_id for (kind, object_id), name in matched.directory.names.items()}

    def drifted(self, change: Change) -> Drifted:
        """One pending change, the other way round."""
        pair = self.matched.pair(change.address)
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
            for item in self.matched.pairs
            if item.kind == pair.kind and item.id in pair.candidates and item.desired is None
        ]
        causes = tuple(cause for item in meant for cause in self._made(item).causes)
        return Drifted(
            address=change.address,
            what="unclear",
            said=_cannot_be_told(pair),
            id=change.id,
            place=change.place,
            attribution=Attribution(causes=causes) if causes else None,
            is_newer=_any(self._is_after(_time(item, "createdDateTime")) for item in meant),
        )

    def _changed(self, change: Change, pair: Pair) -> Drifted:
        history = self._history(pair)
        modified = _time(pair, "modifiedDateTime")
        fields = tuple(self._field(line, pair, history, modified) for line in _lines(change))
        renaming = self._renamed_to(change.former_name, history) if change.former_name else None
        newer = [item.is_newer for item in fields] + ([self._is_newer(renaming)] if renaming else [])
        return Drifted(
            address=change.address,
            what="renamed" if change.former_name else "changed",
            said=f"called {change.former_name!r} in the tenant" if change.former_name else "",
            id=change.id,
            place=change.place,
            fields=fields,
            attribution=renaming,
            is_newer=_any(newer) or self._is_after(modified),
        )

    def _field(
        self, line: FieldLine, pair: Pair, history: Sequence[Version], modified: datetime | None
    ) -> DriftedField:
        if pair.kind.name == "Group" and line.path in _LINKS:
            found = of_members(str(pair.id).lower(), line, self._ids_of(line), self.events, self.log)
        else:
            found = of_field(line.path, line.before, line.after, history, self.log, modified)
        resource = pair.desired.resource if pair.desired else None
        place = resource.place(*line.path.split(".")) if resource else None
        return DriftedField(line=line, attribution=found, place=place, is_newer=self._is_newer(found))

    def _ids_of(self, line: FieldLine) -> dict[str, str]:
        """The object ids of members and owners, "" where a name is nobody's."""
        found = {}
        for name in map(str, (*line.added, *line.removed)):
            meant = parse(name, _LINKS[line.path], {})
            known = meant.text if meant.form == "id" else self.ids.get((meant.kind, meant.text))
            found[name] = known or ""
        return found

    def who_left(self, absence: Absence) -> str:
        """Who took an account out of its group, in words."""
        name = absence.account.address.name
        line = FieldLine(path="members", before=[name], after=[], is_set=True)
        ids = {name: absence.account.node}
        found = of_members(absence.group.node, line, ids, self.events, self.log)
        known = [f"taken out {by(cause.event)}" for cause in found.causes]
        return known[0] if known else f"by whom is unknown: {found.unknown}"

    def who_joined(self, group: str, member: str) -> str:
        """Who put somebody into a group, in words."""
        line = FieldLine(path="members", before=[], after=[member], is_set=True)
        found = of_members(group, line, {member: member}, self.events, self.log)
        known = [f"put in {by(cause.event)}" for cause in found.causes]
        return known[0] if known else f"put in by whom is unknown: {found.unknown}"

    def who_disabled(self, account: str) -> str:
        """Who disabled an account, in words."""
        done = [event for event in self.events if event.is_about(account) and _disables(event)]
        return f"disabled {by(done[0])}" if done else f"by whom is unknown: {why_unknown((), self.log, None)}"

    def who_turned_on_defaults(self) -> str:
        """Who switched security defaults on, in words."""
        found = of_value(passages_of(self.events), True, self.log)
        known = [f"switched on {by(cause.event)}" for cause in found.causes]
        known += [f"perhaps switched on {by(event)}: {found.unknown}" for event in found.suspects]
        return known[0] if known else f"switched on by whom is unknown: {found.unknown}"

    def fate(self, loss: Loss) -> Fate:
        """What became of a break-glass account or group."""
        return self.fate_of(loss.subject.address.kind, loss.subject.node)

    def fate_of(self, kind: str, object_id: str) -> Fate:
        """Who deleted an account or group, and whether it can come back."""
        item = next((one for one in self.evidence.deleted.get(kind, ()) if _id(one) == object_id), None)
        deleted = moment_of((item or {}).get("deletedDateTime"))
        gone = [
            event
            for event in self.events  # "User deleted security info" deletes no user
            if event.is_about(object_id) and event.activity.lower().endswith(f"delete {kind.lower()}")
        ]
        who = (
            f"deleted {by(gone[0])}" if gone else f"by whom is unknown: {why_unknown((), self.log, deleted)}"
        )
        if kind in self.evidence.undeleted:
            back = f"whether it can be restored is unknown: {self.evidence.undeleted[kind]}"
        elif item is None:
            back = "cannot be restored: it is not among the deleted objects"
        else:
            back = _restorable(item)
        return Fate(said=f"{who}; {back}", is_restorable=item is not None)

    def _history(self, pair: Pair) -> tuple[Version, ...]:
        """A method is told of under the policy that it is part of; all else is a target itself."""
        there = (
            self.events
            if pair.kind.singleton or pair.kind.inside
            else self.targeted.get(str(pair.id).lower(), ())
        )
        events = [event for event in there if not is_membership(event)]
        return versions(events, pair.kind, str(pair.id), self.matched.directory)

    def _renamed_to(self, name: str, history: Sequence[Version]) -> Attribution:
        """Who gave an object the name that it has in the tenant."""
        return of_field("displayName", "", name, history, self.log, None)

    def _missing(self, change: Change, pair: Pair) -> Drifted:
        """Declared, and not in the tenant: deleted, renamed, or never there."""
        name = pair.display_name
        item = next((item for item in self._deleted(pair) if item.get("displayName") == name), None)
        known = self.matched.directory.all_ids(pair.address)
        ids = [str(item["id"])] if item else [*known]
        gone = [
            event
            for event in self.events
            if event.does("delete")
            and _is_of(event, pair)
            and (event.names(name) or any(map(event.is_about, ids)))
        ]
        renamed = self._renamed_away(pair)
        attribution = Attribution(causes=tuple(Cause(event=event) for event in (gone or renamed)[:1]))
        if not attribution.causes:
            attribution = Attribution(
                unknown=why_unknown((), self.log, moment_of((item or {}).get("deletedDateTime")))
            )
        return Drifted(
            address=change.address,
            what="missing",
            said=_gone(bool(gone or item), renamed, name) + self._still_referred_to(change.address),
            id=ids[0] if ids else None,
            place=change.place,
            attribution=attribution,
            restore="" if renamed and not gone else self._restore(pair, item),
            is_newer=self._is_newer(attribution),
        )

    def _still_referred_to(self, address: Address) -> str:
        """Whatever holds a deleted group's id: that is the deletion, and no change of it."""
        found = (
            [repr(item.name) for item in referrers(self.matched, address)] if address.kind == GROUP else []
        )
        return f"; its id still stands in {', '.join(found)}" if found else ""

    def _renamed_away(self, pair: Pair) -> list[Event]:
        name = pair.display_name
        for event in self.events:
            for item in event.modified:
                old, new = (_display_name(side) for side in (item.before, item.after))
                if old == name and new and new != name and _is_of(event, pair):
                    return [event]
        return []

    def _deleted(self, pair: Pair) -> tuple[JsonObject, ...]:
        return self.evidence.deleted.get(pair.kind.name, ())

    def _restore(self, pair: Pair, item: JsonObject | None) -> str:
        kind = pair.kind.name
        if pair.kind.deleted_items is None:
            return "cannot be restored: Entra keeps no deleted objects of this kind; apply makes a new one"
        if kind in self.evidence.undeleted:
            return f"whether it can be restored is unknown: {self.evidence.undeleted[kind]}"
        if item is None:
            return "cannot be restored: it is not among the deleted objects; apply makes a new one"
        return f"{_restorable(item)}; apply would make a new one with another id"

    def _unwanted(self, change: Change, pair: Pair) -> Drifted:
        """In the tenant, and the files say that it should not be."""
        attribution = self._made(pair)
        created = _time(pair, "createdDateTime")
        return Drifted(
            address=change.address,
            what="unwanted",
            said=change.reason,
            id=change.id,
            place=change.place,
            attribution=attribution,
            is_newer=_any([self._is_newer(attribution), self._is_after(created)]),
        )

    def undeclared(self, pair: Pair) -> Undeclared:
        """An object that no document means."""
        created, modified = _time(pair, "createdDateTime"), _time(pair, "modifiedDateTime")
        made, history = self._made(pair), self._history(pair)
        later = self.later(pair)
        came = _any([self._is_recent(made.newest), self._is_recent(created)])
        changed = _any([True if later else None, self._is_recent(modified)])
        moments = (made.newest, created, modified, *(item.event.moment for item in later))
        lately: Lately | None = "made" if came else "changed" if changed else None
        causes = tuple(Cause(event=item.event, entries=_changed(item)) for item in later)
        if lately != "changed":  # who made it long ago has not changed it
            causes = causes or made.causes
        unknown = why_unknown(history, self.log, modified or created) if lately and not causes else ""
        return Undeclared(
            address=pair.address,
            id=pair.id,
            created=created,
            modified=modified,
            state=state(pair.before or {}) if pair.kind.name == "ConditionalAccessPolicy" else None,
            attribution=Attribution(causes=causes, unknown=unknown) if causes or unknown else None,
            lately=lately,
            is_newer=_any(map(self._is_after, moments)),
        )

    def later(self, pair: Pair) -> list[Version]:
        """What became of an undeclared object lately, newest first."""
        return [version for version in self._history(pair) if self._is_recent(version.event.moment)]

    def deleted_lately(self) -> list[tuple[str, Version]]:
        """Policies that are gone lately, and that no document declares: names and last versions."""
        there = {str(pair.id).lower() for pair in self.matched.pairs}
        declared = {pair.display_name for pair in self.matched.pairs if pair.desired is not None}
        found: dict[str, tuple[str, Version]] = {}
        for event in self.events:
            if not (event.does("delete", "conditional access policy") and self._is_recent(event.moment)):
                continue
            for target in event.targets:
                if target.id in there or target.name in declared:
                    continue
                for version in versions(
                    [event], kinds()["ConditionalAccessPolicy"], target.id, self.matched.directory
                ):
                    found.setdefault(target.id, (target.name or target.id, version))
        return [*found.values()]

    def _made(self, pair: Pair) -> Attribution:
        for event in self.targeted.get(str(pair.id).lower(), ()):
            if (event.makes or event.does("restore")) and not is_membership(event):
                return Attribution(causes=(Cause(event=event),))
        return Attribution(unknown=why_unknown((), self.log, _time(pair, "createdDateTime")))

    def _is_newer(self, attribution: Attribution) -> bool | None:
        """Whether the log shows it to have come after the moment asked about; None where it shows nothing."""
        return self._is_after(attribution.newest)

    def _is_after(self, moment: datetime | None) -> bool | None:
        return _is_later(moment, self.since.moment)

    def _is_recent(self, moment: datetime | None) -> bool | None:
        """The same of what no document declares: no commit hides it from the next night's run."""
        return _is_later(moment, self.since.undeclared)


def _is_later(moment: datetime | None, other: datetime | None) -> bool | None:
    return None if moment is None or other is None else moment > other


def _lines(change: Change) -> Iterator[FieldLine]:
    """A plan's fields, from the document to the tenant."""
    for found in change.fields:
        turned = FieldChange(path=found.path, before=found.after, after=found.before)
        yield field_line(change.address.kind, turned)


def _changed(version: Version) -> tuple[str, ...]:
    """The fields that an event is known to have changed; none for one that made the object."""
    return () if version.before.is_absent else tuple(change.path for change in changes(version))


def _any(said: Iterable[bool | None]) -> bool | None:
    """True if anything is; None where nothing is known."""
    known = [item for item in said if item is not None]
    return any(known) if known else None


def _time(pair: Pair, name: str) -> datetime | None:
    return moment_of((pair.observed or {}).get(name))


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


def _restorable(item: JsonObject) -> str:
    deleted = moment_of(item.get("deletedDateTime"))
    until = f" until {shown_time(deleted + _KEPT)}" if deleted else " for 30 days after its deletion"
    return f"can be restored{until}, with its id {item['id']}"


def _id(item: JsonObject) -> str:
    return str(item.get("id")).lower()


def _disables(event: Event) -> bool:
    """By its words, or by the property that it says it changed."""
    changed = [item.after for item in event.modified if item.name == "AccountEnabled"]
    return event.does("disable account") or any(value in (False, [False]) for value in changed)


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
