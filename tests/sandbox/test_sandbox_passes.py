"""A person's authentication methods, the Temporary Access Pass, and the report about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sandbox_tools import ALL_STAFF, INGRID, JONAS, METHODS, MIA, NEW_HIRES, Client, refusal

from tapctl.sandbox import Store
from tapctl.sandbox.seed import tenant

PASSES = f"users/{MIA}/authentication/temporaryAccessPassMethods"
ALL = f"users/{MIA}/authentication/methods"
TAP = f"{METHODS}/TemporaryAccessPass"
TYPE = {"@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration"}
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
REPORT = "reports/authenticationMethods/userRegistrationDetails"


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def test_the_code_is_shown_once_and_kept_nowhere(tmp_path: Path) -> None:
    store = Store(tmp_path / "sandbox.db")
    client = Client(store=store)

    made = client.post(PASSES, {"lifetimeInMinutes": 60})
    code = made.json()["temporaryAccessPass"]

    assert (made.status_code, len(code)) == (201, 8)
    assert client.read(PASSES)["value"][0]["temporaryAccessPass"] is None
    store.close()
    assert not any(code.encode() in path.read_bytes() for path in tmp_path.iterdir())


def test_a_new_pass_has_the_policys_values() -> None:
    client = Client()
    client.patch(TAP, TYPE | {"defaultLength": 12, "defaultLifetimeInMinutes": 90, "isUsableOnce": True})

    made = client.post(PASSES, {}).json()

    assert (len(made["temporaryAccessPass"]), made["lifetimeInMinutes"], made["isUsableOnce"]) == (
        12,
        90,
        True,
    )
    assert (made["isUsable"], made["methodUsabilityReason"]) == (True, "EnabledByPolicy")


def test_a_second_pass_replaces_the_first() -> None:
    client = Client()
    first, second = client.post(PASSES, {}).json(), client.post(PASSES, {}).json()

    assert [item["id"] for item in client.read(PASSES)["value"]] == [second["id"]]
    assert refusal(client.get(f"{PASSES}/{first['id']}"))[0] == 404


def test_a_new_pass_leaves_other_methods_alone() -> None:
    client = Client()

    client.post(f"users/{JONAS}/authentication/temporaryAccessPassMethods", {})

    assert len(client.read(f"users/{JONAS}/authentication/methods")["value"]) == 3


def test_a_pass_is_deleted() -> None:
    client = Client()
    made = client.post(
        PASSES, {"@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod"}
    ).json()

    assert client.delete(f"{PASSES}/{made['id']}").status_code == 204

    assert client.read(PASSES)["value"] == []
    assert refusal(client.delete(f"{PASSES}/{made['id']}"))[0] == 404


REFUSED = [
    ({"lifetimeInMinutes": 59}, "The valid range between 60 and 1440."),
    ({"lifetimeInMinutes": 1441}, "Invalid LifetimeInMinutes specified."),
    ({"lifetimeInMinutes": 5}, "between 10 and 43200"),
    ({"temporaryAccessPass": "secret"}, "read-only"),
    ({"startDateTime": "soon"}, "startDateTime"),
    ({"startDateTime": "2026-01-01T00:00:00Z"}, "must not be in the past"),
    ({"nonsense": 1}, "no property"),
]


@pytest.mark.parametrize(("body", "why"), REFUSED)
def test_bad_passes_are_refused(body: dict[str, Any], why: str) -> None:
    answer = Client().post(PASSES, body)

    status, message = refusal(answer)
    assert (status, answer.json()["error"]["code"], why in message) == (400, "badRequest", True), message


def test_a_lifetime_outside_the_policy_repeats_its_message() -> None:
    error = Client().post(PASSES, {"lifetimeInMinutes": 59}).json()["error"]

    assert error["innerError"]["message"] == error["message"]


def test_the_policy_has_the_last_word() -> None:
    client = Client()
    client.patch(TAP, TYPE | {"isUsableOnce": True})
    assert "once" in refusal(client.post(PASSES, {"isUsableOnce": False}))[1]

    client.patch(TAP, TYPE | {"state": "disabled"})

    assert "not enabled" in refusal(client.post(PASSES, {}))[1]


def test_nobody_makes_a_pass_for_themselves_or_for_a_guest() -> None:
    client = Client()
    guest = "users/10000000-0000-4000-8000-000000000801/authentication/temporaryAccessPassMethods"

    assert refusal(client.post("me/authentication/temporaryAccessPassMethods", {}))[0] == 403
    assert "external guest" in refusal(client.post(guest, {}))[1]


def reason(client: Client) -> tuple[bool, str]:
    found = client.read(PASSES)["value"][0]
    return found["isUsable"], found["methodUsabilityReason"]


def test_a_pass_ages() -> None:
    clock = Clock()
    client = Client(store=Store(clock=clock))
    client.post(PASSES, {"startDateTime": (NOON + timedelta(hours=1)).isoformat(), "lifetimeInMinutes": 60})

    assert reason(client) == (False, "NotYetValid")
    clock.now = NOON + timedelta(hours=1)
    assert reason(client) == (True, "EnabledByPolicy")
    clock.now = NOON + timedelta(hours=2)
    assert reason(client) == (False, "Expired")


POLICY_CHANGES = [
    {"state": "disabled"},
    {"isUsableOnce": True},
    {"excludeTargets": [{"id": NEW_HIRES, "targetType": "group"}]},
    {"includeTargets": [{"id": "20000000-0000-4000-8000-000000000003", "targetType": "group"}]},
]


@pytest.mark.parametrize("change", POLICY_CHANGES)
def test_a_pass_outside_the_policy_exists_and_is_not_usable(change: dict[str, Any]) -> None:
    client = Client()
    client.post(PASSES, {"isUsableOnce": False})

    client.patch(TAP, TYPE | change)

    assert reason(client) == (False, "DisabledByPolicy")


def test_scope_goes_through_groups() -> None:
    client = Client()
    client.post(PASSES, {})

    client.patch(TAP, TYPE | {"includeTargets": [{"id": ALL_STAFF, "targetType": "group"}]})

    assert reason(client) == (True, "EnabledByPolicy")


def test_a_used_pass_stays_used() -> None:
    company = tenant()
    company[ALL] = [
        {
            "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod",
            "id": "a",
            "startDateTime": "2026-11-02T12:00:00Z",
            "lifetimeInMinutes": 60,
            "isUsableOnce": True,
            "methodUsabilityReason": "OneTimeUsed",
        }
    ]

    assert reason(Client(company)) == (False, "OneTimeUsed")


def test_everybody_has_a_password_that_stays() -> None:
    client = Client()
    path = f"users/{MIA}/authentication/passwordMethods/28c10230-6103-485e-b985-444c60001490"

    assert [item["@odata.type"] for item in client.read(ALL)["value"]] == [
        "#microsoft.graph.passwordAuthenticationMethod"
    ]
    assert client.read(path)["password"] is None
    assert refusal(client.delete(path))[0] == 400


def test_methods_are_listed_together_and_by_kind() -> None:
    client = Client()

    every = client.read("me/authentication/methods")["value"]
    keys = client.read("me/authentication/fido2Methods")["value"]

    assert len(every) == 3
    assert [item["model"] for item in keys] == ["Security key"]
    assert client.read(f"me/authentication/methods/{keys[0]['id']}")["passkeyType"] == "deviceBound"
    assert client.delete(f"users/{INGRID}/authentication/fido2Methods/{keys[0]['id']}").status_code == 204
    assert client.read("me/authentication/fido2Methods")["value"] == []


def test_method_lists_take_no_query_options() -> None:
    assert refusal(Client().get(f"{PASSES}?$select=id"))[0] == 400


def test_the_report_counts_what_people_registered() -> None:
    client = Client()

    rows = {row["userPrincipalName"].split("@")[0]: row for row in client.read(REPORT)["value"]}

    assert rows["ingrid.solberg"]["methodsRegistered"] == ["microsoftAuthenticatorPush", "passKeyDeviceBound"]
    assert (rows["ingrid.solberg"]["isAdmin"], rows["ingrid.solberg"]["isPasswordlessCapable"]) == (
        True,
        True,
    )
    assert (rows["jonas.weber"]["isMfaCapable"], rows["jonas.weber"]["isPasswordlessCapable"]) == (
        True,
        False,
    )
    assert (rows["mia.larsen"]["isMfaRegistered"], rows["mia.larsen"]["methodsRegistered"]) == (False, [])
    assert client.read(f"{REPORT}/{JONAS}")["userType"] == "member"
    assert len(client.read(f"{REPORT}?$filter=isMfaCapable eq false")["value"]) == 4


def test_an_authenticator_with_a_device_is_passwordless() -> None:
    company = tenant()
    company[ALL] = [
        {
            "@odata.type": "#microsoft.graph.microsoftAuthenticatorAuthenticationMethod",
            "id": "a",
            "device": {"id": "d"},
        },
        {"@odata.type": "#microsoft.graph.qrCodePinAuthenticationMethod", "id": "b"},
    ]

    row = Client(company).read(f"{REPORT}/{MIA}")

    assert row["methodsRegistered"] == ["microsoftAuthenticatorPush", "microsoftAuthenticatorPasswordless"]
    assert row["isPasswordlessCapable"] is True


def test_disabled_accounts_are_missing_from_the_report() -> None:
    company = tenant()
    company["users"][0]["accountEnabled"] = False
    client = Client(company)

    assert refusal(client.get(f"{REPORT}/{INGRID}"))[0] == 404
    assert len(client.read(REPORT)["value"]) == 19


def test_reports_need_a_licence() -> None:
    client = Client(tenant() | {"subscribedSkus": []})

    for path in (REPORT, f"{REPORT}/{MIA}", "auditLogs/signIns", "auditLogs/signIns/x"):
        answer = client.get(path)
        assert refusal(answer)[0] == 403
        assert answer.json()["error"]["code"] == "Authentication_RequestFromNonPremiumTenantOrB2CTenant"


def test_sign_ins_are_served_newest_first() -> None:
    client = Client(tenant() | {"auditLogs/signIns": [{"id": "old"}, {"id": "new"}]})

    assert [item["id"] for item in client.read("auditLogs/signIns")["value"]] == ["new", "old"]
    assert client.read("auditLogs/signIns/old")["id"] == "old"
    assert refusal(client.get("auditLogs/signIns/none"))[0] == 404
