"""Whether a value plainly conforms to a JSON Schema, without the library that explains why it does not.

Importing jsonschema takes longer than everything else `validate` does. Most documents are right, and to
know that, the few keywords our schemas use are enough. `conforms` says yes only when it is certain: a
keyword it does not know counts as "no", and jsonschema decides. A test holds the two against each other.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Final, cast

from tapctl.model import Json, JsonObject

_ANNOTATIONS: Final = frozenset(
    {"$schema", "$id", "$comment", "title", "description", "default", "examples", "readOnly", "deprecated"}
)
_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
    "boolean": bool,
    "null": type(None),
}
_FOR_STRINGS: Final = frozenset({"minLength", "maxLength", "pattern"})
_FOR_NUMBERS: Final = frozenset({"minimum", "maximum"})
_FOR_LISTS: Final = frozenset({"items", "minItems", "maxItems", "uniqueItems"})
_FOR_OBJECTS: Final = frozenset({"properties", "required", "additionalProperties", "patternProperties"})
_KNOWN: Final = _ANNOTATIONS | {"type", "enum"} | _FOR_STRINGS | _FOR_NUMBERS | _FOR_LISTS | _FOR_OBJECTS


def conforms(schema: JsonObject, value: Json) -> bool:
    """True if `value` satisfies `schema` for certain; False if it does not, or if jsonschema has to say."""
    if any(key not in _KNOWN and not key.startswith("x-") for key in schema):
        return False
    if "type" in schema and not _is_of_type(schema["type"], value):
        return False
    if "enum" in schema and value not in cast("list[Json]", schema["enum"]):
        return False
    match value:
        case str():
            return _text(schema, value)
        case bool() | None:
            return True
        case int() | float():
            return _within(schema, value, "minimum", "maximum")
        case list():
            return _list(schema, value)
        case _:
            return _object(schema, value)


def _is_of_type(wanted: Json, value: Json) -> bool:
    names = wanted if isinstance(wanted, list) else [wanted]
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES[str(name)]) for name in names if name != "boolean")


def _within(schema: JsonObject, number: float, low: str, high: str) -> bool:
    least, most = cast("float | None", schema.get(low)), cast("float | None", schema.get(high))
    return (least is None or number >= least) and (most is None or number <= most)


def _text(schema: JsonObject, value: str) -> bool:
    pattern = schema.get("pattern")
    fits = not isinstance(pattern, str) or _compiled(pattern).search(value) is not None
    return fits and _within(schema, len(value), "minLength", "maxLength")


def _list(schema: JsonObject, value: list[Json]) -> bool:
    items = schema.get("items", {})
    if not isinstance(items, dict) or not _within(schema, len(value), "minItems", "maxItems"):
        return False
    if schema.get("uniqueItems") is True and not _differ(value):
        return False
    return all(conforms(items, item) for item in value)


def _differ(values: list[Json]) -> bool:
    """Whether no value is there twice; with fractions in it nobody is certain (1 and 1.0 are one number)."""
    return len({json.dumps(item, sort_keys=True) for item in values}) == len(values) and not any(
        map(_has_fraction, values)
    )


def _has_fraction(value: Json) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, float) or any(map(_has_fraction, inner))


def _object(schema: JsonObject, value: JsonObject) -> bool:
    if not set(cast("list[str]", schema.get("required", []))) <= value.keys():
        return False
    return all(
        all(conforms(rules, item) for rules in _rules_for(schema, key)) and _may_be(schema, key)
        for key, item in value.items()
    )


def _rules_for(schema: JsonObject, key: str) -> list[JsonObject]:
    """What the schema says about one property: by its name, and by patterns of names."""
    properties = cast("dict[str, JsonObject]", schema.get("properties", {}))
    patterns = cast("dict[str, JsonObject]", schema.get("patternProperties", {}))
    named = [properties[key]] if key in properties else []
    return named + [rules for pattern, rules in patterns.items() if _compiled(pattern).search(key)]


def _may_be(schema: JsonObject, key: str) -> bool:
    return "additionalProperties" not in schema or bool(_rules_for(schema, key))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
