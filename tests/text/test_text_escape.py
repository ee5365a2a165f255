from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapctl.text.escape import is_hidden, json_safe, named, spelled, unheard, visible


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain text", "plain text"),
        ("Ærø 山田 🙂", "Ærø 山田 🙂"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x9b31m\x7f", "\\x9b31m\\x7f"),
        ("\u202etxt", "\\u202etxt"),
        ("\u200b\ufeff", "\\u200b\\ufeff"),
        ("Break\u00a0glass", "Break\\xa0glass"),
        ("\u2028\u3164\ufe0f", "\\u2028\\u3164\\ufe0f"),
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\U000e0041"),
        ("\ufdd0\U0001ffff", "\\ufdd0\\U0001ffff"),
        ("a ##vso[b]", "a #\\x23vso[b]"),
        ("##VsO[é", "#\\x23VsO[é"),
        ("###[error]", "##\\x23[error]"),
        ("## [1] #vso[ ##vs[", "## [1] #vso[ ##vs["),
    ],
)
def test_what_acts_or_hides_is_written_out(text: str, written: str) -> None:
    assert visible(text) == written


def test_spaces_that_nobody_would_see_are_written_out() -> None:
    assert named("Break  glass ") == "Break \\x20glass\\x20"
    assert named("  x") == "\\x20\\x20x"
    assert (
        spelled("Break glass  differs from Break  glass") == "Break glass \\x20differs from Break \\x20glass"
    )


@given(st.text(st.characters(codec=None)))
def test_nothing_hidden_is_left(text: str) -> None:
    assert not any(is_hidden(char) for char in visible(text))


@given(st.text(st.characters(codec=None)))
def test_safe_json_means_the_same(text: str) -> None:
    document = json_safe(json.dumps({"name": text}, ensure_ascii=False, indent=2))

    assert json.loads(document) == json.loads(json.dumps({"name": text}))
    assert not any(is_hidden(char) for char in document.replace("\n", ""))


@given(st.text(st.sampled_from("#vsoVSO[]\\é")))
def test_no_logging_command_is_left(text: str) -> None:
    document = json_safe(json.dumps({"name": text}, ensure_ascii=False))

    assert not re.search(r"##(vso)?\[", visible(text) + document, re.IGNORECASE)
    assert json.loads(document) == {"name": text}


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("::add-mask::e: by bob\n", ":\\x3aadd-mask::e: by bob\n"),
        ("a\n        ::stop-commands::x", "a\n        :\\x3astop-commands::x"),
        ("one of fd00::1, a::b\n\n", "one of fd00::1, a::b\n\n"),
    ],
)
def test_a_line_that_begins_like_a_command_is_broken_up(printed: str, told: str) -> None:
    assert unheard(printed) == told


@given(st.text(st.sampled_from(": \n\u3000#a")))
def test_no_line_begins_like_a_command(text: str) -> None:
    assert not any(line.lstrip().startswith("::") for line in unheard(text).split("\n"))
