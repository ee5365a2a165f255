"""CA043: what is said to decide nothing decides nothing, as the evaluator sees it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import cast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lint_tools import findings

from tapctl.canonical import at
from tapctl.evaluate.evaluator import decide
from tapctl.evaluate.facts import Facts, Group, Person
from tapctl.evaluate.rulebook import rulebook
from tapctl.evaluate.situation import UNREGISTERED, Device, SignIn
from tapctl.lint.context import context_of
from tapctl.lint.example import policy, stream
from tapctl.lint.item import Item
from tapctl.lint.never_decides import never_decides
from tapctl.model import Address, Environment, JsonObject, Settings

KIND = "ConditionalAccessPolicy"
DAY = date(2026, 11, 25)
BOTH = "{operator: AND, builtInControls: [compliantDevice, mfa]}"
DEVICE = "{operator: OR, builtInControls: [compliantDevice]}"
ANY = "{operator: OR, builtInControls: [compliantDevice, mfa]}"
TERMS = "{operator: AND, builtInControls: [mfa], termsOfUse: [Terms]}"
PILOTS, SALES = "{includeGroups: [Pilots]}", "{includeGroups: [Sales]}"
PAIR = "{includeGroups: [Pilots, Sales]}"
TWO = "{includeApplications: [Office365, Yammer]}"
ONE, OTHER = "{includeApplications: [Yammer]}", "{includeApplications: [Office365]}"


@pytest.mark.parametrize(
    ("found", "others", "is_said"),
    [
        (policy(users=PAIR), [policy("P", users=PILOTS), policy("S", users=SALES)], True),
        (policy(users=PAIR), [policy("P", users=PILOTS), policy("S", users=SALES, grant=DEVICE)], False),
        (policy(users=PAIR), [policy("P", users=PILOTS)], False),
        (policy(users=PAIR), [policy("P", users=PAIR)], False),  # which is CA042's
        (policy(grant=BOTH), [policy("M"), policy("D", grant=DEVICE)], True),
        (policy(grant=BOTH), [policy("M"), policy("D", grant=ANY)], False),
        (policy(grant=TERMS), [policy("M"), policy("N")], False),
        (
            policy(applications=TWO),
            [policy("Y", applications=ONE), policy("O", applications=OTHER)],
            True,
        ),
    ],
)
def test_what_others_ask_for_part_by_part_is_asked_for(
    tmp_path: Path, found: str, others: list[str], is_said: bool
) -> None:
    said = [
        finding.address and finding.address.name
        for _, finding in findings(tmp_path, stream(found, *others)).found
        if finding.rule == "CA043"
    ]
    assert said == (["A policy"] if is_said else [])


def split(*conditions: str, clients: tuple[str, ...] = ("[all]",)) -> list[str]:
    """Policies that are alike but for where, or with which clients, they are at work."""
    each = [(line, client) for line in conditions or ("",) for client in clients]
    return [policy(f"P{n}", conditions=line, clients=client) for n, (line, client) in enumerate(each)]


IN_OFFICE = "locations: {includeLocations: [Office]}"
ELSEWHERE = "locations: {includeLocations: [All], excludeLocations: [Office]}"
ABROAD = "locations: {includeLocations: [All], excludeLocations: [Office, Home]}"
AT_HOME = "locations: {includeLocations: [Home]}"
ON_PHONES = "platforms: {includePlatforms: [iOS]}"
ON_THE_REST = "platforms: {includePlatforms: [all], excludePlatforms: [iOS]}"
OLD, NEW = "[exchangeActiveSync, other]", "[browser, mobileAppsAndDesktopClients]"


@pytest.mark.parametrize(
    ("found", "others", "is_said"),
    [
        (policy(), split(IN_OFFICE, ELSEWHERE), True),
        (policy(), split(IN_OFFICE, AT_HOME, ABROAD), True),
        (policy(), split(AT_HOME, ABROAD), False),
        (policy(), split(IN_OFFICE, ABROAD), False),
        (policy(), split(ELSEWHERE, ABROAD), False),
        (policy(conditions="locations: {includeLocations: [Home, Office]}"), split(IN_OFFICE, AT_HOME), True),
        (policy(conditions="locations: {includeLocations: [Home, Office]}"), split(IN_OFFICE), False),
        (policy(conditions=IN_OFFICE), split(AT_HOME, ABROAD), False),
        (policy(), split(clients=(OLD, NEW)), True),
        (policy(), split(clients=(OLD, "[browser]")), False),
        (policy(clients=NEW), split(clients=("[browser]", "[mobileAppsAndDesktopClients]")), True),
        (policy(clients="[browser]"), split(clients=(OLD,)), False),
        (policy(), [*split(IN_OFFICE, ELSEWHERE, clients=(NEW,)), policy("Old", clients=OLD)], True),
        (policy(), [*split(IN_OFFICE, clients=(NEW,)), policy("Old", clients=OLD)], False),
        (policy(), split(ON_PHONES, ON_THE_REST), True),
        (policy(grant=BOTH), split(IN_OFFICE, ELSEWHERE), False),
    ],
)
def test_what_others_ask_for_place_by_place_or_client_by_client_is_asked_for(
    tmp_path: Path, found: str, others: list[str], is_said: bool
) -> None:
    linted = findings(tmp_path, stream(found, *others))
    said = [
        finding.address and finding.address.name for _, finding in linted.found if finding.rule == "CA043"
    ]
    assert said == (["A policy"] if is_said else [])


GROUPS, APPS = ("A", "B", "C"), ("app-1", "app-2")


def at_places(included: list[str], *excluded: str) -> JsonObject:
    return {"locations": {"includeLocations": [*included], "excludeLocations": [*excluded]}}


def with_clients(*names: str) -> JsonObject:
    return {"clientAppTypes": [*names]}


WHERE = [
    at_places(["Office"]),
    at_places(["All"], "Office"),
    at_places(["Office", "Home"]),
    at_places(["All"], "Home", "Office"),
    with_clients("browser", "mobileAppsAndDesktopClients"),
    with_clients("exchangeActiveSync", "other"),
]
WAYS = [
    [at_places(["Office"]), at_places(["All"], "Office")],
    [at_places(["Office"]), at_places(["Home"]), at_places(["All"], "Home", "Office")],
    [with_clients("browser", "mobileAppsAndDesktopClients"), with_clients("exchangeActiveSync", "other")],
    [
        *(
            {**with_clients("browser"), **place}
            for place in (at_places(["Office"]), at_places(["All"], "Office"))
        ),
        with_clients("mobileAppsAndDesktopClients", "exchangeActiveSync", "other"),
    ],
]


def some(groups: list[list[str]]) -> st.SearchStrategy[JsonObject]:
    """Policies for some of these groups."""
    return st.builds(
        lambda groups, left_out, apps, grant, risks, where: {
            "state": "enabled",
            "conditions": {
                "users": {"includeGroups": groups, **left_out},
                "applications": {"includeApplications": apps},
                **risks,
                **where,
            },
            "grantControls": {"operator": grant[0], "builtInControls": grant[1]},
        },
        st.sampled_from(groups),
        st.sampled_from([{}, {}, {"excludeGroups": ["C"]}]),
        st.sampled_from([["All"], ["All"], ["app-1", "app-2"], ["app-1"]]),
        st.sampled_from([("OR", ["mfa"]), ("OR", ["compliantDevice"]), ("AND", ["compliantDevice", "mfa"])]),
        st.sampled_from([{}, {}, {}, {"signInRiskLevels": ["high"]}]),
        st.sampled_from([{}, {}, *WHERE]),
    )


WHOLES = some([["A", "B"]])
PARTS = some([["A"], ["A", "C"], ["B"], ["B", "C"]])


def like_it(whole: JsonObject, part: JsonObject) -> JsonObject:
    """All but the groups is the whole's."""
    users = {"includeGroups": at(part, "conditions", "users", "includeGroups")}
    conditions = {**cast(JsonObject, whole["conditions"]), "users": users}
    return {**whole, "conditions": conditions}


def case(
    whole: JsonObject,
    wide: tuple[JsonObject, ...],
    like: tuple[bool, ...],
    others: list[JsonObject],
) -> dict[str, JsonObject]:
    """A policy, one for each of its groups that is like it or is not, and others."""
    parts = [like_it(whole, part) if is_like else part for part, is_like in zip(wide, like, strict=True)]
    return {f"P{number}": spec for number, spec in enumerate((whole, *parts, *others))}


CASES = st.builds(
    case,
    WHOLES,
    st.tuples(some([["A"], ["A", "C"]]), some([["B"], ["B", "C"]])),
    st.tuples(st.sampled_from([True, True, True, False]), st.sampled_from([True, True, True, False])),
    st.lists(PARTS, max_size=2),
)


def cut(whole: JsonObject, ways: list[JsonObject], others: list[JsonObject]) -> dict[str, JsonObject]:
    """A policy, and others that are like it in one place, or with one sort of client, each."""
    conditions = cast(JsonObject, whole["conditions"])
    parts: list[JsonObject] = [{**whole, "conditions": {**conditions, **way}} for way in ways]
    return {f"P{number}": spec for number, spec in enumerate((whole, *parts, *others))}


CUT = st.builds(cut, WHOLES, st.sampled_from(WAYS), st.lists(PARTS, max_size=1))
SIGN_INS = st.builds(
    lambda groups, app, auth, device, risk, places, client: SignIn(
        user="ada",
        person=Person(groups=groups, registered=frozenset({"password", "sms"}), held_pass="none"),
        apps=(app,),
        auth=frozenset(auth),
        device=device,
        sign_in_risk=risk,
        locations=places,
        client_app=client,
        as_of=DAY,
    ),
    st.frozensets(st.sampled_from(GROUPS)),
    st.sampled_from(APPS),
    st.sampled_from([("password",), ("password", "sms")]),
    st.sampled_from([UNREGISTERED, Device(attributes={"isCompliant": True})]),
    st.sampled_from(["none", "high"]),
    st.sampled_from([(), ("Office",), ("Home",), ("Home", "Office")]),
    st.sampled_from(["browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"]),
)
FACTS = Facts(groups={name: Group() for name in GROUPS}, methods={}, migration_is_complete=True)


def said_to_decide_nothing(policies: dict[str, JsonObject]) -> list[str]:
    items = [Item(address=Address(KIND, name), spec=spec) for name, spec in policies.items()]
    context = context_of(items, settings=Settings(), environment=Environment(name="case"), as_of=DAY)
    return [hit.item.address.name for hit in never_decides.check(context) if hit.item]


@given(st.one_of(CASES, CUT), st.lists(SIGN_INS, min_size=5, max_size=5))
def test_without_it_a_sign_in_is_decided_as_with_it(
    policies: dict[str, JsonObject], sign_ins: list[SignIn]
) -> None:
    idle = said_to_decide_nothing(policies)
    assume(idle)  # hypothesis objects where there is hardly a case

    for name in idle:
        without = {other: spec for other, spec in policies.items() if other != name}
        for sign_in in sign_ins:
            with_it = decide(rulebook(policies, FACTS), sign_in).verdict
            assert decide(rulebook(without, FACTS), sign_in).verdict == with_it
