"""Authentication strengths and what they allow."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_tools import EVERY_MEMBER, NH_10, POLICIES, STRENGTHS, Client, refusal

from tapctl.sandbox import Settings
from tapctl.sandbox.seed import tenant

PASSWORDLESS = "00000000-0000-0000-0000-000000000003"
FIDO2 = {
    "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
    "appliesToCombinations": ["fido2"],
    "allowedAAGUIDs": ["cb69481e-8ff7-4039-93ec-0a2729a154a8"],
}


def strength(**changes: Any) -> dict[str, Any]:
    return {"displayName": "Bootstrap", "allowedCombinations": ["fido2", "sms, password"]} | changes


def made(client: Client, **changes: Any) -> Any:
    answer = client.post(STRENGTHS, strength(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_built_in_strengths_are_served_and_stay_as_they_are() -> None:
    client = Client()

    found = client.read(f"{STRENGTHS}?$filter=policyType eq 'builtIn'")["value"]

    assert [item["id"][-1] for item in found] == ["2", "3", "4"]
    assert refusal(client.patch(f"{STRENGTHS}/{PASSWORDLESS}", {"displayName": "x"}))[0] == 400
    assert refusal(client.delete(f"{STRENGTHS}/{PASSWORDLESS}"))[0] == 400


def test_combinations_read_back_in_graphs_spelling() -> None:
    found = made(Client(), description="For day one")

    assert found["allowedCombinations"] == ["fido2", "password,sms"]
    assert (found["policyType"], found["requirementsSatisfied"]) == ("custom", "mfa")
    assert found["combinationConfigurations"] == []
    assert "combinationConfigurations@odata.context" in found


def test_a_single_factor_satisfies_nothing() -> None:
    assert made(Client(), allowedCombinations=["password"])["requirementsSatisfied"] == "none"


REFUSED = [
    {"displayName": ""},
    {"allowedCombinations": []},
    {"allowedCombinations": ["fido2", "fido2"]},
    {"allowedCombinations": ["fido2,sms"]},
    {"allowedCombinations": ["password,password"]},
    {"allowedCombinations": ["carrier pigeon"]},
    {"policyType": "builtIn"},
    {"createdDateTime": "2024-01-01T00:00:00Z"},
    {"combinationConfigurations": [FIDO2 | {"appliesToCombinations": []}]},
    {"combinationConfigurations": [FIDO2], "allowedCombinations": ["password"]},
]


@pytest.mark.parametrize("changes", REFUSED)
def test_bad_strengths_are_refused(changes: dict[str, Any]) -> None:
    assert refusal(Client().post(STRENGTHS, strength(**changes)))[0] == 400


def test_a_tenant_holds_so_many_strengths_and_needs_a_licence() -> None:
    assert "limit" in refusal(Client(settings=Settings(strengths=0)).post(STRENGTHS, strength()))[1]
    assert refusal(Client(tenant() | {"subscribedSkus": []}).post(STRENGTHS, strength()))[0] == 403


def test_an_update_changes_name_and_description_only() -> None:
    client = Client()
    path = f"{STRENGTHS}/{made(client)['id']}"

    assert client.patch(path, {"displayName": "Start", "description": "x"}).status_code == 204
    assert refusal(client.patch(path, {"allowedCombinations": ["fido2"]}))[0] == 400

    assert client.read(path)["displayName"] == "Start"


def test_combinations_change_through_their_own_action() -> None:
    client = Client()
    found = made(client)
    path = f"{STRENGTHS}/{found['id']}"
    client.patch(f"{POLICIES}/{NH_10}", {"grantControls": {"authenticationStrength": {"id": found["id"]}}})

    result = client.post(f"{path}/updateAllowedCombinations", {"allowedCombinations": ["fido2"]})

    assert result.status_code == 200
    assert result.json()["previousCombinations"] == ["fido2", "password,sms"]
    assert result.json()["currentCombinations"] == ["fido2"]
    assert result.json()["conditionalAccessReferences"] == [NH_10]
    assert client.read(path)["allowedCombinations"] == ["fido2"]


@pytest.mark.parametrize(
    "body", [{}, {"allowedCombinations": []}, {"allowedCombinations": ["fido2"], "x": 1}, []]
)
def test_a_bad_list_of_combinations_is_refused(body: Any) -> None:
    client = Client()
    path = f"{STRENGTHS}/{made(client)['id']}/updateAllowedCombinations"

    assert refusal(client.post(path, body))[0] == 400


def test_a_strength_in_use_is_not_deleted() -> None:
    client = Client()
    found = made(client)
    path = f"{STRENGTHS}/{found['id']}"
    client.patch(f"{POLICIES}/{NH_10}", {"grantControls": {"authenticationStrength": {"id": found["id"]}}})

    assert "NH-10 Draft" in refusal(client.delete(path))[1]
    assert [item["id"] for item in client.read(f"{path}/usage")["mfa"]] == [NH_10]
    client.delete(f"{POLICIES}/{NH_10}")

    assert client.delete(path).status_code == 204
    assert refusal(client.get(path))[0] == 404


def test_usage_tells_the_sides_apart() -> None:
    client = Client()
    found = made(client, allowedCombinations=["password"])
    client.patch(f"{POLICIES}/{NH_10}", {"grantControls": {"authenticationStrength": {"id": found["id"]}}})

    usage = client.read(f"{STRENGTHS}/{found['id']}/usage()")

    assert (usage["mfa"], len(usage["none"])) == ([], 1)


def test_configurations_are_a_collection_of_their_own() -> None:
    client = Client()
    path = f"{STRENGTHS}/{made(client)['id']}/combinationConfigurations"

    created = client.post(path, FIDO2)
    one = f"{path}/{created.json()['id']}"
    assert created.status_code == 201
    assert client.patch(one, FIDO2 | {"allowedAAGUIDs": []}).status_code == 204
    assert client.read(one)["allowedAAGUIDs"] == []
    assert len(client.read(path)["value"]) == 1
    assert client.delete(one).status_code == 204

    assert client.read(path)["value"] == []
    assert refusal(client.get(one))[0] == 404


def test_a_loaded_strength_that_says_null_of_its_configurations_is_like_any_other() -> None:
    one = "60000000-0000-4000-8000-000000000077"
    client = Client({STRENGTHS: [strength(id=one, policyType="custom", combinationConfigurations=None)]})
    path = f"{STRENGTHS}/{one}/combinationConfigurations"

    assert client.read(path)["value"] == []
    assert refusal(client.get(f"{path}/x"))[0] == 404
    action = f"{STRENGTHS}/{one}/updateAllowedCombinations"
    assert client.post(action, {"allowedCombinations": ["fido2"]}).status_code == 200
    assert client.post(path, FIDO2).status_code == 201


def test_configurations_may_come_with_the_strength() -> None:
    client = Client()
    found = made(client, combinationConfigurations=[FIDO2, FIDO2])
    path = f"{STRENGTHS}/{found['id']}/combinationConfigurations"
    other = {"@odata.type": "#microsoft.graph.x509CertificateCombinationConfiguration"}

    assert found["combinationConfigurations"][0]["allowedAAGUIDs"] == FIDO2["allowedAAGUIDs"]
    one = f"{path}/{found['combinationConfigurations'][1]['id']}"
    assert "type" in refusal(client.patch(one, other))[1]
    assert refusal(client.post(path, {"appliesToCombinations": ["fido2"]}))[0] == 400
    assert refusal(client.post(path, FIDO2 | {"appliesToCombinations": ["password"]}))[0] == 400


@pytest.mark.parametrize("rest", ["", "/usage", "/combinationConfigurations", "/combinationConfigurations/x"])
def test_an_unknown_strength_is_not_found(rest: str) -> None:
    assert refusal(Client().get(f"{STRENGTHS}/99999999-0000-4000-8000-000000000001{rest}"))[0] == 404


def test_an_unknown_strength_is_not_changed() -> None:
    path = f"{STRENGTHS}/99999999-0000-4000-8000-000000000001"

    assert refusal(Client().patch(path, {"displayName": "x"}))[0] == 404


def test_newer_methods_show_only_to_those_who_ask() -> None:
    client = Client()
    path = f"{STRENGTHS}/{made(client, allowedCombinations=['qrCodePin', 'fido2'])['id']}"

    assert client.read(path)["allowedCombinations"] == ["unknownFutureValue", "fido2"]
    assert client.read(path, EVERY_MEMBER)["allowedCombinations"] == ["qrCodePin", "fido2"]


def test_what_a_loaded_strength_holds_is_no_part_of_a_request() -> None:
    kept = {
        "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
        "appliesToCombinations": ["fido2"],
        "allowedAAGUIDs": None,
    }
    strength = {"id": "5", "displayName": "S", "policyType": "custom", "allowedCombinations": ["fido2"]}
    client = Client({**tenant(), STRENGTHS: [{**strength, "combinationConfigurations": [kept]}]})

    result = client.post(
        f"{STRENGTHS}/5/updateAllowedCombinations", {"allowedCombinations": ["fido2", "sms"]}
    )

    assert result.status_code == 200
    (held,) = client.get(f"{STRENGTHS}/5").json()["combinationConfigurations"]
    assert held.items() >= kept.items()
    assert held["id"]
