"""Groups: those that documents mean, their members, and who is in the ones that break glass rests on."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain

from tapctl.kinds import lookups
from tapctl.model import Json, JsonObject, Workspace
from tapctl.observe.naming import enter
from tapctl.observe.reading import Reading
from tapctl.observe.wanted import links_to_read
from tapctl.validate import Desired

_POLICIES = "ConditionalAccessPolicy"


async def read_every_group(reading: Reading) -> None:
    lookup = lookups()["Group"]
    found = await reading.gateway.list(lookup.path, {"$select": ",".join(lookup.select)})
    reading.entries["Group"].extend(found)
    reading.objects["Group"] = tuple(found)


def take_groups(reading: Reading, workspace: Workspace, desired: Sequence[Desired]) -> None:
    """Of the groups looked up, those that a document may mean are objects of their kind; so are namesakes."""
    unique = {_id(group): group for group in reading.entries["Group"]}
    meant = _meant(unique.values(), workspace, desired)
    names = {name for item in desired if item.address.kind == "Group" for name in _names(item)}
    reading.objects["Group"] = tuple(
        group for key, group in unique.items() if key in meant or str(group.get("displayName")) in names
    )


def _names(item: Desired) -> tuple[str, ...]:
    return item.display_name, *item.resource.former_names


def _meant(
    groups: Iterable[JsonObject], workspace: Workspace, desired: Sequence[Desired]
) -> dict[str, list[Desired]]:
    """The documents that may mean each group, by its id: pinned to it, or by a name that it has or had. If
    what has the id is gone, what has its name may be what an undo made instead."""
    groups = [*groups]
    known = {_id(group) for group in groups}
    by_pin: defaultdict[str, list[Desired]] = defaultdict(list)
    by_name: defaultdict[str, list[Desired]] = defaultdict(list)
    for item in desired:
        if item.address.kind != "Group":
            continue
        if pin := item.id or workspace.environment.pins.get(item.address):
            by_pin[pin.lower()].append(item)
        for name in () if pin and pin.lower() in known else _names(item):
            by_name[name].append(item)
    found = {_id(group): [*by_pin[_id(group)], *by_name[str(group.get("displayName"))]] for group in groups}
    return {key: documents for key, documents in found.items() if documents}


def _id(group: JsonObject) -> str:
    return str(group["id"]).lower()


async def read_members(reading: Reading, workspace: Workspace, desired: Sequence[Desired]) -> None:
    """The members and owners of groups whose documents own them."""
    groups = reading.objects["Group"]
    meant = _meant(groups, workspace, desired)
    owned = {key: sorted({*chain(*map(links_to_read, documents))}) for key, documents in meant.items()}
    found = (_with_links(reading, group, owned.get(_id(group), ())) for group in groups)
    reading.objects["Group"] = tuple(await asyncio.gather(*found))


async def _with_links(reading: Reading, group: JsonObject, links: Sequence[str]) -> JsonObject:
    answers = await asyncio.gather(*(reading.gateway.list(f"groups/{group['id']}/{link}") for link in links))
    for answer in answers:
        for entry in answer:
            enter(reading, entry)
    ids: list[list[Json]] = [[str(entry["id"]) for entry in answer] for answer in answers]
    return {**group, **dict(zip(links, ids, strict=True))}


async def read_memberships(reading: Reading, workspace: Workspace, desired: Sequence[Desired]) -> None:
    """Which groups hold the break-glass accounts, whoever applies, and the groups that either may join. It
    counts for every policy that is there, declared or not."""
    is_about_policies = any(item.address.kind in ("Group", _POLICIES) for item in desired)
    if not is_about_policies and not reading.objects.get(_POLICIES):
        return
    pinned = [address.name for address in workspace.environment.pins if address.kind == "User"]
    named = (*workspace.settings.break_glass.accounts, *pinned)  # a pin tells of those declared until now
    accounts = _ids(reading, workspace, "User", "userPrincipalName", named)
    glass = _ids(reading, workspace, "Group", "displayName", workspace.settings.break_glass.groups)
    groups = sorted(glass | _owned_groups(reading, workspace, desired))
    caller = reading.gateway.caller
    people = accounts | ({caller.id.lower()} if caller.kind == "person" and caller.id else set())
    await asyncio.gather(
        *(_ancestors(reading, "users", person) for person in sorted(people)),
        *(_ancestors(reading, "groups", group) for group in groups),
    )
    if not accounts or not accounts <= set(reading.parents):
        await asyncio.gather(*(_descendants(reading, group, set()) for group in groups))


def _ids(reading: Reading, workspace: Workspace, kind: str, key: str, names: Iterable[str]) -> set[str]:
    """The ids of what settings name: as the tenant knows them, and as they are pinned."""
    wanted = {name.lower() for name in names}
    found = {
        str(entry["id"]).lower() for entry in reading.entries[kind] if str(entry.get(key)).lower() in wanted
    }
    pins = workspace.environment.pins.items()
    return found | {
        pin.lower() for address, pin in pins if address.kind == kind and address.name.lower() in wanted
    }


def _owned_groups(reading: Reading, workspace: Workspace, desired: Sequence[Desired]) -> set[str]:
    """The groups whose members a document says."""
    meant = _meant(reading.objects["Group"], workspace, desired)
    return {key for key, documents in meant.items() if any("members" in item.spec for item in documents)}


async def _ancestors(reading: Reading, collection: str, object_id: str) -> None:
    """Follow memberOf upwards: a few requests, since few groups hold a break-glass account."""
    if object_id in reading.parents:
        return
    reading.parents[object_id] = frozenset()
    found = await reading.optional(
        f"groups of {object_id}", reading.gateway.list(f"{collection}/{object_id}/memberOf")
    )
    if found is None:
        del reading.parents[object_id]
        return
    groups = {str(entry["id"]).lower(): entry for entry in found if _is_type(entry, "group")}
    reading.roles |= {
        str(entry.get("roleTemplateId"))
        for entry in found
        if _is_type(entry, "directoryRole") and object_id == reading.gateway.caller.id.lower()
    }
    reading.entries["Group"].extend(groups.values())
    reading.parents[object_id] = frozenset(groups)
    await asyncio.gather(*(_ancestors(reading, "groups", group) for group in groups))


async def _descendants(reading: Reading, group: str, seen: set[str]) -> None:
    """The members of break-glass groups, where no account says by itself which groups it is in."""
    if group in seen:
        return
    seen.add(group)
    found = await reading.optional(f"members of {group}", reading.gateway.list(f"groups/{group}/members"))
    for entry in found or ():
        member = str(entry["id"]).lower()
        reading.parents[member] = reading.parents.get(member, frozenset()) | {group}
    nested = [str(entry["id"]).lower() for entry in found or () if _is_type(entry, "group")]
    await asyncio.gather(*(_descendants(reading, inner, seen) for inner in nested))


def dynamic_groups(groups: Iterable[JsonObject]) -> frozenset[str]:
    """The groups whose members nobody can count on. Graph hides all but the id of a group that the caller
    may not read: it may be anything."""
    shown = {str(group["id"]).lower(): group for group in groups if not _is_hidden(group)}
    hidden = {str(group["id"]).lower() for group in groups} - shown.keys()
    return frozenset(hidden | {key for key, group in shown.items() if _is_dynamic(group)})


def _is_hidden(group: JsonObject) -> bool:
    return all(value is None for key, value in group.items() if key not in ("@odata.type", "id"))


def _is_dynamic(group: JsonObject) -> bool:
    said = group.get("groupTypes")
    return bool(group.get("membershipRule")) or (isinstance(said, list) and "DynamicMembership" in said)


def _is_type(entry: JsonObject, name: str) -> bool:
    return entry.get("@odata.type") == f"#microsoft.graph.{name}"
