from __future__ import annotations

import pytest
from hypothesis import example, given
from reading import calm, github_would_link, nasty, seen_in_html, seen_in_markdown

from tapctl.render.gfm import clipped, code, fenced, html_code, lines, link, prose, text
from tapctl.text.escape import named, visible


def squeezed(words: str) -> str:
    return " ".join(words.split())


@calm
@given(nasty)
@example("a\\|b")
@example("x@evil.example")
def test_words_in_a_sentence_are_text(words: str) -> None:
    seen = seen_in_markdown(f"Before {text(words)} after")

    assert set(seen.tags) <= {"p", "code"}
    assert [*github_would_link(seen)] == []
    assert squeezed(seen.text) == squeezed(f"Before {visible(words)} after")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("by eve@x.example, at", "by `eve@x.example`, at"),
        ("'@team', [#7].", "'`@team`', \\[`#7`\\]."),
        ("(:smile:)", "(`:smile:`)"),
        ("(![x](http://x/y.png)),", "(`![x](http://x/y.png)`),"),
        ("www.", "`www.`"),
    ],
)
def test_punctuation_stays_outside_code(words: str, shown: str) -> None:
    assert text(words) == shown


@calm
@given(nasty)
def test_a_sentence_starts_no_block(words: str) -> None:
    assert set(seen_in_markdown(text(words.strip() or "x")).tags) <= {"p", "code"}


@calm
@given(nasty)
@example("`")
@example("a\\|b")
def test_code_reads_back_as_the_words(words: str) -> None:
    seen = seen_in_markdown(f"- {code(words)}")

    assert seen.tags == ["ul", "li", "code"]
    assert squeezed(seen.inside) == squeezed(named(words))


@calm
@given(nasty, nasty)
@example("a\\|b", "|")
def test_a_name_never_adds_a_cell(one: str, other: str) -> None:
    table = f"| a | b |\n| --- | --- |\n| {code(one)} | {text(other)} |\n"
    tags = seen_in_markdown(table).tags

    assert (tags.count("tr"), tags.count("td")) == (2, 2)
    assert set(tags) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}


@calm
@given(nasty)
def test_a_summary_is_html_and_text(words: str) -> None:
    page = f"<details><summary>{html_code(words)}</summary>\n\nx\n\n</details>"

    for seen in (seen_in_html(page), seen_in_markdown(page)):
        assert [tag for tag in seen.tags if tag != "p"] == ["details", "summary", "code"]
        assert squeezed(named(words)) in squeezed(seen.inside)


@calm
@given(nasty)
def test_a_fence_holds_everything(words: str) -> None:
    seen = seen_in_markdown(fenced([visible(words), f"+ {visible(words)}"], "diff"))

    assert seen.tags == ["pre", "code"]


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("see @everyone and #12", "see `@everyone` and `#12`"),
        ("id 0f0e0d0c-0b0a", "id `0f0e0d0c-0b0a`"),
        ("costs $5", "costs `$5`"),
        ("1) first", r"1\) first"),
        ("12. first", r"12\. first"),
        ("123456. first", r"123456\. first"),
        ("- item", r"\- item"),
        ("a-b: c. (d)", "a-b: c. (d)"),
        ("a_b", r"a\_b"),
    ],
)
def test_what_would_be_linked_stands_in_code(words: str, written: str) -> None:
    assert text(words) == written


def test_a_fence_is_longer_than_what_it_holds() -> None:
    assert fenced(["````"]).splitlines()[0] == "`````text"
    assert fenced([]).splitlines() == ["```text", "```"]


def test_lines_stay_lines() -> None:
    assert lines("a\n  b") == "a<br>b"


def test_what_is_too_long_is_clipped() -> None:
    assert clipped("abcdef", 4) == "abc…"
    assert clipped("abcd", 4) == "abcd"


def test_only_addresses_of_the_web_are_linked() -> None:
    assert link("the run", "https://ci.example/1?a=(b)") == "[the run](https://ci.example/1?a=%28b%29)"
    assert link("the run", "javascript:alert(1)") == r"the run (`javascript:alert(1)`)"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("`tapctl apply` puts it back.", "`tapctl apply` puts it back."),
        ("Ask `tapctl drift` or *her*.", "Ask `tapctl drift` or \\*her\\*."),
        ("One ` alone.", "One \\` alone."),
    ],
)
def test_commands_of_ours_stand_in_code(words: str, shown: str) -> None:
    assert prose(words) == shown
