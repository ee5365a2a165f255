"""The people of a roster → what the checks have to know of them, in as few requests as Graph allows.

Names are looked up fifteen a filter and twenty filters a request; a group's members are listed once, however
many people are looked for; only passes have no list and are read twenty a request.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from tapctl.errors import GraphError, NotFound
from tapctl.graph.batch import Read, list_each
from tapctl.graph.odata import path_segment
from tapctl.model import JsonObject
from tapctl.passes.checks import Applicant, Rules
from tapctl.passes.graph import Pass
from tapctl.passes.holdings import look_at_passes
from tapctl.passes.people import users_named
from tapctl.shapes import as_text

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway

Held: TypeAlias = frozenset[str] | GraphError

# Up to so many people are asked for their groups, twenty a request; for more, the groups are listed.
FEW: Final = 100
_PROPERTIES: Final = "id,userPrincipalName,displayName,accountEnabled,userType,externalUserState,creationType"


@dataclass(slots=True, kw_only=True)
class Applicants:
    """Looks people up, some at a time. Members of listed groups are kept in a file of the system's."""

    gateway: Gateway
    rules: Rules
    _members: sqlite3.Connection = field(default_factory=lambda: sqlite3.connect(""))
    _is_listed: bool = False

    async def find(self, wanted: Sequence[str], *, are_few: bool) -> dict[str, Applicant]:
        """By the words they were asked for with (userPrincipalName or id); who is missing is not there.

        Raises GraphError where people cannot be read, or not the members of a group.
        """
        users = await users_named(self.gateway, wanted, _PROPERTIES)
        ids = list({_id(user): None for user in users.values()})
        groups, passes = await asyncio.gather(
            self._groups(ids, are_few=are_few), look_at_passes(self.gateway, ids)
        )
        known = {_id(user): _person(user, groups[_id(user)], passes[_id(user)]) for user in users.values()}
        return {word: known[_id(user)] for word, user in users.items()}

    async def _groups(self, users: Sequence[str], *, are_few: bool) -> dict[str, Held]:
        if not self.rules.groups:
            return dict.fromkeys(users, frozenset())
        if are_few:
            return await self._groups_of_each(users)
        if not self._is_listed:
            await self._list_members()
        return {user: self._groups_known(user) for user in users}

    async def _groups_of_each(self, users: Sequence[str]) -> dict[str, Held]:
        """What cannot be read of one is that one's matter."""
        wanted = self.rules.groups
        reads = [
            Read(
                path=f"users/{path_segment(user)}/transitiveMemberOf", params={"$select": "id", "$top": "999"}
            )
            for user in users
        ]
        answers = await list_each(self.gateway, reads)
        return {
            user: groups if isinstance(groups, GraphError) else frozenset(map(_id, groups)) & wanted
            for user, groups in zip(users, answers, strict=True)
        }

    async def _list_members(self) -> None:
        """Each group once, with the members of the groups within it."""
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


def _person(user: JsonObject, groups: Held, held: Pass | GraphError | None) -> Applicant:
    name, enabled = as_text(user.get("userPrincipalName")), user.get("accountEnabled")
    return Applicant(
        id=_id(user),
        name=name,
        display_name=as_text(user.get("displayName")),
        is_enabled=enabled if isinstance(enabled, bool) else None,
        is_external="#EXT#" in name.upper()
        or bool(user.get("externalUserState"))
        or user.get("creationType") == "Invitation",
        groups=frozenset() if isinstance(groups, GraphError) else groups,
        groups_unread=str(groups) if isinstance(groups, GraphError) else "",
        holds=held if isinstance(held, Pass) else None,
        unread=str(held) if isinstance(held, GraphError) else "",
    )


def _id(item: JsonObject) -> str:
    return as_text(item.get("id")).lower()
