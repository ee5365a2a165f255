from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from audit_records import ALEX, POLICY, events, policy, record
from hypothesis import given, settings
from hypothesis import strategies as st

from tapctl.drift.events import decoded, event_of, moment_of


def test_a_person_s_record() -> None:
    (event,) = events(record(policy(), policy(state="disabled")))

    assert (event.actor.kind, event.actor.id, event.actor.name) == ("person", ALEX, "alex@x.example")
    assert (event.ip_address, event.application) == ("203.0.113.7", "")
    assert event.moment == datetime(2026, 11, 20, 10, 0, 0, 123456, UTC)
    assert event.modified[0].after == policy(state="disabled")


@pytest.mark.parametrize(
    ("app", "name"),
    [
        ({"appId": "a", "displayName": "Terraform", "servicePrincipalId": "S"}, "Terraform"),
        ({"appId": "a", "displayName": None, "servicePrincipalName": "https://x"}, "https://x"),
        ({"appId": "a", "displayName": ""}, "a"),
    ],
)
def test_an_application_s_record(app: dict[str, Any], name: str) -> None:
    (event,) = events(record({}, {}, initiatedBy={"user": None, "app": app}))

    assert (event.actor.kind, event.actor.name, event.application) == ("application", name, name)
    assert event.ip_address == ""


def test_a_person_with_an_application_is_a_person() -> None:
    both = {
        "user": {"id": "U", "userPrincipalName": "kim@x.example"},
        "app": {"displayName": "Graph Explorer"},
    }
    (event,) = events(record({}, {}, initiatedBy=both))

    assert (event.actor.name, event.application) == ("kim@x.example", "Graph Explorer")


@pytest.mark.parametrize(
    "initiator", [None, {}, {"user": None, "app": None}, {"user": {}, "app": {}}, "x", []]
)
def test_nobody_is_named(initiator: Any) -> None:
    (event,) = events(record({}, {}, initiatedBy=initiator))

    assert (event.actor.kind, event.actor.name) == ("unknown", "")


@pytest.mark.parametrize("key", ["ipaddr", "IP Address", "ClientIpAddress"])
def test_an_address_may_stand_among_the_details(key: str) -> None:
    details = [{"key": "User-Agent", "value": "x"}, {"key": key, "value": "198.51.100.9"}]
    initiator = {"user": {"id": "u", "ipAddress": ""}, "app": None}
    (event,) = events(record({}, {}, additionalDetails=details, initiatedBy=initiator))

    assert event.ip_address == "198.51.100.9"


def test_blanks_say_nothing() -> None:
    initiator = {
        "user": {"id": ALEX, "userPrincipalName": " ", "displayName": "Alex ", "ipAddress": "  "},
        "app": {"displayName": "\t", "appId": "a"},
    }
    (event,) = events(record({}, {}, initiatedBy=initiator))
    (nobody,) = events(record({}, {}, initiatedBy={"user": {"displayName": " "}, "app": None}))

    assert (event.actor.name, event.ip_address, event.application) == ("Alex", "", "a")
    assert nobody.actor.kind == "unknown"


@pytest.mark.parametrize("key", ["AppId", "Application Name", "Client App ID", "app display name"])
def test_an_application_may_stand_among_the_details(key: str) -> None:
    (event,) = events(record({}, {}, additionalDetails=[{"key": key, "value": "Azure Portal"}]))

    assert event.application == "Azure Portal"


@pytest.mark.parametrize("result", ["failure", "Failure", "unknownFutureValue"])
def test_what_failed_did_not_happen(result: str) -> None:
    assert events(record({}, {}, result=result)) == ()


@pytest.mark.parametrize("result", ["success", "Success", "timeout", None])
def test_what_may_have_happened_counts(result: Any) -> None:
    assert len(events(record({}, {}, result=result))) == 1


def test_newest_first_and_each_once() -> None:
    old, new = record({}, {}, when="2026-11-01T00:00:00Z"), record({}, {}, when="2026-11-02T00:00:00+02:00")

    assert [event.moment.day for event in events(old, new, old)] == [1, 1]
    assert events(old, new, old)[0].moment.hour == 22


@pytest.mark.parametrize("said", [None, "", "soon", "0001-01-01T00:00:00Z", 7])
def test_what_has_no_time_is_left_out(said: Any) -> None:
    assert moment_of(said) is None
    assert event_of(record({}, {}, activityDateTime=said)) is None


def test_json_stands_inside_strings_inside_strings() -> None:
    value = {"state": "enabled"}

    assert decoded(json.dumps(value)) == value
    assert decoded(json.dumps(json.dumps(value))) == value
    assert decoded('"plain"') == "plain"
    assert decoded("not { json") == "not { json"
    assert decoded(None) is None


def test_more_layers_than_any_log_has_stay_text() -> None:
    wrapped = "[1]"
    for _ in range(6):
        wrapped = json.dumps(wrapped)

    assert isinstance(decoded(wrapped), str)
    assert decoded(decoded(wrapped)) == [1]


def test_activities_are_compared_without_their_letter_case() -> None:
    upper, lower = (
        events(record({}, {}, activity=text))[0]
        for text in ("Update Conditional Access policy", "update conditional access policy")
    )

    assert upper.does("update", "policy")
    assert lower.does("Update", "Policy")
    assert not lower.does("delete")


def test_targets_are_known_by_id_in_any_case_and_by_name() -> None:
    (event,) = events(record({}, {}, target=POLICY.upper()))

    assert event.is_about(POLICY)
    assert event.names("NH-10")
    assert not event.names("nh-10")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(JSON, st.sampled_from(["targetResources", "initiatedBy", "additionalDetails", "id", "result"]))
def test_no_shape_of_a_record_stops_the_run(value: Any, key: str) -> None:
    event_of({**record({}, {}), key: value})


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"id": "A-1"}, {"Id": "a-1"}, "a-1"),
        (None, {"id": "A-1", "state": "enabled"}, "a-1"),
        ({"id": "a-1"}, {"id": "a-2"}, ""),
        ({"state": "disabled"}, [], ""),
    ],
)
def test_a_target_without_an_id_has_that_of_the_object_it_shows(before: Any, after: Any, found: str) -> None:
    (event,) = events(record(before, after, target=""))

    assert [target.id for target in event.targets] == [found]
