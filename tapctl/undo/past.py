"""The record of an apply (record.py) → what it did, as far as it got. Strict, and all mistakes at once.

A record that was cut off in its last line, by a full disk or a lost power supply, tells the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from tapctl.errors import Refused
from tapctl.kinds import kinds
from tapctl.model import Action, Address, Json, JsonObject, Place
from tapctl.record import FORMAT

MOST_BYTES: Final = 256 * 1024 * 1024
_MOST_MISTAKES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One change that an apply began: the object as Graph answered it before (None: it was not there), and
    the canonical specs between which the change was to lead. `id` is unknown if a create got no answer."""

    address: Address
    action: Action
    id: str | None
    observed: JsonObject | None
    before: JsonObject | None
    after: JsonObject | None
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An apply: where, and every change of which at least one request went out, in the plan's order."""

    environment: str
    tenant_id: str
    deeds: tuple[Deed, ...]


_Line = tuple[int, JsonObject]

_TEXT: Final = ("a text", lambda value: isinstance(value, str))
_OBJECT: Final = ("an object or null", lambda value: value is None or isinstance(value, dict))
_ID: Final = ("a text or null", lambda value: value is None or isinstance(value, str))
_ACTION: Final = ("create, update or delete", lambda value: value in ("create", "update", "delete"))
_SHAPES: Final[Mapping[str, Mapping[str, tuple[str, Callable[[Json], bool]]]]] = {
    "begin": {"environment": _TEXT, "tenant": _TEXT},
    "change": {
        "address": _TEXT,
        "action": _ACTION,
        "id": _ID,
        "observed": _OBJECT,
        "before": _OBJECT,
        "after": _OBJECT,
    },
    "request": {"address": _TEXT},
    "created": {"address": _TEXT, "id": _TEXT},
    "restored": {"address": _TEXT, "id": _TEXT},
    "outcome": {},
    "end": {},
}


def read_record(content: bytes, name: str) -> Past:
    """What a record tells. Raises Refused with everything that is wrong with it."""
    if len(content) > MOST_BYTES:
        raise Refused(f'"{name}" is too large for a record: more than {MOST_BYTES // 1024 // 1024} MiB')
    mistakes: list[str] = []
    lines = [*_lines(content, name, mistakes)]
    mistakes += [said for line in lines for said in _mistakes(line, name)]
    if not lines or lines[0][1].get("event") != "begin":
        mistakes.append(f"{name}:1: a record begins with the event begin")
    elif lines[0][1].get("format") != FORMAT:
        mistakes.append(f"{name}:1: format is {lines[0][1].get('format')!r}, and this version reads {FORMAT}")
    if mistakes:
        first, more = mistakes[:_MOST_MISTAKES], len(mistakes) - _MOST_MISTAKES
        told = [*first, f"and {more} more"] if more > 0 else first
        raise Refused("\n  ".join([f'"{name}" is no record of an apply:', *told]))
    return _past(lines, name)


def _lines(content: bytes, name: str, mistakes: list[str]) -> Iterator[_Line]:
    texts = content.split(b"\n")
    for number, text in enumerate(texts, start=1):
        try:
            found = json.loads(text) if text.strip() else None
        except (ValueError, RecursionError) as error:
            if number < len(texts):  # the last line may have been cut off
                mistakes.append(f"{name}:{number}: this is no JSON: {error}")
            continue
        if isinstance(found, dict):
            yield number, found
        elif found is not None:
            mistakes.append(f"{name}:{number}: this is no JSON object")


def _mistakes(line: _Line, name: str) -> Iterator[str]:
    number, found = line
    event = found.get("event")
    if not isinstance(event, str) or event not in _SHAPES:
        yield f"{name}:{number}: event is {event!r}, which no record has"
        return
    for key, (what, is_right) in _SHAPES[event].items():
        if key not in found or not is_right(found[key]):
            yield f"{name}:{number}: {key} of a {event} has to be {what}"
    if event == "change" and isinstance(found.get("address"), str):
        kind = _address(found).kind
        if kind not in kinds():
            yield f"{name}:{number}: there is no kind {kind!r}"
        elif found.get("action") != "create" and not isinstance(found.get("observed"), dict):
            yield f"{name}:{number}: what was there before is missing"


def _address(line: JsonObject) -> Address:
    kind, slash, name = str(line["address"]).partition("/")
    return Address(kind, name if slash else kind)


def _past(lines: Iterable[_Line], name: str) -> Past:
    begin, *rest = lines
    events = [(number, line, str(line["event"])) for number, line in rest]
    begun = {_address(line) for _, line, event in events if event == "request"}
    ids = {_address(line): str(line["id"]) for _, line, event in events if event in ("created", "restored")}
    deeds = [
        Deed(
            address=_address(line),
            action=cast(Action, line["action"]),
            id=ids.get(_address(line)) or cast("str | None", line["id"]),
            observed=None if line["action"] == "create" else cast("JsonObject | None", line["observed"]),
            before=cast("JsonObject | None", line["before"]),
            after=cast("JsonObject | None", line["after"]),
            place=Place(name, number, 1),
        )
        for number, line, event in events
        if event == "change" and _address(line) in begun
    ]
    return Past(
        environment=str(begin[1]["environment"]), tenant_id=str(begin[1]["tenant"]), deeds=tuple(deeds)
    )
