"""Who holds the built-in roles, for the whole tenant: now, or once they activate them.

Two lists hold all of them, whichever policies name: rules ask about administrators whom no policy mentions.
https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-users-groups: an
assignment for an administrative unit or a single object does not count (checked 2026-11).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tapctl.facts.reader import Reader, add_users, id_of, is_type, key_of, read_members
from tapctl.facts.snapshot import SeenRole
from tapctl.kinds._roles import ROLES
from tapctl.model import Json, JsonObject

ASSIGNMENTS: Final = "roleManagement/directory/roleAssignments"
ELIGIBLE: Final = "roleManagement/directory/roleEligibilityScheduleInstances"
_WHOLE_TENANT: Final = "/"


async def holders(reading: Reader) -> dict[str, SeenRole] | None:
    """The holders of every built-in role, and of `reading.roles`, by role; None where assignments could not
    be read. A role is left out where the tenant does not show somebody who holds it."""
    params = {"$expand": "principal"}
    active, eligible = await asyncio.gather(
        reading.optional("role assignments", reading.gateway.list(ASSIGNMENTS, params)),
        reading.optional("eligible role assignments", reading.gateway.list(ELIGIBLE, params)),
    )
    if active is None:
        return None
    now, later = _by_role(reading, active), _by_role(reading, eligible or ())
    principals = {id_of(item): item for item in _principals([now, later])}
    add_users(reading, {key: item for key, item in principals.items() if is_type(item, "user")})
    await read_members(reading, {key: item for key, item in principals.items() if is_type(item, "group")})
    held = {role: (_held_by(reading, now[role]), _held_by(reading, later[role])) for role in now}
    return {
        role: SeenRole(active=people, eligible=None if eligible is None else on_demand)
        for role, (people, on_demand) in held.items()
        if people is not None
    }


def _by_role(reading: Reader, assignments: Iterable[JsonObject]) -> dict[str, list[Json]]:
    """Who is assigned to each role for the whole tenant, as Graph shows them: null for somebody hidden."""
    found: dict[str, list[Json]] = {role: [] for role in sorted({*ROLES.values(), *reading.roles})}
    for item in assignments:
        role = str(item.get("roleDefinitionId")).lower()
        if role in found and item.get("directoryScopeId") == _WHOLE_TENANT:
            found[role].append(item.get("principal"))
    return found


def _principals(assigned: Iterable[Mapping[str, Iterable[Json]]]) -> Iterator[JsonObject]:
    for by_role in assigned:
        for principals in by_role.values():
            yield from (item for item in principals if isinstance(item, dict))


def _held_by(reading: Reader, principals: Iterable[Json]) -> frozenset[str] | None:
    """The keys of everybody among them, or in a group that is; None if somebody may be missing."""
    found: set[str] = set()
    for principal in principals:
        people = _people_of(reading, principal) if isinstance(principal, dict) else None
        if people is None:
            return None
        found |= people
    return frozenset(key_of(reading, person) for person in found)


def _people_of(reading: Reader, principal: JsonObject) -> set[str] | None:
    if is_type(principal, "group"):
        return _everybody(reading, id_of(principal))
    return {id_of(principal)} if is_type(principal, "user") else set()


def _everybody(reading: Reader, group: str) -> set[str] | None:
    """The people in a group and in the groups inside it; None if some may be missing."""
    seen: set[str] = set()
    people: set[str] = set()
    waiting = [group]
    while waiting:
        if (key := waiting.pop()) not in seen:
            if not reading.members[key].is_complete:
                return None
            seen.add(key)
            people |= reading.members[key].users
            waiting.extend(reading.members[key].groups)
    return people
