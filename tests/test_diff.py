from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tapctl.diff import field_changes
from tapctl.model import FieldChange, Json, JsonObject

LEAVES = st.one_of(
    st.booleans(), st.integers(2, 5), st.text(max_size=3), st.lists(st.sampled_from("abc"), min_size=1)
)
KEYS = st.one_of(st.sampled_from(["a", "b", "c"]), st.text("_.[x'\"", min_size=1, max_size=3))
OBJECTS = st.recursive(
    st.dictionaries(KEYS, LEAVES, min_size=1, max_size=3),
    lambda inner: st.dictionaries(KEYS, st.one_of(LEAVES, inner), min_size=1, max_size=3),
    max_leaves=8,
)


@given(OBJECTS)
def test_equals_have_no_difference(spec: JsonObject) -> None:
    assert field_changes(spec, dict(reversed(spec.items()))) == ()


@given(OBJECTS, OBJECTS)
def test_every_change_really_differs(before: JsonObject, after: JsonObject) -> None:
    changes = field_changes(before, after)

    assert [change for change in changes if change.before == change.after] == []
    assert bool(changes) == (before != after)


@given(OBJECTS, OBJECTS)
def test_the_way_back_is_the_same_way(before: JsonObject, after: JsonObject) -> None:
    back = field_changes(after, before)

    assert {(change.path, str(change.after), str(change.before)) for change in back} == {
        (change.path, str(change.before), str(change.after)) for change in field_changes(before, after)
    }


def test_lists_are_compared_whole() -> None:
    before: JsonObject = {"users": {"includeGroups": ["a", "b"]}}
    after: JsonObject = {"users": {"includeGroups": ["a"]}}

    assert field_changes(before, after) == (
        FieldChange(path="users.includeGroups", before=["a", "b"], after=["a"]),
    )


def test_an_object_that_comes_is_shown_by_its_leaves() -> None:
    platforms: Json = {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]}

    paths = [change.path for change in field_changes({}, {"platforms": platforms})]

    assert paths == ["platforms.excludePlatforms", "platforms.includePlatforms"]


def test_a_value_that_becomes_an_object_is_two_things() -> None:
    assert field_changes({"a": "x"}, {"a": {"b": 1}}) == (
        FieldChange(path="a", before="x", after=None),
        FieldChange(path="a.b", before=None, after=1),
    )


def test_objects_with_little_in_common_keep_what_is_equal_out() -> None:
    before: JsonObject = {"users": {"includeUsers": ["All"], "excludeUsers": ["a"]}}
    after: JsonObject = {"users": {"includeUsers": ["All"], "includeRoles": ["r"]}}

    assert [change.path for change in field_changes(before, after)] == [
        "users.excludeUsers",
        "users.includeRoles",
    ]


def test_a_name_with_a_dot_is_not_two_names() -> None:
    assert field_changes({"x.x": 1}, {"x": {"x": 1}}) == (
        FieldChange(path="x.x", before=1, after=None),
        FieldChange(path="x.x", before=None, after=1),
    )


def test_a_number_is_not_a_text() -> None:
    assert field_changes({"a": 1}, {"a": "1"}) == (FieldChange(path="a", before=1, after="1"),)
