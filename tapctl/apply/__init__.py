"""Stages of steps → requests, sent and read back → Outcomes.

Before the first write of a kind one fresh list shows whether anything moved since the plan. After each
stage one list a kind, polled, shows whether everything reads back as written. A failure skips what
depends on it, and nothing that would stop less than before happens after something meant to stop more
has failed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass

from tapctl.apply.reading import check_nothing_moved, read_back
from tapctl.apply.run import Run
from tapctl.apply.writing import write
from tapctl.errors import NotRecorded
from tapctl.model import Address, Change, Outcome
from tapctl.order.steps import Step
from tapctl.record import FORMAT

__all__ = ["Result", "Run", "apply"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of every pending change, in the plan's order."""

    outcomes: tuple[Outcome, ...]
    was_interrupted: bool = False


async def apply(run: Run, stages: Sequence[Sequence[Step]]) -> Result:
    """Carry the stages out. Errors of Graph become outcomes. Ctrl-C, and a record that cannot be written any
    more, end the run with an account of it. Raises NotRecorded where nothing was sent yet."""
    _begin(run)
    last = {step.address: step for stage in stages for step in stage}
    run.tightening = {step.address for stage in stages for step in stage if step.tightens}
    run.covering = {address for address in last if address.kind in ("Group", "ConditionalAccessPolicy")}
    interrupted = False
    try:
        for stage in stages:
            await _stage(run, stage, last)
        await read_back(run, [step for address, step in last.items() if address in run.done])
    except asyncio.CancelledError:
        interrupted = True
        _account_for_rest(run, "interrupted")
    except NotRecorded as error:
        _account_for_rest(run, f"stopped, because {error},")
    outcomes = tuple(_outcome(run, change) for change in run.plan.pending)
    with suppress(NotRecorded):  # what it lacks is in the report
        for outcome in outcomes:
            run.record.write("outcome", address=str(outcome.address), status=outcome.status, why=outcome.why)
        run.record.write("end", interrupted=interrupted)
    return Result(outcomes=outcomes, was_interrupted=interrupted)


def _begin(run: Run) -> None:
    plan = run.plan
    run.record.write(
        "begin",
        format=FORMAT,
        environment=plan.environment,
        tenant=plan.tenant_id,
        sandbox=plan.is_sandbox,
        by=run.gateway.caller.name,
        checksum=plan.checksum,
        fingerprint=plan.fingerprint,
    )
    for change in plan.pending:
        run.record.write(
            "change",
            address=str(change.address),
            action=change.action,
            id=change.id,
            observed=run.pairs[change.address].observed,
            before=change.before,
            after=change.after,
        )


def _outcome(run: Run, change: Change) -> Outcome:
    address, object_id = change.address, run.ids.get(change.address)
    if (why := run.failed.get(address)) is not None:
        return Outcome(address=address, action=change.action, status="failed", why=why, id=object_id)
    if (why := run.skipped.get(address)) is not None:
        return Outcome(address=address, action=change.action, status="skipped", why=why, id=object_id)
    if address not in run.done:
        return Outcome(address=address, action=change.action, status="skipped", why="the plan has no order")
    return Outcome(address=address, action=change.action, status="applied", id=object_id)


def _account_for_rest(run: Run, what: str) -> None:
    """What became of the changes that are neither done nor failed; `what` ended the run."""
    for change in run.plan.pending:
        address = change.address
        if address in run.failed or address in run.skipped:
            continue
        if address in run.written and address not in run.done:
            run.failed[address] = f"written, but {what} before it was read back: plan again to see it"
        elif address in run.begun and address not in run.done:
            run.failed[address] = f"{what} while it was being written: plan again to see what happened"
        elif address not in run.done:
            run.skipped[address] = f"{what} before its turn"


async def _stage(run: Run, stage: Sequence[Step], last: Mapping[Address, Step]) -> None:
    await check_nothing_moved(run, stage)
    written: list[Step] = []
    for step in stage:
        if (why := _hindrance(run, step)) is not None:
            run.skipped.setdefault(step.address, why)
        elif step.address not in run.failed and await write(run, step):
            written.append(step)
    await read_back(run, written)
    for step in written:
        run.result(step, "unknown" if step.address in run.failed else "done")
        if step.address not in run.failed and last[step.address] is step:
            run.done[step.address] = step.after


def _hindrance(run: Run, step: Step) -> str | None:
    """Why a step must not be taken, if something went wrong before."""
    if step.address in run.skipped:
        return run.skipped[step.address]
    unmet = sorted(need for need in step.needs if need in run.failed or need in run.skipped)
    if unmet:
        return f"it depends on {', '.join(map(str, unmet))}, which was not applied"
    if step.weakens and (left := _missing(run, run.tightening)):
        return f"{left} was not applied, and this would let more through without it"
    if step.uncovers and (left := _missing(run, run.covering)):
        return f"{left} was not applied, and may count on what this holds"
    return None


def _missing(run: Run, wanted: Set[Address]) -> Address | None:
    """The first of these that was meant to be applied by now and is not."""
    return min((run.failed.keys() | run.skipped.keys()) & wanted, default=None)
