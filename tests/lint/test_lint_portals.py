"""CA049: a block of the administration portals, and whether it leaves out those who administer."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_tools import findings

from tapctl.lint.example import BLOCK, document, policy, stream

GLASS = "settings: {breakGlass: {accounts: [bg@example.com], groups: [Break glass]}}\n"
STAFF = document("Group", "Staff", "{description: People}")
TRUSTED = document("Group", "Staff", "{isAssignableToRole: true}")
SOME = "facts: {groups: {Staff: [Ada@x.example]}, users: {Ada@x.example: {roles: [Global Administrator]}}}\n"
OTHER = SOME.replace("Global", "Exchange")
LESS_STAFF = "{includeUsers: [All], excludeGroups: [Break glass, Staff]}"


def less(side: str) -> str:
    return f"{{includeUsers: [All], excludeGroups: [Break glass], {side}}}"


def said(root: Path, users: str, *documents: str) -> list[str]:
    wall = policy(users=users, applications="{includeApplications: [MicrosoftAdminPortals]}", grant=BLOCK)
    found = findings(root, stream(wall, GLASS, *documents)).findings
    return [finding.message for finding in found if finding.rule == "CA049"]


@pytest.mark.parametrize(
    ("users", "documents", "whom"),
    [
        (less("excludeRoles: [Directory Synchronization Accounts]"), [], "everybody"),
        (less("excludeRoles: [Helpdesk Administrator]"), [], "everybody"),
        (less("excludeUsers: [BG@example.com]"), [], "everybody"),
        (LESS_STAFF, [STAFF], "everybody"),
        (LESS_STAFF, [STAFF, OTHER], "everybody"),
        (LESS_STAFF, [OTHER], "everybody"),
        (less("excludeUsers: [ada@x.example]"), [OTHER], "everybody"),
        (
            "{includeRoles: [Global Administrator, Exchange Administrator, Security Administrator]}",
            [],
            "Global Administrator, Security Administrator",
        ),
    ],
)
def test_who_is_left_out_does_not_administer(
    tmp_path: Path, users: str, documents: list[str], whom: str
) -> None:
    assert said(tmp_path, users, *documents) == [f"A policy blocks the administration portals for {whom}"]


@pytest.mark.parametrize(
    ("users", "documents"),
    [
        (less("excludeRoles: [Global Administrator]"), []),
        (less("excludeRoles: [194ae4cb-b126-40b2-bd5b-6091b380977d]"), []),
        (less("excludeUsers: [ada@x.example]"), [SOME]),
        (less("excludeUsers: [bo@x.example, ada@x.example]"), [SOME]),
        (LESS_STAFF, [SOME]),
        (LESS_STAFF, [TRUSTED]),
        (LESS_STAFF, [STAFF, SOME]),
        ("{includeRoles: [Exchange Administrator]}", []),
        ("{includeGroups: [Staff]}", [STAFF]),
        ("{includeRoles: [Global Administrator], excludeRoles: [Global Administrator]}", []),
    ],
)
def test_those_who_administer_are_left_out_or_may_be(
    tmp_path: Path, users: str, documents: list[str]
) -> None:
    assert said(tmp_path, users, *documents) == []


UNREAD = "facts: {groups: {Staff: [bo@x.example]}}\n"
BY_ID = "0f0e0d0c-1111-4222-8333-444444444444"


@pytest.mark.parametrize(
    ("users", "documents", "who"),
    [
        (LESS_STAFF, [], "Staff"),
        (LESS_STAFF, [UNREAD], "Staff"),
        (less(f"excludeUsers: [{BY_ID}]"), [], f"id:{BY_ID}"),
        (f"{{includeUsers: [All], excludeGroups: [{BY_ID}, Staff]}}", [OTHER], f"id:{BY_ID}"),
        (
            "{includeUsers: [All], excludeGroups: [Staff], excludeUsers: [ada@x.example]}",
            [],
            "Staff or ada@x.example",
        ),
    ],
)
def test_of_who_is_left_out_nothing_says_whether_they_administer(
    tmp_path: Path, users: str, documents: list[str], who: str
) -> None:
    doubt = f"everybody; nothing says whether {who} may administer"
    assert said(tmp_path, users, *documents) == [f"A policy blocks the administration portals for {doubt}"]


@pytest.mark.parametrize(
    ("places", "found"),
    [
        (
            "includeLocations: [All], excludeLocations: [AllTrusted, Office]",
            [
                (
                    "note",
                    "A policy blocks the administration portals for everybody outside AllTrusted and Office",
                )
            ],
        ),
        ("includeLocations: [Office]", []),
    ],
)
def test_who_approves_from_elsewhere_is_stopped_by_a_block_outside_the_office(
    tmp_path: Path, places: str, found: list[tuple[str, str]]
) -> None:
    portals = "{includeApplications: [Windows Azure Service Management API]}"
    office = document("NamedLocation", "Office", "{isTrusted: true, ipRanges: [203.0.113.0/24]}")
    wall = policy(applications=portals, conditions=f"locations: {{{places}}}", grant=BLOCK)
    all_found = findings(tmp_path, stream(wall, office, GLASS)).findings

    assert [(item.severity, item.message) for item in all_found if item.rule == "CA049"] == found


def test_a_doubt_whether_the_portals_are_blocked_is_a_note(tmp_path: Path) -> None:
    wall = policy(
        users=LESS_STAFF, applications="{includeApplications: [MicrosoftAdminPortals]}", grant=BLOCK
    )
    found = findings(tmp_path, stream(wall, GLASS)).findings
    assert [finding.severity for finding in found if finding.rule == "CA049"] == ["note"]
