from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tapctl.errors import GraphError
from tapctl.model import JsonObject
from tapctl.passes.graph import EVERYBODY, Pass, PassPolicy, pass_of, pass_path, passes_path, policy_of

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)


def a_pass(**properties: Any) -> Pass:
    given: JsonObject = {"id": "p", "startDateTime": "2026-09-01T07:00:00Z", "lifetimeInMinutes": 120}
    return pass_of({**given, "methodUsabilityReason": "EnabledByPolicy", **properties})


def a_policy(**properties: Any) -> PassPolicy:
    return policy_of({"state": "enabled", "includeTargets": [{"id": EVERYBODY}], **properties})


def test_a_pass_ends_after_its_lifetime() -> None:
    assert a_pass().end == datetime(2026, 9, 1, 9, tzinfo=UTC)


def test_graph_s_times_are_utc_whatever_their_digits() -> None:
    found = a_pass(createdDateTime="2022-06-02T16:21:09.5893903Z", startDateTime="2026-09-01T07:00:00")

    assert found.created == datetime(2022, 6, 2, 16, 21, 9, 589390, tzinfo=UTC)
    assert found.start == datetime(2026, 9, 1, 7, tzinfo=UTC)


def test_a_pass_without_a_start_counts_from_its_making() -> None:
    assert a_pass(startDateTime=None, createdDateTime="2026-09-01T07:30:00Z").start.minute == 30


@pytest.mark.parametrize(
    ("reason", "hour", "outstanding"),
    [
        ("EnabledByPolicy", 8, True),
        ("NotYetValid", 6, True),
        ("DisabledByPolicy", 8, True),
        ("SomethingNewer", 8, True),
        ("EnabledByPolicy", 9, False),
        ("Expired", 8, False),
        ("OneTimeUsed", 8, False),
    ],
)
def test_what_may_still_open_a_door_is_outstanding(reason: str, hour: int, outstanding: bool) -> None:
    assert a_pass(methodUsabilityReason=reason).is_outstanding(NOW.replace(hour=hour)) is outstanding


def test_null_means_microsofts_own_settings() -> None:
    policy = a_policy(minimumLifetimeInMinutes=None)

    assert (policy.minimum, policy.maximum, policy.default, policy.length) == (60, 480, 60, 8)


def test_exclusions_win() -> None:
    included = {"includeTargets": [{"id": "NEW-HIRES"}]}

    assert a_policy(**included).reaches(frozenset({"new-hires"}))
    assert not a_policy(**included).reaches(frozenset({"staff"}))
    assert not a_policy(excludeTargets=[{"id": "staff"}]).reaches(frozenset({"staff"}))


@pytest.mark.parametrize(
    "properties",
    [
        {"startDateTime": None},
        {"lifetimeInMinutes": None},
        {"startDateTime": "soon"},
        {"id": None},
        {"isUsable": None, "methodUsabilityReason": None},
    ],
)
def test_a_pass_of_another_shape_is_an_error_that_does_not_show_it(properties: dict[str, Any]) -> None:
    with pytest.raises(GraphError) as caught:
        a_pass(temporaryAccessPass="+drkzqAD", **properties)

    assert "+drkzqAD" not in str(caught.value)


@pytest.mark.parametrize(
    "properties",
    [
        {"defaultLength": "8"},
        {"defaultLength": True},
        {"includeTargets": "all_users"},
        {"excludeTargets": [{"id": 7}]},
        {"excludeTargets": ["staff"]},
    ],
)
def test_a_policy_of_another_shape_is_an_error(properties: dict[str, Any]) -> None:
    with pytest.raises(GraphError):
        a_policy(**properties)


def test_names_of_guests_are_escaped_in_paths() -> None:
    assert passes_path("mia_x#EXT#@y").startswith("users/mia_x%23EXT%23@y/authentication/")
    assert pass_path("u", "a/b").endswith("/temporaryAccessPassMethods/a%2Fb")


def test_what_graph_says_of_a_pass_tells_whether_it_is_usable() -> None:
    assert a_pass().is_usable
    assert not a_pass(methodUsabilityReason="Expired").is_usable
    assert a_pass(isUsable=True, methodUsabilityReason=None).is_usable
    assert not a_pass(isUsable=False).is_usable
