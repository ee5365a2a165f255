"""People of the sandbox use their passes and register methods, so that a pass can be followed to its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sandbox_tools import ALL_STAFF, METHODS, MIA, NEW_HIRES, Client, refusal

from tapctl.sandbox import (
    Attempt,
    CannotRegisterError,
    MovedClock,
    Session,
    Store,
    dump,
    offered,
    register,
    sign_in,
)
from tapctl.sandbox.seed import tenant

NAME = "mia.larsen@nordwind.example"
PERSON = f"users/{MIA}/authentication"
PASSES = f"{PERSON}/temporaryAccessPassMethods"
TAP = f"{METHODS}/TemporaryAccessPass"
AUTHENTICATOR = f"{METHODS}/MicrosoftAuthenticator"
AUDITS = "auditLogs/directoryAudits"
REPORT = f"reports/authenticationMethods/userRegistrationDetails/{MIA}"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Story:
    """Mia, her pass, and a clock."""

    def __init__(self, **wishes: Any) -> None:
        self.clock = MovedClock(lambda: NOON)
        self.client = Client(store=Store(clock=self.clock))
        self.store = self.client.store
        self.code = self.issue(**wishes)

    def issue(self, **wishes: Any) -> str:
        return str(self.client.post(PASSES, wishes).json()["temporaryAccessPass"])

    def policy(self, method: str = "temporaryAccessPass", **changes: Any) -> None:
        kind = f"#microsoft.graph.{method}AuthenticationMethodConfiguration"
        name = method[0].upper() + method[1:]
        assert self.client.patch(f"{METHODS}/{name}", {"@odata.type": kind, **changes}).status_code == 204

    def sign_in(self, code: str | None = None) -> Attempt:
        return sign_in(self.store, NAME, self.code if code is None else code)

    def session(self) -> Session:
        session = self.sign_in().session
        assert session is not None
        return session

    def why(self, code: str | None = None) -> tuple[int, str]:
        found = self.sign_in(code).refusal
        assert found is not None
        return found.code, found.why

    def audits(self) -> list[Any]:
        return list(self.client.read(AUDITS)["value"])


def test_a_one_time_pass_opens_once() -> None:
    story = Story(isUsableOnce=True)

    assert story.sign_in().refusal is None
    assert story.why() == (130502, "the pass could be used once, and it was")
    assert story.client.read(PASSES)["value"][0]["methodUsabilityReason"] == "OneTimeUsed"


def test_a_pass_for_many_uses_opens_again() -> None:
    story = Story(isUsableOnce=False)

    assert [story.sign_in().refusal for _ in range(2)] == [None, None]


def test_a_wrong_code_neither_opens_nor_spends() -> None:
    story = Story(isUsableOnce=True)

    for wrong in ("", "wrong", story.code + " ", "\ud800"):
        assert story.why(wrong) == (130507, "this is not the code of the person's pass")
    assert story.sign_in().refusal is None


def test_a_code_is_good_until_the_next_pass() -> None:
    story = Story()
    first = story.code
    story.issue()

    assert story.why(first)[1] == "this is not the code of the person's pass"


def test_without_a_pass_there_is_nothing_to_type() -> None:
    store = Client().store

    found = sign_in(store, MIA, "whatever").refusal

    assert found is not None
    assert found.why == "this person has no pass"


def test_a_pass_waits_for_its_start_and_ends() -> None:
    start = NOON + timedelta(hours=1)
    story = Story(startDateTime=start.isoformat(), lifetimeInMinutes=60)

    assert story.why() == (130507, "the pass is not valid before 2026-11-02 13:00:00 UTC")
    story.clock.move_to(start)
    assert story.sign_in().refusal is None
    story.clock.move_on(timedelta(hours=1))
    assert story.why() == (130504, "the pass was valid until 2026-11-02 14:00:00 UTC")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"state": "disabled"}, "the pass policy is turned off"),
        ({"isUsableOnce": True}, "one-time passes only"),
        ({"excludeTargets": [{"id": NEW_HIRES, "targetType": "group"}]}, "not in the scope"),
        ({"includeTargets": []}, "not in the scope"),
    ],
)
def test_the_policy_counts_when_a_pass_is_used(change: dict[str, Any], why: str) -> None:
    story = Story(isUsableOnce=False)
    story.policy(**change)

    code, found = story.why()

    assert code == 130502
    assert why in found


def test_a_disabled_account_stays_out() -> None:
    company = tenant()
    for user in company["users"]:
        user["accountEnabled"] = user["id"] != MIA
    client = Client(company)
    code = client.post(PASSES, {"isUsableOnce": True}).json()["temporaryAccessPass"]

    found = sign_in(client.store, NAME, code).refusal

    assert found is not None
    assert found.code == 50057
    assert client.read(PASSES)["value"][0]["isUsable"] is True


def test_strangers_are_an_error_and_not_logged() -> None:
    client = Client()

    with pytest.raises(KeyError, match="nobody"):
        sign_in(client.store, "nobody@nordwind.example", "x")
    assert client.read("auditLogs/signIns")["value"] == []


def test_every_attempt_is_logged() -> None:
    story = Story()
    story.sign_in("wrong")
    story.sign_in()

    accepted, refused = story.client.read("auditLogs/signIns")["value"]

    assert (accepted["status"]["errorCode"], refused["status"]["errorCode"]) == (0, 130507)
    assert accepted["userId"] == MIA
    assert accepted["status"]["additionalDetails"] is None


def test_a_method_is_registered_in_the_person_s_own_name() -> None:
    story = Story()
    register(story.store, story.session(), "fido2")

    info, device = story.audits()[:2]

    assert (info["activityDisplayName"], info["resultReason"]) == (
        "User registered security info",
        "User registered Fido2 Authentication Method",
    )
    assert (device["activityDisplayName"], device["loggedByService"]) == (
        "Add FIDO2 security key",
        "Device Registration Service",
    )
    assert info["initiatedBy"]["user"]["userPrincipalName"] == NAME


REGISTERED = [
    ("fido2", "fido2Methods", ["passKeyDeviceBound"]),
    ("windowsHelloForBusiness", "windowsHelloForBusinessMethods", ["windowsHelloForBusiness"]),
    ("platformCredential", "platformCredentialMethods", ["macOsSecureEnclaveKey"]),
    ("microsoftAuthenticator", "microsoftAuthenticatorMethods", ["microsoftAuthenticatorPush"]),
    (
        "phoneSignIn",
        "microsoftAuthenticatorMethods",
        ["microsoftAuthenticatorPush", "microsoftAuthenticatorPasswordless"],
    ),
    ("softwareOath", "softwareOathMethods", ["softwareOneTimePasscode"]),
    ("phone", "phoneMethods", ["mobilePhone"]),
]


@pytest.mark.parametrize(("method", "address", "names"), REGISTERED)
def test_what_is_registered_is_in_the_list_and_in_the_report(
    method: str, address: str, names: list[str]
) -> None:
    story = Story()
    story.policy("softwareOath", state="enabled")
    register(story.store, story.session(), method)

    (found,) = story.client.read(f"{PERSON}/{address}")["value"]
    report = story.client.read(REPORT)

    assert found["createdDateTime"].startswith("2026-11-02T12:00:00")
    assert "device" not in found
    assert report["methodsRegistered"] == ["temporaryAccessPass", *names]


def test_phone_sign_in_shows_its_device_to_whoever_asks_for_it() -> None:
    story = Story()
    made = register(story.store, story.session(), "phoneSignIn")
    path = f"{PERSON}/microsoftAuthenticatorMethods/{made['id']}"

    assert story.client.read(f"{path}?$expand=device")["device"]["displayName"] == "New phone"
    assert "device" not in story.client.read(path)


def test_a_one_time_pass_leaves_ten_minutes() -> None:
    story = Story(isUsableOnce=True)
    session = story.session()
    story.clock.move_on(timedelta(minutes=10))

    with pytest.raises(CannotRegisterError, match="ten minutes"):
        register(story.store, session, "fido2")
    assert story.client.read(f"{PERSON}/fido2Methods")["value"] == []
    assert (story.audits()[0]["result"], "ten minutes" in story.audits()[0]["resultReason"]) == (
        "failure",
        True,
    )


def test_a_pass_for_many_uses_leaves_its_whole_life() -> None:
    story = Story(isUsableOnce=False, lifetimeInMinutes=60)
    session = story.session()
    story.clock.move_on(timedelta(minutes=59))
    register(story.store, session, "fido2")
    story.clock.move_on(timedelta(minutes=1))

    with pytest.raises(CannotRegisterError, match="ended with the pass"):
        register(story.store, session, "windowsHelloForBusiness")


def test_a_session_ends_with_its_pass() -> None:
    replaced, deleted = Story(), Story()
    sessions = replaced.session(), deleted.session()
    replaced.issue()
    deleted.client.delete(f"{PASSES}/{sessions[1].pass_id}")

    for story, session in zip((replaced, deleted), sessions, strict=True):
        with pytest.raises(CannotRegisterError, match="deleted or replaced"):
            register(story.store, session, "fido2")


def test_the_tenant_says_what_can_be_registered() -> None:
    story = Story()
    push = [{"id": ALL_STAFF, "targetType": "group", "authenticationMode": "push"}]
    story.policy("microsoftAuthenticator", includeTargets=push)
    story.policy("fido2", isSelfServiceRegistrationAllowed=False)
    story.policy("sms", excludeTargets=[{"id": NEW_HIRES, "targetType": "group"}])

    session = story.session()

    assert offered(story.store, session.user) == [
        "windowsHelloForBusiness",
        "platformCredential",
        "microsoftAuthenticator",
    ]
    with pytest.raises(CannotRegisterError, match="fido2 is not enabled"):
        register(story.store, session, "fido2")


def test_records_of_a_moved_clock_say_so() -> None:
    story = Story()
    story.clock.move_on(timedelta(minutes=-30))
    story.issue()
    story.sign_in("wrong")

    entry = story.client.read("auditLogs/signIns")["value"][0]
    audit = story.audits()[0]

    assert entry["status"]["additionalDetails"] == "SANDBOX: written with the clock moved by -0:30:00"
    assert audit["additionalDetails"] == [
        {"key": "Clock", "value": "SANDBOX: written with the clock moved by -0:30:00"}
    ]


def test_the_log_tells_who_made_and_deleted_a_pass() -> None:
    story = Story()
    held = story.client.read(PASSES)["value"][0]["id"]
    story.client.delete(f"{PASSES}/{held}")

    assert [record["resultReason"] for record in story.audits()] == [
        "Admin deleted temporary access pass method for user",
        "Admin registered temporary access pass method for user",
    ]


def test_neither_answers_nor_dumps_nor_the_database_hold_what_opens(tmp_path: Path) -> None:
    store = Store(tmp_path / "sandbox.db")
    client = Client(store=store)
    made = client.post(PASSES, {})
    answers = [made.json(), client.read(PASSES), client.read(f"{PERSON}/methods"), dump(store)]
    code = made.json()["temporaryAccessPass"]

    assert not [answer for answer in answers if "sandboxCodeHash" in str(answer)]
    store.close()
    assert not any(code.encode() in path.read_bytes() for path in tmp_path.iterdir())


def test_a_pass_that_was_loaded_opens_nothing() -> None:
    story = Story()
    client = Client(dump(story.store))

    found = sign_in(client.store, NAME, story.code).refusal

    assert found is not None
    assert found.why == "this is not the code of the person's pass"


def test_settings_of_null_count_as_they_came() -> None:
    story = Story()
    story.policy(defaultLength=None, minimumLifetimeInMinutes=None, includeTargets=None)

    made = story.client.post(PASSES, {}).json()

    assert (len(made["temporaryAccessPass"]), made["isUsable"]) == (8, True)


def test_the_date_of_a_password_is_there_for_whoever_asks() -> None:
    client = Client()

    assert "lastPasswordChangeDateTime" not in client.read(f"users/{MIA}")
    assert client.read(f"users/{MIA}?$select=lastPasswordChangeDateTime")["lastPasswordChangeDateTime"]
    assert refusal(client.get("users?$filter=lastPasswordChangeDateTime eq null"))[0] == 400
