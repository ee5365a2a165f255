"""A Report → one page of HTML that needs nothing else: no network, no scripts; for screen and paper.

Names come from strangers: every text is escaped and stands apart from the direction of what is around it,
and the page's own policy lets it load and run nothing.
"""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tapctl.model import Address, Finding, Severity
from tapctl.render.escape import visible
from tapctl.render.html_style import STYLE
from tapctl.render.values import block, counted, listed, planned, shown
from tapctl.report import Entry, FieldLine, Planning, Report

_SEVERITIES: Final[dict[Severity, str]] = {
    "error": "Errors",
    "brake": "Brakes: apply needs a word for each",
    "warning": "Warnings",
    "note": "Notes",
}
_TITLES: Final = {"validate": "Check of", "plan": "Plan for", "apply": "Apply to"}
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_PASSIVE: Final = {"includes": "included", "excludes": "excluded", "requires": "required", "uses": "used"}


def render(report: Report) -> str:
    """The whole page."""
    title = f"{_TITLES[report.command]} {visible(report.headline.environment)}: {_summary(report)}"
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">',
            f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>",
            *_header(report),
            "<main>",
            *_outcomes(report),
            *(line for severity in _SEVERITIES for line in _findings(severity, report.of(severity))),
            *(_planning(report.planning, report.findings) if report.planning else ()),
            "</main>",
            *_footer(report),
            "</body>\n</html>\n",
        ]
    )


def _text(words: str) -> str:
    """Words in a sentence, on one line: a name must not look like a line of ours."""
    return html.escape(visible(words))


def _lines(words: str) -> str:
    """Words of ours that take several lines."""
    return "<br>".join(map(_text, words.split("\n")))


def _code(words: str) -> str:
    """A name or a value, apart from the direction of the text around it."""
    return f"<code>{html.escape(visible(words))}</code>"


def _summary(report: Report) -> str:
    if report.planning is not None:
        return planned(report.planning)
    return f"{counted(report.documents, 'document')}, {counted(len(report.of('error')), 'error')}"


def _header(report: Report) -> Iterator[str]:
    headline = report.headline
    yield f"<header>\n<h1>{_TITLES[report.command]} {_code(headline.environment)}</h1>"
    if headline.notice:
        yield f'<p class="notice">{_text(headline.notice)}</p>'
    if report.refusal:
        yield f'<p class="refused"><strong>Refused:</strong> {_lines(report.refusal)}</p>'
    yield f'<p class="summary">{_text(_summary(report))}.</p>'
    stops = [counted(len(report.of(name)), name) for name in ("error", "brake") if report.of(name)]
    if stops and report.planning is not None:
        yield f'<p class="stops">What stops apply: {listed(stops)}.</p>'
    tenant = f"Tenant {_code(headline.tenant_id)}" if headline.tenant_id else "The tenant was not asked"
    caller = f", as {_code(headline.caller)}" if headline.caller else ""
    yield f"<p>{tenant}{caller}.</p>\n</header>"


def _footer(report: Report) -> Iterator[str]:
    if report.record:
        yield f"<footer><p>Record: {_code(report.record)}</p></footer>"
    if report.planning is not None and report.planning.checksum:
        yield f"<footer><p>Checksum {_code(report.planning.checksum)}</p></footer>"


def _outcomes(report: Report) -> Iterator[str]:
    if report.outcomes:
        yield "<section>\n<h2>Outcomes</h2>\n<ul>"
        for outcome in report.outcomes:
            why = f": {_text(outcome.why)}" if outcome.why else ""
            said = f"<strong>{outcome.status}</strong>: {outcome.action} {_code(str(outcome.address))}{why}"
            yield f'<li class="{outcome.status}">{said}</li>'
        yield "</ul>\n</section>"


def _findings(severity: Severity, findings: tuple[Finding, ...]) -> Iterator[str]:
    if findings:
        yield f'<section class="{severity}">\n<h2>{_SEVERITIES[severity]} ({len(findings)})</h2>\n<ul>'
        yield from map(_finding, findings)
        yield "</ul>\n</section>"


def _finding(finding: Finding) -> str:
    place = f" at {_code(str(finding.place))}" if finding.place else ""
    help_text = f"<br>{_text(finding.help)}" if finding.help else ""
    flag = f"<br>Allow it with {_code(finding.flag)}" if finding.flag else ""
    return f"<li>{_text(finding.message)}{place} ({_code(finding.label)}){help_text}{flag}</li>"


def _planning(planning: Planning, findings: Iterable[Finding]) -> Iterator[str]:
    anchors = {entry.address: f"change-{number}" for number, entry in enumerate(planning.pending, start=1)}
    if planning.pending:
        yield from _table(planning, findings, anchors)
        yield "<section>\n<h2>Details</h2>"
        links = _links(planning, anchors)
        for entry in planning.pending:
            yield from _details(entry, anchors[entry.address], links[entry.address])
        yield "</section>"
    if planning.unmanaged:
        title = f"Not declared here, left alone ({len(planning.unmanaged)})"
        yield f"<section>\n<details><summary>{title}</summary><ul>"
        yield from (f"<li>{_code(str(address))}</li>" for address in planning.unmanaged)
        yield "</ul></details>\n</section>"


def _table(planning: Planning, findings: Iterable[Finding], anchors: Mapping[Address, str]) -> Iterator[str]:
    about: defaultdict[Address | None, list[str]] = defaultdict(list)
    for finding in (item for item in findings if item.news != "removed"):
        about[finding.address].append(f"{finding.severity} {_code(finding.rule)}")
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Change", "Object", "Kind", "Look at"))
    yield f'<section>\n<h2>Changes</h2>\n<div class="wide"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>'
    for entry in planning.pending:
        what = f'<a href="#{anchors[entry.address]}">{_code(entry.address.name)}</a>'
        looks = "<br>".join(dict.fromkeys(about[entry.address]))
        cells = (_action(entry), what, _text(entry.address.kind), looks)
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    yield "</tbody>\n</table></div>\n</section>"


def _action(entry: Entry) -> str:
    return f'<span class="{entry.action}">{html.escape(entry.symbol)} {entry.action}</span>'


def _links(planning: Planning, anchors: Mapping[Address, str]) -> defaultdict[Address, list[str]]:
    """What each changed object depends on, and what depends on it, in words."""

    def named(address: Address) -> str:
        code = _code(str(address))
        return f'<a href="#{anchors[address]}">{code}</a>' if address in anchors else code

    found: defaultdict[Address, list[str]] = defaultdict(list)
    for edge in planning.edges:
        found[edge.source].append(f"{edge.role} {named(edge.target)}")
        found[edge.target].append(f"is {_PASSIVE[edge.role]} by {named(edge.source)}")
    return found


def _details(entry: Entry, anchor: str, links: Iterable[str]) -> Iterator[str]:
    kind = "" if entry.address.kind == entry.address.name else f" <small>{_text(entry.address.kind)}</small>"
    yield f'<details open id="{anchor}"><summary>{_action(entry)} {_code(entry.address.name)}{kind}</summary>'
    place = f", {_code(str(entry.place))}" if entry.place else ""
    yield f"<p>{_text(entry.reason)}{place}</p>"
    if entry.why:
        yield f"<blockquote><p>{_text(entry.why)}</p></blockquote>"
    if said := [*links]:
        yield f"<ul>{''.join(f'<li>{item}</li>' for item in said)}</ul>"
    if entry.fields:
        yield "<dl>"
        for field in entry.fields:
            yield f"<dt>{_code(field.path)}</dt><dd>{''.join(_sides(field))}</dd>"
        yield "</dl>"
    if entry.left_as_is:
        yield f"<p>left as is: {', '.join(map(_code, entry.left_as_is))}</p>"
    yield "</details>"


def _sides(field: FieldLine) -> Iterator[str]:
    if field.is_set:
        yield from (_side("del", [shown(item)]) for item in field.removed)
        yield from (_side("ins", [shown(item)]) for item in field.added)
    else:
        for tag, side in (("del", field.before), ("ins", field.after)):
            if side is not None:
                yield _side(tag, block(side))


def _side(tag: str, lines: Iterable[str]) -> str:
    """Lines that are escaped for people already; the sign is text, for whoever sees no colour."""
    sign = "-" if tag == "del" else "+"
    said = "\n".join(f"{sign} {html.escape(line)}" for line in lines)
    return f"<{tag}><pre>{said}</pre></{tag}>"
