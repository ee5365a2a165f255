"""A tenant → a FactsSnapshot of what the documents of a workspace refer to; only reads, in bulk.

Whatever may not be read is said with the permission that it takes, and everything else is read all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from tapctl.errors import GraphError
from tapctl.facts.people import type_of
from tapctl.facts.snapshot import FactsSnapshot, SeenGroup, SeenPerson, SeenRole, Unread
from tapctl.facts.specs import spelled
from tapctl.facts.tenant_objects import canonical_objects, configurations, targets
from tapctl.facts.wanted import Wanted, wanted
from tapctl.graph.batch import Read, list_each
from tapctl.graph.odata import in_filters
from tapctl.kinds import kinds
from tapctl.kinds._authentication_method import METHODS_POLICY
from tapctl.model import JsonObject
from tapctl.observe import brings_premium, list_objects

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway, Objects
    from tapctl.pipeline import Checked

T = TypeVar("T")

ROLES: Final = "directoryRoleTemplates"
ASSIGNMENTS: Final = "roleManagement/directory/roleAssignments"
ELIGIBLE: Final = "roleManagement/directory/roleEligibilityScheduleInstances"
REPORT: Final = "reports/authenticationMethods/userRegistrationDetails"
DEFAULTS: Final = "policies/identitySecurityDefaultsEnforcementPolicy"
LICENCES: Final = "subscribedSkus"

_LOCATION, _STRENGTH = "NamedLocation", "AuthenticationStrength"
_GROUP: Final = "id,displayName,visibility"
_USER: Final = "id,userPrincipalName,userType,accountEnabled,creationType"
_PAGE: Final = "999"
_WHOLE_TENANT: Final = "/"
_HIDDEN: Final = SeenGroup(is_complete=False)


@dataclass(slots=True)
class _Reading:
    """What has been read so far; groups, users and roles by id."""

    gateway: Gateway
    groups: dict[str, JsonObject] = field(default_factory=dict)
    users: dict[str, JsonObject] = field(default_factory=dict)
    roles: dict[str, JsonObject] = field(default_factory=dict)
    members: dict[str, SeenGroup] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)

    async def optional(self, what: str, reading: Awaitable[T]) -> T | None:
        """What `reading` answers, or None and a note."""
        try:
            return await reading
        except GraphError as error:
            self.note(what, error)
            return None

    def note(self, what: str, error: GraphError) -> None:
        """Say that something was not read, and why."""
        self.unread.append(Unread(what=what, why=" ".join(str(error).split())))


async def read_facts(
    gateway: Gateway, checked: Checked, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> FactsSnapshot:
    """Read everything once. What is not permitted is in `FactsSnapshot.unread`, and raises nothing."""
    reading, needs = _Reading(gateway), wanted(checked)
    (methods, locations, strengths), (defaults, licences), *_ = await asyncio.gather(
        asyncio.gather(
            reading.optional("authentication method configurations", gateway.get(METHODS_POLICY)),
            reading.optional("named locations", list_objects(gateway, kinds()[_LOCATION])),
            reading.optional("authentication strengths", list_objects(gateway, kinds()[_STRENGTH])),
        ),
        asyncio.gather(
            reading.optional("security defaults", gateway.get(DEFAULTS)),
            reading.optional("licences", gateway.list(LICENCES)),
        ),
        _look_up(reading, "groups", needs["Group"]),
        _look_up(reading, "users", needs["User"]),
        _roles(reading, needs["Role"]),
    )
    named_users = {*reading.users}
    await _look_up(reading, "groups", Wanted(ids=targets(methods) - reading.groups.keys()))
    named_groups = [*reading.groups.values()]
    await _memberships(reading, reading.groups)
    holders = await _holders(reading)
    people = await _people(reading)
    entries = {_LOCATION: locations or [], _STRENGTH: strengths or [], "Group": named_groups}
    objects = {**configurations(methods), _LOCATION: locations, _STRENGTH: strengths}
    return FactsSnapshot(
        environment=gateway.environment,
        tenant_id=gateway.tenant_id,
        is_sandbox=gateway.is_sandbox,
        taken_at=f"{now():%Y-%m-%dT%H:%M:%SZ}",
        names={
            **{kind: _named(found) for kind, found in entries.items()},
            "Role": _named(reading.roles.values()),
            "User": _named((reading.users[key] for key in sorted(named_users)), "userPrincipalName"),
        },
        groups={key: _in_keys(reading, group) for key, group in reading.members.items()},
        roles=holders,
        people=people,
        objects=canonical_objects(objects, entries, checked.workspace.environment.pins),
        are_methods_read=methods is not None,
        security_defaults=None if defaults is None else defaults.get("isEnabled") is True,
        is_licensed=None if licences is None else any(map(brings_premium, licences)),
        unread=tuple(reading.unread),
    )


def _named(found: Iterable[JsonObject], key: str = "displayName") -> dict[str, str]:
    return {_id(item): str(item[key]) for item in found if item.get(key)}


def _id(item: JsonObject) -> str:
    return str(item["id"]).lower()


# What documents refer to


async def _look_up(reading: _Reading, collection: Literal["groups", "users"], needed: Wanted) -> None:
    """Groups or users by name and by id, a few hundred in a request."""
    key, select, found = {
        "groups": ("displayName", _GROUP, reading.groups),
        "users": ("userPrincipalName", _USER, reading.users),
    }[collection]
    filters = [*in_filters(key, sorted(needed.names)), *in_filters("id", sorted(needed.ids))]
    pages = await asyncio.gather(
        *(
            reading.optional(
                collection, reading.gateway.list(collection, {"$filter": text, "$select": select})
            )
            for text in filters
        )
    )
    found.update({_id(item): item for page in pages for item in page or ()})


async def _roles(reading: _Reading, needed: Wanted) -> None:
    if needed:
        templates = await reading.optional("roles", reading.gateway.list(ROLES)) or []
        chosen = (
            item for item in templates if item.get("displayName") in needed.names or _id(item) in needed.ids
        )
        reading.roles.update({_id(item): item for item in chosen})


# Who is in what


async def _memberships(reading: _Reading, groups: Mapping[str, JsonObject]) -> None:
    """The direct members of groups, then of the groups among those, until nothing new turns up."""
    level = {key: group for key, group in groups.items() if key not in reading.members}
    while level:
        params = {"$select": f"{_USER},visibility", "$top": _PAGE}
        reads = [Read(path=f"groups/{key}/members", params=params) for key in level]
        answers = await reading.optional("members of groups", list_each(reading.gateway, reads))
        nested: dict[str, JsonObject] = {}
        for (key, group), answer in zip(level.items(), answers or [], strict=False):
            nested |= _take_members(reading, key, group, answer)
        reading.members.update({key: _HIDDEN for key in level if key not in reading.members})
        level = {key: group for key, group in nested.items() if key not in reading.members}


def _take_members(
    reading: _Reading, key: str, group: JsonObject, answer: Objects | GraphError
) -> dict[str, JsonObject]:
    """Note one group's members; answers the groups among them."""
    name = str(group.get("displayName") or key)
    if isinstance(answer, GraphError):
        reading.note(f'members of group "{name}"', answer)
        return {}
    if not answer and group.get("visibility") == "HiddenMembership":
        why = "its membership is hidden; that takes the Microsoft Graph permission Member.Read.Hidden"
        reading.unread.append(Unread(what=f'members of group "{name}"', why=why))
        return {}
    users, groups = ({_id(item): item for item in answer if _is(item, kind)} for kind in ("user", "group"))
    _add_users(reading, users)
    reading.members[key] = SeenGroup(users=frozenset(users), groups=frozenset(groups))
    return groups


def _add_users(reading: _Reading, users: Mapping[str, JsonObject]) -> None:
    """What was shown of somebody once is not lost to an answer that shows less."""
    for key, user in users.items():
        shown = {name: value for name, value in user.items() if value is not None}
        reading.users[key] = {**reading.users.get(key, {}), **shown}


def _is(item: JsonObject, kind: str) -> bool:
    return item.get("@odata.type") == f"#microsoft.graph.{kind}"


async def _holders(reading: _Reading) -> dict[str, SeenRole] | None:
    """Who holds the roles that policies name: assignments of units or single objects do not count there
    (https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-users-groups)."""
    if not reading.roles:
        return {}
    params = {"$expand": "principal"}
    active, eligible = await asyncio.gather(
        reading.optional("role assignments", reading.gateway.list(ASSIGNMENTS, params)),
        reading.optional("eligible role assignments", reading.gateway.list(ELIGIBLE, params)),
    )
    if active is None:
        return None
    principals = {_id(item): item for item in _principals(reading, [*active, *(eligible or ())])}
    _add_users(reading, {key: item for key, item in principals.items() if _is(item, "user")})
    groups = {key: item for key, item in principals.items() if _is(item, "group")}
    await _memberships(reading, groups)
    return {
        role: SeenRole(
            active=_held_by(reading, role, active),
            eligible=None if eligible is None else _held_by(reading, role, eligible),
        )
        for role in reading.roles
    }


def _counted(reading: _Reading, assignments: Iterable[JsonObject]) -> Iterator[tuple[str, JsonObject]]:
    for item in assignments:
        role = str(item.get("roleDefinitionId")).lower()
        if role in reading.roles and item.get("directoryScopeId") == _WHOLE_TENANT:
            yield role, item


def _principals(reading: _Reading, assignments: Iterable[JsonObject]) -> Iterator[JsonObject]:
    for _, item in _counted(reading, assignments):
        if isinstance(principal := item.get("principal"), dict):
            yield principal


def _held_by(reading: _Reading, role: str, assignments: Iterable[JsonObject]) -> frozenset[str]:
    """The keys of everybody who holds the role, itself or as a member of a group that does."""
    found: set[str] = set()
    for own, item in _counted(reading, assignments):
        principal = str(item.get("principalId")).lower()
        if own == role:
            found |= _everybody(reading, principal) if principal in reading.members else {principal}
    return frozenset(_key(reading, person) for person in found if person in reading.users)


def _everybody(reading: _Reading, group: str) -> set[str]:
    seen: set[str] = set()
    people: set[str] = set()
    waiting = [group]
    while waiting:
        if (key := waiting.pop()) not in seen:
            seen.add(key)
            people |= reading.members[key].users
            waiting.extend(reading.members[key].groups)
    return people


# People


async def _people(reading: _Reading) -> dict[str, SeenPerson]:
    """Everybody who came up, with what they registered."""
    if not reading.users:
        return {}
    rows = await reading.optional("registered methods", reading.gateway.list(REPORT))
    report = {_id(row): row for row in rows or ()}
    return {
        _key(reading, key): _person(user, report.get(key, {})) for key, user in sorted(reading.users.items())
    }


def _person(user: JsonObject, row: JsonObject) -> SeenPerson:
    words, enabled = row.get("methodsRegistered"), user.get("accountEnabled")
    kind = user if user.get("userType") else {**user, "userType": row.get("userType")}
    return SeenPerson(
        type=type_of(kind),
        is_enabled=enabled if isinstance(enabled, bool) else None,
        methods=tuple(sorted(map(str, words))) if isinstance(words, list) else None,
    )


def _key(reading: _Reading, user: str) -> str:
    name = reading.users[user].get("userPrincipalName")
    return spelled("User", str(name)) if name else f"id:{user}"


def _in_keys(reading: _Reading, group: SeenGroup) -> SeenGroup:
    return replace(group, users=frozenset(_key(reading, user) for user in group.users))
