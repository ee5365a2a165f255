"""Who did something to an account, a group or the tenant, in words, and whether it can come back. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tapctl.drift.causes import agrees, by, of_members, of_value, shown_time, why_unknown
from tapctl.drift.defaults import passages_of
from tapctl.drift.events import Event, moment_of
from tapctl.drift.exposure import Absence, Loss
from tapctl.drift.history import History
from tapctl.drift.meaning import Fate
from tapctl.model import JsonObject
from tapctl.report import FieldLine

_KEPT: Final = timedelta(days=30)


class Who:
    """Who it was, out of the log, and what became of what they did it to."""

    def __init__(self, past: History) -> None:
        self._past = past

    def left(self, absence: Absence) -> str:
        """Who took an account out of its group, in words."""
        name = absence.account.address.name
        line = FieldLine(path="members", before=[name], after=[], is_set=True)
        ids = {name: absence.account.node}
        found = of_members(absence.group.node, line, ids, self._past.events, self._past.log)
        known = [f"taken out {by(cause.event)}" for cause in found.causes]
        return known[0] if known else f"by whom is unknown: {found.unknown}"

    def joined(self, group: str, member: str) -> str:
        """Who put somebody into a group, in words."""
        line = FieldLine(path="members", before=[], after=[member], is_set=True)
        found = of_members(group, line, {member: member}, self._past.events, self._past.log)
        known = [f"put in {by(cause.event)}" for cause in found.causes]
        return known[0] if known else f"put in by whom is unknown: {found.unknown}"

    def disabled(self, account: str) -> str:
        """Who disabled an account, in words."""
        done = [event for event in self._past.events if event.is_about(account) and _disables(event)]
        return (
            f"disabled {by(done[0])}"
            if done
            else f"by whom is unknown: {why_unknown((), self._past.log, None)}"
        )

    def turned_on_defaults(self) -> str:
        """Who switched security defaults on, in words."""
        found = of_value(passages_of(self._past.events), True, self._past.log)
        known = [f"switched on {by(cause.event)}" for cause in found.causes]
        known += [f"perhaps switched on {by(event)}: {found.unknown}" for event in found.suspects]
        return known[0] if known else f"switched on by whom is unknown: {found.unknown}"

    def fate(self, loss: Loss) -> Fate:
        """What became of a break-glass account or group."""
        return self.fate_of(loss.subject.address.kind, loss.subject.node)

    def fate_of(self, kind: str, object_id: str) -> Fate:
        """Who deleted an account or group, and whether it can come back."""
        item = next((one for one in self._past.evidence.deleted.get(kind, ()) if _id(one) == object_id), None)
        deleted = moment_of((item or {}).get("deletedDateTime"))
        gone = [
            event
            for event in self._past.events  # "User deleted security info" deletes no user
            if event.is_about(object_id) and event.activity.lower().endswith(f"delete {kind.lower()}")
            if agrees(event.moment, deleted)
        ]
        unknown = why_unknown((), self._past.log, deleted, "was deleted")
        who = f"deleted {by(gone[0])}" if gone else f"by whom is unknown: {unknown}"
        if kind in self._past.evidence.undeleted:
            back = f"whether it can be restored is unknown: {self._past.evidence.undeleted[kind]}"
        elif item is None:
            back = "cannot be restored: it is not among the deleted objects"
        else:
            back = restorable(item)
        return Fate(said=f"{who}; {back}", is_restorable=item is not None)


def restorable(item: JsonObject) -> str:
    """Until when a deleted object can come back."""
    deleted = moment_of(item.get("deletedDateTime"))
    until = f" until {shown_time(deleted + _KEPT)}" if deleted else " for 30 days after its deletion"
    return f"can be restored{until}, with its id {item['id']}"


def _id(item: JsonObject) -> str:
    return str(item.get("id")).lower()


def _disables(event: Event) -> bool:
    """By its words, or by the property that it says it changed."""
    changed = [item.after for item in event.modified if item.name == "AccountEnabled"]
    return event.does("disable account") or any(value in (False, [False]) for value in changed)
