from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapctl.errors import Refused, TapctlError
from tapctl.model import Address, Json, JsonObject, Path
from tapctl.workspace.document import Draft
from tapctl.workspace.edit import updated, with_pins
from tapctl.workspace.emit import literal, read_back, render, same

POLICY = """\
# yaml-language-server: $schema=s.json
# The pair of policies.
kind: ConditionalAccessPolicy
name: One   # its name
spec:
    state: enabled            # since May

    # Who
    conditions:
        users:
            includeGroups:
            - New hires    # everybody who starts
            # guests, for now
            - Guests
            - 'Staff'
            excludeGroups: [Break glass]   # never remove
    # How
    grantControls: {operator: OR, "builtInControls": [mfa]}
---
kind: Group
name:   Two
spec: {a: 1}  # odd   spacing
"""
SPEC: JsonObject = {
    "state": "enabled",
    "conditions": {
        "users": {"includeGroups": ["New hires", "Guests", "Staff"], "excludeGroups": ["Break glass"]}
    },
    "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
}


def policy(**changes: Json) -> JsonObject:
    return {**SPEC, **changes}


def users(**changes: Json) -> JsonObject:
    return policy(conditions={"users": {"includeGroups": ["New hires", "Guests", "Staff"],
                                        "excludeGroups": ["Break glass"], **changes}})  # fmt: skip


def changed(text: str, spec: JsonObject, index: int = 0) -> list[str]:
    """The lines that went (-) and came (+), which is what a reviewer sees."""
    import difflib

    new = updated(text, index, spec)
    return [line for line in difflib.ndiff(text.splitlines(), new.splitlines()) if line[0] in "+-"]


KEYS = st.sampled_from(["a", "b", "c", "d e", "@odata.type", "x:y", "rule"])
LEAVES = st.sampled_from(
    [None, True, 1, 1.5, "", "text", "NO", "${x}", "two\nlines", "w " * 60, "a\r\nb", "# c"]
)
SPECS = st.dictionaries(
    KEYS,
    st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
        max_leaves=10,
    ),
    max_size=4,
)


def paths(value: Json, path: Path = ()) -> list[Path]:
    items: list[tuple[str | int, Json]] = []
    if isinstance(value, (list, dict)):
        items = list(value.items() if isinstance(value, dict) else enumerate(value))
    return [path, *(found for key, item in items for found in paths(item, (*path, key)))]


@given(old=SPECS, new=SPECS, is_commented=st.booleans(), newline=st.sampled_from(["\n", "\r\n"]))
def test_any_spec_becomes_any_other(
    old: JsonObject, new: JsonObject, is_commented: bool, newline: str
) -> None:
    comments = {path: f"about {path}" for path in paths(old)} if is_commented else {}
    one = render(Draft(kind="Group", name="G", spec=old), schema_path="s", comments=comments)
    text = (one + "---\n" + one).replace("\n", newline)

    result = updated(text, 1, new)

    first, second = read_back(result)
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert same(first["spec"], literal(old))
    assert same(second["spec"], literal(new))
    assert updated(result, 1, new) == result
    assert result.startswith(one.replace("\n", newline))


def test_nothing_changes_where_nothing_is_meant_to() -> None:
    assert updated(POLICY, 0, SPEC) == POLICY
    assert updated(POLICY.replace("\n", "\r\n"), 1, {"a": 1}) == POLICY.replace("\n", "\r\n")


def test_a_scalar_changes_in_place_and_keeps_its_comment() -> None:
    assert changed(POLICY, policy(state="disabled")) == [
        "-     state: enabled            # since May",
        "+     state: disabled            # since May",
    ]


def test_a_property_goes_with_its_comment() -> None:
    spec = {key: item for key, item in SPEC.items() if key != "grantControls"}

    assert changed(POLICY, spec) == [
        "-     # How",
        '-     grantControls: {operator: OR, "builtInControls": [mfa]}',
    ]


def test_new_properties_come_last() -> None:
    assert changed(POLICY, policy(sessionControls={"signInFrequency": {"value": 4}}, extra=[])) == [
        "+     sessionControls:",
        "+       signInFrequency:",
        "+         value: 4",
        "+     extra: []",
    ]


def test_items_that_stay_keep_their_comments() -> None:
    assert changed(POLICY, users(includeGroups=["Staff", "New hires", "More"])) == [
        "+             - 'Staff'",
        "-             # guests, for now",
        "-             - Guests",
        "+             - More",
        "-             - 'Staff'",
    ]


def test_an_item_that_moves_takes_its_comment_along() -> None:
    text = updated(POLICY, 0, users(includeGroups=["Guests", "Staff", "New hires"]))

    assert (
        "            - 'Staff'\n            - New hires    # everybody who starts\n            excl" in text
    )


def test_a_list_in_brackets_stays_in_brackets_while_it_fits() -> None:
    assert changed(POLICY, users(excludeGroups=["Break glass", "a, b"])) == [
        "-             excludeGroups: [Break glass]   # never remove",
        '+             excludeGroups: [Break glass, "a, b"]   # never remove',
    ]


def test_a_list_that_outgrows_its_brackets_goes_below_its_comment() -> None:
    lines = changed(POLICY, users(excludeGroups=[f"Group number {number}" for number in range(9)]))

    assert lines[1:3] == [
        "+             excludeGroups:   # never remove",
        "+               - Group number 0",
    ]


def test_a_mapping_in_brackets_changes_inside_them() -> None:
    spec = policy(grantControls={"operator": "AND", "builtInControls": ["mfa", "x"], "extra": {"a": [True]}})

    assert changed(POLICY, spec)[1:] == [
        '+     grantControls: {operator: AND, "builtInControls": [mfa, x], extra: {a: [true]}}'
    ]


def test_a_property_in_brackets_may_go() -> None:
    assert changed(POLICY, policy(grantControls={"operator": ["OR"]}))[1:] == [
        "+     grantControls: {operator: [OR]}"
    ]


def test_a_list_that_becomes_empty_is_written_so() -> None:
    assert changed(POLICY, users(includeGroups=[]))[1] == "+             includeGroups: []"


def test_the_other_documents_of_a_file_stay_as_they_are() -> None:
    assert changed(POLICY, {"a": 2, "b": 3}, index=1) == [
        "- spec: {a: 1}  # odd   spacing",
        "+ spec: {a: 2, b: 3}  # odd   spacing",
    ]


def test_the_first_property_of_an_item_may_go() -> None:
    text = "kind: X\nspec:\n  l:\n    - a: 1  # one\n      # about b\n      b: 2\n    - a: 3\n"

    assert updated(text, 0, {"l": [{"b": 2, "c": 4}, {"a": 3}]}) == (
        "kind: X\nspec:\n  l:\n      # about b\n    - b: 2\n      c: 4\n    - a: 3\n"
    )


def test_an_item_below_its_dash_is_found() -> None:
    text = "kind: X\nspec:\n  l:\n    - # - one\n      a: 1\n    - b: 2\n    - null\n"

    assert updated(text, 0, {"l": [{"b": 2}, None]}) == "kind: X\nspec:\n  l:\n    - b: 2\n    - null\n"


def test_a_block_of_text_ends_where_its_lines_end() -> None:
    text = "kind: X\nspec:\n  rule: |-  # why\n    one\n\n    two\n  # about b\n  b: 1"

    assert updated(text, 0, {"rule": "three\nfour", "b": 1}) == (
        "kind: X\nspec:\n  rule: |-  # why\n    three\n    four\n  # about b\n  b: 1\n"
    )
    assert updated(text, 0, {"rule": "\x85\n", "b": 1}).startswith(
        'kind: X\nspec:\n  rule: "\\x85\\n"  # why\n  # about b\n'
    )


def test_text_that_needs_several_lines_keeps_the_comment_behind_it() -> None:
    assert updated("kind: X\nspec:\n  a: x # c\n", 0, {"a": "x\r\ny"}) == (
        'kind: X\nspec:\n  a: "x\\r\\n\\\n    y" # c\n'
    )


def test_comments_below_and_further_in_go_with_what_they_are_about() -> None:
    text = "kind: X\nspec:\n  a: |\n    x\n   # about a\n  # about b\n  b: 1\n"

    assert updated(text, 0, {"b": 1}) == "kind: X\nspec:\n  # about b\n  b: 1\n"


def test_a_property_without_a_value_takes_one() -> None:
    assert updated("kind: X\nspec:  # later\n", 0, {"a": 1}) == "kind: X\nspec:  # later\n  a: 1\n"
    assert updated("kind: X\n", 0, {"a": 1}) == "kind: X\nspec:\n  a: 1\n"
    assert updated("{kind: X}", 0, {"a": 1}) == "{kind: X, spec: {a: 1}}\n"


def test_a_byte_order_mark_and_windows_line_ends_stay() -> None:
    text = "\ufeffkind: X\r\nspec:\r\n  a: 1\r\n"

    assert updated(text, 0, {"a": 2, "b": "x\ny"}) == (
        "\ufeffkind: X\r\nspec:\r\n  a: 2\r\n  b: |-\r\n    x\r\n    y\r\n"
    )


def test_a_variable_that_comes_to_the_same_stays() -> None:
    text = "kind: X\nspec:\n  a: ${a}\n  b: [${b}]\n  c: $${c}\n  d: ${d}\n".replace("[${b}]", '["${b}"]')

    spec: JsonObject = {"a": "A", "b": ["x", "y"], "c": "${c}", "d": "${d}", "e": "${e}"}
    new = updated(text, 0, spec, variables={"a": "A", "b": ["x", "y"]})

    assert new == text + "  e: $${e}\n"


@pytest.mark.parametrize("spec", [{"a": {"b": "x"}}, {"a": {}}, {}, {"a": {"b": "x ${d}", "c": 1}}])
def test_a_variable_that_would_change_is_refused(spec: JsonObject) -> None:
    with pytest.raises(Refused, match=r"spec\.a.* is written with a variable .*\$\{b\}"):
        updated("kind: X\nspec:\n  a: {b: 'x ${b}', c: [{d: '${b}'}]}\n", 0, spec)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("kind: X\nspec: {a: &a 1, b: *a}\n", "anchors"),
        ("kind: !!str X\nspec: {a: 1}\n", "anchors"),
        ("kind: X\nspec: {a: 1, # one\n  b: 2}\n", "comments inside"),
        ("- X\n", "no document number 1"),
        ("kind: X\nspec: [a", "not closed"),
        ("kind: X\nspec:\n  a:\n    - 3\n    -\n", "by hand"),
        ("kind: X\nspec:\n  a: |2\n      x\n    y\n  b: 1\n", "by hand"),
        ("kind: X\nspec:\n  a: b\u2028  c: d\n", "by hand"),
    ],
)
def test_what_cannot_be_changed_safely_is_refused(text: str, why: str) -> None:
    with pytest.raises(TapctlError, match=why):
        updated(text, 0, {"a": [3]})


PIN = {Address("Group", "Break glass"): "0F0E0D0C-1111-2222-3333-444455556666"}


def test_pins_are_added_to_what_there_is() -> None:
    text = "# Production\ntenantId: t   # ours\npins:\n  User/a@b.c: x  # who\n\nvariables: {}\n"

    assert with_pins(text, PIN) == (
        "# Production\ntenantId: t   # ours\npins:\n  User/a@b.c: x  # who\n"
        "  Group/Break glass: 0F0E0D0C-1111-2222-3333-444455556666\n\nvariables: {}\n"
    )


@pytest.mark.parametrize(
    ("text", "head"),
    [
        (None, ""),
        ("\r\n", ""),
        ("# why\r\n", "# why\n"),
        ("tenantId: t", "tenantId: t\n"),
        ("a: 1\npins:\n", "a: 1\n"),
    ],
)
def test_a_file_without_pins_gets_them(text: str | None, head: str) -> None:
    written = with_pins(text, PIN).replace("\r\n", "\n")

    assert written == f"{head}pins:\n  Group/Break glass: 0F0E0D0C-1111-2222-3333-444455556666\n"
    assert with_pins(written, {address: pin.lower() for address, pin in PIN.items()}) == written


@pytest.mark.parametrize("text", ["a: 1\n---\nb: 1\n", "- a\n", "pins: {Group/Break glass: other}\n"])
def test_pins_that_do_not_fit_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        with_pins(text, PIN)
