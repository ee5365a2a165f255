"""One change → its row in the table of changes, and its details, folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Final

from tapctl.model import Finding, Json
from tapctl.render.gfm import CLIPPED, clipped, code, cut_name, fenced, html_code, text
from tapctl.render.values import MOST_ENTRIES, block, is_block, shortened, shown
from tapctl.report import Entry, FieldLine
from tapctl.text.escape import visible
from tapctl.text.words import listed

HEAD: Final = "| | object | what changes | look at |\n| --- | --- | --- | --- |"

_MOST_FIELDS: Final = 4
_MOST_NAMES: Final = 3
_DECIDE: Final = (
    "state",
    "grantControls.builtInControls",
    "grantControls.authenticationStrength",
    "conditions.users.includeUsers",
    "conditions.users.includeGroups",
    "conditions.users.includeRoles",
    "conditions.users.includeGuestsOrExternalUsers.guest",
    "conditions.applications.include",
    "member",
)
_MOST_LINES: Final = 60
_BEFORE_IT: Final = 20
"""How much of what two values have in common stands before what they have not."""
_LONGEST_VALUE, _LONGEST_NAME, _LONGEST_LINE, _LONGEST_WHY = 60, 120, 1000, 500


def row(entry: Entry, findings: Iterable[Finding]) -> str:
    """What becomes of one object, on one line: a few fields, and what is to be looked at."""
    name, kind = cut_name(entry.address.name, _LONGEST_NAME), entry.address.kind
    what = code(name) if name == kind else f"{code(name)}<br>{text(kind)}"
    rules = dict.fromkeys(f"{item.weight} {code(item.name or item.rule)}" for item in findings)
    return f"| {entry.action} | {what} | {'<br>'.join(_summary(entry))} | {'<br>'.join(rules)} |"


def _summary(entry: Entry) -> Iterator[str]:
    """What is told in the table: what changes; of what comes or goes, what it does."""
    if entry.former_name is not None:
        yield f"renamed from {code(cut_name(entry.former_name, _LONGEST_NAME))}"
    if entry.action == "delete":
        yield text(clipped(entry.reason, _LONGEST_NAME)) + ("; until now" if entry.fields else "")
    first, more = shortened(sorted(entry.fields, key=_weight), _MOST_FIELDS)
    yield from map(_field if entry.action == "update" else _held, first)
    yield from more


def _weight(field: FieldLine) -> int:
    """Whether, what, whom, where: what decides about a policy comes before the rest."""
    first = (number for number, path in enumerate(_DECIDE) if field.path.startswith(path))
    return next(first, len(_DECIDE))


def _held(field: FieldLine) -> str:
    """A field of which one side only is there."""
    side = field.before if field.after is None else field.after
    said = _names(side) if field.is_set and isinstance(side, list) else _value(side)
    return f"{code(clipped(field.path, _LONGEST_NAME))} {said}"


def _field(field: FieldLine) -> str:
    path = code(clipped(field.path, _LONGEST_NAME))
    if field.is_set:
        found = [
            ("adds", _telling(field.added, field.removed)),
            ("removes", _telling(field.removed, field.added)),
        ]
        return f"{path} {listed([f'{verb} {_names(items)}' for verb, items in found if items])}"
    if field.before is None:
        return f"{path} {_value(field.after)}"
    return f"{path} {' → '.join(map(code, _apart(shown(field.before), shown(field.after))))}"


def _telling(items: Sequence[Json], others: Sequence[Json]) -> list[Json]:
    """Entries with what tells them from the `others`: from the one with the same id, if there is one. A
    row has no room for what they have in common."""
    return [_differing(item, _same(item, others) or [*others, *items]) for item in items]


def _same(item: Json, others: Sequence[Json]) -> list[Json]:
    return [other for other in others if other is not item and _id(other) == _id(item) is not None]


def _id(item: Json) -> Json:
    return item.get("id") if isinstance(item, dict) else None


def _differing(item: Json, others: Sequence[Json]) -> Json:
    if not isinstance(item, dict):
        return item
    apart = {
        key: value
        for key, value in item.items()
        if any(not isinstance(other, dict) or other.get(key) != value for other in others)
    }
    return {**({"id": item["id"]} if "id" in item else {}), **apart} if apart else item


def _apart(before: str, after: str) -> Iterator[str]:
    """Two values, each cut to fit, but not before they begin to differ."""
    common = takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False))
    start = sum(1 for _ in common) - _BEFORE_IT
    both_fit = len(before) <= _LONGEST_VALUE and len(after) <= _LONGEST_VALUE
    for side in (before, after):
        cut = side if both_fit or start <= 0 else CLIPPED + side[start:]
        yield clipped(cut, _LONGEST_VALUE)


def _names(items: Sequence[Json]) -> str:
    first, more = shortened(items, _MOST_NAMES)
    return ", ".join([*map(_value, first), *more])


def _value(value: Json) -> str:
    return code(clipped(shown(value), _LONGEST_VALUE))


def details(entry: Entry) -> str:
    """Everything about one change. The summary is HTML, what follows the empty line Markdown again."""
    name, kind = cut_name(entry.address.name, _LONGEST_NAME), entry.address.kind
    title = html_code(name) if name == kind else f"{html_code(name)} ({html_code(kind)})"
    found = [f"<details><summary>{entry.action} {title}</summary>", _said(entry)]
    if entry.why:
        found.append(f"> {text(clipped(entry.why, _LONGEST_WHY))}")
    if changes := [*_lines(entry)]:
        found.append(fenced(changes, "diff"))
    return "\n\n".join([*found, "</details>"])


def _said(entry: Entry) -> str:
    said = text(clipped(entry.reason, _LONGEST_WHY))
    return f"{said}, {code(str(entry.place))}" if entry.place else said


def _lines(entry: Entry) -> Iterator[str]:
    for field in entry.fields:
        yield f"  {clipped(field.path, _LONGEST_LINE)}:"
        yield from (clipped(line, _LONGEST_LINE) for line in _sides(field))
    if entry.left_as_is:
        yield f"  left as is: {', '.join(map(visible, entry.left_as_is))}"


def _sides(field: FieldLine) -> Iterator[str]:
    if field.is_set:
        for symbol, items in (("-", field.removed), ("+", field.added)):
            first, more = shortened([shown(item) for item in items], MOST_ENTRIES)
            yield from (f"{symbol}     {line}" for line in [*first, *more])
        return
    for symbol, side in (("-", field.before), ("+", field.after)):
        if side is not None:
            written = block(side) if is_block(side) else [shown(side)]
            first, more = shortened(written, _MOST_LINES)
            yield from (f"{symbol}     {line}" for line in [*first, *more])
