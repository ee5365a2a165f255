"""What has been read so far of a tenant's people and groups, and how the next of it is read.

Whatever may not be read becomes a note with the permission that it takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from tapctl.errors import GraphError
from tapctl.facts.snapshot import SeenGroup, Unread
from tapctl.facts.specs import spelled
from tapctl.facts.wanted import Wanted
from tapctl.graph.batch import Read, list_each
from tapctl.graph.odata import in_filters
from tapctl.model import JsonObject

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway, Objects

T = TypeVar("T")

ROLES: Final = "directoryRoleTemplates"
_GROUP: Final = "id,displayName,visibility"
_USER: Final = "id,userPrincipalName,userType,accountEnabled,creationType"
_PAGE: Final = "999"
_HIDDEN: Final = SeenGroup(is_complete=False)


@dataclass(slots=True)
class Reader:
    """What has been read so far; groups, users and roles by id."""

    gateway: Gateway
    groups: dict[str, JsonObject] = field(default_factory=dict)
    users: dict[str, JsonObject] = field(default_factory=dict)
    roles: dict[str, JsonObject] = field(default_factory=dict)
    members: dict[str, SeenGroup] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
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


def id_of(item: JsonObject) -> str:
    return str(item["id"]).lower()


async def look_up(reading: Reader, collection: Literal["groups", "users"], needed: Wanted) -> None:
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
    found.update({id_of(item): item for page in pages for item in page or ()})
    if collection == "groups" and None not in pages:
        reading.absent |= needed.names - {str(item.get("displayName")) for item in found.values()}


async def find_roles(reading: Reader, needed: Wanted) -> None:
    if needed:
        templates = await reading.optional("roles", reading.gateway.list(ROLES)) or []
        chosen = (
            item for item in templates if item.get("displayName") in needed.names or id_of(item) in needed.ids
        )
        reading.roles.update({id_of(item): item for item in chosen})


async def read_members(reading: Reader, groups: Mapping[str, JsonObject]) -> None:
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
    reading: Reader, key: str, group: JsonObject, answer: Objects | GraphError
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
    users, groups = (
        {id_of(item): item for item in answer if is_type(item, kind)} for kind in ("user", "group")
    )
    add_users(reading, users)
    reading.members[key] = SeenGroup(users=frozenset(users), groups=frozenset(groups))
    return groups


def add_users(reading: Reader, users: Mapping[str, JsonObject]) -> None:
    """What was shown of somebody once is not lost to an answer that shows less."""
    for key, user in users.items():
        shown = {name: value for name, value in user.items() if value is not None}
        reading.users[key] = {**reading.users.get(key, {}), **shown}


def is_type(item: JsonObject, kind: str) -> bool:
    return item.get("@odata.type") == f"#microsoft.graph.{kind}"


def key_of(reading: Reader, user: str) -> str:
    name = reading.users[user].get("userPrincipalName")
    return spelled("User", str(name)) if name else f"id:{user}"
