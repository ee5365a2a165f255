from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapctl.errors import TapctlError
from tapctl.load.environment import expanded
from tapctl.load.settings import Section
from tapctl.load.yaml12 import Allowance
from tapctl.model import Finding, Json, JsonObject, Path, Source
from tapctl.workspace.document import Draft
from tapctl.workspace.emit import WIDTH, read_back, render, same

SCALARS = st.none() | st.booleans() | st.integers(-(1 << 63) + 1, (1 << 63) - 1) | st.floats(allow_nan=False)
TEXTS = st.text() | st.text(alphabet="ab -:#{}[],&*!|>'\"%@`\n\r\t$\\?~=<.0_")
VALUES = st.recursive(
    SCALARS.filter(lambda value: value not in (float("inf"), float("-inf"))) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(TEXTS.filter(lambda key: key != "<<"), inner, max_size=4)
    ),
    max_leaves=12,
)


def text_of(spec: JsonObject, comments: dict[Path, str] | None = None) -> str:
    """The lines below `spec:`."""
    draft = Draft(kind="Group", name="G", spec=spec)
    text = render(draft, schema_path="s.json", comments=comments)
    return text.partition("spec:")[2].removeprefix("\n")


@given(spec=st.dictionaries(TEXTS.filter(lambda key: key != "<<"), VALUES, max_size=4), name=TEXTS)
def test_whatever_is_written_is_read_back(spec: JsonObject, name: str) -> None:
    text = render(Draft(kind="Group", name=name, spec=spec), schema_path="s.json")

    (document,) = read_back(text)
    assert isinstance(document, dict)
    findings: list[Finding] = []
    section = Section(value=document, source=Source(places={}), findings=findings)
    read = expanded(section, "sandbox", {}, Allowance(10_000)).value
    assert findings == []
    assert same(read, {"kind": "Group", "name": name, "spec": spec})


@given(comment=st.text(), name=st.text())
def test_no_comment_changes_what_is_written(comment: str, name: str) -> None:
    comments: dict[Path, str] = {("a", 0): comment, ("b",): comment, ("c",): comment, ("d",): comment}
    spec: JsonObject = {"a": [name], "b": name, "c": "a\nb", "d": {"e": [{"f": 1}]}}

    draft = Draft(kind="Group", name="G", spec=spec, notes=(comment,))
    text = render(draft, schema_path="s.json", comments=comments)

    assert not set(text) & set("\r\x85\u2028\u202e\x1b")


def test_a_document_reads_like_one_that_a_person_wrote() -> None:
    draft = Draft(
        kind="ConditionalAccessPolicy",
        name="CA1: all",
        newer=("conditions.times",),
        notes=("Managed by Microsoft: only state and exclusions may change.",),
        spec={
            "state": "enabled",
            "conditions": {
                "users": {"includeUsers": ["All"], "excludeGroups": ["Break glass", "id:gone"]},
                "devices": {"deviceFilter": {"mode": "exclude", "rule": 'device.model -eq "x: #1"'}},
                "times": [{"from": 1, "to": [1.5, True, None]}, {}, []],
            },
        },
    )

    comments: dict[Path, str] = {("conditions", "users", "excludeGroups", 1): "deleted?\nspec: {}"}
    assert render(draft, schema_path="../s.json", comments=comments) == (
        "# yaml-language-server: $schema=../s.json\n"
        "# Managed by Microsoft: only state and exclusions may change.\n"
        "kind: ConditionalAccessPolicy\n"
        'name: "CA1: all"\n'
        "newer: [conditions.times]\n"
        "spec:\n"
        "  state: enabled\n"
        "  conditions:\n"
        "    users:\n"
        "      includeUsers: [All]\n"
        "      excludeGroups:\n"
        "        - Break glass\n"
        '        - "id:gone"  # deleted?\\nspec: {}\n'.replace('"id:gone"', "id:gone")
        + "    devices:\n"
        "      deviceFilter:\n"
        "        mode: exclude\n"
        "        rule: |-\n"
        '          device.model -eq "x: #1"\n'
        "    times:\n"
        "      - from: 1\n"
        "        to: [1.5, true, null]\n"
        "      - {}\n"
        "      - []\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "NO",
        "on",
        "yes",
        "y",
        "22:22",
        "2027-01-31",
        "0o17",
        "1_000",
        "1,000",
        "~",
        "007",
        "=",
        "",
        " a",
        "a ",
        "1.5",
        "null",
        "true",
        "@odata.type",
        "- a",
        "# a",
        "a # b",
        "a: b",
        "a:",
        "1e999",
        "<<",
        "<RING>",
        "*",
        "&a",
        "%TAG",
        "!",
    ],
)
def test_text_that_some_reader_takes_for_something_else_is_quoted(text: str) -> None:
    assert text_of({"a": text}) == f'  a: "{text}"\n'


@pytest.mark.parametrize(
    "text",
    [
        "All",
        "New hires",
        "c1",
        "10.0.0.0/8",
        "8h",
        "0f0e0d0c-1111-2222-3333-444455556666",
        "Zürich ✓",
        "🔑 Keys",
        "a#b",
        "urn:user:registerdevice",
        "(old) name",
        "don't",
        'say "x"',
    ],
)
def test_other_text_is_written_as_it_is(text: str) -> None:
    assert text_of({"a": text}) == f"  a: {text}\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\u202egnp", r'"\u202egnp"'),
        ("a\x85b", r'"a\x85b"'),
        ("a\xa0b", r'"a\xa0b"'),
        ("\U000e0041", r'"\U000e0041"'),
        ("tab\t", r'"tab\t"'),
        (" \"a\" 'b'\\", "' \"a\" ''b''\\'"),
        ("${name} $${", "$${name} $$${"),
    ],
)
def test_what_hides_or_has_a_meaning_is_escaped(text: str, written: str) -> None:
    assert text_of({"a": text}) == f"  a: {written}\n"


def test_a_list_that_is_too_long_for_a_line_has_one_item_a_line() -> None:
    items: list[Json] = [f"Group {number}" for number in range(20)]

    lines = text_of({"a": items, "b": items[:3]}).splitlines()

    assert lines[:2] == ["  a:", "    - Group 0"]
    assert lines[-1] == "  b: [Group 0, Group 1, Group 2]"


def test_words_with_a_meaning_in_brackets_are_quoted_there() -> None:
    assert text_of({"a": ["b,c", "urn:x", "[d]"]}) == '  a: ["b,c", "urn:x", "[d]"]\n'


def test_long_text_stands_below_its_property() -> None:
    long = "word " * 30 + "end"

    assert text_of({"a": long, "b": [long]}) == f"  a: |-\n    {long}\n  b:\n    - |-\n      {long}\n"


def test_lines_of_text_stay_lines() -> None:
    spec: JsonObject = {"a": "one\n\n  two\n", "b": "\u202eone\r\n two", "c": "x " * 80, "d": "e\n\n"}

    assert text_of(spec, {("a",): "A", ("b",): "B"}) == (
        "  a: |  # A\n    one\n\n      two\n"
        '  b: "\\u202eone\\r\\n\\\n    \\ two"  # B\n'
        f'  c: "{"x " * 80}"\n'
        '  d: "e\\n\\\n    \\n"\n'
    )


def test_a_comment_on_a_mapping_or_on_what_is_not_there_stands_above() -> None:
    comments: dict[Path, str] = {("a", 0): "one", ("a", 0, "gone"): "two", ("a", 9): "three", ("c",): ""}

    written = text_of({"a": [{"b": 1}], "c": 1}, comments)

    assert written == "  a:  # three\n    -  # one; two\n      b: 1\n  c: 1\n"


def test_property_names_of_any_length_are_written() -> None:
    assert text_of({"a:b": 1, "k" * 300: [{"l" * 300: 2}]}).startswith('  "a:b": 1\n  ? kkk')


def test_notes_are_wrapped() -> None:
    draft = Draft(kind="SmsPolicy", name=None, spec={}, notes=("word " * 40,))

    lines = render(draft, schema_path="s").splitlines()

    assert all(len(line) <= WIDTH for line in lines)
    assert lines[-2:] == ["kind: SmsPolicy", "spec: {}"]


@pytest.mark.parametrize("value", [1 << 63, float("nan"), "\ud800", {"<<": 1}])
def test_what_yaml_cannot_say_is_refused(value: Json) -> None:
    with pytest.raises(TapctlError):
        render(Draft(kind="Group", name="G", spec={"a": value}), schema_path="s")
