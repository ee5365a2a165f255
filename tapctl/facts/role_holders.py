"""Who holds the roles that policies name, for the whole tenant: now, or once they activate them.

https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-users-groups: an
assignment for an administrative unit or a single object does not count (checked 2026-11).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Final

from tapctl.facts.reader import Reader, add_users, id_of, is_type, key_of, read_members
from tapctl.facts.snapshot import SeenRole
from tapctl.model import JsonObject

ASSIGNMENTS: Final = "roleManagement/directory/roleAssignments"
ELIGIBLE: Final = "roleManagement/directory/roleEligibilityScheduleInstances"
_WHOLE_TENANT: Final = "/"


async def holders(reading: Reader) -> dict[str, SeenRole] | None:
    """The holders of `reading.roles` by role; None where assignments could not be read. A role that somebody
    holds whom the tenant does not show is left out: who holds it is not known."""
    if not reading.roles:
        return {}
    params = {"$expand": "principal"}
    active, eligible = await asyncio.gather(
        reading.optional("role assignments", reading.gateway.list(ASSIGNMENTS, params)),
        reading.optional("eligible role assignments", reading.gateway.list(ELIGIBLE, params)),
    )
    if active is None:
        return None
    principals = {id_of(item): item for item in _principals(reading, [*active, *(eligible or ())])}
    add_users(reading, {key: item for key, item in principals.items() if is_type(item, "user")})
    await read_members(reading, {key: item for key, item in principals.items() if is_type(item, "group")})
    found = {
        role: (_held_by(reading, role, active), _held_by(reading, role, eligible or ()))
        for role in reading.roles
    }
    return {
        role: SeenRole(active=now, eligible=None if eligible is None else later)
        for role, (now, later) in found.items()
        if now is not None
    }


def _counted(reading: Reader, assignments: Iterable[JsonObject]) -> Iterator[tuple[str, JsonObject]]:
    for item in assignments:
        role = str(item.get("roleDefinitionId")).lower()
        if role in reading.roles and item.get("directoryScopeId") == _WHOLE_TENANT:
            yield role, item


def _principals(reading: Reader, assignments: Iterable[JsonObject]) -> Iterator[JsonObject]:
    for _, item in _counted(reading, assignments):
        if isinstance(principal := item.get("principal"), dict):
            yield principal


def _held_by(reading: Reader, role: str, assignments: Iterable[JsonObject]) -> frozenset[str] | None:
    """The keys of everybody who holds the role, itself or as a member of a group that does; None if somebody
    may be missing."""
    found: set[str] = set()
    for own, item in _counted(reading, assignments):
        principal = item.get("principal")
        if own != role:
            continue
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
