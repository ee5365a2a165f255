"""schemas/<Kind>.schema.json, read once into a tree of Fields that every stage is driven by.

Beside JSON Schema's own keywords (type, enum, default, uniqueItems, readOnly, minimum ...) a schema may say:

    x-reference: [Kind, ...]   the string names an object of one of these kinds
    x-words: [All, ...]        Graph's own words that may stand in place of a reference
    x-unit: minutes            a number that may be written as a duration (8h)
    x-flags: true              members joined by commas in one string on the wire (a list here)
    x-shorthand: id            a plain string stands for {id: string}
    x-format: guid|cidr|country|combination|rule
    x-also-called: [app, ...]  what others call it: no name of it here, but what a mistake was meant to be
    x-deliberate: true         written by import where it is the default too: left unsaid, it is no decision
    x-unmanaged: true          left as it is in the tenant when the document does not mention it
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path as FilePath
from typing import Final, Literal, cast

from tapctl.model import Json, JsonObject, Path


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""No default: `None` is a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One property of a spec, as its schema describes it."""

    type: Literal["object", "array", "scalar"]
    properties: Mapping[str, Field]
    items: Field | None
    required: tuple[str, ...]
    default: Json | _Missing
    enum: Mapping[str, str]
    references: tuple[str, ...]
    words: Mapping[str, str]
    also_called: tuple[str, ...]
    format: str
    unit: str
    shorthand: str
    is_set: bool
    is_flags: bool
    is_boolean: bool
    is_read_only: bool
    is_unmanaged: bool
    is_deliberate: bool
    min_items: int
    refers: bool  # itself, or something in it


def folder() -> FilePath:
    """Where the schemas are: beside the package in a checkout, inside it when installed."""
    installed = FilePath(__file__).parent / "schemas"
    return installed if installed.is_dir() else FilePath(__file__).parent.parent / "schemas"


@cache
def read(name: str) -> JsonObject:
    """`schemas/<name>.schema.json` with every `$ref` replaced by what it points to."""
    document = _parse(name)
    resolved = _resolve(document, name)
    if not isinstance(resolved, dict):
        raise TypeError(f"schemas/{name}.schema.json is not an object")
    return resolved


@cache
def fields(name: str) -> Field:
    """The Field tree of `schemas/<name>.schema.json`."""
    return _field(read(name))


def named_fields(node: Field, path: Path = ()) -> Iterator[tuple[Path, Field]]:
    """Every property below, with its path; lists are seen through."""
    for name, child in node.properties.items():
        yield (*path, name), child
        yield from named_fields(child.items or child, (*path, name))


@cache
def _parse(name: str) -> JsonObject:
    text = (folder() / f"{name}.schema.json").read_text(encoding="utf-8")
    return cast(JsonObject, json.loads(text))


def _resolve(node: Json, home: str) -> Json:
    if isinstance(node, list):
        return [_resolve(item, home) for item in node]
    if not isinstance(node, dict):
        return node
    siblings = {key: _resolve(value, home) for key, value in node.items() if key not in ("$ref", "$defs")}
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return siblings
    file, _, pointer = reference.partition("#")
    target_home = file.removesuffix(".schema.json") or home
    target: Json = _parse(target_home)
    for step in pointer.strip("/").split("/"):
        target = cast(JsonObject, target)[step] if step else target
    return {**cast(JsonObject, _resolve(target, target_home)), **siblings}


def _field(node: JsonObject) -> Field:
    properties = cast("dict[str, JsonObject]", node.get("properties", {}))
    items = node.get("items")
    inner = {key: _field(value) for key, value in properties.items()}
    item = _field(items) if isinstance(items, dict) else None
    return Field(
        type=_type(node),
        properties=inner,
        items=item,
        required=tuple(cast("list[str]", node.get("required", []))),
        default=node.get("default", MISSING),
        enum=_folded(node.get("enum")),
        references=tuple(cast("list[str]", node.get("x-reference", []))),
        words=_folded(node.get("x-words")),
        also_called=tuple(cast("list[str]", node.get("x-also-called", []))),
        format=str(node.get("x-format", "")),
        unit=str(node.get("x-unit", "")),
        shorthand=str(node.get("x-shorthand", "")),
        is_set=node.get("uniqueItems") is True,
        is_flags=node.get("x-flags") is True,
        is_boolean=node.get("type") in ("boolean", ["boolean", "null"]),
        is_read_only=node.get("readOnly") is True,
        is_unmanaged=node.get("x-unmanaged") is True,
        is_deliberate=node.get("x-deliberate") is True,
        min_items=cast(int, node.get("minItems", 0)),
        refers="x-reference" in node
        or any(below.refers for below in (*inner.values(), *([item] if item else []))),
    )


def _type(node: JsonObject) -> Literal["object", "array", "scalar"]:
    if "properties" in node:
        return "object"
    return "array" if "items" in node else "scalar"


def _folded(values: Json) -> dict[str, str]:
    """Spellings by their lower-case form: Graph's words differ in letter case between answers."""
    return {value.lower(): value for value in cast("list[Json]", values or []) if isinstance(value, str)}
