"""The trace names the policy, the place, the fact and the rule of every step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from evaluate_tools import JOIN, REGISTER, decided, policy, sign_in

from tapctl.evaluate.applications import AZURE_PORTAL, INTUNE_ENROLMENT
from tapctl.evaluate.facts import Pass, Person
from tapctl.evaluate.rules import RULES
from tapctl.evaluate.session import merge_sessions
from tapctl.evaluate.situation import UNREGISTERED, Device
from tapctl.evaluate.truth import but_not, every, some
from tapctl.model import JsonObject


def test_a_step_names_policy_place_fact_and_rule() -> None:
    decision = decided(
        policy("mfa", platforms={"includePlatforms": ["iOS"]}), asked=sign_in("alice"), traced=True
    )
    step = next(step for step in decision.trace if step.path == ("conditions", "platforms"))

    assert (step.policy, step.fact, step.rule) == ("P1", "platform: not given", "platforms")
    assert step.says == "devicePlatform cannot be told: platform is not given"
    assert step.grade == "documented"


def test_every_demand_is_in_the_trace_and_so_is_the_registration_behind_it() -> None:
    new = Person(registered=frozenset({"password"}), held_pass="none")
    asked = sign_in("new", person=new, apps=(AZURE_PORTAL,))
    decision = decided(policy("mfa"), policy("block", state="disabled"), asked=asked, traced=True)

    assert [step.says for step in decision.trace][-2:] == ["mfa can be registered now"] * 2
    assert {step.policy for step in decision.trace} == {"P1", "mandatory MFA"}
    assert decision.inner is not None
    assert decision.inner.trace


@pytest.mark.parametrize(("auth", "fact"), [(None, "proved: not given"), (frozenset(), "proved: nothing")])
def test_a_demand_says_what_has_been_proved(auth: frozenset[str] | None, fact: str) -> None:
    decision = decided(policy("mfa"), asked=replace(sign_in(), auth=auth), traced=True)

    assert decision.trace[-1].fact == f"{fact}; registered: microsoftAuthenticatorPush, password, sms"


HELD = Pass(is_usable_once=True)


@pytest.mark.parametrize(
    ("person", "auth", "fact"),
    [
        (
            {"registered": frozenset({"password", "sms"})},
            "password",
            "proved: password; registered: password, sms",
        ),
        ({"registered": None}, "password", "proved: password; registered: not given"),
        ({"registered": frozenset()}, "password", "proved: password; registered: none"),
        (
            {"registered": frozenset({"sms"}), "unsure": frozenset({"fido2"})},
            "password",
            "proved: password; registered: sms, perhaps fido2",
        ),
        (
            {"registered": frozenset({"sms"}), "reachable": frozenset()},
            "password",
            "proved: password; registered: sms; at hand: none",
        ),
        ({"registered": frozenset({"fido2"})}, "fido2", "proved: fido2"),
    ],
)
def test_a_demand_that_is_not_met_says_what_the_person_has(
    person: dict[str, Any], auth: str, fact: str
) -> None:
    asked = sign_in("somebody", auth, person=Person(held_pass="none", **person))

    assert decided(policy("mfa"), asked=asked, traced=True).trace[-1].fact == fact


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (HELD, "temporaryAccessPassOneTime"),
        (replace(HELD, is_used=True), "none that works"),
        (replace(HELD, start="2026-09-01T07:00:00Z"), "not given"),
    ],
)
def test_a_demand_that_is_not_met_says_whether_the_person_has_a_pass(held: Pass, said: str) -> None:
    person = Person(registered=frozenset({"password"}), held_pass=held)
    decision = decided(policy("mfa"), asked=sign_in("somebody", person=person), traced=True)

    assert decision.trace[-1].fact == f"proved: password; registered: password; pass: {said}"


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("Phishing-resistant MFA", "fido2 or windowsHelloForBusiness or x509CertificateMultiFactor"),
        ("Multifactor authentication", "federatedSingleFactor,softwareOath or 13 more"),
        ("Unheard of", "not given"),
    ],
)
def test_a_strength_says_what_it_asks_for(name: str, accepted: str) -> None:
    spec = policy()
    spec["grantControls"] = {"operator": "OR", "authenticationStrength": name}
    fact = decided(spec, asked=sign_in(), traced=True).trace[-1].fact

    assert fact.startswith("proved: password; asked for: ")
    assert f"{accepted}; registered: microsoftAuthenticatorPush, password, sms" in fact


@pytest.mark.parametrize(
    ("control", "given", "fact"),
    [
        ("mfa", {}, "proved: password; registered: none; home MFA: not trusted, which is the default"),
        ("mfa", {"trusts_home_mfa": False}, "proved: password; registered: none; home MFA: not trusted"),
        ("mfa", {"trusts_home_mfa": True}, "proved: password; home MFA: trusted"),
        ("compliantDevice", {}, "device: not given; home devices: not trusted, which is the default"),
        ("passwordChange", {}, "user type: b2bCollaborationGuest"),
    ],
)
def test_of_a_guest_it_says_what_of_home_is_trusted(control: str, given: dict[str, Any], fact: str) -> None:
    guest = Person(type="b2bCollaborationGuest", registered=frozenset(), held_pass="none")
    decision = decided(policy(control), asked=sign_in("gus", person=guest, **given), traced=True)

    assert decision.trace[-1].fact == fact


@pytest.mark.parametrize(
    ("control", "given", "fact"),
    [
        ("compliantDevice", {"device": Device(attributes={"isCompliant": True})}, "device: isCompliant True"),
        ("compliantDevice", {"device": Device(attributes={})}, "device: registered"),
        ("compliantDevice", {"apps": (INTUNE_ENROLMENT,)}, f"apps: {INTUNE_ENROLMENT}"),
        ("domainJoinedDevice", {"flow": "deviceCodeFlow"}, "flow: deviceCodeFlow"),
        ("compliantApplication", {"app_protection": True}, "app protection: yes"),
        ("compliantApplication", {"app_protection": False}, "app protection: no"),
        ("compliantApplication", {}, "app protection: not given"),
        ("passwordChange", {}, "password changed: no"),
        ("riskRemediation", {}, "registered: microsoftAuthenticatorPush, password, sms"),
        ("mfa", {"client_app": "other"}, "client app: other"),
        ("brandNewControl", {}, "no fact tells"),
    ],
)
def test_a_control_names_the_fact_that_answered_it(control: str, given: dict[str, Any], fact: str) -> None:
    decision = decided(policy(control), asked=sign_in(**given), traced=True)

    assert decision.trace[-1].fact == fact


@pytest.mark.parametrize(("accepted", "fact"), [((), "none"), (("t2", "t1"), "t1, t2")])
def test_terms_of_use_name_the_accepted_terms(accepted: tuple[str, ...], fact: str) -> None:
    spec = policy()
    spec["grantControls"] = {"operator": "AND", "termsOfUse": ["t1"]}
    asked = sign_in(accepted_terms=frozenset(accepted))

    assert decided(spec, asked=asked, traced=True).trace[-1].fact == f"accepted terms: {fact}"


def test_who_registers_at_risk_is_told_of_the_risk() -> None:
    new = Person(registered=frozenset({"password"}), held_pass="none")
    asked = sign_in("new", person=new, sign_in_risk="high")

    assert decided(policy("mfa"), asked=asked, traced=True).trace[-1].fact == "sign-in risk: high"


@pytest.mark.parametrize(
    ("target", "fact"),
    [({"action": REGISTER}, f"action: {REGISTER}"), ({"context": "c1"}, "context: c1"), ({}, "apps: app-x")],
)
def test_a_target_is_compared_with_what_the_sign_in_asks_for(target: dict[str, Any], fact: str) -> None:
    actions = policy("block", target={"includeUserActions": [REGISTER]})
    trace = decided(policy("block"), actions, asked=sign_in(**target), traced=True).trace

    assert {step.fact for step in trace if "applications" in step.path} == {fact}


@pytest.mark.parametrize(
    ("asked", "apps", "rule", "grade"),
    [
        ({"action": REGISTER}, ["All"], "resources", "documented"),
        ({"action": REGISTER}, ["mail"], "one-app-does-not-reach-registration", "inferred"),
        ({"action": JOIN}, ["All"], "all-resources-and-join", "inferred"),
        ({"context": "c1"}, ["All"], "all-resources-and-contexts", "inferred"),
        ({"action": REGISTER, "via": "macOSPlatformSSO"}, ["All"], "hello-provisioning", "reported"),
    ],
)
def test_what_a_target_is_compared_by_has_its_own_grade(
    asked: dict[str, Any], apps: list[str], rule: str, grade: str
) -> None:
    trace = decided(policy("block", apps=apps), asked=sign_in(**asked), traced=True).trace
    steps = [step for step in trace if "applications" in step.path]

    assert [(step.rule, step.grade) for step in steps] == [(rule, grade)]


@pytest.mark.parametrize(
    ("action", "rule", "says"),
    [(REGISTER, "hello-provisioning", "matches"), (JOIN, "user-actions", "does not match")],
)
def test_setting_up_hello_is_registering_by_what_is_reported(action: str, rule: str, says: str) -> None:
    wall = policy("block", target={"includeUserActions": [action]})
    asked = sign_in(action=REGISTER, via="windowsHelloProvisioning")
    step = next(step for step in decided(wall, asked=asked, traced=True).trace if "applications" in step.path)

    assert (step.rule, step.says) == (rule, f"userActions {says}")
    assert step.fact.endswith(", via windowsHelloProvisioning") is (action == REGISTER)


def test_nothing_is_traced_that_nobody_asked_for() -> None:
    assert decided(policy("mfa"), asked=sign_in()).trace == ()


@pytest.mark.parametrize(
    ("asked", "name", "says"),
    [
        ({"device": UNREGISTERED}, "devices", "device: unregistered"),
        ({"device": Device(attributes={"model": "x"})}, "devices", "device: model x"),
        ({}, "devices", "device: not given"),
        ({"locations": ("Headquarters",)}, "locations", "locations: in Headquarters"),
        ({"locations": ()}, "locations", "locations: in none"),
        (
            {"country": "", "ip": "192.0.2.1"},
            "locations",
            "locations: country unknown to Entra, address 192.0.2.1",
        ),
        ({}, "locations", "locations: not given"),
        ({}, "applications", "apps: app-x"),
        ({}, "users", "user: bob, in Staff"),
        ({"sign_in_risk": "high"}, "signInRiskLevels", "sign-in risk: high"),
    ],
)
def test_the_fact_is_shown_as_it_was_given(asked: dict[str, Any], name: str, says: str) -> None:
    spec = policy(
        "block",
        devices={"deviceFilter": {"mode": "include", "rule": 'device.model -eq "x"'}},
        locations={"includeLocations": ["Germany"]},
        signInRiskLevels=["high"],
    )
    trace = decided(spec, asked=sign_in(**asked), traced=True).trace

    assert next(step.fact for step in trace if name in step.path) == says


def test_an_unknown_says_which_facts_it_lacks() -> None:
    decision = decided(policy("block", signInRiskLevels=["high"]), policy("compliantDevice"), asked=sign_in())

    assert decision.missing == ("signInRisk", "device")


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_says_what_it_rests_on(rule: str) -> None:
    assert RULES[rule].source
    assert RULES[rule].says.endswith(".")


@pytest.mark.parametrize(
    ("one", "other", "merged"),
    [
        (
            {"signInFrequency": {"value": 1, "type": "days", "isEnabled": True}},
            {"signInFrequency": {"value": 4, "type": "hours", "isEnabled": True}},
            {"signInFrequency": {"value": 4, "type": "hours", "isEnabled": True}},
        ),
        (
            {"signInFrequency": {"frequencyInterval": "everyTime"}},
            {"signInFrequency": {"value": 1, "type": "hours"}},
            {"signInFrequency": {"frequencyInterval": "everyTime"}},
        ),
        (
            {"persistentBrowser": {"mode": "never", "isEnabled": True}},
            {"persistentBrowser": {"mode": "always", "isEnabled": True}},
            {"persistentBrowser": {"mode": "never", "isEnabled": True}},
        ),
        (
            {"cloudAppSecurity": {"cloudAppSecurityType": "monitorOnly"}},
            {"cloudAppSecurity": {"cloudAppSecurityType": "blockDownloads"}},
            {"cloudAppSecurity": {"cloudAppSecurityType": "blockDownloads"}},
        ),
        (
            {"disableResilienceDefaults": True},
            {"disableResilienceDefaults": True},
            {"disableResilienceDefaults": True},
        ),
        ({"secureSignInSession": {"isEnabled": False}, "x@odata.type": "y"}, {}, {}),
        ({"newer": {"a": 1}}, {"newer": {"a": 2}}, {"newer": {"a": 1}}),
        ({"signInFrequency": {}}, {"signInFrequency": {}}, {"signInFrequency": {}}),
    ],
)
def test_of_two_session_controls_the_stricter_holds(
    one: JsonObject, other: JsonObject, merged: JsonObject
) -> None:
    assert merge_sessions((one, other)) == merged


def test_sessions_of_policies_that_apply_add_up() -> None:
    once = policy(session={"signInFrequency": {"value": 1, "type": "hours"}})
    never = policy(session={"persistentBrowser": {"mode": "never"}})
    elsewhere = policy(users={"includeUsers": ["alice"]}, session={"disableResilienceDefaults": True})

    assert set(decided(once, never, elsewhere, asked=sign_in()).session) == {
        "signInFrequency",
        "persistentBrowser",
    }


HOUR: JsonObject = {"signInFrequency": {"value": 1, "type": "hours"}}
DAY: JsonObject = {"signInFrequency": {"value": 1, "type": "days"}}
PHONES: JsonObject = {"includePlatforms": ["iOS"]}


@pytest.mark.parametrize(
    ("certain", "doubtful", "perhaps"),
    [
        (DAY, HOUR, HOUR),
        (HOUR, DAY, {}),
        (None, HOUR, HOUR),
        (HOUR, {"disableResilienceDefaults": True}, None),
    ],
)
def test_what_a_policy_that_may_apply_does_to_the_session_is_told_apart(
    certain: JsonObject | None, doubtful: JsonObject, perhaps: JsonObject | None
) -> None:
    found = decided(policy(session=certain), policy(session=doubtful, platforms=PHONES), asked=sign_in())

    assert found.session == (certain or {})
    assert found.session_perhaps == (doubtful if perhaps is None else perhaps)


def test_a_policy_that_is_only_reported_does_nothing_to_the_session() -> None:
    trial = policy(session=HOUR, platforms=PHONES, state="enabledForReportingButNotEnforced")
    assert decided(trial, asked=sign_in()).session_perhaps == {}


def test_three_values_follow_kleene() -> None:
    assert (every((True, None)), every((False, None)), every(())) == (None, False, True)
    assert (some((False, None)), some((True, None)), some(())) == (None, True, False)
    assert (but_not(True, None), but_not(None, True), but_not(True, False)) == (None, False, True)
