"""A schema → every field of it by its path, with what the schema says of each: for explaining."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast

from tapctl import schema
from tapctl.model import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a schema says of one value; None and empty where it says nothing. `default` is JSON text."""

    types: tuple[str, ...]
    is_required: bool
    default: str | None
    values: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    unit: str | None
    refers_to: tuple[str, ...]
    words: tuple[str, ...]
    is_set: bool
    is_read_only: bool
    is_left_as_is: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One value of a schema: its path from the root, its keywords, and whether its parent needs it."""

    path: str
    keywords: JsonObject
    is_required: bool
    children: tuple[Node, ...]


@cache
def fields_by_path(name: str) -> Mapping[str, Node]:
    """Every field of a schema by its path in lower case; a list is passed through to its items' fields."""
    return {node.path.lower(): node for node in _below(children(schema.read(name), ""))}


def _below(nodes: tuple[Node, ...]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _below(node.children)


def children(keywords: JsonObject, above: str) -> tuple[Node, ...]:
    items = keywords.get("items")
    holder = items if isinstance(items, dict) and "properties" not in keywords else keywords
    required = cast("list[str]", holder.get("required", []))
    properties = cast("dict[str, JsonObject]", holder.get("properties", {}))
    return tuple(
        Node(
            path=f"{above}{name}",
            keywords=child,
            is_required=name in required,
            children=children(child, f"{above}{name}."),
        )
        for name, child in properties.items()
    )


def facts_of(node: Node) -> Facts:
    keywords = node.keywords
    items = keywords.get("items")
    each = items if isinstance(items, dict) else keywords
    return Facts(
        types=_types(keywords),
        is_required=node.is_required,
        default=_json(keywords["default"]) if "default" in keywords else None,
        values=tuple(str(value) for value in cast("list[Json]", each.get("enum", [])) if value is not None),
        minimum=_number(keywords.get("minimum")),
        maximum=_number(keywords.get("maximum")),
        unit=cast("str | None", keywords.get("x-unit")),
        refers_to=tuple(cast("list[str]", each.get("x-reference", []))),
        words=tuple(cast("list[str]", each.get("x-words", []))),
        is_set=keywords.get("uniqueItems") is True,
        is_read_only=keywords.get("readOnly") is True,
        is_left_as_is=keywords.get("x-unmanaged") is True,
    )


def _types(keywords: JsonObject) -> tuple[str, ...]:
    said = keywords.get("type", "string" if "enum" in keywords else [])
    return tuple(map(str, said)) if isinstance(said, list) else (str(said),)


def _number(value: Json) -> float | None:
    return value if isinstance(value, int | float) else None


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
