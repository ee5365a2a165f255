"""Whom and what a policy reaches, and why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from evaluate_tools import FACTS, JOIN, REGISTER, TODAY, decided, policy, results, sign_in

from tapctl.evaluate.facts import Facts, Group, Location, Person
from tapctl.evaluate.situation import UNREGISTERED, Device, SignIn
from tapctl.model import JsonObject

EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
GUEST = Person(type="b2bCollaborationGuest", home_tenant="T1", registered=frozenset({"password"}))
GUESTS_OF_T1: JsonObject = {
    "includeGuestsOrExternalUsers": {
        "guestOrExternalUserTypes": "internalGuest,b2bCollaborationGuest",
        "externalTenants": {"membershipKind": "enumerated", "members": ["T1"]},
    }
}


def reached(asked: SignIn, /, **parts: Any) -> tuple[str, tuple[str, ...]]:
    """What became of one blocking policy, and the reasons."""
    facts = parts.pop("facts", FACTS)
    applied = decided(policy("block", **parts), asked=asked, facts=facts).policies[0]
    return applied.result, applied.reasons


@pytest.mark.parametrize(
    ("user", "clause", "expected"),
    [
        ("bob", {"includeUsers": ["BOB"]}, "applied"),
        ("bob", {"includeUsers": ["None"]}, "notApplied"),
        ("alice", {"includeGroups": ["Staff"]}, "applied"),
        ("alice", {"includeUsers": ["All"], "excludeGroups": ["Staff"]}, "notApplied"),
        ("bob", {"includeGroups": ["New hires"]}, "notApplied"),
        ("bob", {"includeGroups": ["Everybody in Berlin"]}, "unknown"),
        ("bob", {"includeGroups": ["Nobody knows it"]}, "unknown"),
        ("bob", {"includeUsers": ["All"], "excludeGroups": ["Everybody in Berlin"]}, "unknown"),
        ("stranger", {"includeUsers": ["All"]}, "applied"),
        ("stranger", {"includeRoles": ["Global Administrator"]}, "unknown"),
        ("bob", {"includeRoles": ["Global Administrator"]}, "notApplied"),
        ("bob", {"includeUsers": ["GuestsOrExternalUsers"]}, "notApplied"),
        ("stranger", {"includeUsers": ["GuestsOrExternalUsers"]}, "unknown"),
        ("stranger", GUESTS_OF_T1, "unknown"),
        ("sp:app", {"includeUsers": ["All"]}, "notApplied"),
    ],
)
def test_users_are_included_and_not_excluded(user: str, clause: JsonObject, expected: str) -> None:
    assert reached(sign_in(user), users=clause)[0] == expected


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (GUEST, "applied"),
        (replace(GUEST, home_tenant="T2"), "notApplied"),
        (replace(GUEST, home_tenant=""), "unknown"),
        (replace(GUEST, type="internalGuest", home_tenant=""), "applied"),
        (replace(GUEST, type="b2bDirectConnectUser"), "notApplied"),
    ],
)
def test_guests_are_told_apart_by_type_and_home(person: Person, expected: str) -> None:
    assert reached(sign_in("guest", person=person), users=GUESTS_OF_T1)[0] == expected


def test_all_guests_are_everybody_but_members() -> None:
    asked = sign_in("guest", person=replace(GUEST, type="b2bCollaborationMember"))

    assert reached(asked, users={"includeUsers": ["GuestsOrExternalUsers"]})[0] == "applied"


SOME_ID = "id:20000000-0000-4000-8000-0000000000aa"


@pytest.mark.parametrize(
    ("user", "person", "facts", "expected"),
    [
        ("kim", None, Facts(), "unknown"),  # whose id it is, nobody told
        ("kim", None, FACTS, "notApplied"),  # the facts would have known
        (SOME_ID, None, Facts(), "applied"),
        ("id:another", None, Facts(), "notApplied"),
        ("kim", Person(), Facts(), "notApplied"),  # somebody who is described is not in a list of ids
    ],
)
def test_a_list_of_ids_may_mean_whoever_goes_by_a_name(
    user: str, person: Person | None, facts: Facts, expected: str
) -> None:
    found = reached(sign_in(user, person=person), users={"includeUsers": [SOME_ID]}, facts=facts)

    assert found[0] == expected


@pytest.mark.parametrize(
    ("group", "expected"),
    [("Empty", "notApplied"), ("Around empty", "notApplied"), ("Staff", "unknown"), ("Elsewhere", "unknown")],
)
def test_a_group_that_nobody_is_in_has_nobody_in_particular_either(group: str, expected: str) -> None:
    empty = {
        "Empty": Group(),
        "Around empty": Group(groups=frozenset({"Empty"})),
        "Elsewhere": Group(groups=frozenset({"Not read"})),
    }
    asked = sign_in("the user", person=Person(is_anybody=True, groups_are_complete=False))

    found = reached(
        asked, users={"includeGroups": [group]}, facts=replace(FACTS, groups={**FACTS.groups, **empty})
    )

    assert found[0] == expected


def test_a_person_made_up_is_in_the_groups_it_is_said_to_be_in_and_in_no_other() -> None:
    asked = sign_in("new", person=Person(groups=frozenset({"New hires"})))

    assert reached(asked, users={"includeGroups": ["Staff"]})[0] == "applied"
    assert reached(asked, users={"includeGroups": ["Everybody in Berlin"]})[0] == "notApplied"


@pytest.mark.parametrize(
    ("user", "clause", "expected"),
    [
        ("sp:app", {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}, "applied"),
        ("sp:app", {"includeServicePrincipals": ["app"]}, "applied"),
        ("sp:other", {"includeServicePrincipals": ["app"]}, "notApplied"),
        ("sp:other", {"servicePrincipalFilter": {"mode": "include", "rule": "x"}}, "unknown"),
        (
            "sp:app",
            {
                "includeServicePrincipals": ["ServicePrincipalsInMyTenant"],
                "excludeServicePrincipals": ["app"],
            },
            "notApplied",
        ),
        ("sp:shared", {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}, "notApplied"),
        ("mi:machine", {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}, "notApplied"),
        ("bob", {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}, "notApplied"),
    ],
)
def test_workloads_are_reached_by_policies_of_their_own(user: str, clause: JsonObject, expected: str) -> None:
    facts = replace(FACTS, multi_tenant_applications=frozenset({"shared"}))
    found = reached(
        sign_in(user, "clientSecret"),
        users={"includeUsers": ["None"]},
        clientApplications=clause,
        facts=facts,
    )

    assert found[0] == expected


@pytest.mark.parametrize(
    ("app", "target", "expected"),
    [
        (EXCHANGE, {"includeApplications": ["Office365"]}, "applied"),
        ("Office 365 Exchange Online", {"includeApplications": [EXCHANGE]}, "applied"),
        ("Microsoft Planner", {"includeApplications": ["Office365"]}, "applied"),
        ("payroll", {"includeApplications": ["Office365"]}, "notApplied"),
        ("payroll", {"includeApplications": ["All"], "excludeApplications": ["payroll"]}, "notApplied"),
        ("mail", {"includeApplications": ["All"], "excludeApplications": ["payroll"]}, "applied"),
        ("payroll", {"applicationFilter": {"mode": "include", "rule": "x"}}, "unknown"),
        (
            "payroll",
            {"includeApplications": ["All"], "applicationFilter": {"mode": "exclude", "rule": "x"}},
            "unknown",
        ),
        ("payroll", {"includeApplications": ["None"]}, "notApplied"),
        ("payroll", {}, "notApplied"),
    ],
)
def test_resources_are_included_and_not_excluded(app: str, target: JsonObject, expected: str) -> None:
    target = target or {"excludeApplications": ["x"]}

    assert reached(sign_in(apps=(app,)), target=target)[0] == expected


def test_an_id_that_is_on_no_list_is_taken_to_be_outside_the_suites() -> None:
    asked = sign_in(apps=("12345678-1234-1234-1234-123456789012",))
    office = policy("block", target={"includeApplications": ["Office365"]})

    assert decided(office, asked=asked).inferences == ("suite-by-list",)


def test_one_of_several_resources_is_enough() -> None:
    assert reached(sign_in(apps=("payroll", "mail")), apps=["mail"])[0] == "applied"


@pytest.mark.parametrize(
    ("asked", "target", "expected"),
    [
        (sign_in(action=REGISTER), {"includeUserActions": [REGISTER]}, "applied"),
        (sign_in(action=REGISTER), {"includeUserActions": [JOIN]}, "notApplied"),
        (sign_in(), {"includeUserActions": [REGISTER]}, "notApplied"),
        (sign_in(action=REGISTER), {"includeApplications": ["All"]}, "applied"),
        (sign_in(action=REGISTER), {"includeApplications": ["payroll"]}, "notApplied"),
        (sign_in(action=JOIN), {"includeApplications": ["All"]}, "notApplied"),
        (sign_in(action=JOIN), {"includeApplications": ["payroll"]}, "notApplied"),
        (sign_in(context="c1"), {"includeAuthenticationContextClassReferences": ["c1"]}, "applied"),
        (sign_in(context="c2"), {"includeAuthenticationContextClassReferences": ["c1"]}, "notApplied"),
        (sign_in(context="c1"), {"includeApplications": ["All"]}, "notApplied"),
        (sign_in(context="c1"), {"includeApplications": ["payroll"]}, "notApplied"),
    ],
)
def test_actions_and_contexts_are_targets_of_their_own(
    asked: SignIn, target: JsonObject, expected: str
) -> None:
    assert reached(asked, target=target)[0] == expected


@pytest.mark.parametrize(
    ("scopes", "kind", "app", "excluded", "said", "as_of", "expected"),
    [
        (("openid", "profile"), "public", "code", "payroll", "legacy", TODAY, "notApplied"),
        (("openid", "profile"), "public", "code", "payroll", "enforced", TODAY, "applied"),
        (("openid",), "public", "code", "Windows Azure Active Directory", "enforced", TODAY, "notApplied"),
        (("openid",), "confidential", "payroll", "payroll", "enforced", TODAY, "notApplied"),
        (("User.Read", "openid"), "confidential", "payroll", "payroll", "enforced", TODAY, "applied"),
        (("Files.Read",), "public", "mail", "payroll", "legacy", TODAY, "applied"),
        (("Mail.Read",), "public", "payroll", "payroll", "enforced", TODAY, "notApplied"),
        (("openid",), "public", "code", "payroll", "custom", TODAY, "unknown"),
        (("openid",), "public", "code", "payroll", None, TODAY, "applied"),
        (("openid",), "public", "code", "payroll", None, date(2026, 7, 1), "unknown"),
        (("openid",), "public", "code", "payroll", None, date(2026, 1, 1), "notApplied"),
        (None, None, "mail", "payroll", None, TODAY, "applied"),
        ((), None, "payroll", "payroll", None, TODAY, "notApplied"),
    ],
)
def test_low_privilege_scopes_were_let_through_and_are_no_longer(
    scopes: Any, kind: Any, app: str, excluded: str, said: Any, as_of: date, expected: str
) -> None:
    target: JsonObject = {"includeApplications": ["All"], "excludeApplications": [excluded]}
    facts = replace(FACTS, baseline_scopes=said)
    asked = sign_in(apps=(app,), scopes=scopes, client_kind=kind, as_of=as_of)

    assert reached(asked, target=target, facts=facts)[0] == expected


@pytest.mark.parametrize(
    ("asked", "condition", "expected"),
    [
        ({"client_app": "other"}, {"clientAppTypes": ["exchangeActiveSync", "other"]}, "applied"),
        ({"client_app": "browser"}, {"clientAppTypes": ["exchangeActiveSync", "other"]}, "notApplied"),
        ({}, {"clientAppTypes": ["browser"]}, "unknown"),
        (
            {},
            {"clientAppTypes": ["browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"]},
            "applied",
        ),
        (
            {"platform": "linux"},
            {"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]}},
            "applied",
        ),
        (
            {"platform": "ios"},
            {"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]}},
            "notApplied",
        ),
        (
            {"platform": "linux"},
            {"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["all"]}},
            "notApplied",
        ),
        ({}, {"platforms": {"includePlatforms": ["android"], "excludePlatforms": ["all"]}}, "notApplied"),
        ({}, {"platforms": {"includePlatforms": ["android"]}}, "unknown"),
        ({}, {"platforms": {"includePlatforms": ["all"]}}, "applied"),
        ({"sign_in_risk": "high"}, {"signInRiskLevels": ["medium"]}, "notApplied"),
        ({"sign_in_risk": "Medium"}, {"signInRiskLevels": ["medium"]}, "applied"),
        ({}, {"signInRiskLevels": ["medium"]}, "unknown"),
        ({}, {"signInRiskLevels": ["low", "medium", "high", "none", "hidden"]}, "applied"),
        ({"user_risk": "low"}, {"userRiskLevels": ["high"]}, "notApplied"),
        ({"insider_risk": "elevated"}, {"insiderRiskLevels": "moderate,elevated"}, "applied"),
        ({"flow": "none"}, {"authenticationFlows": {"transferMethods": "deviceCodeFlow"}}, "notApplied"),
        (
            {"flow": "deviceCodeFlow"},
            {"authenticationFlows": {"transferMethods": ["deviceCodeFlow"]}},
            "applied",
        ),
        ({}, {"times": {"includedRanges": ["always"]}}, "applied"),
        ({}, {"devices": {"includeDevices": ["All"]}}, "unknown"),
        (
            {"device": UNREGISTERED},
            {"devices": {"deviceFilter": {"mode": "include", "rule": "nonsense"}}},
            "unknown",
        ),
    ],
)
def test_every_condition_has_to_hold(asked: dict[str, Any], condition: dict[str, Any], expected: str) -> None:
    assert reached(sign_in(**asked), **condition)[0] == expected


@pytest.mark.parametrize(
    ("asked", "include", "exclude", "expected"),
    [
        ({"locations": ("Headquarters",)}, ["All"], ["AllTrusted"], "notApplied"),
        ({"locations": ()}, ["All"], ["AllTrusted"], "applied"),
        ({}, ["All"], ["AllTrusted"], "unknown"),
        ({"ip": "203.0.113.7"}, ["headquarters"], [], "applied"),
        ({"ip": "::ffff:203.0.113.7"}, ["headquarters"], [], "applied"),
        ({"ip": "::ffff:198.51.100.7"}, ["headquarters"], [], "notApplied"),
        ({"ip": "2001:db8::7"}, ["Headquarters"], [], "applied"),
        ({"ip": "198.51.100.7"}, ["Headquarters"], [], "notApplied"),
        ({"ip": "no address"}, ["Headquarters"], [], "unknown"),
        ({"ip": "198.51.100.7"}, ["All"], ["AllTrusted"], "unknown"),
        ({"ip": "::ffff:c633:6407"}, ["All"], ["AllTrusted"], "unknown"),
        ({"ip": "2001:db9::7"}, ["All"], ["AllTrusted"], "applied"),
        ({"locations": (), "ip": ""}, ["All"], ["AllTrusted"], "applied"),
        ({"country": "de"}, ["Germany"], [], "applied"),
        ({"country": "FR"}, ["Germany"], [], "notApplied"),
        ({"country": ""}, ["Germany"], [], "notApplied"),
        ({"country": ""}, ["Germany or nowhere"], [], "applied"),
        ({"country": "DE"}, ["Headquarters"], [], "unknown"),
        ({"country": "DE", "locations": ()}, ["Headquarters"], [], "notApplied"),
    ],
)
def test_places_are_included_and_not_excluded(
    asked: dict[str, Any], include: list[str], exclude: list[str], expected: str
) -> None:
    locations = {"includeLocations": include, "excludeLocations": exclude}

    assert reached(sign_in(**asked), locations=locations)[0] == expected


@pytest.mark.parametrize(
    ("ip", "expected"),
    [("2001:db8::7", "applied"), ("203.0.113.7", "unknown"), ("no address", "unknown"), (None, "unknown")],
)
def test_where_no_location_is_trusted_the_legacy_addresses_may_be(ip: str | None, expected: str) -> None:
    """They are all IPv4."""
    locations = {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}
    facts = replace(FACTS, locations={})

    assert reached(sign_in(ip=ip), facts=facts, locations=locations)[0] == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"country": "DE"}, "unknown"),
        ({"locations": ("Germany by position",)}, "applied"),
        ({"country": "DE", "locations": ()}, "notApplied"),
    ],
)
def test_the_address_does_not_tell_where_the_authenticator_is(asked: dict[str, Any], expected: str) -> None:
    by_position = Location(kind="country", countries=frozenset({"DE"}), is_gps=True)
    facts = replace(FACTS, locations={"Germany by position": by_position})
    locations = {"includeLocations": ["Germany by position"]}

    assert reached(sign_in(**asked), locations=locations, facts=facts)[0] == expected


def test_times_are_passed_over_and_said_to_be() -> None:
    spec = policy("block", times={"includedRanges": ["always"]})

    assert decided(spec, asked=sign_in()).inferences == ("times",)
    assert decided(spec, asked=sign_in(), strict=True).verdict == "unknown"


@pytest.mark.parametrize(
    ("device", "mode", "expected"),
    [
        (UNREGISTERED, "include", "notApplied"),
        (UNREGISTERED, "exclude", "applied"),
        (Device(attributes={"isCompliant": True}), "include", "applied"),
        (Device(attributes={"isCompliant": True}), "exclude", "notApplied"),
        (Device(attributes={}), "include", "unknown"),
        (None, "exclude", "unknown"),
    ],
)
def test_a_device_filter_includes_or_excludes(device: Device | None, mode: str, expected: str) -> None:
    devices = {"deviceFilter": {"mode": mode, "rule": "device.isCompliant -eq True"}}

    assert reached(sign_in(device=device), devices=devices)[0] == expected


def test_all_reasons_are_given_and_not_only_the_first() -> None:
    found = reached(
        sign_in(platform="windows"),
        users={"includeUsers": ["alice"]},
        platforms={"includePlatforms": ["iOS"]},
    )

    assert found == ("notApplied", ("users", "devicePlatform"))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("disabled", ("notEnabled", ("policyNotEnabled",))),
        ("Enabled", ("applied", ())),
        ("enabledForFridays", ("unknown", ("invalidPolicy",))),
    ],
)
def test_a_state_is_known_or_makes_the_policy_unknown(
    state: str, expected: tuple[str, tuple[str, ...]]
) -> None:
    assert reached(sign_in(), state=state) == expected


def test_null_absent_and_empty_are_the_same() -> None:
    found = reached(
        sign_in(),
        users={"includeUsers": ["All"], "excludeGroups": None, "includeRoles": []},
        platforms=None,
        locations=[],
        signInRiskLevels=None,
        devices={"deviceFilter": None, "includeDevices": []},
    )

    assert found == ("applied", ())


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [(date(2026, 6, 1), "notApplied"), (date(2026, 7, 8), "unknown"), (date(2026, 8, 1), "applied")],
)
def test_setting_up_hello_is_registering_security_info_since_july_2026(as_of: date, expected: str) -> None:
    asked = sign_in("alice", action=REGISTER, via="windowsHelloProvisioning", as_of=as_of)

    assert reached(asked, target={"includeUserActions": [REGISTER]})[0] == expected
    assert reached(asked)[0] == expected


def test_report_only_is_not_evaluated_for_user_actions() -> None:
    on_action = policy(
        "block", target={"includeUserActions": [REGISTER]}, state="enabledForReportingButNotEnforced"
    )

    assert results(decided(on_action, asked=sign_in(action=REGISTER))) == ["reportOnlyNotApplied"]
    assert results(decided(on_action, asked=sign_in())) == ["reportOnlyNotApplied"]
    for_all = policy("block", state="enabledForReportingButNotEnforced")
    assert results(decided(for_all, asked=sign_in(action=REGISTER))) == ["reportOnlyNotApplied"]


@pytest.mark.parametrize(
    ("include", "exclude", "mode", "expected"),
    [
        (["app-x"], [], "include", "applied"),
        (["app-x"], [], "exclude", "unknown"),
        (["app-y"], [], "exclude", "notApplied"),
        (["app-y"], [], "include", "unknown"),
        (["app-x"], ["app-x"], "include", "notApplied"),
        (["All"], ["app-y"], "exclude", "unknown"),
        (["All"], ["app-x"], "exclude", "notApplied"),
    ],
)
def test_an_application_filter_may_add_or_take_away(
    include: list[str], exclude: list[str], mode: str, expected: str
) -> None:
    target: JsonObject = {
        "includeApplications": [*include],
        "excludeApplications": [*exclude],
        "applicationFilter": {"mode": mode, "rule": 'CustomSecurityAttribute.A_B -eq "c"'},
    }
    assert reached(sign_in(scopes=("api.custom",)), target=target)[0] == expected


@pytest.mark.parametrize(("mode", "expected"), [("include", "applied"), ("exclude", "unknown")])
def test_a_filter_of_service_principals_may_take_away(mode: str, expected: str) -> None:
    workloads: JsonObject = {
        "includeServicePrincipals": ["ServicePrincipalsInMyTenant"],
        "servicePrincipalFilter": {"mode": mode, "rule": 'CustomSecurityAttribute.A_B -eq "c"'},
    }
    users: JsonObject = {"includeUsers": ["None"]}
    assert reached(sign_in("sp:app"), users=users, clientApplications=workloads)[0] == expected


MFA_TRUSTED_IPS = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"locations": (MFA_TRUSTED_IPS,)}, "notApplied"),
        ({"locations": ()}, "applied"),
        ({"ip": "198.51.100.1"}, "unknown"),
        ({"ip": "2001:db9::1"}, "applied"),
        ({"ip": "2001:db8::1"}, "notApplied"),
    ],
)
def test_all_trusted_holds_the_trusted_addresses_of_mfa_which_are_ipv4(
    place: dict[str, Any], expected: str
) -> None:
    places: JsonObject = {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}
    assert reached(sign_in(**place), locations=places)[0] == expected


@pytest.mark.parametrize(
    ("kind", "mode", "expected"),
    [
        ("confidential", "enforced", "notApplied"),
        ("public", "enforced", "applied"),
        (None, "enforced", "unknown"),
        (None, "legacy", "notApplied"),
    ],
)
def test_an_excluded_confidential_client_keeps_its_openid_scopes(kind: Any, mode: Any, expected: str) -> None:
    asked = sign_in(scopes=("openid",), client_kind=kind)
    target: JsonObject = {"includeApplications": ["All"], "excludeApplications": ["app-x"]}
    assert reached(asked, target=target, facts=replace(FACTS, baseline_scopes=mode))[0] == expected


def test_an_excluded_directory_needs_no_word_on_how_the_tenant_treats_its_scopes() -> None:
    directory = "00000002-0000-0000-c000-000000000000"
    target: JsonObject = {"includeApplications": ["All"], "excludeApplications": [directory]}
    facts = replace(FACTS, baseline_scopes="custom")
    assert reached(sign_in(scopes=("User.Read",)), target=target, facts=facts)[0] == "notApplied"


def test_roles_are_compared_whatever_the_case_of_their_id() -> None:
    admin = Person(roles=frozenset({"62e90394-69f5-4237-9190-012177145e10"}))
    users: JsonObject = {"includeRoles": ["62E90394-69F5-4237-9190-012177145E10"]}
    assert reached(sign_in("admin", person=admin), users=users)[0] == "applied"


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        ("c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "applied"),
        ("04b07795-8ddb-461a-bbee-02f9e1bf7b46", "applied"),
        (EXCHANGE, "notApplied"),
    ],
)
def test_a_policy_on_azure_management_reaches_the_portal_and_the_tools(app: str, expected: str) -> None:
    assert reached(sign_in(apps=(app,)), apps=["797f4846-ba00-4fd7-ba43-dac1f8f63013"])[0] == expected
