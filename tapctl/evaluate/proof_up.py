"""What registering a first method sets aside, when that ends, and what it is at risk.

https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strength-how-it-works
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tapctl.evaluate.controls import ERROR_RISKY, Answer, has_method_of, is_first_method, is_strength
from tapctl.evaluate.policy import Policy
from tapctl.evaluate.rules import RULES
from tapctl.evaluate.scene import Scene
from tapctl.evaluate.status import MET, NEVER
from tapctl.evaluate.truth import Truth

SETS_ASIDE: Final = frozenset({"proof-up-strengths", "proof-up-without-strength", "proof-up-or"})
"""The rules by which registering sets a demand aside."""


def set_aside(
    key: str, answer: Answer, policy: Policy | None, scene: Scene, on_action: Callable[[], bool]
) -> Answer:
    """While a first method is registered, only policies on the action ask for MFA or a strength, and
    those about the risk that the sign-in is at."""
    is_about = key == "mfa" or is_strength(key)
    if not scene.is_registering or not is_about or answer.status == MET:
        return answer
    proving_up = True if scene.is_interrupted else is_first_method(scene)
    if proving_up is False:
        return _without_override(key, answer, scene)
    is_about_risk = policy is not None and is_at_risk(policy, scene)
    is_outranked = key != "mfa" and on_action()
    if is_about_risk is True:
        return at_risk(answer)
    rule = "proof-up-strengths"
    if not is_outranked:
        rule = "proof-up-without-strength"
    elif policy is not None and policy.operator == "OR" and len(policy.controls) > 1:
        rule = "proof-up-or"
    certain = (
        proving_up and is_about_risk is False and (RULES[rule].grade != "inferred" or scene.relies_on(rule))
    )
    return answer._replace(status=MET if certain else MET | answer.status, rule=rule)


def _without_override(key: str, answer: Answer, scene: Scene) -> Answer:
    """What a demand that registering a first method would set aside is to somebody who has one: it
    stands. Whether it does where the method is none of the strength's is our reading."""
    if not is_strength(key) or has_method_of(key, scene) is not False:
        return answer._replace(rule="proof-up-ends")
    rule = "proof-up-ends-with-any"
    perhaps = 0 if scene.relies_on(rule) else MET
    return answer._replace(status=answer.status | perhaps, rule=rule)


def is_at_risk(policy: Policy, scene: Scene) -> Truth:
    """Whether a policy that applies does so for a risk: one that lists `none` too may not."""
    level = (scene.sign_in.sign_in_risk or "").lower()
    if not policy.sign_in_risks or level == "none":
        return False
    return None if not level and "none" in policy.sign_in_risks else True


def at_risk(answer: Answer) -> Answer:
    """Nobody registers anything at risk: what is asked for is to be proved, and else that is the reason."""
    if not answer.status & NEVER:
        return answer
    return answer._replace(rule="risky-cannot-enrol", detail=ERROR_RISKY)
