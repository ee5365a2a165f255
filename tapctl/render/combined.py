"""Combined results → text, JSON (schemas/summary-output.schema.json) or Markdown, worst first."""

from __future__ import annotations

from typing import Final

from tapctl.model import JsonObject
from tapctl.render.gfm import clipped, code, text
from tapctl.render.json import VERSION, written
from tapctl.render.room import Room
from tapctl.report import SEVERITIES
from tapctl.report.combined import Combined, Result, Status
from tapctl.text.escape import visible
from tapctl.text.words import counted, listed

_WORDS: Final[dict[Status, str]] = {
    "error": "failed",
    "missing": "no result",
    "incomplete": "incomplete",
    "refused": "refused",
    "stopped": "needs a word",
    "drift": "drifts",
    "changes": "has changes",
    "applied": "applied",
    "clean": "as declared",
}
_OF_SEVERAL: Final[dict[Status, str]] = {
    **_WORDS,
    "stopped": "need a word",
    "drift": "drift",
    "changes": "have changes",
}
_NAME, _SAID = 120, 300
_HEAD: Final = "| environment | | what | findings | tenant |\n| --- | --- | --- | --- | --- |"


def render_json(combined: Combined) -> str:
    """The document."""
    return written(
        {
            "version": VERSION,
            "command": "summary",
            "wrong": combined.is_wrong,
            "counts": {str(status): count for status, count in combined.counts.items()},
            "ready": [
                {"environment": item.environment, "checksum": item.checksum} for item in combined.ready
            ],
            "results": [_json(item) for item in combined.results],
        }
    )


def _json(item: Result) -> JsonObject:
    return {
        "environment": item.environment,
        "command": item.command or None,
        "status": item.status,
        "said": clipped(item.said, _SAID),
        "tenant": item.tenant or None,
        "notice": item.notice or None,
        "changes": {**item.changes} or None,
        "findings": {severity: item.findings.get(severity, 0) for severity in SEVERITIES},
        "brakes": [*item.brakes],
        "checksum": item.checksum or None,
    }


def render_text(combined: Combined) -> str:
    """A line each."""
    rows = [
        (visible(item.environment), _WORDS[item.status], visible(_said(item)), visible(item.notice))
        for item in combined.results
    ]
    wide = [max((len(row[column]) for row in rows), default=0) for column in range(2)]
    lines = [
        f"{name:<{wide[0]}}  {status:<{wide[1]}}  {said}{f'  ({notice})' if notice else ''}"
        for name, status, said, notice in rows
    ]
    return "\n".join([_headline(combined), *lines]) + "\n"


def render_markdown(combined: Combined) -> str:
    """A table, no longer than a comment may be."""
    room = Room()
    head = room.pay(f"## {_headline(combined)}", _HEAD, " " * 200)
    rows = [_row(item) for item in combined.results]
    kept = [row for row, fits in zip(rows, room.take(rows), strict=True) if fits]
    left = len(rows) - len(kept)
    more = ["", f"{counted(left, 'more environment')} would not fit."] if left else []
    return "\n".join([head[0], "", head[1], *kept, *more]) + "\n"


def _headline(combined: Combined) -> str:
    counts = [
        f"{count} {(_WORDS if count == 1 else _OF_SEVERAL)[status]}"
        for status, count in combined.counts.items()
        if count
    ]
    return f"{counted(len(combined.results), 'environment')}: {listed(counts) or 'no result'}"


def _said(item: Result) -> str:
    said = clipped(item.said, _SAID)
    return f"{said}; brakes: {', '.join(item.brakes)}" if item.brakes else said


def _row(item: Result) -> str:
    status = _WORDS[item.status]
    findings = [
        counted(item.findings[severity], severity) for severity in SEVERITIES if item.findings.get(severity)
    ]
    where = [code(clipped(item.tenant, _NAME))] if item.tenant else []
    where += [text(item.notice)] if item.notice else []
    cells = [
        code(clipped(item.environment, _NAME)),
        f"**{status}**" if item.status not in ("clean", "applied") else status,
        text(_said(item)),
        ", ".join(findings),
        "<br>".join(where),
    ]
    return f"| {' | '.join(cells)} |"
