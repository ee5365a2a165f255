"""What a loaded tenant holds beyond v1.0 can be made again; what nobody ever saw is refused."""

from __future__ import annotations

from typing import Any

from sandbox_tools import LOCATIONS, METHODS, POLICIES, STRENGTHS, Client, conditions, policy, refusal

from tapctl.sandbox import dump, load, reset

AGENTS = {"includeAgentUsers": ["All"]}
PREVIEW = policy(
    conditions=conditions(
        agents=AGENTS,
        clientAppTypes=["all", "hologram"],
        applications={"includeApplications": ["AllAgentIdResources"]},
        users={
            "includeGuestsOrExternalUsers": {
                "guestOrExternalUserTypes": "internalGuest,alien",
                "externalTenants": {
                    "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
                    "members": ["%tenant%"],
                },
            }
        },
    ),
    sessionControls={"continuousAccessEvaluation": {"mode": "strictEnforcement"}},
)
NETWORK = {
    "@odata.type": "#microsoft.graph.compliantNetworkNamedLocation",
    "displayName": "All compliant networks",
    "compliantNetworkType": "allTenantCompliantNetworks",
}
STRENGTH = {"displayName": "S", "allowedCombinations": ["fido2,telepathy"], "policyType": "custom"}


def tenant() -> dict[str, Any]:
    strange = {
        "id": "Sms",
        "@odata.type": "#microsoft.graph.smsAuthenticationMethodConfiguration",
        "loud": True,
    }
    return {
        POLICIES: [{"id": "p", **PREVIEW, "partialEnablementStrategy": None}],
        LOCATIONS: [{"id": "l", **NETWORK}],
        STRENGTHS: [{"id": "s", **STRENGTH}],
        "policies/authenticationMethodsPolicy": {"authenticationMethodConfigurations": [strange]},
    }


def test_what_a_tenant_answered_with_it_takes_back() -> None:
    client = Client(tenant())
    load(client.store, {})

    for path, body in ((POLICIES, PREVIEW), (LOCATIONS, NETWORK), (STRENGTHS, STRENGTH)):
        assert client.post(path, body).status_code == 201
    typed = {"@odata.type": "#microsoft.graph.smsAuthenticationMethodConfiguration", "loud": False}
    assert client.patch(f"{METHODS}/Sms", typed).status_code == 204
    (made,) = client.read(POLICIES)["value"]
    assert made["conditions"]["agents"] == AGENTS
    guests = made["conditions"]["users"]["includeGuestsOrExternalUsers"]
    assert guests["guestOrExternalUserTypes"] == "internalGuest,alien"


def test_what_nobody_ever_saw_is_refused() -> None:
    client = Client({})

    for path, body in ((POLICIES, PREVIEW), (LOCATIONS, NETWORK), (STRENGTHS, STRENGTH)):
        assert client.post(path, body).status_code == 400


def test_a_null_that_answers_carry_teaches_nothing() -> None:
    client = Client(tenant())

    status, message = refusal(client.post(POLICIES, policy(partialEnablementStrategy=None)))

    assert (status, message[:4]) == (400, "1007")


def test_a_reset_forgets() -> None:
    client = Client(tenant())

    reset(client.store)

    assert client.post(LOCATIONS, NETWORK).status_code == 400


def test_what_is_remembered_is_no_content() -> None:
    client = Client(tenant())
    load(client.store, {})
    fresh = Client({})

    assert dump(client.store) == dump(fresh.store)
