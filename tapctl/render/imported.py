"""What `tapctl import` wrote → text, Markdown, or JSON as schemas/import-output.schema.json promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from tapctl.model import Address, Finding, JsonObject
from tapctl.render import gfm
from tapctl.render.json import VERSION, written
from tapctl.text.escape import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import into `root`. `documents` and `updated` are addresses and files; `declared` is what
    stays; `tenant_id` is empty for an export."""

    root: str
    environment: str
    tenant_id: str
    notice: str
    documents: Sequence[tuple[Address, str]]
    updated: Sequence[tuple[Address, str]]
    pins: Mapping[Address, str]
    declared: Sequence[Address]
    hints: Sequence[str]
    findings: Sequence[Finding]
    requests: int


def render_json(done: Import) -> str:
    """Every property is there; what is not known is null."""
    document: JsonObject = {
        "version": VERSION,
        "command": "import",
        "environment": done.environment,
        "tenant": done.tenant_id or None,
        "notice": done.notice or None,
        "documents": [{"address": str(address), "file": file} for address, file in done.documents],
        "updated": [{"address": str(address), "file": file} for address, file in done.updated],
        "pins": {str(address): pin for address, pin in sorted(done.pins.items())},
        "declared": [str(address) for address in done.declared],
        "hints": [*done.hints],
        "requests": done.requests,
        "findings": [
            {
                "rule": item.rule,
                "severity": item.severity,
                "message": item.message,
                "help": item.help,
                "place": item.place._asdict() if item.place else None,
            }
            for item in done.findings
        ],
    }
    return written(document)


def render_text(done: Import) -> str:
    """For a terminal."""
    where = f"tenant {done.tenant_id}" if done.tenant_id else "an export"
    lines = [f"Imported into {done.root} from {where} ({done.environment})"]
    lines += [f"  + {file}: {address}" for address, file in done.documents]
    lines += [f"  ~ {file}: {address}" for address, file in done.updated]
    lines += [f"  pin {address}: {pin}" for address, pin in sorted(done.pins.items())]
    lines += [f"  ? {hint}" for hint in done.hints]
    for remedy, findings in groupby(done.findings, key=_remedy):
        lines += [f"  ! {f'{item.place}: ' if item.place else ''}{item.message}" for item in findings]
        lines += [f"    {remedy}"] if remedy else []
    lines += [_said(done), *([done.notice] if done.notice else [])]
    return "\n".join(map(visible, lines)) + "\n"


def render_markdown(done: Import) -> str:
    """For a comment or a job's summary."""
    notice = f"{done.notice}. " if done.notice else ""
    where = f"tenant {gfm.code(done.tenant_id)}" if done.tenant_id else "an export"
    lines = [f"### {notice}Imported from {where} for {gfm.code(done.environment)}", "", f"{_said(done)}.", ""]
    if done.documents:
        rows = [f"| {gfm.code(str(address))} | {gfm.code(file)} |" for address, file in done.documents]
        lines += ["| object | file |", "|---|---|", *rows, ""]
    lines += [f"- updated: {gfm.code(str(address))} in {gfm.code(file)}" for address, file in done.updated]
    lines += [f"- pinned: {gfm.code(f'{address}: {pin}')}" for address, pin in sorted(done.pins.items())]
    lines += [f"- to decide: {gfm.text(hint)}" for hint in done.hints]
    for remedy, findings in groupby(done.findings, key=_remedy):
        for item in findings:
            place = f"{gfm.code(str(item.place))}: " if item.place else ""
            lines.append(f"- {item.severity}: {place}{gfm.text(item.message)}")
        lines[-1] += f"<br>{gfm.text(remedy)}" if remedy else ""
    return "\n".join(lines).rstrip("\n") + "\n"


def _remedy(finding: Finding) -> str:
    """What to do, said once after findings of which it is the same."""
    return finding.help


def _said(done: Import) -> str:
    updated = f"{len(done.updated)} updated, " if done.updated else ""
    said = f"{len(done.documents)} written, {updated}{len(done.declared)} declared already"
    return f"{said}; {done.requests} requests" if done.requests else said
