"""What is said of models of keys that are admitted no more."""

from __future__ import annotations

import pytest

from tapctl.comparing.keys import fewer_keys
from tapctl.model import Json, JsonObject


def restricted(how: str, *models: str, is_enforced: bool = True) -> JsonObject:
    return {"isEnforced": is_enforced, "enforcementType": how, "aaGuids": [*models]}


IDLE = restricted("allow", "a", is_enforced=False)


@pytest.mark.parametrize(
    ("had", "has", "expected"),
    [
        (IDLE, restricted("allow", "b", "a"), "admits no keys but those of a, b"),
        (restricted("block", "a"), restricted("allow", "b"), "admits no keys but those of b"),
        (IDLE, restricted("allow"), "admits no keys at all"),
        (restricted("allow", "a", "b"), restricted("allow", "a"), "no longer admits keys of b"),
        (restricted("allow", "a"), restricted("block", "a", "b"), "no longer admits keys of a"),
        (restricted("block", "a"), restricted("block", "a", "b"), "no longer admits keys of b"),
        (None, restricted("block", "a"), "no longer admits keys of a"),
        (restricted("allow", "a"), restricted("allow", "a", "b"), ""),
        (restricted("block", "a"), restricted("block"), ""),
        (restricted("allow", "a"), IDLE, ""),
        (restricted("allow", "a"), None, ""),
    ],
)
def test_restrictions(had: JsonObject | None, has: JsonObject | None, expected: str) -> None:
    assert fewer_keys({"keyRestrictions": had}, {"keyRestrictions": has}) == expected


def profile(name: str, *types: str, **changes: Json) -> JsonObject:
    return {"id": name, "name": name.title(), "passkeyTypes": [*types], **changes}


def policy(*profiles: JsonObject, default: str = "one", only: tuple[str, ...] = ()) -> JsonObject:
    target: JsonObject = {"id": "Pilots", "allowedPasskeyProfiles": [*only]}
    return {"passkeyProfiles": [*profiles], "defaultPasskeyProfile": default, "includeTargets": [target]}


BOTH = profile("one", "deviceBound", "synced")
BOUND = profile("two", "deviceBound")
STRICT = profile("three", "deviceBound", "synced", keyRestrictions=restricted("allow", "a"))


@pytest.mark.parametrize(
    ("had", "has", "expected"),
    [
        (policy(BOTH), policy(profile("one", "deviceBound")), "no longer admits passkeys that are synced"),
        (policy(profile("one", "synced")), policy(BOTH), ""),
        (
            policy(BOTH, BOUND),
            policy(BOTH, BOUND, default="two"),
            "no longer takes the passkey profile 'One' for Pilots",
        ),
        (
            policy(BOTH, STRICT),
            policy(BOTH, STRICT, only=("three",)),
            "no longer takes the passkey profile 'One' for Pilots",
        ),
        (policy(BOTH, BOUND, only=("two",)), policy(BOTH, BOUND), ""),
        (policy(BOTH, BOUND, only=("one", "two")), policy(BOTH, only=("one",)), ""),
        (policy(BOTH), policy(default="two"), "no longer takes the passkey profile 'One' for Pilots"),
        ({"includeTargets": [{"id": "Pilots"}]}, policy(BOTH), ""),
        (policy(BOTH), {"includeTargets": [{"id": "Others"}], "passkeyProfiles": [BOTH]}, ""),
        (
            policy(BOTH),
            policy(profile("one", "deviceBound", "synced", attestationEnforcement="registrationOnly")),
            "",
        ),
    ],
)
def test_types_and_profiles_of_passkeys(had: JsonObject, has: JsonObject, expected: str) -> None:
    assert fewer_keys(had, has) == expected


def test_restrictions_of_a_profile_that_is_there_before_and_after() -> None:
    had: JsonObject = {"passkeyProfiles": [{"id": "one"}]}
    blocked = restricted("block", "a")
    has: JsonObject = {
        "passkeyProfiles": [
            {"id": "one", "keyRestrictions": blocked},
            {"id": "two", "keyRestrictions": blocked},
        ]
    }

    assert fewer_keys(had, has) == "no longer admits keys of a"
