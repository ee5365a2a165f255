"""The tenant → the evidence for what differs: audit records and deleted objects, in a few requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tapctl.drift.defaults import displaced
from tapctl.drift.evidence import Evidence
from tapctl.drift.exposure import Exposure, Loss, exposure
from tapctl.drift.joined import Joined, strangers_among, watched
from tapctl.drift.strangers import strange_ids, strangers
from tapctl.drift.turned_off import Account, accounts
from tapctl.drift.vanished import dangling
from tapctl.errors import GraphError, NotFound
from tapctl.graph.batch import Read, read_each
from tapctl.graph.odata import odata_quote
from tapctl.kinds import kinds
from tapctl.model import JsonObject

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway
    from tapctl.model import Workspace
    from tapctl.pipeline import Compared

AUDITS: Final = "auditLogs/directoryAudits"
_UNSUPPORTED: Final = (400, 501)
_MOST: Final = 20  # ids that the log is asked about
_CONDITIONAL_ACCESS: Final = "category eq 'Policy'"
_GROUPS: Final = "category eq 'GroupManagement'"
_USERS: Final = "category eq 'UserManagement'"
_METHODS: Final = "loggedByService eq 'Authentication Methods' and category eq 'ApplicationManagement'"


async def read_evidence(
    gateway: Gateway, compared: Compared, workspace: Workspace, now: datetime
) -> Evidence:
    """But for break-glass accounts and who is in their groups, nothing is asked that nothing differs for.
    What cannot be read is said, not raised."""
    pending = compared.plan.pending
    missing = {change.address.kind for change in pending if change.action == "create"}
    exposed = exposure(compared.matched, compared.snapshot, workspace)
    reading = asyncio.gather(
        *(
            _deleted(gateway, kind, place.listed, compared)
            for kind in sorted(missing)
            if (place := kinds()[kind].deleted_items)
        ),
        *(_lost(gateway, loss) for loss in exposed.losses),
    )
    joined = await asyncio.gather(
        *(_members(gateway, item, compared, workspace) for item in watched(compared.matched, workspace))
    )
    glass = await _accounts(gateway, accounts(compared.matched, workspace))
    (records, unread), answers, strange = await asyncio.gather(
        _records(gateway, [*_filters(compared, exposed), *_of_joined(joined), *_of_disabled(glass)]),
        reading,
        _strange(gateway, compared),
    )
    deleted = {
        name: tuple(item for kind, items, _ in (*answers, *strange) if kind == name for item in items)
        for name in sorted({kind for kind, *_ in (*answers, *strange)})
    }
    return Evidence(
        now=now,
        records=tuple(records),
        unread=unread,
        deleted=deleted,
        undeleted={kind: why for kind, _, why in (*answers, *strange) if why},
        strangers=strangers(compared, deleted),
        joined=tuple(joined),
        accounts=glass,
    )


def _filters(compared: Compared, exposed: Exposure) -> list[str]:
    """The parts of the log that may say something: a service each, and single groups by their id or name."""
    pending = compared.plan.pending
    differing = {change.address.kind for change in pending} | {
        address.kind for address in compared.plan.unmanaged
    }
    found = []
    is_beside = bool(displaced(compared.matched, compared.snapshot.facts))
    if is_beside or any(kinds()[name].family == "conditionalAccess" for name in differing):
        found.append(_CONDITIONAL_ACCESS)
    if any(kinds()[name].family != "conditionalAccess" and name != "Group" for name in differing):
        found.append(_METHODS)
    groups = [("id", change.id) for change in pending if change.address.kind == "Group" and change.id]
    groups += [("displayName", name) for name in _vanished(compared, "Group")]
    found += [f"targetResources/any(t:t/{key} eq {odata_quote(value)})" for key, value in groups]
    for object_id in sorted({one for ids in dangling(compared).values() for one in ids}):
        found.append(f"{_GROUPS} and targetResources/any(t:t/id eq {odata_quote(object_id)})")
    for object_id in [*strange_ids(compared)][:_MOST]:
        found.append(f"targetResources/any(t:t/id eq {odata_quote(object_id)})")
    for subject in (loss.subject for loss in exposed.losses):
        category = _USERS if subject.address.kind == "User" else _GROUPS
        found.append(f"{category} and targetResources/any(t:t/id eq {odata_quote(subject.node)})")
    for group in sorted({absence.group.node for absence in exposed.absences}):
        found.append(f"{_GROUPS} and targetResources/any(t:t/id eq {odata_quote(group)})")
    return found


def _of_joined(joined: Iterable[Joined]) -> list[str]:
    """Of whoever joined a break-glass group, what the log has on groups: a record need not name the group as
    its target."""
    ids = sorted({one for item in joined for one in item.people})[:_MOST]
    return [f"{_GROUPS} and targetResources/any(t:t/id eq {odata_quote(one)})" for one in ids]


def _of_disabled(found: Iterable[Account]) -> list[str]:
    """What the log has on the break-glass accounts that are disabled."""
    ids = [item.id for item in found if item.is_enabled is False]
    return [f"{_USERS} and targetResources/any(t:t/id eq {odata_quote(one)})" for one in ids]


async def _accounts(gateway: Gateway, found: Sequence[Account]) -> tuple[Account, ...]:
    """Whether they are enabled. Of one that is gone it is said elsewhere."""
    query = {"$select": "id,accountEnabled"}
    reads = [Read(path=f"users/{item.id}", params=query) for item in found]
    try:
        answers = await read_each(gateway, reads)
    except GraphError as error:
        return tuple(replace(item, unread=_in_one_line(error)) for item in found)
    pairs = zip(found, answers, strict=True)
    return tuple(_account(item, answer) for item, answer in pairs if not isinstance(answer, NotFound))


def _account(item: Account, answer: JsonObject | GraphError) -> Account:
    if isinstance(answer, GraphError):
        return replace(item, unread=_in_one_line(answer))
    enabled = answer.get("accountEnabled")
    return replace(item, is_enabled=enabled if isinstance(enabled, bool) else None)


async def _members(gateway: Gateway, group: Joined, compared: Compared, workspace: Workspace) -> Joined:
    """Who is in a break-glass group. Of one that is gone it is said elsewhere."""
    query = {"$select": "id,displayName,userPrincipalName"}
    try:
        found = await gateway.list(f"groups/{group.id}/transitiveMembers", query)
    except NotFound:
        return group
    except GraphError as error:
        return replace(group, unread=_in_one_line(error))
    return replace(group, people=strangers_among(found, compared.matched, workspace))


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


async def _deleted(
    gateway: Gateway, kind: str, listed: str, compared: Compared
) -> tuple[str, list[JsonObject], str]:
    """The deleted objects of a kind that vanished: all, or of groups those of the names."""
    try:
        if kind != "Group":
            return kind, await gateway.list(listed), ""
        names = _vanished(compared, kind)
        found = await _all(
            gateway.list(listed, {"$filter": f"displayName eq {odata_quote(name)}"}) for name in names
        )
    except GraphError as error:
        return kind, [], _in_one_line(error)
    return kind, [item for items in found for item in items], ""


async def _lost(gateway: Gateway, loss: Loss) -> tuple[str, list[JsonObject], str]:
    """The break-glass account or group that was deleted, if Graph keeps it."""
    kind = loss.subject.address.kind
    try:
        return kind, [await gateway.get(f"directory/deletedItems/{loss.subject.node}")], ""
    except NotFound:
        return kind, [], ""
    except GraphError as error:
        return kind, [], _in_one_line(error)


async def _strange(gateway: Gateway, compared: Compared) -> list[tuple[str, list[JsonObject], str]]:
    """What deleted items say of the ids that nothing has any more."""
    reads = [Read(path=f"directory/deletedItems/{object_id}") for object_id in strange_ids(compared)]
    try:
        answers = await read_each(gateway, reads)
    except GraphError as error:
        return [("User", [], _in_one_line(error))]
    return [_kept(answer) for answer in answers if not isinstance(answer, NotFound)]


def _kept(answer: JsonObject | GraphError) -> tuple[str, list[JsonObject], str]:
    if isinstance(answer, GraphError):
        return "User", [], str(answer)
    return ("User" if "userPrincipalName" in answer else "Group"), [answer], ""


def _in_one_line(error: GraphError) -> str:
    return "; ".join(line.strip() for line in str(error).splitlines())


def _vanished(compared: Compared, kind: str) -> Collection[str]:
    """What Graph called them."""
    pairs = (pair for pair in compared.matched.pairs if pair.address.kind == kind)
    return sorted(pair.display_name for pair in pairs if pair.before is None and pair.after is not None)
