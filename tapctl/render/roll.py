"""Many objects by name, in as little room as it takes: a line a group, and names cut alike until all fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tapctl.render.gfm import code, cut_name
from tapctl.render.room import Room, fitting, taken

_WIDTHS: Final = (80, 40, 24, 16)
_SHARE: Final = 0.6  # of the room, for names

Named = tuple[str, str]
"""A group's title, and the name of something in it."""


def reserved(named: Iterable[Named], room: Room) -> int:
    """Room for the names of all of these, which is taken until `rows_or_names` knows who has a row."""
    return taken(room.pay(*roll(_grouped(named), room.part(_SHARE))))


def rows_or_names(
    rows: Sequence[str], named: Sequence[Named], kept: int, room: Room
) -> tuple[list[str], list[str], int]:
    """The rows that fit, the others by name, for which `kept` is there, and how many these are."""
    fits = room.take(rows, 0.5)
    shown = [row for row, has_room in zip(rows, fits, strict=True) if has_room]
    others = [name for name, has_room in zip(named, fits, strict=True) if not has_room]
    lines = roll(_grouped(others), kept)
    room.free(kept - taken(lines))
    return shown, lines, len(others)


def _grouped(named: Iterable[Named]) -> Mapping[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for title, name in named:
        found[title].append(name)
    return found


def roll(groups: Mapping[str, Sequence[str]], most: int) -> list[str]:
    """A line for each group, in at most `most` characters if the groups are few. Names that have no room even
    when they are cut are counted."""
    for width in _WIDTHS:
        found = [_line(title, [*names], len(names), width) for title, names in groups.items()]
        if taken(found) <= most:
            return found
    total = sum(map(len, groups.values()))
    return [_some(title, names, most * len(names) // total) for title, names in groups.items()]


def _line(title: str, names: Sequence[str], count: int, width: int) -> str:
    more = [f"and {count - len(names):,} more"] if len(names) < count else []
    return f"- {title} ({count:,}): {', '.join([*(_cut(name, width) for name in names), *more])}"


def _some(title: str, names: Sequence[str], most: int) -> str:
    width = _WIDTHS[-1]
    room = most - taken([_line(title, [], len(names), width)])
    kept = fitting((_cut(name, width) for name in names), room)
    return _line(title, names[:kept], len(names), width)


def _cut(name: str, width: int) -> str:
    return code(cut_name(name, width))
