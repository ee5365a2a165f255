"""Passes that are to go → each looked at afresh, deleted if it is still the same, and accounted for.

Ten at a time: one request looks at them, others at what their deletion rests on, and one each deletes. A pass
that was replaced meanwhile is somebody's new pass: it is left. Doing it again finds nothing left to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from tapctl.errors import GraphError, NotFound
from tapctl.graph.gateway import Gateway
from tapctl.passes.graph import Pass, pass_path
from tapctl.passes.holdings import Holdings, read_passes
from tapctl.passes.people import Person
from tapctl.record import Record

AT_ONCE: Final = 10

Status: TypeAlias = Literal["deleted", "gone", "left", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A pass that is to go: `reason` for programs, `why` for people."""

    person: Person
    held: Pass
    reason: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a deletion: deleted; gone already; left, or failed, and `why`."""

    deletion: Deletion
    status: Status
    why: str = ""


Objection: TypeAlias = tuple[Literal["left", "failed"], str]
"""Why a deletion must not be carried out after all, or that this cannot be told."""
Recheck: TypeAlias = Callable[[Sequence[Deletion], Holdings[Pass]], Awaitable[Mapping[str, Objection]]]
"""Deletions and the passes as they are now → what is to be said against them, by user id."""


async def nothing_to_recheck(
    deletions: Sequence[Deletion], passes: Holdings[Pass]
) -> Mapping[str, Objection]:
    """For deletions that rest on nothing but somebody's word."""
    return {}


async def delete_passes(
    gateway: Gateway, deletions: Sequence[Deletion], recheck: Recheck, record: Record, done: list[Outcome]
) -> None:
    """Each outcome is added to `done` and to the record as it comes: both hold if this is interrupted."""
    for start in range(0, len(deletions), AT_ONCE):
        await _delete_some(gateway, deletions[start : start + AT_ONCE], recheck, record, done)


async def _delete_some(
    gateway: Gateway, deletions: Sequence[Deletion], recheck: Recheck, record: Record, done: list[Outcome]
) -> None:
    def settle(outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            done.append(outcome)
            _note(record, outcome)

    try:
        passes = await read_passes(gateway, (one.person.id for one in deletions))
        objections = await recheck(deletions, passes)
    except GraphError as error:
        settle(Outcome(deletion=one, status="failed", why=str(error)) for one in deletions)
        return
    looked = [(one, _now(one, passes, objections)) for one in deletions]
    settle(outcome for _, outcome in looked if outcome is not None)

    async def delete(one: Deletion) -> None:
        record.write("deleting", user=one.person.name, userId=one.person.id, passId=one.held.id)
        settle([await _delete(gateway, one)])

    work = (delete(one) for one, outcome in looked if outcome is None)
    for failure in await asyncio.gather(*work, return_exceptions=True):  # all come to their end first
        if failure is not None:
            raise failure


def _now(one: Deletion, passes: Holdings[Pass], objections: Mapping[str, Objection]) -> Outcome | None:
    """What the fresh look says; None: go on."""
    user = one.person.id
    if user in passes.failures and user not in passes.gone:
        return Outcome(deletion=one, status="failed", why=str(passes.failures[user]))
    held = next(iter(passes.found.get(user, ())), None)
    if held is None:
        return Outcome(deletion=one, status="gone", why="it was not there any more")
    if held.id != one.held.id:
        return Outcome(deletion=one, status="left", why="it was replaced by another pass meanwhile")
    if user in objections:
        status, why = objections[user]
        return Outcome(deletion=one, status=status, why=why)
    return None


async def _delete(gateway: Gateway, one: Deletion) -> Outcome:
    try:
        await gateway.send("DELETE", pass_path(one.person.id, one.held.id))
    except NotFound:
        return Outcome(deletion=one, status="gone", why="it was not there any more")
    except GraphError as error:
        return Outcome(deletion=one, status="failed", why=str(error))
    return Outcome(deletion=one, status="deleted")


def _note(record: Record, outcome: Outcome) -> None:
    one = outcome.deletion
    record.write(
        "outcome",
        user=one.person.name,
        userId=one.person.id,
        passId=one.held.id,
        reason=one.reason,
        status=outcome.status,
        why=outcome.why or None,
    )
