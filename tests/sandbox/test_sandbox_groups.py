"""Groups, their members and owners."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_tools import ADVANCED, ALL_STAFF, BREAK_GLASS, INGRID, MIA, NEW_HIRES, Client, refusal

NOBODY = "99999999-0000-4000-8000-000000000001"
LINK = "https://graph.microsoft.com/v1.0/directoryObjects"
DYNAMIC = {
    "groupTypes": ["DynamicMembership"],
    "membershipRule": 'user.department -eq "Sales"',
    "membershipRuleProcessingState": "On",
}


def group(**changes: Any) -> dict[str, Any]:
    return {
        "displayName": "Pilots",
        "mailEnabled": False,
        "mailNickname": "pilots",
        "securityEnabled": True,
    } | changes


def made(client: Client, **changes: Any) -> str:
    answer = client.post("groups", group(**changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["value"]]


def test_a_new_group_is_found_by_name() -> None:
    client = Client()
    identifier = made(client, **{"@odata.type": "#microsoft.graph.group", "description": "First to fly"})

    found = client.read("groups?$filter=displayName eq 'Pilots' and securityEnabled eq true")["value"]

    assert [item["id"] for item in found] == [identifier]
    assert (found[0]["groupTypes"], found[0]["deletedDateTime"]) == ([], None)


REFUSED = [
    {"displayName": None},
    {"displayName": ""},
    {"displayName": "x" * 257},
    {"mailNickname": "two words"},
    {"mailNickname": "x" * 65},
    {"mailEnabled": True},
    {"securityEnabled": False},
    {"groupTypes": ["Static"]},
    {"groupTypes": ["DynamicMembership"]},
    {"membershipRule": "x", "membershipRuleProcessingState": "On"},
    DYNAMIC | {"isAssignableToRole": True},
    {"nonsense": 1},
    {"id": NOBODY},
    {"members@odata.bind": [f"{LINK}/{NOBODY}"]},
    {"members@odata.bind": [MIA]},
    {"owners@odata.bind": [f"{LINK}/{MIA}"] * 21},
]


@pytest.mark.parametrize("changes", REFUSED)
def test_bad_groups_are_refused(changes: dict[str, Any]) -> None:
    assert refusal(Client().post("groups", group(**changes)))[0] == 400


def test_members_and_owners_come_with_the_group() -> None:
    client = Client()
    members = [f"{LINK}/{MIA}", f"https://graph.microsoft.com/v1.0/groups/{NEW_HIRES}"]
    bound = {"members@odata.bind": members, "owners@odata.bind": [f"{LINK}/{INGRID}"]}

    identifier = made(client, **bound)

    assert ids(client.read(f"groups/{identifier}/members")) == [MIA, NEW_HIRES]
    assert ids(client.read(f"groups/{identifier}/members/microsoft.graph.user")) == [MIA]
    assert ids(client.read(f"groups/{identifier}/owners")) == [INGRID]
    assert len(ids(client.read(f"groups/{identifier}/transitiveMembers"))) == 4
    assert ids(client.read(f"groups/{identifier}/transitiveMembers/microsoft.graph.group")) == [NEW_HIRES]


def test_expansion_brings_twenty_members_at_most() -> None:
    client = Client()

    found = client.read("groups?$expand=members($select=id)&$filter=displayName eq 'Break glass'")["value"][0]

    assert [member["id"][-3:] for member in found["members"]] == ["901", "902"]
    assert set(found["members"][0]) == {"@odata.type", "id"}
    assert client.read(f"groups/{NEW_HIRES}?$expand=owners")["owners"] == []
    assert refusal(client.get("groups?$expand=drives"))[0] == 400


def test_an_update_keeps_the_rest_and_adds_members() -> None:
    client = Client()
    body = {"description": "New", "members@odata.bind": [f"{LINK}/{INGRID}", f"{LINK}/{MIA}"]}

    assert client.patch(f"groups/{NEW_HIRES}", body).status_code == 204

    assert client.read(f"groups/{NEW_HIRES}")["description"] == "New"
    assert len(ids(client.read(f"groups/{NEW_HIRES}/members"))) == 4


def test_membership_can_become_dynamic_and_back() -> None:
    client = Client()
    identifier = made(client)

    assert client.patch(f"groups/{identifier}", DYNAMIC).status_code == 204
    assert refusal(client.patch(f"groups/{identifier}", {"groupTypes": []}))[0] == 400
    back: dict[str, Any] = {"groupTypes": [], "membershipRuleProcessingState": "Paused"}
    assert client.patch(f"groups/{identifier}", back).status_code == 204


@pytest.mark.parametrize("body", [{"isAssignableToRole": True}, {"uniqueName": "x"}, {"mailEnabled": True}])
def test_some_properties_are_for_life(body: dict[str, Any]) -> None:
    assert refusal(Client().patch(f"groups/{NEW_HIRES}", body))[0] == 400


def test_members_are_added_and_removed_one_by_one() -> None:
    client = Client()
    path = f"groups/{BREAK_GLASS}/members"

    assert client.post(f"{path}/$ref", {"@odata.id": f"{LINK}/{MIA}"}).status_code == 204
    assert refusal(client.post(f"{path}/$ref", {"@odata.id": f"{LINK}/{MIA}"}))[0] == 400
    assert MIA in ids(client.read(path))
    assert client.delete(f"{path}/{MIA}/$ref").status_code == 204
    assert refusal(client.delete(f"{path}/{MIA}/$ref"))[0] == 404

    assert refusal(client.post(f"{path}/$ref", {"@odata.id": f"{LINK}/{NOBODY}"}))[0] == 404
    assert refusal(client.post(f"{path}/$ref", {}))[0] == 400
    assert client.post(f"groups/{NEW_HIRES}/owners/$ref", {"@odata.id": f"{LINK}/{MIA}"}).status_code == 204


def test_dynamic_members_are_nobodys_to_change() -> None:
    client = Client()

    assert refusal(client.post(f"groups/{ALL_STAFF}/members/$ref", {"@odata.id": f"{LINK}/{MIA}"}))[0] == 400
    assert refusal(client.delete(f"groups/{ALL_STAFF}/members/{MIA}/$ref"))[0] == 400
    assert refusal(client.patch(f"groups/{ALL_STAFF}", {"members@odata.bind": [f"{LINK}/{MIA}"]}))[0] == 400
    assert client.post(f"groups/{ALL_STAFF}/owners/$ref", {"@odata.id": f"{LINK}/{MIA}"}).status_code == 204


def test_a_deleted_group_can_be_restored() -> None:
    client = Client()

    assert client.delete(f"groups/{NEW_HIRES}").status_code == 204
    assert refusal(client.get(f"groups/{NEW_HIRES}"))[0] == 404
    assert ids(client.read("directory/deletedItems/microsoft.graph.group")) == [NEW_HIRES]
    assert client.read(f"directory/deletedItems/{NEW_HIRES}")["deletedDateTime"]
    assert client.post(f"directory/deletedItems/{NEW_HIRES}/restore", {}).json()["id"] == NEW_HIRES
    assert refusal(client.get(f"directory/deletedItems/{NEW_HIRES}"))[0] == 404

    assert len(ids(client.read(f"groups/{NEW_HIRES}/members"))) == 3
    assert refusal(client.post(f"directory/deletedItems/{NEW_HIRES}/restore", {}))[0] == 404


def test_unknown_groups_are_not_found() -> None:
    client = Client()

    assert refusal(client.delete(f"groups/{NOBODY}"))[0] == 404
    assert refusal(client.get(f"groups/{NOBODY}/members"))[0] == 404
    assert refusal(client.get(f"groups/{NOBODY}/memberOf"))[0] == 404


def test_members_that_lead_nowhere_are_left_out_of_answers() -> None:
    loaded = {"groups": [{"id": NEW_HIRES, "displayName": "X", "members": [NOBODY]}]}
    client = Client(loaded)

    assert client.read(f"groups/{NEW_HIRES}/members")["value"] == []
    assert client.read(f"groups/{NEW_HIRES}/transitiveMembers")["value"] == []


def test_groups_within_groups_belong_to_their_containers() -> None:
    client = Client()
    outer = made(client, **{"members@odata.bind": [f"{LINK}/{NEW_HIRES}"]})
    top = made(client, **{"members@odata.bind": [f"{LINK}/{outer}"]})
    client.post(f"groups/{NEW_HIRES}/members/$ref", {"@odata.id": f"{LINK}/{top}"})  # a circle

    assert ids(client.read(f"groups/{NEW_HIRES}/memberOf")) == [outer]
    assert set(ids(client.read(f"groups/{NEW_HIRES}/transitiveMemberOf"))) == {outer, top, NEW_HIRES}
    cast = "microsoft.graph.group?$count=true&$select=id"
    assert len(ids(client.read(f"groups/{NEW_HIRES}/transitiveMemberOf/{cast}", ADVANCED))) == 3
    assert {MIA, NEW_HIRES} <= set(ids(client.read(f"groups/{top}/transitiveMembers")))
