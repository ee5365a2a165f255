"""What names are like which patterns."""

from __future__ import annotations

import pytest

from tapctl.text.patterns import is_everything, is_literal, matches


@pytest.mark.parametrize(
    ("pattern", "name", "is_like"),
    [
        ("NH-*", "NH-10 Draft", True),
        ("NH-*", "nh-10 Draft", False),
        ("NH-*", "My NH-10", False),
        ("N?-*", "NH-\n10", True),
        ("NH-?", "NH-10", False),
        ("[NH] *", "[NH] a", True),
        ("[NH] *", "N Require MFA", False),
        ("[!a]", "b", False),
        ("a.c", "abc", False),
        ("*", "", True),
        ("?", "", False),
        ("", "", True),
    ],
)
def test_only_a_star_and_a_question_mark_stand_for_something(pattern: str, name: str, is_like: bool) -> None:
    assert matches(pattern, name) == is_like


@pytest.mark.parametrize(
    ("pattern", "is_it"), [("*", True), ("?*", True), ("?", False), ("", False), ("N*", False)]
)
def test_a_pattern_may_be_like_everything(pattern: str, is_it: bool) -> None:
    assert is_everything(pattern) == is_it


@pytest.mark.parametrize(("text", "is_it"), [("[NH]", True), ("a*", False), ("a?", False)])
def test_a_text_may_be_like_nothing_but_itself(text: str, is_it: bool) -> None:
    assert is_literal(text) == is_it
