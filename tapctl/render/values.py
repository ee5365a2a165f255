"""JSON values in words, the same in every format for people."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final, TypeVar, get_args

from tapctl.model import Json
from tapctl.report import News, Planning, Report
from tapctl.text.escape import visible
from tapctl.text.words import counted

T = TypeVar("T")

ABSENT: Final = "(none)"
UNDOES: Final = "The way back from the apply that is recorded in"
PASSED: Final = "Brakes that were let through"
MOST_ENTRIES: Final = 20
"""Entries of one list that are shown; what goes beyond is counted."""

_AMBIGUOUS = re.compile(r"true|false|null|\(none\)|-?\d+(\.\d+)?|\s.*|.*\s|[\[{\"].*", re.DOTALL)
_AMBIGUOUS_INSIDE = re.compile(rf"{_AMBIGUOUS.pattern}|.*[,\[\]{{}}].*|.*: .*|and \d+ more", re.DOTALL)


def shown(value: Json) -> str:
    """On one line and escaped. Text stands without quotes unless it would read as something else."""
    if isinstance(value, list) and value:
        first, more = shortened(value, MOST_ENTRIES)
        return ", ".join([*map(_item, first), *more])
    if isinstance(value, dict) and value:
        return ", ".join(f"{visible(key)}: {_item(item)}" for key, item in value.items())
    return _scalar(value, _AMBIGUOUS)


def _item(value: Json) -> str:
    """Inside a list or an object, where a comma in a name must not make two of it."""
    if isinstance(value, list | dict) and value:
        return f"{{{shown(value)}}}" if isinstance(value, dict) else f"[{shown(value)}]"
    return _scalar(value, _AMBIGUOUS_INSIDE)


def _scalar(value: Json, ambiguous: re.Pattern[str]) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, str) and value and not ambiguous.fullmatch(value):
        return visible(value)
    return visible(json.dumps(value, ensure_ascii=False))


def is_block(value: Json) -> bool:
    """Whether a value is text of several lines, to be shown as such."""
    return isinstance(value, str) and "\n" in value.strip()


def block(value: Json) -> list[str]:
    """The lines of a value, escaped one by one."""
    if value is None:
        return []
    return [visible(line) for line in value.split("\n")] if isinstance(value, str) else [shown(value)]


def shortened(items: Sequence[T], most: int) -> tuple[Sequence[T], list[str]]:
    """As many as fit, and what to say about the rest. One is never left out for a line about it."""
    if len(items) <= most + 1:
        return items, []
    return items[:most], [f"and {len(items) - most} more"]


def news(report: Report) -> list[str]:
    """How many findings the change brings and ends, in words."""
    new, ended = (len(report.news(which)) for which in get_args(News))
    found = [counted(new, "new finding")] if new else []
    return [*found, *([f"{counted(ended, 'finding')} ended"] if ended else [])]


def planned(planning: Planning, less: Sequence[str] = ()) -> str:
    """The counts of a plan in one sentence, and what is `less` protected after it."""
    counts = planning.counts
    if not planning.pending:
        return "; ".join([f"Nothing to do: {counted(counts['no-op'], 'object')} as declared", *less])
    changes = (
        f"{counts['create']} to create, {counts['update']} to update, {counts['delete']} to delete, "
        f"{counts['no-op']} as declared"
    )
    return "; ".join([changes, *less])
