"""One control, one scene → how the demand stands. What a strength takes is in `_reach`.

https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-grant
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from tapctl.evaluate.applications import INTUNE_ENROLMENT, app_key
from tapctl.evaluate.facts import Mode, Strength
from tapctl.evaluate.scene import Scene
from tapctl.evaluate.situation import JOIN
from tapctl.evaluate.status import ANY, CHALLENGE, MET, NEVER, REGISTER, UNMET, Status
from tapctl.evaluate.strengths import (
    BUILT_IN,
    DEVICE_BOUND,
    EXTERNAL,
    FOR_GUESTS,
    GOVERNED,
    IN_WIZARD,
    IN_WIZARD_AFTER_STRONG,
    MFA_CONTROL,
    MULTIFACTOR,
    PASSES,
    STRONG,
    proves,
)
from tapctl.evaluate.truth import Truth, every, some

RISKY: Final = frozenset({"medium", "high"})
ERROR_RISKY: Final = "53004"
ERROR_NOT_COMPLIANT: Final = "53000"
ERROR_NOT_HYBRID: Final = "53001"
WRONG_MODEL: Final = "cannotSatisfyDueToCombinationConfiguration"


class Answer(NamedTuple):
    """How one control stands, by which rule, with Entra's error code or result where there is one, and what
    would satisfy it."""

    status: Status
    rule: str
    detail: str = ""
    needs: tuple[str, ...] = ()


def ask(key: str, scene: Scene) -> Answer:
    """The status of a control, remembered for the scene: many policies ask for the same."""
    found = scene.memory.get(key)
    if not isinstance(found, Answer):
        found = _CONTROLS.get(key.partition(":")[0], _unknown)(key.partition(":")[2], scene)
        scene.memory[key] = found
    return found


def is_known(key: str) -> bool:
    """Whether a control, other than block, is one that is understood here."""
    return key.partition(":")[0] in _CONTROLS


def is_strength(key: str) -> bool:
    return key.startswith("strength:")


def is_risky(scene: Scene) -> bool:
    """Whether the sign-in is at a risk at which nothing is registered; one that nobody said is none."""
    return (scene.sign_in.sign_in_risk or "").lower() in RISKY


def has_strong_method(scene: Scene) -> Truth:
    """Whether the person has registered anything that can be part of a second factor."""
    person = scene.person
    if person.registered is None or not person.registered.isdisjoint(STRONG):
        return None if person.registered is None else True
    return False if person.unsure.isdisjoint(STRONG) else None


def is_first_method(scene: Scene) -> Truth:
    """Whether what the person would register is their first strong method."""
    strong = has_strong_method(scene)
    return None if strong is None else not strong


def is_for_join(key: str, scene: Scene) -> bool:
    """Whether a control can be asked for by a policy on the action, where that is to register or join a
    device; of other actions, any."""
    return scene.action != JOIN or key == "mfa" or is_strength(key)


def is_known_at_join(key: str, scene: Scene) -> bool:
    """Whether, where a device is registered or joined, a strength takes anything but Windows Hello and
    passkeys, which Entra does not support there; True of any other control or action."""
    if scene.action != JOIN or not is_strength(key):
        return True
    strength = strength_named(key.partition(":")[2], scene)
    return strength is None or not all(modes & DEVICE_BOUND for modes in strength.combinations)


# MFA and strengths


def _mfa(_: str, scene: Scene) -> Answer:
    if scene.is_legacy_client:
        return Answer(NEVER, "legacy-cannot-prompt")
    return _unless_proved(_guest_mfa(scene) if scene.is_external else _own_mfa(scene), scene)


def _unless_proved(answer: Answer, scene: Scene) -> Answer:
    """What is not met may be all the same where nobody said what has been proved."""
    if scene.is_proof_known or answer.status == MET:
        return answer
    return answer._replace(status=ANY, detail="")


def _own_mfa(scene: Scene) -> Answer:
    if proves(MFA_CONTROL, scene.proof):
        return Answer(MET, "mfa")
    return _reach(MFA_CONTROL, scene.proof, scene, in_strength=False)


def _guest_mfa(scene: Scene) -> Answer:
    if scene.sign_in.trusts_home_mfa:
        if proves(MFA_CONTROL, scene.proof) or scene.sign_in.home_mfa:
            return _home_claim(scene)
        return Answer(MET | CHALLENGE if scene.sign_in.home_mfa is None else CHALLENGE, "guest-trust")
    if scene.person.type == "b2bDirectConnectUser":
        return Answer(NEVER, "guest-cannot")
    return _own_mfa(scene)


def _home_claim(scene: Scene) -> Answer:
    """The home tenant's MFA. Whether it counts where it was a pass is our reading."""
    if proves(MFA_CONTROL, scene.proof) or (scene.sign_in.auth or frozenset()).isdisjoint(PASSES):
        return Answer(MET, "guest-trust")
    rule = "guest-home-pass"
    return Answer(MET if scene.relies_on(rule) else MET | CHALLENGE, rule)


def strength_named(name: str, scene: Scene) -> Strength | None:
    """A strength by the name or id that a policy gives it."""
    text = name.removeprefix("id:").removeprefix("name:")
    return scene.facts.strengths.get(name) or scene.facts.strengths.get(text) or BUILT_IN.get(text.casefold())


def has_method_of(key: str, scene: Scene) -> Truth:
    """Whether the person has registered something strong that is part of what a strength accepts."""
    strength, person = strength_named(key.partition(":")[2], scene), scene.person
    if strength is None or person.registered is None:
        return None
    accepted = frozenset().union(*strength.combinations) & STRONG
    if not person.registered.isdisjoint(accepted):
        return True
    return False if person.unsure.isdisjoint(accepted) else None


def _strength(name: str, scene: Scene) -> Answer:
    strength = strength_named(name, scene)
    if strength is None:
        return Answer(NEVER if scene.is_legacy_client else ANY, "strength")
    if scene.is_legacy_client:
        return Answer(NEVER, "legacy-cannot-prompt")
    find = _guest_strength if scene.is_external else _own_strength
    return _unless_proved(find(strength, scene), scene)


def _own_strength(strength: Strength, scene: Scene) -> Answer:
    if not proves(strength, scene.proof):
        return _reach(strength, scene.proof, scene, in_strength=True)
    match _model_counts(strength, scene):
        case True:
            return Answer(MET, "strength")
        case None:
            return Answer(MET | UNMET, "strength-configuration")
    reached = _reach(strength, scene.proof - {"fido2"}, scene, in_strength=True)
    return reached._replace(rule="strength-configuration", detail=reached.detail or WRONG_MODEL)


def _guest_strength(strength: Strength, scene: Scene) -> Answer:
    """Home methods count where the home tenant's MFA is trusted; a pass of the home tenant never does."""
    if scene.person.type == "otherExternalUser" and not scene.person.home_tenant:
        return Answer(NEVER, "guest-without-tenant", needs=combinations(strength))
    if not scene.sign_in.trusts_home_mfa:
        if scene.person.type == "b2bDirectConnectUser":
            return Answer(NEVER, "guest-cannot")
        if proves(strength, scene.proof):
            return Answer(MET, "strength")
        return _reach(strength, scene.proof, scene, in_strength=True)
    if proves(strength, scene.proof):
        return Answer(MET, "guest-trust")
    if scene.sign_in.home_mfa and strength.combinations >= MULTIFACTOR.combinations:
        return _home_claim(scene)
    if all(combination & PASSES for combination in strength.combinations):
        return Answer(NEVER, "guest-methods", needs=combinations(strength))
    return Answer(MET | CHALLENGE | NEVER, "guest-trust", needs=combinations(strength))


def _model_counts(strength: Strength, scene: Scene) -> Truth:
    """Whether what was proved is of a model, or from an issuer, that the strength lists."""
    proved = [combination for combination in strength.combinations if combination <= scene.proof]
    return some(_fits(strength, combination, scene.sign_in.fido2_aaguid) for combination in proved)


def _fits(strength: Strength, combination: frozenset[Mode], aaguid: str | None) -> Truth:
    if strength.restricts_certificates and any(mode.startswith("x509") for mode in combination):
        return None
    if "fido2" not in combination or not strength.fido2_aaguids:
        return True
    return None if aaguid is None else aaguid.lower() in strength.fido2_aaguids


def _reach(strength: Strength, proof: frozenset[Mode], scene: Scene, *, in_strength: bool) -> Answer:
    """What can be asked for now, registered now, or neither, to satisfy one of the combinations, when the
    session has proved `proof`."""
    needs = combinations(strength)
    steps = [_step_up(combination - proof, strength, scene) for combination in strength.combinations]
    if (now := some(steps)) is True:
        reachable = tuple(
            _written(combination)
            for combination, step in zip(strength.combinations, steps, strict=True)
            if step is True
        )
        return Answer(CHALLENGE, "step-up", needs=tuple(sorted(reachable)))
    later = _enrolment(strength, proof, scene, in_strength=in_strength)
    status = later.status | (CHALLENGE if now is None else 0)
    return Answer(status, later.rule, later.detail, needs)


def _step_up(missing: frozenset[Mode], strength: Strength, scene: Scene) -> Truth:
    return every(_at_hand(mode, strength, scene) for mode in missing)


def _at_hand(mode: Mode, strength: Strength, scene: Scene) -> Truth:
    """Whether a mode can be asked for in this session: enabled, registered, reachable, and steppable."""
    if mode in PASSES:
        return False if scene.is_external else _is_pass_at_hand(mode, scene)
    if mode == "windowsHelloForBusiness" and scene.sign_in.auth:
        return False
    reachable = scene.person.reachable
    if reachable is not None and mode not in reachable:
        return False
    return every((_is_registered(mode, strength, scene), _is_allowed(mode, scene)))


def _is_pass_at_hand(mode: Mode, scene: Scene) -> Truth:
    """Whether a usable pass of that kind is held. Who is sent to registration is not asked for it there."""
    held = scene.pass_mode
    found = None if held is None else held == mode and scene.is_enabled(mode) is not False
    if scene.is_interrupted and found is not False:
        return scene.assume("same-credential", False)
    return found


def _is_allowed(mode: Mode, scene: Scene) -> Truth:
    return scene.is_enabled(mode) if mode in GOVERNED else True


def _is_registered(mode: Mode, strength: Strength, scene: Scene) -> Truth:
    registered = scene.person.registered
    if registered is None:
        return None
    if mode not in registered:
        return None if mode in scene.person.unsure else False
    if mode == "fido2" and strength.fido2_aaguids:
        models = _key_models(scene)
        return not models.isdisjoint(strength.fido2_aaguids) if models else None
    return None if strength.restricts_certificates and mode.startswith("x509") else True


def _enrolment(strength: Strength, proof: frozenset[Mode], scene: Scene, *, in_strength: bool) -> Answer:
    """Whether the person would be sent to registration, and could register what is missing."""
    detail = WRONG_MODEL if _has_wrong_model(strength, scene) else ""
    if scene.is_registering:
        return Answer(NEVER, "not-enrolable", detail)
    holds = some(_satisfies_when_reached(item, strength, scene) for item in strength.combinations)
    if holds is True:
        return Answer(NEVER, "step-up", detail)
    strong = _can_prove_mfa(scene) if in_strength else False
    can = _can_enrol(strength, proof, scene, strong)
    rule = "guest-methods" if scene.is_external else "not-enrolable"
    if in_strength and can is not True and _can_enrol(strength, proof, scene, True) is not can:
        rule = "passkey-needs-second-factor"
        can = can if scene.relies_on(rule) else None
    if can is False:
        return Answer(NEVER, rule, detail)
    if is_risky(scene):
        return Answer(NEVER, "risky-cannot-enrol", ERROR_RISKY)
    certain = holds is False and can is True
    return Answer(REGISTER if certain else REGISTER | NEVER, "nothing-registered", detail)


def _satisfies_when_reached(combination: frozenset[Mode], strength: Strength, scene: Scene) -> Truth:
    """Whether the person has everything of a combination registered and enabled, at hand or not."""
    if combination & PASSES:
        return False
    return every(
        every((_is_registered(mode, strength, scene), _is_allowed(mode, scene))) for mode in combination
    )


def _can_prove_mfa(scene: Scene) -> Truth:
    """Whether a second factor was shown, or can be on the way to the wizard: who has registered one is asked
    for it there. https://learn.microsoft.com/entra/identity/authentication/concept-registration-mfa-sspr-combined
    """
    own = (item for item in MFA_CONTROL.combinations if not item & PASSES)
    return proves(MFA_CONTROL, scene.proof) or some(
        _step_up(item - scene.proof, MFA_CONTROL, scene) for item in own
    )


def _can_enrol(strength: Strength, proof: frozenset[Mode], scene: Scene, strong: Truth) -> Truth:
    """Whether what is missing of one of the combinations can be registered, or asked for."""
    return some(
        every(some((_at_hand(mode, strength, scene), _is_offered(mode, scene, strong))) for mode in missing)
        for missing in (item - proof for item in strength.combinations)
    )


def _is_offered(mode: Mode, scene: Scene, strong: Truth) -> Truth:
    """Whether the registration wizard offers a mode in this session, with or without a second factor."""
    if scene.is_external:
        return scene.is_enabled(mode) if mode in FOR_GUESTS else False
    if mode in IN_WIZARD_AFTER_STRONG:
        return every((strong, scene.is_enabled(mode)))
    return scene.is_enabled(mode) if mode in IN_WIZARD else False


def _has_wrong_model(strength: Strength, scene: Scene) -> bool:
    models = _key_models(scene)
    allowed = strength.fido2_aaguids
    return (
        bool(allowed and models) and models.isdisjoint(allowed) and "fido2" in (scene.person.registered or ())
    )


def _key_models(scene: Scene) -> frozenset[str]:
    return frozenset(model.lower() for model in scene.person.fido2_aaguids)


def combinations(strength: Strength) -> tuple[str, ...]:
    """What a strength accepts, as Graph writes it; an external method satisfies none."""
    return tuple(sorted(_written(item) for item in strength.combinations if EXTERNAL not in item))


def _written(combination: frozenset[Mode]) -> str:
    return ",".join(sorted(combination, key=lambda mode: (not mode.startswith(("password", "fed")), mode)))


# Devices and applications


def _compliant_device(_: str, scene: Scene) -> Answer:
    apps = [app_key(text) for text in scene.sign_in.apps]
    if apps and all(app == INTUNE_ENROLMENT for app in apps):
        return Answer(MET, "enrolment-is-exempt")
    return _device(scene, _is_compliant, "compliant-device", ERROR_NOT_COMPLIANT)


def _hybrid_device(_: str, scene: Scene) -> Answer:
    return _device(scene, _is_hybrid, "hybrid-device", ERROR_NOT_HYBRID)


def _device(scene: Scene, has: Callable[[Scene], Truth], rule: str, error: str) -> Answer:
    if scene.is_legacy_client:
        return Answer(NEVER, "legacy-cannot-prompt", error)
    if (scene.sign_in.flow or "").lower() == "devicecodeflow":
        return Answer(NEVER, "device-code-has-no-device", error)
    if scene.is_external and not scene.sign_in.trusts_home_devices:
        return Answer(NEVER, "guest-trust", error)
    match has(scene):
        case True:
            return Answer(MET, rule)
        case False:
            return Answer(NEVER, rule, error)
        case _:
            return Answer(MET | NEVER, rule)


def _is_compliant(scene: Scene) -> Truth:
    device = scene.sign_in.device
    if device is None:
        return None
    if not device.is_registered:
        return False
    return device.attributes["isCompliant"] is True if "isCompliant" in device.attributes else None


def _is_hybrid(scene: Scene) -> Truth:
    device = scene.sign_in.device
    if device is None:
        return None
    if not device.is_registered:
        return False
    return (
        str(device.attributes["trustType"]).lower() == "serverad"
        if "trustType" in device.attributes
        else None
    )


def _app_protection(_: str, scene: Scene) -> Answer:
    return _app(scene, scene.sign_in.app_protection)


def _approved_app(_: str, scene: Scene) -> Answer:
    return _app(scene, scene.sign_in.approved_app)


def _app(scene: Scene, has: Truth) -> Answer:
    if scene.is_legacy_client:
        return Answer(NEVER, "legacy-cannot-prompt")
    if scene.is_external:
        return Answer(NEVER, "guest-cannot")
    return Answer(MET | NEVER if has is None else MET if has else NEVER, "app-protection")


# What else can be asked


def _password_change(_: str, scene: Scene) -> Answer:
    if scene.is_legacy_client:
        return Answer(NEVER, "legacy-cannot-prompt")
    if scene.sign_in.password_changed:
        return Answer(MET, "password-change")
    if scene.is_external:
        return Answer(NEVER, "guest-cannot")
    return _asked_if(every((scene.knows_password, has_strong_method(scene))), "password-change")


def _risk_remediation(_: str, scene: Scene) -> Answer:
    if scene.is_legacy_client:
        return Answer(NEVER, "legacy-cannot-prompt")
    if not scene.relies_on("risk-remediation"):
        return Answer(ANY, "risk-remediation")
    return _asked_if(has_strong_method(scene), "risk-remediation")


def _asked_if(able: Truth, rule: str) -> Answer:
    """Whoever is able to is asked for it; whoever is not never gets there."""
    return Answer(CHALLENGE if able else NEVER if able is False else CHALLENGE | NEVER, rule)


def _terms(name: str, scene: Scene) -> Answer:
    if scene.is_legacy_client:
        return Answer(NEVER, "legacy-cannot-prompt")
    return Answer(MET if name in scene.sign_in.accepted_terms else CHALLENGE, "terms-of-use")


def _custom(_: str, scene: Scene) -> Answer:
    if scene.is_legacy_client:
        return Answer(NEVER, "legacy-cannot-prompt")
    return Answer(CHALLENGE if scene.relies_on("custom-factor") else ANY, "custom-factor")


def _unknown(_: str, scene: Scene) -> Answer:
    return Answer(ANY, "unknown-control")


_CONTROLS: Final[dict[str, Callable[[str, Scene], Answer]]] = {
    "mfa": _mfa,
    "strength": _strength,
    "compliantDevice": _compliant_device,
    "domainJoinedDevice": _hybrid_device,
    "compliantApplication": _app_protection,
    "approvedApplication": _approved_app,
    "passwordChange": _password_change,
    "riskRemediation": _risk_remediation,
    "termsOfUse": _terms,
    "custom": _custom,
}
