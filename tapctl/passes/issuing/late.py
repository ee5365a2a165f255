"""Requests whose answers were lost → looks whether they came late, and voided what was handed over."""

from __future__ import annotations

from typing import Final

from tapctl.errors import GraphError
from tapctl.passes.holdings import look_at_passes
from tapctl.passes.issuing.noting import Run, note_doubt, note_replaced
from tapctl.passes.issuing.step import is_outdated

# Seconds between looks at the end of a run for a request whose answer was lost, and that comes late.
LAST_LOOKS: Final = (0.0, 5.0, 10.0, 15.0)


async def settle_doubts(run: Run) -> None:
    """Looks for some time whether lost requests come late; of those that may come later still it is noted."""
    for wait in LAST_LOOKS:
        if not (left := len(run.worklist.doubtful())) or (wait and run.stopped):
            break
        run.doubting(left)
        await run.gateway.clock.sleep(wait)
        await look_again(run)
    for entry in run.worklist.doubtful():
        note_doubt(run, entry)


async def look_again(run: Run) -> None:
    """A request whose answer was lost may have been carried out late, after the pass that was handed over."""
    entries = {entry.recipient.id: entry for entry in run.worklist.doubtful()}
    for user, held in (await look_at_passes(run.gateway, [*entries])).items():
        entry = entries[user]
        if isinstance(held, GraphError):
            continue
        if held is not None and held.id != entry.pass_id and not is_outdated(entry, held):
            note_replaced(run, entry, held)
        elif entry.doubt is not None and run.now() >= entry.doubt:
            why = "an answer was lost before, and that request did not come late"
            run.journal.note(run.worklist, entry, "delivered", why=why, doubt=None)
