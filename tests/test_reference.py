from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapctl.reference import Reference, parse, written

GUID = "AAAAAAAA-0000-4000-8000-000000000001"
WORDS = {"all": "All", "none": "None", "guestsorexternalusers": "GuestsOrExternalUsers"}
KINDS = st.sampled_from(
    [("Group",), ("User",), ("User", "Group"), ("Group", "User"), ("Group", "Role", "User")]
)
NASTY = st.sampled_from(
    ["All", "all", "id:x", "name:x", "name:id:x", "User/x", "Group/All", f" {GUID} ", GUID]
)
NAMES = st.one_of(st.text(), NASTY, st.tuples(NASTY, st.text()).map("".join))


@given(kinds=KINDS, name=NAMES, data=st.data())
def test_every_name_reads_back_as_itself(kinds: tuple[str, ...], name: str, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(kinds))

    assert parse(written(kind, name, kinds, WORDS), kinds, WORDS) == Reference("name", kind, name)


@given(text=NAMES, kinds=KINDS)
def test_reading_what_was_written_changes_nothing(text: str, kinds: tuple[str, ...]) -> None:
    read = parse(text, kinds, WORDS)
    again = f"id:{read.text}" if read.form == "id" else read.text
    again = written(read.kind, read.text, kinds, WORDS) if read.form == "name" else again

    assert parse(again, kinds, WORDS) == read


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (GUID, Reference("id", "Group", GUID.lower())),
        (f" {GUID}", Reference("id", "Group", GUID.lower())),
        (f"id:{GUID}", Reference("id", "Group", GUID.lower())),
        ("id: Not a guid ", Reference("id", "Group", "Not a guid")),
        (f"name:{GUID}", Reference("name", "Group", GUID)),
        ("ALL", Reference("word", "", "All")),
        ("name:All", Reference("name", "Group", "All")),
        ("Break glass", Reference("name", "Group", "Break glass")),
        ("Group/Break glass", Reference("name", "Group", "Group/Break glass")),
    ],
)
def test_one_kind_needs_no_prefix(text: str, meant: Reference) -> None:
    assert parse(text, ("Group",), WORDS) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("adele@contoso.com", Reference("name", "User", "adele@contoso.com")),
        ("Contractors", Reference("name", "Group", "Contractors")),
        ("Group/a@b", Reference("name", "Group", "a@b")),
        ("User/no-at", Reference("name", "User", "no-at")),
        (GUID, Reference("id", "", GUID.lower())),
    ],
)
def test_several_kinds_are_told_apart(text: str, meant: Reference) -> None:
    assert parse(text, ("User", "Group"), {}) == meant


def test_the_shortest_spelling_is_written() -> None:
    both = ("User", "Group")

    assert written("Group", "Pilots", ("Group",), WORDS) == "Pilots"
    assert written("Group", "All", ("Group",), WORDS) == "name:All"
    assert written("Group", "a@b", both, {}) == "Group/a@b"
    assert written("Group", "id:x", both, {}) == "Group/id:x"
    assert written("Group", "User/x", both, {}) == "Group/User/x"
