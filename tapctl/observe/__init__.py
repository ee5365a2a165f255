"""The tenant → a Snapshot: what the plan needs, in as few round trips as Graph allows.

Collections are listed, names and ids looked up in bulk; the number of requests does not depend on the
number of policies but for paging, and for look-ups of 1,000 ids.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Sequence
from typing import TYPE_CHECKING

from tapctl.errors import NotPermitted
from tapctl.kinds import lookups
from tapctl.model import Identity, Snapshot, Workspace
from tapctl.observe.facts import read_facts
from tapctl.observe.groups import (
    dynamic_groups,
    read_every_group,
    read_members,
    read_memberships,
    take_groups,
)
from tapctl.observe.naming import look_up_ids, look_up_names, read_names_and_ids
from tapctl.observe.objects import consult, read_collection, read_deleted, read_singleton
from tapctl.observe.reading import Reading
from tapctl.observe.wanted import (
    is_read_whole,
    kinds_to_consult,
    kinds_to_read,
    looked_up_last,
    names_wanted,
    pinned,
    shared_singletons,
)
from tapctl.resolve import Resolved
from tapctl.validate import Desired

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway


async def observe(
    gateway: Gateway,
    workspace: Workspace,
    desired: Sequence[Desired],
    resolved: Resolved,
    also: Collection[str] = (),
    *,
    are_adopted: bool = False,
) -> Snapshot:
    """Read the tenant. Raises GraphError where something that the plan cannot do without is not readable.

    `also` are kinds of which every object is wanted, whether or not a document names it. `are_adopted`:
    somebody is about to write down by name what is found.
    """
    reading = Reading(gateway)
    names = names_wanted(workspace, desired, resolved)
    observed_kinds = kinds_to_read(workspace, desired, also)
    consulted = kinds_to_consult(workspace, desired, also)
    names = {kind: found for kind, found in names.items() if not is_read_whole(observed_kinds, kind)}
    people = looked_up_last(names.get("User", frozenset()), workspace)
    names |= {"User": names["User"] - people} if people else {}
    shared = shared_singletons(observed_kinds)
    await _all(
        read_facts(reading, observed_kinds),
        *(read_collection(reading, kind, shared) for kind in observed_kinds if kind.is_listed),
        consult(reading, consulted, shared),
        *(read_singleton(reading, kind, shared) for kind in observed_kinds if kind.singleton),
        *(look_up_names(reading, lookups()[kind], wanted) for kind, wanted in names.items()),
        *(
            look_up_ids(reading, lookups()[kind], ids)
            for kind, ids in pinned(workspace, in_bulk=False).items()
        ),
    )
    if "Group" in also:
        await read_every_group(reading)
    else:
        take_groups(reading, workspace, desired)
    await asyncio.gather(
        read_names_and_ids(
            reading, [*observed_kinds, *consulted], desired, workspace, names | {"User": people}, are_adopted
        ),
        read_members(reading, workspace, desired),
        read_deleted(reading, desired, workspace),
        read_memberships(reading, workspace, desired),
    )
    return Snapshot(
        environment=gateway.environment,
        tenant_id=gateway.tenant_id,
        is_sandbox=gateway.is_sandbox,
        identity=_identity(reading),
        objects=reading.objects,
        entries={kind: tuple(found) for kind, found in reading.entries.items()},
        parents=reading.parents,
        dynamic_groups=dynamic_groups(reading.entries["Group"]),
        facts=reading.facts,
        deleted=frozenset(reading.deleted),
        unread=reading.unread,
    )


async def _all(*readings: Awaitable[None]) -> None:
    """Every reading to its end. What is not permitted is told together, to who sets up an identity."""
    results = await asyncio.gather(*readings, return_exceptions=True)
    errors = [result for result in results if isinstance(result, BaseException)]
    denied = [error for error in errors if isinstance(error, NotPermitted)]
    if len(denied) < len(errors):
        raise next(error for error in errors if not isinstance(error, NotPermitted))
    if denied:
        raise _together_denied(denied)


def _together_denied(denied: Sequence[NotPermitted]) -> NotPermitted:
    first, *others = {error.request: error for error in denied}.values()
    advice = "\n  ".join([first.advice, *(f"likewise {other.request}: {other.advice}" for other in others)])
    return NotPermitted(
        request=first.request,
        status=first.status,
        code=first.code,
        message=first.message,
        request_id=first.request_id,
        advice=advice,
    )


def _identity(reading: Reading) -> Identity:
    caller = reading.gateway.caller
    return Identity(kind=caller.kind, id=caller.id.lower(), name=caller.name, roles=frozenset(reading.roles))
