"""What a command has to say about people: sections of entries under one headline, ready to be rendered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from tapctl.report.report import Headline

Tone: TypeAlias = Literal["good", "care", "bad", "plain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry: a name, and what there is to know of it, a thought a line."""

    name: str
    lines: tuple[str, ...] = ()
    tone: Tone = "plain"


def said(why: str) -> tuple[str, ...]:
    """A reason as lines of an entry: an error's advice stands on a line of its own."""
    return tuple(why.split("\n")) if why else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Entries of one sort; `title` says how many there are."""

    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """`facts` stand before the sections, `problems` and `notes` after them, `summary` at the end."""

    title: str
    headline: Headline
    facts: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    summary: tuple[str, ...] = ()
