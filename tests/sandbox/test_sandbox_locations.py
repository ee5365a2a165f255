"""Named locations and authentication contexts."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_tools import COUNTRIES, HEADQUARTERS, LOCATIONS, NH_10, POLICIES, Client, conditions, refusal

from tapctl.sandbox import Settings
from tapctl.sandbox.seed import tenant

CONTEXTS = "identity/conditionalAccess/authenticationContextClassReferences"
IP = "#microsoft.graph.ipNamedLocation"
COUNTRY = "#microsoft.graph.countryNamedLocation"


def ranges(*addresses: str, version: int = 4) -> list[dict[str, str]]:
    return [
        {"@odata.type": f"#microsoft.graph.iPv{version}CidrRange", "cidrAddress": each} for each in addresses
    ]


def ip(**changes: Any) -> dict[str, Any]:
    return {"@odata.type": IP, "displayName": "Branch", "ipRanges": ranges("198.51.100.0/24")} | changes


def country(**changes: Any) -> dict[str, Any]:
    return {"@odata.type": COUNTRY, "displayName": "North", "countriesAndRegions": ["NO", "SE"]} | changes


def test_a_new_location_has_type_dates_and_defaults() -> None:
    client = Client()

    at, abroad = client.post(LOCATIONS, ip()).json(), client.post(LOCATIONS, country()).json()

    assert (at["@odata.type"], at["isTrusted"], at["createdDateTime"]) == (IP, False, at["modifiedDateTime"])
    assert abroad["countryLookupMethod"] == "clientIpAddress"
    assert abroad["includeUnknownCountriesAndRegions"] is False
    assert client.read(f"{LOCATIONS}/{at['id']}")["ipRanges"] == ranges("198.51.100.0/24")


ACCEPTED = [
    ip(ipRanges=ranges("2001:db8::/32", version=6)),
    ip(ipRanges=ranges("2001:db8::/32")),
    ip(ipRanges=ranges("10.0.0.0/8", "198.51.100.7/22")),
    country(countriesAndRegions=[], includeUnknownCountriesAndRegions=True),
]


@pytest.mark.parametrize("body", ACCEPTED)
def test_good_locations_are_accepted(body: dict[str, Any]) -> None:
    assert Client().post(LOCATIONS, body).status_code == 201


REFUSED = [
    (ip(ipRanges=[]), "needs ipRanges"),
    ({"displayName": "x"}, "@odata.type"),
    (ip(countriesAndRegions=["NO"]), "no property"),
    (ip(createdDateTime="2024-01-01T00:00:00Z"), "read-only"),
    (ip(ipRanges=[{"cidrAddress": "198.51.100.0/24"}]), "@odata.type"),
    (ip(ipRanges=ranges("198.51.100.0")), "prefix"),
    (ip(ipRanges=ranges("198.51.100/24x")), "not a CIDR"),
    (ip(ipRanges=ranges("10.0.0.0/7")), "too wide"),
    (ip(ipRanges=ranges("10.0.0.0/8", version=6)), "not an IPv6"),
    (country(countriesAndRegions=[]), "needs countriesAndRegions"),
    (country(countriesAndRegions=["Norway"]), "two-letter"),
    (country(countryLookupMethod=""), "not a value"),
]


@pytest.mark.parametrize(("body", "why"), REFUSED)
def test_bad_locations_are_refused(body: dict[str, Any], why: str) -> None:
    status, message = refusal(Client().post(LOCATIONS, body))

    assert (status, why in message) == (400, True), message


def test_locations_have_limits() -> None:
    client = Client(settings=Settings(locations=2, ranges=1))

    assert "limit" in refusal(client.post(LOCATIONS, ip()))[1]
    assert "at most 1" in refusal(client.post(LOCATIONS, ip(ipRanges=ranges("10.0.0.0/8", "11.0.0.0/8"))))[1]


def test_an_update_replaces_what_it_holds() -> None:
    client = Client()

    body = {"@odata.type": COUNTRY, "countriesAndRegions": ["NO"]}
    assert client.patch(f"{LOCATIONS}/{COUNTRIES}", body).status_code == 204

    after = client.read(f"{LOCATIONS}/{COUNTRIES}")
    assert (after["countriesAndRegions"], after["displayName"]) == (["NO"], "Countries we hire in")
    assert after["modifiedDateTime"] > after["createdDateTime"]


def test_an_update_keeps_the_type_and_sends_ranges_with_trust() -> None:
    client = Client()

    assert "@odata.type" in refusal(client.patch(f"{LOCATIONS}/{HEADQUARTERS}", {"displayName": "x"}))[1]
    assert "type" in refusal(client.patch(f"{LOCATIONS}/{HEADQUARTERS}", country()))[1]
    assert (
        "ipRanges"
        in refusal(client.patch(f"{LOCATIONS}/{HEADQUARTERS}", {"@odata.type": IP, "isTrusted": False}))[1]
    )


def test_a_trusted_location_is_not_deleted() -> None:
    client = Client()

    assert "trusted" in refusal(client.delete(f"{LOCATIONS}/{HEADQUARTERS}"))[1]
    client.patch(f"{LOCATIONS}/{HEADQUARTERS}", ip(isTrusted=False))

    assert client.delete(f"{LOCATIONS}/{HEADQUARTERS}").status_code == 204


def test_a_location_in_use_is_not_deleted() -> None:
    client = Client()
    block = conditions(locations={"includeLocations": ["All"], "excludeLocations": [COUNTRIES]})
    client.patch(f"{POLICIES}/{NH_10}", {"conditions": block})

    assert "NH-10 Draft" in refusal(client.delete(f"{LOCATIONS}/{COUNTRIES}"))[1]


def test_a_deleted_location_comes_back() -> None:
    client, bin_ = Client(), "identity/conditionalAccess/deletedItems/namedLocations"

    client.delete(f"{LOCATIONS}/{COUNTRIES}")
    assert refusal(client.get(f"{LOCATIONS}/{COUNTRIES}"))[0] == 404
    assert refusal(client.delete(f"{LOCATIONS}/{COUNTRIES}"))[0] == 404
    assert client.post(f"{bin_}/{COUNTRIES}/restore", {}).status_code == 200

    assert client.read(f"{LOCATIONS}/{COUNTRIES}")["displayName"] == "Countries we hire in"


def test_without_a_licence_locations_are_not_written() -> None:
    client = Client(tenant() | {"subscribedSkus": []})

    assert refusal(client.post(LOCATIONS, ip()))[0] == 403


def test_a_location_of_a_kind_from_elsewhere_is_served() -> None:
    strange = {
        "id": "a",
        "@odata.type": "#microsoft.graph.compliantNetworkNamedLocation",
        "displayName": "Net",
    }

    found = Client({LOCATIONS: [strange]}).read(f"{LOCATIONS}/a")

    assert found["@odata.type"] == strange["@odata.type"]


def test_updating_an_unused_context_makes_it() -> None:
    client = Client()

    assert client.patch(f"{CONTEXTS}/C7", {}).status_code == 204
    assert client.patch(f"{CONTEXTS}/c7", {"id": "c7", "displayName": "Wire money"}).status_code == 204

    assert client.read(f"{CONTEXTS}?$filter=isAvailable eq false")["value"] == [
        {"id": "c7", "displayName": "Wire money", "description": None, "isAvailable": False}
    ]
    assert client.read(f"{CONTEXTS}/c7")["displayName"] == "Wire money"


@pytest.mark.parametrize(
    ("identifier", "body"),
    [("c0", {}), ("c100", {}), ("x", {}), ("c1", {"id": "c2"}), ("c1", {"name": "x"}), ("c1", [])],
)
def test_bad_contexts_are_refused(identifier: str, body: Any) -> None:
    assert refusal(Client().patch(f"{CONTEXTS}/{identifier}", body))[0] == 400


def test_a_context_is_deleted_once_nobody_sees_or_uses_it() -> None:
    client = Client()
    client.patch(f"{CONTEXTS}/c1", {"isAvailable": True})
    block = conditions(applications={"includeAuthenticationContextClassReferences": ["c1"]})
    client.patch(f"{POLICIES}/{NH_10}", {"conditions": block})

    assert refusal(client.delete(f"{CONTEXTS}/c1"))[0] == 403
    client.patch(f"{CONTEXTS}/c1", {"isAvailable": False})
    assert refusal(client.delete(f"{CONTEXTS}/c1"))[0] == 400
    client.delete(f"{POLICIES}/{NH_10}")
    assert client.delete(f"{CONTEXTS}/c1").status_code == 204

    assert refusal(client.get(f"{CONTEXTS}/c1"))[0] == 404
