"""The tenant → the evidence for what differs: audit records and deleted objects, in a few requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tapctl.drift.exposure import exposure
from tapctl.drift.news import Evidence
from tapctl.drift.vanished import dangling
from tapctl.errors import GraphError
from tapctl.graph.odata import odata_quote
from tapctl.kinds import kinds
from tapctl.model import JsonObject

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway
    from tapctl.model import Workspace
    from tapctl.pipeline import Compared

AUDITS: Final = "auditLogs/directoryAudits"
DELETED: Final[Mapping[str, str]] = {
    "ConditionalAccessPolicy": "identity/conditionalAccess/deletedItems/policies",
    "NamedLocation": "identity/conditionalAccess/deletedItems/namedLocations",
    "Group": "directory/deletedItems/microsoft.graph.group",
}
_UNSUPPORTED: Final = (400, 501)
_CONDITIONAL_ACCESS: Final = "category eq 'Policy'"
_GROUPS: Final = "category eq 'GroupManagement'"
_METHODS: Final = "loggedByService eq 'Authentication Methods' and category eq 'ApplicationManagement'"


async def read_evidence(
    gateway: Gateway, compared: Compared, workspace: Workspace, now: datetime
) -> Evidence:
    """Nothing is asked that nothing differs for. What cannot be read is said, not raised."""
    pending = compared.plan.pending
    missing = {change.address.kind for change in pending if change.action == "create"}
    reading = asyncio.gather(
        *(_deleted(gateway, kind, compared) for kind in sorted(missing & DELETED.keys()))
    )
    (records, unread), deleted = await asyncio.gather(
        _records(gateway, _filters(compared, workspace)), reading
    )
    return Evidence(
        now=now,
        records=tuple(records),
        unread=unread,
        deleted={kind: tuple(items) for kind, items, _ in deleted},
        undeleted={kind: why for kind, _, why in deleted if why},
    )


def _filters(compared: Compared, workspace: Workspace) -> list[str]:
    """The parts of the log that may say something: a service each, and single groups by their id or name."""
    pending = compared.plan.pending
    differing = {change.address.kind for change in pending} | {
        address.kind for address in compared.plan.unmanaged
    }
    found = []
    if any(kinds()[name].family == "conditionalAccess" for name in differing):
        found.append(_CONDITIONAL_ACCESS)
    if any(kinds()[name].family != "conditionalAccess" and name != "Group" for name in differing):
        found.append(_METHODS)
    for change in pending:
        if change.address.kind == "Group":
            key, value = ("id", change.id) if change.id else ("displayName", change.address.name)
            found.append(f"targetResources/any(t:t/{key} eq {odata_quote(str(value))})")
    for object_id in sorted({one for ids in dangling(compared).values() for one in ids}):
        found.append(f"{_GROUPS} and targetResources/any(t:t/id eq {odata_quote(object_id)})")
    absences = exposure(compared.matched, compared.snapshot, workspace).absences
    for group in sorted({absence.group.node for absence in absences}):
        found.append(f"{_GROUPS} and targetResources/any(t:t/id eq {odata_quote(group)})")
    return found


async def _records(gateway: Gateway, filters: Iterable[str]) -> tuple[list[JsonObject], str]:
    """The records that any filter finds, and why the log could not be read, if so."""
    try:
        found = await _all(_filtered(gateway, text) for text in filters)
    except GraphError as error:
        return [], str(error)
    return [record for records in found for record in records], ""


async def _all(reads: Iterable[Awaitable[list[JsonObject]]]) -> list[list[JsonObject]]:
    """What all of them find, once all have ended: one that fails leaves no other under way."""
    found = await asyncio.gather(*reads, return_exceptions=True)
    for answer in found:
        if isinstance(answer, BaseException):
            raise answer
    return [answer for answer in found if not isinstance(answer, BaseException)]


async def _filtered(gateway: Gateway, text: str) -> list[JsonObject]:
    """A server that does not take the filter is asked for everything: the join looks at each record."""
    try:
        return await gateway.list(AUDITS, {"$filter": text})
    except GraphError as error:
        if error.status not in _UNSUPPORTED:
            raise
    return await gateway.list(AUDITS)


async def _deleted(gateway: Gateway, kind: str, compared: Compared) -> tuple[str, list[JsonObject], str]:
    """The deleted objects of a kind that vanished: all, or of groups those of the names."""
    try:
        if kind != "Group":
            return kind, await gateway.list(DELETED[kind]), ""
        names = _vanished(compared, kind)
        found = await _all(
            gateway.list(DELETED[kind], {"$filter": f"displayName eq {odata_quote(name)}"}) for name in names
        )
    except GraphError as error:
        return kind, [], str(error)
    return kind, [item for items in found for item in items], ""


def _vanished(compared: Compared, kind: str) -> Collection[str]:
    return sorted(
        change.address.name
        for change in compared.plan.pending
        if change.action == "create" and change.address.kind == kind
    )
