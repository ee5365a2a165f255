"""Who is to get a pass and how far each of them is, in a file of the system's that nobody else sees.

A run over 100,000 people takes no more memory than one over ten. The journal is what lasts; this is derived
from it, or from a roster, and is gone with the process.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo

from tapctl.model import Finding, Json, Place
from tapctl.passes.delivery import Recipient
from tapctl.passes.roster import Wanted

State: TypeAlias = Literal["refused", "ready", "begun", "made", "lost", "failed", "delivered"]
"""refused     may not have a pass
ready       may have one, and nothing was done yet
begun       a request to make it may have been sent
made        it was made, and its passcode may or may not have got to its place
lost        the answer was lost, and nobody knows the passcode
failed      Graph said no, or somebody else's pass is in the way
delivered   its passcode is at its place"""

STATES: Final[tuple[State, ...]] = get_args(State)
_NEVER_DONE: Final = ("ready", "begun", "made", "lost", "failed")

_COLUMNS: Final = (
    *("number", "id", "name", "display", "start", "lifetime", "once", "zone", "held", "state", "pass"),
    *("made_start", "made_end", "target", "why", "begun", "proof", "asked", "before", "replaced"),
    *("likely", "made_at", "findings", "doubt", "ahead", "own", "open", "digest", "ended"),
)
_TABLE: Final = f"create table entries (number integer primary key, id unique, {', '.join(_COLUMNS[2:])})"
_ADD: Final = f"insert into entries values ({', '.join(f':{name}' for name in _COLUMNS)})"  # noqa: S608  # ours
_MOVE: Final = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)
_PUT: Final = f"{_ADD} on conflict (number) do update set {_MOVE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One person of a run. `lifetime` is in minutes; `held` and `pass_id` are ids of the pass that they held
    when they were checked, and of this run's that they hold as far as it is known; `target` is where its
    passcode goes, and `proof` shows whether it arrived. `begun` is when a request to make it may have been
    sent, `ahead` by how much Graph's clock was then ahead of the one that says so, `asked` the start that it
    wished for, and `before` the pass that they held right before; while it `is_open`, nobody knows what
    became of it. `own` are all passes that this run ever made for them: none of them is ever another's.
    `replaced` are those that were replaced and that nobody has the passcode of, `ended` the passes of others
    that were replaced since they were checked; `is_likely`: one was known by its likeness alone.
    `made_at` is when the last one was made, by Graph's clock. Until `doubt` a request whose answer was lost
    may still be carried out, and take the place of that pass. `digest` is of the file
    that they were given last."""

    number: int
    recipient: Recipient
    lifetime: int
    is_usable_once: bool
    start: datetime | None = None
    held: str = ""
    state: State = "ready"
    pass_id: str = ""
    made_start: datetime | None = None
    made_end: datetime | None = None
    target: str = ""
    why: str = ""
    begun: datetime | None = None
    ahead: timedelta = timedelta()
    proof: str = ""
    asked: datetime | None = None
    before: str = ""
    replaced: tuple[str, ...] = ()
    is_likely: bool = False
    made_at: datetime | None = None
    findings: tuple[Finding, ...] = ()
    doubt: datetime | None = None
    own: tuple[str, ...] = ()
    is_open: bool = False
    digest: str = ""
    ended: tuple[str, ...] = ()

    @property
    def wish(self) -> Wanted:
        """What is checked again when a run is continued."""
        return Wanted(
            user=self.recipient.id,
            start=self.start,
            lifetime=self.lifetime,
            is_usable_once=self.is_usable_once,
            zone=self.recipient.zone,
        )


class Worklist:
    """Entries by number and by user; nobody is there twice."""

    def __init__(self) -> None:
        self._data = sqlite3.connect("")
        self._data.row_factory = sqlite3.Row
        self._data.execute(_TABLE)

    def close(self) -> None:
        self._data.close()

    def add(self, entry: Entry) -> bool:
        """False if this user is there already: a second pass would destroy the first."""
        try:
            self._data.execute(_ADD, _row(entry))
        except sqlite3.IntegrityError:
            return False
        return True

    def put(self, entry: Entry) -> None:
        """How far somebody is by now. Whoever would be there twice is an error, and both stay."""
        self._data.execute(_PUT, _row(entry))

    def get(self, number: int) -> Entry:
        """Raises KeyError."""
        for entry in self._select("where number = ?", (number,)):
            return entry
        raise KeyError(number)

    def entries(self, *states: State) -> Iterator[Entry]:
        """In order; those in these states, or all. The list may change meanwhile."""
        return self._each("true", states or STATES)

    def to_do(self) -> Iterator[Entry]:
        """Everybody whose passcode is not at its place. Whoever failed before comes last: what keeps them
        from a pass, a restricted unit say, must not keep the others waiting."""
        self._data.execute("drop table if exists failed_before")
        self._data.execute("create table failed_before as select number from entries where state = 'failed'")
        yield from self._each("number not in (select number from failed_before)", _NEVER_DONE)
        yield from self._each("number in (select number from failed_before)", _NEVER_DONE)

    def _each(self, among: str, wanted: Sequence[str]) -> Iterator[Entry]:
        last = -1
        marks = ", ".join("?" for _ in wanted)
        where = f"where {among} and state in ({marks}) and number > ? order by number limit 500"
        while some := list(self._select(where, (*wanted, last))):
            yield from some
            last = some[-1].number

    def count(self, *states: State) -> int:
        """How many there are in these states, or in all."""
        wanted = states or STATES
        marks = ", ".join("?" for _ in wanted)
        (found,) = self._data.execute(
            f"select count(*) from entries where state in ({marks})",  # noqa: S608  # only question marks
            wanted,
        ).fetchone()
        return int(found)

    @property
    def left(self) -> int:
        """How many still wait for their passcode."""
        return self.count() - self.count("delivered", "refused")

    @property
    def unsettled(self) -> int:
        """Those, and whoever is to be looked at again."""
        return self.left + len(self.doubtful())

    def doubtful(self) -> list[Entry]:
        """Whoever has a passcode that may be void by now, or become so."""
        return list(self._select("where state = 'delivered' and doubt != '' order by number", ()))

    def of_user(self, user: str) -> Entry | None:
        """By the user's id."""
        return next(self._select("where id = ?", (user,)), None)

    def refuse(self, number: int, findings: Sequence[Finding]) -> Entry:
        """Somebody may not have a pass after all."""
        after = replace(self.get(number), state="refused", findings=tuple(findings))
        self.put(after)
        return after

    def _select(self, where: str, values: Sequence[object]) -> Iterator[Entry]:
        query = f"select * from entries {where}"  # noqa: S608  # the conditions above
        return map(_entry, self._data.execute(query, values))


def _row(entry: Entry) -> dict[str, object]:
    return {
        "number": entry.number,
        "id": entry.recipient.id or None,
        "name": entry.recipient.name,
        "display": entry.recipient.display_name,
        "start": _text(entry.start),
        "lifetime": entry.lifetime,
        "once": entry.is_usable_once,
        "zone": entry.recipient.zone.key if entry.recipient.zone else "",
        "held": entry.held,
        "state": entry.state,
        "pass": entry.pass_id,
        "made_start": _text(entry.made_start),
        "made_end": _text(entry.made_end),
        "target": entry.target,
        "why": entry.why,
        "begun": _text(entry.begun),
        "proof": entry.proof,
        "asked": _text(entry.asked),
        "before": entry.before,
        "replaced": json.dumps(entry.replaced),
        "likely": entry.is_likely,
        "made_at": _text(entry.made_at),
        "findings": json.dumps(rows_of(entry.findings)),
        "doubt": _text(entry.doubt),
        "ahead": entry.ahead.total_seconds(),
        "own": json.dumps(entry.own),
        "open": entry.is_open,
        "digest": entry.digest,
        "ended": json.dumps(entry.ended),
    }


def _entry(row: sqlite3.Row) -> Entry:
    recipient = Recipient(
        id=row["id"] or "",
        name=row["name"],
        display_name=row["display"],
        zone=ZoneInfo(row["zone"]) if row["zone"] else None,
    )
    return Entry(
        number=row["number"],
        recipient=recipient,
        start=_moment(row["start"]),
        lifetime=row["lifetime"],
        is_usable_once=bool(row["once"]),
        held=row["held"],
        state=row["state"],
        pass_id=row["pass"],
        made_start=_moment(row["made_start"]),
        made_end=_moment(row["made_end"]),
        target=row["target"],
        why=row["why"],
        begun=_moment(row["begun"]),
        proof=row["proof"],
        asked=_moment(row["asked"]),
        before=row["before"],
        replaced=tuple(json.loads(row["replaced"])),
        is_likely=bool(row["likely"]),
        made_at=_moment(row["made_at"]),
        findings=findings_of(json.loads(row["findings"])),
        doubt=_moment(row["doubt"]),
        ahead=timedelta(seconds=row["ahead"]),
        own=tuple(json.loads(row["own"])),
        is_open=bool(row["open"]),
        digest=row["digest"],
        ended=tuple(json.loads(row["ended"])),
    )


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def rows_of(findings: Iterable[Finding]) -> list[Json]:
    """Findings as JSON keeps them, here and in the journal."""
    return [
        {
            "rule": item.rule,
            "severity": item.severity,
            "message": item.message,
            "help": item.help,
            "flag": item.flag,
            "place": [*item.place] if item.place else None,
        }
        for item in findings
    ]


def findings_of(rows: Iterable[Any]) -> tuple[Finding, ...]:
    return tuple(
        Finding(**{**item, "place": Place(*item["place"]) if item["place"] else None}) for item in rows
    )
