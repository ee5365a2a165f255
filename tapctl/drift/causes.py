"""What differs, and what the audit log says of the object → who made it so, or why nobody can say. Pure.

The newest record that made a field what it is now is its cause. In a list each entry has its own: two people
may have added two exclusions. A record that left another value than the tenant has is never taken for one;
a record of which a side is unknown is one only if the records beside it prove it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby, permutations, product
from typing import Final

from tapctl.drift.events import Event, Gap, Value
from tapctl.drift.versions import Passage, Version, entries, passages
from tapctl.model import Json
from tapctl.report import FieldLine

DAYS_KEPT: Final = {True: "30 days", False: "7 days", None: "30 days, or 7 without Entra ID P1"}
"""How long Entra keeps the directory audit log, by whether the tenant is licensed
(https://learn.microsoft.com/entra/identity/monitoring-health/reference-reports-data-retention, 2026-11)."""

BY_NAME: Final = "only the name ties a record to it, and another object may have had the name"

_GOES_ON: Final = re.compile(r'[,()"]')
_LATE: Final = timedelta(hours=24)
_CLOCKS: Final = timedelta(seconds=5)  # by which the times of records may differ from their order
_MOST_AT_ONCE: Final = 4
_SAME: Final = timedelta(minutes=2)  # a change and its record: two clocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A record that made something what it is; `entries` are those of a list that it accounts for."""

    event: Event
    entries: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Who made a difference. `unknown` says why for what has no cause, and is empty where all of it has.

    `suspects` are records that may have made it, of which one side or both are unknown.
    """

    causes: tuple[Cause, ...] = ()
    suspects: tuple[Event, ...] = ()
    unknown: str = ""

    @property
    def newest(self) -> datetime | None:
        """When the last known part of it happened."""
        return max((cause.event.moment for cause in self.causes), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What was read: why it could not be, if so; how long it is kept; when it was asked."""

    unread: str
    days_kept: str
    now: datetime
    oldest: datetime | None = None


def of_field(
    path: str,
    declared: Json,
    found: Json,
    history: Sequence[Version],
    log: Log,
    modified: datetime | None,
    named: Sequence[Version] = (),
) -> Attribution:
    """Who made a field of an object `found`, where the document has `declared`. `history` is newest first;
    `named` are versions of what only goes by the object's name, which are suspects at best."""
    ours = _of_field(path, declared, found, history, log, modified)
    if not (ours.unknown and named):
        return ours
    every = sorted((*history, *named), key=lambda version: version.event.moment, reverse=True)
    told = _of_field(path, declared, found, every, log, modified)
    ids = {version.event.id for version in named}
    maybe = [event for event in (*(cause.event for cause in told.causes), *told.suspects) if event.id in ids]
    why = ours.unknown if ours.suspects or not maybe else BY_NAME
    return replace(ours, suspects=(*ours.suspects, *maybe), unknown=why)


def _of_field(
    path: str,
    declared: Json,
    found: Json,
    history: Sequence[Version],
    log: Log,
    modified: datetime | None,
) -> Attribution:
    told = tuple(passages(history, path))
    if isinstance(declared, list | None) and isinstance(found, list | None):
        return _of_list(told, entries(declared), entries(found), history, log, modified)
    return of_value(told, found, log, history, modified)


def of_value(
    told: Iterable[Passage],
    found: Value,
    log: Log,
    history: Sequence[Version] = (),
    modified: datetime | None = None,
) -> Attribution:
    """Who made a single value what is `found`."""
    made = maker(told, found)
    if made.is_proved:
        return Attribution(causes=(Cause(event=made.passages[0].event),))
    return _unproved([made], history, log, modified)


def _of_list(
    told: Sequence[Passage],
    declared: dict[str, Json],
    found: dict[str, Json],
    history: Sequence[Version],
    log: Log,
    modified: datetime | None,
) -> Attribution:
    wanted = {key: item for key, item in found.items() if key not in declared}
    wanted |= {key: item for key, item in declared.items() if key not in found}
    made = {key: maker([_of_entry(item, key) for item in told], key in found) for key in wanted}
    causes: dict[str, tuple[Event, list[Json]]] = {}
    for key, item in made.items():
        if item.is_proved:
            event = item.passages[0].event
            causes.setdefault(event.id, (event, []))[1].append(wanted[key])
    missing = [item for item in made.values() if not item.is_proved]
    rest = _unproved(missing, history, log, modified) if missing else Attribution()
    ordered = sorted(causes.values(), key=lambda cause: cause[0].moment, reverse=True)
    return Attribution(
        causes=tuple(Cause(event=event, entries=tuple(items)) for event, items in ordered),
        suspects=rest.suspects,
        unknown=rest.unknown,
    )


def _of_entry(passage: Passage, key: str) -> Passage:
    """Whether an entry was in a list, and whether it was afterwards."""
    before, after = (
        key in entries(side)
        if isinstance(side, list | None)
        else side
        if isinstance(side, Gap)
        else Gap.UNKNOWN
        for side in (passage.before, passage.after)
    )
    return Passage(event=passage.event, before=before, after=after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The passages of which one made a field what it is: the one that did, if that is proved, or all that may
    have. Without any, `later` is the event after which it was something else. `is_order_known`: whether times
    say which of them came last."""

    passages: tuple[Passage, ...] = ()
    is_proved: bool = False
    later: Event | None = None
    is_order_known: bool = True


def maker(told: Iterable[Passage], found: Value) -> Made:
    """Who made a field what is `found` now; newest first. What is unknown is never taken for anything. Of
    records of one moment either may have been the last, unless one found what another left."""
    made = [_maker(order, found) for order in _orders(tuple(told))]
    if all(item == made[0] for item in made):
        return made[0]
    maybe = {passage.event.id: passage for item in made for passage in item.passages}
    return Made(passages=tuple(maybe.values()), later=made[0].later, is_order_known=False)


def _orders(told: Sequence[Passage]) -> Iterator[tuple[Passage, ...]]:
    """Every order that the times allow, and of those of one moment what they found and left, if any fits."""
    moments = groupby(told, lambda passage: passage.event.moment)
    for parts in product(*(_fitting(tuple(group)) for _, group in moments)):
        yield tuple(passage for part in parts for passage in part)


def _fitting(group: tuple[Passage, ...]) -> list[tuple[Passage, ...]]:
    if len(group) > _MOST_AT_ONCE:
        return [group, group[::-1]]
    orders = [*permutations(group)]
    return [order for order in orders if all(map(_follows, order, order[1:]))] or orders


def _follows(later: Passage, earlier: Passage) -> bool:
    return Gap.UNKNOWN in (later.before, earlier.after) or later.before == earlier.after


def _maker(told: Sequence[Passage], found: Value) -> Made:
    maybe: list[Passage] = []
    for index, passage in enumerate(told):
        if passage.after not in (found, Gap.UNKNOWN):
            close = [item for item in told[index + 1 :] if _may_be_later(item, passage, found)]
            return _since(passage, [*maybe, *close], is_order_known=not close)
        if passage.after == found or passage.before == found:
            maybe.clear()  # it was so already when they came
        if passage.before == found:
            continue
        maybe.append(passage)
        if passage.before is not Gap.UNKNOWN:
            return _proved(maybe, told[index + 1 :], found)
    return Made(passages=tuple(maybe))


def _proved(maybe: Sequence[Passage], older: Sequence[Passage], found: Value) -> Made:
    """The last of them found something else and left what is found, if its record says what it left; unless
    somebody else did the same within seconds."""
    last = maybe[-1]
    others = [
        item
        for item in older
        if last.event.moment - item.event.moment <= _CLOCKS
        and (item.before, item.after) == (last.before, found)
        and item.event.actor != last.event.actor
    ]
    is_proved = last.after == found and not others
    return Made(passages=(*maybe, *others), is_proved=is_proved, is_order_known=not others)


def _may_be_later(item: Passage, than: Passage, found: Value) -> bool:
    """Whether it found what another left, and left what is found, at a time only seconds before the other's,
    by clocks that differ."""
    is_close = than.event.moment - item.event.moment <= _CLOCKS
    return is_close and item.before == than.after and item.after == found


def _since(passage: Passage, maybe: Sequence[Passage], *, is_order_known: bool) -> Made:
    """One of those that came after it, if any is known; a single one that left what is found is proved."""
    if maybe:
        is_proved = len(maybe) == 1 and maybe[0].after is not Gap.UNKNOWN and is_order_known
        return Made(passages=tuple(maybe), is_proved=is_proved, is_order_known=is_order_known)
    return Made(later=passage.event if passage.before != passage.after else None)


def _later(event: Event) -> str:
    return (
        f"the newest record of it ({said_of(event)}) left another value: what came after is not in the log, "
        "or not yet"
    )


def _unproved(
    made: Iterable[Made], history: Sequence[Version], log: Log, modified: datetime | None
) -> Attribution:
    """Who may have made what nobody is proved to have made, and why it is not known."""
    made = tuple(made)
    maybe = {item.event.id: item for found in made for item in found.passages}
    if maybe:
        ordered = sorted(maybe.values(), key=lambda item: item.event.moment, reverse=True)
        is_order_known = all(found.is_order_known for found in made)
        why = _half(ordered) if is_order_known else "times of records do not tell which of them came last"
        return Attribution(suspects=tuple(item.event for item in ordered), unknown=why)
    later = [found.later for found in made if found.later]
    return Attribution(unknown=_later(later[0]) if later else why_unknown(history, log, modified))


def _half(maybe: Iterable[Passage]) -> str:
    if all(item.before is item.after is Gap.UNKNOWN for item in maybe):
        return "the record does not say which fields it changed"
    return "the record does not show both sides of the change"


def why_unknown(
    history: Sequence[Version], log: Log, moment: datetime | None, was: str = "was last changed"
) -> str:
    """Why the log says nothing, as far as it can be told. `moment` is when the object `was` what it was."""
    if log.unread:
        return "the audit log could not be read"
    newest = max((version.event.moment for version in history), default=None)
    if moment is None:
        return f"the audit log has no record of it; it keeps {log.days_kept}"
    if newest is not None and moment <= newest + _SAME:
        return f"no record in the audit log is about it; the log keeps {log.days_kept}"
    when = f"the object {was} at {shown_time(moment)}"
    if log.now - moment < _LATE:
        return f"{when}, of which the audit log has no record yet: records arrive late"
    return f"{when}, of which the audit log has no record; it keeps {log.days_kept}"


def agrees(moment: datetime, read: datetime | None) -> bool:
    """Whether a record's time is the one that was read of the object, as far as one was and clocks tell."""
    return read is None or abs(moment - read) <= _SAME


def is_membership(event: Event) -> bool:
    """Whether a record is about who belongs to a group, and not about the group itself."""
    return event.does("group") and (event.does("member") or event.does("owner"))


def of_members(
    group_id: str,
    line: FieldLine,
    ids: Mapping[str, str],
    events: Iterable[Event],
    log: Log,
) -> Attribution:
    """Who put each person into a group or took them out. `ids` are the object ids of the names.

    Membership has records of its own, in which the member and the group are both targets.
    """
    wanted = {str(item): True for item in line.added} | {str(item): False for item in line.removed}
    found: dict[str, Event] = {}
    for event in events:
        if not event.does(line.path.removesuffix("s"), "group") or not _touches(event, group_id):
            continue
        for name in wanted:
            if name not in found and ids.get(name) and event.is_about(ids[name]):
                found[name] = event
    ended = {name: event for name, event in found.items() if event.does("add") == wanted[name]}
    missing = wanted.keys() - ended.keys()
    causes = {event.id: event for event in ended.values()}
    return Attribution(
        causes=tuple(
            Cause(event=event, entries=tuple(name for name, cause in ended.items() if cause is event))
            for event in sorted(causes.values(), key=lambda event: event.moment, reverse=True)
        ),
        unknown=why_unknown((), log, None) if missing else "",
    )


def _touches(event: Event, group_id: str) -> bool:
    """The group is a target, or stands in the member's modified properties as Group.ObjectID."""
    sides = (side for item in event.modified for side in (item.before, item.after))
    return event.is_about(group_id) or any(str(side).lower() == group_id for side in sides)


def said_of(event: Event) -> str:
    """One event in a few words: who, when, what."""
    return f"{shown_time(event.moment)}, {event.actor.name or 'somebody the record does not name'}"


def shown_time(moment: datetime) -> str:
    """To the minute, in UTC."""
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def by(event: Event) -> str:
    """Who, when, with what, from where; what the record does not say is unknown."""
    actor = event.actor
    if actor.kind == "application":
        who = f"application {_whole(actor.name)}"
    elif actor.kind == "person":
        tool = f"with {_whole(event.application)}" if event.application else "application unknown"
        who = f"{_whole(actor.name)}, {tool}"
    else:
        who = "somebody the record does not name"
    address = f"from {_whole(event.ip_address)}" if event.ip_address else "address unknown"
    return f"by {who}, {address}, {shown_time(event.moment)} ({_whole(event.activity)})"


def _whole(words: str) -> str:
    """In quotes where it could be read as going on with the sentence: anybody may name an application."""
    return json.dumps(words, ensure_ascii=False) if _GOES_ON.search(words) else words
