"""People, passes and methods as JSON answers and reports write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from tapctl.errors import GraphError
from tapctl.model import Json, JsonObject
from tapctl.passes.graph import Pass
from tapctl.passes.methods import Registered
from tapctl.passes.people import Person
from tapctl.passes.trail import Record
from tapctl.text.times import Zones, length, window

# methodUsabilityReason in words: https://learn.microsoft.com/graph/api/resources/
# temporaryaccesspassauthenticationmethod (checked 2026-11)
_REASONS: Final = {
    "EnabledByPolicy": "usable",
    "DisabledByPolicy": "not usable: the pass policy is off, leaves its owner out, or wants one-time ones",
    "Expired": "expired",
    "NotYetValid": "not valid yet",
    "OneTimeUsed": "already used",
}


def condition(held: Pass) -> str:
    """Whether a pass is usable, or why not, in words."""
    known = _REASONS.get(held.reason)
    if known is not None:
        return known
    usable = "usable" if held.is_usable else "not usable"
    return f'{usable}; Graph says "{held.reason}"' if held.reason else usable


def pass_words(held: Pass, zones: Zones) -> tuple[str, ...]:
    """What there is to know of a pass, a line for each thought."""
    times = "one-time" if held.is_usable_once else "multi-use"
    return (
        f"{condition(held)}; {times}, {length(held.lifetime)}",
        window(held.start, held.end, zones),
    )


def maker_words(made: Record | None) -> str:
    """By whom a pass was issued, as far as the log tells."""
    if made is None or not made.actor:
        return "issued by somebody that the audit log does not name"
    return f"issued by {'the application ' if made.is_app else ''}{made.actor}"


def moment(value: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the second."""
    return None if value is None else f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def person_json(person: Person) -> JsonObject:
    return {"id": person.id, "userPrincipalName": person.name, "displayName": person.display or None}


def pass_json(held: Pass) -> JsonObject:
    return {
        "id": held.id,
        "createdDateTime": moment(held.created),
        "startDateTime": moment(held.start),
        "endDateTime": moment(held.end),
        "lifetimeInMinutes": held.lifetime,
        "isUsableOnce": held.is_usable_once,
        "isUsable": held.is_usable,
        "methodUsabilityReason": held.reason or None,
        "condition": condition(held),
    }


def maker_json(made: Record | None) -> Json:
    if made is None or not made.actor:
        return None
    return {"name": made.actor, "isApplication": made.is_app, "at": moment(made.at)}


def method_json(method: Registered) -> JsonObject:
    return {
        "id": method.id,
        "type": method.type,
        "words": method.words,
        "name": method.name or None,
        "createdDateTime": moment(method.created),
        "permanent": method.standing == "permanent",
    }


def failure_json(person: Person, error: GraphError) -> JsonObject:
    return {**person_json(person), "why": str(error)}
