"""What is newer than the evaluator makes a policy unknown; it is never passed over."""

from __future__ import annotations

from typing import Any

import pytest
from evaluate_tools import decided, policy, results, sign_in

from tapctl.evaluate.facts import Person
from tapctl.evaluate.policy import read_policy
from tapctl.evaluate.situation import UNREGISTERED
from tapctl.model import JsonObject

GUEST = Person(type="b2bCollaborationGuest", home_tenant="T1")
NEW_GUESTS: JsonObject = {"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "martian"}}


@pytest.mark.parametrize(
    "parts",
    [
        {"clientAppTypes": ["quantum"]},
        {"platforms": {"includePlatforms": ["visionOS"]}},
        {"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["visionOS"]}},
        {"signInRiskLevels": ["extreme"]},
        {"authenticationFlows": {"transferMethods": "pigeonPost"}},
        {"insiderRiskLevels": "catastrophic"},
        {"weather": {"includeWeather": ["rain"]}},
        {"locations": {"includeLocations": ["All"], "includeOrbits": ["low"]}},
        {"devices": {"deviceFilter": {"mode": "sideways", "rule": "device.isCompliant -eq True"}}},
        {"users": {"includeUsers": ["All"], "excludePlanets": ["Mars"]}},
        {"clientApplications": {"includeRobots": ["All"]}},
    ],
)
def test_a_word_or_member_that_nobody_knows_makes_the_policy_unknown(parts: dict[str, Any]) -> None:
    facts = {"client_app": "browser", "platform": "windows", "sign_in_risk": "low", "flow": "none"}
    asked = sign_in(**facts, insider_risk="minor", device=UNREGISTERED)
    decision = decided(policy("block", **parts), asked=asked)

    assert (decision.verdict, results(decision)) == ("unknown", ["unknown"])


@pytest.mark.parametrize(
    "parts",
    [
        {"users": {"includeUser": ["All"]}},
        {"users": {"includeUsers": ["None"], "includeAgents": ["All"]}},
        {"target": {"includeEverything": True}},
        {"target": {"includeApplications": ["mail"], "includeEverything": True}},
        {"platforms": {"includePlatforms": ["android"], "includeFamilies": ["windows"]}},
        {"locations": {"includeLocations": ["Germany"], "includeNetworks": ["all"]}},
    ],
)
def test_what_may_include_more_is_not_taken_for_not_including(parts: dict[str, Any]) -> None:
    decision = decided(policy("block", **parts), asked=sign_in(platform="windows", country="FR"))

    assert (decision.verdict, results(decision)) == ("unknown", ["unknown"])


@pytest.mark.parametrize(
    "parts",
    [
        {"applications": {"includeApplications": ["id:AllAgentIdResources"]}},
        {"applications": {"includeApplications": ["All"], "excludeApplications": ["id:AllAgentIdResources"]}},
        {"users": {"includeUsers": ["id:AllAgentIdUsers"]}},
        {"users": {"includeUsers": ["All"], "excludeGroups": ["id:Emergency"]}},
    ],
)
def test_a_word_in_place_of_an_id_may_mean_this_one(parts: dict[str, Any]) -> None:
    assert decided(policy("block", **parts), asked=sign_in()).verdict == "unknown"


def test_an_id_in_place_of_a_name_means_somebody_else() -> None:
    users: JsonObject = {"includeUsers": [f"id:{'1' * 8}-0000-4000-8000-000000000001"]}

    assert decided(policy("block", users=users), asked=sign_in()).verdict == "allow"


@pytest.mark.parametrize(
    ("user", "workloads", "result"),
    [
        ("sp:ci", {"includeAgents": ["All"]}, "unknown"),
        ("sp:ci", {"includeAgents": ["All"], "includeServicePrincipals": ["other"]}, "unknown"),
        ("sp:ci", {"includeAgents": ["All"], "excludeServicePrincipals": ["ci"]}, "notApplied"),
        ("mi:vm", {"includeAgents": ["All"]}, "notApplied"),
        ("bob", {"includeAgents": ["All"]}, "notApplied"),
        ("bob", {"includeAgents": ["All"], "includeServicePrincipals": ["other"]}, "notApplied"),
        ("sp:ci", {"excludeAgents": ["All"]}, "notApplied"),
    ],
)
def test_a_policy_for_a_newer_sort_of_workload_may_mean_a_workload_and_no_person(
    user: str, workloads: JsonObject, result: str
) -> None:
    spec = policy("block", users={"includeUsers": ["None"]}, clientApplications=workloads)

    assert results(decided(spec, asked=sign_in(user))) == [result]


def test_an_exclusion_wins_over_what_may_be_included() -> None:
    users: JsonObject = {"includeUser": ["All"], "excludeUsers": ["bob"]}

    assert decided(policy("block", users=users), asked=sign_in("bob")).verdict == "allow"


def test_a_word_that_nobody_knows_takes_nothing_from_a_word_that_matches() -> None:
    asked = sign_in(platform="windows")

    found = decided(policy("block", platforms={"includePlatforms": ["visionOS", "windows"]}), asked=asked)
    assert found.verdict == "block"


def test_a_guest_type_that_nobody_knows_is_no_member() -> None:
    found = [
        decided(policy("block", users=NEW_GUESTS), asked=asked).verdict
        for asked in (sign_in("guest", person=GUEST), sign_in("bob"))
    ]
    assert found == ["unknown", "allow"]


def test_a_kind_of_tenant_membership_that_nobody_knows_makes_the_policy_unknown() -> None:
    guests: JsonObject = {
        "guestOrExternalUserTypes": "b2bCollaborationGuest",
        "externalTenants": {"membershipKind": "neighbours", "members": ["T2"]},
    }

    users: JsonObject = {"includeGuestsOrExternalUsers": guests}
    assert decided(policy("block", users=users), asked=sign_in("g", person=GUEST)).verdict == "unknown"


def test_a_grant_control_that_nobody_knows_is_a_demand_that_nobody_knows() -> None:
    grant: JsonObject = {"operator": "AND", "builtInControls": ["mfa"], "fingerprints": ["left thumb"]}
    spec = policy("mfa") | {"grantControls": grant}

    asked = sign_in("bob", "password", "microsoftAuthenticatorPush")
    assert (decided(spec, asked=asked).verdict, decided(policy("mfa"), asked=asked).verdict) == (
        "unknown",
        "allow",
    )


def test_an_operator_that_nobody_knows_matters_where_and_and_or_differ() -> None:
    neither = policy("compliantDevice", "domainJoinedDevice", operator="XOR")
    one = policy("mfa", "compliantDevice", operator="XOR")

    asked = sign_in(device=UNREGISTERED)
    assert [decided(spec, asked=asked).verdict for spec in (neither, one)] == ["unsatisfiable", "unknown"]


def test_what_graph_and_people_write_beside_a_policy_is_no_member() -> None:
    beside: JsonObject = {
        "id": "1",
        "createdDateTime": "2026-01-01T00:00:00Z",
        "about": "x",
        "@odata.etag": "y",
    }

    assert read_policy("P1", policy("mfa") | beside).unknown == ()
    assert read_policy("P1", policy("mfa") | {"partialEnablementStrategy": "half"}).unknown
