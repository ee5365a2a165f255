"""The fast yes must never disagree with jsonschema."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tapctl import schema
from tapctl.kinds import kinds
from tapctl.load import load_workspace
from tapctl.model import Json, JsonObject
from tapctl.validate import validate
from tapctl.validate.conforms import conforms

SCALARS = st.none() | st.booleans() | st.integers(-5, 50_000) | st.floats(-1, 9) | st.text(max_size=4)


def _likely(node: JsonObject) -> st.SearchStrategy[Json]:
    """Values close to what a schema wants, right and wrong ones."""
    wanted = [SCALARS, st.sampled_from(cast("list[Json]", node.get("examples", [None])))]
    if "enum" in node:
        wanted.append(st.sampled_from(cast("list[Json]", node["enum"])))
    if isinstance(items := node.get("items"), dict):
        wanted.append(st.lists(st.deferred(lambda: _likely(items)), max_size=3))
    if isinstance(properties := node.get("properties"), dict):
        known = {key: _likely(cast(JsonObject, below)) for key, below in properties.items()}
        wanted.append(st.fixed_dictionaries({}, optional={**known, "strange": SCALARS}))
    return cast("st.SearchStrategy[Json]", st.one_of(*wanted))


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_a_yes_is_jsonschema_s_yes(kind: str) -> None:
    node = schema.read(kind)
    validator = Draft202012Validator(node)

    @settings(max_examples=60, deadline=None)
    @given(_likely(node))
    def agree(value: Json) -> None:
        if conforms(node, value):
            assert validator.is_valid(value)

    agree()


@pytest.mark.parametrize(
    ("node", "right", "wrong"),
    [
        ({"type": "integer", "minimum": 8, "maximum": 48}, 8, 7),
        ({"type": ["string", "integer"]}, "x", True),
        ({"type": "boolean"}, False, 0),
        ({"type": "null"}, None, 0),
        ({"enum": ["a", "b"]}, "a", "c"),
        ({"type": "string", "minLength": 1, "pattern": "^x"}, "xy", "y"),
        ({"type": "string", "maxLength": 2}, "ab", "abc"),
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": True}, ["a", "b"], ["a", "a"]),
        ({"type": "array", "minItems": 1}, [1], []),
        ({"type": "array", "items": {"type": "string"}}, ["a"], [1]),
        ({"type": "object", "required": ["a"]}, {"a": 1}, {}),
        ({"type": "object", "properties": {"a": {}}, "additionalProperties": False}, {"a": 1}, {"b": 1}),
        ({"patternProperties": {"^@": {"type": "null"}}}, {"@a": None, "b": 1}, {"@a": 1}),
        ({"patternProperties": {"^@": {}}, "additionalProperties": False}, {"@a": 1}, {"a": 1}),
    ],
)
def test_plain_keywords_are_decided(node: JsonObject, right: Json, wrong: Json) -> None:
    assert conforms(node, right)
    assert not conforms(node, wrong)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"oneOf": [{"type": "string"}]}, "x"),
        ({"type": "array", "items": False}, []),
        ({"type": "array", "uniqueItems": True}, [1, 2.5]),
        ({"type": "object", "additionalProperties": {}}, {"a": 1}),
    ],
)
def test_what_is_not_plain_is_left_to_jsonschema(node: JsonObject, value: Json) -> None:
    assert not conforms(node, value)


def test_the_example_s_specs_conform_plainly() -> None:
    folder = Path(__file__).parents[2] / "policies"
    known = {name: kind.singleton for name, kind in kinds().items()}
    desired, _ = validate(load_workspace(folder, "sandbox", known_kinds=known).resources)

    assert all(conforms(schema.read(item.kind.name), item.spec) for item in desired)
