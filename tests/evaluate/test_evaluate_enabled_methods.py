from __future__ import annotations

import pytest

from tapctl.evaluate.enabled_methods import Methods
from tapctl.model import Json, JsonObject


def configured(kind: str, **spec: Json) -> Methods:
    everybody: JsonObject = {"state": "enabled", "includeTargets": [{"id": "all_users"}]}
    return Methods(items={kind: everybody | spec})


def test_nobody_said_for_whom_a_method_without_a_configuration_is() -> None:
    methods = configured("Fido2Policy")

    assert methods.scope("windowsHelloForBusiness") is None
    assert not methods.is_off("windowsHelloForBusiness")


@pytest.mark.parametrize(
    ("spec", "is_off"),
    [
        ({}, False),
        ({"state": "disabled"}, True),
        ({"includeTargets": [{"id": "Pilots"}]}, False),
        ({"includeTargets": [{"id": "Pilots"}], "excludeTargets": [{"id": "Pilots"}]}, True),
        ({"includeTargets": []}, True),
    ],
)
def test_a_method_is_off_where_it_is_on_for_nobody(spec: JsonObject, is_off: bool) -> None:
    assert configured("Fido2Policy", **spec).is_off("fido2") is is_off


@pytest.mark.parametrize(("mode", "ways"), [("any", (True, True)), ("push", (True, False))])
def test_a_target_of_the_authenticator_may_be_for_one_of_its_ways(mode: str, ways: tuple[bool, bool]) -> None:
    targets: list[Json] = [{"id": "all_users", "authenticationMode": mode}]
    methods = configured("MicrosoftAuthenticatorPolicy", includeTargets=targets)

    scopes = [methods.scope(each) for each in ("microsoftAuthenticatorPush", "deviceBasedPush")]

    assert tuple(scope is not None and scope.everybody for scope in scopes) == ways


@pytest.mark.parametrize("is_once", [True, False])
def test_passes_of_one_time_are_none_of_several(is_once: bool) -> None:
    methods = configured("TemporaryAccessPassPolicy", isUsableOnce=is_once)

    assert methods.is_off("temporaryAccessPassMultiUse") is is_once
    assert not methods.is_off("temporaryAccessPassOneTime")
