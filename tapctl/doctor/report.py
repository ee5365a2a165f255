"""A Diagnosis → a sheet for people, a JSON document for programs (schemas/doctor-output.schema.json)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tapctl.doctor.check import AREAS, STATUSES, Area, Check, Diagnosis, Status
from tapctl.model import JsonObject
from tapctl.render.json import VERSION, headline
from tapctl.report.sheet import Item, Section, Sheet, Tone
from tapctl.text.words import counted

_TITLES: Final[dict[Area, str]] = {
    "workspace": "Workspace",
    "sign-in": "Sign-in",
    "token": "Token",
    "permissions": "Permissions",
    "reading": "Reading",
    "tenant": "Tenant",
}
_TONES: Final[dict[Status, Tone]] = {"ok": "good", "warning": "care", "failed": "bad", "skipped": "plain"}
_WORDS: Final[dict[Status, str]] = {"ok": "ok", "warning": "WARNING", "failed": "FAILED", "skipped": "-"}


def diagnosis_sheet(found: Diagnosis) -> Sheet:
    """By area; what failed is counted at the end, where people look first."""
    return Sheet(
        title=f"Doctor, for {found.purpose}",
        headline=found.headline,
        sections=tuple(_section(area, found) for area in AREAS),
        summary=tuple(_summary(found)),
    )


def _section(area: Area, found: Diagnosis) -> Section:
    checks = [check for check in found.checks if check.area == area]
    return Section(title=_TITLES[area], items=tuple(map(_item, checks)))


def _item(check: Check) -> Item:
    todo = (f"to do: {check.todo}",) if check.todo else ()
    lines = (*check.message.split("\n"), *todo)
    return Item(name=f"{_WORDS[check.status]} {check.name}", lines=lines, tone=_TONES[check.status])


def _summary(found: Diagnosis) -> Iterator[str]:
    failed, doubtful = len(found.of("failed")), len(found.of("warning"))
    requests = counted(found.requests, "request")
    if found.is_well and not doubtful:
        yield f"All well ({requests})"
    elif found.is_well:
        yield f"Nothing failed; {counted(doubtful, 'warning')} ({requests})"
    else:
        yield f"{failed} failed, {counted(doubtful, 'warning')} ({requests})"


def diagnosis_json(found: Diagnosis) -> JsonObject:
    """The whole document."""
    return {
        "version": VERSION,
        "command": "doctor",
        **headline(found.headline),
        "caller": found.headline.caller or None,
        "for": found.purpose,
        "status": "ok" if found.is_well else "failed",
        "counts": {status: len(found.of(status)) for status in STATUSES},
        "checks": [
            {
                "area": check.area,
                "name": check.name,
                "status": check.status,
                "message": check.message,
                "todo": check.todo or None,
            }
            for check in found.checks
        ],
        "permissions": [
            {
                "name": item.need.permission,
                "why": item.need.why,
                "optional": item.need.is_optional,
                "instead": [*item.need.instead],
                "held": item.is_held,
            }
            for item in found.permissions
        ],
        "excess": [
            {"name": item.permission, "why": item.why, "serious": item.is_serious} for item in found.excess
        ],
        "requests": found.requests,
    }
