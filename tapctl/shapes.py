"""JSON of any shape, read as one shape: what has another, or is not there, is empty."""

from __future__ import annotations

from tapctl.model import Json, JsonObject


def as_text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def as_object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def as_objects(value: Json) -> list[JsonObject]:
    """Of a list what is an object."""
    return [item for item in as_list(value) if isinstance(item, dict)]
