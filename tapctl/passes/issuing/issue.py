"""A worklist → passes, each handed over once: look, make, hand over, and note every step before the next.

Twenty people are looked at together right before their turn; a few passes are under way at a time. Whatever
goes wrong for everybody stops the run, and the journal says where: it can be continued.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Final, assert_never

from tapctl.errors import GraphError, NotDelivered, NotRecorded, TapctlError
from tapctl.graph.batch import BATCH
from tapctl.passes.delivery import Made, Slot, proof
from tapctl.passes.graph import Pass
from tapctl.passes.holdings import look_at_passes
from tapctl.passes.issuing.claims import made_elsewhere
from tapctl.passes.issuing.ending import ending_signals
from tapctl.passes.issuing.late import look_again, settle_doubts
from tapctl.passes.issuing.making import Created, create, is_unclear, look
from tapctl.passes.issuing.noting import (
    Run,
    doubt_of,
    note_begun,
    note_delivered,
    note_failure,
    note_loss,
    note_made,
)
from tapctl.passes.issuing.step import Conflict, Make, Settled, next_step
from tapctl.passes.issuing.worklist import Entry
from tapctl.passes.starting import odds

# Passes under way at a time; the gateway sets their pace.
IN_FLIGHT: Final = 4

# How often one pass is asked for, if answer after answer is lost; each time after a look.
ATTEMPTS: Final = 4

# So many people in a row whose answers were all lost, and the network is to blame.
MOST_LOST: Final = 3


async def issue(run: Run) -> None:
    """Give everybody on the worklist their pass, or note why not. Ctrl-C lets what is under way finish."""
    run.stopped, run.was_interrupted = "", False
    with ending_signals():
        work = asyncio.create_task(_everybody(run))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            run.was_interrupted = True
            run.stop("it was interrupted")
            if run.delivery.waits_for_a_person:
                work.cancel()
            run.finishing()
            with contextlib.suppress(asyncio.CancelledError):
                await work
    people = run.worklist
    try:
        run.journal.write("end", left=people.left, doubtful=len(people.doubtful()), why=run.stopped)
    except NotRecorded as error:
        run.is_recorded = False
        run.stop(str(error))


async def _everybody(run: Run) -> None:
    try:
        await look_again(run)
        await _rounds(run)
        await settle_doubts(run)
    except TapctlError as error:
        run.stop(str(error))


async def _rounds(run: Run) -> None:
    to_do = run.worklist.to_do()
    total = run.worklist.count() - run.worklist.count("refused")
    while not run.stopped and (some := list(islice(to_do, BATCH))):
        held = await look_at_passes(run.gateway, [entry.recipient.id for entry in some])
        ids = {found.id for found in held.values() if isinstance(found, Pass)}
        elsewhere = made_elsewhere(run.journal.path, ids - {entry.held for entry in some})
        slots = asyncio.Semaphore(min(IN_FLIGHT, run.delivery.at_once))
        work = [_one(run, slots, entry, held[entry.recipient.id], elsewhere, total) for entry in some]
        results = await asyncio.gather(*work, return_exceptions=True)
        _raise_first(results)


def _raise_first(results: list[BaseException | None]) -> None:
    """All come to their end before the first error goes on its way."""
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def _one(
    run: Run,
    slots: asyncio.Semaphore,
    entry: Entry,
    held: Pass | GraphError | None,
    elsewhere: Mapping[str, str],
    total: int,
) -> None:
    async with slots:
        if run.stopped:
            return
        try:
            await _turn(run, entry, held, elsewhere)
        except (TapctlError, OSError) as error:
            run.stop(str(error))
        run.watch(run.worklist.count("delivered"), total)


async def _turn(run: Run, entry: Entry, held: Pass | GraphError | None, elsewhere: Mapping[str, str]) -> None:
    if isinstance(held, GraphError):
        note_failure(run, entry, held)
        return
    is_there = entry.state == "made" and await proof.holds(entry.proof, run.gateway.clock.sleep, entry.digest)
    theirs = elsewhere.get(held.id, "") if held else ""
    step = next_step(entry, held, run.earliest(), words=run.words, is_there=is_there, elsewhere=theirs)
    match step:
        case Make() if why := odds(entry.start, run.now(), run.gateway.ahead):
            run.journal.note(run.worklist, entry, "failed", why=f"{why}: set this machine's, and continue")
        case Make():
            await _make(run, entry, held.id if held else "", step)
        case Settled():
            _settle(run, note_delivered(run, entry, step.why))
        case Conflict():
            run.journal.note(run.worklist, entry, "failed", why=step.why, **{"pass": ""})
        case _:
            assert_never(step)


def _settle(run: Run, entry: Entry) -> None:
    """It had arrived before the run was interrupted; what goes with a delivery may not have been done."""
    proof.forget(entry.proof)
    assert entry.made_start is not None  # noqa: S101  # only a pass that was made can have arrived
    assert entry.made_end is not None  # noqa: S101  # as above: both are noted in one line
    run.also(
        Made(
            recipient=entry.recipient,
            pass_id=entry.pass_id,
            start=entry.made_start,
            end=entry.made_end,
            is_usable_once=entry.is_usable_once,
        )
    )


async def _make(run: Run, entry: Entry, before: str, step: Make) -> None:
    """The place is open before the pass is made, and closed if there is nothing for it."""
    slot = await run.delivery.open(entry.recipient, entry.digest)
    is_used = False
    try:
        entry, created = await _created(run, entry, before, step)
        if created is not None:
            entry = note_made(run, entry, created.made, created.at, slot)
            is_used = True
            await _hand_over(run, entry, created, slot)
    finally:
        if not is_used:
            await slot.close()


async def _created(run: Run, entry: Entry, before: str, step: Make) -> tuple[Entry, Created | None]:
    """A pass, or a note of why there is none. It is asked for again only after a look showed that the last
    request did nothing, or made one whose passcode nobody has."""
    seen = {before, entry.held, *entry.own}
    entry = replace(entry, doubt=doubt_of(entry, step, run.now()))
    for _ in range(ATTEMPTS):
        entry = note_begun(run, entry, before, step)
        try:
            created = await create(run.gateway, entry)
        except GraphError as error:
            if not is_unclear(error):
                return note_failure(run, entry, error, notMade=True), None
            found = await look(run.gateway, entry, seen)
            entry = note_loss(run, entry, found, seen, error)
            if entry.state == "failed":
                return entry, None
            before, step = found.id if found else "", Make(replaces=entry.pass_id, is_likely=entry.is_likely)
            seen.add(before)
        else:
            run.lost_in_a_row = 0
            return entry, created
    run.lost_in_a_row += 1
    if run.lost_in_a_row >= MOST_LOST:
        run.stop("answer after answer is lost: see whether the network holds, and continue")
    return entry, None


async def _hand_over(run: Run, entry: Entry, created: Created, slot: Slot) -> None:
    """Raises NotDelivered after noting it: what fails for one fails for the next."""
    try:
        await slot.deliver(created.made, created.secret)
    except (NotDelivered, asyncio.CancelledError) as error:
        why = str(error) or "it was interrupted while the passcode was shown"
        run.journal.note(run.worklist, entry, "undelivered", why=why)
        if isinstance(error, NotDelivered):
            proof.forget(entry.proof)
        raise
    note_delivered(run, entry)
    proof.forget(entry.proof)
    run.also(created.made)
