"""A question → its answer, and the answer as JSON (schemas/simulate-output.schema.json). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import TypeAlias

from tapctl.evaluate.decision import Decision, TraceStep
from tapctl.evaluate.facts import PassPolicy
from tapctl.evaluate.passes import InGroups, Judgement, in_scope, judge_request, pass_state, policy_errors
from tapctl.evaluate.rulebook import rulebook
from tapctl.evaluate.scene import Scene, index
from tapctl.evaluate.situation import SignIn
from tapctl.model import Finding, Json, JsonObject, Path, Place, dotted
from tapctl.simulate.exchange import PassQuestion, Question
from tapctl.simulate.journey import walk

Where: TypeAlias = Callable[[str, Path], "Place | None"]
"""A policy's name and a path inside its spec → where that is written."""


def answer(question: Question, *, strict: bool = False) -> JsonObject:
    """One answer, whose `id` is the question's. A question that could not be read says why instead."""
    if question.mistakes:
        problems: list[Json] = [problem(item) for item in question.mistakes]
        return {"id": question.id, "problems": problems}
    if question.about_pass is not None:
        return {"id": question.id, **_about_pass(question, question.about_pass)}
    book = rulebook(question.policies, question.facts)
    where = _places(question)
    found = [
        decision_json(stage.decision, where)
        for stage in walk(book, question.steps, strict=strict, traced=True)
    ]
    if question.is_journey:
        return {"id": question.id, "steps": [*found]}
    return {"id": question.id, **found[0]}


def problem(finding: Finding) -> JsonObject:
    """What is wrong, where, and what to do."""
    place = place_json(finding.place)
    return {"rule": finding.rule, "message": finding.message, "help": finding.help or None, "place": place}


def _places(question: Question) -> Where:
    def where(policy: str, path: Path) -> Place | None:
        known = question.paths.get(policy)
        return None if known is None else question.source.place(*known, *path)

    return where


def decision_json(decision: Decision, where: Where) -> JsonObject:
    """A decision in the words of `expect`. Every property is there; what is empty is [] or null."""
    inner = decision.inner
    return {
        "decision": decision.verdict,
        "by": [*decision.by],
        "policies": {item.policy: item.result for item in decision.policies},
        "reasons": {item.policy: [*item.reasons] for item in decision.policies if item.reasons},
        "unmet": [*decision.unmet],
        "needs": [*decision.needs],
        "reason": decision.reason or None,
        "detail": decision.detail or None,
        "skippedForProofUp": [*decision.skipped_for_proof_up],
        "session": {**decision.session},
        "sessionPerhaps": {**decision.session_perhaps},
        "inferences": [*decision.inferences],
        "missing": [*decision.missing],
        "switches": [*decision.switches],
        "trace": [_step(step, where) for step in decision.trace],
        "byApplication": {**decision.by_application},
        "registration": decision_json(inner, where) if inner is not None else None,
    }


def _step(step: TraceStep, where: Where) -> JsonObject:
    return {
        "policy": step.policy,
        "path": dotted(step.path),
        "place": place_json(where(step.policy, step.path)),
        "fact": step.fact,
        "says": step.says,
        "rule": step.rule,
        "grade": step.grade,
    }


def place_json(place: Place | None) -> Json:
    """Where something is written; null where nobody knows."""
    return {"file": place.file, "line": place.line, "column": place.column} if place else None


def _about_pass(question: Question, asked: PassQuestion) -> JsonObject:
    sign_in = SignIn(user=question.user, person=question.person, as_of=date.min)
    scene = Scene(index(question.facts), sign_in)
    in_groups = scene.in_any_group
    if asked.held is not None and asked.request is None and scene.is_external:
        return {"usable": False, "reason": "DisabledByPolicy", "missing": []}  # no external guest has one
    if asked.held is not None and asked.request is None:
        state = pass_state(asked.held, asked.policy, in_groups, now=asked.now)
        of_time = [state.lacks.removeprefix("user.")] if state.lacks else []
        lacking = [*_lacking(asked.policy, in_groups), *of_time]
        return {
            "usable": state.is_usable,
            "reason": state.reason or None,
            "missing": lacking if state.is_usable is None else [],
        }
    if asked.request is None:
        errors = () if asked.policy is None else policy_errors(asked.policy)
        judged = Judgement(errors=errors, missing=() if asked.policy else ("tapPolicy",))
    else:
        judged = judge_request(asked.request, asked.policy, in_groups, now=asked.now)
        if asked.held is not None:
            state = pass_state(asked.held, asked.policy, in_groups, now=asked.now)
            judged = replace(judged, replaces="expired" if state.reason == "Expired" else "valid")
    return {
        "accepted": judged.is_accepted,
        "error": judged.errors[0] if judged.errors else None,
        "errors": [*judged.errors],
        "replaces": judged.replaces or None,
        "missing": [] if judged.errors else [*judged.missing],
    }


def _lacking(policy: PassPolicy | None, in_groups: InGroups) -> Iterator[Json]:
    """What is missing where nobody knows whether the policy lets the person use passes."""
    if policy is None:
        yield "tapPolicy"
    elif in_scope(policy, in_groups) is None:
        yield "user.groups"
