from __future__ import annotations

import pytest

from tapctl.canonical import at, with_values
from tapctl.comparing.scope import blocks, effect, is_in_force, narrowed, state, widened
from tapctl.kind import Effect
from tapctl.model import Json, JsonObject

POLICY: JsonObject = {
    "state": "enabled",
    "conditions": {
        "users": {"includeGroups": ["Pilots"], "excludeGroups": ["Break glass"]},
        "applications": {"includeApplications": ["Office365"]},
        "clientAppTypes": ["browser"],
        "platforms": {"includePlatforms": ["iOS"], "excludePlatforms": ["android"]},
        "signInRiskLevels": ["high"],
        "devices": {"deviceFilter": {"mode": "include", "rule": "x"}},
    },
    "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
}


def edited(path: str, value: Json) -> JsonObject:
    return with_values(POLICY, {tuple(path.split(".")): value})


WIDER = [
    ("conditions.users.includeGroups", ["Pilots", "Everybody"], "users.includeGroups gains Everybody"),
    ("conditions.users.includeUsers", ["All"], "users.includeUsers gains All"),
    ("conditions.users.excludeGroups", None, "users.excludeGroups loses Break glass"),
    ("conditions.applications.includeApplications", ["All"], "applications.includeApplications gains All"),
    ("conditions.clientAppTypes", ["all"], "clientAppTypes gains all"),
    ("conditions.platforms", None, "platforms no longer restricts it"),
    ("conditions.platforms.excludePlatforms", None, "platforms.excludePlatforms loses android"),
    ("conditions.signInRiskLevels", ["high", "low"], "signInRiskLevels gains low"),
    ("conditions.signInRiskLevels", None, "signInRiskLevels no longer restricts it"),
    ("conditions.devices", None, "the device filter changes"),
    (
        "conditions.applications.applicationFilter",
        {"mode": "include", "rule": "y"},
        "the application filter changes",
    ),
    (
        "conditions.users.includeGuestsOrExternalUsers.externalTenants.membershipKind",
        "all",
        "which tenants included guests come from changes",
    ),
]
NARROWER = [
    ("conditions.users.excludeUsers", ["adele@contoso.com"]),
    ("conditions.users.includeGroups", None),
    ("conditions.locations", {"includeLocations": ["Headquarters"]}),
    ("conditions.userRiskLevels", ["high"]),
    ("conditions.signInRiskLevels", ["high"]),
]


@pytest.mark.parametrize(("path", "value", "words"), WIDER)
def test_reaching_further_is_told(path: str, value: Json, words: str) -> None:
    assert words in widened(POLICY, edited(path, value))


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("conditions.users.includeGroups", None, "users.includeGroups loses Pilots"),
        ("conditions.users.excludeGroups", ["Break glass", "X"], "users.excludeGroups gains X"),
        ("conditions.userRiskLevels", ["high"], "userRiskLevels restricts it"),
    ],
)
def test_reaching_less_is_told(path: str, value: Json, words: str) -> None:
    assert narrowed(POLICY, edited(path, value)) == (words,)


@pytest.mark.parametrize(("path", "value"), NARROWER)
def test_reaching_less_is_not_widening(path: str, value: Json) -> None:
    assert widened(POLICY, edited(path, value)) == ()


def test_what_reached_everything_cannot_reach_further() -> None:
    before = edited("conditions.clientAppTypes", ["all"])

    assert widened(before, edited("conditions.clientAppTypes", ["all", "other"])) == ()


def test_a_policy_for_everybody_gains_nobody() -> None:
    before = edited("conditions.users.includeUsers", ["All"])

    assert widened(before, with_values(before, {("conditions", "users", "includeRoles"): ["Reader"]})) == ()


def test_nobody_is_no_gain() -> None:
    assert widened(POLICY, edited("conditions.users.includeUsers", ["None"])) == ()


def test_an_exclusion_that_goes_with_its_condition_narrows_nothing_new() -> None:
    before = with_values(POLICY, {("conditions", "platforms"): None})

    assert widened(before, POLICY) == ()


def test_a_new_policy_reaches_whom_it_includes() -> None:
    assert "users.includeGroups gains Pilots" in widened({}, POLICY)


EFFECTS: list[tuple[str, Json, Effect]] = [
    ("state", "disabled", "loosens"),
    ("state", "enabledForReportingButNotEnforced", "loosens"),
    ("conditions.users.includeGroups", ["Pilots", "More"], "tightens"),
    ("conditions.users.excludeGroups", ["Break glass", "More"], "loosens"),
    ("conditions.users.excludeGroups", None, "tightens"),
    ("conditions.locations", {"includeLocations": ["Headquarters"]}, "loosens"),
    ("conditions.signInRiskLevels", None, "tightens"),
    ("grantControls.builtInControls", ["compliantDevice"], "loosens"),
    ("grantControls.builtInControls", ["block"], "tightens"),
    ("sessionControls.persistentBrowser", {"isEnabled": True}, "loosens"),
]


@pytest.mark.parametrize(("path", "value", "expected"), EFFECTS)
def test_what_lets_through_more_loosens(path: str, value: Json, expected: Effect) -> None:
    assert effect(POLICY, edited(path, value)) == expected


def test_what_was_not_enforced_can_only_tighten() -> None:
    assert effect({**POLICY, "state": "disabled"}, POLICY) == "tightens"
    assert effect({}, {}) == "tightens"


def test_a_policy_that_is_not_there_is_disabled() -> None:
    assert state({}) == "disabled"
    assert (is_in_force(POLICY), is_in_force({})) == (True, False)
    assert blocks(edited("grantControls.builtInControls", ["block"]))
    assert at(POLICY, "state") == "enabled"


def test_an_exclusion_that_comes_with_its_tenants_is_no_widening() -> None:
    guests: JsonObject = {
        "guestOrExternalUserTypes": ["internalGuest"],
        "externalTenants": {"membershipKind": "all"},
    }
    users: JsonObject = {"includeUsers": ["All"]}
    before: JsonObject = {"state": "enabled", "conditions": {"users": users}}
    after: JsonObject = {
        "state": "enabled",
        "conditions": {"users": {**users, "excludeGuestsOrExternalUsers": guests}},
    }

    assert widened(before, after) == ()


def test_a_state_newer_than_the_schema_is_taken_to_be_enforced() -> None:
    newer: JsonObject = {"state": "enabledSoft"}

    assert is_in_force(newer)
    assert effect(newer, {"state": "disabled"}) == "loosens"


@pytest.mark.parametrize(
    ("condition", "is_one"),
    [
        ({"locations": {"includeLocations": ["All"]}}, False),
        ({"locations": {"includeLocations": ["All"], "excludeLocations": ["Office"]}}, True),
        ({"platforms": {"includePlatforms": ["all"]}}, False),
        ({"platforms": {"includePlatforms": ["iOS"]}}, True),
    ],
)
def test_a_condition_that_everything_meets_is_none(condition: JsonObject, is_one: bool) -> None:
    everybody: JsonObject = {"users": {"includeUsers": ["All"]}}

    assert bool(widened({"conditions": {**everybody, **condition}}, {"conditions": everybody})) is is_one
