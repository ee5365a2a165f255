from __future__ import annotations

import pytest

from tapctl.model import Json
from tapctl.render.values import block, is_block, shortened, shown
from tapctl.text.words import counted


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "(none)"),
        ("(none)", '"(none)"'),
        (True, "true"),
        ("true", '"true"'),
        (480, "480"),
        ("480", '"480"'),
        ("", '""'),
        (" padded", '" padded"'),
        ("New hires, Pilots", "New hires, Pilots"),
        (["New hires", "Pilots"], "New hires, Pilots"),
        (["New hires, Pilots"], '"New hires, Pilots"'),
        (["and 3 more"], '"and 3 more"'),
        ([], "[]"),
        ({}, "{}"),
        ({"id": "x", "on": None}, "id: x, on: (none)"),
        ([{"id": "x: y"}, ["a"]], '{id: "x: y"}, [a]'),
        ("\x1b", "\\x1b"),
    ],
)
def test_values_read_as_one_thing_only(value: Json, text: str) -> None:
    assert shown(value) == text


def test_a_long_list_is_counted() -> None:
    assert shown([*range(30)]).endswith("19, and 10 more")


def test_one_more_is_shown_and_not_counted() -> None:
    assert shortened([1, 2, 3], 2) == ([1, 2, 3], [])


def test_a_block_is_escaped_line_by_line() -> None:
    assert is_block("a\nb")
    assert not is_block("a\n")
    assert block("a\x1b\nb") == ["a\\x1b", "b"]
    assert block(None) == []
    assert block(3) == ["3"]


def test_counts_have_a_number() -> None:
    assert (counted(1, "object"), counted(2, "object"), counted(2, "policy", "policies")) == (
        "1 object",
        "2 objects",
        "2 policies",
    )
