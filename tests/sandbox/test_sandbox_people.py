"""People of the sandbox use their passes and register methods, so that a pass can be followed to its end."""

from __future__ import annotations

import pytest
from sandbox_tools import METHODS, MIA, Client

from tapctl.sandbox import sign_in

NAME = "mia.larsen@nordwind.example"
PASSES = f"users/{MIA}/authentication/temporaryAccessPassMethods"


def test_a_pass_opens_registration_once() -> None:
    client = Client()
    client.post(PASSES, {"isUsableOnce": True})

    first = sign_in(client.store, NAME, register="fido2")
    second = sign_in(client.store, MIA)

    assert (first["status"]["errorCode"], first["userId"]) == (0, MIA)
    assert second["status"]["failureReason"] == "OneTimeUsed"
    assert client.read(PASSES)["value"][0]["methodUsabilityReason"] == "OneTimeUsed"
    assert len(client.read(f"users/{MIA}/authentication/fido2Methods")["value"]) == 1
    assert len(client.read("auditLogs/signIns")["value"]) == 2


def test_a_pass_for_many_uses_opens_again() -> None:
    client = Client()
    client.post(PASSES, {"isUsableOnce": False})

    codes = [sign_in(client.store, NAME)["status"]["errorCode"] for _ in range(2)]

    assert codes == [0, 0]


def test_the_person_is_the_one_who_registered() -> None:
    client = Client()
    client.post(PASSES, {})
    sign_in(client.store, NAME, register="windowsHelloForBusiness")

    record = client.read("auditLogs/directoryAudits")["value"][0]

    assert record["activityDisplayName"] == "User registered security info"
    assert record["initiatedBy"]["user"]["userPrincipalName"] == NAME


def test_without_a_pass_nothing_is_registered() -> None:
    client = Client()

    entry = sign_in(client.store, NAME, register="fido2")

    assert entry["status"]["failureReason"] == "NoTemporaryAccessPass"
    assert client.read(f"users/{MIA}/authentication/fido2Methods")["value"] == []


def test_strangers_and_other_methods_are_errors() -> None:
    store = Client().store

    with pytest.raises(KeyError, match="nobody"):
        sign_in(store, "nobody@nordwind.example")
    with pytest.raises(ValueError, match="not one of"):
        sign_in(store, NAME, register="carrier pigeon")


def test_settings_of_null_count_as_they_came() -> None:
    client = Client()
    nulls = {"defaultLength": None, "minimumLifetimeInMinutes": None, "includeTargets": None}
    kind = "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration"
    client.patch(f"{METHODS}/TemporaryAccessPass", {"@odata.type": kind, **nulls})

    made = client.post(PASSES, {}).json()

    assert (len(made["temporaryAccessPass"]), made["isUsable"]) == (8, True)
