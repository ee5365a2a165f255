"""A tenant goes in and comes out again; the seeded company is always the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_tools import (
    BREAK_GLASS,
    EVERY_MEMBER,
    LOCATIONS,
    METHODS,
    MIA,
    POLICIES,
    STRENGTHS,
    Client,
    policy,
    refusal,
)

from tapctl.sandbox import Misbehaviour, Store, dump, load, reset
from tapctl.sandbox.seed import GROUPS, tenant

NOBODY = "99999999-0000-4000-8000-000000000001"


def test_what_restricts_a_combination_has_an_id_as_in_graph() -> None:
    restriction = {
        "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
        "appliesToCombinations": ["fido2"],
        "allowedAAGUIDs": [NOBODY],
    }
    strength = {
        "id": NOBODY,
        "displayName": "S",
        "allowedCombinations": ["fido2"],
        "combinationConfigurations": [restriction, {**restriction, "id": NOBODY}],
    }
    (found,) = [
        item for item in dump(Client({STRENGTHS: [strength]}).store)[STRENGTHS] if item["id"] == NOBODY
    ]

    first, second = found["combinationConfigurations"]
    assert first["id"]
    assert second["id"] == NOBODY


def test_what_was_dumped_loads_to_the_same() -> None:
    client = Client()
    client.post(
        POLICIES, policy(grantControls={"authenticationStrength": {"id": f"{0:08}-0000-0000-0000-{2:012}"}})
    )
    client.post(STRENGTHS, {"displayName": "S", "allowedCombinations": ["qrCodePin"]})
    client.post(f"users/{MIA}/authentication/temporaryAccessPassMethods", {})
    client.delete(f"{POLICIES}/{GROUPS['New hires'].replace('2', '4', 1)}")
    first = dump(client.store)

    other = Client(json.loads(json.dumps(first)))

    assert dump(other.store) == first
    assert other.read(POLICIES, EVERY_MEMBER) == client.read(POLICIES, EVERY_MEMBER)
    assert other.read("me") == client.read("me")


def test_resetting_brings_the_same_company_every_time() -> None:
    one, other = Store(), Store()
    reset(one)
    reset(other)
    other.put("groups", {"id": "x"})

    reset(other)

    assert dump(one) == dump(other)


def test_a_dump_holds_what_get_answers() -> None:
    client = Client()

    dumped = dump(client.store)

    links = ("authenticationStrength@odata.context",)
    served = client.read(POLICIES, EVERY_MEMBER)["value"]
    for item in served:
        item["grantControls"] = {k: v for k, v in item["grantControls"].items() if k not in links}
    assert dumped[POLICIES] == served
    assert dumped[LOCATIONS] == client.read(LOCATIONS)["value"]
    assert len(dumped["policies/authenticationMethodsPolicy"]["authenticationMethodConfigurations"]) == 10
    emergency = [f"10000000-0000-4000-8000-00000000090{n}" for n in "12"]
    assert dumped["groups"][0]["members"] == emergency


def test_what_is_left_out_is_empty_or_the_services_own() -> None:
    client = Client({})

    assert client.read("groups")["value"] == client.read(POLICIES)["value"] == []
    assert len(client.read(STRENGTHS)["value"]) == 3
    assert client.read(f"{METHODS}/TemporaryAccessPass")["state"] == "disabled"
    assert client.read("policies/identitySecurityDefaultsEnforcementPolicy")["isEnabled"] is False
    assert len(client.read("organization")["value"]) == len(client.read("subscribedSkus")["value"]) == 1


def test_device_settings_are_the_services_own_but_for_what_was_loaded() -> None:
    path = "policies/deviceRegistrationPolicy"
    loaded = {"multiFactorAuthConfiguration": "required", "userDeviceQuota": 20}

    assert Client({}).read(path)["multiFactorAuthConfiguration"] == "notRequired"
    assert loaded.items() <= Client({path: loaded}).read(path).items()


def test_a_tenant_is_always_somebodys() -> None:
    assert len(Client({"organization": []}).read("organization")["value"]) == 1
    assert Client({"organization": [{"id": "o"}]}).read("organization")["value"] == [{"id": "o"}]


def test_unknown_properties_are_kept_and_served() -> None:
    group = {"id": "a", "displayName": "A", "invented": {"deep": [1]}, "members": [NOBODY]}

    client = Client({"groups": [group], "my/own/things": [{"name": "without an id"}]})

    assert client.read("groups/a")["invented"] == {"deep": [1]}
    assert dump(client.store)["groups"][0]["members"] == [NOBODY]
    assert dump(client.store)["my/own/things"][0]["name"] == "without an id"


def test_configurations_left_out_are_as_they_came() -> None:
    tap = {"id": "TemporaryAccessPass", "state": "enabled", "invented": 1}

    client = Client({"policies/authenticationMethodsPolicy": {"authenticationMethodConfigurations": [tap]}})

    assert client.read(f"{METHODS}/TemporaryAccessPass")["invented"] == 1
    assert client.read(f"{METHODS}/TemporaryAccessPass")["defaultLength"] == 8
    assert client.read(f"{METHODS}/Sms")["state"] == "disabled"


def test_a_built_in_strength_is_what_the_tenant_says() -> None:
    client = Client(
        {
            STRENGTHS: [
                {"id": f"{0:08}-0000-0000-0000-{4:012}", "displayName": "Renamed", "policyType": "builtIn"}
            ]
        }
    )

    assert client.read(f"{STRENGTHS}/00000000-0000-0000-0000-000000000004")["displayName"] == "Renamed"


def test_addresses_that_mean_the_same_load_alike() -> None:
    client = Client({"policies/conditionalAccessPolicies": [{**policy(), "id": "p"}]})

    assert client.read(f"{POLICIES}/p")["displayName"] == "Require MFA for new hires"


@pytest.mark.parametrize(
    "content", [{"groups": {}}, {"groups": [1]}, {"policies/authenticationMethodsPolicy": []}]
)
def test_a_file_of_another_shape_is_refused_and_changes_nothing(content: dict[str, Any]) -> None:
    client = Client()

    with pytest.raises(ValueError, match="expected"):
        load(client.store, content)

    assert len(client.read("groups")["value"]) == 5


def test_every_seeded_policy_leaves_the_emergency_accounts_out() -> None:
    for item in tenant()[POLICIES]:
        assert item["conditions"]["users"]["excludeGroups"] == [BREAK_GLASS]


def test_the_seed_would_be_accepted_by_its_own_rules() -> None:
    client = Client()

    for item in tenant()[POLICIES]:
        body = {
            key: value
            for key, value in item.items()
            if key in ("displayName", "state", "conditions", "grantControls")
        }
        assert client.post(POLICIES, body).status_code == 201
    for item in tenant()["policies/authenticationMethodsPolicy"]["authenticationMethodConfigurations"]:
        assert client.patch(f"{METHODS}/{item['id']}", item).status_code == 204


names = st.text(min_size=1, max_size=20)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.fixed_dictionaries({"id": st.uuids().map(str), "displayName": names, "x": names}), max_size=5)
)
def test_any_groups_survive_a_round_trip(groups: list[dict[str, Any]]) -> None:
    store, other = Store(), Store()
    load(store, {"groups": groups})

    load(other, dump(store))

    assert [(g["id"], g["x"]) for g in dump(other).get("groups", [])] == [(g["id"], g["x"]) for g in groups]


@settings(max_examples=25, deadline=None)
@given(st.permutations(["state", "displayName", "grantControls", "conditions"]))
def test_the_order_of_updates_does_not_matter(order: list[str]) -> None:
    client, body = Client(), policy()
    path = f"{POLICIES}/40000000-0000-4000-8000-000000000002"

    for name in order:
        assert client.patch(path, {name: body[name]}).status_code == 204

    after = client.read(path)
    assert after["grantControls"]["builtInControls"] == ["mfa"]
    assert (after["state"], after["displayName"]) == (body["state"], body["displayName"])


def test_a_null_tenant_answers_in_graphs_way() -> None:
    assert refusal(Client({}).get("users/x"))[0] == 404


def test_a_secret_in_a_file_is_not_kept() -> None:
    path = f"users/{MIA}/authentication/methods"
    loaded = {
        "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod",
        "id": "a",
        "temporaryAccessPass": "hunter2!",
        "createdDateTime": "2026-11-02T12:00:00Z",
        "lifetimeInMinutes": 60,
        "isUsableOnce": True,
    }

    client = Client(tenant() | {path: [loaded]})

    assert "hunter2!" not in json.dumps(dump(client.store))
    assert client.read(path)["value"][1]["methodUsabilityReason"] == "Expired"


def test_a_second_pass_replaces_one_that_readers_do_not_see_yet() -> None:
    client = Client(misbehaviour=Misbehaviour(lag_reads=9))
    path = f"users/{MIA}/authentication/temporaryAccessPassMethods"
    client.post(path, {})
    client.post(path, {})

    assert len(dump(client.store)[f"users/{MIA}/authentication/methods"]) == 1
