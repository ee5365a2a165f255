"""Users and groups of the directory, by name, id or membership, in bulk.

Requests: one for 300 names (fifteen a filter, twenty filters a request), or one for the group and one for
each 999 of its members.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tapctl.errors import GraphError, NotFound, Refused
from tapctl.graph.batch import Read, list_each
from tapctl.graph.gateway import Gateway
from tapctl.graph.odata import in_filters, odata_quote, path_segment
from tapctl.load.settings import nearest
from tapctl.model import Address, JsonObject
from tapctl.passes.graph import moment_of
from tapctl.reference import GUID
from tapctl.shapes import as_text

PROPERTIES: Final = "id,displayName,userPrincipalName,accountEnabled,lastPasswordChangeDateTime"
LARGEST_PAGE: Final = "999"
MOST_GUESSED: Final = 5
_USER: Final = "#microsoft.graph.user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user of the tenant; `name` is the userPrincipalName. None is what Graph did not say."""

    id: str
    name: str
    display: str = ""
    is_enabled: bool | None = None
    password_changed: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group that was found by its name, or decided by a pin."""

    id: str
    name: str


def person_of(item: JsonObject) -> Person:
    """A user as Graph answers it, with PROPERTIES selected."""
    enabled = item.get("accountEnabled")
    return Person(
        id=as_text(item.get("id")),
        name=as_text(item.get("userPrincipalName")) or as_text(item.get("id")),
        display=as_text(item.get("displayName")),
        is_enabled=enabled if isinstance(enabled, bool) else None,
        password_changed=moment_of(item.get("lastPasswordChangeDateTime")),
    )


async def people_named(gateway: Gateway, names: Iterable[str]) -> tuple[Person, ...]:
    """The users of these userPrincipalNames or ids, each once, in order.

    Raises Refused with every name that is nobody's, and whatever else Graph answers.
    """
    people, missing = await people_among(gateway, names)
    if missing:
        raise Refused("\n  ".join(["these are nobody's names:", *await _guessed(gateway, [*missing])]))
    return people


async def people_among(
    gateway: Gateway, names: Iterable[str]
) -> tuple[tuple[Person, ...], dict[str, NotFound]]:
    """The same, and Graph's answer for each name that is nobody's."""
    wanted = [*dict.fromkeys(names)]
    found = await users_named(gateway, wanted, PROPERTIES)
    people = {person.id: person for person in map(person_of, found.values())}
    return tuple(people.values()), {name: _nobody(name) for name in wanted if name not in found}


async def users_named(gateway: Gateway, names: Sequence[str], properties: str) -> dict[str, JsonObject]:
    """By these userPrincipalNames or ids, in their order; who is missing is not there. Raises GraphError."""
    ids = [name for name in names if GUID.fullmatch(name)]
    upns = [name for name in names if not GUID.fullmatch(name)]
    filters = [*in_filters("id", ids), *in_filters("userPrincipalName", upns)]
    found: dict[str, JsonObject] = {}
    for user in await _each_with(gateway, "users", filters, properties):
        found[as_text(user.get("id")).lower()] = found[as_text(user.get("userPrincipalName")).lower()] = user
    return {name: found[name.lower()] for name in names if name.lower() in found}


async def _each_with(
    gateway: Gateway, path: str, filters: Iterable[str], properties: str
) -> list[JsonObject]:
    reads = [Read(path=path, params={"$filter": filtered, "$select": properties}) for filtered in filters]
    found: list[JsonObject] = []
    for answer in await list_each(gateway, reads):
        if isinstance(answer, GraphError):
            raise answer
        found += answer
    return found


def _nobody(name: str) -> NotFound:
    return NotFound(request=f"GET users/{name}", status=404, message="nobody has this name or id")


async def _guessed(gateway: Gateway, missing: list[str]) -> list[str]:
    """Every missing name, the first few with the nearest name that there is."""
    guesses = await nearest_names(gateway, missing)
    return [_with_guess(name, guesses.get(name, "")) for name in missing]


def _with_guess(name: str, guess: str) -> str:
    return f'"{name}"; did you mean "{guess}"?' if guess else f'"{name}"'


async def nearest_names(gateway: Gateway, missing: Sequence[str]) -> dict[str, str]:
    """For the first few names that are nobody's, the nearest userPrincipalName that there is."""
    return {name: await _nearest_name(gateway, name) for name in missing[:MOST_GUESSED]}


async def _nearest_name(gateway: Gateway, name: str) -> str:
    found = await _beginning_like(gateway, "users", "userPrincipalName", name)
    return nearest(name, (as_text(item.get("userPrincipalName")) for item in found)) or ""


async def _beginning_like(gateway: Gateway, path: str, key: str, name: str) -> list[JsonObject]:
    """For a guess, which is a courtesy: a server that cannot answer this has none."""
    filtered = " or ".join(f"startswith({key},{odata_quote(start)})" for start in _starts(name))
    try:
        page = await gateway.get(path, {"$filter": filtered, "$select": f"id,{key}", "$top": LARGEST_PAGE})
    except GraphError:
        return []
    found = page.get("value")
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _starts(name: str) -> Iterable[str]:
    """What its first three letters may be meant to be: as they are, or with two neighbours swapped."""
    swaps = (name[:at] + name[at + 1 : at + 2] + name[at : at + 1] + name[at + 2 :] for at in range(3))
    return dict.fromkeys(text[:3] for text in (name, *swaps))


async def group_named(gateway: Gateway, name: str, pins: Mapping[Address, str]) -> Group:
    """The one group of this display name, the one its pin decides, or the one of this id.

    Raises Refused if there is none, or several: a namesake is not a guess that anybody should make.
    """
    pinned = pins.get(Address("Group", name)) or (name if GUID.fullmatch(name) else "")
    if pinned:
        return await _group_with_id(gateway, pinned, name)
    filtered = f"displayName eq {odata_quote(name)}"
    found = await gateway.list("groups", {"$filter": filtered, "$select": "id,displayName"})
    if len(found) == 1:
        return Group(id=as_text(found[0].get("id")), name=name)
    if found:
        ids = ", ".join(as_text(item.get("id")) for item in found)
        raise Refused(f'{len(found)} groups are called "{name}" ({ids}): give the id, or pin one of them')
    others = await _beginning_like(gateway, "groups", "displayName", name)
    guess = nearest(name, (as_text(item.get("displayName")) for item in others))
    hint = f'; did you mean "{guess}"?' if guess else ""
    raise Refused(f'there is no group called "{name}"{hint}')


async def _group_with_id(gateway: Gateway, group_id: str, name: str) -> Group:
    try:
        found = await gateway.get(f"groups/{path_segment(group_id)}", {"$select": "id,displayName"})
    except NotFound as error:
        raise Refused(f'there is no group with the id {group_id} (for "{name}")') from error
    shown = as_text(found.get("displayName"))
    if name not in (shown, group_id):
        raise Refused(f'the pin of group "{name}" leads to another group, "{shown}": correct the pin')
    return Group(id=group_id, name=shown)


async def groups_with(gateway: Gateway, ids: Iterable[str]) -> tuple[Group, ...]:
    """Those that are still there, with their names. Raises GraphError."""
    found = await _each_with(gateway, "groups", in_filters("id", ids), "id,displayName")
    return tuple(Group(id=as_text(item.get("id")), name=as_text(item.get("displayName"))) for item in found)


async def members_of(gateway: Gateway, group_id: str) -> tuple[Person, ...]:
    """The users in a group and in the groups within it; devices and applications are left out."""
    return tuple([person async for person in each_member(gateway, group_id)])


async def each_member(gateway: Gateway, group_id: str) -> AsyncIterator[Person]:
    """The same one by one."""
    path = f"groups/{path_segment(group_id)}/transitiveMembers"
    async for page in gateway.pages(path, {"$select": PROPERTIES, "$top": LARGEST_PAGE}):
        for person in users_in(page):
            yield person


def users_in(members: Iterable[JsonObject]) -> tuple[Person, ...]:
    """The people among a group's members; a server may leave out the type of what can only be a user."""
    return tuple(person_of(item) for item in members if item.get("@odata.type", _USER) == _USER)


async def all_people(gateway: Gateway) -> tuple[Person, ...]:
    """Everybody in the tenant."""
    found = await gateway.list("users", {"$select": PROPERTIES, "$top": LARGEST_PAGE})
    return tuple(person_of(item) for item in found)
