"""Policies + facts + one sign-in → a decision with a trace.

    book = rulebook({"NH-20 ...": spec, ...}, facts)     # once for a set of policies
    decision = decide(book, sign_in)                     # any number of times

The order is Entra's: the first factor, then every policy that is on is matched, then what the matching ones
demand is weighed together (https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-policies).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from tapctl.evaluate.controls import ERROR_RISKY, Answer, ask, has_strong_method, is_strength
from tapctl.evaluate.credential import refusal
from tapctl.evaluate.dated import APPROVED_APP
from tapctl.evaluate.decision import Applied, Decision, Result, TraceStep, Verdict
from tapctl.evaluate.facts import Facts
from tapctl.evaluate.match import Check, Match, checks_of, match
from tapctl.evaluate.overlays import Overlay, overlays
from tapctl.evaluate.policy import Control, Policy, read_policy
from tapctl.evaluate.rules import RULES
from tapctl.evaluate.scene import Scene, holders
from tapctl.evaluate.session import merge_sessions
from tapctl.evaluate.situation import REGISTER as REGISTRATION
from tapctl.evaluate.situation import SignIn
from tapctl.evaluate.status import (
    BLOCK,
    CHALLENGE,
    MET,
    NEVER,
    REGISTER,
    Status,
    best,
    is_certain,
    worst,
)
from tapctl.evaluate.trace import tell_check, tell_control, tell_overlay
from tapctl.model import JsonObject

INFERRED: Final = frozenset(name for name, rule in RULES.items() if rule.grade == "inferred")
_VERDICTS: Final[Mapping[Status, Verdict]] = {
    MET: "allow",
    CHALLENGE: "challenge",
    REGISTER: "register",
    NEVER: "unsatisfiable",
    BLOCK: "block",
    NEVER | BLOCK: "unsatisfiable",
}
_REPORTED: Final[Mapping[Status, Result]] = {
    MET: "reportOnlySuccess",
    CHALLENGE: "reportOnlyInterrupted",
    REGISTER: "reportOnlyInterrupted",
    CHALLENGE | REGISTER: "reportOnlyInterrupted",
    NEVER: "reportOnlyFailure",
    BLOCK: "reportOnlyFailure",
}


_MATCHED: Final[Mapping[bool | None, Result]] = {True: "applied", False: "notApplied", None: "unknown"}


class _Ready(NamedTuple):
    policy: Policy
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Policies made ready for many sign-ins, with the facts they are read against."""

    facts: Facts
    ready: tuple[_Ready, ...]
    parents: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class _Demand:
    """What one policy (or overlay) asks for, weighed: `unmet` are the controls it is still about."""

    name: str
    status: Status
    unmet: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    detail: str = ""
    set_aside: bool = False


def rulebook(policies: Mapping[str, JsonObject], facts: Facts) -> Rulebook:
    """Make policies ready: name (or id) → spec, in Graph's shape or canonical. References are compared as
    text with the names in `facts` and in the sign-in."""
    read = (read_policy(name, spec) for name, spec in policies.items())
    return Rulebook(
        facts=facts,
        ready=tuple(_Ready(policy, checks_of(policy)) for policy in read),
        parents=holders(facts.groups),
    )


def decide(book: Rulebook, sign_in: SignIn, *, strict: bool = False, traced: bool = False) -> Decision:
    """What the policies decide. With `strict`, what rests on inference is unknown; with `traced`, the
    decision says step by step how it came about."""
    doubt = INFERRED if strict else frozenset()
    scene = Scene(book.facts, book.parents, sign_in, doubt=doubt, traced=traced)
    decision = _Evaluation(book, scene).decision()
    inferred = scene.used & INFERRED
    if strict or not inferred:
        return decision
    return replace(decision, inferences=_relied_on(book, sign_in, decision.verdict, inferred))


def _relied_on(book: Rulebook, sign_in: SignIn, verdict: Verdict, inferred: Iterable[str]) -> tuple[str, ...]:
    """Those inferred rules without which the verdict would be another."""
    rules = sorted(inferred)
    alone = tuple(rule for rule in rules if _without(book, sign_in, {rule}) != verdict)
    return alone or (tuple(rules) if _without(book, sign_in, set(rules)) != verdict else ())


def _without(book: Rulebook, sign_in: SignIn, doubt: set[str]) -> Verdict:
    scene = Scene(book.facts, book.parents, sign_in, doubt=frozenset(doubt))
    return _Evaluation(book, scene).decision().verdict


class _Evaluation:
    """One sign-in on its way through; remembers the registration it may lead to, which is evaluated once."""

    def __init__(self, book: Rulebook, scene: Scene) -> None:
        self._book, self._scene = book, scene
        self._inner: Decision | None = None

    def decision(self) -> Decision:
        if refused := refusal(self._scene):
            return Decision(verdict="refusedBeforePolicy", reason=refused.reason, trace=self._trace())
        matches = [(ready, self._matched(ready)) for ready in self._book.ready]
        weighed = {
            ready.policy.name: self._weigh(ready.policy)
            for ready, found in matches
            if found.applies is not False and ready.policy.state != "disabled"
        }
        applied = tuple(self._applied(ready.policy, found, weighed) for ready, found in matches)
        enforced = [
            (weighed[ready.policy.name], found.applies)
            for ready, found in matches
            if ready.policy.name in weighed and ready.policy.state in ("enabled", None)
        ]
        outside = [(self._weigh_overlay(item), item.holds) for item in overlays(self._scene)]
        sessions = [
            ready.policy.session
            for ready, found in matches
            if found.applies and ready.policy.state == "enabled"
        ]
        return self._fold([*enforced, *outside], applied, sessions, [found for _, found in matches])

    def _matched(self, ready: _Ready) -> Match:
        found = match(ready.checks, self._scene)
        if self._scene.steps is not None and ready.policy.state != "disabled":
            for check in ready.checks:
                tell_check(self._scene, ready.policy, check, found)
        return found

    def _fold(
        self,
        demands: list[tuple[_Demand, bool | None]],
        applied: tuple[Applied, ...],
        sessions: list[JsonObject],
        matches: list[Match],
    ) -> Decision:
        status = worst(demand.status | (0 if holds else MET) for demand, holds in demands)
        if any(demand.status == BLOCK and holds for demand, holds in demands):
            status = BLOCK
        verdict = _VERDICTS.get(status, "unknown")
        open_ones = [
            demand for demand, holds in demands if demand.status != MET and (holds or verdict == "unknown")
        ]
        deciding = [demand for demand in open_ones if demand.status & status]
        leads_to_registration = self._inner if status & (REGISTER | NEVER) else None
        return Decision(
            verdict=verdict,
            policies=applied,
            by=tuple(demand.name for demand in deciding),
            unmet=_unique(key for demand in open_ones for key in demand.unmet),
            needs=_unique(need for demand in deciding for need in demand.needs),
            detail=next((demand.detail for demand in deciding if demand.detail), ""),
            skipped_for_proof_up=tuple(
                demand.name for demand, holds in demands if demand.set_aside and holds
            ),
            session=merge_sessions(sessions),
            missing=_missing(matches, demands) if verdict == "unknown" else (),
            switches=tuple(sorted(self._scene.switches)),
            trace=self._trace(),
            inner=leads_to_registration,
        )

    def _trace(self) -> tuple[TraceStep, ...]:
        return tuple(self._scene.steps or ())

    # One policy

    def _applied(self, policy: Policy, found: Match, weighed: Mapping[str, _Demand]) -> Applied:
        if policy.state == "disabled":
            return Applied(policy=policy.name, result="notEnabled", reasons=("policyNotEnabled",))
        reasons = _unique(check.reason for check in (found.failed or found.unknown))
        if policy.state != "reportOnly":
            return Applied(policy=policy.name, result=_MATCHED[found.applies], reasons=reasons)
        if found.applies is False:
            return Applied(policy=policy.name, result="reportOnlyNotApplied", reasons=reasons)
        if policy.target == "actions":
            return Applied(policy=policy.name, result="reportOnlyNotApplied", reasons=("userActions",))
        status = weighed[policy.name].status if found.applies else 0
        return Applied(policy=policy.name, result=_REPORTED.get(status, "unknown"), reasons=reasons)

    def _weigh(self, policy: Policy) -> _Demand:
        if policy.blocks:
            return _Demand(policy.name, BLOCK, ("block",))
        controls = tuple(control for control in policy.controls if not self._is_retired(control))
        if not controls:
            return _Demand(policy.name, MET)
        answers = [(control, *self._answer(control, policy)) for control in controls]
        choose = best if policy.operator == "OR" else worst
        status = choose(answer.status for _, answer, _ in answers)
        still = [item for item in answers if item[1].status != MET]
        if policy.operator == "OR":
            still = [item for item in still if item[1].status & status and status != MET]
        return _Demand(
            policy.name,
            status,
            tuple(control.key for control, _, _ in still),
            _unique(need for _, answer, _ in still for need in answer.needs),
            next((answer.detail for _, answer, _ in still if answer.detail), ""),
            any(was_set_aside for _, _, was_set_aside in answers),
        )

    def _is_retired(self, control: Control) -> bool:
        return control.key == "approvedApplication" and self._scene.since(APPROVED_APP) is True

    def _answer(self, control: Control, policy: Policy) -> tuple[Answer, bool]:
        """How a control stands in this policy, and whether proving up sets its strength aside."""
        answer = self._resolved(ask(control.key, self._scene), policy)
        aside = self._set_aside(control, policy, answer)
        was_set_aside = aside is not answer and is_strength(control.key)
        tell_control(self._scene, policy, control, aside)
        return aside, was_set_aside

    def _set_aside(self, control: Control, policy: Policy, answer: Answer) -> Answer:
        """While a first method is registered, policies for all resources do not ask for MFA or a strength."""
        scene = self._scene
        is_about = control.key == "mfa" or is_strength(control.key)
        if not scene.is_registering or policy.is_on_registration or not is_about or answer.status == MET:
            return answer
        proving_up = True if scene.is_interrupted else _is_first_method(scene)
        if proving_up is False:
            return answer
        rule = "proof-up-strengths"
        if control.key == "mfa" or not self._has_strength_on_action():
            rule = "proof-up-without-strength"
        elif policy.operator == "OR" and len(policy.controls) > 1:
            rule = "proof-up-or"
        certain = proving_up and (RULES[rule].grade != "inferred" or scene.relies_on(rule))
        return answer._replace(status=MET if certain else MET | answer.status, rule=rule)

    def _has_strength_on_action(self) -> bool:
        return any(
            ready.policy.is_on_registration
            and ready.policy.state == "enabled"
            and any(is_strength(control.key) for control in ready.policy.controls)
            and match(ready.checks, self._scene).applies is True
            for ready in self._book.ready
        )

    def _resolved(self, answer: Answer, policy: Policy) -> Answer:
        """`register` stands only where the registration itself would be let through."""
        if not answer.status & REGISTER:
            return answer
        if policy.sign_in_risks:
            status = answer.status & ~REGISTER | NEVER
            return answer._replace(status=status, rule="risky-cannot-enrol", detail=ERROR_RISKY)
        return answer._replace(status=answer.status & ~REGISTER | self._registration())

    def _registration(self) -> Status:
        """The same sign-in, asked for the registration action: open, closed, or both possible."""
        if self._inner is None:
            self._inner = self._evaluate_registration()
        match self._inner.verdict:
            case "allow":
                return REGISTER
            case "unknown":
                return REGISTER | NEVER
            case _:
                return NEVER

    def _evaluate_registration(self) -> Decision:
        outer = self._scene
        sign_in = replace(outer.sign_in, apps=(), context="", action=REGISTRATION)
        inner = Scene(
            outer.facts,
            self._book.parents,
            sign_in,
            doubt=outer.doubt,
            traced=outer.steps is not None,
            is_interrupted=True,
        )
        decision = _Evaluation(self._book, inner).decision()
        outer.used |= inner.used
        outer.switches |= inner.switches
        if _is_first_method(outer) is not True and decision.skipped_for_proof_up:
            outer.used.add("interrupted-registration")
        return decision

    def _weigh_overlay(self, item: Overlay) -> _Demand:
        if item.key == "block":
            return _Demand(item.name, BLOCK, ("block",))
        answer = ask(item.key, self._scene)
        if answer.status & REGISTER:
            answer = answer._replace(status=answer.status & ~REGISTER | self._registration())
        tell_overlay(self._scene, item, answer)
        unmet = (item.key,) if answer.status != MET else ()
        return _Demand(item.name, answer.status, unmet, answer.needs, answer.detail)


def _is_first_method(scene: Scene) -> bool | None:
    strong = has_strong_method(scene)
    return None if strong is None else not strong


def _missing(matches: list[Match], demands: list[tuple[_Demand, bool | None]]) -> tuple[str, ...]:
    """The facts that an unknown lacks: those of conditions nobody could answer, and unmet controls."""
    facts = [check.fact for found in matches if found.applies is None for check in found.unknown]
    vague = [
        key for demand, holds in demands if holds and not is_certain(demand.status) for key in demand.unmet
    ]
    return _unique((*facts, *vague))


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
