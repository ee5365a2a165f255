"""Pairs and a Plan → who refers to whom, as far as a changed object is at one of the two ends. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tapctl.canonical import references
from tapctl.match import Pair
from tapctl.model import Address, Change, Path
from tapctl.reference import parse

_MEMBERSHIP = ("members", "owners")  # there may be thousands, and a group does not work through its members


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """`source` refers to `target`; `role` says how: includes, excludes, requires or uses.

    What cannot be named is addressed by `id:` and its id.
    """

    source: Address
    target: Address
    role: str


def edges(pairs: Iterable[Pair], changes: Iterable[Change]) -> tuple[Edge, ...]:
    """What changed objects depend on, and what depends on them, as it will be; of what goes, as it was."""
    changed = {change.address for change in changes if change.action != "no-op"}
    found = {edge for pair in pairs for edge in _of(pair)}
    return tuple(sorted(edge for edge in found if {edge.source, edge.target} & changed))


def _of(pair: Pair) -> Iterator[Edge]:
    spec = pair.after if pair.after is not None else pair.before
    for path, field, text in references(pair.kind.field, spec or {}):
        reference = parse(text, field.references, field.words)
        if reference.form != "word" and path[0] not in _MEMBERSHIP:
            name = reference.text if reference.form == "name" else f"id:{reference.text}"
            kind = reference.kind or field.references[0]
            yield Edge(source=pair.address, target=Address(kind, name), role=_role(path))


def _role(path: Path) -> str:
    last = next((part for part in reversed(path) if isinstance(part, str)), "")
    if path[0] == "grantControls":
        return "requires"
    return next((f"{word}s" for word in ("include", "exclude") if last.startswith(word)), "uses")
