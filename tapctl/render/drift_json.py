"""News → JSON, as schemas/drift-output.schema.json promises. Every property is always there."""

from __future__ import annotations

from datetime import datetime

from tapctl.drift.causes import DAYS_KEPT, Attribution, Cause
from tapctl.drift.drifted import Drifted, DriftedField, Since
from tapctl.drift.events import Event
from tapctl.drift.news import News
from tapctl.drift.undeclared import Undeclared
from tapctl.model import JsonObject
from tapctl.render.json import VERSION, finding, headline, place, written
from tapctl.report import Report

_UNREAD = "mistakes in the folder come first: the tenant was not read"


def render(news: News) -> str:
    """The document."""
    return written(
        {
            "version": VERSION,
            "command": "drift",
            **headline(news.headline),
            "caller": news.headline.caller or None,
            "complete": True,
            "clean": news.is_clean,
            "since": _since(news.since),
            "auditLog": {
                "read": not news.log.unread,
                "why": news.log.unread or None,
                "records": news.records,
                "oldest": _time(news.log.oldest),
                "kept": news.log.days_kept,
            },
            "drifted": [_drifted(item) for item in news.drifted],
            "undeclared": [_undeclared(item) for item in news.undeclared],
            "findings": [finding(item) for item in news.findings],
            "adopted": [*news.adopted],
            "requests": news.requests,
        }
    )


def render_mistakes(report: Report, since: Since) -> str:
    """The document where mistakes in the folder come first, and the tenant was not read."""
    return written(
        {
            "version": VERSION,
            "command": "drift",
            **headline(report.headline),
            "caller": None,
            "complete": False,
            "clean": False,
            "since": _since(since),
            "auditLog": {
                "read": False,
                "why": _UNREAD,
                "records": 0,
                "oldest": None,
                "kept": DAYS_KEPT[None],
            },
            "drifted": [],
            "undeclared": [],
            "findings": [finding(item) for item in report.findings],
            "adopted": [],
            "requests": 0,
        }
    )


def _since(since: Since) -> JsonObject:
    return {"time": _time(since.moment), "from": since.said}


def _drifted(item: Drifted) -> JsonObject:
    return {
        "address": str(item.address),
        "kind": item.address.kind,
        "name": item.address.name,
        "id": item.id,
        "what": item.what,
        "said": item.said or None,
        "newer": item.is_newer,
        "place": place(item.place),
        "fields": [_field(found) for found in item.fields],
        "attribution": _attribution(item.attribution),
        "restore": item.restore or None,
    }


def _field(found: DriftedField) -> JsonObject:
    line = found.line
    return {
        "path": line.path,
        "declared": line.before,
        "tenant": line.after,
        "added": [*line.added] if line.is_set else None,
        "removed": [*line.removed] if line.is_set else None,
        "newer": found.is_newer,
        "place": place(found.place),
        "attribution": _attribution(found.attribution),
    }


def _undeclared(item: Undeclared) -> JsonObject:
    return {
        "address": str(item.address),
        "kind": item.address.kind,
        "name": item.address.name,
        "id": item.id,
        "created": _time(item.created),
        "modified": _time(item.modified),
        "state": item.state,
        "newer": item.is_newer,
        "lately": item.lately,
        "attribution": _attribution(item.attribution),
    }


def _attribution(found: Attribution | None) -> JsonObject | None:
    if found is None:
        return None
    return {
        "causes": [_cause(cause) for cause in found.causes],
        "suspects": [_event(event) for event in found.suspects],
        "unknown": found.unknown or None,
    }


def _cause(cause: Cause) -> JsonObject:
    return {**_event(cause.event), "entries": [*cause.entries]}


def _event(event: Event) -> JsonObject:
    return {
        "who": event.actor.name or None,
        "whoKind": event.actor.kind,
        "whoId": event.actor.id or None,
        "when": _time(event.moment),
        "application": event.application or None,
        "ipAddress": event.ip_address or None,
        "activity": event.activity,
        "correlationId": event.correlation_id or None,
        "record": event.id,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
