"""News → text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from tapctl.drift.causes import Attribution
from tapctl.drift.drifted import Drifted, DriftedField
from tapctl.drift.news import News
from tapctl.drift.undeclared import Undeclared
from tapctl.model import Finding
from tapctl.render import drift_words as words
from tapctl.render.page import Page
from tapctl.render.values import block, is_block, shortened, shown
from tapctl.report import FieldLine
from tapctl.text.escape import named, spelled, visible
from tapctl.text.words import counted

_STYLES: Final = {"+": "green", "~": "yellow", "-": "red", "?": "bold red"}
_FINDINGS: Final = {"error": ("x", "bold red"), "warning": ("!", "yellow"), "note": ("i", "cyan")}
_MOST_ENTRIES: Final = 20
_MOST_LINES: Final = 40
_MOST_UNDECLARED: Final = 20


def render(news: News, *, width: int = 80, colour: bool = False) -> str:
    """Everything that came from a tenant, a record or a file is escaped."""
    page = Page(width, colour=colour)
    _head(page, news)
    _findings(page, news.findings)
    for kind, items in groupby(news.drifted, lambda item: item.address.kind):
        page.gap()
        page.line((visible(kind), "bold"))
        for item in items:
            _drifted(page, item)
    _undeclared(page, news.undeclared)
    page.gap()
    for path in news.adopted:
        page.line(f"Adopted into {visible(path)}")
    _foot(page, news)
    return page.text()


def _head(page: Page, news: News) -> None:
    found = news.headline
    page.line((f"Drift: {visible(found.environment)}", "bold"), f" (tenant {visible(found.tenant_id)})")
    if found.caller:
        page.line(f"as {visible(found.caller)}")
    if found.notice:
        page.line((found.notice, "bold cyan"))


def _findings(page: Page, findings: Sequence[Finding]) -> None:
    if not findings:
        return
    page.gap()
    page.line(("What it means, worst first", "bold"))
    for finding in findings:
        symbol, style = _FINDINGS.get(finding.severity, _FINDINGS["warning"])
        where = f"{visible(str(finding.place))}: " if finding.place else ""
        rule = f" [{' '.join(filter(None, (finding.rule, finding.name)))}]"
        page.line((f"{symbol} ", style), where, spelled(finding.message), (rule, "dim"))
        if finding.help:
            page.line((spelled(finding.help), "dim"), indent=4, hang=0)


def _drifted(page: Page, item: Drifted) -> None:
    symbol = words.SYMBOLS[item.what]
    new = (" (new)", "bold") if item.is_newer else ""
    page.line((f"{symbol} {named(item.address.name)}", f"bold {_STYLES[symbol]}"), new, indent=2)
    where = f"{visible(str(item.place))}: " if item.place else ""
    page.line((f"{where}{visible(words.said(item))}", "dim"), indent=6)
    if item.attribution is not None:
        _causes(page, item.attribution, 6)
    if item.restore:
        page.line(visible(item.restore), indent=6)
    for found in item.fields:
        _field(page, found)


def _field(page: Page, found: DriftedField) -> None:
    line, path = found.line, visible(found.line.path)
    new = (" (new)", "bold") if found.is_newer else ""
    if _is_listed(line):
        page.line(f"{path}:", new, indent=6)
        _side(page, "+", [shown(item) for item in line.added], _MOST_ENTRIES)
        _side(page, "-", [shown(item) for item in line.removed], _MOST_ENTRIES)
    elif is_block(line.before) or is_block(line.after):
        page.line(f"{path}:", new, indent=6)
        _side(page, "-", block(line.before), _MOST_LINES)
        _side(page, "+", block(line.after), _MOST_LINES)
    else:
        arrow = (" -> ", "dim")
        page.line(
            f"{path}: ", (shown(line.before), "red"), arrow, (shown(line.after), "green"), new, indent=6
        )
    _causes(page, found.attribution, 8)


def _is_listed(line: FieldLine) -> bool:
    return line.is_set


def _side(page: Page, symbol: str, lines: Sequence[str], most: int) -> None:
    first, more = shortened(lines, most)
    for text in [*first, *more]:
        page.line((f"{symbol} {text}", _STYLES[symbol]), indent=8)


def _causes(page: Page, attribution: Attribution, indent: int) -> None:
    for text in words.causes(attribution):
        page.line((visible(text), "dim"), indent=indent, hang=4)


def _undeclared(page: Page, items: Sequence[Undeclared]) -> None:
    if not items:
        return
    page.gap()
    page.line((f"Not declared here, left alone ({len(items)})", "bold"))
    ordered = words.newest_first(items)
    first, more = shortened(ordered, _MOST_UNDECLARED)
    for item in first:
        mark = (f" ({words.lately(item)})", "bold") if item.lately else ""
        page.line(visible(", ".join(filter(None, (str(item.address), words.dated(item))))), mark, indent=2)
        for said in words.doers(item):
            page.line((visible(said), "dim"), indent=6, hang=4)
    for text in more:
        page.line((text, "dim"), indent=2)


def _foot(page: Page, news: News) -> None:
    page.line(f"{words.headline(news)} ({counted(news.requests, 'request')})")
    if news.drifted or any(item.lately for item in news.undeclared):
        page.line(words.since(news))
    if text := words.log(news):
        page.line(visible(text))
    found = news.headline
    page.line((f"{visible(found.environment)}, tenant {visible(found.tenant_id)}", "bold"))
    if found.notice:
        page.line((found.notice, "bold cyan"))
