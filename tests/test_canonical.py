from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapctl import schema
from tapctl.canonical import (
    at,
    canonical,
    expand,
    is_noise,
    minutes,
    references,
    spelled,
    spellings,
    texts,
    to_wire,
    unknown,
    with_values,
    without,
)
from tapctl.model import Json, JsonObject
from tapctl.schema import MISSING, Field

POLICY = schema.fields("ConditionalAccessPolicy")
PASS = schema.fields("TemporaryAccessPassPolicy")
LOCATION = schema.fields("NamedLocation")
STRENGTH = schema.fields("AuthenticationStrength")


def as_is(_: Field, text: str) -> str:
    return text


def form(field: Field, spec: JsonObject) -> JsonObject:
    return canonical(field, expand(field, spec), as_is)


def values(field: Field) -> st.SearchStrategy[Json]:
    """Anything a property may be read as, the optional forms of nothing included."""
    if field.type == "object":
        entries = {key: values(child) for key, child in field.properties.items() if not child.is_read_only}
        found: st.SearchStrategy[Json] = st.fixed_dictionaries({}, optional=entries)
    elif field.items is not None:
        items = values(field.items).filter(lambda item: item is not None)
        found = st.lists(items, max_size=4)
    elif field.enum:
        found = st.sampled_from([*field.enum.values(), *(word.upper() for word in field.enum)])
    elif field.default is not MISSING and isinstance(field.default, (bool, int)):
        found = st.sampled_from([field.default, True, 12])
    else:
        found = st.sampled_from(["a", "b", "All", "10.1.2.3/8", "2001:DB8::1/32", "sms, password", "8h"])
    return st.one_of(st.none(), found)


@pytest.mark.parametrize(
    "name", ["ConditionalAccessPolicy", "NamedLocation", "AuthenticationStrength", "Group"]
)
@given(data=st.data())
def test_the_canonical_form_is_its_own(name: str, data: st.DataObject) -> None:
    field = schema.fields(name)
    once = form(field, cast(JsonObject, data.draw(values(field)) or {}))

    assert form(field, once) == once
    assert form(field, cast(JsonObject, to_wire(field, once, as_is))) == once


@given(st.permutations(["a", "b", "c", "b"]))
def test_a_set_has_no_order_and_no_repetition(groups: list[Json]) -> None:
    spec: JsonObject = {"conditions": {"users": {"includeGroups": groups}}}

    assert at(form(POLICY, spec), "conditions", "users", "includeGroups") == ["a", "b", "c"]


def test_what_is_no_set_keeps_its_order() -> None:
    groups = POLICY.properties["conditions"].properties["users"].properties["includeGroups"]
    users = replace(POLICY, properties={"ordered": replace(groups, is_set=False)})

    assert form(users, {"ordered": ["b", "a", "b"]}) == {"ordered": ["b", "a", "b"]}


@pytest.mark.parametrize("nothing", [None, [], {}])
@pytest.mark.parametrize("key", ["platforms", "locations", "signInRiskLevels", "authenticationFlows"])
def test_absent_null_and_empty_are_one(key: str, nothing: Json) -> None:
    assert form(POLICY, {"state": "disabled", "conditions": {key: nothing}}) == {"state": "disabled"}


def test_objects_of_nothing_are_nothing() -> None:
    spec: JsonObject = {
        "conditions": {"devices": {"deviceFilter": None}, "locations": {"includeLocations": []}}
    }

    assert form(POLICY, spec) == {}


def test_defaults_are_filled_in() -> None:
    assert form(PASS, {}) == {
        "defaultLength": 8,
        "defaultLifetimeInMinutes": 60,
        "maximumLifetimeInMinutes": 480,
        "minimumLifetimeInMinutes": 60,
    }


def test_false_and_zero_are_values() -> None:
    spec = form(PASS, {"isUsableOnce": False, "defaultLength": 0})

    assert (spec["isUsableOnce"], spec["defaultLength"]) == (False, 0)


@pytest.mark.parametrize(
    ("text", "length"),
    [("8h", 480), ("1d", 1440), ("1h30m", 90), ("90m", 90), (" 2H ", 120), ("1d2h3m", 1563)],
)
def test_durations_are_minutes(text: str, length: int) -> None:
    assert minutes(text) == length
    assert expand(PASS, {"defaultLifetimeInMinutes": text}) == {"defaultLifetimeInMinutes": length}


@pytest.mark.parametrize("text", ["", "8", "h", "8 h", "30m1h", "eight", "-1h"])
def test_other_texts_are_no_duration(text: str) -> None:
    assert minutes(text) is None


def test_a_plain_number_is_minutes_already() -> None:
    assert expand(PASS, {"defaultLifetimeInMinutes": 45}) == {"defaultLifetimeInMinutes": 45}


def test_a_name_alone_is_a_target() -> None:
    targets: JsonObject = {"includeTargets": ["Pilots", {"id": "ALL_USERS"}], "excludeTargets": ["Guests"]}

    assert at(form(PASS, targets), "includeTargets") == [
        {"id": "Pilots", "isRegistrationRequired": False, "targetType": "group"},
        {"id": "all_users", "isRegistrationRequired": False, "targetType": "group"},
    ]
    assert at(form(PASS, targets), "excludeTargets") == [{"id": "Guests", "targetType": "group"}]


@pytest.mark.parametrize("levels", ["elevated, Moderate", ["moderate", "elevated"], "moderate,,elevated,"])
def test_joined_flags_are_a_list(levels: Json) -> None:
    spec = form(POLICY, {"conditions": {"insiderRiskLevels": levels}})

    assert at(spec, "conditions", "insiderRiskLevels") == ["elevated", "moderate"]
    assert at(to_wire(POLICY, spec, as_is), "conditions", "insiderRiskLevels") == "moderate,elevated"


@pytest.mark.parametrize(
    ("written", "standard"),
    [
        ("203.0.113.7/24", "203.0.113.0/24"),
        ("203.0.113.7", "203.0.113.7/32"),
        ("2001:DB8:0:0:0:0:0:1/32", "2001:db8::/32"),
        (" 10.0.0.0/8 ", "10.0.0.0/8"),
        ("nonsense", "nonsense"),
    ],
)
def test_ranges_have_one_spelling(written: str, standard: str) -> None:
    assert form(LOCATION, {"ipRanges": [written]})["ipRanges"] == [{"cidrAddress": standard}]


def test_ranges_go_out_as_they_are_held() -> None:
    held: list[Json] = ["203.0.113.9/24", {"cidrAddress": "203.0.113.7/24"}, {"lowerAddress": "192.0.2.1"}]
    spec = form(LOCATION, {"ipRanges": [*held, "2001:db8::/32"]})

    found = spelled(LOCATION, spec, spellings(LOCATION, {"ipRanges": held}))

    texts = ["203.0.113.7/24", "203.0.113.9/24", "2001:db8::/32"]
    assert [at(item, "cidrAddress") for item in texts_of(found)] == [*texts, None]


def texts_of(found: Json) -> list[Json]:
    ranges = at(found, "ipRanges")
    return ranges if isinstance(ranges, list) else []


def test_of_ranges_that_say_the_same_no_more_go_out_than_graph_takes() -> None:
    held: list[Json] = [f"10.{number // 256}.{number % 256}.1/8" for number in range(2001)]
    said: JsonObject = {"ipRanges": [{"cidrAddress": "10.0.0.1/8"}]}
    spec = form(LOCATION, said)

    found = spelled(LOCATION, spec, spellings(LOCATION, {"ipRanges": held}), spellings(LOCATION, said))

    assert texts_of(found) == said["ipRanges"]


def test_no_range_that_is_said_is_left_out() -> None:
    said: list[Json] = [{"cidrAddress": f"10.0.{number // 256}.{number % 256}/8"} for number in range(2001)]
    spec = form(LOCATION, {"ipRanges": said})

    found = texts_of(spelled(LOCATION, spec, spellings(LOCATION, {"ipRanges": said})))

    assert {at(item, "cidrAddress") for item in found} == {at(item, "cidrAddress") for item in said}


def test_ranges_stand_by_their_addresses() -> None:
    written: list[Json] = ["2001:db8::/32", "no range", "10.0.0.0/8", "9.0.0.0/9", "100.0.0.0/8", "9.0.0.0/8"]

    found = form(LOCATION, {"ipRanges": written})["ipRanges"]

    by_address = ["9.0.0.0/8", "9.0.0.0/9", "10.0.0.0/8", "100.0.0.0/8", "2001:db8::/32", "no range"]
    assert found == [{"cidrAddress": text} for text in by_address]


def test_countries_and_combinations_have_one_spelling() -> None:
    assert form(LOCATION, {"countriesAndRegions": ["se ", "DK"]})["countriesAndRegions"] == ["DK", "SE"]
    assert form(STRENGTH, {"allowedCombinations": ["sms , password", "password,sms"]}) == {
        "allowedCombinations": ["password,sms"]
    }
    assert form(STRENGTH, {"allowedCombinations": ["federatedSingleFactor,newer,another,sms"]}) == {
        "allowedCombinations": ["sms,federatedSingleFactor,another,newer"]
    }


def test_letter_case_is_graphs() -> None:
    spec: JsonObject = {"state": "Disabled", "grantControls": {"operator": "or", "builtInControls": ["MFA"]}}

    assert form(POLICY, spec) == {
        "state": "disabled",
        "grantControls": {"builtInControls": ["mfa"], "operator": "OR"},
    }


def test_a_line_break_at_the_end_of_a_rule_is_no_difference() -> None:
    rule: JsonObject = {"mode": "include", "rule": 'device.trustType -eq "ServerAD"\n'}
    spec = form(POLICY, {"conditions": {"devices": {"deviceFilter": rule}}})

    assert at(spec, "conditions", "devices", "deviceFilter", "rule") == 'device.trustType -eq "ServerAD"'


def test_a_line_break_at_the_end_of_other_text_is_one() -> None:
    assert form(POLICY, {"description": "Ours\n"})["description"] == "Ours\n"


@pytest.mark.parametrize(
    "key", ["@odata.context", "x@odata.type", "#microsoft.graph.restore", "@microsoft.graph.tips"]
)
def test_control_information_is_dropped(key: str) -> None:
    assert is_noise(key)
    assert form(POLICY, {key: "x", "conditions": {key: "x"}}) == {}
    assert list(unknown(POLICY, {key: "x", "conditions": {key: "x"}})) == []


def test_unknown_properties_are_told_with_their_paths() -> None:
    spec: JsonObject = {
        "new": 1,
        "conditions": {"times": None, "agents": ["a"], "users": {"x": {"y": False}}},
    }

    assert dict(unknown(POLICY, spec)) == {
        ("new",): 1,
        ("conditions", "agents"): ["a"],
        ("conditions", "users", "x"): {"y": False},
    }
    assert form(POLICY, spec) == {}


def test_unknown_properties_in_lists_stay_there() -> None:
    target: JsonObject = {"id": "Pilots", "allowedProfiles": ["b", "a"], "empty": None}

    assert at(form(PASS, {"includeTargets": [target]}), "includeTargets") == [
        {
            "allowedProfiles": ["b", "a"],
            "id": "Pilots",
            "isRegistrationRequired": False,
            "targetType": "group",
        }
    ]


def test_read_only_properties_are_left_out() -> None:
    assert form(POLICY, {"id": "x", "createdDateTime": "y", "state": "enabled"}) == {"state": "enabled"}


def test_a_list_where_an_object_belongs_is_kept_for_validation() -> None:
    assert form(POLICY, {"conditions": ["wrong"]}) == {"conditions": ["wrong"]}
    assert canonical(POLICY, ["wrong"], as_is) == {}


def test_values_are_put_and_taken_at_a_path() -> None:
    spec = with_values({"a": {"b": 1}, "c": 2}, {("a", "d"): 3, ("c", "e"): 4})

    assert spec == {"a": {"b": 1, "d": 3}, "c": {"e": 4}}
    assert without(spec, ("a", "b")) == {"a": {"d": 3}, "c": {"e": 4}}
    assert without({"a": 1, "b": 2}, ("a", "b")) == {"b": 2}
    assert at(spec, "a", "b", "c") is None
    assert texts({"a": ["x", 1]}, "a") == ("x",)
    assert texts({"a": "x"}, "a") == ()


def test_references_are_found_where_they_stand() -> None:
    spec: JsonObject = {
        "conditions": {"users": {"includeGroups": ["a", "b"]}},
        "grantControls": {"authenticationStrength": {"id": "s", "displayName": "Group"}},
    }

    assert [(path, text) for path, _, text in references(POLICY, spec)] == [
        (("conditions", "users", "includeGroups", 0), "a"),
        (("conditions", "users", "includeGroups", 1), "b"),
        (("grantControls", "authenticationStrength", "id"), "s"),
    ]
