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
        (less("excludeUsers: [ada@x.example]"), []),
        (LESS_STAFF, []),
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
