"""Who is in a group, as far as documents and facts say."""

from __future__ import annotations

import pytest

from tapctl.evaluate.facts import Facts, Group
from tapctl.evaluate.truth import Truth
from tapctl.lint.groups import Groups
from tapctl.model import JsonObject

READ = Facts(
    groups={
        "Inner": Group(users=frozenset({"Ada@contoso.example"})),
        "Outer": Group(groups=frozenset({"Inner", "Unread"})),
        "Owned": Group(users=frozenset({"old@contoso.example"})),
    }
)
TO_ALL = Group(groups=frozenset({"All"}))
OWNED: JsonObject = {"members": ["mia@contoso.example", "Inner", "id:6f1"]}
DYNAMIC: JsonObject = {"groupTypes": ["DynamicMembership"], "membershipRule": "user.department -eq 1"}
GROUPS = Groups.of([("Owned", OWNED), ("Rule", DYNAMIC), ("Left alone", {})], READ)


def test_groups_in_groups_are_followed_both_ways() -> None:
    assert GROUPS.inside("Outer") == {"Outer", "Inner", "Unread"}
    assert {"Outer", "Owned"} < GROUPS.around("Inner")


def test_a_group_that_is_in_one_by_two_ways_is_in_it_once() -> None:
    found = Groups(members={"Top": Group(groups=frozenset({"A", "B"})), "A": TO_ALL, "B": TO_ALL})

    assert found.inside("Top") == {"Top", "A", "B", "All"}


def test_what_a_document_owns_goes_before_what_was_read() -> None:
    assert GROUPS.users("Owned") == {"mia@contoso.example", "ada@contoso.example", "id:6f1"}


@pytest.mark.parametrize(
    ("group", "user", "holds"),
    [
        ("Inner", "ada@contoso.example", True),
        ("Outer", "ADA@contoso.example", True),
        ("Inner", "mia@contoso.example", False),
        ("Outer", "mia@contoso.example", None),
        ("Rule", "mia@contoso.example", None),
        ("Left alone", "mia@contoso.example", None),
    ],
)
def test_who_is_in_a_group_that_is_not_known_whole_is_not_known(group: str, user: str, holds: Truth) -> None:
    assert GROUPS.holds(group, user) is holds
