"""`$filter` and the other query options pick what Graph would pick."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_tools import ADVANCED, LOCATIONS, NEW_HIRES, POLICIES, STRENGTHS, Client, refusal

from tapctl.sandbox import Settings
from tapctl.sandbox.filters import parse_filter
from tapctl.sandbox.values import RefusedError

OBJECT: dict[str, Any] = {
    "@odata.type": "#microsoft.graph.countryNamedLocation",
    "name": "O'Brien",
    "size": 5,
    "on": True,
    "none": None,
    "at": "2026-01-02T03:04:05.1234567Z",
    "id": "20000000-0000-4000-8000-000000000002",
    "tags": ["a", "b"],
    "targets": [{"id": "x", "kind": "k"}],
    "by": {"user": {"id": "u"}},
    "flags": "password,sms",
}
MATCHING = [
    "name eq 'o''brien'",
    "name ne 'x' and on eq true",
    "(name eq 'x' or size gt 4) and size lt 6",
    "size ge 5 and size le 5.0",
    "none eq null and absent eq null",
    "not (name eq 'x')",
    "startswith(name, 'O') and endsWith(name,'EN') and contains(name,'''br')",
    "at ge 2026-01-01 and at lt 2026-01-02T03:04:06Z",
    "id eq 20000000-0000-4000-8000-000000000002",
    "name in ('x', 'O''Brien')",
    "tags/any()",
    "tags/any(t: t eq 'B')",
    "targets/any(t:t/id eq 'x' and t/kind eq 'k')",
    "by/user/id eq 'u'",
    "flags has 'sms, password'",
    "isof('microsoft.graph.countryNamedLocation')",
    "microsoft.graph.countryNamedLocation/on eq true",
]
OTHERS = [
    "size gt 5",
    "name gt 5",
    "startswith(size, '5')",
    "absent/any()",
    "microsoft.graph.ipNamedLocation/on eq true",
    "isof('microsoft.graph.ipNamedLocation')",
    "flags has 'voice'",
    "tags/any(t: t eq 'c')",
    "name/deeper eq 'x'",
]
BROKEN = [
    "name",
    "name eq",
    "name like 'x'",
    "eq 'x'",
    "name eq 'x' 'y'",
    "(name eq 'x'",
    "name eq x",
    "tags/any(",
    "^",
]


@pytest.mark.parametrize("text", MATCHING)
def test_a_condition_holds(text: str) -> None:
    assert parse_filter(text).matches(OBJECT)


@pytest.mark.parametrize("text", OTHERS)
def test_a_condition_does_not_hold(text: str) -> None:
    assert not parse_filter(text).matches(OBJECT)


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_filter_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="Invalid filter clause"):
        parse_filter(text)


def test_uses_name_the_properties_behind_a_variable() -> None:
    uses = parse_filter("targets/any(t:t/id eq 'x') and tags/any(t:t eq 'y')").uses

    assert [(use.property, use.operator) for use in uses] == [
        ("targets", "any"),
        ("targets/id", "eq"),
        ("tags", "any"),
        ("tags", "eq"),
    ]


@given(st.text(min_size=1))
def test_any_text_can_be_quoted(name: str) -> None:
    quoted = name.replace("'", "''")

    assert parse_filter(f"name eq '{quoted}'").matches({"name": name})


def test_lists_come_in_pages_that_add_up() -> None:
    client = Client(settings=Settings(page=4))
    path, names, pages = "users?$select=displayName&$count=true", [], 0

    while path:
        page = client.read(path)
        assert ("@odata.count" in page) == (pages == 0)
        names += [user["displayName"] for user in page["value"]]
        path, pages = page.get("@odata.nextLink"), pages + 1

    assert (len(names), len(set(names)), pages) == (20, 20, 5)


def test_top_skip_and_order_cut_the_list() -> None:
    client = Client()

    page = client.read(f"{POLICIES}?$orderby=displayName desc&$skip=1&$top=1&$count=true")

    assert [item["displayName"] for item in page["value"]] == ["NH-10 Draft"]
    assert (page["@odata.count"], "@odata.nextLink" in page) == (2, True)
    assert client.read(page["@odata.nextLink"])["value"][0]["displayName"].startswith("CA-01")


def test_a_selection_holds_nothing_else() -> None:
    page = Client().read("groups?$select=id,displayName&$filter=displayName eq 'new hires'")

    assert page["value"] == [{"id": NEW_HIRES, "displayName": "New hires"}]
    assert page["@odata.context"].endswith("#groups(id,displayName)")


def test_some_properties_of_people_have_to_be_selected() -> None:
    client = Client()

    assert "userType" not in client.read("me")
    assert client.read("me?$select=userType")["userType"] == "Member"


def test_a_search_needs_the_eventual_index() -> None:
    client = Client()
    path = 'groups?$search="displayName:hires" OR "description:tenant"'

    assert [item["displayName"] for item in client.read(path, ADVANCED)["value"]] == [
        "New hires",
        "IT administrators",
    ]
    assert refusal(client.get(path))[0] == 400
    assert refusal(client.get("groups?$search=hires", ADVANCED))[0] == 400


REFUSED = [
    "groups?$filter=createdDateTime ge 2021-11-01",
    "groups?$filter=displayName ne 'x'",
    "groups?$filter=not(displayName eq 'x')&$count=true",
    "groups?$filter=displayName in (" + ",".join(f"'{n}'" for n in range(16)) + ")",
    f"{POLICIES}?$expand=conditions",
    f"{POLICIES}?$search=x",
    f"{POLICIES}?$top=0",
    f"{POLICIES}?$top=1000",
    f"{POLICIES}?$skip=x",
    f"{LOCATIONS}?$nonsense=1",
    "policies/authenticationMethodsPolicy?$select=id",
    "identity/conditionalAccess/authenticationContextClassReferences?$top=5",
]


@pytest.mark.parametrize("path", REFUSED)
def test_options_that_graph_does_not_take_are_refused(path: str) -> None:
    assert refusal(Client().get(path))[0] == 400


def test_advanced_filters_work_when_asked_for_as_such() -> None:
    path = "groups?$filter=displayName ne 'New hires'&$count=true"

    assert Client().read(path, ADVANCED)["@odata.count"] == 4


def test_fifteen_names_fit_into_one_filter() -> None:
    names = ",".join(f"'{n}'" for n in ["New hires", *range(14)])

    assert len(Client().read(f"groups?$filter=displayName in ({names})")["value"]) == 1


def test_strengths_are_filtered_by_their_combinations() -> None:
    found = Client().read(f"{STRENGTHS}?$filter=allowedCombinations/any(x:x has 'sms, password')")

    assert [item["displayName"] for item in found["value"]] == ["Multifactor authentication"]
