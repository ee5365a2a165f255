"""A Report → GitHub-flavoured markdown, for a pull request's comment or a job's summary.

Names come from strangers: in a sentence they are escaped, elsewhere they stand in code, where nothing is
markup, a link or a mention. There are no tables: a pipe in a name would have to be trusted to them.
"""

from __future__ import annotations

from collections.abc import Iterator

from tapctl.model import Finding, Severity
from tapctl.render.escape import visible
from tapctl.render.gfm import code, fenced, text
from tapctl.render.values import MOST_ENTRIES, block, counted, is_block, planned, shortened, shown
from tapctl.report import Entry, FieldLine, Planning, Report

_SEVERITIES: dict[Severity, str] = {
    "error": "Errors",
    "brake": "Brakes: apply needs a word for each",
    "warning": "Warnings",
    "note": "Notes",
}
_TITLES = {"validate": "Check of", "plan": "Plan for", "apply": "Apply to"}


def render(report: Report) -> str:
    """Blocks with an empty line between them."""
    return "\n\n".join(_blocks(report)) + "\n"


def render_error(error: BaseException) -> str:
    """An error that stopped a command."""
    return "\n".join(["**Error**", "", fenced(block(str(error)))]) + "\n"


def _blocks(report: Report) -> Iterator[str]:
    tenant = code(report.headline.tenant_id) if report.headline.tenant_id else "not asked"
    yield f"## {_TITLES[report.command]} {code(report.headline.environment)}, tenant {tenant}"
    if report.headline.notice:
        yield f"**{report.headline.notice}**"
    yield from _sentences(report)
    for severity in _SEVERITIES:
        yield from _findings(severity, report.of(severity))
    if report.planning is not None:
        yield from _planning(report.planning)
    if report.outcomes:
        yield "### Outcomes"
        yield "\n".join(_outcomes(report))
    if report.record:
        yield f"Record: {code(report.record)}"


def _sentences(report: Report) -> Iterator[str]:
    if report.refusal:
        yield f"**Refused:** {text(report.refusal)}"
    if report.planning is not None:
        yield f"{planned(report.planning)}."
    else:
        yield f"{counted(report.documents, 'document')}, {counted(len(report.of('error')), 'error')}."


def _findings(severity: Severity, findings: tuple[Finding, ...]) -> Iterator[str]:
    if findings:
        yield f"### {_SEVERITIES[severity]} ({len(findings)})"
        yield "\n".join(_finding(finding) for finding in findings)


def _finding(finding: Finding) -> str:
    parts = [text(finding.message)]
    if finding.place:
        parts.append(f"at {code(str(finding.place))}")
    parts.append(f"({code(finding.rule)})")
    if finding.help:
        parts.append(f"<br>{text(finding.help)}")
    if finding.flag:
        parts.append(f"<br>Allow it with {code(finding.flag)}")
    return "- " + " ".join(parts)


def _planning(planning: Planning) -> Iterator[str]:
    for kind, entries in planning.by_kind:
        yield f"### {text(kind)}"
        for entry in entries:
            yield f"{code(entry.symbol)} {code(entry.address.name)}: {entry.action}, {text(entry.reason)}"
            lines = [*_fields(entry)]
            if lines:
                yield fenced(lines, "diff")
    if planning.unmanaged:
        yield f"### Not declared here, left alone ({len(planning.unmanaged)})"
        first, more = shortened(planning.unmanaged, MOST_ENTRIES)
        yield "\n".join(f"- {item}" for item in [*(code(str(address)) for address in first), *more])
    if planning.checksum:
        yield f"Checksum {code(planning.checksum)}"


def _fields(entry: Entry) -> Iterator[str]:
    for field in entry.fields:
        yield f"  {visible(field.path)}:"
        yield from _sides(field)
    if entry.left_as_is:
        yield f"  left as is: {', '.join(map(visible, entry.left_as_is))}"


def _sides(field: FieldLine) -> Iterator[str]:
    if field.is_set:
        for symbol, items in (("-", field.removed), ("+", field.added)):
            first, more = shortened([shown(item) for item in items], MOST_ENTRIES)
            yield from (f"{symbol}     {line}" for line in [*first, *more])
        return
    for symbol, side in (("-", field.before), ("+", field.after)):
        if side is not None:
            yield from (f"{symbol}     {line}" for line in (block(side) if is_block(side) else [shown(side)]))


def _outcomes(report: Report) -> Iterator[str]:
    for outcome in report.outcomes:
        why = f": {text(outcome.why)}" if outcome.why else ""
        yield f"- {outcome.status}: {outcome.action} {code(str(outcome.address))}{why}"
