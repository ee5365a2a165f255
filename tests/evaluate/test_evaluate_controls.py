"""What each control takes, and what a person can do where it is not met."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from evaluate_tools import FACTS, JOIN, ONE_TIME, REGISTER, decided, policy, results, sign_in

from tapctl.evaluate.controls import has_method_of
from tapctl.evaluate.facts import EVERYBODY, Facts, Pass, Person, Scope, Strength
from tapctl.evaluate.rulebook import rulebook
from tapctl.evaluate.situation import UNREGISTERED, Device, SignIn
from tapctl.evaluate.strengths import strength_of
from tapctl.model import Json, JsonObject

PHISHING_RESISTANT = "00000000-0000-0000-0000-000000000004"
NEW = Person(registered=frozenset({"password"}), held_pass="none")
WITH_PASS = replace(NEW, held_pass=ONE_TIME)
WITH_PUSH = replace(NEW, registered=frozenset({"password", "microsoftAuthenticatorPush"}))
WITH_KEY = replace(NEW, registered=frozenset({"password", "fido2"}), fido2_aaguids=frozenset({"aaguid-blue"}))
WITH_HELLO = replace(NEW, registered=frozenset({"password", "windowsHelloForBusiness"}))
GUEST = Person(
    type="b2bCollaborationGuest", home_tenant="T1", registered=frozenset({"password"}), held_pass="none"
)
COMPLIANT = Device(attributes={"isCompliant": True, "trustType": "AzureAD"})
HYBRID = Device(attributes={"isCompliant": False, "trustType": "ServerAD"})
TAP = "temporaryAccessPassOneTime"


def asked(person: Person, *auth: str, **facts: Any) -> SignIn:
    return sign_in("somebody", *auth, person=person, **facts)


@pytest.mark.parametrize(
    ("person", "auth", "verdict"),
    [
        (WITH_PUSH, ("password", "microsoftAuthenticatorPush"), "allow"),
        (WITH_PASS, (TAP,), "allow"),
        (NEW, ("password", "externalMfa"), "allow"),
        (NEW, ("federatedMultiFactor",), "allow"),
        (WITH_PUSH, ("password",), "challenge"),
        (WITH_PASS, ("password",), "challenge"),
        (NEW, ("password",), "register"),
        (WITH_HELLO, ("password",), "unsatisfiable"),
        (replace(WITH_PUSH, reachable=frozenset({"password"})), ("password",), "unsatisfiable"),
        (Person(), ("password",), "unknown"),
    ],
)
def test_mfa_is_met_asked_for_registered_or_out_of_reach(
    person: Person, auth: tuple[str, ...], verdict: str
) -> None:
    assert decided(policy("mfa"), asked=asked(person, *auth)).verdict == verdict


@pytest.mark.parametrize(
    ("person", "auth", "strength", "verdict"),
    [
        (WITH_PASS, (TAP,), "Any pass", "allow"),
        (NEW, ("temporaryAccessPassMultiUse",), "Passwordless MFA", "refusedBeforePolicy"),
        (WITH_PASS, (TAP,), "Passwordless MFA", "register"),
        (WITH_PASS, (TAP,), PHISHING_RESISTANT, "register"),
        (NEW, ("password",), PHISHING_RESISTANT, "unsatisfiable"),
        (NEW, ("password",), "Multifactor authentication", "register"),
        (WITH_PUSH, ("password", "microsoftAuthenticatorPush"), PHISHING_RESISTANT, "register"),
        (WITH_KEY, ("password",), "id:" + PHISHING_RESISTANT, "challenge"),
        (WITH_KEY, ("fido2",), PHISHING_RESISTANT, "allow"),
        (
            replace(WITH_KEY, reachable=frozenset({"password"})),
            ("password",),
            PHISHING_RESISTANT,
            "unsatisfiable",
        ),
        (WITH_HELLO, ("password",), PHISHING_RESISTANT, "unsatisfiable"),
        (WITH_HELLO, ("windowsHelloForBusiness",), PHISHING_RESISTANT, "allow"),
        (NEW, ("password", "externalMfa"), "Multifactor authentication", "register"),
        (NEW, ("password",), "A strength nobody knows", "unknown"),
    ],
)
def test_a_strength_takes_its_combinations_only(
    person: Person, auth: tuple[str, ...], strength: str, verdict: str
) -> None:
    assert decided(policy(strength=strength), asked=asked(person, *auth)).verdict == verdict


@pytest.mark.parametrize(
    ("person", "given", "verdict"),
    [
        (WITH_PUSH, {}, "unknown"),
        (NEW, {"client_app": "other"}, "unsatisfiable"),
        (GUEST, {"home_mfa": True, "trusts_home_mfa": True}, "allow"),
        (replace(NEW, is_enabled=False), {}, "refusedBeforePolicy"),
    ],
)
def test_what_has_been_proved_is_not_known_where_nobody_said_it(
    person: Person, given: dict[str, Any], verdict: str
) -> None:
    unsaid = replace(asked(person, **given), auth=None)

    assert decided(policy("mfa"), asked=unsaid).verdict == verdict
    assert decided(policy("mfa", apps=["another"]), asked=unsaid).verdict in ("allow", "refusedBeforePolicy")


def test_nothing_proved_is_a_fact() -> None:
    assert decided(policy("mfa"), asked=replace(asked(WITH_PUSH), auth=frozenset())).verdict == "challenge"


def test_what_would_satisfy_a_strength_is_named() -> None:
    stopped = decided(policy(strength="Any pass"), asked=asked(WITH_PUSH, "password"))
    can_go_on = decided(policy(strength=PHISHING_RESISTANT), asked=asked(WITH_KEY, "password"))

    assert stopped.needs == ("temporaryAccessPassMultiUse", TAP)
    assert can_go_on.needs == ("fido2",)


@pytest.mark.parametrize(
    ("person", "auth", "model", "verdict"),
    [
        (WITH_KEY, ("fido2",), "aaguid-black", "allow"),
        (WITH_KEY, ("fido2",), None, "unknown"),
        (WITH_KEY, ("fido2",), "aaguid-blue", "register"),
        (WITH_KEY, ("password",), None, "register"),
        (replace(WITH_KEY, fido2_aaguids=frozenset({"aaguid-black"})), ("password",), None, "challenge"),
        (replace(WITH_KEY, fido2_aaguids=frozenset()), ("password",), None, "unknown"),
    ],
)
def test_a_key_of_another_model_does_not_count(
    person: Person, auth: tuple[str, ...], model: str | None, verdict: str
) -> None:
    decision = decided(policy(strength="Black key"), asked=asked(person, *auth, fido2_aaguid=model))

    assert decision.verdict == verdict


def test_the_wrong_model_is_named_as_the_cause() -> None:
    decision = decided(
        policy(strength="Black key"), asked=asked(WITH_KEY, "fido2", fido2_aaguid="aaguid-blue")
    )

    assert decision.detail == "cannotSatisfyDueToCombinationConfiguration"


def test_nobody_can_tell_which_issuer_a_certificate_is_from() -> None:
    certificates = Strength(
        combinations=frozenset({frozenset({"x509CertificateMultiFactor"})}), restricts_certificates=True
    )
    facts = enabled(replace(FACTS, strengths={"Cards": certificates}), x509CertificateMultiFactor=EVERYBODY)
    person = replace(NEW, registered=frozenset({"password", "x509CertificateMultiFactor"}))

    for auth in ("x509CertificateMultiFactor", "password"):
        assert decided(policy(strength="Cards"), asked=asked(person, auth), facts=facts).verdict == "unknown"


def enabled(facts: Facts = FACTS, **scopes: Scope) -> Facts:
    return replace(facts, methods={**(facts.methods or {}), **scopes})


@pytest.mark.parametrize(
    ("scope", "groups", "verdict"),
    [
        (Scope(is_enabled=False), (), "unsatisfiable"),
        (Scope(include=frozenset({"New hires"})), ("New hires",), "challenge"),
        (Scope(include=frozenset({"New hires"})), (), "unsatisfiable"),
        (Scope(everybody=True, exclude=frozenset({"New hires"})), ("New hires",), "unsatisfiable"),
    ],
)
def test_a_method_has_to_be_enabled_for_the_person(
    scope: Scope, groups: tuple[str, ...], verdict: str
) -> None:
    facts = enabled(fido2=scope)
    person = replace(WITH_KEY, groups=frozenset(groups))

    assert decided(policy(strength=PHISHING_RESISTANT), asked=asked(person), facts=facts).verdict == verdict


@pytest.mark.parametrize(
    "facts", [replace(FACTS, methods=None), replace(FACTS, methods={}, migration_is_complete=False)]
)
def test_what_is_enabled_may_be_unknown(facts: Facts) -> None:
    assert decided(policy("mfa"), asked=asked(WITH_PUSH), facts=facts).verdict == "unknown"


@pytest.mark.parametrize("control", ["mfa", "compliantDevice", "domainJoinedDevice", "compliantApplication"])
def test_a_legacy_client_can_answer_nothing(control: str) -> None:
    legacy = asked(WITH_PUSH, "password", client_app="other")

    assert decided(policy(control), asked=legacy).verdict == "unsatisfiable"


@pytest.mark.parametrize("part", ["strength", "termsOfUse", "customAuthenticationFactors"])
def test_a_legacy_client_cannot_be_asked_for_more(part: str) -> None:
    spec = policy(strength="Any pass") if part == "strength" else policy("mfa")
    if part != "strength":
        spec["grantControls"] = {"operator": "AND", part: ["x"]}

    assert decided(spec, asked=asked(NEW, client_app="exchangeActiveSync")).verdict == "unsatisfiable"


@pytest.mark.parametrize(
    ("control", "facts", "verdict", "detail"),
    [
        ("compliantDevice", {"device": COMPLIANT}, "allow", ""),
        ("compliantDevice", {"device": HYBRID}, "unsatisfiable", "53000"),
        ("compliantDevice", {"device": UNREGISTERED}, "unsatisfiable", "53000"),
        ("compliantDevice", {"device": Device()}, "unknown", ""),
        ("compliantDevice", {}, "unknown", ""),
        ("compliantDevice", {"device": COMPLIANT, "flow": "deviceCodeFlow"}, "unsatisfiable", "53000"),
        ("compliantDevice", {"device": UNREGISTERED, "apps": ("Microsoft Intune Enrollment",)}, "allow", ""),
        ("domainJoinedDevice", {"device": HYBRID}, "allow", ""),
        ("domainJoinedDevice", {"device": COMPLIANT}, "unsatisfiable", "53001"),
        ("domainJoinedDevice", {"device": UNREGISTERED}, "unsatisfiable", "53001"),
        ("domainJoinedDevice", {"device": Device()}, "unknown", ""),
        ("domainJoinedDevice", {}, "unknown", ""),
        ("compliantApplication", {"app_protection": True}, "allow", ""),
        ("compliantApplication", {"app_protection": False}, "unsatisfiable", ""),
        ("compliantApplication", {}, "unknown", ""),
        ("approvedApplication", {"as_of": date(2026, 1, 1), "approved_app": False}, "unsatisfiable", ""),
        ("approvedApplication", {"approved_app": False}, "allow", ""),
        ("approvedApplication", {"as_of": date(2026, 3, 15), "approved_app": False}, "unknown", ""),
        ("approvedApplication", {"as_of": date(2026, 3, 15), "approved_app": True}, "allow", ""),
        ("aControlOf2030", {}, "unknown", ""),
    ],
)
def test_devices_and_applications_are_what_they_are(
    control: str, facts: dict[str, Any], verdict: str, detail: str
) -> None:
    decision = decided(policy(control), asked=asked(WITH_PUSH, **facts))

    assert (decision.verdict, decision.detail) == (verdict, detail)


@pytest.mark.parametrize(
    ("person", "auth", "facts", "verdict"),
    [
        (WITH_PUSH, "password", {"password_changed": True}, "allow"),
        (WITH_PUSH, "password", {}, "challenge"),
        (NEW, "password", {}, "unsatisfiable"),
        (replace(WITH_PUSH, held_pass=ONE_TIME), TAP, {}, "unsatisfiable"),
        (Person(), "password", {}, "unknown"),
        (GUEST, "password", {}, "unsatisfiable"),
    ],
)
def test_a_password_is_changed_by_those_who_know_it(
    person: Person, auth: str, facts: dict[str, Any], verdict: str
) -> None:
    assert decided(policy("passwordChange"), asked=asked(person, auth, **facts)).verdict == verdict


@pytest.mark.parametrize(
    ("person", "verdict"), [(WITH_PUSH, "challenge"), (NEW, "unsatisfiable"), (Person(), "unknown")]
)
def test_risk_is_remediated_by_those_who_are_registered(person: Person, verdict: str) -> None:
    decision = decided(policy("riskRemediation"), asked=asked(person))

    assert decision.verdict == verdict
    assert decided(policy("riskRemediation"), asked=asked(person), strict=True).verdict == "unknown"


def test_terms_are_accepted_once() -> None:
    spec = policy()
    spec["grantControls"] = {"operator": "AND", "termsOfUse": ["House rules"]}

    assert decided(spec, asked=asked(NEW)).unmet == ("termsOfUse:House rules",)
    accepted = asked(NEW, accepted_terms=frozenset({"House rules"}))
    assert decided(spec, asked=accepted).verdict == "allow"


def test_a_custom_control_is_somebody_else_s() -> None:
    spec = policy()
    spec["grantControls"] = {"operator": "AND", "customAuthenticationFactors": ["Duo"]}

    assert decided(spec, asked=asked(NEW)).verdict == "challenge"
    assert decided(spec, asked=asked(NEW), strict=True).verdict == "unknown"


@pytest.mark.parametrize(
    ("person", "facts", "verdict"),
    [
        (GUEST, {"home_mfa": True, "trusts_home_mfa": True}, "allow"),
        (GUEST, {"home_mfa": False, "trusts_home_mfa": True}, "challenge"),
        (GUEST, {"trusts_home_mfa": True}, "unknown"),
        (GUEST, {"home_mfa": True}, "register"),
        (replace(GUEST, type="b2bDirectConnectUser"), {}, "unsatisfiable"),
        (replace(GUEST, registered=frozenset({"password", "sms"})), {}, "challenge"),
    ],
)
def test_a_guest_s_mfa_counts_where_it_is_trusted(
    person: Person, facts: dict[str, Any], verdict: str
) -> None:
    assert decided(policy("mfa"), asked=asked(person, **facts)).verdict == verdict


@pytest.mark.parametrize(
    ("approved", "operator", "verdict"),
    [
        (False, "OR", "challenge"),
        (True, "OR", "unknown"),
        (True, "AND", "challenge"),
        (False, "AND", "unknown"),
    ],
)
def test_while_a_control_retires_it_counts_or_is_not_selected(
    approved: bool, operator: str, verdict: str
) -> None:
    spec = policy("approvedApplication", "mfa", operator=operator)
    during = asked(WITH_PUSH, approved_app=approved, as_of=date(2026, 3, 15))

    assert decided(spec, asked=during).verdict == verdict


@pytest.mark.parametrize("claim", [None, False])
def test_a_trusted_guest_who_proved_mfa_needs_no_claim_of_the_home_tenant(claim: bool | None) -> None:
    guest = asked(GUEST, "fido2", trusts_home_mfa=True, home_mfa=claim)

    assert decided(policy("mfa"), asked=guest).verdict == "allow"


@pytest.mark.parametrize(
    ("person", "auth", "strength", "facts", "verdict"),
    [
        (GUEST, ("fido2",), PHISHING_RESISTANT, {"trusts_home_mfa": True}, "allow"),
        (
            GUEST,
            ("password",),
            "Multifactor authentication",
            {"trusts_home_mfa": True, "home_mfa": True},
            "allow",
        ),
        (GUEST, (TAP,), "Any pass", {"trusts_home_mfa": True}, "unsatisfiable"),
        (GUEST, ("password",), PHISHING_RESISTANT, {"trusts_home_mfa": True, "home_mfa": True}, "unknown"),
        (GUEST, ("fido2",), PHISHING_RESISTANT, {}, "unsatisfiable"),
        (GUEST, (TAP,), "Any pass", {}, "unsatisfiable"),
        (GUEST, ("password",), "Multifactor authentication", {}, "register"),
        (replace(GUEST, type="b2bDirectConnectUser"), ("fido2",), PHISHING_RESISTANT, {}, "unsatisfiable"),
    ],
)
def test_a_guest_s_methods_count_where_they_are_trusted(
    person: Person, auth: tuple[str, ...], strength: str, facts: dict[str, Any], verdict: str
) -> None:
    assert decided(policy(strength=strength), asked=asked(person, *auth, **facts)).verdict == verdict


@pytest.mark.parametrize(
    ("trusts", "control", "verdict"),
    [
        (True, "compliantDevice", "allow"),
        (False, "compliantDevice", "unsatisfiable"),
        (True, "compliantApplication", "unsatisfiable"),
    ],
)
def test_a_guest_s_device_counts_where_it_is_trusted(trusts: bool, control: str, verdict: str) -> None:
    guest = asked(GUEST, device=COMPLIANT, trusts_home_devices=trusts)

    assert decided(policy(control), asked=guest).verdict == verdict


GUARD = policy(target={"includeUserActions": [REGISTER]}, strength="Any pass")


@pytest.mark.parametrize(
    ("person", "auth", "verdict"),
    [
        (WITH_PASS, TAP, "allow"),
        (NEW, "password", "unsatisfiable"),
        (WITH_PASS, "password", "challenge"),
        (replace(WITH_KEY, held_pass=ONE_TIME), TAP, "challenge"),
        (
            replace(WITH_KEY, held_pass=ONE_TIME, reachable=frozenset({"password"})),
            TAP,
            "unsatisfiable",
        ),
        (Person(held_pass=ONE_TIME), TAP, "unknown"),
    ],
)
def test_a_pass_opens_registration_until_a_strong_method_is_registered(
    person: Person, auth: str, verdict: str
) -> None:
    everything = policy(strength=PHISHING_RESISTANT)

    assert decided(everything, GUARD, asked=asked(person, auth, action=REGISTER)).verdict == verdict


def test_only_strengths_are_set_aside_while_proving_up() -> None:
    both = policy("compliantDevice", strength=PHISHING_RESISTANT)
    unmanaged = asked(WITH_PASS, TAP, action=REGISTER, device=UNREGISTERED)
    managed = replace(unmanaged, device=COMPLIANT)

    assert decided(both, GUARD, asked=unmanaged).unmet == ("compliantDevice",)
    assert decided(both, GUARD, asked=managed).skipped_for_proof_up == ("P1",)


def test_a_strength_set_aside_meets_a_choice_that_holds_it() -> None:
    either = policy("compliantDevice", strength=PHISHING_RESISTANT, operator="OR")
    decision = decided(either, GUARD, asked=asked(WITH_PASS, TAP, action=REGISTER, device=UNREGISTERED))

    assert (decision.verdict, decision.inferences) == ("allow", ("proof-up-or",))


@pytest.mark.parametrize(
    ("registered", "rule", "strictly"),
    [
        ({"password", "fido2"}, "proof-up-ends", "challenge"),
        ({"password", "sms"}, "proof-up-ends-with-any", "unknown"),
    ],
)
def test_the_override_ends_with_a_strong_method_and_says_so(
    registered: set[str], rule: str, strictly: str
) -> None:
    person = replace(WITH_PASS, registered=frozenset(registered))
    at_action = asked(person, TAP, apps=(), action=REGISTER)
    policies = (policy(strength=PHISHING_RESISTANT), GUARD)
    decision = decided(*policies, asked=at_action, traced=True)

    assert rule in {step.rule for step in decision.trace}
    assert decision.inferences == ((rule,) if strictly == "unknown" else ())
    assert decided(*policies, asked=at_action, strict=True).verdict == strictly


@pytest.mark.parametrize(
    ("key", "person", "expected"),
    [
        ("strength:nobody knows it", {"registered": frozenset({"fido2"})}, None),
        (f"strength:{PHISHING_RESISTANT}", {"registered": None}, None),
        (f"strength:{PHISHING_RESISTANT}", {"registered": frozenset({"fido2"})}, True),
        (f"strength:{PHISHING_RESISTANT}", {"registered": frozenset({"sms"})}, False),
        (
            f"strength:{PHISHING_RESISTANT}",
            {"registered": frozenset({"sms"}), "unsure": frozenset({"fido2"})},
            None,
        ),
    ],
)
def test_what_is_registered_may_be_none_of_a_strength_s(
    key: str, person: dict[str, Any], expected: bool | None
) -> None:
    scene = rulebook({}, FACTS).scene(asked(replace(NEW, **person)))

    assert has_method_of(key, scene) is expected


def test_registration_that_is_guarded_is_no_way_out() -> None:
    everything = policy(strength="Multifactor authentication")
    decision = decided(everything, GUARD, asked=asked(NEW))

    assert decision.verdict == "unsatisfiable"
    assert decision.inner is not None
    assert decision.inner.unmet == ("strength:Any pass",)


@pytest.mark.parametrize("conditions", [{"signInRiskLevels": ["low"]}, {}])
def test_a_risky_sign_in_registers_nothing(conditions: dict[str, Any]) -> None:
    risk = "low" if conditions else "high"
    decision = decided(policy("mfa", **conditions), asked=asked(NEW, sign_in_risk=risk))

    assert (decision.verdict, decision.detail) == ("unsatisfiable", "53004")


@pytest.mark.parametrize("conditions", [{"signInRiskLevels": ["low"]}, {}])
def test_a_risky_sign_in_registers_nothing_at_the_action_itself(conditions: dict[str, Any]) -> None:
    risk = "low" if conditions else "high"
    at_action = asked(NEW, apps=(), action=REGISTER, sign_in_risk=risk)
    decision = decided(policy("mfa", **conditions), asked=at_action)

    assert (decision.verdict, decision.detail) == ("unsatisfiable", "53004")


@pytest.mark.parametrize("proved", ["password", TAP])
@pytest.mark.parametrize("policies", [(), (policy("mfa"),), (policy(strength=PHISHING_RESISTANT), GUARD)])
def test_at_risk_nobody_registers_a_first_method_whatever_is_asked_for(
    proved: str, policies: tuple[JsonObject, ...]
) -> None:
    at_action = asked(WITH_PASS, proved, apps=(), action=REGISTER, sign_in_risk="medium")
    decision = decided(*policies, asked=at_action, traced=True)

    assert (decision.verdict, decision.detail) == ("unsatisfiable", "53004")
    assert ("enrolment cannot be met", "risky-cannot-enrol") in {(s.says, s.rule) for s in decision.trace}


@pytest.mark.parametrize("registered", [{"password", "fido2"}, None])
def test_at_risk_another_method_is_refused_too_by_our_reading(registered: set[str] | None) -> None:
    known = None if registered is None else frozenset(registered)
    at_action = asked(
        replace(WITH_PASS, registered=known), TAP, apps=(), action=REGISTER, sign_in_risk="high"
    )
    decision = decided(asked=at_action)

    assert (decision.verdict, decision.inferences) == ("unsatisfiable", ("risky-cannot-enrol-another",))
    assert decided(asked=at_action, strict=True).verdict == "unknown"


def test_a_home_pass_counts_as_the_home_tenant_s_mfa_by_our_reading() -> None:
    with_pass = asked(GUEST, TAP, trusts_home_mfa=True, home_mfa=True)
    for asks in (policy("mfa"), policy(strength="Multifactor authentication")):
        found = decided(asks, asked=with_pass)

        assert (found.verdict, found.inferences) == ("allow", ("guest-home-pass",))
        assert decided(asks, asked=replace(with_pass, auth=frozenset({"password"}))).inferences == ()


def test_a_guest_who_registered_nothing_here_cannot_answer_for_a_user_risk() -> None:
    risky = asked(GUEST, user_risk="high")

    assert decided(policy("mfa", userRiskLevels=["high"]), asked=risky).verdict == "unsatisfiable"
    assert decided(policy("mfa"), asked=risky).verdict == "register"


@pytest.mark.parametrize(
    ("controls", "strength", "verdict"),
    [
        (["mfa"], "", "challenge"),
        (["compliantDevice"], "", "unknown"),
        ([], PHISHING_RESISTANT, "register"),
    ],
)
def test_what_cannot_be_asked_for_where_a_device_is_joined_is_not_known_to_hold(
    controls: list[str], strength: str, verdict: str
) -> None:
    on_join = policy(*controls, strength=strength, target={"includeUserActions": [JOIN]})
    found = decided(on_join, asked=asked(WITH_PUSH, apps=(), action=JOIN, device=COMPLIANT))

    assert found.verdict == verdict


HELLO = "windowsHelloForBusiness"


@pytest.mark.parametrize(
    ("combinations", "shown", "verdict"),
    [
        ((HELLO,), HELLO, "unknown"),
        ((HELLO, "fido2"), "fido2", "unknown"),
        ((HELLO,), "password", "unsatisfiable"),
        ((HELLO, TAP), TAP, "allow"),
        (("fido2", TAP), "fido2", "allow"),
    ],
)
def test_what_is_bound_to_a_device_is_not_known_to_count_where_one_is_joined(
    combinations: tuple[str, ...], shown: str, verdict: str
) -> None:
    facts = replace(FACTS, strengths={"Ours": strength_of(combinations)})
    on_join = policy(strength="Ours", target={"includeUserActions": [JOIN]})
    found = decided(on_join, asked=asked(WITH_PASS, shown, action=JOIN), facts=facts, traced=True)

    assert found.verdict == verdict
    is_told = "join-takes-no-device-bound" in {step.rule for step in found.trace}
    assert is_told == (verdict == "unknown")


def test_a_policy_whose_operator_nobody_knows_is_unknown() -> None:
    spec = policy("mfa", "compliantDevice", operator="XOR")

    assert results(decided(spec, asked=asked(WITH_PUSH, device=COMPLIANT))) == ["unknown"]


def test_a_policy_about_a_low_risk_can_be_answered_with_a_pass_at_hand() -> None:
    at_action = asked(WITH_PASS, apps=(), action=REGISTER, sign_in_risk="low")

    assert decided(policy("mfa", signInRiskLevels=["low"]), asked=at_action).verdict == "challenge"


def test_per_user_mfa_lets_no_risky_sign_in_register() -> None:
    at_action = asked(replace(NEW, per_user_mfa=True), apps=(), action=REGISTER, sign_in_risk="high")

    assert decided(asked=at_action).detail == "53004"


def test_no_strength_on_the_action_sets_that_of_a_policy_about_risk_aside() -> None:
    at_action = asked(WITH_PASS, TAP, apps=(), action=REGISTER, sign_in_risk="high")
    decision = decided(
        policy(strength=PHISHING_RESISTANT, signInRiskLevels=["high"]), GUARD, asked=at_action, traced=True
    )

    assert (decision.verdict, decision.detail) == ("unsatisfiable", "53004")
    assert decision.skipped_for_proof_up == ()
    assert [step.says for step in decision.trace if step.rule == "risky-cannot-enrol"] == [
        f"strength:{PHISHING_RESISTANT} cannot be met",
        "enrolment cannot be met",
    ]


@pytest.mark.parametrize(
    ("risk", "verdict", "missing"),
    [
        ("none", "register", ()),
        ("low", "unsatisfiable", ()),
        (None, "unknown", ("signInRisk",)),
    ],
)
def test_a_policy_about_no_risk_too_is_about_risk_only_at_one(
    risk: str | None, verdict: str, missing: tuple[str, ...]
) -> None:
    levels: list[Json] = ["none", "low", "medium", "high", "hidden"]
    decision = decided(policy("mfa", signInRiskLevels=levels), asked=asked(NEW, sign_in_risk=risk))

    assert (decision.verdict, decision.missing) == (verdict, missing)


@pytest.mark.parametrize(
    ("risk", "verdict"), [("none", "allow"), ("low", "unsatisfiable"), (None, "unknown")]
)
def test_so_it_is_at_the_action(risk: str | None, verdict: str) -> None:
    levels: list[Json] = ["none", "low", "medium", "high", "hidden"]
    at_action = asked(NEW, apps=(), action=REGISTER, sign_in_risk=risk)

    assert decided(policy("mfa", signInRiskLevels=levels), asked=at_action).verdict == verdict


def test_registration_may_hang_on_a_fact_that_is_missing() -> None:
    wall = policy("block", target={"includeUserActions": [REGISTER]}, platforms={"includePlatforms": ["iOS"]})

    assert decided(policy("mfa"), wall, asked=asked(NEW)).verdict == "unknown"


def test_joining_a_device_is_guarded_by_its_own_policies() -> None:
    join = policy("mfa", target={"includeUserActions": [JOIN]})

    assert decided(join, asked=asked(WITH_PASS, TAP, action=JOIN)).verdict == "allow"
    assert decided(join, asked=asked(WITH_PUSH, action=JOIN)).verdict == "challenge"


def test_what_a_federated_partner_proved_counts() -> None:
    assert strength_of(("federatedMultiFactor",)).combinations == {frozenset({"federatedMultiFactor"})}
    federated = replace(NEW, registered=frozenset({"federatedSingleFactor", "sms"}))
    assert decided(policy("mfa"), asked=asked(federated, "federatedSingleFactor")).verdict == "challenge"


def test_a_pass_outside_its_time_is_not_at_hand() -> None:
    held = Pass(is_usable_once=True, start="2026-09-01T07:00:00Z", lifetime_minutes=60)
    person = Person(registered=frozenset({"password"}), held_pass=held)
    found = [
        decided(policy("mfa"), asked=sign_in("new", person=person, now=f"2026-09-01T{hour}:30:00Z")).verdict
        for hour in ("07", "09")
    ]
    assert found == ["challenge", "register"]


@pytest.mark.parametrize(("once", "expected"), [(False, "challenge"), (True, "register")])
def test_a_pass_for_many_uses_is_at_hand_after_the_first(once: bool, expected: str) -> None:
    held = Pass(is_usable_once=once, is_used=True)
    person = Person(registered=frozenset({"password"}), held_pass=held)

    assert decided(policy("mfa"), asked=sign_in("new", person=person)).verdict == expected


@pytest.mark.parametrize("spec", [policy("mfa"), policy(strength="Multifactor authentication")])
def test_a_guest_proves_here_what_it_registered_here(spec: JsonObject) -> None:
    guest = Person(type="b2bCollaborationGuest", registered=frozenset({"password", "sms"}))
    found = [
        decided(spec, asked=sign_in("guest", "password", mode, person=guest)).verdict
        for mode in ("sms", "microsoftAuthenticatorPush")
    ]
    assert found == ["allow", "challenge"]


@pytest.mark.parametrize("control", ["passwordChange", "riskRemediation"])
def test_a_legacy_client_cannot_be_asked_to_set_anything_right(control: str) -> None:
    assert decided(policy(control), asked=sign_in(client_app="other")).verdict == "unsatisfiable"


def test_remediating_a_risk_asks_for_a_sign_in_every_time() -> None:
    session = decided(policy("riskRemediation"), asked=sign_in()).session

    assert session == {"signInFrequency": {"isEnabled": True, "frequencyInterval": "everyTime"}}


@pytest.mark.parametrize(
    ("controls", "operator", "expected"),
    [
        (("verifiedID",), "AND", ("unknown", ["unknown"])),
        (("verifiedID", "compliantDevice"), "OR", ("allow", ["unknown"])),
        (("verifiedID", "block"), "AND", ("block", ["applied"])),
        (("compliantDevice",), "AND", ("allow", ["applied"])),
    ],
)
def test_what_a_policy_with_a_newer_control_comes_to_is_not_known(
    controls: tuple[str, ...], operator: str, expected: tuple[str, list[str]]
) -> None:
    decision = decided(policy(*controls, operator=operator), asked=sign_in(device=COMPLIANT))

    assert (decision.verdict, results(decision)) == expected


@pytest.mark.parametrize(("tenant", "verdict"), [("", "unsatisfiable"), ("T1", "register")])
def test_a_guest_from_no_entra_tenant_meets_no_strength(tenant: str, verdict: str) -> None:
    guest = replace(NEW, type="otherExternalUser", home_tenant=tenant)
    strength = "00000000-0000-0000-0000-000000000002"

    assert decided(policy(strength=strength), asked=asked(guest)).verdict == verdict
    assert decided(policy("mfa"), asked=asked(guest)).verdict == "register"
