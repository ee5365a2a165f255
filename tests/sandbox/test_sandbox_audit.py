"""Every change leaves a record in the audit log, with Graph's names for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sandbox_tools import (
    COUNTRIES,
    LOCATIONS,
    METHODS,
    MIA,
    NEW_HIRES,
    NH_10,
    POLICIES,
    STRENGTHS,
    Client,
    policy,
    refusal,
)
from test_sandbox_directory import bearer

AUDITS = "auditLogs/directoryAudits"
CONTEXT = "identity/conditionalAccess/authenticationContextClassReferences/c1"
TAP = {
    "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration",
    "isUsableOnce": True,
}
PASS = f"users/{MIA}/authentication/temporaryAccessPassMethods"
STRENGTH = {"displayName": "S", "allowedCombinations": ["fido2"]}
CHANGES: list[tuple[str, str, Any, str, str]] = [
    ("POST", POLICIES, policy(), "Add Conditional Access policy", "Policy"),
    ("PATCH", f"{POLICIES}/{NH_10}", {"state": "disabled"}, "Update Conditional Access policy", "Policy"),
    ("DELETE", f"{POLICIES}/{NH_10}", None, "Delete Conditional Access policy", "Policy"),
    ("DELETE", f"{LOCATIONS}/{COUNTRIES}", None, "Delete named location", "Policy"),
    ("PATCH", CONTEXT, {}, "Add AuthenticationContextClassReference", "Policy"),
    ("POST", STRENGTHS, STRENGTH, "Authentication Strength Policy Create", "ApplicationManagement"),
    (
        "PATCH",
        f"{METHODS}/TemporaryAccessPass",
        TAP,
        "Authentication Methods Policy Update",
        "ApplicationManagement",
    ),
    ("DELETE", f"{METHODS}/Sms", None, "Authentication Methods Policy Reset", "ApplicationManagement"),
    ("POST", PASS, {}, "Admin registered security info", "UserManagement"),
    ("PATCH", f"groups/{NEW_HIRES}", {"description": "x"}, "Update group", "GroupManagement"),
    (
        "PATCH",
        "policies/identitySecurityDefaultsEnforcementPolicy",
        {"isEnabled": False},
        "Update security defaults",
        "Policy",
    ),
]


@pytest.mark.parametrize(("method", "path", "body", "activity", "category"), CHANGES)
def test_changes_are_recorded(method: str, path: str, body: Any, activity: str, category: str) -> None:
    client = Client()
    assert client.send(method, path, body).status_code < 300

    record = client.read(AUDITS)["value"][0]

    assert (record["activityDisplayName"], record["category"]) == (activity, category)
    assert record["initiatedBy"]["user"]["userPrincipalName"] == "ingrid.solberg@nordwind.example"
    assert record["initiatedBy"]["app"] is None


def test_a_refused_change_is_not_recorded() -> None:
    client = Client()
    client.patch(f"{POLICIES}/{NH_10}", {"state": "on"})

    assert client.read(AUDITS)["value"] == []


def test_before_and_after_are_json_inside_text() -> None:
    client = Client()
    client.patch(f"{POLICIES}/{NH_10}", {"state": "disabled"})

    change = client.read(AUDITS)["value"][0]["targetResources"][0]["modifiedProperties"][0]

    assert json.loads(change["oldValue"])["state"] == "enabled"
    assert json.loads(change["newValue"])["state"] == "disabled"


def test_method_records_hold_only_what_changed() -> None:
    client = Client()
    client.patch(f"{METHODS}/TemporaryAccessPass", TAP)

    change = client.read(AUDITS)["value"][0]["targetResources"][0]["modifiedProperties"][0]

    assert json.loads(change["newValue"]).keys() == {"@odata.type", "id", "isUsableOnce"}
    assert json.loads(change["oldValue"])["isUsableOnce"] is False


def test_a_pass_leaves_no_trace_of_its_code() -> None:
    client = Client()
    code = client.post(PASS, {}).json()["temporaryAccessPass"]

    assert code not in client.get(AUDITS).text


def test_records_are_found_by_target_actor_and_time() -> None:
    client = Client()
    client.patch(f"{POLICIES}/{NH_10}", {"state": "disabled"})
    client.patch(CONTEXT, {})
    record = client.read(AUDITS)["value"][0]
    wanted = (
        f"category eq 'Policy' and targetResources/any(t:t/id eq '{NH_10}')"
        " and activityDateTime ge 2020-01-01 and startswith(activityDisplayName,'Update')"
    )

    assert len(client.read(f"{AUDITS}?$filter={wanted}&$top=5&$orderby=activityDateTime desc")["value"]) == 1
    assert client.read(f"{AUDITS}/{record['id']}")["activityDisplayName"].startswith("Add Auth")
    assert refusal(client.get(f"{AUDITS}/none"))[0] == 404
    assert refusal(client.get(f"{AUDITS}?$filter=operationType eq 'Update'"))[0] == 400


def test_applications_and_strangers_are_named() -> None:
    client = Client(bearer=bearer(idtyp="app", appid="p", app_displayname="Pipeline"))
    client.patch(CONTEXT, {})
    assert client.read(AUDITS)["value"][0]["initiatedBy"]["app"]["displayName"] == "Pipeline"

    stranger = Client(bearer=bearer(oid="o", upn="guest@elsewhere.example"))
    stranger.patch(CONTEXT, {})

    initiator = stranger.read(AUDITS)["value"][0]["initiatedBy"]["user"]
    assert (initiator["id"], initiator["userPrincipalName"]) == ("o", "guest@elsewhere.example")
