"""What is said of session controls that limit less."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from tapctl.comparing.session import SCALES, loosened
from tapctl.evaluate.session import merge_sessions


def said(had: dict[str, Any], has: dict[str, Any]) -> list[str]:
    return list(loosened({"sessionControls": had}, {"sessionControls": has}))


def every(value: int, unit: str, **more: Any) -> dict[str, Any]:
    return {"signInFrequency": {"isEnabled": True, "value": value, "type": unit, **more}}


def browser(mode: str) -> dict[str, Any]:
    return {"persistentBrowser": {"isEnabled": True, "mode": mode}}


def access(mode: str) -> dict[str, Any]:
    return {"continuousAccessEvaluation": {"mode": mode}}


def proxy(does: str) -> dict[str, Any]:
    return {"cloudAppSecurity": {"isEnabled": True, "cloudAppSecurityType": does}}


HOURLY = every(1, "hours")
ALWAYS_ASKS = {"signInFrequency": {"isEnabled": True, "frequencyInterval": "everyTime"}}
SECOND = every(1, "hours", authenticationType="secondaryAuthentication")
TOKENS = {"secureSignInSession": {"isEnabled": True}}


@pytest.mark.parametrize(
    ("had", "has", "expected"),
    [
        (HOURLY, every(90, "days"), "asks to sign in again after 90 days where it did after 1 hour"),
        (
            every(23, "hours"),
            every(1, "days"),
            "asks to sign in again after 1 day where it did after 23 hours",
        ),
        (ALWAYS_ASKS, HOURLY, "asks to sign in again after 1 hour where it did every time"),
        (every(1, "newer"), HOURLY, "after 1 hour where it did after 1 newer"),
        (HOURLY, SECOND, "asks again for the second factor only"),
        (HOURLY, {}, "no longer limits sessions by signInFrequency"),
        (TOKENS, {}, "no longer limits sessions by secureSignInSession"),
        (browser("never"), browser("always"), "sets persistentBrowser to 'always' where it was 'never'"),
        (browser("never"), {}, "no longer limits sessions by persistentBrowser"),
        ({}, browser("always"), "sets persistentBrowser to 'always'"),
        (
            access("strictLocation"),
            access("disabled"),
            "sets continuousAccessEvaluation to 'disabled' where it was 'strictLocation'",
        ),
        (
            proxy("blockDownloads"),
            proxy("monitorOnly"),
            "sets cloudAppSecurity to 'monitorOnly' where it was 'blockDownloads'",
        ),
        (access("newer"), access("strictLocation"), "where it was 'newer'"),
    ],
)
def test_controls_that_limit_less(had: dict[str, Any], has: dict[str, Any], expected: str) -> None:
    (found,) = said(had, has)

    assert found.endswith(expected)


@pytest.mark.parametrize(
    ("had", "has"),
    [
        (every(90, "days"), HOURLY),
        (every(24, "hours"), every(1, "days")),
        (HOURLY, ALWAYS_ASKS),
        (SECOND, HOURLY),
        ({}, SECOND),
        (browser("always"), browser("never")),
        (browser("always"), {}),
        (access("disabled"), access("strictLocation")),
        ({"disableResilienceDefaults": True}, {}),
        (HOURLY, every(1, "newer")),
        (HOURLY, {"signInFrequency": {"isEnabled": True}}),
    ],
)
def test_controls_that_limit_as_much_or_more(had: dict[str, Any], has: dict[str, Any]) -> None:
    assert said(had, has) == []


def test_no_controls_at_all() -> None:
    assert list(loosened({}, {"sessionControls": None})) == []


@pytest.mark.parametrize("name", sorted(SCALES))
def test_what_limits_less_gives_way_where_both_hold(name: str) -> None:
    member, modes = SCALES[name]
    controls: list[dict[str, Any]] = [{name: {member: mode}} for mode in modes if mode]

    for less, more in combinations(controls, 2):
        assert len(said(more, less)) == 1
        assert merge_sessions([less, more]) == merge_sessions([more, less]) == more
