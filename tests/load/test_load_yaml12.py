from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tapctl.load import yaml12
from tapctl.load.yaml12 import Allowance, Document, parse
from tapctl.model import Finding, Json, Place

LOADERS = [yaml12.LOADER, yaml.SafeLoader]


def read(text: str | bytes, loader: type = yaml12.LOADER) -> tuple[tuple[Document, ...], tuple[Finding, ...]]:
    data = text if isinstance(text, bytes) else text.encode()
    return parse(data, "a.yaml", Allowance(200_000), loader)


def value(text: str | bytes) -> Json:
    (document,), findings = read(text)
    assert findings == ()
    return document.value


def mistake(text: str | bytes, loader: type = yaml12.LOADER) -> Finding:
    _, (finding,) = read(text, loader)
    assert finding.severity == "error"
    return finding


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("yes", "yes"),
        ("22:22", "22:22"),
        ("1_000", "1_000"),
        ("2027-01-31", "2027-01-31"),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        ("-12", -12),
        ("+1", 1),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.2.3", "1.2.3"),
        ("~", None),
        ("null", None),
        ("true", True),
        ("FALSE", False),
        ("'true'", "true"),
        ("!!str 12", "12"),
        ("! 12", "12"),
        ('"<<"', "<<"),
        ("=", "="),
    ],
)
def test_scalars_are_those_of_the_core_schema(text: str, expected: Json) -> None:
    assert value(f"a: {text}") == {"a": expected}


def test_an_empty_value_is_null() -> None:
    assert value("a:\nb: ''") == {"a": None, "b": ""}


def test_an_empty_file_has_no_documents() -> None:
    assert read("# only a comment\n") == ((), ())


@pytest.mark.parametrize("loader", LOADERS)
def test_every_node_knows_its_place(loader: type) -> None:
    (first, second), _ = read("a:\n  - x\n  - {b: y}\n---\nc: 1\n", loader)

    assert first.source.places == {
        (): Place("a.yaml", 1, 1),
        ("a",): Place("a.yaml", 1, 1),
        ("a", 0): Place("a.yaml", 2, 5),
        ("a", 1): Place("a.yaml", 3, 5),
        ("a", 1, "b"): Place("a.yaml", 3, 6),
    }
    assert second.source.place("c") == Place("a.yaml", 5, 1)


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbfa: \xc3\xa9", "a: é".encode("utf-16"), b"\xfe\xff" + "a: é".encode("utf-16-be")]
)
def test_a_byte_order_mark_is_accepted(data: bytes) -> None:
    assert value(data) == {"a": "é"}


@pytest.mark.parametrize(
    ("data", "place", "shown"),
    [
        (b"a: 1\nb: \xff", "a.yaml:2:4", '"\\xff"'),
        (b"\xff\xfea\x00b", "a.yaml:1:1", '"\\x62"'),
        (b"a: 1\nb\x00c: 2", "a.yaml:2:2", '"U+0000"'),
        (b"a: \x1b[0m", "a.yaml:1:4", '"U+001B"'),
    ],
)
def test_bytes_that_are_not_text_are_shown(data: bytes, place: str, shown: str) -> None:
    found = mistake(data)

    assert (found.rule, str(found.place)) == ("yaml-encoding", place)
    assert shown in found.message


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: b: c", "a.yaml:1:5", '"a: b: c" has a second'),
        ("x: 1\na: [1, 2\n", "a.yaml:2:4", '"a: [1, 2" holds a list'),
        ("x: 1\na: 'b\n", "a.yaml:2:4", '"a: \'b" opens a quote'),
        ("a:\n\t- b", "a.yaml:2:1", "indent with spaces, not tabs"),
        ("a: [${x}]", "a.yaml:1:6", "a variable needs quotes"),
        ("- a\nb: 1", "a.yaml:2:1", "not indented like"),
        ("a: ]", "a.yaml:1:4", '"a: ]" is not YAML'),
        ("a: {\n\n", "a.yaml:3:1", '"a: {" is not YAML'),
        ("\t\n", "a.yaml:1:1", "a blank line starts with a character that has a meaning in YAML"),
        ("%YAML 2.0\n---\na: 1", "a.yaml:1:1", "incompatible YAML document"),
    ],
)
def test_a_syntax_error_is_said_in_plain_words(text: str, place: str, words: str, loader: type) -> None:
    found = next(iter(read(text, loader)[1]))

    assert (found.rule, str(found.place)) == ("yaml-syntax", place)
    assert words in found.message


@pytest.mark.parametrize("loader", LOADERS)
def test_reading_goes_on_at_the_next_document(loader: type) -> None:
    documents, findings = read("a: [\n---\nb: 1\n---\nc: ]\n---\nd: 2\n", loader)

    assert [document.value for document in documents] == [{"b": 1}, {"d": 2}]
    assert [finding.place and finding.place.line for finding in findings] == [2, 5]
    assert documents[1].source.place("d") == Place("a.yaml", 7, 1)


def test_a_tab_is_read_alike_by_both_parsers() -> None:
    text = "a:\n  ? \tb\n"

    assert read(text) == read(text, yaml.SafeLoader)


def test_a_duplicate_key_names_both_places() -> None:
    found = mistake("state: on\nother: 1\nstate: off")

    assert (found.rule, str(found.place)) == ("duplicate-key", "a.yaml:3:1")
    assert '"state" stands twice' in found.message
    assert "a.yaml:1:1" in found.message


@pytest.mark.parametrize(
    ("text", "rule", "shown"),
    [
        ("a: .inf", "number-out-of-range", '".inf"'),
        ("a: -.INF", "number-out-of-range", '"-.INF"'),
        ("a: .nan", "number-out-of-range", '".nan"'),
        ("a: 1e999", "number-out-of-range", '"1e999"'),
        ("a: 9223372036854775808", "number-out-of-range", '"9223372036854775808"'),
        (f"a: {'9' * 5000}", "number-out-of-range", '"9999'),
        ("a: !!python/object:x.Y {}", "yaml-tag", '"!!python/object:x.Y"'),
        ("a: !secret x", "yaml-tag", '"!secret"'),
        ("a: !!set {b: null}", "yaml-tag", '"!!set"'),
        ("1: a", "key-not-text", '"1"'),
        ("true: a", "key-not-text", '"true"'),
        ("? [a]\n: b", "key-not-text", "property name"),
        ("a: &x b\n*x : c", "key-not-text", "property name"),
        ("a: &x {b: 1}\nc:\n  <<: *x", "merge-key", '"<<"'),
        ("a: *x", "unknown-alias", '"*x"'),
        ("a: &x [*x]", "recursive-alias", '"*x"'),
        ("[" * 65 + "]" * 65, "yaml-too-deep", "64"),
    ],
)
def test_what_yaml_can_and_json_cannot_is_an_error(text: str, rule: str, shown: str) -> None:
    found = mistake(text)

    assert found.rule == rule
    assert shown in found.message


def test_an_alias_is_a_copy_that_stands_where_it_was_anchored() -> None:
    (document,), _ = read("a: &x\n  - b: [1]\nc: *x\nd: [*x]\ne: &y text\nf: *y\n&k g: *k")

    assert document.value == {
        "a": [{"b": [1]}], "c": [{"b": [1]}], "d": [[{"b": [1]}]], "e": "text", "f": "text", "g": "g"
    }  # fmt: skip
    assert document.source.place("c") == Place("a.yaml", 3, 1)
    assert document.source.place("c", 0, "b") == Place("a.yaml", 2, 5)


def test_an_anchor_may_be_given_again() -> None:
    assert value("a: &x 1\nb: &x 2\nc: *x") == {"a": 1, "b": 2, "c": 2}


def test_a_bomb_of_aliases_is_refused() -> None:
    levels = [f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 10)}]" for level in range(1, 10)]

    found = mistake("\n".join(["l0: &l0 [a, b]", *levels]))

    assert (found.rule, found.place and found.place.line) == ("too-many-aliases", 5)


def test_long_text_makes_an_alias_heavy() -> None:
    text = "a: &x " + "y" * 64_000 + "\nb: [" + ", ".join(["*x"] * 11) + "]"

    assert mistake(text).rule == "too-many-aliases"


def test_aliases_do_not_nest_too_deep() -> None:
    text = "a: &x " + "[" * 40 + "]" * 40 + "\nb: " + "[" * 40 + "*x" + "]" * 40

    assert mistake(text).rule == "yaml-too-deep"


def test_deep_nesting_does_not_exhaust_the_stack() -> None:
    assert mistake("[" * 100_000).rule == "yaml-too-deep"


def test_a_large_file_is_refused() -> None:
    found = mistake(b" " * (yaml12.MAX_BYTES + 1))

    assert found.rule == "file-too-large"
    assert "4 MiB" in found.message


def test_nodes_are_counted_over_files() -> None:
    allowance = Allowance(nodes=5)

    parse(b"[1, 2]", "a.yaml", allowance)
    _, (finding,) = parse(b"[3, 4]\n---\n[5]", "b.yaml", allowance)

    assert (finding.rule, str(finding.place)) == ("workspace-too-large", "b.yaml:1:5")


def test_mistakes_are_shown_up_to_a_limit() -> None:
    _, findings = read("\n".join(f"{number}: a" for number in range(1000)) + "\n---\n1: a")

    assert len(findings) == yaml12.MAX_MISTAKES + 1
    assert findings[-1].rule == "too-many-mistakes"


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("text", ['"\\ud800"', '"\\UFFFFFFFF"', '"\\U00110000"'])
def test_an_escape_that_is_no_character_is_an_error(text: str, loader: type) -> None:
    assert mistake(f"a: {text}\n", loader).rule in {"yaml-syntax", "yaml-encoding"}


def test_variables_are_noticed() -> None:
    documents, _ = read("a: ${x}\n---\n${x}: a")

    assert [document.has_variables for document in documents] == [True, False]


@given(st.binary())
def test_any_bytes_are_documents_or_findings(data: bytes) -> None:
    documents, findings = read(data)

    assert all(finding.place for finding in findings)
    assert all(() in document.source.places for document in documents)


PIECES = st.sampled_from(
    ["a", ": ", "\n", "- ", "[", "]", "{", "}", ", ", "---\n", "&x ", "*x", "!t ", "'", '"', "? ", "<<", "  ",
     "\t", "# ", "|\n", "1", "${v}", "...\n", "%", "é", "\\", "\r\n", "\u2028"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_yaml_reads_without_a_crash_in_both_parsers(text: str) -> None:
    fast, pure = read(text), read(text, yaml.SafeLoader)

    if not fast[1] and not pure[1]:
        assert [found.value for found in fast[0]] == [found.value for found in pure[0]]
