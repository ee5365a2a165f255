"""Objects that no document means → those that came or were changed lately, and what is dangerous about them.

Pure. There is no document to compare them with: what they do now counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from tapctl.canonical import at, texts
from tapctl.comparing.scope import blocks, is_in_force
from tapctl.comparing.total import is_always
from tapctl.drift.causes import Attribution, by
from tapctl.drift.rules import finding
from tapctl.drift.shut import let_past, stops_everybody
from tapctl.match import Matched, Pair
from tapctl.model import Address, BreakGlass, Finding, JsonObject
from tapctl.text.words import few

Lately: TypeAlias = Literal["made", "changed"]

_POLICIES: Final = "ConditionalAccessPolicy"
_LOCATIONS: Final = "NamedLocation"
_LATELY: Final[Mapping[Lately, str]] = {"made": "is new", "changed": "was changed"}
_ADVICE: Final = "Find out who wants it: `tapctl import --name` writes a document. Else take it out of force."
_USERS: Final = ("includeUsers", "includeGroups", "includeRoles")
_TARGETS: Final = ("includeApplications", "includeUserActions", "includeAuthenticationContextClassReferences")


@dataclass(frozen=True, slots=True, kw_only=True)
class Undeclared:
    """An object in the tenant that no document means; listed, and no drift.

    `lately` says what is shown to have become of it since the moment asked about, and is None where nothing
    is; `attribution` then is who did that, each record with the fields that it changed, else who made it.
    `state` is a policy's.
    """

    address: Address
    id: str | None
    created: datetime | None = None
    modified: datetime | None = None
    state: str | None = None
    attribution: Attribution | None = None
    lately: Lately | None = None
    is_newer: bool | None = None


def dangers(matched: Matched, undeclared: Collection[Undeclared], glass: BreakGlass) -> Iterator[Finding]:
    """About each enforced policy that came or was changed lately, or stops everybody since whenever, and each
    location that policies exclude."""
    for item, pair in policies_of(matched, undeclared):
        spec = pair.before or {}
        is_shut = stops_everybody(pair, matched, glass)
        if not is_in_force(spec) or not (item.lately or is_shut):
            continue
        came = f"{_LATELY[item.lately]} and is enforced" if item.lately else "is enforced"
        others = let_past(spec, glass) if is_shut else []
        past = f", and lets {few(others)} past besides break-glass" if others else ""
        if blocks(spec):
            yield _undeclared("drift-undeclared-blocks", item, f"{came}: it blocks {blocked(spec)}{past}")
        elif is_shut:
            said = f"{came}: it asks everybody for a strength whose methods are all off{past}"
            yield _undeclared("drift-undeclared-blocks", item, said)
        else:
            yield _undeclared("drift-new-undeclared", item, came)
    for item, lately, pair in _lately(matched, undeclared, _LOCATIONS):
        if policies := _sparing(matched, pair):
            verb = "excludes" if len(policies) == 1 else "exclude"
            said = f"{_LATELY[lately]}, and {', '.join(policies)} {verb} it: nothing is asked from there"
            yield _undeclared("drift-undeclared-spares", item, said)


def enforced_lately(
    matched: Matched, undeclared: Iterable[Undeclared]
) -> Iterator[tuple[Undeclared, Lately, Pair]]:
    """The policies among them that are enforced and that came or were changed lately."""
    found = _lately(matched, undeclared, _POLICIES)
    return ((item, lately, pair) for item, lately, pair in found if is_in_force(pair.before or {}))


def _lately(
    matched: Matched, undeclared: Iterable[Undeclared], kind: str
) -> Iterator[tuple[Undeclared, Lately, Pair]]:
    for item, pair in _of(matched, undeclared, kind):
        if item.lately:
            yield item, item.lately, pair


def policies_of(matched: Matched, undeclared: Iterable[Undeclared]) -> Iterator[tuple[Undeclared, Pair]]:
    """The policies among them, each with what the tenant has."""
    return _of(matched, undeclared, _POLICIES)


def _of(matched: Matched, undeclared: Iterable[Undeclared], kind: str) -> Iterator[tuple[Undeclared, Pair]]:
    """Those of a kind, each with what the tenant has: names may be several objects'."""
    pairs = {(pair.kind.name, pair.id): pair for pair in matched.pairs}
    return ((item, pairs[kind, item.id]) for item in undeclared if item.address.kind == kind)


def _sparing(matched: Matched, location: Pair) -> list[str]:
    """The enforced policies that exclude a location, by its name, its id, or as one of all trusted ones."""
    meant = {location.address.name, f"id:{location.id}"}
    meant |= {"AllTrusted"} if (location.before or {}).get("isTrusted") else set()
    return [
        repr(pair.address.name)
        for pair in matched.policies()
        if is_in_force(pair.before or {})
        if meant & {*texts(pair.before or {}, "conditions", "locations", "excludeLocations")}
    ]


def _undeclared(rule: str, item: Undeclared, said: str) -> Finding:
    message = f"{item.address}, which no document declares, {said}; {_who(item.attribution)}"
    return finding(rule, message, _ADVICE, address=item.address)


def _who(found: Attribution | None) -> str:
    """Whoever did it last, as far as the log says."""
    if found and found.causes:
        return by(found.causes[0].event)
    return f"by whom is unknown: {found.unknown}" if found else "by whom is unknown"


def blocked(spec: JsonObject) -> str:
    """Whom a policy that blocks stops, and on what, in words."""
    whom = _listed(spec, "users", _USERS, "everybody", "whom")
    what = _listed(spec, "applications", _TARGETS, "all resources", "what")
    return f"{whom} on {what}{'' if is_always(spec) else ', under its conditions'}"


def _listed(spec: JsonObject, block: str, fields: Iterable[str], everything: str, which: str) -> str:
    names = [name for field in fields for name in texts(spec, "conditions", block, field)]
    if "All" in names:
        return f"{everything} but {which} it excludes" if _excludes(spec, block) else everything
    return few(names) if names else f"{which} it names"


def _excludes(spec: JsonObject, block: str) -> bool:
    held = at(spec, "conditions", block)
    items = held.items() if isinstance(held, dict) else ()
    return any(value for key, value in items if key.startswith("exclude"))
