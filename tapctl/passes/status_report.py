"""A Following → a sheet for people, a JSON document for programs (schemas/pass-status-output.schema.json)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tapctl.model import JsonObject
from tapctl.passes.progress import STAGES, Funnel, Progress, Stage, funnel_of
from tapctl.passes.status import Following
from tapctl.passes.who import Chosen
from tapctl.passes.written import (
    condition,
    failure_json,
    maker_json,
    method_json,
    moment,
    pass_json,
    person_json,
)
from tapctl.report import Headline
from tapctl.report.sheet import Item, Section, Sheet, Tone
from tapctl.text.times import Clocks, Zones, shown
from tapctl.text.words import counted

_TITLES: Final[dict[Stage, str]] = {
    "not-issued": "No pass yet",
    "issued": "Pass issued",
    "signed-in": "Signed in",
    "registered": "Method registered, pass still there",
    "done": "Done: method registered, no pass left",
}
_TONES: Final[dict[Stage, Tone]] = {
    "not-issued": "plain",
    "issued": "plain",
    "signed-in": "care",
    "registered": "care",
    "done": "good",
}


def status_sheet(
    found: Following, chosen: Chosen, clocks: Clocks, headline: Headline, requests: int
) -> Sheet:
    """The funnel, then who needs looking after, then everybody by how far they have come."""
    funnel = funnel_of(found.people)
    overdue = [one for one in found.people if one.overdue]
    sections = [_section("Overdue", overdue, clocks, "bad")]
    for stage in STAGES:
        some = [one for one in found.people if one.stage == stage and not one.overdue]
        sections.append(_section(_TITLES[stage], some, clocks, _TONES[stage]))
    return Sheet(
        title="Onboarding",
        headline=headline,
        facts=(
            f"{_people_words(funnel, found.unplaced)}: {', '.join(chosen.basis)}",
            _funnel_words(funnel),
        ),
        sections=tuple(sections),
        problems=tuple(f"{person.name}: {error}" for person, error in found.failures),
        notes=found.notes,
        summary=(_summary(funnel, found.unplaced, requests),),
    )


def _people_words(funnel: Funnel, unplaced: int) -> str:
    more = f", and {unplaced} more who cannot be placed" if unplaced else ""
    return f"{counted(funnel.people, 'person', 'people')}{more}"


def _funnel_words(funnel: Funnel) -> str:
    return (
        f"Passes issued {funnel.issued}, signed in {funnel.signed_in}, "
        f"method registered {funnel.registered}, pass deleted {funnel.deleted}"
    )


def _summary(funnel: Funnel, unplaced: int, requests: int) -> str:
    parts = [f"{funnel.overdue} overdue"]
    if funnel.in_group:
        parts.append(f"{funnel.in_group} with a permanent method still in a new-hire group")
    if unplaced:
        parts.append(f"{unplaced} cannot be placed")
    return f"{', '.join(parts)} ({counted(requests, 'request')})"


def _section(title: str, people: list[Progress], clocks: Clocks, tone: Tone) -> Section:
    ordered = sorted(people, key=lambda one: one.facts.person.name.casefold())
    items = (
        Item(name=person.name, lines=tuple(_lines(one, clocks.of(person.name, person.id))), tone=tone)
        for one in ordered
        for person in (one.facts.person,)
    )
    return Section(title=f"{title} ({len(people)})", items=tuple(items))


def _lines(one: Progress, zones: Zones) -> Iterator[str]:
    facts = one.facts
    if one.overdue:
        yield f"overdue: {one.overdue}"
    if facts.held is not None:
        yield f"pass {condition(facts.held)}, until {shown(facts.held.end, zones)}"
    elif facts.deleted is not None:
        by = f" by {facts.deleted.actor}" if facts.deleted.actor else ""
        yield f"pass deleted {shown(facts.deleted.at, zones)}{by}"
    elif facts.due is not None:
        yield f"a pass is due {shown(facts.due, zones)}"
    if one.issued is not None:
        by = f" by {facts.made.actor}" if facts.made is not None and facts.made.actor else ""
        yield f"issued {shown(one.issued, zones)}{by}"
    if facts.signed_in is not None:
        yield f"signed in {shown(facts.signed_in, zones)}"
    if facts.seen_used is not None:
        yield f"seen used {shown(facts.seen_used, zones)}"
    if one.is_use_undated:
        yield "Graph does not say when the pass was used: for ten minutes from then they may be registering"
    yield _method_words(one, zones)
    if one.password_changed is False:
        yield "the password is still the one from before the pass"
    if one.is_settled_in_group:
        yield f"still in {', '.join(facts.in_groups or ())}"


def _method_words(one: Progress, zones: Zones) -> str:
    if one.facts.methods is None:
        return "methods could not be read"
    method = one.found.method
    when = f" {shown(method.created, zones)}" if method is not None and method.created is not None else ""
    match one.found.verdict:
        case "registered" if method is not None:
            return f"registered {method.phrase}{_named(method.name)}{when}"
        case "older" | "undated" if method is not None:
            dated = "older than the pass" if one.found.verdict == "older" else "without a date to compare"
            return f"permanent methods are {dated}: {method.phrase}{_named(method.name)}{when}"
        case "unknown":
            return f"has a method of a type that tapctl does not know: {', '.join(one.found.unknown)}"
        case _:
            return "no permanent method"


def _named(name: str) -> str:
    return f' "{name}"' if name else ""


def status_json(found: Following, chosen: Chosen) -> JsonObject:
    """What comes after the common start of every document."""
    funnel = funnel_of(found.people)
    return {
        "basis": [*chosen.basis],
        "group": {"id": chosen.group.id, "displayName": chosen.group.name} if chosen.group else None,
        "funnel": {
            "people": funnel.people,
            "unplaced": found.unplaced,
            "issued": funnel.issued,
            "signedIn": funnel.signed_in,
            "registered": funnel.registered,
            "deleted": funnel.deleted,
            "overdue": funnel.overdue,
            "stillInGroup": funnel.in_group,
        },
        "people": [_progress_json(one) for one in found.people],
        "failures": [failure_json(person, error) for person, error in found.failures],
        "notes": [*found.notes],
    }


def _progress_json(one: Progress) -> JsonObject:
    facts = one.facts
    deleted = facts.deleted
    return {
        "user": person_json(facts.person),
        "accountEnabled": facts.person.is_enabled,
        "stage": one.stage,
        "overdue": one.overdue or None,
        "pass": pass_json(facts.held) if facts.held is not None else None,
        "issuedDateTime": moment(one.issued),
        "issuedBy": maker_json(facts.made),
        "signedIn": one.has_signed_in,
        "signedInDateTime": moment(facts.signed_in),
        "seenUsedDateTime": moment(facts.seen_used),
        "registered": method_json(one.method) if one.method is not None else None,
        "methods": None if facts.methods is None else [method_json(method) for method in facts.methods],
        "unknownMethodTypes": [*one.found.unknown],
        "passDeleted": {"at": moment(deleted.at), "by": deleted.actor or None}
        if deleted is not None
        else None,
        "passwordChangedDateTime": moment(facts.person.password_changed),
        "passwordChangedSincePass": one.password_changed,
        "newHireGroups": None if facts.in_groups is None else [*facts.in_groups],
        "stillInGroup": one.is_settled_in_group,
    }
