"""The record of an apply (record.py) → what it did, as far as it got. Strict, and all mistakes at once.

A record that was cut off in its last line, by a full disk or a lost power supply, tells the rest.
What it proves of one change:

    no request went out                            nothing was done
    every request of a step was refused (4xx)      that step was not done
    a step's result is "done": 2xx or read back    what the step leads to was made
    a step's result is "unknown" (an answer was    what the step leads to may have been made, by that
    lost, 5xx, refused halfway, it does not        apply or by somebody else
    read back), or it has none (cut off, older)
    the object was created                         it is that apply's, whatever became of the rest of the step
    the outcome is "applied"                       all of it was made
"""

from __future__ import annotations

import json
from collections import defaultdict
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
    """One change that an apply made or may have made: the object as Graph answered it before (None: it was
    not there), and the canonical specs between which the change led at most.
    `id` is unknown if a create got no
    answer. `sure` is the spec that it led to for certain, `is_renamed` whether it may have given the object
    the name of its address, `is_surely_renamed` whether it did."""

    address: Address
    action: Action
    id: str | None
    observed: JsonObject | None
    before: JsonObject | None
    after: JsonObject | None
    place: Place
    sure: JsonObject | None
    is_renamed: bool = False
    is_surely_renamed: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is not known how much of the change that apply made."""
        return (self.sure, self.is_surely_renamed) != (self.after, self.is_renamed)

    @property
    def is_nothing(self) -> bool:
        """Whether nothing of the change can have been made."""
        is_created = self.action == "create" and self.id is not None
        return self.before == self.after and not self.is_renamed and not is_created


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An apply: where, and every change of which something was or may have been done, in the plan's order."""

    environment: str
    tenant_id: str
    deeds: tuple[Deed, ...]


_Line = tuple[int, JsonObject]

_TEXT: Final = ("a text", lambda value: isinstance(value, str))
_OBJECT: Final = ("an object or null", lambda value: value is None or isinstance(value, dict))
_ID: Final = ("a text or null", lambda value: value is None or isinstance(value, str))
_YES_OR_NO: Final = ("true or false", lambda value: isinstance(value, bool))
_RESULT: Final = ("done, refused or unknown", lambda value: value in ("done", "refused", "unknown"))
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
    "step": {"address": _TEXT, "after": _OBJECT, "renamed": _YES_OR_NO},
    "request": {"address": _TEXT},
    "result": {"address": _TEXT, "result": _RESULT},
    "created": {"address": _TEXT, "id": _TEXT},
    "restored": {"address": _TEXT, "id": _TEXT},
    "outcome": {"address": _TEXT, "status": _TEXT},
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
    told: defaultdict[Address, list[JsonObject]] = defaultdict(list)
    for _, line in rest:
        if "address" in line:
            told[_address(line)].append(line)
    changes = [(number, line) for number, line in rest if line["event"] == "change"]
    deeds = (_deed(line, told[_address(line)], Place(name, number, 1)) for number, line in changes)
    return Past(
        environment=str(begin[1]["environment"]),
        tenant_id=str(begin[1]["tenant"]),
        deeds=tuple(deed for deed in deeds if deed is not None and not deed.is_nothing),
    )


_Reached = tuple["JsonObject | None", bool]
"""A spec, and whether the object has its new name."""


def _deed(change: JsonObject, told: Iterable[JsonObject], place: Place) -> Deed | None:
    """A change as far as it got; None where no request of it went out. `told` are the lines about it."""
    before, after = (cast("JsonObject | None", change[side]) for side in ("before", "after"))
    object_id = cast("str | None", change["id"])
    start: _Reached = (before, False)
    end: _Reached = (after, change["action"] == "update")
    sure, most, aim, was_begun = start, start, end, False
    for line in told:
        match line["event"]:
            case "step":
                start = sure
                aim = (cast("JsonObject | None", line["after"]), line["renamed"] is True or sure[1])
            case "request":
                most, was_begun = aim, True
            case "result":
                sure = aim if line["result"] == "done" else start
                most = start if line["result"] == "refused" else aim
            case "created":
                object_id, start, sure = str(line["id"]), aim, aim
            case "restored":
                object_id = str(line["id"])
            case "outcome" if line["status"] == "applied":
                sure = most = end
    if not was_begun:
        return None
    return Deed(
        address=_address(change),
        action=cast(Action, change["action"]),
        id=object_id,
        observed=None if change["action"] == "create" else cast("JsonObject | None", change["observed"]),
        before=before,
        after=most[0],
        place=place,
        sure=sure[0],
        is_renamed=most[1],
        is_surely_renamed=sure[1],
    )
