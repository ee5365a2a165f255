"""The tenant → the rules for everybody, and the people of a roster, in as few requests as Graph allows.

Names are looked up fifteen a filter and twenty filters a request; a group's members are listed once, however
many people are looked for; only passes have no list and are read twenty a request.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from tapctl.errors import GraphError, NotFound
from tapctl.graph.batch import Read, list_each
from tapctl.graph.odata import in_filters, path_segment
from tapctl.model import Json, JsonObject, Workspace
from tapctl.passes.checks import Applicant, Rules
from tapctl.passes.graph import EVERYBODY, POLICY_PATH, Pass, pass_of, passes_path, policy_of
from tapctl.reference import GUID

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway, Objects

T = TypeVar("T")

# Up to so many people are asked for their groups, twenty a request; for more, the groups are listed.
FEW: Final = 100
_PROPERTIES: Final = "id,userPrincipalName,displayName,accountEnabled,userType,externalUserState,creationType"
_ROLES: Final = "roleManagement/directory"
# Without Entra ID P2 nobody can be eligible: https://learn.microsoft.com/entra/id-governance/licensing-fundamentals
_NO_ELIGIBILITY: Final = "aadpremiumlicenserequired"


async def read_rules(gateway: Gateway, workspace: Workspace) -> Rules:
    """Raises GraphError if the pass policy cannot be read; what is missing of the rest is in `unread`."""
    unread: list[str] = []
    policy, active, eligible, definitions, role_groups = await asyncio.gather(
        gateway.get(POLICY_PATH),
        _or(unread, _principals(gateway, "roleAssignments"), []),
        _or(unread, _eligible(gateway), []),
        _or([], gateway.list(f"{_ROLES}/roleDefinitions", {"$select": "id,displayName"}), []),
        _or(unread, _role_groups(gateway), []),
    )
    found = policy_of(policy)
    groups = {_id(item): _text(item, "displayName") for item in role_groups}
    targets = sorted((found.included | found.excluded) - {EVERYBODY} - groups.keys())
    owners, names = await asyncio.gather(_owners(gateway, groups, unread), _names(gateway, targets))
    roles = {_id(item): _text(item, "displayName") for item in definitions}
    return Rules(
        policy=found,
        caller_id=gateway.caller.id.lower(),
        active=_held(active, roles),
        eligible=_held(eligible, roles),
        role_groups=groups,
        owners=owners,
        break_glass=break_glass_ids(workspace),
        names=names,
        unread=tuple(unread),
    )


def break_glass_ids(workspace: Workspace) -> frozenset[str]:
    """The declared emergency accounts and groups; each has a pin."""
    declared, pins = workspace.settings.break_glass, workspace.environment.pins
    folded = {(address.kind, address.name.lower()): pin.lower() for address, pin in pins.items()}
    wanted = [
        *(("User", name.lower()) for name in declared.accounts),
        *(("Group", name.lower()) for name in declared.groups),
    ]
    return frozenset(folded[key] for key in wanted if key in folded)


async def _or(unread: list[str], reading: Awaitable[T], otherwise: T) -> T:
    """What could not be read is noted, and is never taken for absent."""
    try:
        return await reading
    except GraphError as error:
        unread.append(str(error))
        return otherwise


async def _principals(gateway: Gateway, collection: str) -> Objects:
    return await gateway.list(f"{_ROLES}/{collection}", {"$select": "principalId,roleDefinitionId"})


async def _eligible(gateway: Gateway) -> Objects:
    try:
        return await _principals(gateway, "roleEligibilitySchedules")
    except GraphError as error:
        if error.code.lower() == _NO_ELIGIBILITY:
            return []
        raise


async def _role_groups(gateway: Gateway) -> Objects:
    wanted = {"$filter": "isAssignableToRole eq true", "$select": "id,displayName"}
    return await gateway.list("groups", wanted)


async def _owners(
    gateway: Gateway, groups: Mapping[str, str], unread: list[str]
) -> dict[str, tuple[str, ...]]:
    """Who owns a role-assignable group can join it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    reads = [Read(path=f"groups/{path_segment(group)}/owners", params={"$select": "id"}) for group in groups]
    for group, owners in zip(groups, await list_each(gateway, reads), strict=True):
        if isinstance(owners, NotFound):  # deleted a moment ago
            continue
        if isinstance(owners, GraphError):
            unread.append(str(owners))
            continue
        for owner in owners:
            found[_id(owner)].append(groups[group])
    return {owner: tuple(names) for owner, names in found.items()}


async def _names(gateway: Gateway, groups: Sequence[str]) -> dict[str, str]:
    """For messages only: a group that cannot be named keeps its id."""
    params = {"$select": "id,displayName"}
    reads = [
        Read(path="groups", params={"$filter": filter_, **params}) for filter_ in in_filters("id", groups)
    ]
    found = await list_each(gateway, reads)
    return {
        _id(item): _text(item, "displayName")
        for objects in found
        if not isinstance(objects, GraphError)
        for item in objects
    }


def _held(assignments: Iterable[JsonObject], roles: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for item in assignments:
        role = _text(item, "roleDefinitionId").lower()
        found[_text(item, "principalId").lower()].append(roles.get(role) or role)
    return {principal: tuple(names) for principal, names in found.items()}


@dataclass(slots=True, kw_only=True)
class Applicants:
    """Looks people up, some at a time. Members of listed groups are kept in a file of the system's."""

    gateway: Gateway
    rules: Rules
    _members: sqlite3.Connection = field(default_factory=lambda: sqlite3.connect(""))
    _is_listed: bool = False

    async def find(self, wanted: Sequence[str], *, are_few: bool) -> dict[str, Applicant]:
        """By the words they were asked for with (userPrincipalName or id); who is missing is not there.

        Raises GraphError where people or groups cannot be read.
        """
        users = await self._users(wanted)
        ids = list({_id(user): None for user in users.values()})
        groups, passes = await asyncio.gather(
            self._groups(ids, are_few=are_few), read_passes(self.gateway, ids)
        )
        known = {_id(user): _person(user, groups[_id(user)], passes[_id(user)]) for user in users.values()}
        return {word: known[_id(user)] for word, user in users.items()}

    async def _users(self, wanted: Sequence[str]) -> dict[str, JsonObject]:
        ids = [word for word in wanted if GUID.fullmatch(word)]
        names = [word for word in wanted if not GUID.fullmatch(word)]
        filters = [*in_filters("id", ids), *in_filters("userPrincipalName", names)]
        reads = [Read(path="users", params={"$filter": each, "$select": _PROPERTIES}) for each in filters]
        found: dict[str, JsonObject] = {}
        for objects in await list_each(self.gateway, reads):
            if isinstance(objects, GraphError):
                raise objects
            for user in objects:
                found[_id(user)] = found[_text(user, "userPrincipalName").lower()] = user
        return {word: found[word.lower()] for word in wanted if word.lower() in found}

    async def _groups(self, users: Sequence[str], *, are_few: bool) -> dict[str, frozenset[str]]:
        if not self.rules.groups and not self.rules.principals:
            return dict.fromkeys(users, frozenset())
        if are_few:
            return await self._groups_of_each(users)
        if not self._is_listed:
            await self._list_members()
        return {user: self._groups_known(user) for user in users}

    async def _groups_of_each(self, users: Sequence[str]) -> dict[str, frozenset[str]]:
        wanted = self.rules.groups | self.rules.principals
        reads = [
            Read(
                path=f"users/{path_segment(user)}/transitiveMemberOf", params={"$select": "id", "$top": "999"}
            )
            for user in users
        ]
        found: dict[str, frozenset[str]] = {}
        for user, groups in zip(users, await list_each(self.gateway, reads), strict=True):
            if isinstance(groups, GraphError):
                raise groups
            found[user] = frozenset(map(_id, groups)) & wanted
        return found

    async def _list_members(self) -> None:
        """Each group once; a group with a role is role-assignable, so those are all that matter."""
        self._members.execute("create table members (user text, held text, primary key (user, held))")
        await asyncio.gather(*(self._list(group) for group in sorted(self.rules.groups)))
        self._is_listed = True

    async def _list(self, group: str) -> None:
        path = f"groups/{path_segment(group)}/transitiveMembers"
        try:
            async for page in self.gateway.pages(path, {"$select": "id", "$top": "999"}):
                rows = [(_id(member), group) for member in page]
                self._members.executemany("insert or ignore into members values (?, ?)", rows)
        except NotFound:
            return  # a policy may still name a group that was deleted

    def _groups_known(self, user: str) -> frozenset[str]:
        rows = self._members.execute("select held from members where user = ?", (user,))
        return frozenset(held for (held,) in rows)

    def close(self) -> None:
        self._members.close()


async def read_passes(gateway: Gateway, users: Sequence[str]) -> dict[str, Pass | GraphError | None]:
    """The pass that each of them holds, if any, whatever its state."""
    found = await list_each(gateway, [Read(path=passes_path(user)) for user in users])
    return {user: _pass(passes) for user, passes in zip(users, found, strict=True)}


def _pass(passes: Objects | GraphError) -> Pass | GraphError | None:
    if isinstance(passes, GraphError):
        return passes
    return pass_of(passes[0]) if passes else None


def _person(user: JsonObject, groups: frozenset[str], held: Pass | GraphError | None) -> Applicant:
    name = _text(user, "userPrincipalName")
    return Applicant(
        id=_id(user),
        name=name,
        display_name=_text(user, "displayName"),
        is_enabled=user.get("accountEnabled") is not False,
        is_external="#EXT#" in name.upper()
        or bool(user.get("externalUserState"))
        or user.get("creationType") == "Invitation",
        groups=groups,
        holds=held if isinstance(held, Pass) else None,
        unread=str(held) if isinstance(held, GraphError) else "",
    )


def _id(item: JsonObject) -> str:
    return _text(item, "id").lower()


def _text(item: JsonObject, name: str) -> str:
    value: Json = item.get(name)
    return value if isinstance(value, str) else ""
