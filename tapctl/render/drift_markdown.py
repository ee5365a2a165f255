"""News → GitHub-flavoured Markdown, for the issue that a nightly run keeps, or a job's summary.

Nothing in it depends on when it was written: an issue is changed only when the drift is another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tapctl.drift.causes import Attribution
from tapctl.drift.drifted import Drifted, DriftedField
from tapctl.drift.news import News
from tapctl.drift.undeclared import Undeclared
from tapctl.model import Finding
from tapctl.render import drift_words as words
from tapctl.render.gfm import clipped, code, cut_name, fenced, html_code, prose, text
from tapctl.render.roll import Named, reserved, rows_or_names
from tapctl.render.room import Room
from tapctl.render.values import MOST_ENTRIES, block, is_block, shortened, shown
from tapctl.report import FieldLine
from tapctl.text.escape import spelled
from tapctl.text.words import counted

_TITLES: Final = {"error": "Errors", "warning": "Warnings", "note": "Notes"}
_NAME, _TEXT, _LINE = 120, 1500, 1000
_MOST_LINES: Final = 60
_HEAD: Final = "| | object | what | by whom, when last |\n| --- | --- | --- | --- |"


def render(news: News) -> str:
    """Blocks with an empty line between them, in all no longer than a comment may be."""
    room = Room()
    head, foot = room.pay(*_head(news)), room.pay(*_foot(news))
    room.pay(" " * 2000)
    kept = reserved(_named(news), room)
    meant = [item for severity in ("error", "warning") for item in _findings(news, severity, room)]
    table = _table(news, kept, room)
    folded = _fitting([_details(item) for item in news.drifted], room, 0.8, "\n\n")
    notes = _findings(news, "note", room)
    undeclared = _undeclared(news, room)
    found = [*head, *meant, *table, *folded, *notes, *undeclared, *foot]
    return "\n\n".join(found) + "\n"


def _head(news: News) -> list[str]:
    environment = code(clipped(news.headline.environment, _NAME))
    found = [f"## Drift in {environment}: {text(words.headline(news))}"]
    if news.headline.notice:
        found.append(f"**{news.headline.notice}**")
    tenant = f"Tenant {code(clipped(news.headline.tenant_id, _NAME))}."
    return [*found, f"{tenant} {text(words.since(news))}" if news.drifted else tenant]


def _foot(news: News) -> list[str]:
    found = [f"Adopted into {code(path)}." for path in news.adopted[:MOST_ENTRIES]]
    if said := words.log(news):
        found.append(text(clipped(said, _TEXT)))
    return found


def _findings(news: News, severity: str, room: Room) -> list[str]:
    found = [item for item in news.findings if item.severity == severity]
    if not found:
        return []
    title = f"### {_TITLES[severity]} ({len(found)})"
    return [title, *_fitting([_finding(item) for item in found], room, 0.4, "\n")]


def _finding(finding: Finding) -> str:
    parts = [text(clipped(spelled(finding.message), _TEXT))]
    if finding.place:
        parts.append(f"at {code(str(finding.place))}")
    parts.append(f"({code(finding.rule)})")
    if finding.help:
        parts.append(f"<br>{prose(clipped(finding.help, _TEXT))}")
    return "- " + " ".join(parts)


def _table(news: News, kept: int, room: Room) -> list[str]:
    """What fits as rows; the rest by name, for which `kept` is there."""
    if not news.drifted:
        return []
    shown, names, left = rows_or_names([_row(item) for item in news.drifted], _named(news), kept, room)
    found = ["\n".join([_HEAD, *shown])]
    if not left:
        return found
    title = f"<details><summary>{counted(left, 'more object')}, by name</summary>"
    return [*found, title, "\n".join(names), "</details>"]


def _named(news: News) -> list[Named]:
    return [(f"{item.what} {item.address.kind}", item.address.name) for item in news.drifted]


def _row(item: Drifted) -> str:
    mark = f"{words.SYMBOLS[item.what]} {words.age(item.is_newer)}".strip()
    name = f"{code(cut_name(item.address.name, _NAME))}<br>{text(item.address.kind)}"
    what = [text(clipped(words.said(item), _NAME))] if item.what != "changed" else []
    first, more = shortened([code(clipped(found.line.path, _NAME)) for found in item.fields], 4)
    who = [f"{code(clipped(name, _NAME))}, {when}" for name, when in words.actors(item).items()]
    return (
        f"| {code(mark)} | {name} | {'<br>'.join([*what, *first, *more])} | {'<br>'.join(who) or 'unknown'} |"
    )


def _details(item: Drifted) -> str:
    title = f"{html_code(cut_name(item.address.name, _NAME))} ({html_code(item.address.kind)})"
    said = text(clipped(words.said(item), _TEXT)) + (f", {code(str(item.place))}" if item.place else "")
    found = [f"<details><summary>{title}</summary>", said]
    if item.attribution is not None:
        found.append("\n".join(_causes(item.attribution)))
    if item.restore:
        found.append(text(clipped(item.restore, _TEXT)))
    for field in item.fields:
        found += _field(field)
    return "\n\n".join([*found, "</details>"])


def _field(found: DriftedField) -> Iterator[str]:
    new = " (new)" if found.is_newer else ""
    yield f"{code(clipped(found.line.path, _NAME))}{new}"
    yield fenced([clipped(line, _LINE) for line in _sides(found.line)], "diff")
    yield "\n".join(_causes(found.attribution))


def _sides(line: FieldLine) -> Iterator[str]:
    if line.is_set:
        for symbol, items in (("-", line.removed), ("+", line.added)):
            first, more = shortened([shown(item) for item in items], MOST_ENTRIES)
            yield from (f"{symbol} {said}" for said in [*first, *more])
        return
    for symbol, side in (("-", line.before), ("+", line.after)):
        if side is not None:
            first, more = shortened(block(side) if is_block(side) else [shown(side)], _MOST_LINES)
            yield from (f"{symbol} {said}" for said in [*first, *more])


def _causes(attribution: Attribution) -> Iterator[str]:
    for said in words.causes(attribution):
        yield f"- {text(clipped(said, _TEXT))}"


def _undeclared(news: News, room: Room) -> list[str]:
    if not news.undeclared:
        return []
    ordered = words.newest_first(news.undeclared)
    title = f"<details><summary>Not declared here, left alone ({len(ordered)})</summary>"
    return [title, *_fitting([_stray(item) for item in ordered], room, 0.8, "\n"), "</details>"]


def _stray(item: Undeclared) -> str:
    mark = f" ({words.lately(item)})" if item.lately else ""
    said = [text(clipped(said, _TEXT)) for said in (words.dated(item), *words.doers(item)) if said]
    return ", ".join([f"- {code(cut_name(str(item.address), _NAME))}{mark}", *said])


def _fitting(items: Sequence[str], room: Room, share: float, between: str) -> list[str]:
    """What fits of a list; the rest is counted."""
    kept = room.take(items, share)
    shown_items = [item for item, fits in zip(items, kept, strict=True) if fits]
    left = len(items) - len(shown_items)
    body = [between.join(shown_items)] if shown_items else []
    return [*body, *([f"{left} more; see `--format json`."] if left else [])]
