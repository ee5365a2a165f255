"""Policies + facts + one sign-in → a decision with a trace.

    book = rulebook({"NH-20 ...": spec, ...}, facts)     # once for a set of policies
    decision = decide(book, sign_in)                     # any number of times

The order is Entra's: the first factor, then every policy that is on is matched, then what the matching ones
demand is weighed together (https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-policies).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from tapctl.evaluate.controls import (
    ERROR_RISKY,
    Answer,
    ask,
    has_method_of,
    is_first_method,
    is_known,
    is_strength,
)
from tapctl.evaluate.credential import Refusal, refusal
from tapctl.evaluate.dated import APPROVED_APP
from tapctl.evaluate.decision import Applied, Decision, Result, Verdict
from tapctl.evaluate.facts import Facts
from tapctl.evaluate.match import Ask, Match, Matcher, Slots, checks_of
from tapctl.evaluate.missing import of_condition, of_control
from tapctl.evaluate.overlays import ENROLMENT, Overlay, overlays
from tapctl.evaluate.policy import Control, Policy, read_policy
from tapctl.evaluate.rules import RULES
from tapctl.evaluate.scene import Index, Scene, index
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
from tapctl.evaluate.trace import tell_check, tell_control, tell_overlay, tell_refusal
from tapctl.evaluate.truth import Truth
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
_PROOF_UP: Final = frozenset({"proof-up-strengths", "proof-up-without-strength", "proof-up-or"})
"""The rules by which registering sets a demand aside."""
_ENFORCED: Final = ("enabled", None)
"""The states whose demands count; one that nobody knows may be on."""
_MATCHED: Final[Mapping[bool | None, Result]] = {True: "applied", False: "notApplied", None: "unknown"}


class _Ready(NamedTuple):
    """A policy, how it is matched, and its `Applied` for each of its results so far."""

    policy: Policy
    matcher: Matcher
    known: dict[tuple[Result, tuple[str, ...]], Applied]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Policies made ready for many sign-ins, with the facts they are read against."""

    facts: Facts
    ready: tuple[_Ready, ...]
    asks: tuple[Ask, ...]
    known: Index

    def scene(self, sign_in: SignIn, **options: Any) -> Scene:
        """A sign-in set against these facts; `options` are Scene's."""
        return Scene(self.known, sign_in, **options)


@dataclass(frozen=True, slots=True)
class _Demand:
    """What one policy (or overlay) asks for, weighed: `unmet` are the controls it is still about."""

    status: Status
    unmet: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    detail: str = ""
    is_set_aside: bool = False


class _Asked(NamedTuple):
    """A demand, whose it is, whether it applies (None: nobody knows), and the fact that an overlay lacks."""

    name: str
    demand: _Demand
    holds: Truth
    fact: str = ""


_NOTHING: Final = _Demand(MET)
_BLOCK: Final = _Demand(BLOCK, ("block",))


def rulebook(policies: Mapping[str, JsonObject], facts: Facts) -> Rulebook:
    """Make policies ready: name (or id) → spec, in Graph's shape or canonical. References are compared as
    text with the names in `facts` and in the sign-in."""
    return _made_ready((read_policy(name, spec) for name, spec in policies.items()), index(facts))


def fewer(book: Rulebook, holds: Callable[[Policy], bool]) -> Rulebook:
    """Only the policies for which that holds, read against the same facts."""
    return _made_ready((ready.policy for ready in book.ready if holds(ready.policy)), book.known)


def _made_ready(policies: Iterable[Policy], known: Index) -> Rulebook:
    slots = Slots()
    ready = tuple(_Ready(policy, Matcher(checks_of(policy, slots)), {}) for policy in policies)
    return Rulebook(facts=known.facts, ready=ready, asks=tuple(slots.asks), known=known)


def decide(book: Rulebook, sign_in: SignIn, *, strict: bool = False, traced: bool = False) -> Decision:
    """What the policies decide. With `strict`, what rests on inference is unknown; with `traced`, the
    decision says step by step how it came about."""
    doubt = INFERRED if strict else frozenset()
    scene = book.scene(sign_in, doubt=doubt, traced=traced)
    decision = _Evaluation(book, scene).decision()
    inferred = frozenset(scene.used & INFERRED)
    if strict and decision.verdict == "unknown" and inferred:
        plain = decide(book, sign_in)  # what is missing there is missing; the rest is doubt
        return replace(decision, missing=plain.missing, inferences=plain.inferences)
    if strict or not inferred:
        return decision
    return replace(decision, inferences=_relied_on(book, sign_in, decision.verdict, inferred))


def _relied_on(
    book: Rulebook, sign_in: SignIn, verdict: Verdict, inferred: frozenset[str]
) -> tuple[str, ...]:
    """Those inferred rules without which the verdict would be another: each by itself, or else those that
    only together make it so, because one is used where another is doubted."""
    found, rules = _without(book, sign_in, inferred), inferred
    while more := found.used - rules:
        rules |= more
        found = _without(book, sign_in, rules)
    if found.verdict == verdict:
        return ()
    alone = [rule for rule in sorted(rules) if _without(book, sign_in, [rule]).verdict != verdict]
    return tuple(alone or _least(book, sign_in, verdict, sorted(rules)))


def _least(book: Rulebook, sign_in: SignIn, verdict: Verdict, rules: list[str]) -> list[str]:
    """Without the rules that may as well be relied on."""
    for rule in tuple(rules):
        fewer = [other for other in rules if other != rule]
        if _without(book, sign_in, fewer).verdict != verdict:
            rules = fewer
    return rules


class _Doubted(NamedTuple):
    """A verdict without some inferred rules, and the inferred rules that it came upon."""

    verdict: Verdict
    used: frozenset[str]


def _without(book: Rulebook, sign_in: SignIn, doubt: Iterable[str]) -> _Doubted:
    scene = book.scene(sign_in, doubt=frozenset(doubt))
    verdict = _Evaluation(book, scene).decision().verdict
    return _Doubted(verdict, frozenset(scene.used & INFERRED))


class _Evaluation:
    """One sign-in on its way through; remembers the registration it may lead to, which is evaluated once."""

    def __init__(self, book: Rulebook, scene: Scene) -> None:
        self._book, self._scene = book, scene
        self._inner: Decision | None = None
        self._weighed: dict[tuple[object, ...], _Demand] = {}
        self._matches: tuple[tuple[_Ready, Match], ...] = ()

    def decision(self) -> Decision:
        refused = refusal(self._scene)
        if refused is not None and refused.reason:
            return Decision(verdict="refusedBeforePolicy", reason=refused.reason)
        if refused is not None:
            tell_refusal(self._scene, refused)
            return _perhaps(self._by_policies(), refused)
        return self._by_policies()

    def _by_policies(self) -> Decision:
        """What is decided once the first factor is accepted."""
        answers = [ask(self._scene) for ask in self._book.asks]
        self._matches = tuple((ready, ready.matcher.match(answers)) for ready in self._book.ready)
        self._tell_checks()
        asked = [
            _Asked(ready.policy.name, self._weigh(ready.policy), found.applies)
            for ready, found in self._matches
            if found.applies is not False and ready.policy.state in _ENFORCED
        ]
        asked += [
            _Asked(item.name, self._weigh_overlay(item), item.holds, item.fact)
            for item in overlays(self._scene)
        ]
        return self._fold(asked)

    def _tell_checks(self) -> None:
        if self._scene.steps is None:
            return
        for ready, found in self._matches:
            if ready.policy.state != "disabled":
                for check in ready.matcher.checks:
                    tell_check(self._scene, ready.policy, check, found)

    def _fold(self, asked: list[_Asked]) -> Decision:
        status = worst(item.demand.status | (0 if item.holds else MET) for item in asked)
        if any(item.demand.status == BLOCK and item.holds for item in asked):
            status = BLOCK
        verdict = _VERDICTS.get(status, "unknown")
        still = [item for item in asked if item.demand.status != MET and (item.holds or verdict == "unknown")]
        deciding = [item for item in still if item.demand.status & status]
        return Decision(
            verdict=verdict,
            policies=tuple(self._applied(ready, found) for ready, found in self._matches),
            by=tuple(item.name for item in deciding),
            unmet=_unique(key for item in still for key in item.demand.unmet),
            needs=_unique(need for item in deciding for need in item.demand.needs),
            detail=next((item.demand.detail for item in deciding if item.demand.detail), ""),
            skipped_for_proof_up=tuple(
                item.name for item in asked if item.demand.is_set_aside and item.holds
            ),
            session=merge_sessions(
                ready.policy.session
                for ready, found in self._matches
                if found.applies and ready.policy.session and ready.policy.state == "enabled"
            ),
            missing=self._missing(asked) if verdict == "unknown" else (),
            switches=tuple(sorted(self._scene.switches)),
            trace=tuple(self._scene.steps or ()),
            inner=self._inner if status & (REGISTER | NEVER) else None,
        )

    def _missing(self, asked: list[_Asked]) -> tuple[str, ...]:
        """The facts that an unknown lacks: those of conditions nobody could answer, of vague controls, and of
        the registration that they lead to. What is met anyhow lacks nothing."""
        asked = [item for item in asked if item.demand.status != MET]
        names = {item.name for item in asked}
        facts = [
            fact
            for ready, found in self._matches
            if found.applies is None and ready.policy.name in names
            for check in found.unknown
            for fact in of_condition(ready.policy, check, self._scene)
        ]
        overlaid = [item.fact for item in asked if item.holds is None and item.fact]
        vague = [item for item in asked if item.holds and not is_certain(item.demand.status)]
        controls = [
            fact for item in vague for key in item.demand.unmet for fact in of_control(key, self._scene)
        ]
        unsure = {item.name for item in vague}
        risks = [
            "signInRisk"
            for ready, _ in self._matches
            if ready.policy.name in unsure and _is_at_risk(ready.policy, self._scene) is None
        ]
        inner = self._inner.missing if self._inner is not None and vague else ()
        known = _unique((*facts, *overlaid, *controls, *risks, *inner))
        if not known and self._scene.is_rolling_out:
            return ("asOf",)
        return known or _unique(key for item in vague for key in item.demand.unmet)

    # One policy

    def _applied(self, ready: _Ready, found: Match) -> Applied:
        result, reasons = self._result(ready.policy, found)
        applied = ready.known.get((result, reasons))
        if applied is None:
            applied = Applied(policy=ready.policy.name, result=result, reasons=reasons)
            ready.known[result, reasons] = applied
        return applied

    def _result(self, policy: Policy, found: Match) -> tuple[Result, tuple[str, ...]]:
        match policy.state:
            case "disabled":
                return "notEnabled", ("policyNotEnabled",)
            case "reportOnly" if found.applies is False:
                return "reportOnlyNotApplied", found.reasons
            case "reportOnly" if policy.target == "actions":
                return "reportOnlyNotApplied", ("userActions",)
            case "reportOnly":
                status = self._weigh(policy).status if found.applies else 0
                return _REPORTED.get(status, "unknown"), found.reasons
            case _ if found.applies and not policy.blocks and not all(map(is_known, policy.asks_for)):
                return "unknown", found.reasons
            case _:
                return _MATCHED[found.applies], found.reasons

    def _weigh(self, policy: Policy) -> _Demand:
        """What a policy that applies demands; the same of all policies with the same controls."""
        if policy.blocks:
            return _BLOCK
        if self._scene.steps is not None:
            return self._weigh_anew(policy)  # each policy has its own steps in the trace
        same = (policy.asks_for, policy.operator, policy.is_on_registration, _is_at_risk(policy, self._scene))
        found = self._weighed.get(same)
        if found is None:
            found = self._weighed[same] = self._weigh_anew(policy)
        return found

    def _weigh_anew(self, policy: Policy) -> _Demand:
        controls = tuple(control for control in policy.controls if self._is_retired(control) is not True)
        if not controls:
            return _NOTHING
        answers = [(control.key, *self._answer(control, policy)) for control in controls]
        status = _joined([answer.status for _, answer, _ in answers], policy.operator)
        lasting = [
            answer.status
            for control, (_, answer, _) in zip(controls, answers, strict=True)
            if self._is_retired(control) is False
        ]
        if len(lasting) < len(controls):  # one of them counts as not selected, or does not yet
            status |= _joined(lasting, policy.operator)
        still = [item for item in answers if item[1].status != MET and status != MET]
        if policy.operator == "OR":
            still = [item for item in still if item[1].status & status]
        return _Demand(
            status,
            tuple(key for key, _, _ in still),
            _unique(need for _, answer, _ in still for need in answer.needs),
            next((answer.detail for _, answer, _ in still if answer.detail), ""),
            any(is_set_aside for _, _, is_set_aside in answers),
        )

    def _is_retired(self, control: Control) -> Truth:
        return control.key == "approvedApplication" and self._scene.since(APPROVED_APP)

    def _answer(self, control: Control, policy: Policy) -> tuple[Answer, bool]:
        """How a control stands in this policy, and whether proving up sets its strength aside."""
        answer = self._resolved(ask(control.key, self._scene), policy)
        aside = answer if policy.is_on_registration else self._set_aside(control.key, answer, policy)
        was_set_aside = aside.rule in _PROOF_UP and is_strength(control.key)
        tell_control(self._scene, policy, control, aside)
        return aside, was_set_aside

    def _set_aside(self, key: str, answer: Answer, policy: Policy | None) -> Answer:
        """While a first method is registered, only policies on the action ask for MFA or a strength, and
        those about the risk that the sign-in is at."""
        scene = self._scene
        is_about = key == "mfa" or is_strength(key)
        if not scene.is_registering or not is_about or answer.status == MET:
            return answer
        proving_up = True if scene.is_interrupted else is_first_method(scene)
        if proving_up is False:
            return self._without_override(key, answer)
        at_risk = policy is not None and _is_at_risk(policy, scene)
        is_outranked = key != "mfa" and self._has_strength_on_action()
        if at_risk is True:
            return _at_risk(answer)
        rule = "proof-up-strengths"
        if not is_outranked:
            rule = "proof-up-without-strength"
        elif policy is not None and policy.operator == "OR" and len(policy.controls) > 1:
            rule = "proof-up-or"
        certain = (
            proving_up and at_risk is False and (RULES[rule].grade != "inferred" or scene.relies_on(rule))
        )
        return answer._replace(status=MET if certain else MET | answer.status, rule=rule)

    def _without_override(self, key: str, answer: Answer) -> Answer:
        """What a demand that registering a first method would set aside is to somebody who has one: it
        stands. Whether it does where the method is none of the strength's is our reading."""
        if not is_strength(key) or has_method_of(key, self._scene) is not False:
            return answer._replace(rule="proof-up-ends")
        rule = "proof-up-ends-with-any"
        perhaps = 0 if self._scene.relies_on(rule) else MET
        return answer._replace(status=answer.status | perhaps, rule=rule)

    def _has_strength_on_action(self) -> bool:
        return any(
            ready.policy.is_on_registration
            and ready.policy.state == "enabled"
            and found.applies is True
            and any(is_strength(control.key) for control in ready.policy.controls)
            for ready, found in self._matches
        )

    def _resolved(self, answer: Answer, policy: Policy) -> Answer:
        """`register` stands only where the registration itself would be let through."""
        if not answer.status & REGISTER:
            return answer
        at_risk = _is_at_risk(policy, self._scene)
        if at_risk is True:
            return _at_risk(answer._replace(status=answer.status & ~REGISTER | NEVER))
        perhaps = NEVER if at_risk is None else 0
        return answer._replace(status=answer.status & ~REGISTER | self._registration() | perhaps)

    def _registration(self) -> Status:
        """The same sign-in, asked for the registration action: open, closed, or both possible. The action
        itself never leads to registration."""
        if self._scene.is_registering:
            return NEVER
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
        traced = outer.steps is not None
        inner = self._book.scene(sign_in, doubt=outer.doubt, traced=traced, is_interrupted=True)
        decision = _Evaluation(self._book, inner).decision()
        outer.used |= inner.used
        outer.switches |= inner.switches
        if is_first_method(outer) is not True and decision.skipped_for_proof_up:
            outer.used.add("interrupted-registration")
        return decision

    def _weigh_overlay(self, item: Overlay) -> _Demand:
        if item.key == "block":
            return _BLOCK
        if item.key == ENROLMENT:
            tell_overlay(self._scene, item, Answer(NEVER, item.rule))
            return _Demand(NEVER, detail=ERROR_RISKY)
        answer = ask(item.key, self._scene)
        if answer.status & REGISTER:
            answer = answer._replace(status=answer.status & ~REGISTER | self._registration())
        answer = answer._replace(rule=item.rule)
        if not item.is_on_registration:
            answer = self._set_aside(item.key, answer, None)
        tell_overlay(self._scene, item, answer)
        unmet = (item.key,) if answer.status != MET else ()
        return _Demand(answer.status, unmet, answer.needs, answer.detail)


def _joined(statuses: list[Status], operator: str | None) -> Status:
    """AND or OR of one policy's controls; of an operator that nobody knows, both are possible."""
    if operator is None:
        return best(statuses) | worst(statuses)
    return best(statuses) if operator == "OR" else worst(statuses)


def _is_at_risk(policy: Policy, scene: Scene) -> Truth:
    """Whether a policy that applies does so for a risk: one that lists `none` too may not."""
    level = (scene.sign_in.sign_in_risk or "").lower()
    if not policy.sign_in_risks or level == "none":
        return False
    return None if not level and "none" in policy.sign_in_risks else True


def _at_risk(answer: Answer) -> Answer:
    """Nobody registers anything at risk: what is asked for is to be proved, and else that is the reason."""
    if not answer.status & NEVER:
        return answer
    return answer._replace(rule="risky-cannot-enrol", detail=ERROR_RISKY)


def _perhaps(decision: Decision, refused: Refusal) -> Decision:
    """A decision that is reached only if the first factor is accepted; denied is denied either way."""
    if decision.verdict in ("block", "unsatisfiable"):
        return decision
    return replace(decision, verdict="unknown", missing=_unique((refused.lacks, *decision.missing)))


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
