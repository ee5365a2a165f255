"""A comparison and the audit log's records → what the log tells of an object, and since when. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from tapctl.drift.causes import DAYS_KEPT, Attribution, Cause, Log, agrees, is_membership, why_unknown
from tapctl.drift.drifted import Since
from tapctl.drift.events import Event, events_of, moment_of
from tapctl.drift.evidence import Evidence
from tapctl.drift.missing import is_of
from tapctl.drift.versions import Version, versions
from tapctl.licences import P1
from tapctl.model import Snapshot

if TYPE_CHECKING:
    from tapctl.match import Matched, Pair


class History:
    """The events, by the objects that they are about, and what every look-up among them needs."""

    def __init__(self, *, matched: Matched, snapshot: Snapshot, evidence: Evidence, since: Since) -> None:
        self.matched, self.since, self.evidence = matched, since, evidence
        self.events = events_of(evidence.records)
        plans = snapshot.facts.service_plans
        self.log = Log(
            unread=evidence.unread,
            days_kept=DAYS_KEPT[None if plans is None else P1.is_in(plans)],
            now=evidence.now,
            oldest=self.events[-1].moment if self.events else None,
        )
        self.targeted: defaultdict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            for object_id in {target.id for target in event.targets}:
                self.targeted[object_id].append(event)
        self.ids = {(kind, name): object_id for (kind, object_id), name in matched.directory.names.items()}

    def of(self, pair: Pair) -> tuple[Version, ...]:
        """What was done to an object. A method is told of under the policy that it is part of."""
        there = (
            self.events
            if pair.kind.singleton or pair.kind.inside
            else self.targeted.get(str(pair.id).lower(), ())
        )
        events = [event for event in there if not is_membership(event) and _fits(event, pair)]
        return versions(events, pair.kind, str(pair.id), self.matched.directory)

    def named(self, pair: Pair) -> tuple[Version, ...]:
        """What was done to an object of the same name, by records that say no id: it may be this one. Nothing
        here shows an undeclared object to have changed."""
        if pair.kind.singleton or pair.kind.inside:
            return ()
        names = {pair.display_name, str((pair.observed or {}).get("displayName"))}
        own = str(pair.id).lower()
        events = [
            replace(event, targets=tuple(replace(target, id=own) for target in event.targets))
            for event in self.targeted.get("", ())
            if all(target.name in names and not target.id for target in event.targets)
            if event.does("update") and not is_membership(event) and is_of(event, pair) and _fits(event, pair)
        ]
        return versions(events, pair.kind, own, self.matched.directory)

    def later(self, pair: Pair) -> list[Version]:
        """What became of an undeclared object lately, newest first."""
        return [version for version in self.of(pair) if self.is_recent(version.event.moment)]

    def made(self, pair: Pair) -> Attribution:
        """Who made an object, or brought it back."""
        for event in self.targeted.get(str(pair.id).lower(), ()):
            is_making = (event.makes or event.does("restore")) and not is_membership(event)
            if is_making and _fits(event, pair):
                return Attribution(causes=(Cause(event=event),))
        unknown = why_unknown((), self.log, time_of(pair, "createdDateTime"), "was made")
        return Attribution(unknown=unknown)

    def is_newer(self, attribution: Attribution) -> bool | None:
        """Whether the log shows it to have come after the moment asked about; None where it shows nothing."""
        return self.is_after(attribution.newest)

    def is_after(self, moment: datetime | None) -> bool | None:
        return _is_later(moment, self.since.moment)

    def is_recent(self, moment: datetime | None) -> bool | None:
        """The same of what no document declares: no commit hides it from the next night's run."""
        return _is_later(moment, self.since.undeclared)


def anything(said: Iterable[bool | None]) -> bool | None:
    """True if anything is; None where nothing is known."""
    known = [item for item in said if item is not None]
    return any(known) if known else None


def time_of(pair: Pair, name: str) -> datetime | None:
    """A moment that the object itself tells."""
    return moment_of((pair.observed or {}).get(name))


def _fits(event: Event, pair: Pair) -> bool:
    """Whether a record's time is none that contradicts what was read: an object is made once, and was not
    changed after its last change. Nobody knows whether one of a strength's combinations is a change of it."""
    if event.makes:
        return agrees(event.moment, time_of(pair, "createdDateTime"))
    modified = time_of(pair, "modifiedDateTime")
    is_change = event.does("update") and not event.does("combination")
    return not is_change or modified is None or event.moment <= modified or agrees(event.moment, modified)


def _is_later(moment: datetime | None, other: datetime | None) -> bool | None:
    return None if moment is None or other is None else moment > other
