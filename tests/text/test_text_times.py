from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tapctl.text import zone_names
from tapctl.text.times import Zones, length, moment_of, remaining, shown, window, zone_of

OSLO, TOKYO = ZoneInfo("Europe/Oslo"), ZoneInfo("Asia/Tokyo")
ZONES = Zones(here=OSLO)
START = datetime(2026, 9, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-09-01T07:00Z",
        "2026-09-01T07:00:00.000z",
        " 2026-09-01 09:00+02:00 ",
        "2026-09-01T09:00:00+0200",
        "2026-09-01T03:00-04:00",
        "2026-09-01T03:00-04",
        "2026-09-01T09:00 +02:00",
    ],
)
def test_a_moment_has_an_offset(text: str) -> None:
    assert moment_of(text, ZONES) == START


def refusal(text: str, zones: Zones = ZONES) -> str:
    with pytest.raises(ValueError) as caught:
        moment_of(text, zones)
    return str(caught.value)


def test_a_bare_local_time_is_refused_with_every_reading() -> None:
    said = refusal("2026-09-01T09:00:00", Zones(here=OSLO, there=TOKYO))

    assert "2026-09-01T09:00Z" in said
    assert "2026-09-01T09:00+02:00 (this machine's zone)" in said
    assert "2026-09-01T09:00+09:00 (Asia/Tokyo)" in said


def test_an_hour_that_happens_twice_is_shown_twice() -> None:
    said = refusal("2026-10-25 02:30:15.5")

    assert "2026-10-25T02:30+02:00" in said
    assert "2026-10-25T02:30+01:00" in said


def test_an_hour_that_clocks_leave_out_is_said_to_be_none() -> None:
    said = refusal("2027-03-28T02:30", Zones(here=OSLO, there=TOKYO))

    assert "which one you mean: 2027-03-28T02:30Z or 2027-03-28T02:30+09:00 (Asia/Tokyo); in this" in said
    assert said.endswith("in this machine's zone there is no such time, for clocks go forward")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-09-01", "no time of day"),
        ("tomorrow", "no date and time"),
        ("", "no date and time"),
        ("01.09.2026 09:00", "no date and time"),
        ("2026-09-01T09:00 CEST", 'ends in "CEST"'),
        ("2026-09-01T09:00+02:00:00x", "no offset"),
        ("2026-13-01T09:00Z", "on no calendar"),
        ("2026-09-01T25:00Z", "on no calendar"),
        ("2026-09-01T09:00+25:00", 'ends in "+25:00", which is no offset'),
        ("2026-09-01T09:00+02:60", 'ends in "+02:60", which is no offset'),
        ("0001-01-01T00:00+14:00", "on no calendar"),
    ],
)
def test_what_is_no_moment_says_what_is_wrong(text: str, words: str) -> None:
    assert words in refusal(text)


def test_the_machine_s_own_zone_counts_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        said, summer = refusal("2026-09-01T09:00", Zones()), shown(START, Zones())
    finally:
        monkeypatch.undo()
        time.tzset()

    assert "2026-09-01T09:00-04:00 (this machine's zone)" in said
    assert summer == "2026-09-01 07:00 UTC (03:00 EDT here)"


def test_a_moment_is_shown_in_every_zone_that_matters() -> None:
    assert shown(START, ZONES) == "2026-09-01 07:00 UTC (09:00 CEST here)"
    assert shown(START, Zones(here=OSLO, there=TOKYO)).endswith("(09:00 CEST here, 16:00 JST Asia/Tokyo)")


def test_a_machine_that_keeps_utc_says_it_once() -> None:
    assert shown(START, Zones(here=UTC)) == "2026-09-01 07:00 UTC"
    assert shown(START, Zones(here=UTC, there=TOKYO)) == "2026-09-01 07:00 UTC (16:00 JST Asia/Tokyo)"


def test_another_day_elsewhere_is_said() -> None:
    late = START.replace(hour=20)

    assert "2026-09-02 05:00 JST" in shown(late, Zones(here=OSLO, there=TOKYO))


def test_a_window_has_two_ends() -> None:
    text = window(START, START.replace(hour=8), ZONES)

    assert text == "from 2026-09-01 07:00 UTC (09:00 CEST here) until 2026-09-01 08:00 UTC (10:00 CEST here)"


def test_zones_have_iana_names() -> None:
    assert zone_of(" Europe/Oslo ").key == "Europe/Oslo"


@pytest.mark.parametrize("text", ["Oslo", "", "../etc/passwd", "Europe", "\0"])
def test_other_names_of_zones_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="IANA"):
        zone_of(text)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(60, "1 h"), (90, "1 h 30 min"), (4320, "3 d"), (43215, "30 d 15 min"), (10, "10 min"), (0, "0 min")],
)
def test_lengths_are_words(minutes: int, text: str) -> None:
    assert length(minutes) == text


def test_what_remains_is_coarse() -> None:
    assert remaining(42.4) == "42 s"
    assert remaining(7300) == "2 h 2 min"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("utc", "UTC"),
        ("europe/oslo", "Europe/Oslo"),
        ("Oslo", "Europe/Oslo"),
        ("new york", "America/New_York"),
        ("Europe/Berlim", "Europe/Berlin"),
        ("W. Europe Standard Time", "Europe/Berlin"),
    ],
)
def test_the_zone_that_was_meant_is_named(text: str, name: str) -> None:
    with pytest.raises(ValueError, match=f'is no IANA name of a time zone; did you mean "{name}"'):
        zone_of(text)


@pytest.mark.parametrize("text", ["CEST", "Moon Standard Time", "nowhere at all"])
def test_no_zone_is_guessed_from_far_away(text: str) -> None:
    with pytest.raises(ValueError, match="for example Europe/Oslo"):
        zone_of(text)


def test_windows_zones_are_known_by_names_of_today() -> None:
    assert {*zone_names._OF_WINDOWS.values()} <= available_timezones()
