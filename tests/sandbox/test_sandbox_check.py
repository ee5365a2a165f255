"""Bodies have the shape that Graph's schema asks for, or are refused with the place that is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapctl.sandbox.check import MismatchError, check_body, order_flags, rule_of, type_named
from tapctl.sandbox.shapes import ENUMS, FLAGS, SHAPES, VARIANTS

WRONG = [
    ("conditionalAccessPolicy", [], "", "an object"),
    ("conditionalAccessPolicy", {"nope": 1}, "nope", "no property"),
    ("conditionalAccessPolicy", {"id": "x"}, "id", "read-only"),
    ("conditionalAccessPolicy", {"displayName": None}, "displayName", "null"),
    ("conditionalAccessPolicy", {"displayName": 1}, "displayName", "not a value"),
    ("conditionalAccessPolicy", {"state": "unknownFutureValue"}, "state", "not a value"),
    ("conditionalAccessPolicy", {"state": ["enabled"]}, "state", "not a value"),
    ("conditionalAccessPolicy", {"@odata.type": "#microsoft.graph.group"}, "@odata.type", "is not"),
    ("conditionalAccessConditionSet", {"clientAppTypes": "all"}, "clientAppTypes", "list"),
    ("conditionalAccessConditionSet", {"platforms": []}, "platforms", "an object"),
    ("conditionalAccessConditionSet", {"insiderRiskLevels": ["minor"]}, "insiderRiskLevels", "not a value"),
    ("conditionalAccessConditionSet", {"insiderRiskLevels": "minor, huge"}, "insiderRiskLevels", "not a"),
    (
        "conditionalAccessSessionControls",
        {"disableResilienceDefaults": 1},
        "disableResilienceDefaults",
        "not",
    ),
    ("signInFrequencySessionControl", {"value": True}, "value", "not a value"),
    ("signInFrequencySessionControl", {"value": "4"}, "value", "not a value"),
    (
        "temporaryAccessPassAuthenticationMethodConfiguration",
        {"defaultLength": 7},
        "defaultLength",
        "between",
    ),
    ("temporaryAccessPassAuthenticationMethod", {"startDateTime": "soon"}, "startDateTime", "not a value"),
    ("fido2KeyRestrictions", {"aaGuids": ["x"]}, "aaGuids/0", "not a value"),
    ("namedLocation", {"displayName": "x"}, "", "@odata.type"),
]


@pytest.mark.parametrize(("shape", "body", "place", "why"), WRONG)
def test_a_mismatch_names_its_place(shape: str, body: Any, place: str, why: str) -> None:
    with pytest.raises(MismatchError, match=why) as caught:
        check_body(body, shape)

    assert caught.value.path == place


def test_right_shapes_pass() -> None:
    body = {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "x", "ipRanges": []}

    assert check_body(body, "namedLocation") == body
    assert check_body({"startDateTime": "2026-01-01T00:00:00Z"}, "temporaryAccessPassAuthenticationMethod")
    assert check_body({"aaGuids": ["cb69481e-8ff7-4039-93ec-0a2729a154a8"]}, "fido2KeyRestrictions")


def test_every_name_in_the_shapes_is_known() -> None:
    scalars = {"text", "bool", "int", "guid", "time"}

    names = {rule_of(notation).name for shape in SHAPES.values() for notation in shape.values()}

    assert names <= scalars | ENUMS.keys() | FLAGS.keys() | SHAPES.keys() | VARIANTS.keys()


def test_a_notation_of_another_kind_is_a_bug() -> None:
    with pytest.raises(ValueError, match="notation"):
        rule_of("text?")


def test_a_type_is_named_or_not() -> None:
    assert type_named({"@odata.type": "#microsoft.graph.group"}) == "group"
    assert type_named({}) == type_named([]) == type_named({"@odata.type": 1}) == ""


@given(st.sets(st.sampled_from(FLAGS["methodModes"]), min_size=1), st.randoms())
def test_flags_have_one_order(members: set[str], random: Any) -> None:
    shuffled = list(members)
    random.shuffle(shuffled)

    ordered = order_flags(", ".join(shuffled), "methodModes")

    assert set(ordered.split(",")) == members
    assert order_flags(ordered, "methodModes") == ordered
