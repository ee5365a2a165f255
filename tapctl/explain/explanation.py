"""What `tapctl explain` answers with: an Explanation, and how its sentences are put."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from tapctl.explain.fields import Facts
from tapctl.model import Json

What: TypeAlias = Literal["index", "kind", "file", "field", "rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a list: a field of what is explained, or something else to ask about."""

    name: str
    description: str
    facts: Facts | None = None
    section: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything known about `name`. `links` are labelled lines: where it lives, what it takes."""

    name: str
    what: What
    title: str
    description: str
    facts: Facts | None = None
    links: tuple[tuple[str, str], ...] = ()
    entries: tuple[Entry, ...] = ()
    examples: tuple[Json, ...] = ()


def first_sentence(text: str) -> str:
    """Up to the first full stop that ends one."""
    return text.split(". ", 1)[0].rstrip(".") + "."


def sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def did_you_mean(names: list[str]) -> str:
    return f"did you mean {' or '.join(names)}?" if names else "`tapctl explain` lists what there is"
