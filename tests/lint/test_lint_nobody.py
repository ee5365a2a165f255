"""Policies for nobody, by members, declared or of the facts."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_tools import facts, group, messages

from tapctl.lint.example import document, policy

ANN = "ann@example.com"
NORTH = "{includeGroups: [North]}"
LESS_EXECS = "{includeGroups: [North], excludeGroups: [Execs]}"


@pytest.mark.parametrize(
    ("users", "others", "says"),
    [
        (NORTH, [group("North")], "is for members of North, and there are none"),
        (NORTH, [facts(North="")], "is for members of North, and there are none"),
        (NORTH, [group("North", "Inner"), facts(Inner="")], "there are none"),
        (
            "{includeGroups: [North], excludeUsers: [ANN@example.com]}",
            [group("North", ANN)],
            "excludes everybody",
        ),
        (LESS_EXECS, [group("North", ANN), group("Execs", ANN, "bo@example.com")], "excludes everybody"),
        (LESS_EXECS, [facts(North="Inner", Inner=ANN, Execs="Bosses", Bosses=ANN)], "excludes everybody"),
        (LESS_EXECS, [group("North", "Inner"), group("Execs", "Inner")], "excludes everybody"),
        (f"{{includeUsers: [{ANN}], excludeGroups: [Execs]}}", [group("Execs", ANN)], "excludes everybody"),
        (
            "{includeGroups: [North], excludeRoles: [Global Administrator]}",
            [f"facts: {{groups: {{North: [{ANN}]}}, users: {{{ANN}: {{roles: [Global Administrator]}}}}}}\n"],
            "excludes everybody",
        ),
    ],
)
def test_a_policy_is_for_nobody(tmp_path: Path, users: str, others: list[str], says: str) -> None:
    (said,) = messages(tmp_path, "CA003", policy(users=users), *others)
    assert says in said


@pytest.mark.parametrize(
    ("users", "others"),
    [
        (NORTH, []),
        (NORTH, [document("Group", "North", "{description: Not owned}")]),
        (NORTH, [group("North", "Inner")]),
        (NORTH, [group("North", ANN)]),
        ("{includeGroups: [North], includeRoles: [Global Administrator]}", [group("North")]),
        (LESS_EXECS, [group("North", ANN)]),
        (LESS_EXECS, [group("North", ANN, "bo@example.com"), group("Execs", ANN)]),
        (LESS_EXECS, [group("North", ANN, "Inner"), group("Execs", ANN)]),
    ],
)
def test_somebody_is_left_or_may_be(tmp_path: Path, users: str, others: list[str]) -> None:
    assert messages(tmp_path, "CA003", policy(users=users), *others) == []
