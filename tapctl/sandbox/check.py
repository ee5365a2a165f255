"""Does a request body have the shape that Graph's schema asks for? Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import NamedTuple

from tapctl.sandbox.shapes import ENUMS, FLAGS, SHAPES, VARIANTS
from tapctl.sandbox.values import Json, JsonObject, is_guid, moment_of

NOTATION = re.compile(r"(-?)([\w]+(?:\(reference\))?)(?:\((\d+)\.\.(\d+)\))?(\[\])?(!?)")


class MismatchError(Exception):
    """A value does not fit its place in the schema.

    `newer` names what a later schema may have there: a property, an enum member or a type; else it is empty.
    """

    def __init__(self, path: str, why: str, *, newer: str = "") -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why
        self.newer = newer


class Rule(NamedTuple):
    name: str
    is_readonly: bool
    is_list: bool
    is_required: bool
    range: tuple[int, int] | None


@cache
def rule_of(notation: str) -> Rule:
    match = NOTATION.fullmatch(notation)
    if match is None:
        raise ValueError(f"not in the notation of shapes.py: {notation}")
    readonly, name, low, high, many, required = match.groups()
    limits = (int(low), int(high)) if low else None
    return Rule(name, readonly == "-", many == "[]", required == "!", limits)


def check_body(body: Json, shape: str, learned: Callable[[], Collection[str]] = tuple) -> JsonObject:
    """Return the body, an object of that shape, or raise MismatchError.

    `learned` says, when it is asked, what this service has beyond the schema (see newer.py).
    """
    known: Collection[str] | None = None
    for mismatch in mismatches(body, shape):
        known = learned() if known is None else known
        if not mismatch.newer or mismatch.newer not in known:
            raise mismatch
    return dict(body)


def mismatches(body: Json, shape: str) -> Iterator[MismatchError]:
    """Everything in the body that the schema has not; what is inside of that is not looked at."""
    yield from _in_object(body, shape, "")


def type_named(body: Json) -> str:
    """The type a body claims in `@odata.type`, without Graph's prefix; empty if it claims none."""
    claimed = body.get("@odata.type") if isinstance(body, dict) else None
    return claimed.lstrip("#").removeprefix("microsoft.graph.") if isinstance(claimed, str) else ""


def _in_object(value: Json, shape: str, path: str) -> Iterator[MismatchError]:
    if not isinstance(value, dict):
        yield MismatchError(path, "an object is expected")
        return
    if shape in VARIANTS:
        claimed = type_named(value)
        if claimed not in VARIANTS[shape]:
            said = f"'@odata.type' has to name a kind of {shape}"
            yield MismatchError(path, said, newer=f"{shape}: {claimed}" if claimed else "")
            return
        shape = claimed
    for key, item in value.items():
        place = f"{path}/{key}" if path else key
        if key == "@odata.type":
            if type_named(value) != shape.removesuffix("(reference)"):
                yield MismatchError(place, f"'{item}' is not {shape}")
        elif key not in SHAPES[shape]:
            said = f"there is no property '{key}' on {shape}"
            yield MismatchError(place, said, newer=f"{shape}/{key}")
        else:
            yield from _in_property(item, rule_of(SHAPES[shape][key]), place)


def _in_property(value: Json, rule: Rule, place: str) -> Iterator[MismatchError]:
    if rule.is_readonly:
        yield MismatchError(place, "the property is read-only")
    elif value is None:
        if rule.is_required:
            yield MismatchError(place, "null is not accepted")
    elif rule.is_list:
        if not isinstance(value, list):
            yield MismatchError(place, "a list is expected")
            return
        for index, item in enumerate(value):
            yield from _in_value(item, rule, f"{place}/{index}")
    else:
        yield from _in_value(value, rule, place)


def _in_value(value: Json, rule: Rule, place: str) -> Iterator[MismatchError]:
    if rule.name in SHAPES or rule.name in VARIANTS:
        yield from _in_object(value, rule.name, place)
    elif not _fits(value, rule.name):
        said = f"{value!r} is not a value of {rule.name}"
        is_word = isinstance(value, str) and (rule.name in ENUMS or rule.name in FLAGS or rule.name == "guid")
        yield MismatchError(place, said, newer=f"{rule.name}={value}" if is_word else "")
    elif rule.range and not rule.range[0] <= value <= rule.range[1]:
        yield MismatchError(place, f"{value} is not between {rule.range[0]} and {rule.range[1]}")


def _fits(value: Json, name: str) -> bool:
    if name in ENUMS:
        return value in ENUMS[name]
    if name in FLAGS:
        return isinstance(value, str) and set(split_flags(value)) <= set(FLAGS[name])
    if name == "bool":
        return isinstance(value, bool)
    if name == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str) and _is_scalar(value, name)


def _is_scalar(value: str, name: str) -> bool:
    if name == "guid":
        return is_guid(value)
    return name != "time" or _is_moment(value)


def _is_moment(value: str) -> bool:
    try:
        moment_of(value)
    except ValueError:
        return False
    return True


def split_flags(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def order_flags(text: str, name: str) -> str:
    """Flags as Graph answers: in the order of its enum, newer ones last, without blanks or repetition."""
    members = dict.fromkeys(split_flags(text))
    known = [member for member in FLAGS[name] if member in members]
    return ",".join([*known, *(member for member in members if member not in FLAGS[name])])
