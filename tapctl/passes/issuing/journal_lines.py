"""The lines of a run's record ↔ what it is about, and how far everybody is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from tapctl.errors import Refused
from tapctl.graph.pace import FARTHEST
from tapctl.model import JsonObject
from tapctl.passes.delivery import Recipient
from tapctl.passes.issuing.worklist import Entry, State, Worklist, findings_of
from tapctl.shapes import as_list, as_text

SUFFIX: Final = ".issue.jsonl"

_STATES: Final[dict[str, State]] = {
    "begun": "begun",
    "made": "made",
    "lost": "lost",
    "failed": "failed",
    "undelivered": "made",
    "delivered": "delivered",
    "refused": "refused",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a run's first line says, and whoever continues it need not say again. `delivery` is the kind of
    place, never a command's words; `options` are those about what is handed over, as they were said."""

    environment: str
    tenant_id: str
    by: str
    delivery: str
    reason: str = ""
    words: tuple[str, ...] = ()
    skips_refused: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


def stepped(entry: Entry, line: JsonObject) -> Entry:
    """An entry after one event of its own; the same whether it happens now or is read again."""
    event = as_text(line.get("event"))
    doubt = _moment(line, "doubt") if "doubt" in line else entry.doubt
    after = replace(entry, state=_STATES[event], why=as_text(line.get("why")), doubt=doubt)
    match event:
        case "refused":
            return replace(after, findings=findings_of(as_list(line.get("findings"))))
        case "begun":
            return _begun(after, line)
        case "failed":
            return _failed(after, line)
        case "delivered":
            return replace(after, digest=as_text(line.get("digest")) or entry.digest)
        case "lost":
            return _lost(after, as_text(line.get("pass")))
        case "made":
            return replace(
                _with_own(_carried_out(after), as_text(line.get("pass"))),
                is_open=False,
                made_at=_moment(line, "created"),
                made_start=_moment(line, "start"),
                made_end=_moment(line, "end"),
                target=as_text(line.get("target")),
                proof=as_text(line.get("proof")),
            )
        case _:
            return after


def _with_own(entry: Entry, pass_id: str) -> Entry:
    """The pass of this run that they hold, if it is one."""
    own = entry.own if not pass_id or pass_id in entry.own else (*entry.own, pass_id)
    return replace(entry, pass_id=pass_id, own=own)


def _failed(entry: Entry, line: JsonObject) -> Entry:
    """Graph said no to the request, or it was not sent; of an earlier one that says nothing."""
    if "pass" in line:
        entry = _with_own(entry, as_text(line.get("pass")))
    if line.get("notMade") is not True:
        return entry
    is_unmade = not (entry.own or entry.doubt)  # no request of this run has made a pass, or may have
    return replace(entry, is_open=False, begun=None if is_unmade else entry.begun)


def _lost(entry: Entry, pass_id: str) -> Entry:
    """What they hold of this run by a look after the request; one that was not known is what it has made."""
    is_found = pass_id != "" and pass_id not in entry.own
    return replace(
        _with_own(_carried_out(entry) if is_found and entry.is_open else entry, pass_id),
        is_open=entry.is_open and not is_found,
        is_likely=entry.is_likely or is_found,
    )


def _begun(entry: Entry, line: JsonObject) -> Entry:
    return replace(
        _with_own(entry, as_text(line.get("replaces"))),
        is_open=True,
        begun=_moment(line, "at"),
        ahead=_ahead(line),
        asked=_moment(line, "start"),
        before=as_text(line.get("before")),
        is_likely=entry.is_likely or line.get("likely") is True,
    )


def _carried_out(entry: Entry) -> Entry:
    """The last request has made a pass, which took the place of what they held."""
    gone, known = entry.pass_id or entry.before, (*entry.replaced, *entry.ended, "", entry.held)
    if gone in known:
        return entry
    if gone in entry.own:
        return replace(entry, replaced=(*entry.replaced, gone))
    return replace(entry, ended=(*entry.ended, gone))


def _ahead(line: JsonObject) -> timedelta:
    """As far as it was to be believed."""
    seconds = line.get("ahead")
    if isinstance(seconds, int | float) and abs(seconds) < FARTHEST:
        return timedelta(seconds=seconds)
    return timedelta()


def read(path: Path) -> tuple[About, Worklist]:
    """What a run is about, and the worklist after its last line. Raises Refused for one that never began."""
    worklist, first, is_checked = Worklist(), JsonObject(), False
    for line in lines_of(path):
        event = as_text(line.get("event"))
        if event in ("run", "continued"):
            first = line
        elif event == "planned":
            worklist.add(_entry(line))
        elif event in _STATES:
            number = line.get("n")
            assert isinstance(number, int)  # noqa: S101  # written above
            worklist.put(stepped(worklist.get(number), line))
        is_checked |= event == "checked"
    if not is_checked:
        worklist.close()
        raise Refused(f'the run "{run_of(path)}" stopped before anything was created: issue anew')
    return _about(first), worklist


def _about(line: JsonObject) -> About:
    options = line.get("options")
    return About(
        environment=as_text(line.get("environment")),
        tenant_id=as_text(line.get("tenant")),
        by=as_text(line.get("by")),
        delivery=as_text(line.get("delivery")),
        reason=as_text(line.get("reason")),
        words=tuple(str(word) for word in as_list(line.get("words"))),
        skips_refused=line.get("skipsRefused") is True,
        options={name: str(text) for name, text in options.items()} if isinstance(options, dict) else {},
    )


def lines_of(path: Path) -> Iterator[JsonObject]:
    """The whole lines of a record. Raises Refused for a line that is whole and not ours."""
    with path.open("rb") as file:
        for number, data in enumerate(file, 1):
            if not data.endswith(b"\n"):
                return  # torn when the power went, inside a character maybe
            try:
                line = json.loads(data.decode("utf-8"))
            except ValueError:
                line = None
            if not isinstance(line, dict):
                raise Refused(f"{path}:{number}:1: this is not a line of a record of passes")
            yield line


def run_of(path: Path) -> str:
    """A run's name, by its file."""
    return path.name.removesuffix(SUFFIX)


def planned(entry: Entry) -> JsonObject:
    return {
        "n": entry.number,
        "id": entry.recipient.id,
        "user": entry.recipient.name,
        "name": entry.recipient.display_name,
        "start": entry.start.isoformat() if entry.start else None,
        "lifetime": entry.lifetime,
        "oneTime": entry.is_usable_once,
        "timeZone": entry.recipient.zone.key if entry.recipient.zone else None,
        "held": entry.held,
    }


def _entry(line: JsonObject) -> Entry:
    number, lifetime, zone = line.get("n"), line.get("lifetime"), as_text(line.get("timeZone"))
    assert isinstance(number, int) and isinstance(lifetime, int)  # noqa: S101, PT018  # written above
    recipient = Recipient(
        id=as_text(line.get("id")),
        name=as_text(line.get("user")),
        display_name=as_text(line.get("name")),
        zone=ZoneInfo(zone) if zone else None,
    )
    return Entry(
        number=number,
        recipient=recipient,
        start=_moment(line, "start"),
        lifetime=lifetime,
        is_usable_once=line.get("oneTime") is not False,
        held=as_text(line.get("held")),
    )


def _moment(line: JsonObject, name: str) -> datetime | None:
    text = as_text(line.get(name))
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
