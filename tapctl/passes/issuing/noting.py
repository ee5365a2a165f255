"""A run under way, and every note of it: on disk before the next step, and in the words of the report."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tapctl.errors import GraphError, NotPermitted, Throttled
from tapctl.model import Json
from tapctl.passes.delivery import Delivery, Made, Slot, proof
from tapctl.passes.graph import Pass
from tapctl.passes.issuing.claims import made_elsewhere
from tapctl.passes.issuing.journal import Journal, utc_now
from tapctl.passes.issuing.step import LATEST, Make, is_like, named, whose
from tapctl.passes.issuing.worklist import Entry, Worklist
from tapctl.passes.starting import start_of
from tapctl.passes.written import moment

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway

# So many people whom Graph refuses before anybody got a pass, and it is the one who asks who may not.
MOST_DENIED: Final = 20


@dataclass(slots=True, kw_only=True)
class Run:
    """A run under way. `watch` is told how many of how many are done; `also` gets each pass that was handed
    over, without its passcode; `doubting` is told for how many people it looks whether a lost request comes
    late; `stopped` says why nothing more is made, `is_recorded` whether the record has its end."""

    gateway: Gateway
    worklist: Worklist
    journal: Journal
    delivery: Delivery
    words: frozenset[str] = frozenset()
    now: Callable[[], datetime] = utc_now
    watch: Callable[[int, int], None] = lambda done, total: None
    finishing: Callable[[], None] = lambda: None
    also: Callable[[Made], None] = lambda made: None
    doubting: Callable[[int], None] = lambda count: None
    stopped: str = ""
    was_interrupted: bool = False
    is_recorded: bool = True
    denied: int = 0
    lost_in_a_row: int = 0

    def earliest(self) -> datetime:
        """The time by the clock that is behind: what is over by that one is over."""
        return min(self.now(), self.now() + self.gateway.ahead)

    def stop(self, why: str) -> None:
        """Nothing more is made; what is under way comes to its end."""
        self.stopped = self.stopped or why


def doubt_of(entry: Entry, step: Make, now: datetime) -> datetime | None:
    """Until when a request may be carried out that the run was stopped with, and of which nothing is seen."""
    is_unseen = entry.is_open and step.replaces in ("", *entry.own)
    if is_unseen and entry.begun is not None and now - entry.begun <= LATEST:
        return min(now, entry.begun) + LATEST
    return entry.doubt


def note_begun(run: Run, entry: Entry, before: str, step: Make) -> Entry:
    """Everything that tells this request's pass from another."""
    start = start_of(entry.start, run.now(), run.gateway.ahead)
    return run.journal.note(
        run.worklist,
        entry,
        "begun",
        ahead=run.gateway.ahead.total_seconds(),
        start=start.isoformat() if start else None,
        before=before,
        replaces=step.replaces,
        likely=step.is_likely,
        doubt=_written(entry.doubt),
    )


def note_loss(run: Run, entry: Entry, found: Pass | None, seen: Set[str], error: GraphError) -> Entry:
    """What the person holds after a request whose answer was lost, which may still be carried out unless a
    look shows what it made."""
    lost, doubt = f"no answer came ({error.message or error.status})", _written(run.now() + LATEST)
    if found is None or (found.id in seen and not found.is_outstanding(run.earliest())):
        why, facts = f"{lost}, and a look shows no valid pass", {"doubt": doubt}
    elif found.id in entry.own:
        why, facts = f"{lost}, and a look shows no new pass", {"doubt": doubt, "pass": found.id}
    elif found.id in seen:
        why = f"{lost}, and a look shows the pass that was to be replaced: {named(entry, found)}"
        facts = {"doubt": doubt}
    elif _may_be_ours(run, entry, found):
        why, facts = f"{lost}; a pass was made whose passcode nobody has", {"pass": found.id}
    else:
        why = (
            f"{lost}, and {whose(entry, found)} meanwhile, {named(entry, found)}: until "
            f"{moment(run.now() + LATEST)} the request may still be carried out, and make that void"
        )
        return run.journal.note(run.worklist, entry, "failed", why=why, doubt=doubt, **{"pass": ""})
    return run.journal.note(run.worklist, entry, "lost", why=why, **facts)


def _may_be_ours(run: Run, entry: Entry, found: Pass) -> bool:
    return not made_elsewhere(run.journal.path, {found.id}) and is_like(entry, found)


def note_failure(run: Run, entry: Entry, error: GraphError, **facts: Json) -> Entry:
    """Graph said no. What it would say to everybody stops the run; that somebody may not have a pass, in a
    restricted unit say, is no matter of the others."""
    if error.status in (0, 401) or isinstance(error, Throttled):
        run.stop(str(error))
    elif isinstance(error, NotPermitted):
        run.denied += 1
        if run.denied >= MOST_DENIED and not run.worklist.count("made", "delivered"):
            run.stop(f"Graph refused {run.denied} people, and nobody got a pass: {error}")
    return run.journal.note(run.worklist, entry, "failed", why=str(error), **facts)


def note_made(run: Run, entry: Entry, made: Made, at: datetime | None, slot: Slot) -> Entry:
    return run.journal.note(
        run.worklist,
        entry,
        "made",
        created=_written(at),
        start=made.start.isoformat(),
        end=made.end.isoformat(),
        target=slot.target,
        proof=slot.proof,
        **{"pass": made.pass_id},
    )


def note_delivered(run: Run, entry: Entry, why: str = "") -> Entry:
    """With what tells the file from every other, should its pass become void and the file be replaced."""
    return run.journal.note(run.worklist, entry, "delivered", why=why, digest=proof.digest(entry.proof))


def _written(until: datetime | None) -> str | None:
    return until.isoformat() if until else None


def note_doubt(run: Run, entry: Entry) -> None:
    """Nothing is to be seen of a request whose answer was lost, which says little of the minutes to come."""
    why = (
        "an answer was lost before, and if that request is still carried out, this passcode is void: from "
        f"{moment(entry.doubt)} on, --continue {run.journal.run} looks again"
    )
    run.journal.note(run.worklist, entry, "delivered", why=why)


def note_replaced(run: Run, entry: Entry, held: Pass) -> None:
    if _may_be_ours(run, entry, held):
        why = "the pass that was handed over was replaced by a late request: its passcode is void"
        run.journal.note(run.worklist, entry, "lost", why=why, **{"pass": held.id})
    else:
        works = named(entry, held)
        why = f"{whose(entry, held)} after the one that was handed over, whose passcode is void: {works}"
        run.journal.note(run.worklist, entry, "failed", why=why, **{"pass": ""})
