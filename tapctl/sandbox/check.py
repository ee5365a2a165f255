"""Does a request body have the shape that Graph's schema asks for? Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from tapctl.sandbox.shapes import ENUMS, FLAGS, SHAPES, VARIANTS
from tapctl.sandbox.values import Json, JsonObject, is_guid, moment_of

NOTATION = re.compile(r"(-?)([\w]+(?:\(reference\))?)(?:\((\d+)\.\.(\d+)\))?(\[\])?(!?)")


class MismatchError(Exception):
    """A value does not fit its place in the schema."""

    def __init__(self, path: str, why: str, *, is_unknown: bool = False) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why
        self.is_unknown = is_unknown


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


def check_body(body: Json, shape: str) -> JsonObject:
    """Return the body, an object of that shape, or raise MismatchError."""
    _check_object(body, shape, "")
    return dict(body)


def type_named(body: Json) -> str:
    """The type a body claims in `@odata.type`, without Graph's prefix; empty if it claims none."""
    claimed = body.get("@odata.type") if isinstance(body, dict) else None
    return claimed.lstrip("#").removeprefix("microsoft.graph.") if isinstance(claimed, str) else ""


def _check_object(value: Json, shape: str, path: str) -> None:
    if not isinstance(value, dict):
        raise MismatchError(path, "an object is expected")
    if shape in VARIANTS:
        shape = _variant(value, shape, path)
    for key, item in value.items():
        place = f"{path}/{key}" if path else key
        if key == "@odata.type":
            _check_type(value, shape, place)
        elif key not in SHAPES[shape]:
            raise MismatchError(place, f"there is no property '{key}' on {shape}", is_unknown=True)
        else:
            _check_property(item, rule_of(SHAPES[shape][key]), place)


def _variant(value: JsonObject, shape: str, path: str) -> str:
    claimed = type_named(value)
    if claimed not in VARIANTS[shape]:
        raise MismatchError(path, f"'@odata.type' has to name a kind of {shape}")
    return claimed


def _check_type(value: JsonObject, shape: str, place: str) -> None:
    if type_named(value) != shape.removesuffix("(reference)"):
        raise MismatchError(place, f"'{value['@odata.type']}' is not {shape}")


def _check_property(value: Json, rule: Rule, place: str) -> None:
    if rule.is_readonly:
        raise MismatchError(place, "the property is read-only")
    if value is None:
        if rule.is_required:
            raise MismatchError(place, "null is not accepted")
    elif rule.is_list:
        if not isinstance(value, list):
            raise MismatchError(place, "a list is expected")
        for index, item in enumerate(value):
            _check_value(item, rule, f"{place}/{index}")
    else:
        _check_value(value, rule, place)


def _check_value(value: Json, rule: Rule, place: str) -> None:
    if rule.name in SHAPES or rule.name in VARIANTS:
        _check_object(value, rule.name, place)
    elif not _fits(value, rule.name):
        raise MismatchError(place, f"{value!r} is not a value of {rule.name}")
    elif rule.range and not rule.range[0] <= value <= rule.range[1]:
        raise MismatchError(place, f"{value} is not between {rule.range[0]} and {rule.range[1]}")


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
    """Flags as Graph answers them: in the order of its enum, without blanks or repetition."""
    members = set(split_flags(text))
    return ",".join(member for member in FLAGS[name] if member in members)
