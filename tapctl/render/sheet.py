"""A Sheet → text for a terminal, or Markdown. All in it is text from strangers, and nothing is markup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tapctl.render import gfm
from tapctl.render.page import Page
from tapctl.report import Headline
from tapctl.report.sheet import Section, Sheet, Tone
from tapctl.text.escape import visible

_MOST_ITEMS: Final = 200  # in a section of a comment, which GitHub limits to 64 kB
_STYLES: Final[dict[Tone, str]] = {"good": "green", "care": "yellow", "bad": "bold red", "plain": "bold"}


def render_text(sheet: Sheet, *, width: int = 80, colour: bool = False) -> str:
    """A headline, the sections, and the sandbox's notice also at the end, where people look first."""
    page = Page(width, colour=colour)
    page.line(
        (f"{sheet.title}: {visible(sheet.headline.environment)}", "bold"), f" ({_tenant(sheet.headline)})"
    )
    if sheet.headline.caller:
        page.line(f"as {visible(sheet.headline.caller)}")
    for fact in sheet.facts:
        page.line(visible(fact))
    for section in sheet.sections:
        _section(page, section)
    _listed(page, "Problems", sheet.problems, ("x ", "bold red"))
    _listed(page, "Notes", sheet.notes, ("i ", "cyan"))
    if sheet.summary:
        page.gap()
    for line in sheet.summary:
        page.line(visible(line))
    if sheet.headline.notice:
        page.line((sheet.headline.notice, "bold cyan"))
    return page.text()


def _tenant(headline: Headline) -> str:
    return f"tenant {visible(headline.tenant_id)}" if headline.tenant_id else "tenant not asked"


def _section(page: Page, section: Section) -> None:
    if not section.items:
        return
    page.gap()
    page.line((visible(section.title), "bold"))
    for item in section.items:
        page.line((visible(item.name), _STYLES[item.tone]), indent=2)
        for line in item.lines:
            page.line(visible(line), indent=6)


def _listed(page: Page, title: str, lines: tuple[str, ...], mark: tuple[str, str]) -> None:
    if not lines:
        return
    page.gap()
    page.line((f"{title} ({len(lines)})", mark[1]))
    for line in lines:
        first, *others = line.split("\n")
        page.line(mark, visible(first))
        for other in others:
            page.line(visible(other.strip()), indent=4, hang=0)


def render_markdown(sheet: Sheet) -> str:
    """Blocks with an empty line between them; names stand in code."""
    return "\n\n".join(_blocks(sheet)) + "\n"


def _blocks(sheet: Sheet) -> Iterator[str]:
    headline = sheet.headline
    tenant = gfm.code(headline.tenant_id) if headline.tenant_id else "not asked"
    yield f"## {gfm.text(sheet.title)}: {gfm.code(headline.environment)}, tenant {tenant}"
    if headline.notice:
        yield f"**{headline.notice}**"
    for line in (*sheet.facts, *sheet.summary):
        yield gfm.text(line)
    for section in sheet.sections:
        if section.items:
            yield f"### {gfm.text(section.title)}"
            yield "\n".join(_bullets(section))
    for title, lines in (("Problems", sheet.problems), ("Notes", sheet.notes)):
        if lines:
            yield f"### {title} ({len(lines)})"
            yield "\n".join(f"- {gfm.lines(line)}" for line in lines)


def _bullets(section: Section) -> Iterator[str]:
    for item in section.items[:_MOST_ITEMS]:
        yield f"- {gfm.code(item.name)}"
        yield from (f"  - {gfm.text(line)}" for line in item.lines)
    if (left := len(section.items) - _MOST_ITEMS) > 0:
        yield f"- and {left} more: `--format json` has them all"
