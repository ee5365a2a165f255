"""What to do next for one person: how far the run has got with them, and what they hold now → a step. Pure.

A request to make a pass destroys the one before it, so it is only made when that one is nobody's.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from tapctl.passes.checks import REPLACE
from tapctl.passes.graph import Pass
from tapctl.passes.issuing.worklist import Entry
from tapctl.passes.written import moment
from tapctl.text.times import Zones, length, window

# How far this machine's clock and Graph's may be apart.
SKEW = timedelta(minutes=5)
# How long after it was noted a request may go out (it waits and is repeated after a 429) and be carried out.
LATEST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """Ask for a pass. `replaces` is the id of a pass of this run whose passcode nobody has, which goes with
    it; `is_likely`: that it is this run's is told by its likeness alone."""

    replaces: str = ""
    is_likely: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Nothing to do: the passcode got to its place, as `why` shows."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Nothing may be done without a word."""

    why: str


Step: TypeAlias = Make | Settled | Conflict


def next_step(
    entry: Entry,
    held: Pass | None,
    now: datetime,
    *,
    words: Set[str] = frozenset(),
    is_there: bool = False,
    elsewhere: str = "",
) -> Step:
    """`is_there`: the entry's proof shows that the passcode got to its place; `elsewhere`: the other run
    whose record says that it made the pass they hold."""
    if entry.state == "made" and (found := _delivered(entry, held, is_there=is_there)):
        return found
    if held is None or not held.is_outstanding(now) or held.id == entry.held:
        return Make()
    if is_outdated(entry, held):
        return Make(replaces=entry.pass_id)
    if not elsewhere and is_ours(entry, held):
        return Make(replaces=held.id, is_likely=held.id not in entry.own)
    if REPLACE in words:
        return Make()
    whose_ = f"the run {elsewhere} has made them a pass" if elsewhere else whose(entry, held)
    return Conflict(why=f"{whose_} meanwhile, {named(entry, held)}: {_advice(entry, now)}")


def _advice(entry: Entry, now: datetime) -> str:
    """About a pass that this run did not make, and that a request of it may still end."""
    until = entry.doubt
    if entry.is_open and entry.begun is not None and now - entry.begun < LATEST:
        until = min(now, entry.begun) + LATEST
    if until is None or now >= until:
        return f"let them use it, or say {REPLACE}"
    return (
        f"until {moment(until)} a lost request of this run may still make it void, so let them use it after "
        f"that, or say {REPLACE}"
    )


def named(entry: Entry, held: Pass) -> str:
    """Which pass, and when it works."""
    return f"{held.id}, {window(held.start, held.end, Zones(there=entry.recipient.zone))}"


def whose(entry: Entry, held: Pass) -> str:
    """In words, of a pass that is not taken for this run's: one that is like what was asked for, but for the
    time of its making, may be dated by a clock that is wrong, or not at all."""
    if entry.begun is None or not _is_alike(entry, held):
        return "somebody else has made them a pass"
    if held.created is None:
        return "somebody else or this run (Graph does not say when) has made them such a pass"
    apart = held.created - entry.begun
    minutes, way = round(abs(apart) / timedelta(minutes=1)), "after" if apart > timedelta() else "before"
    return (
        "somebody else (or, if a clock is wrong, this run) has made them such a pass, "
        f"{length(minutes)} {way} it was asked for,"
    )


def _delivered(entry: Entry, held: Pass | None, *, is_there: bool) -> Settled | None:
    """Evidence that an interrupted delivery was complete."""
    if is_there:
        return Settled(why="it had arrived when the run was interrupted")
    if held is not None and held.id == entry.pass_id and held.reason == "OneTimeUsed":
        return Settled(why="it has been used by now, so the passcode had arrived")
    return None


def is_outdated(entry: Entry, held: Pass) -> bool:
    """Whether a look shows what was there before this run's pass, which took its place: lists lag behind."""
    if entry.state not in ("made", "delivered") or held.id == entry.pass_id:
        return False
    return entry.made_at is not None and held.created is not None and held.created < entry.made_at


def is_ours(entry: Entry, held: Pass) -> bool:
    """Whether a pass was made by this run: it is known by its id, or cannot be told from one that this run
    has asked for, by a request of which nobody knows what became."""
    is_unanswered = entry.is_open or entry.doubt is not None
    return held.id in entry.own or (is_unanswered and is_like(entry, held))


def is_like(entry: Entry, held: Pass) -> bool:
    """Whether a pass is what was asked for, made when it may have been by this machine's clock or by Graph's,
    and was not there before."""
    if entry.begun is None or held.created is None:
        return False
    after = held.created - entry.begun
    is_in_time = any(-SKEW <= late <= LATEST + SKEW for late in (after, after - entry.ahead))
    return is_in_time and _is_alike(entry, held)


def _is_alike(entry: Entry, held: Pass) -> bool:
    return (
        held.id not in (entry.held, entry.before)
        and held.lifetime == entry.lifetime
        and held.is_usable_once == entry.is_usable_once
        and _starts_as(entry.asked, held)
    )


def _starts_as(asked: datetime | None, held: Pass) -> bool:
    """A pass that is to work at once starts when it is made; a wished start is kept to the second."""
    if asked is None:
        return held.created is None or abs(held.start - held.created) <= SKEW
    return abs(held.start - asked) < timedelta(seconds=1)
