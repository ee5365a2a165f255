"""Whose passes there may be, when nobody is named. Graph has no list of passes.

Where the pass policy reaches certain groups: their members, and whoever the audit log of the last 30 days
(the longest that a pass lives) or the registration report (hours late, without disabled accounts) knows to
have one all the same. Where it reaches everybody: everybody but external guests, who cannot have a pass. That
is one request for twenty people, which a large tenant may not want: then only the log and the report are
asked, in a request or a few each, and a pass that neither knows is missed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tapctl.errors import GraphError, NotFound, Refused
from tapctl.graph.gateway import Gateway
from tapctl.passes.graph import EVERYBODY, POLICY_PATH, policy_of
from tapctl.passes.people import Person, all_people, members_of, people_among
from tapctl.passes.trail import Trail
from tapctl.shapes import as_text

REPORT: Final = "reports/authenticationMethods/userRegistrationDetails"
HOLDERS: Final = "methodsRegistered/any(method:method eq 'temporaryAccessPass')"
EXTERNAL: Final = "#EXT#"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """`basis` says in words where these people come from; `unread` why a source gave none."""

    people: tuple[Person, ...] = ()
    basis: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


async def eligible_people(gateway: Gateway, trail: Trail) -> Candidates:
    """Everybody who may hold a pass, by the policy's scope and by what the logs know besides."""
    policy = policy_of(await gateway.get(POLICY_PATH))
    if EVERYBODY in policy.included:
        everybody = await all_people(gateway)
        inside = tuple(person for person in everybody if EXTERNAL not in person.name.upper())
        return Candidates(people=inside, basis=("everybody but external guests, as the pass policy says",))
    groups = sorted(policy.included - policy.users)
    found = await asyncio.gather(*(_members(gateway, group) for group in groups))
    singles, _ = await people_among(gateway, sorted(policy.included & policy.users))
    members = Candidates(
        people=tuple(person for people in (*found, singles) for person in people),
        basis=(f"members of the groups in the pass policy's scope ({len(groups)})",),
    )
    return _joined([members, _audited(trail), await _reported(gateway)])


async def logged_people(gateway: Gateway, trail: Trail) -> Candidates:
    """Whom the audit log and the report know to have a pass. Raises Refused if neither can be read."""
    found = _joined([_audited(trail), await _reported(gateway)])
    if not found.basis:
        raise Refused("\n  ".join(["neither log says who has a pass:", *found.unread]))
    return found


async def _members(gateway: Gateway, group: str) -> tuple[Person, ...]:
    """A group that was deleted may still stand in the policy."""
    try:
        return await members_of(gateway, group)
    except NotFound:
        return ()


async def _reported(gateway: Gateway) -> Candidates:
    try:
        rows = await gateway.list(REPORT, {"$filter": HOLDERS})
    except GraphError as error:
        return Candidates(unread=(f"the registration report: {error}",))
    people = tuple(
        Person(
            id=as_text(row.get("id")),
            name=as_text(row.get("userPrincipalName")),
            display=as_text(row.get("userDisplayName")),
        )
        for row in rows
    )
    return Candidates(people=people, basis=("the registration report",))


def _audited(trail: Trail) -> Candidates:
    if trail.unread:
        return Candidates(unread=(f"the audit log: {trail.unread}",))
    made = [record for some in trail.records.values() for record in some if record.deed == "made"]
    people = tuple(Person(id=record.user_id, name=record.user_name or record.user_id) for record in made)
    return Candidates(people=people, basis=("passes in the audit log of the last 30 days",))


def _joined(sources: Iterable[Candidates]) -> Candidates:
    """Each person once, as the first source knows them."""
    found = [*sources]
    people: dict[str, Person] = {}
    for person in (person for source in found for person in source.people):
        people.setdefault(person.id.lower(), person)
    return Candidates(
        people=tuple(people.values()),
        basis=tuple(text for source in found for text in source.basis),
        unread=tuple(text for source in found for text in source.unread),
    )
