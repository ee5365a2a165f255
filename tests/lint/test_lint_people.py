"""Whom a policy reaches: asked of one person of each class, answered as if everybody had been asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapctl.evaluate.audience import reaches_person
from tapctl.evaluate.facts import Facts, Group, Person
from tapctl.evaluate.policy import read_policy
from tapctl.evaluate.scene import Scene, index
from tapctl.evaluate.situation import SignIn
from tapctl.lint.item import Item
from tapctl.lint.people import People
from tapctl.lint.policy import Policy
from tapctl.model import Address, JsonObject

DAY = date(2026, 11, 25)
GROUPS = ("Staff", "New hires", "Leads", "Unheard of")
ROLES = ("Global Administrator", "User Administrator")
USERS = ("Ada@example.com", "bo@example.com", "id:77", "sp:robot", "eve@example.com", "kim@example.com")


def some_of(*words: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(words), unique=True, max_size=2)


GUESTS = st.fixed_dictionaries(
    {
        "guestOrExternalUserTypes": some_of("b2bCollaborationGuest", "internalGuest", "newerGuest"),
        "externalTenants": st.sampled_from(
            [{"membershipKind": "all"}, {"membershipKind": "enumerated", "members": ["t1"]}]
        ),
    }
)
CLAUSES = st.fixed_dictionaries(
    {},
    optional={
        f"{side}{what}": values
        for side in ("include", "exclude")
        for what, values in (
            (
                "Users",
                some_of("All", "GuestsOrExternalUsers", "None", "ada@example.com", "id:77", "AllNewer"),
            ),
            ("Groups", some_of(*GROUPS)),
            ("Roles", some_of(*ROLES)),
            ("GuestsOrExternalUsers", GUESTS),
        )
    },
)
PEOPLE = st.builds(
    Person,
    type=st.sampled_from([None, "member", "internalGuest", "b2bCollaborationGuest"]),
    home_tenant=st.sampled_from(["", "t1", "T1", "t2"]),
    groups=st.frozensets(st.sampled_from(GROUPS), max_size=2),
    is_anybody=st.booleans(),
    groups_are_complete=st.booleans(),
    roles=st.none() | st.frozensets(st.sampled_from(ROLES), max_size=1),
)
MEMBERS = st.builds(
    Group,
    users=st.frozensets(st.sampled_from(USERS), max_size=3),
    groups=st.frozensets(st.sampled_from(GROUPS), max_size=1),
    is_complete=st.booleans(),
)
FACTS = st.builds(
    Facts,
    users=st.dictionaries(st.sampled_from(USERS), PEOPLE, min_size=1),
    groups=st.dictionaries(st.sampled_from(GROUPS), MEMBERS),
)


def policy(number: int, users: JsonObject) -> Policy:
    name = f"P{number}"
    return Policy(
        item=Item(address=Address("ConditionalAccessPolicy", name), spec={"conditions": {"users": users}})
    )


@given(st.lists(CLAUSES, min_size=1, max_size=3), FACTS)
def test_a_class_answers_for_everybody_in_it(clauses: list[JsonObject], facts: Facts) -> None:
    policies = [policy(number, users) for number, users in enumerate(clauses)]
    people = People(policies, facts, DAY)

    assert [people.reached(found) for found in policies] == [one_by_one(found, facts) for found in policies]


def one_by_one(found: Policy, facts: Facts) -> list[tuple[str, Person]]:
    """The definition."""
    read, known = read_policy(found.name, found.spec), index(facts)
    return [
        (user, person)
        for user, person in sorted(facts.users.items())
        if reaches_person(read, Scene(known, SignIn(user=user, as_of=DAY))) is True
    ]


ANN, BEN = "ann@example.com", "ben@example.com"
FROM_T1: JsonObject = {
    "guestOrExternalUserTypes": ["b2bCollaborationGuest"],
    "externalTenants": {"membershipKind": "enumerated", "members": ["t1"]},
}
GUEST = Person(type="b2bCollaborationGuest", home_tenant="T1")


@pytest.mark.parametrize(
    ("users", "one", "other"),
    [
        ({"includeUsers": [ANN]}, (ANN, Person()), (BEN, Person())),
        ({"includeUsers": ["All"]}, (ANN, Person()), ("sp:robot", Person())),
        ({"includeGroups": ["G"]}, (ANN, Person(groups=frozenset({"G"}))), (BEN, Person())),
        ({"includeRoles": ["R"]}, (ANN, Person(roles=frozenset({"R"}))), (BEN, Person())),
        ({"includeUsers": ["All"], "excludeRoles": ["R"]}, (ANN, Person()), (BEN, Person(roles=None))),
        ({"includeGuestsOrExternalUsers": FROM_T1}, (ANN, GUEST), (BEN, replace(GUEST, type="member"))),
        ({"includeGuestsOrExternalUsers": FROM_T1}, (ANN, GUEST), (BEN, replace(GUEST, home_tenant="t2"))),
        (
            {"includeUsers": ["All"], "excludeUsers": ["eve@example.com"]},
            (ANN, Person()),
            (BEN, Person(is_anybody=True)),
        ),
    ],
)
def test_people_who_differ_in_one_fact_are_told_apart(
    users: JsonObject, one: tuple[str, Person], other: tuple[str, Person]
) -> None:
    found = policy(1, users)

    for order in ((one, other), (other, one)):
        assert People([found], Facts(users=dict(order)), DAY).reached(found) == [one]


def test_people_whom_no_policy_tells_apart_are_asked_about_once() -> None:
    facts = Facts(users={f"u{number}@example.com": Person(groups=frozenset({"G"})) for number in range(50)})
    people = People([policy(1, {"includeUsers": ["u7@example.com"], "includeGroups": ["G"]})], facts, DAY)

    assert len(people.classes) == 2
