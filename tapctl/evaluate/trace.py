"""The steps of a trace, in sentences: what a policy asks, which fact answered, and by which rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tapctl.evaluate.applications import app_key, app_name, needed
from tapctl.evaluate.controls import Answer, combinations, is_strength, strength_named
from tapctl.evaluate.credential import Refusal
from tapctl.evaluate.facts import Pass
from tapctl.evaluate.match import Check, Match
from tapctl.evaluate.missing import TARGETS, of_condition
from tapctl.evaluate.overlays import Overlay
from tapctl.evaluate.policy import Control, Policy
from tapctl.evaluate.scene import Scene
from tapctl.evaluate.status import BLOCK, CHALLENGE, MET, NEVER, REGISTER, Status, possible
from tapctl.evaluate.target import is_by_dependency, is_by_provisioning, reading_of

_WORDS = {
    MET: "is met",
    CHALLENGE: "can be asked for now",
    REGISTER: "can be registered now",
    NEVER: "cannot be met",
    BLOCK: "blocks",
}
_FACTS = {
    "client_app": "client app",
    "sign_in_risk": "sign-in risk",
    "user_risk": "user risk",
    "service_principal_risk": "service principal risk",
    "insider_risk": "insider risk",
    "app_protection": "app protection",
    "approved_app": "approved app",
    "accepted_terms": "accepted terms",
    "password_changed": "password changed",
    "type": "user type",
}
_LACKS: Final[Mapping[str, str]] = {
    "clientApp": "client app",
    "insiderRisk": "insider risk",
    "servicePrincipalRisk": "service principal risk",
    "signInRisk": "sign-in risk",
    "userRisk": "user risk",
}
"""Facts that a situation's JSON and a sign-in test call by different names: in words, by none of them."""
_MOST: Final = 6
"""How many of a strength's combinations are told."""
_OF_RULES: Final[Mapping[str, str]] = {
    "legacy-cannot-prompt": "client_app",
    "device-code-has-no-device": "flow",
    "enrolment-is-exempt": "apps",
    "guest-cannot": "type",
    "guest-without-tenant": "type",
    "risky-cannot-enrol": "sign_in_risk",
}
"""The rules that answer a control by another fact than those that the control is about."""
_OF_CONTROLS: Final[Mapping[str, str]] = {
    "mfa": "proved",
    "strength": "proved",
    "compliantDevice": "device",
    "domainJoinedDevice": "device",
    "compliantApplication": "app_protection",
    "approvedApplication": "approved_app",
    "termsOfUse": "accepted_terms",
    "passwordChange": "password_changed",
    "riskRemediation": "registered",
}
"""Control → the fact that it is about. Of others no fact tells."""


def tell_check(scene: Scene, policy: Policy, check: Check, found: Match) -> None:
    """One condition of one policy."""
    if check in found.failed:
        answer = "does not match"
    elif check in found.unknown:
        answer = f"cannot be told{_why(scene, policy, check)}"
    else:
        answer = "matches"
    fact, rule = _said(scene, _target(scene) if check.fact in TARGETS else check.fact), check.rule
    if check.rule == "resources" and is_by_dependency(policy, scene):
        fact, rule = f"{fact}{_needing(scene)}", "service-dependencies"
    elif check.fact in TARGETS and is_by_provisioning(policy, scene):
        fact, rule = f"{fact}, via {scene.sign_in.via}", "hello-provisioning"
    elif check.rule == "resources":
        rule = reading_of(policy, scene) or rule
    scene.note(policy.name, check.path, fact, f"{check.reason} {answer}", rule)


def _needing(scene: Scene) -> str:
    return f", which needs {', '.join(map(app_name, needed(map(app_key, scene.sign_in.apps))))}"


def _why(scene: Scene, policy: Policy, check: Check) -> str:
    """What is missing; where inference is not relied on, that may be all there is."""
    if check.rule == "unknown-condition":
        return ": it is newer than this evaluator, or misspelt"
    lacking = [_LACKS.get(fact, fact) for fact in of_condition(policy, check, scene)]
    if lacking:
        return f": {', '.join(lacking)} is not given"
    return ": it rests on inference" if scene.doubt else ": no fact tells"


def tell_control(scene: Scene, policy: Policy, control: Control, answer: Answer) -> None:
    """One control of a policy that applies, or may."""
    fact = f"{_basis(control.key, scene, answer)}{_trust(control.key, scene)}"
    scene.note(policy.name, control.path, fact, f"{control.key} {in_words(answer.status)}", answer.rule)


def _basis(key: str, scene: Scene, answer: Answer) -> str:
    """The fact by which a control is answered: that of the rule, or else what the control is about."""
    fact = _OF_RULES.get(answer.rule) or _OF_CONTROLS.get(key.partition(":")[0], "")
    match fact:
        case "":
            return "no fact tells"
        case "proved":
            return "; ".join((_proved(scene), *_asked_for(key, scene), *_holds(scene, answer)))
        case "registered" | "type":
            return f"{_FACTS.get(fact, fact)}: {_shown(getattr(scene.person, fact))}"
        case _:
            return _said(scene, fact)


def _proved(scene: Scene) -> str:
    return f"proved: {_shown(scene.proof, 'nothing') if scene.is_proof_known else 'not given'}"


def _asked_for(key: str, scene: Scene) -> Iterator[str]:
    """What a strength accepts; `mfa` says by its name what it asks for."""
    if is_strength(key):
        strength = strength_named(key.partition(":")[2], scene)
        accepted = combinations(strength) if strength is not None else ()
        more = [f"{len(accepted) - _MOST} more"] if len(accepted) > _MOST else []
        yield f"asked for: {' or '.join((*accepted[:_MOST], *more)) or 'not given'}"


def _holds(scene: Scene, answer: Answer) -> Iterator[str]:
    """What the person could show or has yet to register, where what has been proved does not say it all."""
    person = scene.person
    if answer.status == MET or answer.rule == "guest-trust":
        return
    perhaps = f", perhaps {_shown(person.unsure)}" if person.unsure else ""
    yield f"registered: {_shown(person.registered)}{perhaps}"
    if person.reachable is not None:
        yield f"at hand: {_shown(person.reachable)}"
    if isinstance(person.held_pass, Pass):
        yield f"pass: {'not given' if scene.pass_mode is None else scene.pass_mode or 'none that works'}"


def _trust(key: str, scene: Scene) -> str:
    """What a guest's home tenant is trusted with."""
    about_device = key in ("compliantDevice", "domainJoinedDevice")
    if not scene.is_external or not (about_device or key == "mfa" or is_strength(key)):
        return ""
    asked = scene.sign_in
    what, trusts = ("devices", asked.trusts_home_devices) if about_device else ("MFA", asked.trusts_home_mfa)
    how = "trusted" if trusts else "not trusted" if trusts is False else "not trusted, which is the default"
    return f"; home {what}: {how}"


def tell_overlay(scene: Scene, item: Overlay, answer: Answer) -> None:
    """A demand from outside Conditional Access."""
    about = f"{item.fact}: not given" if item.holds is None and item.fact else item.about
    scene.note(item.name, (), about, f"{item.key} {in_words(answer.status)}", answer.rule)


def tell_refusal(scene: Scene, refused: Refusal) -> None:
    """The first factor, where nobody knows whether it is accepted."""
    says = "the pass may have ended, or not begun"
    scene.note("the pass", (), f"{refused.lacks}: not given", says, "pass-state")


def in_words(status: Status) -> str:
    """A status, all its possible levels."""
    return " or ".join(_WORDS[level] for level in possible(status))


def _target(scene: Scene) -> str:
    """What of its possible targets the sign-in asks for."""
    return "action" if scene.sign_in.action else "context" if scene.sign_in.context else "apps"


def _said(scene: Scene, fact: str) -> str:
    return f"{_FACTS.get(fact, fact)}: {_value(scene, fact)}"


def _value(scene: Scene, fact: str) -> str:
    match fact:
        case "user":
            groups = ", ".join(sorted(scene.groups))
            return f"{scene.sign_in.user}, in {groups}" if groups else scene.sign_in.user
        case "device":
            device = scene.sign_in.device
            if device is None:
                return "not given"
            attributes = ", ".join(f"{name} {value}" for name, value in sorted(device.attributes.items()))
            return (attributes or "registered") if device.is_registered else "unregistered"
        case "locations":
            return _place(scene)
    return _shown(getattr(scene.sign_in, fact, None))


def _shown(value: object, none: str = "none") -> str:
    match value:
        case None:
            return "not given"
        case bool():
            return "yes" if value else "no"
        case frozenset():
            return ", ".join(sorted(map(str, value))) or none
        case tuple():
            return ", ".join(map(str, value))
    return str(value) or "none"


def _place(scene: Scene) -> str:
    sign_in = scene.sign_in
    known = [
        f"in {', '.join(sign_in.locations)}"
        if sign_in.locations
        else "in none"
        if sign_in.locations == ()
        else "",
        f"country {sign_in.country or 'unknown to Entra'}" if sign_in.country is not None else "",
        f"address {sign_in.ip}" if sign_in.ip else "",
    ]
    return ", ".join(part for part in known if part) or "not given"
