"""The authentication methods policy, its configurations, and security defaults."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_tools import METHODS, NEW_HIRES, Client, refusal

POLICY = "policies/authenticationMethodsPolicy"
DEFAULTS = "policies/identitySecurityDefaultsEnforcementPolicy"
TAP = f"{METHODS}/temporaryAccessPass"
PASS = "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration"
NOBODY = "99999999-0000-4000-8000-000000000001"


def tap(**changes: Any) -> dict[str, Any]:
    return {"@odata.type": PASS} | changes


def test_the_policy_brings_every_method_of_v1() -> None:
    shown = Client().read(POLICY)

    assert [item["id"] for item in shown["authenticationMethodConfigurations"]] == [
        "Fido2",
        "MicrosoftAuthenticator",
        "Sms",
        "TemporaryAccessPass",
        "SoftwareOath",
        "Voice",
        "Email",
        "X509Certificate",
        "QRCodePin",
        "VerifiableCredentials",
    ]
    assert len(Client().read(METHODS)["value"]) == 10


def test_an_update_keeps_the_rest_and_answers_nothing() -> None:
    client = Client()

    answer = client.patch(TAP, tap(isUsableOnce=True, id="temporaryaccesspass"))

    after = client.read(TAP)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (after["isUsableOnce"], after["maximumLifetimeInMinutes"], after["id"]) == (
        True,
        1440,
        "TemporaryAccessPass",
    )
    assert "includeTargets@odata.context" in after


def test_targets_are_replaced_whole() -> None:
    client = Client()
    target = {"id": NEW_HIRES, "targetType": "group", "isRegistrationRequired": False}

    client.patch(TAP, tap(includeTargets=[target]))

    assert client.read(TAP)["includeTargets"] == [target]


REFUSED = [
    {"isUsableOnce": True},
    {"@odata.type": "#microsoft.graph.fido2AuthenticationMethodConfiguration"},
    tap(id="Fido2"),
    tap(state="on"),
    tap(defaultLength=49),
    tap(minimumLifetimeInMinutes=9),
    tap(maximumLifetimeInMinutes=43201),
    tap(defaultLifetimeInMinutes=2000),
    tap(minimumLifetimeInMinutes=120),
    tap(isUsableOnce="yes"),
    tap(nonsense=1),
    tap(**{"includeTargets@odata.context": "x"}),
    tap(includeTargets=[{"id": NOBODY, "targetType": "group"}]),
    tap(excludeTargets=[{"id": NOBODY, "targetType": "user"}]),
    [],
]


@pytest.mark.parametrize("body", REFUSED)
def test_bad_settings_of_passes_are_refused(body: Any) -> None:
    assert refusal(Client().patch(TAP, body))[0] == 400


def test_lifetimes_move_together() -> None:
    body = tap(minimumLifetimeInMinutes=10, defaultLifetimeInMinutes=15, maximumLifetimeInMinutes=20)

    assert Client().patch(TAP, body).status_code == 204


def test_a_lifetime_of_null_is_not_compared() -> None:
    assert Client().patch(TAP, tap(minimumLifetimeInMinutes=None)).status_code == 204


def test_deleting_a_built_in_method_resets_it() -> None:
    client = Client()

    assert client.delete(TAP).status_code == 204

    after = client.read(TAP)
    assert (after["state"], after["maximumLifetimeInMinutes"]) == ("disabled", 480)


EXTERNAL = {
    "@odata.type": "#microsoft.graph.externalAuthenticationMethodConfiguration",
    "displayName": "Signpost",
    "appId": "39000000-0000-4000-8000-000000000001",
    "openIdConnectSetting": {"clientId": "c", "discoveryUrl": "https://id.example/.well-known"},
}


def test_an_external_method_comes_and_goes() -> None:
    client = Client()

    made = client.post(METHODS, EXTERNAL)
    path = f"{METHODS}/{made.json()['id']}"
    assert (made.status_code, made.json()["state"]) == (201, "disabled")
    assert client.patch(path, {"@odata.type": EXTERNAL["@odata.type"], "state": "enabled"}).status_code == 204
    assert client.read(path)["state"] == "enabled"
    assert client.delete(path).status_code == 204

    assert refusal(client.get(path))[0] == 404


def test_nothing_but_a_whole_external_method_can_be_added() -> None:
    client = Client()
    half = {key: value for key, value in EXTERNAL.items() if key != "appId"}

    assert "Only an external" in refusal(client.post(METHODS, tap()))[1]
    assert "appId" in refusal(client.post(METHODS, half))[1]


def test_the_policy_answers_its_update() -> None:
    client = Client()
    campaign = {
        "state": "enabled",
        "snoozeDurationInDays": 0,
        "includeTargets": [{"id": NEW_HIRES, "targetType": "group", "targetedAuthenticationMethod": "Fido2"}],
        "excludeTargets": [],
    }
    body = {"registrationEnforcement": {"authenticationMethodsRegistrationCampaign": campaign}}

    answer = client.patch(POLICY, body | {"reconfirmationInDays": 90})

    assert answer.status_code == 200
    assert answer.json()["registrationEnforcement"] == body["registrationEnforcement"]
    assert client.read(POLICY)["reconfirmationInDays"] == 90


@pytest.mark.parametrize(
    "body",
    [
        {"displayName": "x"},
        {"authenticationMethodConfigurations": []},
        {"policyMigrationState": "done"},
        {
            "registrationEnforcement": {
                "authenticationMethodsRegistrationCampaign": {"snoozeDurationInDays": 15, "state": "enabled"}
            }
        },
    ],
)
def test_bad_policies_are_refused(body: dict[str, Any]) -> None:
    assert refusal(Client().patch(POLICY, body))[0] == 400


def test_security_defaults_are_switched() -> None:
    client = Client()
    assert client.read(DEFAULTS)["isEnabled"] is False

    assert client.patch(DEFAULTS, {"isEnabled": True}).status_code == 204

    assert client.read(DEFAULTS)["isEnabled"] is True
    assert refusal(client.patch(DEFAULTS, {"displayName": "x"}))[0] == 400
