"""What `tapctl facts` read → text, Markdown, or JSON as schemas/facts-output.schema.json promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tapctl.facts.summary import Summary
from tapctl.facts.unread import grouped
from tapctl.model import JsonObject
from tapctl.render import gfm
from tapctl.render.json import VERSION, headline, written
from tapctl.report import Headline
from tapctl.text.escape import visible
from tapctl.text.words import counted

PRIVACY = (
    "It says who is in which group and what they registered, under pseudonyms that only this workspace's salt"
    " resolves: keep it out of version control."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsReport:
    """One reading. `keep_out` says that git may take the file for something to commit."""

    headline: Headline
    summary: Summary
    taken_at: str
    file: str
    keep_out: bool
    requests: int


def render_json(report: FactsReport) -> str:
    """Every property is there; what is not known is null."""
    found = report.summary
    document: JsonObject = {
        "version": VERSION,
        "command": "facts",
        **headline(report.headline),
        "file": report.file,
        "takenAt": report.taken_at,
        "requests": report.requests,
        "groups": [{"name": item.name, "people": item.people} for item in found.groups],
        "nestedGroups": found.nested,
        "roles": [
            {"name": item.name, "active": item.active, "eligible": item.eligible} for item in found.roles
        ],
        "people": found.people,
        "disabled": found.disabled,
        "withMethods": found.with_methods,
        "strangeMethods": [*found.strange_methods],
        "objects": found.objects,
        "securityDefaults": found.security_defaults,
        "joinNeedsMfa": found.join_needs_mfa,
        "licensed": found.is_licensed,
        "notRead": [{"what": item.what, "why": item.why} for item in found.unread],
    }
    return written(document)


def render_text(report: FactsReport) -> str:
    """For a terminal."""
    found = report.summary
    names = [*(item.name for item in found.groups), *(item.name for item in found.roles)]
    wide = max((len(visible(name)) for name in names), default=0)
    lines = [_title(report), ""]
    lines += [f"  {visible(item.name):<{wide}}  {_people(item.people)}" for item in found.groups]
    lines += [f"  {visible(item.name):<{wide}}  {_held(item.active, item.eligible)}" for item in found.roles]
    lines += ["", *_sentences(found), *(["", "Not read:"] if found.unread else [])]
    lines += [f"  {visible(item.what)}: {visible(item.why)}" for item in grouped(found.unread)]
    lines += ["", *_ending(report, visible(report.file))]
    return "\n".join(lines) + "\n"


def render_markdown(report: FactsReport) -> str:
    """For a comment or a job's summary."""
    found = report.summary
    where = report.headline
    notice = f"{where.notice}. " if where.notice else ""
    tenant = f", tenant {gfm.code(where.tenant_id)}" if where.tenant_id else ""
    title = f"### {notice}Facts of {gfm.code(where.environment)}{tenant}, {report.taken_at}"
    lines = [title, "", "| who | how many |", "|---|---|"]
    lines += [f"| {gfm.code(item.name)} | {_people(item.people)} |" for item in found.groups]
    lines += [f"| {gfm.code(item.name)} | {_held(item.active, item.eligible)} |" for item in found.roles]
    lines += ["", *(f"- {gfm.text(sentence)}" for sentence in _sentences(found))]
    lines += [f"- not read: {gfm.text(item.what)}: {gfm.text(item.why)}" for item in grouped(found.unread)]
    lines += ["", *_ending(report, gfm.code(report.file))]
    return "\n".join(lines) + "\n"


def _title(report: FactsReport) -> str:
    where = report.headline
    notice = f"{where.notice}. " if where.notice else ""
    tenant = f" (tenant {where.tenant_id})" if where.tenant_id else ""
    return f"{notice}Facts of {visible(where.environment)}{visible(tenant)}, {report.taken_at}"


def _people(count: int | None) -> str:
    if count is None:
        return "nobody knows how many people"
    return counted(count, "person", "people")


def _held(active: int, eligible: int | None) -> str:
    on_demand = "nobody knows how many" if eligible is None else str(eligible)
    return f"held by {active}, on demand by {on_demand}"


def _sentences(found: Summary) -> Iterator[str]:
    nested = "1 group" if found.nested == 1 else f"{found.nested} groups"
    yield f"{_people(found.people)}, {found.disabled} of them disabled; {nested} inside these groups"
    yield f"registered methods are known of {found.with_methods}"
    if found.strange_methods:
        yield f"methods that this tapctl does not know: {', '.join(map(visible, found.strange_methods))}"
    yield f"{found.objects} locations, strengths and method configurations"
    yield f"security defaults: {_said(found.security_defaults, 'on', 'off')}"
    yield f"MFA to register or join a device: {_said(found.join_needs_mfa, 'required', 'not required')}"
    yield f"licence for Conditional Access: {_said(found.is_licensed, 'yes', 'no')}"


def _said(value: bool | None, yes: str, no: str) -> str:
    return "not read" if value is None else yes if value else no


def _ending(report: FactsReport, file: str) -> list[str]:
    """Where it went; and what to do with it, unless git leaves it alone by itself."""
    return [f"Written to {file}.", *([PRIVACY] if report.keep_out else ["Git ignores it there."])]
