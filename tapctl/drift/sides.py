"""Parts of an object out of one record → a Side of it: which fields are known, with what, and which are not.

Pure. What a record leaves out, or cuts, is not empty: nobody knows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from tapctl.canonical import at, canonical, expand, unknown
from tapctl.directory import Directory
from tapctl.drift.events import Gap, Value
from tapctl.kind import Kind, Strange
from tapctl.model import Json, JsonObject
from tapctl.schema import Field

Tree: TypeAlias = "JsonObject | Gap"
Steps: TypeAlias = tuple[str, ...]
_NAME: Final = "displayName"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One modified property: where in the object it is, and the object's tree with nothing but it, before and
    after."""

    steps: Steps
    before: Tree
    after: Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """An object before or after an event, as far as its record says.

    `spec` is in canonical form, with the display name, and with defaults for all the rest: what is known of
    it is `told`. Of what is `dark` the record has something to say that cannot be read. `is_absent`: there
    was no object.
    """

    spec: JsonObject
    told: frozenset[Steps] = frozenset()
    dark: frozenset[Steps] = frozenset()
    is_absent: bool = False

    def tells(self, steps: Steps) -> bool:
        """Whether it says what a field is."""
        return any(_meet(steps, told) for told in self.told)

    def hides(self, steps: Steps) -> bool:
        """Whether what it says of a field cannot be read."""
        return any(_meet(steps, dark) for dark in self.dark)

    def value(self, steps: Steps, other: Side) -> Value:
        """A field; where the other side tells it, and this one leaves it out, it has its default."""
        if self.is_absent:
            return Gap.ABSENT
        if self.tells(steps) or (other.tells(steps) and not self.hides(steps)):
            found = at(self.spec, *steps)
            return None if isinstance(found, dict) and found else found
        return Gap.UNKNOWN


def side(kind: Kind, parts: Iterable[tuple[Steps, Tree]], directory: Directory) -> Side:
    """All parts of one side together."""
    tree: JsonObject = {}
    told: set[Steps] = set()
    dark: set[Steps] = set()
    for steps, part in parts:
        if isinstance(part, Gap):
            dark.add(steps)
            continue
        tree = _joined(tree, part)
        for leaf, is_read in _leaves(kind.field, part, ()):
            (told if is_read else dark).add(leaf)
    expanded = expand(kind.field, kind.from_graph(tree))
    spec = canonical(kind.field, expanded, directory.of_graph)
    strange = Strange(said=dict(unknown(kind.field, expanded)))
    named = {_NAME: tree[_NAME]} if _NAME in tree else {}
    return Side(spec=kind.normalise(spec, strange) | named, told=frozenset(told - dark), dark=frozenset(dark))


def _meet(one: Steps, other: Steps) -> bool:
    """Whether one is the other, or lies within it."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _joined(one: JsonObject, other: JsonObject) -> JsonObject:
    """Both together: properties of one block may each have been said by themselves."""
    found = dict(one)
    for key, value in other.items():
        known = found.get(key)
        found[key] = _joined(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return found


def _leaves(field: Field, value: Json, steps: Steps) -> Iterator[tuple[Steps, bool]]:
    """Where values stand, and whether each is of the type that the schema says: text where a block or a list
    belongs has not been read."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            child = field.properties.get(key)
            yield from _leaves(child, item, (*steps, key)) if child else [((*steps, key), True)]
        return
    is_read = {
        "object": isinstance(value, dict) or (isinstance(value, str) and bool(field.shorthand)),
        "array": isinstance(value, list) or (isinstance(value, str) and field.is_flags),
        "scalar": not field.is_boolean or isinstance(value, bool),
    }
    yield steps, value is None or is_read[field.type]
