"""A Report → text for a terminal: good at 80 columns, and colour only where it is asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from tapctl.model import Address, Finding, Outcome, Severity
from tapctl.render.page import Page
from tapctl.render.values import MOST_ENTRIES, UNDOES, block, is_block, planned, shortened, shown
from tapctl.report import Entry, FieldLine, Headline, Planning, Report
from tapctl.text.escape import named, spelled, visible
from tapctl.text.words import counted

_STYLES: Final = {"+": "green", "~": "yellow", "-": "red", " ": ""}
_FINDINGS: Final[dict[Severity, tuple[str, str, str]]] = {
    "error": ("Errors", "x", "bold red"),
    "brake": ("Brakes: apply needs a word for each", "!", "bold magenta"),
    "warning": ("Warnings", "!", "yellow"),
    "note": ("Notes", "i", "cyan"),
}
_OUTCOMES: Final = {"applied": "green", "failed": "bold red", "skipped": "yellow"}
_TITLES: Final = {"validate": "Checked", "plan": "Plan", "apply": "Apply", "drift": "Drift"}
_MOST_UNMANAGED: Final = 10
_MOST_LINES: Final = 40


def render(report: Report, *, width: int = 80, colour: bool = False) -> str:
    """Everything that came from a tenant or a file is escaped; nothing is read as markup."""
    page = Page(width, colour=colour)
    _headline(page, _TITLES[report.command], report.headline)
    if report.undoes:
        page.line(f"{UNDOES} {visible(report.undoes)}")
    if report.planning is not None:
        _changes(page, report.planning)
        _order(page, report.planning)
        _unmanaged(page, report.planning)
    for severity in _FINDINGS:
        _findings(page, severity, report.told(severity))
    _outcomes(page, report.outcomes)
    _summary(page, report)
    return page.text()


def _tenant(headline: Headline) -> str:
    return f"tenant {visible(headline.tenant_id)}" if headline.tenant_id else "tenant not asked"


def _headline(page: Page, title: str, headline: Headline) -> None:
    page.line((f"{title}: {visible(headline.environment)}", "bold"), f" ({_tenant(headline)})")
    if headline.caller:
        page.line(f"as {visible(headline.caller)}")
    if headline.notice:
        page.line((headline.notice, "bold cyan"))


def _changes(page: Page, planning: Planning) -> None:
    for kind, entries in planning.by_kind:
        page.gap()
        page.line((visible(kind), "bold"))
        for entry in entries:
            _entry(page, entry)


def _entry(page: Page, entry: Entry) -> None:
    page.line((f"{entry.symbol} {named(entry.address.name)}", f"bold {_STYLES[entry.symbol]}"), indent=2)
    page.line((f"{entry.action}: {visible(entry.reason)}", "dim"), indent=6)
    for field in entry.fields:
        _field(page, field, entry.symbol)
    if entry.left_as_is:
        page.line((f"left as is: {', '.join(map(visible, entry.left_as_is))}", "dim"), indent=6)


def _field(page: Page, field: FieldLine, symbol: str) -> None:
    path = visible(field.path)
    if field.is_set and field.before is not None and field.after is not None:
        page.line(f"{path}:", indent=6)
        _side(page, "+", [shown(item) for item in field.added])
        _side(page, "-", [shown(item) for item in field.removed])
        if field.kept:
            page.line((f"({field.kept} unchanged)", "dim"), indent=8)
    elif is_block(field.before) or is_block(field.after):
        page.line(f"{path}:", indent=6)
        _side(page, "-", block(field.before), bar="| ")
        _side(page, "+", block(field.after), bar="| ")
    elif symbol == "~":
        arrow = (" -> ", "dim")
        page.line(f"{path}: ", (shown(field.before), "red"), arrow, (shown(field.after), "green"), indent=6)
    else:
        value = field.after if symbol == "+" else field.before
        page.line(f"{path}: ", (shown(value), _STYLES[symbol]), indent=6)


def _side(page: Page, symbol: str, lines: Sequence[str], bar: str = "") -> None:
    first, more = shortened(lines, _MOST_LINES if bar else MOST_ENTRIES)
    for line in first:
        page.line((f"{symbol} {bar}{line}", _STYLES[symbol]), indent=8)
    for line in more:
        page.line((f"{symbol} {line}", "dim"), indent=8)


def _order(page: Page, planning: Planning) -> None:
    """Only where there is an order to speak of."""
    phases = [
        (phase, [a for _, a in steps]) for phase, steps in groupby(planning.order, lambda step: step[0])
    ]
    if len(phases) < 2:
        return
    page.gap()
    page.line(("In this order", "bold"))
    for number, (phase, addresses) in enumerate(phases, 1):
        names, more = shortened([named(str(address)) for address in addresses], _MOST_UNMANAGED)
        page.line(f"{number}. {phase}: {', '.join([*names, *more])}", indent=2, hang=3)


def _unmanaged(page: Page, planning: Planning) -> None:
    if not planning.unmanaged:
        return
    page.gap()
    page.line((f"Not declared here, left alone ({len(planning.unmanaged)})", "bold"))
    for kind, names in _names_by_kind(planning.unmanaged):
        first, more = shortened(names, _MOST_UNMANAGED)
        page.line(f"{visible(kind)}: {', '.join([*map(named, first), *more])}", indent=2)


def _names_by_kind(addresses: Iterable[Address]) -> Iterator[tuple[str, list[str]]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for address in addresses:
        found[address.kind].append(address.name)
    yield from sorted(found.items())


def _findings(page: Page, severity: Severity, findings: Sequence[Finding]) -> None:
    if not findings:
        return
    title, symbol, style = _FINDINGS[severity]
    page.gap()
    page.line((f"{title} ({len(findings)})", style))
    for finding in findings:
        _finding(page, finding, symbol, style)


def _finding(page: Page, finding: Finding, symbol: str, style: str) -> None:
    where = f"{visible(str(finding.place))}: " if finding.place else ""
    page.line((f"{symbol} ", style), where, spelled(finding.message), (f" [{visible(finding.label)}]", "dim"))
    if finding.help:
        page.line((spelled(finding.help), "dim"), indent=4, hang=0)
    if finding.severity != "brake":
        return
    if finding.flag:
        page.line("allow it with ", (visible(finding.flag), "bold"), indent=4)
    else:
        page.line("no option allows this", indent=4)


def _outcomes(page: Page, outcomes: Sequence[Outcome]) -> None:
    if not outcomes:
        return
    page.gap()
    for outcome in outcomes:
        page.line(
            (f"{outcome.status:<8}", _OUTCOMES[outcome.status]),
            f"{outcome.action} {named(str(outcome.address))}",
            indent=2,
            hang=8,
        )
        for line in filter(None, outcome.why.split("\n")):
            page.line(visible(line.strip()), indent=10, hang=2)


def _summary(page: Page, report: Report) -> None:
    page.gap()
    for sentence in _sentences(report):
        page.line(sentence)
    if report.planning is not None and report.planning.checksum:
        page.line((f"Checksum {visible(report.planning.checksum)}", "dim"))
    if report.record:
        page.line(f"Record: {visible(report.record)}")
    page.line((f"{visible(report.headline.environment)}, {_tenant(report.headline)}", "bold"))
    if report.headline.notice:
        page.line((report.headline.notice, "bold cyan"))


def _sentences(report: Report) -> Iterator[str]:
    if report.outcomes:
        by_status = [(status, sum(o.status == status for o in report.outcomes)) for status in _OUTCOMES]
        was = "Interrupted: " if report.status == "interrupted" else ""
        yield was + ", ".join(f"{count} {status}" for status, count in by_status) + _requests(report)
    elif report.planning is not None:
        yield planned(report.planning, report.less_protected) + _requests(report)
    elif report.command == "validate":
        yield f"{counted(report.documents, 'document')}, {_mistakes(report)}"
    else:
        yield f"{counted(report.documents, 'document')}, {_mistakes(report)}: the tenant was not asked"


def _mistakes(report: Report) -> str:
    errors, warnings = len(report.of("error")), len(report.of("warning"))
    if not errors and not warnings:
        return "nothing wrong"
    return f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"


def _requests(report: Report) -> str:
    return f" ({counted(report.requests, 'request')})" if report.requests else ""
