"""CA008: whom a baseline policy leaves out, and who is asked elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_tools import findings

from tapctl.lint.example import policy, stream

GLASS = "settings: {breakGlass: {accounts: [bg@example.com], groups: [Break glass]}}\n"
NO_ACCOUNTS = "settings: {breakGlass: {groups: [Break glass]}}\n"
MEMBERS = "facts: {groups: {Break glass: [bg2@example.com], Staff: [ceo@example.com]}}\n"
KINDS = "guestOrExternalUserTypes: [{}], externalTenants: {{membershipKind: all}}"
GUESTS = KINDS.format("b2bCollaborationGuest")
PARTNERS = KINDS.format("serviceProvider")


def hits(root: Path, rule: str, *documents: str) -> list[str]:
    """What one rule says of a folder."""
    found = findings(root, stream(*documents)).found
    return [finding.message for _, finding in found if finding.rule == rule]


def less(exclude: str) -> str:
    """Everybody but some."""
    return f"{{includeUsers: [All], {exclude}}}"


CEO = policy(users=less("excludeUsers: [ceo@example.com]"))
NO_ADMINS = less("excludeRoles: [Global Administrator]")
NO_GUESTS = less(f"excludeGuestsOrExternalUsers: {{{GUESTS}}}")


@pytest.mark.parametrize(
    ("documents", "says"),
    [
        ([CEO], "ceo@example.com is"),
        ([CEO, policy("B", users=less("excludeUsers: [ceo@example.com, x@example.com]"))], "ceo@example.com"),
        ([CEO, policy("Staff", users="{includeGroups: [Others]}"), "facts: {groups: {Others: []}}\n"], "ceo"),
        ([policy(users=NO_ADMINS)], "Global Administrator is"),
        ([policy(users=NO_ADMINS), policy("B", users=NO_ADMINS)], "Global Administrator is"),
        ([policy(users=NO_GUESTS)], "b2bCollaborationGuest is"),
        (
            [policy(users=NO_GUESTS), policy("B", users=less("excludeUsers: [GuestsOrExternalUsers]"))],
            "Guest",
        ),
        ([policy(users=less("excludeUsers: [GuestsOrExternalUsers]"))], "GuestsOrExternalUsers is"),
        ([policy(users=less("excludeGroups: [A, B, C, D, E, F, G]"))], "A, B, C, D, E and 2 more are"),
    ],
)
def test_whoever_a_baseline_leaves_out_is_named(tmp_path: Path, documents: list[str], says: str) -> None:
    assert says in hits(tmp_path, "CA008", *documents, GLASS)[0]


@pytest.mark.parametrize(
    "documents",
    [
        [CEO, NO_ACCOUNTS],
        [CEO, policy("Staff", users="{includeGroups: [Staff]}"), MEMBERS, GLASS],
        [CEO, policy("Staff", users="{includeGroups: [Nobody knows]}"), GLASS],
        [policy(users=less("excludeUsers: [BG@example.com, bg2@example.com]")), MEMBERS, GLASS],
        [policy(users=NO_ADMINS), policy("Admins", users="{includeRoles: [Global Administrator]}"), GLASS],
        [policy(users=less("excludeRoles: [Directory Synchronization Accounts]")), GLASS],
        [
            policy(users=NO_GUESTS),
            policy("G", users=f"{{includeGuestsOrExternalUsers: {{{GUESTS}}}}}"),
            GLASS,
        ],
        [policy(users=NO_GUESTS), policy("G", users="{includeUsers: [GuestsOrExternalUsers]}"), GLASS],
        [policy(users=less(f"excludeGuestsOrExternalUsers: {{{PARTNERS}}}")), GLASS],
    ],
)
def test_whoever_is_asked_elsewhere_or_is_to_be_spared_is_not(tmp_path: Path, documents: list[str]) -> None:
    assert hits(tmp_path, "CA008", *documents) == []
