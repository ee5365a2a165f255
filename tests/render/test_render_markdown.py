from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.token import Token
from report_cases import HOSTILE, full, hostile, real

from tapctl.render.escape import is_hidden
from tapctl.render.markdown import render, render_error
from tapctl.report import account


def tokens(markdown: str) -> Iterator[Token]:
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(markdown):
        yield token
        yield from token.children or ()


def test_one_of_everything(golden: Callable[[str, str], None]) -> None:
    golden("report.md", render(full()))


def test_hostile_names_make_no_markup() -> None:
    found = [*tokens(render(hostile()))]
    html = {token.content for token in found if token.type.startswith("html")}

    assert not {token.type for token in found} & {"link_open", "image", "table_open", "s_open", "em_open"}
    assert html <= {"<!-- -->", "<br>", "<code>", "</code>"}
    assert not any(is_hidden(char) for char in render(hostile()).replace("\n", ""))


def test_hostile_names_add_no_heading_or_item() -> None:
    def shape(markdown: str) -> list[str]:
        return [token.tag for token in tokens(markdown) if token.tag in ("h1", "h2", "h3", "li", "pre")]

    assert len(shape(render(hostile()))) <= len(shape(render(replace(full(), refusal="no"))))


def test_an_error_is_shown_as_code() -> None:
    error = ValueError(HOSTILE)

    assert [token.type for token in tokens(render_error(error)) if token.type == "fence"] == ["fence"]


def test_a_report_without_a_plan_counts_documents() -> None:
    assert "3 documents, 0 errors." in render(account(full()))


def test_a_real_tenant_is_no_sandbox() -> None:
    assert "production" in render(real())
    assert "SANDBOX" not in render(real())
