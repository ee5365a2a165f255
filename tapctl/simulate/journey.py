"""Steps, one after another: each sign-in finds what the steps before it have left, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from tapctl.evaluate.decision import Decision
from tapctl.evaluate.facts import Facts, Pass, Person
from tapctl.evaluate.journey import Effect, after, as_person, older, spent
from tapctl.evaluate.rulebook import Rulebook
from tapctl.evaluate.situation import SignIn
from tapctl.evaluate.suites import decide_suite
from tapctl.simulate.fixture import ANY_PASS, MULTI_USE, ONE_TIME

_DAY: Final = timedelta(days=1)
_NOTHING: Final = Effect()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One sign-in and what happens after it. `advances` is in minutes; `now` and `as_of` set the time
    outright."""

    sign_in: SignIn
    effect: Effect = field(default_factory=Effect)
    advances: int = 0
    now: str = ""
    as_of: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step as it was asked, and what was decided."""

    sign_in: SignIn
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """Where a journey stands. `person` is None while the facts say all there is about the user; `clock` is
    how much time has passed in all."""

    person: Person | None
    now: str
    as_of: date
    clock: timedelta = timedelta()


def walk(
    book: Rulebook, steps: Iterable[Step], *, strict: bool = False, traced: bool = False
) -> Iterator[Stage]:
    """Decide each step."""
    journey = Journey(book.facts)
    for step in steps:
        sign_in = journey.sign_in(step)
        decision = decide_suite(book, sign_in, strict=strict, traced=traced)
        yield Stage(sign_in=sign_in, decision=decision)
        journey.go_on(step, sign_in, decision)


class Journey:
    """One person's way. What is decided about a step changes nothing for the next, but that a pass which
    opened something once does not open anything again."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._state: _State | None = None

    def sign_in(self, step: Step) -> SignIn:
        """The step's sign-in as things are by then."""
        return _continued(step.sign_in, self._at(step), self._facts)

    def go_on(self, step: Step, sign_in: SignIn, decision: Decision) -> None:
        """What the step leaves behind."""
        state = self._at(step)
        before = state.person or as_person(self._facts, sign_in.user)
        person = older(before, sign_in, step.advances)
        if step.effect.pass_used is None and _spends_pass(sign_in, decision):
            person = spent(person)
        if step.effect != _NOTHING:
            person = after(person, step.effect)
        moved = _moved(replace(state, now=sign_in.now, as_of=sign_in.as_of), step)
        self._state = moved if person is before else replace(moved, person=person)

    def _at(self, step: Step) -> _State:
        asked = step.sign_in
        return self._state or _State(person=asked.person, now=asked.now, as_of=asked.as_of)


def _spends_pass(sign_in: SignIn, decision: Decision) -> bool:
    """Who gets in with a one-time pass has used it. Whether a sign-in that is stopped uses it, nobody says.
    https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass"""
    return decision.verdict == "allow" and ONE_TIME in (sign_in.auth or ())


def _continued(sign_in: SignIn, state: _State, facts: Facts) -> SignIn:
    """The sign-in of a step as things are by then. A time of its own stands if the clock is not past it."""
    person = state.person
    return replace(
        sign_in,
        person=person,
        auth=_with_pass(sign_in.auth, person or facts.users.get(sign_in.user), facts),
        now=max(filter(None, (sign_in.now, state.now)), key=datetime.fromisoformat, default=""),
        as_of=max(sign_in.as_of, state.as_of),
    )


def _with_pass(auth: frozenset[str] | None, person: Person | None, facts: Facts) -> frozenset[str] | None:
    """`pass` is whichever the user holds; where that is not known, what the policy gives out."""
    if auth is None or ANY_PASS not in auth:
        return auth
    held, policy = person.held_pass if person else None, facts.pass_policy
    once = held.is_usable_once if isinstance(held, Pass) else policy is None or policy.is_usable_once
    return auth - {ANY_PASS} | {ONE_TIME if once else MULTI_USE}


def _moved(state: _State, step: Step) -> _State:
    """Time passes. Without a time of day, days count from the beginning of the first."""
    passed = timedelta(minutes=step.advances)
    clock, now = state.clock + passed, state.now
    days = (state.clock % _DAY + passed) // _DAY
    if now:
        moved = datetime.fromisoformat(now) + passed
        days, now = (moved.date() - datetime.fromisoformat(now).date()).days, moved.isoformat()
    return replace(
        state, clock=clock, now=step.now or now, as_of=step.as_of or state.as_of + timedelta(days=days)
    )
