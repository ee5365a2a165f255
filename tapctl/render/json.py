"""A Report → JSON, as schemas/{validate,plan,apply}-output.schema.json promise.

Every property is always there; what is unknown is null.
"""

from __future__ import annotations

import json
from typing import assert_never

from tapctl.errors import GraphError
from tapctl.model import Finding, Json, JsonObject, Outcome, Place
from tapctl.report import SEVERITIES, Entry, FieldLine, Headline, Planning, Report
from tapctl.text.escape import json_safe

VERSION = 1


def render(report: Report) -> str:
    """The document of the report's command."""
    match report.command:
        case "validate" | "drift":
            return written({**_start(report), "documents": report.documents, **_findings(report)})
        case "plan":
            return written({**_start(report), **_plan(report), **_findings(report)})
        case "apply":
            return written({**_start(report), **_plan(report), **_findings(report), **_apply(report)})
        case _:
            assert_never(report.command)


def render_error(error: BaseException, environment: str | None) -> str:
    """An error that stopped a command, in place of its document."""
    found: JsonObject = {"type": type(error).__name__, "message": str(error)}
    if isinstance(error, GraphError):
        found["graph"] = {
            "request": error.request,
            "status": error.status,
            "code": error.code,
            "message": error.message,
            "requestId": error.request_id,
            "advice": error.advice,
        }
    return written({"version": VERSION, "environment": environment, "error": found})


def written(document: Json) -> str:
    """Readable, and safe to print."""
    return json_safe(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


def headline(found: Headline) -> JsonObject:
    """What every document says of where it comes from."""
    return {
        "environment": found.environment,
        "tenant": found.tenant_id or None,
        "sandbox": found.is_sandbox,
        "notice": found.notice or None,
    }


def _start(report: Report) -> JsonObject:
    return {"version": VERSION, "command": report.command, **headline(report.headline)}


def _plan(report: Report) -> JsonObject:
    planning = report.planning or Planning(entries=())
    return {
        "complete": report.planning is not None,
        "caller": report.headline.caller or None,
        "checksum": planning.checksum or None,
        "fingerprint": planning.fingerprint or None,
        "summary": {**planning.counts, "unmanaged": len(planning.unmanaged)},
        "changes": [_entry(entry) for entry in planning.entries],
        "unmanaged": [
            {"address": str(address), "kind": address.kind, "name": address.name}
            for address in planning.unmanaged
        ],
        "order": [{"phase": phase, "address": str(address)} for phase, address in planning.order],
        "requests": report.requests,
    }


def _entry(entry: Entry) -> JsonObject:
    return {
        "address": str(entry.address),
        "kind": entry.address.kind,
        "name": entry.address.name,
        "action": entry.action,
        "reason": entry.reason,
        "id": entry.id,
        "formerName": entry.former_name,
        "restores": entry.restores,
        "fields": [_field(field) for field in entry.fields],
        "before": entry.before,
        "after": entry.after,
        "leftAsIs": [*entry.left_as_is],
        "place": place(entry.place),
    }


def _field(field: FieldLine) -> JsonObject:
    found: JsonObject = {"path": field.path, "before": field.before, "after": field.after}
    if field.is_set:
        found |= {"added": [*field.added], "removed": [*field.removed]}
    return found


def _findings(report: Report) -> JsonObject:
    return {
        "findingCounts": {severity: len(report.of(severity)) for severity in SEVERITIES},
        "findings": [finding(item) for item in report.findings],
    }


def finding(found: Finding) -> JsonObject:
    """A finding, the same in every document."""
    return {
        "rule": found.rule,
        "name": found.name or None,
        "severity": found.severity,
        "message": found.message,
        "help": found.help or None,
        "place": place(found.place),
        "address": str(found.address) if found.address else None,
        "flag": found.flag or None,
        "news": found.news or None,
    }


def place(found: Place | None) -> Json:
    """Where something stands, or null."""
    return {"file": found.file, "line": found.line, "column": found.column} if found else None


def _apply(report: Report) -> JsonObject:
    return {
        "status": report.status,
        "refusal": report.refusal or None,
        "outcomes": [_outcome(outcome) for outcome in report.outcomes],
        "record": report.record or None,
    }


def _outcome(outcome: Outcome) -> JsonObject:
    return {
        "address": str(outcome.address),
        "action": outcome.action,
        "status": outcome.status,
        "why": outcome.why or None,
        "id": outcome.id,
    }
