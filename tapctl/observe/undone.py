"""The record of an apply and the tenant → an Undo: what is still there, and what can come back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tapctl.errors import GraphError
from tapctl.graph.by_ids import objects_by_ids
from tapctl.kind import Kind
from tapctl.kinds import kinds
from tapctl.model import Address, JsonObject
from tapctl.undo import Undo, is_named
from tapctl.undo.past import Past

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway


async def look_up(gateway: Gateway, past: Past) -> Undo:
    """Which of the objects are still there, and which of the others Graph has among its deleted items."""
    touched = sorted({deed.address.kind for deed in past.deeds if is_named(deed)})
    called: dict[tuple[str, str], str] = {}
    for name in touched:
        ids = {deed.id.lower() for deed in past.deeds if deed.address.kind == name and deed.id}
        found = await _listed(gateway, kinds()[name], ids)
        by_id = {str(item.get("id")).lower(): str(item.get("displayName") or "") for item in found}
        called |= {(name, one): by_id[one] for one in ids & by_id.keys()}
    undo = Undo(past=past, called=called, restores={}, unread={})
    return await _with_deleted(gateway, undo)


async def _listed(gateway: Gateway, kind: Kind, ids: Collection[str]) -> Sequence[JsonObject]:
    """The objects of a kind: all, or of a kind that is never listed those with these ids."""
    if kind.is_listed:
        return await gateway.list(kind.path)
    return await objects_by_ids(gateway, ids, kind.lookup.types if kind.lookup else ())


async def _with_deleted(gateway: Gateway, undo: Undo) -> Undo:
    restores: dict[Address, str] = {}
    unread: dict[str, str] = {}
    gone = [deed for deed in undo.past.deeds if deed.action != "create" and undo.name_now(deed) is None]
    for name in sorted({deed.address.kind for deed in gone}):
        if (deleted := kinds()[name].deleted_items) is None:
            continue
        try:
            ids = {str(item.get("id")).lower() for item in await gateway.list(deleted.listed)}
        except GraphError as error:
            unread[name] = "; ".join(line.strip() for line in str(error).splitlines())
            continue
        ours = (deed for deed in gone if deed.address.kind == name)
        restores |= {undo.address(deed): deed.id for deed in ours if deed.id and deed.id.lower() in ids}
    return replace(undo, restores=restores, unread=unread)
