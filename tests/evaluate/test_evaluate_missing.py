"""An unknown names the facts it lacks as a situation file does, and only those that would decide it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from evaluate_tools import FACTS, JOIN, decided, policy, sign_in

from tapctl.evaluate.facts import NOT_KNOWN, STRANGER, Facts, Person
from tapctl.evaluate.strengths import strength_of
from tapctl.model import JsonObject

ANYBODY = replace(STRANGER, is_anybody=True)
GUEST = Person(type="b2bCollaborationGuest", registered=frozenset({"password"}), held_pass="none")
NEW = Person(registered=frozenset({"password"}), held_pass="none")
WITH_PUSH = replace(NEW, registered=frozenset({"password", "microsoftAuthenticatorPush"}))
AZURE = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
SOME: JsonObject = {"includeApplications": ["All"], "excludeApplications": ["mail"]}
DEFAULTS = replace(FACTS, security_defaults=True)


@pytest.mark.parametrize(
    ("person", "clause", "lacks"),
    [
        (ANYBODY, {"includeUsers": ["bob"]}, ("user",)),
        (ANYBODY, {"includeGroups": ["Staff"]}, ("user.groups",)),
        (ANYBODY, {"includeUsers": ["All"], "excludeGroups": ["Staff"]}, ("user.groups",)),
        (STRANGER, {"includeRoles": ["Global Administrator"]}, ("user.roles",)),
        (STRANGER, {"includeUsers": ["GuestsOrExternalUsers"]}, ("user.type",)),
        (GUEST, {"includeGuestsOrExternalUsers": {
            "guestOrExternalUserTypes": "b2bCollaborationGuest",
            "externalTenants": {"membershipKind": "enumerated", "members": ["T1"]},
        }}, ("user.homeTenant",)),
    ],
)  # fmt: skip
def test_of_a_user_it_says_what_is_not_known(person: Person, clause: JsonObject, lacks: tuple[str]) -> None:
    decision = decided(policy("block", users=clause), asked=sign_in("somebody", person=person))

    assert (decision.verdict, decision.missing) == ("unknown", lacks)


@pytest.mark.parametrize(
    ("given", "facts", "lacks"),
    [
        ({"apps": (AZURE,)}, FACTS, ("client",)),
        ({"apps": (AZURE,), "client": CLI}, FACTS, ("write",)),
        ({"person": replace(NEW, roles=None)}, DEFAULTS, ("user.roles",)),
        ({"person": NEW}, DEFAULTS, ()),  # only Entra knows when it asks
    ],
)
def test_of_a_demand_from_outside_it_says_what_decides(
    given: dict[str, Any], facts: Facts, lacks: tuple[str, ...]
) -> None:
    decision = decided(asked=sign_in("new", **{"person": NEW, **given}), facts=facts)

    assert (decision.verdict, decision.missing) == ("unknown", lacks)


@pytest.mark.parametrize(
    ("asks", "person", "given", "lacks"),
    [
        (policy("mfa"), STRANGER, {}, ("user.registered", "user.pass")),
        (policy(strength="Nobody knows it"), NEW, {}, ("strengths",)),
        (policy("mfa"), GUEST, {"trusts_home_mfa": True}, ("homeMfa",)),
        (policy("mfa"), NEW, {"auth": None}, ("auth",)),
        (policy(strength="Any pass"), GUEST, {"auth": None}, ("auth",)),
        (policy("passwordChange"), WITH_PUSH, {"auth": None}, ("auth",)),
        (policy("riskRemediation"), replace(NEW, registered=None), {"auth": None}, ("user.registered",)),
        (
            policy(strength="00000000-0000-0000-0000-000000000004"),
            GUEST,
            {"trusts_home_mfa": True, "home_mfa": True},
            ("strength:00000000-0000-0000-0000-000000000004",),
        ),
        (
            policy(strength="Black key"),
            replace(NEW, registered=frozenset({"fido2"})),
            {"auth": {"fido2"}},
            ("fido2Aaguid",),
        ),
        (policy("compliantApplication"), NEW, {}, ("appProtection",)),
    ],
)
def test_of_a_control_it_says_what_would_tell(
    asks: JsonObject, person: Person, given: dict[str, Any], lacks: tuple[str, ...]
) -> None:
    decision = decided(asks, asked=sign_in("new", person=person, **given))

    assert (decision.verdict, decision.missing) == ("unknown", lacks)


def test_methods_that_nobody_declared_are_a_fact_too() -> None:
    person = replace(NEW, registered=frozenset({"password", "sms"}))
    decision = decided(policy("mfa"), asked=sign_in("new", person=person), facts=replace(FACTS, methods=None))

    assert decision.missing == ("enabledMethods",)


@pytest.mark.parametrize(
    ("spec", "facts", "lacks"),
    [
        (policy("approvedApplication"), {"approved_app": False}, ("asOf",)),
        (policy("approvedApplication"), {}, ("approvedApp",)),
        (
            policy("approvedApplication", "compliantApplication", operator="OR"),
            {"approved_app": True, "app_protection": False},
            ("asOf",),
        ),
        (policy("compliantApplication"), {}, ("appProtection",)),
    ],
)
def test_while_a_change_is_rolled_out_the_day_is_what_is_lacking(
    spec: JsonObject, facts: dict[str, Any], lacks: tuple[str, ...]
) -> None:
    decision = decided(spec, asked=sign_in(**{"as_of": date(2026, 3, 2), **facts}))

    assert (decision.verdict, decision.missing) == ("unknown", lacks)


def test_the_day_is_lacking_at_azure_s_tools_too() -> None:
    asked = sign_in(apps=(CLI,), as_of=date(2026, 6, 30))

    assert decided(asked=replace(asked, is_write=True)).missing == ("asOf",)
    assert decided(asked=asked).missing == ("write",)


def test_what_is_met_anyhow_lacks_nothing() -> None:
    met = policy("mfa", users={"includeGroups": ["Staff"]})
    risky = policy("block", signInRiskLevels=["high"])
    decision = decided(met, risky, asked=sign_in("somebody", "fido2", person=replace(ANYBODY, type="member")))

    assert decision.missing == ("signInRisk",)


def test_what_the_registration_lacks_is_lacking() -> None:
    closed = policy(
        "block", target={"includeUserActions": ["urn:user:registersecurityinfo"]}, signInRiskLevels=["high"]
    )
    decision = decided(policy("mfa"), closed, asked=sign_in("new", person=NEW))

    assert decision.missing == ("signInRisk",)


def test_with_strict_what_rests_on_inference_alone_lacks_no_fact() -> None:
    mail = policy("block", apps=["mail"])
    asked = sign_in("alice", apps=(), action="urn:user:registersecurityinfo")
    decision = decided(mail, asked=asked, strict=True)

    assert (decision.verdict, decision.missing) == ("unknown", ())
    assert decision.inferences == ("one-app-does-not-reach-registration",)
    assert any(
        "rests on inference" in step.says
        for step in decided(mail, asked=asked, strict=True, traced=True).trace
    )


def test_with_strict_what_is_missing_all_the_same_is_said() -> None:
    mail, risky = policy("block", apps=["mail"]), policy("block", signInRiskLevels=["high"])
    asked = sign_in("alice", apps=(), action="urn:user:registersecurityinfo")

    assert decided(mail, risky, asked=asked, strict=True).missing == ("signInRisk",)


@pytest.mark.parametrize(
    ("given", "condition", "lacks", "says"),
    [
        ({}, {"signInRiskLevels": ["high"]}, ("signInRisk",), "sign-in risk is not given"),
        ({}, {"platforms": {"includePlatforms": ["android"]}}, ("platform",), "platform is not given"),
        ({"platform": "windows"}, {"platforms": {"includePlatforms": ["visionOS"]}}, (), "no fact tells"),
        (
            {},
            {"weather": {"includeWeather": ["rain"]}},
            ("weather",),
            "newer than this evaluator, or misspelt",
        ),
        ({"scopes": ("User.Read",)}, {"target": SOME}, ("clientKind",), "clientKind is not given"),
        ({"scopes": ("User.Read",), "client_kind": "public"}, {"target": SOME}, (), "no fact tells"),
    ],
)
def test_of_a_condition_it_says_whether_a_fact_would_tell(
    given: dict[str, Any], condition: dict[str, Any], lacks: tuple[str, ...], says: str
) -> None:
    facts = replace(FACTS, baseline_scopes="custom")
    decision = decided(policy("block", **condition), asked=sign_in(**given), facts=facts, traced=True)

    assert (decision.verdict, decision.missing) == ("unknown", lacks)
    assert any(says in step.says for step in decision.trace)


ON_JOIN: JsonObject = {"includeUserActions": [JOIN]}
UNREAD = replace(FACTS, join_needs_mfa=None)
PHISHING_RESISTANT = "00000000-0000-0000-0000-000000000004"


UNKNOWN = replace(NEW, registered=None)
ON_PHONES: JsonObject = {"includePlatforms": ["iOS"]}


@pytest.mark.parametrize(
    ("asks", "person", "auth", "lacks"),
    [
        (policy("mfa", target=ON_JOIN), UNKNOWN, "password", ("user.registered",)),
        (
            policy("mfa", target=ON_JOIN, platforms=ON_PHONES),
            WITH_PUSH,
            "password",
            ("platform", "joinNeedsMfa"),
        ),
        (policy("compliantDevice", target=ON_JOIN), UNKNOWN, "fido2", ()),
        (policy(strength="Hello", target=ON_JOIN), UNKNOWN, "windowsHelloForBusiness", ()),
    ],
)
def test_at_a_join_no_fact_is_named_that_would_settle_nothing(
    asks: JsonObject, person: Person, auth: str, lacks: tuple[str, ...]
) -> None:
    facts = replace(UNREAD, strengths={"Hello": strength_of(("windowsHelloForBusiness",))})
    decision = decided(asks, asked=sign_in("new", auth, person=person, action=JOIN), facts=facts)

    assert (decision.verdict, decision.missing) == ("unknown", lacks)


@pytest.mark.parametrize("asks", [policy(strength=PHISHING_RESISTANT), policy("mfa")])
def test_methods_that_could_not_be_read_are_what_is_lacking(asks: JsonObject) -> None:
    facts = replace(FACTS, methods=dict.fromkeys(FACTS.methods or (), NOT_KNOWN))
    decision = decided(asks, asked=sign_in("new", person=WITH_PUSH), facts=facts)

    assert (decision.verdict, decision.missing) == ("unknown", ("enabledMethods",))
