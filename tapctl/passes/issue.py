"""A worklist → passes, each handed over once: look, make, hand over, and note every step before the next.

Twenty people are looked at together right before their turn; a few passes are under way at a time. Whatever
goes wrong for everybody stops the run, and the journal says where: it can be continued.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Final, assert_never

from tapctl.errors import GraphError, NotDelivered, NotPermitted, NotRecorded, TapctlError, Throttled
from tapctl.graph.batch import BATCH
from tapctl.model import Json
from tapctl.passes import proof
from tapctl.passes.claims import made_elsewhere
from tapctl.passes.delivery import Delivery, Made, Slot
from tapctl.passes.graph import Pass
from tapctl.passes.holdings import look_at_passes
from tapctl.passes.journal import Journal
from tapctl.passes.making import Created, create, is_unclear, look
from tapctl.passes.starting import odds, start_of
from tapctl.passes.step import LATEST, Conflict, Make, Settled, is_like, is_outdated, next_step, whose
from tapctl.passes.worklist import Entry, Worklist
from tapctl.passes.written import moment

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway

# Passes under way at a time; the gateway sets their pace.
IN_FLIGHT: Final = 4
# How often one pass is asked for, if answer after answer is lost; each time after a look.
ATTEMPTS: Final = 4
# Seconds between looks at the end of a run for a request whose answer was lost, and that comes late.
LAST_LOOKS: Final = (0.0, 5.0, 10.0, 15.0)
# So many people whom Graph refuses before anybody got a pass, and it is the one who asks who may not.
MOST_DENIED: Final = 20
# So many people in a row whose answers were all lost, and the network is to blame.
MOST_LOST: Final = 3


def _now() -> datetime:
    return datetime.now(UTC)


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
    now: Callable[[], datetime] = _now
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


async def issue(run: Run) -> None:
    """Give everybody on the worklist their pass, or note why not. Ctrl-C lets what is under way finish."""
    run.stopped, run.was_interrupted = "", False
    with _signals():
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
    left = run.worklist.count() - run.worklist.count("delivered", "refused")
    try:
        run.journal.write("end", left=left, doubtful=len(run.worklist.doubtful()), why=run.stopped)
    except NotRecorded as error:
        run.is_recorded = False
        run.stop(str(error))


# What can be sent to a process and ends it if nobody cares; SIGQUIT is Ctrl-\.
_ENDING: Final = (
    *("SIGTERM", "SIGHUP", "SIGQUIT", "SIGABRT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF"),
    *("SIGXCPU", "SIGIO", "SIGPWR", "SIGSTKFLT", "SIGTRAP", "SIGSYS"),
)


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Whatever else would end this process is an interruption like Ctrl-C: a passcode may be on screen."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None  # noqa: S101  # this is a coroutine
    names = [name for name in _ENDING if hasattr(signal, name)]
    added: list[signal.Signals] = []
    with contextlib.suppress(
        NotImplementedError, RuntimeError, ValueError
    ):  # Windows, or not the main thread
        for name in names:
            loop.add_signal_handler(signal.Signals[name], task.cancel)
            added.append(signal.Signals[name])
    try:
        yield
    finally:
        for number in added:
            loop.remove_signal_handler(number)


async def _everybody(run: Run) -> None:
    try:
        await _look_again(run)
        await _rounds(run)
        await _settle_doubts(run)
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
        _note_failure(run, entry, held)
        return
    is_there = entry.state == "made" and await proof.holds(entry.proof, run.gateway.clock.sleep)
    theirs = elsewhere.get(held.id, "") if held else ""
    step = next_step(entry, held, run.earliest(), words=run.words, is_there=is_there, elsewhere=theirs)
    match step:
        case Make() if why := odds(entry.start, run.now(), run.gateway.ahead):
            run.journal.note(run.worklist, entry, "failed", why=f"{why}: set this machine's, and continue")
        case Make():
            await _make(run, entry, held.id if held else "", step)
        case Settled():
            _settle(run, run.journal.note(run.worklist, entry, "delivered", why=step.why))
        case Conflict():
            run.journal.note(run.worklist, entry, "failed", why=step.why)
        case _:
            assert_never(step)


def _settle(run: Run, entry: Entry) -> None:
    """It had arrived before the run was interrupted; what goes with a delivery may not have been done."""
    proof.forget(entry.proof)
    assert entry.made_start is not None  # noqa: S101  # only a pass that was made can have arrived
    assert entry.made_end is not None  # noqa: S101
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
    slot = await run.delivery.open(entry.recipient)
    is_used = False
    try:
        entry, created = await _created(run, entry, before, step)
        if created is not None:
            entry = _note_made(run, entry, created.made, created.at, slot)
            is_used = True
            await _hand_over(run, entry, created, slot)
    finally:
        if not is_used:
            await slot.close()


async def _created(run: Run, entry: Entry, before: str, step: Make) -> tuple[Entry, Created | None]:
    """A pass, or a note of why there is none. It is asked for again only after a look showed that the last
    request did nothing, or made one whose passcode nobody has."""
    seen = {before, entry.held}
    entry = replace(entry, doubt=_doubt_of(entry, step, run.now()))
    for _ in range(ATTEMPTS):
        entry = _note_begun(run, entry, before, step)
        try:
            created = await create(run.gateway, entry)
        except GraphError as error:
            if not is_unclear(error):
                return _note_failure(run, entry, error, notMade=True), None
            found = await look(run.gateway, entry, seen)
            entry, step = _note_loss(run, entry, found, error), Make()
            if entry.state == "failed":
                return entry, None
            if found is not None:
                before, step = found.id, Make(replaces=found.id, is_likely=True)
                seen.add(found.id)
        else:
            run.lost_in_a_row = 0
            return entry, created
    run.lost_in_a_row += 1
    if run.lost_in_a_row >= MOST_LOST:
        run.stop("answer after answer is lost: see whether the network holds, and continue")
    return entry, None


def _doubt_of(entry: Entry, step: Make, now: datetime) -> datetime | None:
    """Until when a request may be carried out that the run was stopped with, and of which nothing is seen."""
    is_unseen = entry.state in ("begun", "lost") and not step.replaces
    if is_unseen and entry.begun is not None and now - entry.begun <= LATEST:
        return min(now, entry.begun) + LATEST
    return entry.doubt


def _note_begun(run: Run, entry: Entry, before: str, step: Make) -> Entry:
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


def _note_loss(run: Run, entry: Entry, found: Pass | None, error: GraphError) -> Entry:
    """What the person holds after a request whose answer was lost."""
    if found is None:
        why = f"no answer came ({error.message or error.status}), and nothing was made"
        doubt = _written(run.now() + LATEST)
        return run.journal.note(run.worklist, entry, "lost", why=why, doubt=doubt)
    if not _may_be_ours(run, entry, found):
        why = f"no answer came ({error.message or error.status}), and {whose(entry, found)} meanwhile"
        return run.journal.note(run.worklist, entry, "failed", why=why)
    why = f"no answer came ({error.message or error.status}); a pass was made whose passcode nobody has"
    return run.journal.note(run.worklist, entry, "lost", why=why, **{"pass": found.id})


def _may_be_ours(run: Run, entry: Entry, found: Pass) -> bool:
    return not made_elsewhere(run.journal.path, {found.id}) and is_like(entry, found)


def _note_failure(run: Run, entry: Entry, error: GraphError, **facts: Json) -> Entry:
    """Graph said no. What it would say to everybody stops the run; that somebody may not have a pass, in a
    restricted unit say, is no matter of the others."""
    if error.status in (0, 401) or isinstance(error, Throttled):
        run.stop(str(error))
    elif isinstance(error, NotPermitted):
        run.denied += 1
        if run.denied >= MOST_DENIED and not run.worklist.count("made", "delivered"):
            run.stop(f"Graph refused {run.denied} people, and nobody got a pass: {error}")
    return run.journal.note(run.worklist, entry, "failed", why=str(error), **facts)


def _note_made(run: Run, entry: Entry, made: Made, at: datetime | None, slot: Slot) -> Entry:
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
    run.journal.note(run.worklist, entry, "delivered")
    proof.forget(entry.proof)
    run.also(created.made)


async def _settle_doubts(run: Run) -> None:
    """Looks for some time whether lost requests come late; of those that may come later still it is noted."""
    for wait in LAST_LOOKS:
        if not (left := len(run.worklist.doubtful())) or (wait and run.stopped):
            break
        run.doubting(left)
        await run.gateway.clock.sleep(wait)
        await _look_again(run)
    for entry in run.worklist.doubtful():
        _note_doubt(run, entry)


async def _look_again(run: Run) -> None:
    """A request whose answer was lost may have been carried out late, after the pass that was handed over."""
    entries = {entry.recipient.id: entry for entry in run.worklist.doubtful()}
    for user, held in (await look_at_passes(run.gateway, [*entries])).items():
        entry = entries[user]
        if isinstance(held, GraphError):
            continue
        if held is not None and held.id != entry.pass_id and not is_outdated(entry, held):
            _note_replaced(run, entry, held)
        elif entry.doubt is not None and run.now() >= entry.doubt:
            why = "an answer was lost before, and that request did not come late"
            run.journal.note(run.worklist, entry, "delivered", why=why, doubt=None)


def _written(until: datetime | None) -> str | None:
    return until.isoformat() if until else None


def _note_doubt(run: Run, entry: Entry) -> None:
    """Nothing is to be seen of a request whose answer was lost, which says little of the minutes to come."""
    why = (
        "an answer was lost before, and if that request is still carried out, this passcode is void: from "
        f"{moment(entry.doubt)} on, --continue {run.journal.run} looks again"
    )
    run.journal.note(run.worklist, entry, "delivered", why=why)


def _note_replaced(run: Run, entry: Entry, held: Pass) -> None:
    if _may_be_ours(run, entry, held):
        why = "the pass that was handed over was replaced by a late request: its passcode is void"
        run.journal.note(run.worklist, entry, "lost", why=why, **{"pass": held.id})
    else:
        why = f"{whose(entry, held)} after the one that was handed over, whose passcode is void"
        run.journal.note(run.worklist, entry, "failed", why=why)
