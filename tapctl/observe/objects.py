"""The objects of a kind: its collection, or its singleton."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tapctl.errors import NotFound, NotPermitted
from tapctl.kind import Kind
from tapctl.kinds import kinds
from tapctl.model import Address, JsonObject, Workspace
from tapctl.observe.reading import Reading
from tapctl.validate import Desired

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway

_POLICIES = "ConditionalAccessPolicy"


async def read_collection(reading: Reading, kind: Kind, shared: frozenset[str]) -> None:
    if kind.inside in shared:
        reading.objects[kind.name] = tuple(kind.ours(await _inside(reading, kind)))
    else:
        reading.objects[kind.name] = tuple(await list_objects(reading.gateway, kind))
    reading.entries[kind.name].extend(reading.objects[kind.name])


async def consult(reading: Reading, consulted: Sequence[Kind], shared: frozenset[str]) -> None:
    """What a plan goes on without: whoever may not read policies, reads nothing that only they refer to."""
    policies = [kind for kind in consulted if kind.name == _POLICIES]
    others = [kind for kind in consulted if kind.name != _POLICIES]
    for kinds_at_once in (policies, others):
        await asyncio.gather(*(_if_permitted(reading, kind, shared) for kind in kinds_at_once))
        if _POLICIES in reading.unread:
            return


async def _if_permitted(reading: Reading, kind: Kind, shared: frozenset[str]) -> None:
    try:
        await read_collection(reading, kind, shared)
    except NotPermitted as error:
        reading.unread[kind.name] = str(error)


async def list_objects(gateway: Gateway, kind: Kind) -> list[JsonObject]:
    """A kind's objects, each with what belongs to it even where the list leaves that out."""
    found = kind.ours(await gateway.list(kind.path))
    return list(await asyncio.gather(*(_with_contained(gateway, kind, item) for item in found)))


async def _with_contained(gateway: Gateway, kind: Kind, item: JsonObject) -> JsonObject:
    if not kind.contained or kind.contained in item or kind.service_managed(item):
        return item
    held = await gateway.list(f"{kind.object_path(str(item['id']))}/{kind.contained}")
    return {**item, kind.contained: [*held]}


async def read_singleton(reading: Reading, kind: Kind, shared: frozenset[str]) -> None:
    own_id = kind.path.rpartition("/")[2].lower()
    held = await _inside(reading, kind) if kind.inside in shared else []
    found = [item for item in held if str(item.get("id")).lower() == own_id]
    try:
        reading.objects[kind.name] = (found[0] if found else await reading.get(kind.path),)
    except NotFound:  # an older cloud has fewer methods
        reading.objects[kind.name] = ()


async def _inside(reading: Reading, kind: Kind) -> list[JsonObject]:
    """What the answer of another singleton carries of this kind's collection."""
    segment = kind.path.removeprefix(f"{kind.inside}/").partition("/")[0]
    held = (await reading.get(kind.inside)).get(segment)
    return [item for item in held if isinstance(item, dict)] if isinstance(held, list) else []


async def read_deleted(reading: Reading, desired: Sequence[Desired], workspace: Workspace) -> None:
    """The deleted objects of the kinds of which a document's pin names nothing that is there."""
    pins = workspace.environment.pins
    there = {(kind, str(item["id"]).lower()) for kind, items in reading.objects.items() for item in items}
    gone = {item.kind.name for item in desired if _is_gone(item, pins, there)}
    await asyncio.gather(*(_deleted(reading, kinds()[name]) for name in gone))


def _is_gone(item: Desired, pins: Mapping[Address, str], there: set[tuple[str, str]]) -> bool:
    is_pinned = item.address in pins and item.kind.deleted_items is not None
    return is_pinned and (item.kind.name, pins[item.address].lower()) not in there


async def _deleted(reading: Reading, kind: Kind) -> None:
    found = await reading.optional(f"deleted items of {kind.name}", _kept(reading, kind))
    reading.deleted |= {(kind.name, str(item.get("id")).lower()) for item in found or ()}


async def _kept(reading: Reading, kind: Kind) -> list[JsonObject]:
    """Where Graph has no such list, nothing is kept that could come back: that is known, not unread."""
    assert kind.deleted_items is not None  # noqa: S101  # for mypy: checked above
    try:
        return await reading.gateway.list(kind.deleted_items.listed)
    except NotFound as error:
        said, *_ = str(error).splitlines()
        reading.unread[f"list of deleted items of {kind.name}"] = f"{said}; nothing comes back from there"
        return []
