"""What one version of a location holds and another does not."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapctl.comparing.location import beyond, if_trusted
from tapctl.model import Json, JsonObject

networks = st.builds(
    lambda start, length: str(ipaddress.ip_network((start << 24, length), strict=False)),
    st.integers(0, 255),
    st.integers(1, 8),
)


def place(*ranges: str, **more: Json) -> JsonObject:
    return {"ipRanges": [{"cidrAddress": text} for text in ranges], **more}


def countries(*codes: str, method: str = "clientIpAddress", unknown: bool = False) -> JsonObject:
    return {
        "countriesAndRegions": [*codes],
        "countryLookupMethod": method,
        "includeUnknownCountriesAndRegions": unknown,
    }


@pytest.mark.parametrize(
    ("location", "other", "expected"),
    [
        (place("10.0.0.0/9", "10.128.0.0/9"), place("10.0.0.0/8"), []),
        (place("10.0.0.0/8"), place("10.0.0.0/9", "10.128.0.0/9"), []),
        (place("10.0.0.0/9"), place("10.0.0.0/8"), []),
        (place("10.0.0.0/8"), place("10.0.0.0/9"), ["10.0.0.0/8 but for 10.0.0.0/9"]),
        (place("192.0.2.0/24"), place("198.51.100.0/24"), ["192.0.2.0/24"]),
        (place("10.0.0.0/8", "9.0.0.0/8"), place(), ["9.0.0.0/8", "10.0.0.0/8"]),
        (place("::/96"), place("0.0.0.0/0"), ["::/96"]),
        (place("0.0.0.0/0"), place("::/0"), ["0.0.0.0/0"]),
        (place("2001:db8::/32"), place("2001:db8::/31"), []),
        (place("anywhere"), place("10.0.0.0/8"), ["anywhere"]),
        (
            place("10.0.0.0/8"),
            place("10.1.0.0/16", "10.4.0.0/15"),
            ["10.0.0.0/8 but for 10.1.0.0/16 and 10.4.0.0/15"],
        ),
    ],
)
def test_ranges_are_what_they_hold(location: JsonObject, other: JsonObject, expected: list[str]) -> None:
    assert beyond(location, other) == expected


def test_countries_and_how_they_are_told_are_named() -> None:
    before = countries("DE")
    after = countries("DE", "AT", method="authenticatorAppGps", unknown=True)

    assert beyond(after, before) == ["AT", "addresses of no known country", "by authenticatorAppGps"]
    assert beyond(before, after) == ["by clientIpAddress"]


def test_a_location_without_trust_counts_for_nothing_among_the_trusted() -> None:
    assert [if_trusted(place(isTrusted=value)) for value in (False, None)] == [{}, {}]
    assert if_trusted(place(isTrusted=True))
    assert not if_trusted(None)


@given(st.lists(networks, max_size=6), st.lists(networks, max_size=6))
def test_nothing_is_beyond_exactly_where_every_address_is_held(mine: list[str], theirs: list[str]) -> None:
    def held(ranges: list[str]) -> set[int]:
        spans = [ipaddress.IPv4Network(text) for text in ranges]
        return {
            number for number in range(256) if any(ipaddress.IPv4Address(number << 24) in s for s in spans)
        }

    assert (not beyond(place(*mine), place(*theirs))) == (held(mine) <= held(theirs))
