"""Cases + a company → results. Pure: the clock is given, nothing is printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tapctl.evaluate.decision import Decision
from tapctl.evaluate.evaluator import decide
from tapctl.evaluate.situation import SignIn
from tapctl.evaluate.suites import each_application
from tapctl.model import Finding, Place
from tapctl.simulate.journey import Journey
from tapctl.simulate.workspace import Company
from tapctl.testing.case import Case, Expected
from tapctl.testing.expect import differences

Status: TypeAlias = Literal["passed", "failed", "skipped", "broken"]
"""`skipped`: for other environments. `broken`: the test itself is wrong, and proves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One step: `differences` is empty where it passes. `decision` carries a trace only where it does not.

    `hint` says what would have made it pass, where that is one thing that people overlook.
    """

    name: str
    place: Place | None
    decision: Decision
    differences: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One test. `inferences` are the rules without which a decision in it would be another, and which
    Microsoft does not document."""

    case: Case
    status: Status
    steps: tuple[StepResult, ...] = ()

    @property
    def inferences(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(rule for step in self.steps for rule in step.decision.inferences))

    @property
    def mistakes(self) -> tuple[Finding, ...]:
        return self.case.mistakes


def run(cases: Iterable[Case], company: Company, *, strict: bool = False) -> tuple[Result, ...]:
    """Run all of them. With `strict`, a decision that rests on inference is unknown."""
    return tuple(_run(case, company, strict) for case in cases)


def _run(case: Case, company: Company, strict: bool) -> Result:
    if case.mistakes:
        return Result(case=case, status="broken")
    if not case.is_active:
        return Result(case=case, status="skipped")
    steps = tuple(_steps(case, company, strict))
    failed = any(step.differences for step in steps)
    return Result(case=case, status="failed" if failed else "passed", steps=steps)


def _steps(case: Case, company: Company, strict: bool) -> Iterator[StepResult]:
    journey = Journey(company.facts)
    for expected in case.steps:
        sign_in = journey.sign_in(expected.step)
        found = _step(expected, sign_in, company, strict)
        yield found
        journey.go_on(expected.step, sign_in, found.decision)


def _step(expected: Expected, sign_in: SignIn, company: Company, strict: bool) -> StepResult:
    """The first application of a suite that fails speaks for it."""
    book = company.enforcing(expected.enforce)
    first: Decision | None = None
    for name, one in each_application(book, sign_in):
        decision = decide(book, one, strict=strict)
        first = first or decision
        if found := differences(expected.expect, decision):
            return StepResult(
                name=expected.name,
                place=expected.place,
                decision=decide(book, one, strict=strict, traced=True),
                differences=tuple(f"for {name}: {item}" for item in found) if name else found,
                hint=_hint(expected, one, company, strict),
            )
    assert first is not None  # noqa: S101  # for mypy: a sign-in is at least itself
    return StepResult(name=expected.name, place=expected.place, decision=first)


def _hint(expected: Expected, sign_in: SignIn, company: Company, strict: bool) -> str:
    """Whether it would have passed, had policies been enforced that are only reported here."""
    reported = company.report_only - expected.enforce
    decision = decide(company.enforcing(expected.enforce | reported), sign_in, strict=strict)
    names = [name for name in decision.by if name in reported]
    if not names or decision.verdict == "unknown" or differences(expected.expect, decision):
        return ""
    return (
        f"It would pass where {', '.join(names)} is enforced: here it is report-only. Say "
        f"`environments:` with those where it is, or `given: {{enforce: [...]}}`."
    )
