"""Cases + a company → results. Pure: the clock is given, nothing is printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from tapctl.evaluate.decision import Decision
from tapctl.evaluate.evaluator import decide
from tapctl.model import Finding, Place
from tapctl.simulate.journey import Stage, walk
from tapctl.simulate.workspace import Company
from tapctl.testing.case import Case
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
    stages = _stages(case, company, frozenset(), strict=strict)
    steps = tuple(_step(case, index, stage, company, strict=strict) for index, stage in enumerate(stages))
    failed = any(step.differences for step in steps)
    return Result(case=case, status="failed" if failed else "passed", steps=steps)


def _stages(case: Case, company: Company, also: frozenset[str], *, strict: bool) -> list[Stage]:
    """Every step of a journey may enforce policies of its own."""
    found: list[Stage] = []
    enforced = {step.enforce | also for step in case.steps}
    books = {names: company.enforcing(names) for names in enforced}
    steps = [step.step for step in case.steps]
    for index, expected in enumerate(case.steps):
        names = expected.enforce | also
        if len(enforced) == 1:
            return list(walk(books[names], steps, strict=strict, traced=False))
        found.append(list(walk(books[names], steps[: index + 1], strict=strict, traced=False))[-1])
    return found


def _step(case: Case, index: int, stage: Stage, company: Company, *, strict: bool) -> StepResult:
    expected = case.steps[index]
    result = StepResult(name=expected.name, place=expected.place, decision=stage.decision)
    if not (found := differences(expected.expect, stage.decision)):
        return result
    traced = decide(company.enforcing(expected.enforce), stage.sign_in, strict=strict, traced=True)
    hint = _hint(case, index, company, strict=strict)
    return replace(result, decision=traced, differences=found, hint=hint)


def _hint(case: Case, index: int, company: Company, *, strict: bool) -> str:
    """Whether it would have passed, had policies been enforced that are only reported here."""
    expected = case.steps[index]
    if not (reported := company.report_only - expected.enforce):
        return ""
    decision = _stages(case, company, reported, strict=strict)[index].decision
    if differences(expected.expect, decision):
        return ""
    names = [name for name in decision.by if name in reported]
    if not names:
        return ""
    return (
        f"It would pass where {', '.join(names)} is enforced: here it is report-only. Say "
        f"`environments:` with those where it is, or `given: {{enforce: [...]}}`."
    )
