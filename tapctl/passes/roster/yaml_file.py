"""A YAML file, a list with one mapping for each person → rows, one at a time.

Read as a stream of events: nothing is held, nothing is constructed, and aliases are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tapctl.model import Finding, Place
from tapctl.passes.roster.row import Mistaken, Row, column_of, misread, twice, unknown_column

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_EMPTY = ("", "~", "null", "Null", "NULL")
_SHAPE = "the roster has to be a list with one mapping for each person, like `- user: mia@contoso.example`"


def yaml_rows(path: Path) -> Iterator[Row | Mistaken]:
    """Raises OSError and UnicodeError. A mistake of syntax ends the list with a finding."""
    with path.open("rb") as file:
        try:
            yield from _rows(str(path), yaml.parse(file, Loader=_LOADER))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(str(path), mark.line + 1, mark.column + 1) if mark else Place(str(path), 1, 1)
            yield _mistaken(f"the YAML cannot be read: {error.problem or error.context}", place)
        except yaml.YAMLError as error:
            yield _mistaken(f"the YAML cannot be read: {error}", Place(str(path), 1, 1))


def _rows(file: str, events: Iterator[Any]) -> Iterator[Row | Mistaken]:
    for event in events:
        match event:
            case yaml.StreamStartEvent() | yaml.StreamEndEvent():
                continue
            case yaml.DocumentStartEvent() | yaml.DocumentEndEvent():
                continue
            case yaml.SequenceStartEvent():
                yield from _sequence(file, events)
            case _:
                yield _mistaken(_SHAPE, _place(file, event))
                return


def _sequence(file: str, events: Iterator[Any]) -> Iterator[Row | Mistaken]:
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        if isinstance(event, yaml.MappingStartEvent):
            yield _mapping(file, event, events)
        else:
            yield _mistaken(_SHAPE, _place(file, event))
            _skip(event, events)


def _mapping(file: str, start: Any, events: Iterator[Any]) -> Row | Mistaken:
    """One person; every mistake in it, or the row."""
    cells: dict[str, str] = {}
    places: dict[str, Place] = {"": _place(file, start)}
    mistakes: list[Finding] = []
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        value = next(events) if isinstance(key, yaml.ScalarEvent) else None
        if not isinstance(value, yaml.ScalarEvent):
            mistakes.append(misread("a person's entry holds plain values only", _place(file, value or key)))
            _skip(key, events)
            _skip(value, events)
            if value is None:
                _skip(next(events), events)
        elif (name := column_of(key.value)) is None:
            mistakes.append(unknown_column(key.value, _place(file, key)))
        elif name in places:
            mistakes.append(twice(key.value, _place(file, key)))
        else:
            places[name] = _place(file, value)
            if value.style or value.value not in _EMPTY:
                cells[name] = value.value.strip()
    if mistakes:
        return Mistaken(user=cells.get("user", ""), findings=tuple(mistakes))
    return Row(cells=cells, place=lambda name: places.get(name, places[""]))


def _mistaken(message: str, place: Place) -> Mistaken:
    return Mistaken(findings=(misread(message, place),))


def _skip(event: Any, events: Iterator[Any]) -> None:
    """Pass over a whole list or mapping that has no place here."""
    depth = int(isinstance(event, yaml.CollectionStartEvent))
    while depth:
        event = next(events)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)


def _place(file: str, event: Any) -> Place:
    return Place(file, event.start_mark.line + 1, event.start_mark.column + 1)
