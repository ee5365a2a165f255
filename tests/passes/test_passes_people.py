from __future__ import annotations

from typing import Any

import pytest
from following_tools import IDS, INGRID, JONAS, MIA, NEW_HIRES, NOON, YUSUF, Company

from tapctl.errors import NotPermitted, Refused, UsageError
from tapctl.graph.gateway import Gateway
from tapctl.model import Address, JsonObject
from tapctl.passes.everybody import eligible_people, logged_people
from tapctl.passes.people import Group, group_named, members_of, people_among, people_named, users_in
from tapctl.passes.trail import Trail, read_trail
from tapctl.passes.who import Chosen, Wish, choose
from tapctl.sandbox.seed import tenant

METHODS = "policies/authenticationMethodsPolicy/authenticationMethodConfigurations"
ALL_STAFF = "20000000-0000-4000-8000-000000000004"


def chosen(company: Company, wish: Wish, **pins: str) -> Chosen:
    by_address = {Address("Group", name.replace("_", " ")): found for name, found in pins.items()}
    return company.ask(lambda gateway: choose(gateway, wish, by_address, NOON))


def names(found: Chosen) -> list[str]:
    return [person.name.partition("@")[0] for person in found.people]


def scope(company: Company, *targets: str, of: str = "group") -> None:
    kind = "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration"
    groups = [{"id": target, "targetType": of} for target in targets]
    path = f"{METHODS}/TemporaryAccessPass"
    company.send("PATCH", path, {"@odata.type": kind, "includeTargets": groups})


def test_people_are_found_by_name_or_id_each_once() -> None:
    people = company_people(Company(), [MIA, IDS[YUSUF], MIA.upper()])

    assert [person.name for person in people] == [MIA, YUSUF]
    assert (people[0].display, people[0].is_enabled) == ("Mia Larsen", True)
    assert people[0].password_changed is not None


def company_people(company: Company, wanted: list[str]) -> Any:
    return company.ask(lambda gateway: people_named(gateway, wanted))


def test_three_hundred_names_are_one_request() -> None:
    async def ask(gateway: Gateway) -> tuple[int, int]:
        before = gateway.sent
        people, missing = await people_among(
            gateway, [MIA, *(f"hire{n}@nordwind.example" for n in range(299))]
        )
        return gateway.sent - before, len(people) + len(missing)

    assert Company().ask(ask) == (1, 300)


def test_a_server_that_cannot_search_names_is_not_asked_to_guess() -> None:
    company = Company()
    app = company.app

    async def without_search(scope: Any, receive: Any, send: Any) -> None:
        if b"startswith" not in scope["query_string"]:
            await app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 400, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    company.app = without_search
    with pytest.raises(Refused, match=r"these are nobody's names:\n  \"mia\"$"):
        company_people(company, ["mia"])


@pytest.mark.parametrize("typed", ["mai.larsen", "ima.larsen", "mi.alarsen", "mia.lasren"])
def test_two_swapped_letters_still_find_the_nearest_name(typed: str) -> None:
    with pytest.raises(Refused, match=f'did you mean "{MIA}"'):
        company_people(Company(), [f"{typed}@nordwind.example"])


def test_every_name_that_is_nobody_s_is_said_with_the_nearest() -> None:
    with pytest.raises(Refused) as caught:
        company_people(Company(), ["mia.larson@nordwind.example", INGRID, "zz", *map(str, range(5))])

    lines = str(caught.value).split("\n  ")
    assert lines[1] == f'"mia.larson@nordwind.example"; did you mean "{MIA}"?'
    assert len(lines) == 8


def test_whoever_may_not_be_looked_up_is_not_absent() -> None:
    company = Company()
    company.misbehave(forbidden=("users",))

    with pytest.raises(NotPermitted, match=r"User\.ReadBasic\.All"):
        company_people(company, [MIA])


def test_a_group_is_found_by_name_id_or_pin() -> None:
    expected = Group(id=NEW_HIRES, name="New hires")
    pins = {Address("Group", "New hires"): NEW_HIRES}

    async def ask(gateway: Gateway) -> list[Group]:
        return [
            await group_named(gateway, "New hires", {}),
            await group_named(gateway, NEW_HIRES, {}),
            await group_named(gateway, "New hires", pins),
        ]

    assert Company().ask(ask) == [expected] * 3


@pytest.mark.parametrize(
    ("name", "pins", "why"),
    [
        ("New hire", {}, 'there is no group called "New hire"; did you mean "New hires"?'),
        ("Zebras", {}, 'there is no group called "Zebras"'),
        ("20000000-0000-4000-8000-00000000dead", {}, "there is no group with the id"),
        ("New hires", {Address("Group", "New hires"): ALL_STAFF}, "leads to another group"),
    ],
)
def test_a_group_that_is_not_there_is_never_another(name: str, pins: dict[Address, str], why: str) -> None:
    with pytest.raises(Refused, match=why.replace("?", r"\?")):
        Company().ask(lambda gateway: group_named(gateway, name, pins))


def test_namesakes_are_told_apart_by_the_user() -> None:
    company = Company()
    group = {"displayName": "New hires", "mailEnabled": False, "mailNickname": "n", "securityEnabled": True}
    company.send("POST", "groups", group)

    with pytest.raises(Refused, match="2 groups are called"):
        chosen(company, Wish(group="New hires"))
    assert chosen(company, Wish(group="New hires"), New_hires=NEW_HIRES).group is not None


def test_members_of_groups_within_are_members_and_machines_are_not() -> None:
    company = tenant()
    groups = {group["displayName"]: group for group in company["groups"]}
    robot = company["servicePrincipals"][0]["id"]
    groups["Lost device"]["members"] = [NEW_HIRES, robot, IDS[INGRID]]

    found = Company(company).ask(lambda gateway: members_of(gateway, groups["Lost device"]["id"]))

    assert {person.name for person in found} == {
        INGRID,
        MIA,
        YUSUF,
        "chloe.martin@nordwind.example",
    }


def test_a_group_says_where_people_come_from() -> None:
    found = chosen(Company(), Wish(group="New hires"))

    assert names(found) == ["mia.larsen", "yusuf.demir", "chloe.martin"]
    assert found.basis == ('members of "New hires"',)


def test_a_roster_and_names_are_people_by_name() -> None:
    assert chosen(Company(), Wish(names=(MIA,))).basis == ("as named",)
    assert chosen(Company(), Wish(names=(MIA,), roster="r.csv")).basis == ("the roster r.csv",)
    assert chosen(Company(), Wish(roster="empty.csv")).people == ()


def test_a_roster_may_be_ahead_of_the_tenant() -> None:
    wish = Wish(names=(MIA, "next.monday@nordwind.example"), roster="r.csv")

    found = chosen(Company(), wish)

    assert names(found) == ["mia.larsen"]
    assert [person.name for person, _ in found.failures] == ["next.monday@nordwind.example"]
    with pytest.raises(Refused, match=r"next\.monday"):
        Company().ask(lambda gateway: choose(gateway, wish, {}, NOON, may_miss=False))


def test_everybody_is_whom_the_policy_reaches() -> None:
    found = chosen(Company(), Wish())

    assert len(found.people) == 19
    assert not [person for person in found.people if "#EXT#" in person.name]


def test_where_the_policy_reaches_groups_their_members_and_whoever_has_a_pass_all_the_same() -> None:
    company = Company()
    company.issue(JONAS)
    scope(company, NEW_HIRES)

    found = chosen(company, Wish())

    assert names(found) == ["mia.larsen", "yusuf.demir", "chloe.martin", "jonas.weber"]
    assert len(found.basis) == 3


def test_a_deleted_group_in_the_scope_has_no_members() -> None:
    company = Company()
    scope(company, NEW_HIRES)
    company.send("DELETE", f"groups/{NEW_HIRES}")

    assert chosen(company, Wish()).people == ()


def test_logs_that_cannot_be_read_are_said_and_groups_go_on() -> None:
    company = Company()
    scope(company, NEW_HIRES)
    company.misbehave(forbidden=("auditLogs", "reports"))

    found = chosen(company, Wish())

    assert len(found.people) == 3
    assert [text.partition(":")[0] for text in found.unread] == [
        "the audit log",
        "the registration report",
    ]


def test_people_whom_the_policy_of_an_old_tenant_names_count_too() -> None:
    company = Company()
    scope(company, IDS[MIA], of="user")

    assert names(chosen(company, Wish())) == ["mia.larsen"]


def test_from_the_logs_come_few_people_in_few_requests() -> None:
    company = Company()
    company.issue(MIA)

    async def ask(gateway: Gateway) -> tuple[Any, int]:
        before = gateway.sent
        trail = await read_trail(gateway, NOON)
        return await logged_people(gateway, trail), gateway.sent - before

    found, requests = company.ask(ask)

    assert [person.name for person in found.people] == [MIA]
    assert requests == 2


def test_from_logs_that_cannot_be_read_comes_nobody() -> None:
    company = Company()
    company.misbehave(forbidden=("auditLogs", "reports"))

    with pytest.raises(Refused, match="neither log says who has a pass"):
        chosen(company, Wish(from_logs=True))


def test_a_policy_that_cannot_be_read_stops_everybody() -> None:
    company = Company()
    company.misbehave(forbidden=("policies/authenticationMethodsPolicy",))

    with pytest.raises(NotPermitted, match=r"Policy\.Read\.AuthenticationMethod"):
        company.ask(lambda gateway: eligible_people(gateway, Trail()))


@pytest.mark.parametrize(
    "wish",
    [
        Wish(names=("a",), group="b"),
        Wish(names=("a",), roster="r", group="b"),
        Wish(names=("a",), from_logs=True),
        Wish(roster="r", from_logs=True),
    ],
)
def test_people_are_chosen_one_way(wish: Wish) -> None:
    with pytest.raises(UsageError, match="one way"):
        wish.check()


def test_some_commands_want_a_choice() -> None:
    Wish().check()
    with pytest.raises(UsageError, match="say whom you mean"):
        Wish().check(may_be_everybody=False)


def test_members_without_a_type_are_people() -> None:
    machine: JsonObject = {"@odata.type": "#microsoft.graph.device", "id": "2"}

    assert [person.name for person in users_in([{"id": "1", "userPrincipalName": MIA}, machine])] == [MIA]


def test_the_way_to_somebody_s_name_is_escaped() -> None:
    company = tenant()
    guest = next(
        user["userPrincipalName"] for user in company["users"] if "#EXT#" in user["userPrincipalName"]
    )

    assert company_people(Company(company), [guest])[0].name == guest
