from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tapctl.errors import GraphError
from tapctl.model import JsonObject
from tapctl.passes.methods import Registered, evidence, method_of, undecided_newer

MADE = datetime(2026, 11, 2, 9, tzinfo=UTC)
AFTER = "2026-11-02T09:05:00Z"
BEFORE = "2026-11-01T09:05:00Z"


def method(kind: str, created: str | None = AFTER, **more: object) -> Registered:
    item: JsonObject = {"@odata.type": f"#microsoft.graph.{kind}AuthenticationMethod", "id": kind}
    return method_of({**item, "createdDateTime": created, **more})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("kind", "standing", "words"),
    [
        ("fido2", "permanent", "passkey"),
        ("windowsHelloForBusiness", "permanent", "Windows Hello for Business"),
        ("platformCredential", "permanent", "platform credential"),
        ("microsoftAuthenticator", "undecided", "Authenticator"),
        ("password", "other", "password"),
        ("phone", "other", "phone"),
        ("email", "other", "e-mail"),
        ("softwareOath", "other", "code from an app"),
        ("external", "other", "external method"),
        ("temporaryAccessPass", "other", "Temporary Access Pass"),
        ("brainwave", "unknown", "brainwave"),
    ],
)
def test_what_counts_as_permanent(kind: str, standing: str, words: str) -> None:
    found = method(kind)

    assert (found.standing, found.words) == (standing, words)


def test_a_method_without_a_type_is_unknown() -> None:
    assert method_of({"id": "x"}).standing == "unknown"


def test_authenticator_with_its_device_is_phone_sign_in() -> None:
    found = method("microsoftAuthenticator", device={"id": "d"})

    assert (found.standing, found.words) == ("permanent", "phone sign-in")


def test_a_passkey_may_be_dated_as_in_the_documentation_s_sample() -> None:
    item: JsonObject = {
        "@odata.type": "#microsoft.graph.fido2AuthenticationMethod",
        "id": "-2_GRUg2-HYz6_1YG4YRAQ2",
        "creationDateTime": "2020-08-10T06:44:09Z",
        "model": "NFC key",
    }

    assert method_of(item).created == datetime(2020, 8, 10, 6, 44, 9, tzinfo=UTC)
    assert method_of(item).name == "NFC key"


def test_a_time_that_is_none_is_an_error() -> None:
    with pytest.raises(GraphError, match="a time that cannot be read"):
        method("fido2", "yesterday")


@pytest.mark.parametrize(
    ("held", "verdict"),
    [
        ([], "none"),
        ([method("password"), method("phone"), method("softwareOath")], "none"),
        ([method("microsoftAuthenticator")], "none"),
        ([method("fido2")], "registered"),
        ([method("fido2", BEFORE), method("windowsHelloForBusiness")], "registered"),
        ([method("fido2", BEFORE)], "older"),
        ([method("fido2", MADE.isoformat())], "older"),
        ([method("fido2", None)], "undated"),
        ([method("fido2", None), method("fido2", BEFORE)], "undated"),
        ([method("fido2", None), method("fido2")], "registered"),
        ([method("brainwave")], "unknown"),
        ([method("fido2"), method("brainwave")], "unknown"),
    ],
)
def test_only_what_is_newer_than_the_pass_is_evidence(held: list[Registered], verdict: str) -> None:
    assert evidence(held, MADE).verdict == verdict


def test_the_first_permanent_method_is_shown() -> None:
    later = method("windowsHelloForBusiness", "2026-11-02T10:00:00Z")

    assert evidence([later, method("fido2")], MADE).method == method("fido2")


def test_unknown_types_are_named_once() -> None:
    assert evidence([method("b"), method("a"), method("b")], MADE).unknown == ("a", "b")


def test_without_the_pass_s_date_nothing_is_newer() -> None:
    assert evidence([method("fido2")], None).verdict == "undated"


def test_an_authenticator_is_asked_about_only_if_it_would_be_evidence() -> None:
    held = [method("microsoftAuthenticator"), method("microsoftAuthenticator", BEFORE), method("fido2")]

    assert undecided_newer(held, MADE) == [held[0]]
    assert undecided_newer(held, MADE + timedelta(days=1)) == []
