"""A Report → one page of HTML that needs nothing else: no network, no scripts; for screen and paper."""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from tapctl.model import Address, Finding, Severity
from tapctl.render import html_parts as parts
from tapctl.render.values import PASSED, UNDOES, news, planned
from tapctl.report import STOPS, Entry, News, Planning, Report
from tapctl.text.escape import visible
from tapctl.text.words import counted, listed

_TITLES: Final = {"validate": "Check of", "plan": "Plan for", "apply": "Apply to", "drift": "Drift in"}
_PASSIVE: Final = {"includes": "included", "excludes": "excluded", "requires": "required", "uses": "used"}


def render(report: Report) -> str:
    """The whole page."""
    title = f"{_TITLES[report.command]} {visible(report.headline.environment)}: {_summary(report)}"
    main = [
        *_outcomes(report),
        *(line for severity in STOPS for line in _findings(report, severity)),
        *parts.findings("warning", _news(report, "introduced"), "New with this change"),
        *(
            line
            for severity in parts.SEVERITIES
            if severity not in STOPS
            for line in _findings(report, severity)
        ),
        *parts.findings("note", _news(report, "removed"), "Ended by this change"),
        *(_planning(report.planning, report.findings) if report.planning else ()),
    ]
    return parts.page(title, _header(report), main, _footer(report))


def render_error(error: BaseException, environment: str | None) -> str:
    """An error that stopped a command, in place of its page."""
    said = f'<p class="refused"><strong>Error:</strong> {parts.lines(str(error))}</p>'
    where = f" for {parts.code(environment)}" if environment else ""
    return parts.page(
        "tapctl: no result", [f"<header>\n<h1>No result{where}</h1>", said, "</header>"], [], []
    )


def _news(report: Report, which: News) -> list[Finding]:
    return [item for item in report.news(which) if item.severity not in STOPS]


def _findings(report: Report, severity: Severity) -> Iterator[str]:
    """What stops the apply, or what stays as it was: news has its own place."""
    found = [item for item in report.told(severity) if severity in STOPS or not item.news]
    if severity == "brake" and report.outcomes:  # each has had its word
        return parts.findings(severity, [replace(item, flag="") for item in found], PASSED)
    return parts.findings(severity, found)


def _summary(report: Report) -> str:
    if report.planning is not None:
        return planned(report.planning, [*report.less_protected, *news(report)])
    return f"{counted(report.documents, 'document')}, {counted(len(report.of('error')), 'error')}"


def _header(report: Report) -> Iterator[str]:
    headline = report.headline
    yield f"<header>\n<h1>{_TITLES[report.command]} {parts.code(headline.environment)}</h1>"
    if headline.notice:
        yield f'<p class="notice">{parts.text(headline.notice)}</p>'
    if report.undoes:
        yield f"<p>{UNDOES} {parts.code(report.undoes)}.</p>"
    if report.refusal:
        yield f'<p class="refused"><strong>Refused:</strong> {parts.lines(report.refusal)}</p>'
    yield f'<p class="summary">{parts.text(_summary(report))}.</p>'
    stops = [counted(len(told), name) for name in STOPS if (told := report.told(name))]
    if stops and report.planning is not None:
        rules = dict.fromkeys(
            parts.code(item.name or item.rule) for name in STOPS for item in report.told(name)
        )
        yield f'<p class="stops">What stops apply: {listed(stops)} ({", ".join(rules)}).</p>'
    yield f"{parts.tenant(headline)}\n</header>"


def _footer(report: Report) -> Iterator[str]:
    if report.record:
        yield f"<footer><p>Record: {parts.code(report.record)}</p></footer>"
    if report.planning is not None and report.planning.checksum:
        yield f"<footer><p>Checksum {parts.code(report.planning.checksum)}</p></footer>"


def _outcomes(report: Report) -> Iterator[str]:
    if report.outcomes:
        yield "<section>\n<h2>Outcomes</h2>\n<ul>"
        for outcome in report.outcomes:
            why = f": {parts.text(outcome.why)}" if outcome.why else ""
            said = (
                f"<strong>{outcome.status}</strong>: {outcome.action} {parts.code(str(outcome.address))}{why}"
            )
            yield f'<li class="{outcome.status}">{said}</li>'
        yield "</ul>\n</section>"


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
        yield from (f"<li>{parts.code(str(address))}</li>" for address in planning.unmanaged)
        yield "</ul></details>\n</section>"


def _table(planning: Planning, findings: Iterable[Finding], anchors: Mapping[Address, str]) -> Iterator[str]:
    about: defaultdict[Address | None, list[str]] = defaultdict(list)
    for finding in (item for item in findings if item.news != "removed"):
        about[finding.address].append(f"{finding.weight} {parts.code(finding.name or finding.rule)}")
    yield f"<section>\n<h2>Changes</h2>\n{parts.table_head(('Change', 'Object', 'Kind', 'Look at'))}"
    for entry in planning.pending:
        what = f'<a href="#{anchors[entry.address]}">{parts.code(entry.address.name)}</a>'
        looks = "<br>".join(dict.fromkeys(about[entry.address]))
        yield parts.row((_action(entry), what, parts.text(entry.address.kind), looks))
    yield "</tbody>\n</table></div>\n</section>"


def _action(entry: Entry) -> str:
    return f'<span class="{entry.action}">{html.escape(entry.symbol)} {entry.action}</span>'


def _links(planning: Planning, anchors: Mapping[Address, str]) -> defaultdict[Address, list[str]]:
    """What each changed object depends on, and what depends on it, in words."""

    def named(address: Address) -> str:
        code = parts.code(str(address))
        return f'<a href="#{anchors[address]}">{code}</a>' if address in anchors else code

    found: defaultdict[Address, list[str]] = defaultdict(list)
    for edge in planning.edges:
        found[edge.source].append(f"{edge.role} {named(edge.target)}")
        found[edge.target].append(f"is {_PASSIVE[edge.role]} by {named(edge.source)}")
    return found


def _details(entry: Entry, anchor: str, links: Iterable[str]) -> Iterator[str]:
    kind = (
        ""
        if entry.address.kind == entry.address.name
        else f" <small>{parts.text(entry.address.kind)}</small>"
    )
    name = f"{_action(entry)} {parts.code(entry.address.name)}{kind}"
    yield f'<details open id="{anchor}"><summary>{name}</summary>'
    place = f", {parts.code(str(entry.place))}" if entry.place else ""
    yield f"<p>{parts.text(entry.reason)}{place}</p>"
    if entry.why:
        yield f"<blockquote><p>{parts.text(entry.why)}</p></blockquote>"
    if said := [*links]:
        yield f"<ul>{''.join(f'<li>{item}</li>' for item in said)}</ul>"
    if entry.fields:
        yield "<dl>"
        for field in entry.fields:
            yield f"<dt>{parts.code(field.path)}</dt><dd>{''.join(parts.sides(field))}</dd>"
        yield "</dl>"
    if entry.left_as_is:
        yield f"<p>left as is: {', '.join(map(parts.code, entry.left_as_is))}</p>"
    yield "</details>"
