"""A Report → GitHub-flavoured Markdown: the comment from which a reviewer decides, or a job's summary.

What stops the apply comes first, then a table by change, a picture of what depends on what, and the details,
folded. However large the plan, it fits a comment: details give way first, then the table's rows. Room for the
name of every change is kept from the start; where there are too many even for that, the others are counted,
with a link to the whole. Names come from strangers: see gfm.py.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from tapctl.model import Address, Finding, Severity
from tapctl.render.gfm import CLIPPED, clipped, code, cut_name, fenced, lines, link, prose, text
from tapctl.render.markdown_change import HEAD, details, row
from tapctl.render.mermaid import picture
from tapctl.render.roll import Named, reserved, rows_or_names
from tapctl.render.room import Room
from tapctl.render.values import PASSED, UNDOES, block, shortened
from tapctl.report import STOPS, Entry, Planning, Report
from tapctl.text.escape import spelled
from tapctl.text.words import counted, listed

_SEVERITIES: Final[dict[Severity, str]] = {
    "error": "Errors",
    "brake": "Brakes: apply needs a word for each",
    "warning": "Warnings",
    "note": "Notes",
}
_TITLES: Final = {"validate": "Check of", "plan": "Plan for", "apply": "Apply to", "drift": "Drift in"}
_TO_DO: Final = {"create": "to create", "update": "to update", "delete": "to delete"}
_LONGEST_NAME, _LONGEST_MESSAGE = 120, 1500
_MOST_OPEN: Final = 10
_MOST_RULES: Final = 3
_MOST_STOPS: Final = 6
_TITLES_AND_WORDS: Final = 3000


def render(report: Report) -> str:
    """Blocks with an empty line between them, in all no longer than a comment may be."""
    room = Room()
    head, foot = room.pay(*_head(report)), room.pay(*_foot(report))
    room.pay(" " * _TITLES_AND_WORDS)
    entries = _urgent_first(report)
    kept = reserved(_named(entries), room)
    outcomes = _outcomes(report, room)
    stops = [block for severity in STOPS for block in _findings(report, severity, room)]
    brought = [item for item in report.news("introduced") if item.severity not in STOPS]
    news = _listed(report, "New with this change", brought, room)
    table = _table(report, entries, kept, room)
    drawn = _picture(report.planning, room)
    folded = _details(report, entries, room)
    ended = _listed(report, "Ended by this change", report.news("removed"), room)
    rest = [block for severity in ("warning", "note") for block in _findings(report, severity, room)]
    unmanaged = _unmanaged(report, room)
    blocks = (head, outcomes, stops, news, table, drawn, ended, rest, folded, unmanaged, foot)
    return "\n\n".join(block for found in blocks for block in found) + "\n"


def render_error(error: BaseException, environment: str | None) -> str:
    """An error that stopped a command."""
    where = f" in {code(clipped(environment, _LONGEST_NAME))}" if environment else ""
    return "\n".join([f"**Error**{where}", "", fenced(block(str(error)))]) + "\n"


def _head(report: Report) -> list[str]:
    environment = code(clipped(report.headline.environment, _LONGEST_NAME))
    found = [f"## {_TITLES[report.command]} {environment}: {'; '.join(_headline(report))}"]
    if report.headline.notice:
        found.append(f"**{report.headline.notice}**")
    if report.undoes:
        found.append(f"{UNDOES} {code(clipped(report.undoes, _LONGEST_NAME))}.")
    if report.refusal:
        found.append(f"**Refused:** {lines(report.refusal[: 2 * _LONGEST_MESSAGE])}")
    tenant = report.headline.tenant_id
    said = f"Tenant {code(clipped(tenant, _LONGEST_NAME))}" if tenant else "The tenant was not asked"
    if report.planning is not None:
        said += f". {counted(report.planning.counts['no-op'], 'object')} as declared"
    else:
        said += f". {counted(report.documents, 'document')}"
    return [*found, f"{said}."]


def _headline(report: Report) -> list[str]:
    """How much would change, what stops it, and what is new, in words."""
    if report.outcomes:
        said = Counter(outcome.status for outcome in report.outcomes)
        return [", ".join(f"{count} {status}" for status, count in said.most_common())]
    found = []
    if report.planning is not None:
        counts = report.planning.counts
        changes = [f"{counts[action]} {said}" for action, said in _TO_DO.items() if counts[action]]
        found += [", ".join(changes) or "nothing to do", *report.less_protected]
    told = [item for severity in STOPS for item in report.told(severity)]
    count = Counter(item.severity for item in told)
    stops = [counted(count[severity], severity) for severity in STOPS if count[severity]]
    if stops and report.planning is not None:
        found.append(
            f"{listed(stops)} {'stop' if len(told) > 1 else 'stops'} apply ({_rules(told, _MOST_STOPS)})"
        )
    elif report.planning is None:
        found.append(listed(stops) or "nothing wrong")
    new, ended = (len(report.news(which)) for which in ("introduced", "removed"))
    if warnings := [item for item in report.of("warning") if not item.news]:
        found.append(counted(len(warnings), "warning"))
    if new:
        found.append(f"{counted(new, 'new finding')} ({_rules(report.news('introduced'))})")
    if ended:
        found.append(f"{counted(ended, 'finding')} ended")
    return found


def _rules(findings: Iterable[Finding], most: int = _MOST_RULES) -> str:
    rules = dict.fromkeys(code(clipped(item.name or item.rule, 40)) for item in findings)
    first, more = shortened([*rules], most)
    return ", ".join([*first, *more])


def _foot(report: Report) -> list[str]:
    found = []
    if report.record:
        found.append(f"Record: {code(clipped(report.record, _LONGEST_NAME))}")
    if report.planning is not None and report.planning.checksum:
        found.append(
            f"Checksum {code(report.planning.checksum)}: `apply --checksum` does this and nothing else."
        )
    if report.link:
        found.append(link("The whole output", report.link))
    return found


def _outcomes(report: Report, room: Room) -> list[str]:
    items = [
        f"- **{outcome.status}**: {outcome.action} {_name(str(outcome.address))}"
        + (f": {_lines(outcome.why)}" if outcome.why else "")
        for outcome in sorted(report.outcomes, key=lambda outcome: outcome.status == "applied")
    ]
    names = [_name(str(outcome.address)) for outcome in report.outcomes]
    return _section("### Outcomes", items, names, report, room, 0.3)


def _lines(words: str) -> str:
    """What is wrong and, on lines of their own, what to do."""
    what, *advice = words.splitlines()
    said = [what, " ".join(line.strip() for line in advice)] if advice else [what]
    return "<br>".join(text(clipped(line, _LONGEST_MESSAGE)) for line in said)


def _findings(report: Report, severity: Severity, room: Room) -> list[str]:
    """What stops the apply, or what stays as it was: news has its own place."""
    stops = severity in STOPS
    findings = [finding for finding in report.told(severity) if stops or not finding.news]
    title = _SEVERITIES[severity]
    if severity == "brake" and report.outcomes:  # each has had its word
        title, findings = PASSED, [replace(finding, flag="") for finding in findings]
    return _listed(report, title, findings, room, is_open=stops)


def _listed(
    report: Report, title: str, findings: Sequence[Finding], room: Room, *, is_open: bool = False
) -> list[str]:
    """Findings under a title; many of them are folded."""
    items = [_finding(finding) for finding in findings]
    title, names = f"{title} ({len(findings)})", [_name(finding.rule) for finding in findings]
    if is_open or len(findings) <= _MOST_OPEN:
        return _section(f"### {title}", items, names, report, room, 0.4)
    return _folded(title, _section("", items, names, report, room, 0.5))


def _finding(finding: Finding) -> str:
    parts = [_message(finding)]
    if finding.place:
        parts.append(f"at {code(str(finding.place))}")
    parts.append(f"({code(finding.label)})")
    if finding.help:
        parts.append(f"<br>{prose(clipped(finding.help, _LONGEST_MESSAGE))}")
    if finding.flag and finding.severity == "brake":  # which says it for all errors that it names
        parts.append(f"<br>Allow it with {code(finding.flag)}")
    return "- " + " ".join(parts)


def _message(finding: Finding) -> str:
    """The message, in which the object it is about stands in code: lint begins with its name."""
    message, about = finding.message, finding.address
    if len(message) > _LONGEST_MESSAGE:
        message = message[: _LONGEST_MESSAGE - 1] + CLIPPED
    if about is None:
        return _sentence(message)
    if str(about) in message:
        return code(str(about)).join(map(_sentence, message.split(str(about))))
    rest = message.removeprefix(about.name)
    begins = rest.startswith(" ") and rest != message
    return f"{code(about.name)}{_sentence(rest)}" if begins else _sentence(message)


def _sentence(words: str) -> str:
    return text(clipped(spelled(words), _LONGEST_MESSAGE))


def _table(report: Report, entries: Sequence[Entry], kept: int, room: Room) -> list[str]:
    """What fits as rows; the rest by name, for which `kept` is there."""
    if not entries:
        return []
    about = _about(report)
    rows = [row(entry, about[entry.address]) for entry in entries]
    shown, names, left = rows_or_names(rows, _named(entries), kept, room)
    found = ["### Changes", "\n".join([HEAD, *shown])]
    if not left:
        return found
    title = f"{counted(left, 'more change')}, by name"
    return [*found, *_folded(title, ["\n".join(names)]), f"{_whole(report)} shows everything."]


def _named(entries: Sequence[Entry]) -> list[Named]:
    """Every change by name, under its action and kind."""
    return [(f"{entry.action} {entry.address.kind}", entry.address.name) for entry in entries]


def _about(report: Report) -> Mapping[Address, list[Finding]]:
    """What is to be looked at, by object; not what the change ends."""
    found: defaultdict[Address, list[Finding]] = defaultdict(list)
    for item in report.findings:
        if item.address is not None and item.news != "removed":
            found[item.address].append(item)
    return found


def _urgent_first(report: Report) -> list[Entry]:
    """What the guard stops comes first; then by kind and name."""
    stopped = {finding.address for severity in STOPS for finding in report.of(severity)}
    pending = report.planning.pending if report.planning else ()
    return sorted(pending, key=lambda entry: (entry.address not in stopped, entry.address))


def _picture(planning: Planning | None, room: Room) -> list[str]:
    chart, left_out = picture(planning) if planning is not None else ([], 0)
    if not chart or not all(room.take(["\n".join(chart)], 0.4)):
        return []
    more = [f"{counted(left_out, 'more object')} would not fit the picture."] if left_out else []
    return ["### What depends on what", fenced(chart, "mermaid"), *more]


def _details(report: Report, entries: Sequence[Entry], room: Room) -> list[str]:
    """Of as many as fit; each change is named in the table, or under it."""
    if not entries:
        return []
    items = [details(entry) for entry in entries]
    kept = room.take(items, 0.8)
    shown = [item for item, fits in zip(items, kept, strict=True) if fits]
    left = len(items) - len(shown)
    more = f"Details of {counted(left, 'change')} have no room here. {_whole(report)} shows everything."
    return ["### Details", *shown, *([more] if left else [])]


def _unmanaged(report: Report, room: Room) -> list[str]:
    unmanaged = report.planning.unmanaged if report.planning is not None else ()
    names = [_name(str(address)) for address in unmanaged]
    title = f"Not declared here, left alone ({len(names)})"
    return _folded(title, _section("", [f"- {name}" for name in names], names, report, room, 0.5))


def _name(words: str) -> str:
    return code(cut_name(words, _LONGEST_NAME))


def _folded(title: str, blocks: Sequence[str]) -> list[str]:
    return [f"<details><summary>{title}</summary>", *blocks, "</details>"] if blocks else []


def _section(
    title: str,
    items: Sequence[str],
    names: Sequence[str],
    report: Report,
    room: Room,
    share: float,
) -> list[str]:
    """What fits of a list, under its title; the rest is named as far as names fit, and linked."""
    if not items:
        return []
    kept = room.take(items, share)
    shown = [item for item, fits in zip(items, kept, strict=True) if fits]
    left = [name for name, fits in zip(names, kept, strict=True) if not fits]
    return [*filter(None, [title, "\n".join(shown)]), *_rest(left, report, room)]


def _rest(names: Sequence[str], report: Report, room: Room) -> list[str]:
    """What did not fit, by name; equal names are counted."""
    if not names:
        return []
    found = [f"{name} ({count})" if count > 1 else name for name, count in Counter(names).items()]
    named = [item for item, fits in zip(found, room.take(found, 0.2), strict=True) if fits]
    more = [f"{len(found) - len(named)} more"] if len(named) < len(found) else []
    return [f"Not shown here for lack of room: {listed([*named, *more])}. {_whole(report)} shows everything."]


def _whole(report: Report) -> str:
    return link("The whole output", report.link) if report.link else "`--format json`"
