"""One sign-in on its way through a rulebook: the first factor, every policy that is on, what they demand.

The order is Entra's: the first factor, then every policy that is on is matched, then what the matching ones
demand is weighed together (https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-policies).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from tapctl.evaluate.controls import (
    ERROR_RISKY,
    Answer,
    ask,
    is_first_method,
    is_for_join,
    is_known,
    is_known_at_join,
    is_strength,
)
from tapctl.evaluate.credential import Refusal, refusal
from tapctl.evaluate.dated import APPROVED_APP
from tapctl.evaluate.decision import Applied, Decision, Result, Verdict
from tapctl.evaluate.match import Match
from tapctl.evaluate.missing import lacks_methods, of_condition, of_control
from tapctl.evaluate.overlays import ENROLMENT, Overlay, overlays
from tapctl.evaluate.policy import Control, Policy
from tapctl.evaluate.proof_up import SETS_ASIDE, at_risk, is_at_risk, set_aside
from tapctl.evaluate.rulebook import Ready, Rulebook
from tapctl.evaluate.scene import Scene
from tapctl.evaluate.session import merge_sessions, more
from tapctl.evaluate.situation import REGISTER as REGISTRATION
from tapctl.evaluate.status import (
    ANY,
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
_ENFORCED: Final = ("enabled", None)
"""The states whose demands count; one that nobody knows may be on."""
_MATCHED: Final[Mapping[bool | None, Result]] = {True: "applied", False: "notApplied", None: "unknown"}


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


class Evaluation:
    """One sign-in on its way through; remembers the registration it may lead to, which is evaluated once."""

    def __init__(self, book: Rulebook, scene: Scene) -> None:
        self._book, self._scene = book, scene
        self._inner: Decision | None = None
        self._weighed: dict[tuple[object, ...], _Demand] = {}
        self._matches: tuple[tuple[Ready, Match], ...] = ()

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
            session=self._session(True),
            session_perhaps=more(self._session(True, None), self._session(True)),
            missing=self._missing(asked) if verdict == "unknown" else (),
            switches=tuple(sorted(self._scene.switches)),
            trace=tuple(self._scene.steps or ()),
            inner=self._inner if status & (REGISTER | NEVER) else None,
        )

    def _session(self, *applies: Truth) -> JsonObject:
        """The session controls of the enabled policies of which that is known: that they apply, or may."""
        return merge_sessions(
            ready.policy.session
            for ready, found in self._matches
            if found.applies in applies and ready.policy.session and ready.policy.state == "enabled"
        )

    def _missing(self, asked: list[_Asked]) -> tuple[str, ...]:
        """The facts that an unknown lacks: those of conditions nobody could answer, of vague controls, and of
        the registration that they lead to. What is met anyhow lacks nothing, nor does what is asked for
        anyhow."""
        sure = {(item.demand.status, item.demand.unmet) for item in asked if item.holds}
        asked = [
            item
            for item in asked
            if item.demand.status != MET
            and (item.holds or (item.demand.status, item.demand.unmet) not in sure)
        ]
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
        keys = _unique(key for item in vague for key in item.demand.unmet if self._can_be_told(key))
        controls = [fact for key in keys for fact in of_control(key, self._scene)]
        unsure = {item.name for item in vague}
        risks = [
            "signInRisk"
            for ready, _ in self._matches
            if ready.policy.name in unsure and is_at_risk(ready.policy, self._scene) is None
        ]
        inner = self._inner.missing if self._inner is not None and vague else ()
        known = _unique((*facts, *overlaid, *controls, *risks, *inner))
        if not known and self._scene.is_rolling_out:
            return ("asOf",)
        if not known and any(lacks_methods(key, self._scene) for key in keys):
            return ("enabledMethods",)
        return known or keys

    def _can_be_told(self, key: str) -> bool:
        """Whether a fact would settle a vague demand; of what a join may not take at all, none does."""
        if not is_for_join(key, self._scene):
            return False
        return is_known_at_join(key, self._scene) or not is_certain(ask(key, self._scene).status)

    # One policy

    def _applied(self, ready: Ready, found: Match) -> Applied:
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
            case "reportOnly" if policy.target == "actions" or self._scene.action:
                return "reportOnlyNotApplied", ("userActions",)
            case "reportOnly":
                status = self._weigh(policy).status if found.applies else 0
                return _REPORTED.get(status, "unknown"), found.reasons
            case _ if found.applies and not policy.blocks and not _is_understood(policy):
                return "unknown", found.reasons
            case _:
                return _MATCHED[found.applies], found.reasons

    def _weigh(self, policy: Policy) -> _Demand:
        """What a policy that applies demands; the same of all policies with the same controls."""
        if policy.blocks:
            return _BLOCK
        if self._scene.steps is not None:
            return self._weigh_anew(policy)  # each policy has its own steps in the trace
        same = (policy.asks_for, policy.operator, policy.is_on_registration, is_at_risk(policy, self._scene))
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
        if policy.target == "actions" and not is_for_join(control.key, self._scene):
            answer = Answer(ANY, "join-takes-mfa-only")
            tell_control(self._scene, policy, control, answer)
            return answer, False
        answer = self._resolved(ask(control.key, self._scene), policy)
        if (
            answer.status != NEVER
            and policy.target == "actions"
            and not is_known_at_join(control.key, self._scene)
        ):
            answer = answer._replace(status=answer.status | NEVER, rule="join-takes-no-device-bound")
        aside = answer if policy.is_on_registration else self._set_aside(control.key, answer, policy)
        was_set_aside = aside.rule in SETS_ASIDE and is_strength(control.key)
        tell_control(self._scene, policy, control, aside)
        return aside, was_set_aside

    def _set_aside(self, key: str, answer: Answer, policy: Policy | None) -> Answer:
        return set_aside(key, answer, policy, self._scene, self._has_strength_on_action)

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
        if self._scene.is_external and policy.user_risks:
            return answer._replace(status=answer.status & ~REGISTER | NEVER, rule="guest-at-risk")
        is_about_risk = is_at_risk(policy, self._scene)
        if is_about_risk is True:
            return at_risk(answer._replace(status=answer.status & ~REGISTER | NEVER))
        perhaps = NEVER if is_about_risk is None else 0
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
            case "challenge":
                return REGISTER if self._scene.relies_on("second-factor-on-the-way") else REGISTER | NEVER
            case "unknown":
                return REGISTER | NEVER
            case _:
                return NEVER

    def _evaluate_registration(self) -> Decision:
        outer = self._scene
        sign_in = replace(outer.sign_in, apps=(), context="", action=REGISTRATION)
        traced = outer.steps is not None
        inner = self._book.scene(sign_in, doubt=outer.doubt, traced=traced, is_interrupted=True)
        decision = Evaluation(self._book, inner).decision()
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


def _is_understood(policy: Policy) -> bool:
    """Whether what it asks for is known: each control, and how they go together."""
    return policy.operator is not None and all(map(is_known, policy.asks_for))


def _perhaps(decision: Decision, refused: Refusal) -> Decision:
    """A decision that is reached only if the first factor is accepted; denied is denied either way."""
    if decision.verdict in ("block", "unsatisfiable"):
        return decision
    return replace(decision, verdict="unknown", missing=_unique((refused.lacks, *decision.missing)))


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
