"""DL002, DL013, DL016 and REG011: places that nobody declared, and people who need no way in."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_tools import findings

from tapctl.lint.example import BLOCK, REGISTER, configuration, document, policy, stream, tap

GLASS = "settings: {breakGlass: {accounts: [bg@example.com], groups: [Break glass]}}\n"
RESISTANT = "{operator: OR, authenticationStrength: Phishing-resistant MFA}"
GUESTS = (
    "{includeGuestsOrExternalUsers: {guestOrExternalUserTypes: b2bCollaborationGuest, "
    "externalTenants: {membershipKind: all}}}"
)
KEYS_ON = configuration("Fido2Policy", is_on=True)
OFFICE = document("NamedLocation", "Office", "{isTrusted: true, ipRanges: [203.0.113.0/24]}")
UNKNOWN = ["Home countries", "id:aaaaaaaa-0000-4000-8000-0000000000c1", "AllTrusted"]
OUTSIDE = "locations: {{includeLocations: [All], excludeLocations: [{}]}}"
INSIDE = "locations: {{includeLocations: [{}]}}"


def said(root: Path, *documents: str) -> set[str]:
    """Which of the rules hit."""
    rules = {finding.rule for _, finding in findings(root, stream(GLASS, *documents)).found}
    return rules & {"DL002", "DL013", "DL016", "REG011"}


@pytest.mark.parametrize("place", [*UNKNOWN, "Office"])
def test_a_place_that_nobody_knows_may_be_where_people_register(tmp_path: Path, place: str) -> None:
    documents = [tap(), policy("Wall", conditions=OUTSIDE.format(place), grant=BLOCK)]

    assert said(tmp_path, *documents, *([OFFICE] if place == "Office" else [])) == {"DL013"}


def test_a_wall_without_a_door_is_still_one(tmp_path: Path) -> None:
    assert said(tmp_path, tap(), policy("Wall", grant=BLOCK)) == {"DL002"}
    wall = policy("Wall", conditions=OUTSIDE.format("AllTrusted"), grant=BLOCK)
    assert said(tmp_path / "trusted", tap(), OFFICE, wall) == {"DL013"}


@pytest.mark.parametrize("place", UNKNOWN)
@pytest.mark.parametrize("side", [OUTSIDE, INSIDE])
def test_guests_are_asked_in_vain_wherever_a_wall_stands(tmp_path: Path, side: str, place: str) -> None:
    wall = policy("Wall", conditions=side.format(place), grant=BLOCK)

    assert said(tmp_path, wall, policy("Guests", users=GUESTS, grant=RESISTANT)) == {"DL016"}


@pytest.mark.parametrize(
    ("users", "loops"),
    [
        (GUESTS, False),
        ("{includeUsers: [GuestsOrExternalUsers]}", False),
        ("{includeGroups: [Break glass]}", False),
        ("{includeUsers: [BG@example.com]}", False),
        ("{includeUsers: [ada@example.com]}", True),
        ("{includeGroups: [Break glass, Staff]}", True),
        ("{includeRoles: [Global Administrator]}", True),
    ],
)
def test_who_needs_no_way_in_loops_nowhere(tmp_path: Path, users: str, loops: bool) -> None:
    assert ("REG011" in said(tmp_path, KEYS_ON, policy(users=users, grant=RESISTANT))) is loops


def test_a_wall_on_registration_stands_before_one_around_everything(tmp_path: Path) -> None:
    countries = document("NamedLocation", "Countries", "{countriesAndRegions: [DE]}")
    outer = policy("A countries", conditions=OUTSIDE.format("Countries"), grant=BLOCK)
    wall = policy("Wall", applications=REGISTER, conditions=OUTSIDE.format("Office"), grant=BLOCK)
    found = findings(tmp_path, stream(GLASS, tap(), OFFICE, countries, outer, wall)).found

    (hit,) = [finding for _, finding in found if finding.rule == "DL013"]
    assert (hit.address and hit.address.name) == "Wall"
    assert hit.message.startswith("Wall keeps")


def test_of_two_that_keep_people_out_the_one_on_registration_is_shown(tmp_path: Path) -> None:
    outer = policy("A wall", conditions=OUTSIDE.format("Office"), grant=BLOCK)
    wall = policy("Wall", applications=REGISTER, conditions=OUTSIDE.format("Office"), grant=BLOCK)
    found = findings(tmp_path, stream(GLASS, tap(), OFFICE, outer, wall)).found

    shown = [(item.address and item.address.name) for _, item in found if item.rule == "DL013"]
    assert shown == ["Wall"]
