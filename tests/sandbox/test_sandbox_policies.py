"""Conditional Access policies: what is refused, what is filled in, what an update does."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_tools import (
    BREAK_GLASS,
    CA_01,
    EVERY_MEMBER,
    HEADQUARTERS,
    MIA,
    NEW_HIRES,
    NH_10,
    POLICIES,
    STRENGTHS,
    Client,
    conditions,
    policy,
    refusal,
)

from tapctl.sandbox import Settings, dump
from tapctl.sandbox.seed import tenant

MFA_STRENGTH = "00000000-0000-0000-0000-000000000002"
NOBODY = "99999999-0000-4000-8000-000000000001"
SECURITY_INFO = {"includeUserActions": ["urn:user:registersecurityinfo"]}
REGISTER_DEVICE = {"includeUserActions": ["urn:user:registerdevice"]}


def grant(**controls: Any) -> dict[str, Any]:
    return {"operator": "OR", **controls}


def users(**places: Any) -> dict[str, Any]:
    return conditions(users={"includeUsers": ["All"], **places})


def risk(**changes: Any) -> dict[str, Any]:
    return conditions(userRiskLevels=["high"], **changes)


PASSWORD_CHANGE = {"operator": "AND", "builtInControls": ["mfa", "passwordChange"]}
MISMATCHES: dict[str, dict[str, Any]] = {
    "an unknown property": {"excludeUserActions": []},
    "an id": {"id": NH_10},
    "a creation date": {"createdDateTime": "2024-01-01T00:00:00Z"},
    "a link": {"@odata.context": "x"},
    "an unknown null in conditions": {"conditions": conditions(times=None)},
    "an unknown null at the top": {"partialEnablementStrategy": None},
    "null risk of insiders": {"conditions": conditions(insiderRiskLevels=None)},
    "null client applications": {"conditions": conditions(clientApplications=None)},
    "null risk levels": {"conditions": conditions(signInRiskLevels=None)},
    "a list where flags are one text": {"conditions": conditions(insiderRiskLevels=["minor"])},
    "a text where a list belongs": {"conditions": conditions(clientAppTypes="all")},
    "an unknown state": {"state": "on"},
    "the unknown future value": {"grantControls": grant(builtInControls=["unknownFutureValue"])},
    "an expanded strength": {
        "grantControls": grant(authenticationStrength={"id": MFA_STRENGTH, "displayName": "x"})
    },
    "conditions that are null": {"conditions": None},
    "tenants without a type": {
        "conditions": users(
            excludeGuestsOrExternalUsers={
                "guestOrExternalUserTypes": "internalGuest",
                "externalTenants": {"membershipKind": "all"},
            }
        )
    },
}


@pytest.mark.parametrize("name", MISMATCHES)
def test_a_body_outside_the_schema_is_error_1007(name: str) -> None:
    client = Client()

    created = refusal(client.post(POLICIES, policy(**MISMATCHES[name])))
    updated = refusal(client.patch(f"{POLICIES}/{NH_10}", MISMATCHES[name]))

    for status, message in (created, updated):
        assert status == 400
        assert message.startswith(
            "1007: Incoming ConditionalAccessPolicy object is null or does not match the schema of"
            " ConditionalAccessPolicy type."
        )


def test_no_body_is_error_1007() -> None:
    assert refusal(Client().post(POLICIES, None))[1].startswith("1007")


SESSION = {"signInFrequency": {"isEnabled": True, "type": "hours", "value": 4}}
EVERY_TIME = {"isEnabled": True, "frequencyInterval": "everyTime"}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no client app types": ({"conditions": conditions(clientAppTypes=[])}, "1064"),
    "mfa with a strength": (
        {"grantControls": grant(builtInControls=["mfa"], authenticationStrength={"id": MFA_STRENGTH})},
        "1108",
    ),
    "password change alone": ({"grantControls": grant(builtInControls=["passwordChange"])}, "1032"),
    "password change with a strength and more": (
        {
            "grantControls": grant(
                operator="AND",
                builtInControls=["passwordChange", "compliantDevice"],
                authenticationStrength={"id": MFA_STRENGTH},
            ),
            "conditions": risk(),
        },
        "1032",
    ),
    "password change without risk": ({"grantControls": PASSWORD_CHANGE}, "1032"),
    "password change with an exclusion": (
        {
            "grantControls": PASSWORD_CHANGE,
            "conditions": risk(
                applications={"includeApplications": ["All"], "excludeApplications": ["Office365"]}
            ),
        },
        "1032",
    ),
    "block with mfa": ({"grantControls": grant(builtInControls=["block", "mfa"])}, "block"),
    "no control": ({"grantControls": None}, "control"),
    "an empty grant": (
        {"grantControls": grant(builtInControls=[]), "sessionControls": SESSION},
        "no control",
    ),
    "an empty session": ({"sessionControls": {}}, "no effect"),
    "a session that is off": ({"sessionControls": {"cloudAppSecurity": {"isEnabled": False}}}, "no effect"),
    "a frequency of nothing": (
        {"sessionControls": {"signInFrequency": {"isEnabled": True, "type": "hours", "value": 0}}},
        "above zero",
    ),
    "every time with a value": (
        {"sessionControls": {"signInFrequency": {**EVERY_TIME, "value": 1, "type": "hours"}}},
        "everyTime",
    ),
    "every time with resilience": (
        {"sessionControls": {"signInFrequency": EVERY_TIME, "disableResilienceDefaults": False}},
        "everyTime",
    ),
    "device registration with a device": (
        {
            "grantControls": grant(builtInControls=["compliantDevice"]),
            "conditions": conditions(applications=REGISTER_DEVICE),
        },
        "Registering a device",
    ),
    "device registration from browsers": (
        {"conditions": conditions(applications=REGISTER_DEVICE, clientAppTypes=["browser"])},
        "egistering a device",
    ),
    "nobody included": (
        {"conditions": conditions(users={"excludeGroups": [BREAK_GLASS]})},
        "'None' is the word",
    ),
    "nothing included": ({"conditions": conditions(applications={})}, "'None' is the word"),
    "guests without a type": (
        {"conditions": users(excludeGuestsOrExternalUsers={"externalTenants": None})},
        "guestOrExternalUserTypes",
    ),
    "no tenants named": (
        {
            "conditions": users(
                excludeGuestsOrExternalUsers={
                    "guestOrExternalUserTypes": "internalGuest",
                    "externalTenants": {
                        "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
                        "members": [],
                    },
                }
            )
        },
        "members",
    ),
    "an unknown user": ({"conditions": users(excludeUsers=[NOBODY])}, "no user"),
    "an unknown group": ({"conditions": users(excludeGroups=[NOBODY])}, "no group"),
    "an unknown role": ({"conditions": users(includeRoles=["All"])}, "no role template"),
    "everybody excluded": ({"conditions": users(excludeUsers=["All"])}, "no user 'All'"),
    "an unknown application": (
        {"conditions": conditions(applications={"includeApplications": [NOBODY]})},
        "no application",
    ),
    "Microsoft Graph": (
        {
            "conditions": conditions(
                applications={"includeApplications": ["00000003-0000-0000-c000-000000000000"]}
            )
        },
        "no application",
    ),
    "an unknown action": (
        {"conditions": conditions(applications={"includeUserActions": ["urn:user:dance"]})},
        "no user action",
    ),
    "an unknown location": (
        {"conditions": conditions(locations={"includeLocations": ["All"], "excludeLocations": [NOBODY]})},
        "no named location",
    ),
    "an unknown context": (
        {"conditions": conditions(applications={"includeAuthenticationContextClassReferences": ["c9"]})},
        "no authentication context",
    ),
    "an unknown strength": (
        {"grantControls": grant(authenticationStrength={"id": NOBODY})},
        "no authentication strength",
    ),
    "unknown terms of use": ({"grantControls": grant(termsOfUse=[NOBODY])}, "no terms of use"),
    "an unknown service principal": (
        {"conditions": conditions(clientApplications={"includeServicePrincipals": [NOBODY]})},
        "no service principal",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_graph_does_not_allow_is_refused(name: str) -> None:
    changes, why = REFUSED[name]
    client = Client()

    for status, message in (
        refusal(client.post(POLICIES, policy(**changes))),
        refusal(client.patch(f"{POLICIES}/{NH_10}", changes)),
    ):
        assert (status, why in message) == (400, True), message


@pytest.mark.parametrize("name", ["displayName", "state", "conditions"])
def test_a_new_policy_is_whole(name: str) -> None:
    body = policy()
    del body[name]

    assert f"needs {name}" in refusal(Client().post(POLICIES, body))[1]


@pytest.mark.parametrize("name", ["users", "applications"])
def test_a_new_policy_says_for_whom_and_for_what(name: str) -> None:
    body = policy(conditions={key: value for key, value in conditions().items() if key != name})

    assert "rule" in refusal(Client().post(POLICIES, body))[1]


ACCEPTED: dict[str, dict[str, Any]] = {
    "nulls that providers send": {
        "@odata.type": "#microsoft.graph.conditionalAccessPolicy",
        "sessionControls": None,
        "conditions": conditions(
            authenticationFlows=None,
            devices=None,
            locations=None,
            platforms=None,
            servicePrincipalRiskLevels=[],
            users={
                "includeUsers": ["All"],
                "includeGuestsOrExternalUsers": None,
                "excludeGuestsOrExternalUsers": None,
            },
        ),
    },
    "words for nobody and nothing": {
        "conditions": conditions(
            users={"includeUsers": ["None"]}, applications={"includeApplications": ["None"]}
        )
    },
    "a changed password": {"grantControls": PASSWORD_CHANGE, "conditions": risk()},
    "a changed password with a strength": {
        "grantControls": {
            "operator": "AND",
            "builtInControls": ["passwordChange"],
            "authenticationStrength": {"id": MFA_STRENGTH},
        },
        "conditions": risk(),
    },
    "sign-in every time": {"grantControls": None, "sessionControls": {"signInFrequency": EVERY_TIME}},
    "a frequency that is off": {
        "sessionControls": {
            "signInFrequency": {"isEnabled": False},
            "cloudAppSecurity": {"isEnabled": True, "cloudAppSecurityType": "monitorOnly"},
        }
    },
    "resilience switched off": {"sessionControls": {"disableResilienceDefaults": True}},
    "security info": {"conditions": conditions(applications=SECURITY_INFO)},
    "device registration with a strength": {
        "conditions": conditions(applications=REGISTER_DEVICE),
        "grantControls": grant(authenticationStrength={"id": MFA_STRENGTH}),
    },
    "locations": {
        "conditions": conditions(
            locations={
                "includeLocations": ["All", HEADQUARTERS],
                "excludeLocations": ["AllTrusted", "00000000-0000-0000-0000-000000000000"],
            }
        )
    },
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_graph_allows_is_accepted(name: str) -> None:
    client = Client()

    assert client.post(POLICIES, policy(**ACCEPTED[name])).status_code == 201
    assert client.patch(f"{POLICIES}/{CA_01}", ACCEPTED[name]).status_code == 204


def test_absent_properties_are_filled_in() -> None:
    made = Client().post(POLICIES, policy()).json()

    assert made["modifiedDateTime"] is None
    assert made["conditions"]["users"]["includeGuestsOrExternalUsers"] is None
    assert made["conditions"]["users"]["excludeGroups"] == []
    assert made["conditions"]["signInRiskLevels"] == []
    assert made["conditions"]["locations"] is None
    assert made["grantControls"]["termsOfUse"] == []
    assert made["sessionControls"] is None


def test_one_side_of_a_block_brings_the_other() -> None:
    body = policy(conditions=conditions(locations={"includeLocations": ["All"]}))

    made = Client().post(POLICIES, body).json()

    assert made["conditions"]["locations"] == {"includeLocations": ["All"], "excludeLocations": []}


def test_a_timed_frequency_reads_back_with_its_defaults() -> None:
    made = Client().post(POLICIES, policy(sessionControls=SESSION)).json()

    assert made["sessionControls"]["signInFrequency"] == {
        "isEnabled": True,
        "type": "hours",
        "value": 4,
        "authenticationType": "primaryAndSecondaryAuthentication",
        "frequencyInterval": "timeBased",
    }


@pytest.mark.parametrize(("controls", "operator"), [(["mfa"], "OR"), (["mfa", "compliantDevice"], "AND")])
def test_the_operator_of_one_control_becomes_or(controls: list[str], operator: str) -> None:
    made = (
        Client().post(POLICIES, policy(grantControls={"operator": "AND", "builtInControls": controls})).json()
    )

    assert made["grantControls"]["operator"] == operator


@pytest.mark.parametrize("nobody", [{}, {"users": None}])
def test_a_workload_policy_is_for_no_user(nobody: dict[str, Any]) -> None:
    workload = {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}
    body = policy(
        conditions={
            "clientAppTypes": ["all"],
            "clientApplications": workload,
            **nobody,
            "applications": {"includeApplications": ["All"]},
        }
    )

    made = Client().post(POLICIES, body).json()

    assert made["conditions"]["users"]["includeUsers"] == ["None"]
    assert made["conditions"]["clientApplications"]["servicePrincipalFilter"] is None


def test_flags_read_back_in_graphs_order() -> None:
    body = policy(
        conditions=users(
            excludeGuestsOrExternalUsers={"guestOrExternalUserTypes": "serviceProvider, internalGuest"}
        )
        | {
            "insiderRiskLevels": "elevated,minor",
            "authenticationFlows": {"transferMethods": "authenticationTransfer, deviceCodeFlow"},
        }
    )

    made = Client().post(POLICIES, body).json()["conditions"]

    assert (
        made["users"]["excludeGuestsOrExternalUsers"]["guestOrExternalUserTypes"]
        == "internalGuest,serviceProvider"
    )
    assert made["insiderRiskLevels"] == "minor,elevated"
    assert made["authenticationFlows"]["transferMethods"] == "deviceCodeFlow,authenticationTransfer"


def test_a_strength_is_written_by_id_and_read_in_full() -> None:
    client = Client()
    body = policy(grantControls=grant(authenticationStrength={"id": MFA_STRENGTH}))

    made = client.post(POLICIES, body).json()

    assert made["grantControls"]["authenticationStrength"]["displayName"] == "Multifactor authentication"
    assert "authenticationStrength@odata.context" in made["grantControls"]


def test_an_update_keeps_what_it_leaves_out_and_answers_nothing() -> None:
    client = Client()
    before = client.read(f"{POLICIES}/{NH_10}")

    answer = client.patch(f"{POLICIES}/{NH_10}", {"displayName": "NH-10 Final"})

    after = client.read(f"{POLICIES}/{NH_10}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert after["displayName"] == "NH-10 Final"
    assert after["modifiedDateTime"] > before["modifiedDateTime"]
    assert after["conditions"] == before["conditions"]


def test_a_block_that_is_sent_replaces_the_stored_one() -> None:
    client = Client()

    client.patch(f"{POLICIES}/{NH_10}", {"conditions": {"signInRiskLevels": ["high"]}})

    after = client.read(f"{POLICIES}/{NH_10}")["conditions"]
    assert after["signInRiskLevels"] == ["high"]
    assert after["users"]["excludeGroups"] == []


def test_a_block_that_is_sent_may_be_merged_into_the_stored_one() -> None:
    client = Client(settings=Settings(merges_blocks=True))
    kinds = "#microsoft.graph.conditionalAccess{}ExternalTenants"
    some = {"@odata.type": kinds.format("Enumerated"), "membershipKind": "enumerated", "members": [NOBODY]}
    every = {"@odata.type": kinds.format("All"), "membershipKind": "all"}
    guests = {"guestOrExternalUserTypes": "serviceProvider", "externalTenants": some}
    made = client.post(POLICIES, policy(conditions=users(excludeGuestsOrExternalUsers=guests))).json()

    other = {**guests, "externalTenants": every}
    sent = {"includeUsers": ["All"], "excludeGuestsOrExternalUsers": other}
    answer = client.patch(f"{POLICIES}/{made['id']}", {"conditions": {"users": sent}})

    after = client.read(f"{POLICIES}/{made['id']}")["conditions"]
    assert (answer.status_code, after["applications"]) == (204, made["conditions"]["applications"])
    assert after["users"]["excludeGuestsOrExternalUsers"] == other


def test_null_clears_a_block() -> None:
    client = Client()
    made = client.post(POLICIES, policy(sessionControls=SESSION)).json()

    client.patch(f"{POLICIES}/{made['id']}", {"sessionControls": None})

    assert client.read(f"{POLICIES}/{made['id']}")["sessionControls"] is None


def test_security_defaults_stop_only_what_is_enabled() -> None:
    company = tenant() | {"policies/identitySecurityDefaultsEnforcementPolicy": {"isEnabled": True}}
    client = Client(company)

    status, message = refusal(client.post(POLICIES, policy(state="enabled")))

    assert (status, message.startswith("Security Defaults is enabled in the tenant.")) == (400, True)
    assert client.post(POLICIES, policy(state="disabled")).status_code == 201
    assert client.post(POLICIES, policy(state="enabledForReportingButNotEnforced")).status_code == 201


def test_without_a_licence_policies_are_read_and_not_written() -> None:
    client = Client(tenant() | {"subscribedSkus": []})

    status, message = refusal(client.post(POLICIES, policy()))

    assert (status, "not licensed" in message) == (403, True)
    assert refusal(client.patch(f"{POLICIES}/{NH_10}", {"state": "disabled"}))[0] == 403
    assert client.get(POLICIES).status_code == 200


def test_a_lapsed_licence_counts_for_nothing() -> None:
    company = tenant()
    company["subscribedSkus"][0]["capabilityStatus"] = "Suspended"

    assert refusal(Client(company).post(POLICIES, policy()))[0] == 403


def test_the_tenant_holds_so_many_policies() -> None:
    client = Client(settings=Settings(policies=4))

    assert client.post(POLICIES, policy()).status_code == 201
    assert refusal(client.post(POLICIES, policy()))[0] == 400


def test_ids_that_lead_nowhere_stay_in_a_loaded_policy() -> None:
    company = tenant()
    company[POLICIES][1]["conditions"]["users"]["excludeUsers"] = [NOBODY]
    client = Client(company)
    held = client.read(f"{POLICIES}/{NH_10}")["conditions"]["users"]["excludeUsers"]
    block = conditions(users={"includeGroups": [NEW_HIRES], "excludeUsers": [NOBODY, MIA]})

    assert held == [NOBODY]
    assert client.patch(f"{POLICIES}/{NH_10}", {"conditions": block}).status_code == 204
    assert refusal(client.patch(f"{POLICIES}/{CA_01}", {"conditions": block}))[0] == 400


def test_a_loaded_policy_of_another_shape_is_served_as_it_is() -> None:
    company = tenant()
    strange = {
        "conditions": {
            "locations": [],
            "platforms": [],
            "applications": {"includeApplications": ["all"]},
            "agents": {},
        },
        "grantControls": {"operator": None, "authenticationStrength": {"id": NOBODY, "displayName": "Gone"}},
        "blockSensitiveActions": True,
    }
    company[POLICIES][1] |= strange
    client = Client(company)

    found = client.read(f"{POLICIES}/{NH_10}")

    assert found["conditions"]["locations"] == []
    assert found["conditions"]["agents"] == {}
    assert found["blockSensitiveActions"] is True
    assert found["grantControls"]["authenticationStrength"]["displayName"] == "Gone"
    assert client.patch(f"{POLICIES}/{NH_10}", {"state": "disabled"}).status_code == 204
    assert dump(client.store)[POLICIES][1]["conditions"]["platforms"] == []


def test_a_loaded_policy_without_blocks_is_served() -> None:
    company = tenant()
    company[POLICIES][1] |= {"conditions": None, "grantControls": None, "sessionControls": SESSION}

    client = Client(company)
    found = client.read(f"{POLICIES}/{NH_10}")

    assert found["conditions"] is None
    assert dump(client.store)[POLICIES][1]["grantControls"] is None
    assert found["sessionControls"]["secureSignInSession"] is None
    assert (
        client.patch(f"{POLICIES}/{NH_10}", {"grantControls": grant(builtInControls=["mfa"])}).status_code
        == 204
    )
    assert "1032" in refusal(client.patch(f"{POLICIES}/{NH_10}", {"grantControls": PASSWORD_CHANGE}))[1]


def test_flags_from_elsewhere_survive_an_update_of_something_else() -> None:
    company = tenant()
    company[POLICIES][1]["conditions"]["authenticationFlows"] = {
        "transferMethods": "protocolFlows,deviceCodeFlow"
    }
    client = Client(company)

    client.patch(f"{POLICIES}/{NH_10}", {"state": "disabled"})

    found = client.read(f"{POLICIES}/{NH_10}")["conditions"]["authenticationFlows"]
    assert found == {"transferMethods": "protocolFlows,deviceCodeFlow"}


def test_a_loaded_workload_policy_without_users_is_for_no_user() -> None:
    company = tenant()
    workload = {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}
    company[POLICIES][1]["conditions"] |= {"users": None, "clientApplications": workload}

    found = Client(company).read(f"{POLICIES}/{NH_10}")["conditions"]["users"]

    assert (found["includeUsers"], found["excludeGroups"]) == (["None"], [])


def test_newer_members_show_only_to_those_who_ask() -> None:
    client = Client()
    body = policy(
        conditions=conditions(platforms={"includePlatforms": ["all"], "excludePlatforms": ["linux"]}),
        grantControls=grant(builtInControls=["riskRemediation"]),
    )
    made = client.post(POLICIES, body).json()
    path = f"{POLICIES}/{made['id']}"

    assert made["grantControls"]["builtInControls"] == ["unknownFutureValue"]
    assert client.read(path)["conditions"]["platforms"]["excludePlatforms"] == ["unknownFutureValue"]
    answer = client.get(path, EVERY_MEMBER)
    assert answer.json()["conditions"]["platforms"]["excludePlatforms"] == ["linux"]
    assert answer.headers["preference-applied"] == "include-unknown-enum-members"


def test_both_addresses_lead_to_the_same_policies() -> None:
    client = Client()

    client.delete(f"policies/conditionalAccessPolicies/{NH_10}")

    assert refusal(client.get(f"{POLICIES}/{NH_10}"))[0] == 404
    assert refusal(client.patch(f"{POLICIES}/{NH_10}", {}))[0] == 404
    assert refusal(client.delete(f"{POLICIES}/{NH_10}"))[0] == 404
    assert len(client.read(POLICIES.upper())["value"]) == 2


def test_a_deleted_policy_comes_back_with_its_id() -> None:
    client, bin_ = Client(), "identity/conditionalAccess/deletedItems/policies"
    before = client.read(f"{POLICIES}/{NH_10}")

    assert client.delete(f"{POLICIES}/{NH_10}").status_code == 204
    deleted = client.read(bin_)["value"]
    assert [item["id"] for item in deleted] == [NH_10]
    assert deleted[0]["deletedDateTime"]
    assert client.read(f"{bin_}/{NH_10}")["displayName"] == before["displayName"]
    restored = client.post(f"{bin_}/{NH_10}/restore", {})

    assert (restored.status_code, restored.json()["id"]) == (200, NH_10)
    assert client.read(f"{POLICIES}/{NH_10}")["conditions"] == before["conditions"]
    assert client.read(bin_)["value"] == []


def test_a_purged_policy_is_gone() -> None:
    client, bin_ = Client(), "identity/conditionalAccess/deletedItems/policies"
    client.delete(f"{POLICIES}/{NH_10}")

    assert client.delete(f"{bin_}/{NH_10}").status_code == 204

    assert refusal(client.delete(f"{bin_}/{NH_10}"))[0] == 404
    assert refusal(client.post(f"{bin_}/{NH_10}/restore", {}))[0] == 404


def test_there_is_no_put() -> None:
    assert refusal(Client().send("PUT", f"{POLICIES}/{NH_10}", policy()))[0] == 405


def test_an_unknown_strength_address_is_not_found() -> None:
    assert refusal(Client().get(f"{STRENGTHS}/{NOBODY}"))[0] == 404
