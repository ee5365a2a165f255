from __future__ import annotations

from typing import Any

import pytest
from audit_records import ALEX, GROUP, POLICY, history, is_silent, policy, record
from hypothesis import given, settings
from test_drift_events import JSON

from tapctl.drift.events import Gap
from tapctl.drift.versions import changes, passages

TAP = "temporaryaccesspass"
TYPE = "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration"
UPDATE = "Authentication Methods Policy Update"


def methods(before: Any, after: Any, **changes: Any) -> dict[str, Any]:
    options = {"activity": UPDATE, "target": "whatever", "name": "AuthenticationMethodsPolicy"} | changes
    return record(before, after, **options)


def test_a_whole_policy_before_and_after() -> None:
    (version,) = history(record(policy(), policy(state="disabled", users={"excludeUsers": [ALEX]})))

    assert {(change.path, str(change.after)) for change in changes(version)} == {
        ("state", "disabled"),
        ("conditions.users.excludeUsers", "['alex@x.example']"),
    }


def test_names_of_properties_in_other_letter_cases() -> None:
    old = {"Id": "x", "State": "Enabled", "Conditions": {"Users": {"IncludeUsers": ["all"]}}}
    new = {**old, "State": "Disabled"}
    (version,) = history(record(old, new), id_="x")

    assert [(change.path, change.before, change.after) for change in changes(version)] == [
        ("state", "enabled", "disabled")
    ]


def test_a_block_goes_by_its_name() -> None:
    """As the registration campaign does, which its record holds in full (learn.microsoft.com, 2026-04)."""
    campaigns = [
        {"AuthenticationMethodsRegistrationCampaign": {"State": word}} for word in ("enabled", "disabled")
    ]
    one = methods(*campaigns, target="authenticationMethodsPolicy", name="RegistrationEnforcement")
    (version,) = history(one, kind="AuthenticationMethodsPolicy", id_="authenticationMethodsPolicy")

    assert [(change.path.rpartition(".")[2], change.before, change.after) for change in changes(version)] == [
        ("state", "enabled", "disabled")
    ]


@pytest.mark.parametrize("name", ["conditions", "Conditions", "conditions.users"])
def test_a_block_of_a_policy_changes_what_differs_in_it(name: str) -> None:
    sides = [policy(users={"excludeUsers": ids})["conditions"] for ids in ([], [ALEX])]
    block = [side["users"] for side in sides] if name.endswith("users") else sides
    (version,) = history(record(*block, name=name))

    assert [(change.path, change.after) for change in changes(version)] == [
        ("conditions.users.excludeUsers", ["alex@x.example"])
    ]


def test_two_properties_of_one_block() -> None:
    one = record({"excludeUsers": []}, {"excludeUsers": [ALEX]}, name="conditions.users")
    one["targetResources"][0]["modifiedProperties"] += [
        {"displayName": "conditions.clientAppTypes", "oldValue": '["all"]', "newValue": '["other"]'}
    ]
    (version,) = history(one)

    assert {change.path for change in changes(version)} == {
        "conditions.clientAppTypes",
        "conditions.users.excludeUsers",
    }


def test_a_block_that_no_schema_knows_leaves_a_suspect() -> None:
    (version,) = history(record({"excludeUsers": []}, {"excludeUsers": [ALEX]}, name="Users"))

    assert is_silent(version)


def test_the_order_of_a_set_and_null_are_no_change() -> None:
    old = policy(users={"excludeUsers": ["b", "a"], "excludeRoles": None})
    new = policy(users={"excludeUsers": ["a", "b"], "excludeRoles": []})
    (version,) = history(record(old, new))

    assert changes(version) == ()
    assert not is_silent(version)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("fido2", ["fido2"]),
        ("Fido2, Password, MicrosoftAuthenticatorPush", ["fido2", "password,microsoftAuthenticatorPush"]),
        ("password,sms,password,voice,sms", ["password,sms", "password,voice", "sms"]),
        (["federatedSingleFactor,sms,fido2"], ["sms,federatedSingleFactor", "fido2"]),
        ("sms,federatedSingleFactor", ["sms,federatedSingleFactor"]),
        ("sms,password,voice", ["sms", "password,voice"]),
        (["password,sms", "somethingNewer"], ["password,sms", "somethingNewer"]),
    ],
)
def test_combinations_that_are_joined_are_taken_apart(said: Any, expected: list[str]) -> None:
    one = record("email", said, name="AllowedCombinations")
    (version,) = history(one, kind="AuthenticationStrength")

    (found,) = changes(version)
    assert isinstance(found.after, list)
    assert (found.before, sorted(map(str, found.after))) == (["email"], sorted(expected))


def test_a_list_that_is_one_text_is_taken_apart_and_flags_as_ever() -> None:
    users = [{"includeRoles": "", "excludeRoles": None}, {"includeRoles": "a, b", "excludeRoles": 7}]
    levels = [{"insiderRiskLevels": "minor"}, {"insiderRiskLevels": "minor,elevated"}]
    two = [
        record(*users, name="conditions.users"),
        record(*levels, name="conditions", when="2026-11-20T11:00Z"),
    ]
    found = {change.path: change.after for version in history(*two) for change in changes(version)}

    assert found["conditions.users.includeRoles"] == ["id:a", "id:b"]
    assert found["conditions.insiderRiskLevels"] == ["elevated", "minor"]


def test_an_addition_has_no_before() -> None:
    (version,) = history(record(None, policy(), activity="Add conditional access policy"))

    (passage,) = passages([version], "state")

    assert (passage.before, passage.after) == (Gap.ABSENT, "enabled")


def test_a_record_of_another_object_is_not_of_this() -> None:
    assert history(record({"id": "y"}, {"id": "y"}, target="y")) == ()


@pytest.mark.parametrize("modified", [None, [], [{"displayName": "X", "oldValue": "a", "newValue": "b"}]])
def test_a_record_that_does_not_say_what_changed(modified: Any) -> None:
    bare = record({}, {})
    bare["targetResources"][0]["modifiedProperties"] = modified
    (version,) = history(bare)

    assert is_silent(version)
    assert changes(version) == ()


@pytest.mark.parametrize(
    "one",
    [
        methods(
            {"@odata.type": TYPE, "id": "TemporaryAccessPass", "isUsableOnce": True},
            {"@odata.type": TYPE, "id": "TemporaryAccessPass", "isUsableOnce": False},
        ),
        methods(
            {
                "authenticationMethodConfigurations": [
                    {"id": "Sms"},
                    {"id": "temporaryaccesspass", "isUsableOnce": True},
                ]
            },
            {
                "AuthenticationMethodConfigurations": [
                    {"id": "Sms"},
                    {"Id": "TemporaryAccessPass", "IsUsableOnce": False},
                ]
            },
        ),
        methods({"@odata.type": TYPE, "isUsableOnce": True}, {"@odata.type": TYPE, "isUsableOnce": False}),
        methods(True, False, name="TemporaryAccessPass.isUsableOnce"),
        methods([True], [False], name="authenticationMethodConfigurations[TemporaryAccessPass].isUsableOnce"),
        methods({"isUsableOnce": True}, {"isUsableOnce": False}, target="TemporaryAccessPass"),
        methods({"isUsableOnce": True}, {"isUsableOnce": False}, target="TemporaryAccessPass", name="x"),
        methods({"isUsableOnce": True}, {"isUsableOnce": False}, name="TemporaryAccessPass"),
    ],
)
def test_the_pass_policy_in_every_shape(one: dict[str, Any]) -> None:
    (version,) = history(one, kind="TemporaryAccessPassPolicy", id_="TemporaryAccessPass")

    assert [(change.path, change.before, change.after) for change in changes(version)] == [
        ("isUsableOnce", True, False)
    ]


def test_a_partial_record_says_nothing_of_what_it_leaves_out() -> None:
    partial = methods(
        {"id": "TemporaryAccessPass", "defaultLength": 8}, {"id": "TemporaryAccessPass", "defaultLength": 20}
    )
    (version,) = history(partial, kind="TemporaryAccessPassPolicy", id_="TemporaryAccessPass")

    assert [change.path for change in changes(version)] == ["defaultLength"]


def test_a_record_of_one_method_is_not_of_another_nor_of_the_policy() -> None:
    one = methods(
        {"id": "Sms", "state": "enabled"},
        {"id": "Sms", "state": "disabled"},
        target="authenticationMethodsPolicy",
    )
    typed = methods(
        {"@odata.type": TYPE, "state": "enabled"}, {"@odata.type": TYPE, "state": "disabled"}, target="Sms"
    )

    assert history(one, kind="TemporaryAccessPassPolicy", id_="TemporaryAccessPass") == ()
    assert history(one, kind="AuthenticationMethodsPolicy", id_="authenticationMethodsPolicy") == ()
    assert all(not changes(found) for found in history(typed, kind="SmsPolicy", id_="Sms"))


def test_a_method_goes_by_its_name_too() -> None:
    one = methods({"state": "enabled"}, {"state": "disabled"})
    one["targetResources"][0]["displayName"] = "Temporary Access Pass"
    (version,) = history(one, kind="TemporaryAccessPassPolicy", id_="TemporaryAccessPass")

    assert changes(version)[0].path == "state"


def test_core_directory_writes_one_property_at_a_time() -> None:
    one = record(["old"], ["new"], target=GROUP, name="Description", activity="Update group")
    one["targetResources"][0]["modifiedProperties"] += [
        {"displayName": "Included Updated Properties", "oldValue": None, "newValue": '"Description"'},
        {"displayName": "DisplayName", "oldValue": '["Was"]', "newValue": '["Is"]'},
    ]
    (version,) = history(one, kind="Group", id_=GROUP)

    assert [(change.path, change.before, change.after) for change in changes(version)] == [
        ("description", "old", "new"),
        ("displayName", "Was", "Is"),
    ]


@pytest.mark.parametrize("spelled", ["{}", '"{}"', '["{}"]', '"[\\"{}\\"]"'])
def test_truth_as_net_writes_it(spelled: str) -> None:
    one = methods(True, False, name="TemporaryAccessPass.IsUsableOnce")
    sides = {"oldValue": spelled.format("True"), "newValue": spelled.format("False")}
    one["targetResources"][0]["modifiedProperties"] = [{"displayName": "IsUsableOnce", **sides}]
    one["targetResources"][0]["id"] = "TemporaryAccessPass"
    (version,) = history(one, kind="TemporaryAccessPassPolicy", id_="TemporaryAccessPass")

    assert [(change.path, change.before, change.after) for change in changes(version)] == [
        ("isUsableOnce", True, False)
    ]


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("IsUsableOnce", '"neither"', "isUsableOnce"),
        ("IsUsableOnce", '["True", "False"]', "isUsableOnce"),
        ("IncludeTargets", '"System.Object[]"', "includeTargets"),
        ("IncludeTargets", '[{"Id": "x", "TargetTy', "includeTargets"),
        ("State", '"enab', "state"),
    ],
)
def test_a_value_of_another_type_is_no_value(name: str, value: str, path: str) -> None:
    one = methods(None, None, target="TemporaryAccessPass")
    one["targetResources"][0]["modifiedProperties"] = [
        {"displayName": name, "oldValue": value, "newValue": value}
    ]
    found = history(one, kind="TemporaryAccessPassPolicy", id_="TemporaryAccessPass")
    (passage,) = passages(found, path)

    assert passage.before is passage.after is Gap.UNKNOWN


def test_a_property_that_was_empty_and_one_that_is_missing() -> None:
    known = record([], ["new"], target=GROUP, name="Description", activity="Update group")
    missing = record(None, ["new"], target=GROUP, name="Description", activity="Update group")
    (one,), (other,) = (
        passages(history(item, kind="Group", id_=GROUP), "description") for item in (known, missing)
    )

    assert (one.before, other.before) == (None, Gap.UNKNOWN)


def test_what_neither_side_of_a_partial_record_holds_is_unknown() -> None:
    found = history(record({"id": POLICY, "state": "enabled"}, {"id": POLICY, "state": "disabled"}))
    (left_out,) = passages(found, "conditions.users.excludeUsers")

    assert left_out.before is left_out.after is Gap.UNKNOWN
    assert [passage.after for passage in passages(found, "state")] == ["disabled"]


def test_what_neither_side_of_a_whole_record_holds_is_not_said() -> None:
    found = history(record(policy(), policy(state="disabled")))

    assert not list(passages(found, "conditions.locations.includeLocations"))


def test_of_a_record_with_one_side_the_other_is_unknown_even_where_it_is_left_out() -> None:
    cut = record(policy(), policy())
    (item,) = cut["targetResources"][0]["modifiedProperties"]
    item["newValue"] = item["newValue"][:200]
    found = history(cut)
    (told,), (left_out,) = passages(found, "state"), passages(found, "description")

    assert (told.before, told.after) == ("enabled", Gap.UNKNOWN)
    assert left_out.before is left_out.after is Gap.UNKNOWN


def test_a_block_that_goes_changes_what_it_held() -> None:
    (version,) = history(record(policy(), policy(grantControls=None)))

    assert [(change.path, change.before, change.after) for change in changes(version)] == [
        ("grantControls.builtInControls", ["mfa"], None),
        ("grantControls.operator", "OR", None),
    ]


def test_a_property_deep_inside_goes_by_its_path() -> None:
    one = methods(
        "enabled",
        "disabled",
        name="MicrosoftAuthenticator/featureSettings/displayAppInformationRequiredState/state",
    )
    (version,) = history(one, kind="MicrosoftAuthenticatorPolicy", id_="MicrosoftAuthenticator")

    assert [change.path for change in changes(version)] == [
        "featureSettings.displayAppInformationRequiredState.state"
    ]


@settings(max_examples=80, deadline=None)
@given(JSON, JSON)
def test_no_content_of_a_record_stops_the_run(before: Any, after: Any) -> None:
    history(record(before, after))
    history(record({**policy(), "conditions": before}, {**policy(), "grantControls": after}))
    history(methods(before, after, target="TemporaryAccessPass"), kind="TemporaryAccessPassPolicy", id_=TAP)


@pytest.mark.parametrize(
    "activity", ["Authentication Methods Policy Update", "Authentication Methods Policy Reset"]
)
@pytest.mark.parametrize(
    "modified", [[], None, [{"displayName": "x", "oldValue": None, "newValue": '{"id":"S'}]]
)
def test_a_change_of_the_methods_policy_that_says_nothing_may_be_one_of_a_method(
    activity: str, modified: Any
) -> None:
    said = record(None, None, activity=activity, target="00000000-0000-4000-8000-000000000000")
    said["targetResources"][0] |= {
        "displayName": "Authentication Methods Policy",
        "modifiedProperties": modified,
    }
    (version,) = history(said, kind="TemporaryAccessPassPolicy", id_="TemporaryAccessPass")

    assert is_silent(version)


@pytest.mark.parametrize("name", ["Authentication Methods Policy", "Sms"])
def test_a_change_of_the_methods_policy_that_says_another_method_is_none_of_this(name: str) -> None:
    sms = {"id": "Sms", "state": "enabled"}
    said = record(sms, sms | {"state": "disabled"}, activity="Authentication Methods Policy Update")
    said["targetResources"][0] |= {"id": "x", "displayName": name}

    assert history(said, kind="TemporaryAccessPassPolicy", id_="TemporaryAccessPass") == ()
