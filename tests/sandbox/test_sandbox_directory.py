"""People, applications, roles and the organisation are looked up as in Graph."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from sandbox_tools import BREAK_GLASS, INGRID, JONAS, MIA, NEW_HIRES, Client, refusal

from tapctl.sandbox import Store, load
from tapctl.sandbox.seed import GROUPS, PEOPLE, TENANT
from tapctl.sandbox.tenant import role_templates

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
AUTHENTICATION_ADMINISTRATOR = "c4e39bd9-1100-46d3-8c65-fb160da0071f"
NOBODY = "99999999-0000-4000-8000-000000000001"


def bearer(**claims: Any) -> str:
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{middle}.x"


def test_people_are_found_by_id_and_by_name() -> None:
    client = Client()

    assert client.read(f"users/{MIA}")["displayName"] == "Mia Larsen"
    assert client.read("users/MIA.larsen@nordwind.example")["id"] == MIA
    assert (
        client.read("users/anna.kovacs_partner.example%23EXT%23@nordwind.example")["displayName"]
        == "Anna Kovacs"
    )
    assert refusal(client.get("users/nobody@nordwind.example"))[0] == 404


def test_the_token_says_who_asks() -> None:
    assert Client().read("me")["id"] == INGRID
    assert Client(bearer=bearer(oid=MIA)).read("me")["id"] == MIA
    assert Client(bearer=bearer()).read("me")["id"] == INGRID
    assert Client(bearer="not.base64!.x").read("me")["id"] == INGRID
    assert Client(bearer=f"e30.{base64.urlsafe_b64encode(b'[]').decode()}.x").read("me")["id"] == INGRID
    assert refusal(Client(bearer=bearer(oid=NOBODY)).get("me"))[0] == 404
    assert refusal(Client(bearer=bearer(idtyp="app", appid="x")).get("me"))[0] == 400


def test_without_a_token_nothing_is_answered() -> None:
    assert refusal(Client(bearer="").get("me"))[0] == 401
    assert refusal(Client().send("GET", "me", headers={"Authorization": "Basic x"}))[0] == 401


def test_a_tenant_that_names_nobody_speaks_for_its_administrator() -> None:
    people = [{"id": "a"}, {"id": "b"}]
    assignment = [
        {"id": "x", "principalId": "a", "roleDefinitionId": "other"},
        {"principalId": "b", "roleDefinitionId": GLOBAL_ADMINISTRATOR},
    ]

    assert Client({"users": people}).read("me")["id"] == "a"
    assert (
        Client({"users": people, "roleManagement/directory/roleAssignments": assignment}).read("me")["id"]
        == "b"
    )
    assert Client({}).read("me")["displayName"] == "Sandbox caretaker"
    assert Client({}).read("me/memberOf")["value"] == []


def test_roles_appear_among_what_people_belong_to() -> None:
    client = Client()

    direct = client.read("me/memberOf")["value"]
    every = client.read("me/transitiveMemberOf")["value"]

    assert "Global Administrator" in [item["displayName"] for item in direct]
    assert "Authentication Administrator" not in [item["displayName"] for item in direct]
    assert "Authentication Administrator" in [item["displayName"] for item in every]
    assert {item["@odata.type"] for item in every} == {
        "#microsoft.graph.group",
        "#microsoft.graph.directoryRole",
    }


def test_a_cast_keeps_one_type() -> None:
    found = Client().read(f"users/{INGRID}/transitiveMemberOf/microsoft.graph.group")["value"]

    assert {item["id"] for item in found} == {GROUPS["All staff"], GROUPS["IT administrators"]}
    assert all("@odata.type" not in item and "members" not in item for item in found)


def test_membership_is_checked_for_many_groups_at_once() -> None:
    client = Client()
    path = f"users/{MIA}/checkMemberGroups"

    assert client.post(path, {"groupIds": [NEW_HIRES, BREAK_GLASS]}).json()["value"] == [NEW_HIRES]
    assert refusal(client.post(path, {}))[0] == 400
    assert refusal(client.post(path, {"groupIds": [NOBODY] * 21}))[0] == 400
    assert refusal(client.post(path, None))[0] == 400


def test_active_roles_have_members() -> None:
    client = Client()
    roles = {role["displayName"]: role for role in client.read("directoryRoles")["value"]}

    by_id = client.read(f"directoryRoles/{roles['Global Administrator']['id']}/members")["value"]
    by_template = client.read(f"directoryRoles(roleTemplateId='{AUTHENTICATION_ADMINISTRATOR}')/members")[
        "value"
    ]

    assert [item["id"] for item in by_id] == [INGRID, PEOPLE["emergency-1"], PEOPLE["emergency-2"]]
    assert [item["id"] for item in by_template] == [GROUPS["IT administrators"]]
    assert refusal(client.get(f"directoryRoles/{NOBODY}"))[0] == 404
    assert refusal(client.get(f"directoryRoles(roleTemplateId='{NOBODY}')"))[0] == 404
    assert client.read(f"directoryRoles(roleTemplateId='{GLOBAL_ADMINISTRATOR}')")["roleTemplateId"]


def test_loaded_roles_keep_their_members_and_gain_assigned_ones() -> None:
    role = {"id": "r", "roleTemplateId": GLOBAL_ADMINISTRATOR, "displayName": "GA", "members": ["a"]}
    assignments = [
        {"principalId": "b", "roleDefinitionId": GLOBAL_ADMINISTRATOR},
        {"principalId": "a", "roleDefinitionId": GLOBAL_ADMINISTRATOR},
        {"principalId": "a", "roleDefinitionId": "a custom role"},
    ]
    client = Client(
        {
            "users": [{"id": "a"}, {"id": "b"}],
            "directoryRoles": [role],
            "roleManagement/directory/roleAssignments": assignments,
        }
    )

    assert [item["id"] for item in client.read("directoryRoles/r/members")["value"]] == ["a", "b"]
    assert client.read("directoryObjects/r")["@odata.type"] == "#microsoft.graph.directoryRole"


def test_templates_and_definitions_share_their_ids() -> None:
    client = Client()

    templates = {item["id"] for item in client.read("directoryRoleTemplates")["value"]}
    definitions = {
        item["id"] for item in client.read("roleManagement/directory/roleDefinitions?$top=999")["value"]
    }

    assert templates == definitions
    assert (
        client.read(f"directoryRoleTemplates/{GLOBAL_ADMINISTRATOR}")["displayName"] == "Global Administrator"
    )
    assert (
        client.read(f"roleManagement/directory/roleDefinitions/{GLOBAL_ADMINISTRATOR}")["isBuiltIn"] is True
    )
    assert refusal(client.get(f"directoryRoleTemplates/{NOBODY}"))[0] == 404


def test_ids_of_any_kind_are_resolved_together() -> None:
    client = Client()
    body = {
        "ids": [MIA, NEW_HIRES, NOBODY, "30000000-0000-4000-8000-000000000001"],
        "types": ["user", "group"],
    }

    some = client.post("directoryObjects/getByIds", body).json()["value"]
    every = client.post("directoryObjects/getByIds", {"ids": body["ids"]}).json()["value"]

    assert [item["@odata.type"] for item in some] == ["#microsoft.graph.user", "#microsoft.graph.group"]
    assert "members" not in some[1]
    assert len(every) == 3
    assert refusal(client.post("directoryObjects/getByIds", {"ids": []}))[0] == 400
    assert refusal(client.post("directoryObjects/getByIds", {"ids": [NOBODY] * 1001}))[0] == 400
    assert refusal(client.post("directoryObjects/getByIds", {"ids": [MIA, "Mia"]}))[0] == 400


def test_one_object_is_found_by_its_id() -> None:
    client = Client()

    assert client.read(f"directoryObjects/{JONAS}")["@odata.type"] == "#microsoft.graph.user"
    assert refusal(client.get(f"directoryObjects/{NOBODY}"))[0] == 404


def test_applications_are_found_by_their_app_id() -> None:
    client = Client()

    found = client.read("servicePrincipals?$filter=appId eq '797f4846-ba00-4fd7-ba43-dac1f8f63013'")["value"]

    assert [item["displayName"] for item in found] == ["Windows Azure Service Management API"]
    assert client.read(f"servicePrincipals/{found[0]['id']}")["appId"] == found[0]["appId"]
    assert refusal(client.get(f"servicePrincipals/{NOBODY}"))[0] == 404


def test_the_organisation_and_its_licences_are_served() -> None:
    client = Client()

    assert client.read("organization")["value"][0]["id"] == TENANT
    assert client.read(f"organization/{TENANT}")["verifiedDomains"][0]["name"] == "nordwind.example"
    plans = client.read("subscribedSkus")["value"][0]["servicePlans"]
    assert {"AAD_PREMIUM", "AAD_PREMIUM_P2"} <= {plan["servicePlanName"] for plan in plans}
    assert refusal(client.get(f"organization/{NOBODY}"))[0] == 404
    assert client.read("identityGovernance/termsOfUse/agreements")["value"] == []
    assert len(client.read("roleManagement/directory/roleAssignments")["value"]) == 6


@pytest.mark.parametrize(
    "path", ["nonsense", "groups/x/y/z", "https://graph.test/beta/me", "https://graph.test/v2"]
)
def test_other_addresses_are_refused(path: str) -> None:
    assert refusal(Client().get(path))[0] == 400


def test_a_body_has_to_be_json() -> None:
    client = Client()

    assert refusal(client.post_text("groups", "{}", "text/plain"))[0] == 415
    assert refusal(client.post_text("groups", "{", "application/json"))[0] == 400
    assert refusal(client.post("groups", []))[0] == 400


def test_errors_carry_the_clients_request_id() -> None:
    answer = Client().get("nonsense", {"client-request-id": "mine"})

    assert answer.json()["error"]["innerError"]["client-request-id"] == "mine"
    assert answer.headers["client-request-id"] == "mine"
    assert answer.headers["request-id"]


def test_a_loaded_tenant_may_bring_newer_roles_along() -> None:
    store = Store()
    newer = {"id": "6b000000-0000-4000-8000-000000000001", "displayName": "Newest Administrator"}

    load(store, {"directoryRoleTemplates": [newer]})

    assert role_templates(store)[newer["id"]] == "Newest Administrator"
    assert "62e90394-69f5-4237-9190-012177145e10" in role_templates(store)


def test_role_assignments_bring_their_principal_on_request() -> None:
    client = Client()
    path = "roleManagement/directory/roleAssignments"
    plain = client.read(path)["value"][0]

    expanded = client.read(f"{path}/{plain['id']}?$expand=principal")

    assert "principal" not in plain
    assert expanded["principal"]["id"] == plain["principalId"]
    assert client.get(f"{path}?$expand=roleDefinition").status_code == 400
    assert client.get(f"{path}/nothing").status_code == 404


@pytest.mark.parametrize("name", ["eligibilitySchedules", "eligibilityScheduleInstances"])
def test_who_may_join_a_group_is_asked_of_one_group_or_person(name: str) -> None:
    path = f"identityGovernance/privilegedAccess/group/{name}"
    item = {"id": "e", "principalId": "p", "accessId": "member", "groupId": "g"}
    client = Client({path: [item, {**item, "id": "f", "groupId": "h"}]})

    assert client.read(f"{path}?$filter=groupId eq 'g'")["value"] == [item]
    assert len(client.read(f"{path}?$filter=principalId eq 'p'")["value"]) == 2
    assert client.get(path).status_code == 400
