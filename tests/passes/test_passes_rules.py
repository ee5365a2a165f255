from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from trial import PINS, Message, Receive, Send, Tenant, folder

from tapctl.errors import NotPermitted
from tapctl.graph.sandbox import AsgiApp
from tapctl.model import Workspace
from tapctl.passes.checks import Rules, general
from tapctl.passes.rules import read_rules
from tapctl.pipeline import check
from tapctl.sandbox import Misbehaviour
from tapctl.sandbox.seed import GROUPS, PEOPLE

ON_DEMAND = "identityGovernance/privilegedAccess/group/eligibilitySchedules"
DOMAIN = "nordwind.example"
MIA = f"mia.larsen@{DOMAIN}"


@pytest.fixture
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return check(folder(tmp_path_factory.mktemp("w"), []), "sandbox").workspace


def rules_of(tenant: Tenant, workspace: Workspace) -> Rules:
    return tenant.ask(lambda gateway: read_rules(gateway, workspace))


def test_the_rules_say_what_the_tenant_allows_and_who_is_privileged(workspace: Workspace) -> None:
    tenant = Tenant()
    rules = rules_of(tenant, workspace)

    assert rules.policy.maximum == 1440
    assert rules.active[PEOPLE["ingrid.solberg"]] == ("Global Administrator",)
    assert rules.active[GROUPS["IT administrators"]] == ("Authentication Administrator",)
    assert rules.role_groups == {GROUPS["IT administrators"]: "IT administrators"}
    assert rules.owners == {PEOPLE["ingrid.solberg"]: ("IT administrators",)}
    assert rules.break_glass == set(PINS.values())
    assert rules.caller_id == PEOPLE["ingrid.solberg"]
    assert rules.unread == ()


def test_emergency_accounts_without_a_pin_are_known_by_name_and_groups_by_nothing(tmp_path: Path) -> None:
    accounts = [f"Gone@{DOMAIN}", f"Mia.Larsen@{DOMAIN}"]
    settings = {"breakGlass": {"accounts": accounts, "groups": ["Break glass"]}}
    workspace = check(folder(tmp_path, [], settings=settings), "sandbox").workspace
    rules = rules_of(Tenant(), workspace)

    assert PEOPLE["mia.larsen"] in rules.break_glass
    assert rules.unread == ()
    assert [why.partition(" in environment")[0] for why in rules.unpinned] == [
        f"break-glass User/Gone@{DOMAIN} is not pinned",
        "break-glass Group/Break glass is not pinned",
    ]
    assert ", and nobody has that name: " in rules.unpinned[0]


def test_who_may_take_a_role_counts_too(workspace: Workspace) -> None:
    tenant = Tenant()
    tenant.put(
        "roleManagement/directory/roleEligibilitySchedules",
        principalId=PEOPLE["peter.brandt"],
        roleDefinitionId="fe930be7-5e62-47db-91af-98c3a49a38b1",
    )

    assert rules_of(tenant, workspace).eligible == {PEOPLE["peter.brandt"]: ("User Administrator",)}


def test_who_may_join_a_role_assignable_group_counts_too(workspace: Workspace) -> None:
    tenant = Tenant()
    for name, access in (("peter.brandt", "member"), ("aisha.rahman", "owner")):
        group = GROUPS["IT administrators"]
        tenant.put(ON_DEMAND, principalId=PEOPLE[name], accessId=access, groupId=group)
    tenant.put(ON_DEMAND, principalId=PEOPLE["mia.larsen"], accessId="member", groupId=GROUPS["New hires"])
    rules = rules_of(tenant, workspace)

    assert rules.joinable == {
        PEOPLE["peter.brandt"]: ('member of "IT administrators"',),
        PEOPLE["aisha.rahman"]: ('owner of "IT administrators"',),
    }


def test_an_ordinary_group_that_holds_or_may_take_something_is_known_by_its_name(
    workspace: Workspace,
) -> None:
    tenant = Tenant()
    names = ("Holds", "May take", "May join")
    holds, takes, joins = (tenant.put("groups", displayName=name) for name in names)
    role = {"roleDefinitionId": "fe930be7-5e62-47db-91af-98c3a49a38b1"}
    tenant.put("roleManagement/directory/roleAssignments", principalId=holds, **role)
    tenant.put("roleManagement/directory/roleEligibilitySchedules", principalId=takes, **role)
    tenant.put(ON_DEMAND, principalId=joins, accessId="member", groupId=GROUPS["IT administrators"])

    rules = rules_of(tenant, workspace)

    assert rules.feeders == dict(zip((holds, takes, joins), names, strict=True))
    assert rules.groups >= rules.feeders.keys()


def test_groups_that_cannot_be_told_from_users_are_not_taken_for_none(workspace: Workspace) -> None:
    tenant = Tenant(between=[answering("/groups?$filter=id", 403, {"error": {"code": "x"}})])

    assert rules_of(tenant, workspace).unread


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (404, "x", "y"),
        (400, "BadRequest", "Resource not found for the segment 'privilegedAccess'."),
        (400, "AadPremiumLicenseRequired", "no P2"),
    ],
)
def test_a_tenant_without_groups_on_demand_is_said_and_nothing_is_refused(
    workspace: Workspace, status: int, code: str, message: str
) -> None:
    body = {"error": {"code": code, "message": message}}
    rules = rules_of(Tenant(between=[answering("eligibilitySchedules?", status, body)]), workspace)

    assert (len(rules.unasked), rules.unread) == (1, ())
    (note,) = general(rules)
    assert (note.rule, note.severity) == ("groups-on-demand", "note")


@pytest.mark.parametrize(("path", "status"), [("eligibilitySchedules?", 403), ("/owners", 500)])
def test_what_many_groups_have_no_answer_to_is_said_once(
    workspace: Workspace, path: str, status: int
) -> None:
    tenant = Tenant(between=[answering(path, status, {"error": {"code": "x"}})])
    for _ in range(3):
        tenant.put("groups", displayName="Helpdesk", isAssignableToRole=True)

    (why,) = rules_of(tenant, workspace).unread
    assert '(the role-assignable group "IT administrators" and 3 more)' in why


def test_a_tenant_without_groups_on_demand_is_said_once_of_many_groups(workspace: Workspace) -> None:
    tenant = Tenant(between=[answering("eligibilitySchedules?", 404, {"error": {"code": "x"}})])
    tenant.put("groups", displayName="Helpdesk", isAssignableToRole=True)
    rules = rules_of(tenant, workspace)

    assert (len(rules.unasked), rules.unread) == (1, ())


@pytest.mark.parametrize("is_gone", [True, False])
def test_one_group_that_is_not_found_is_unread_unless_it_is_gone(workspace: Workspace, is_gone: bool) -> None:
    tenant = Tenant()
    group = tenant.put("groups", displayName="Helpdesk", isAssignableToRole=True)
    tenant.between = [answering("eligibilitySchedules?", 404, {"error": {"code": "x"}}, about=group)]
    if is_gone:
        tenant.between.append(answering("/groups?$filter=id", 200, {"value": []}))
    rules = rules_of(tenant, workspace)

    assert rules.unasked == ()
    assert [' (the role-assignable group "Helpdesk")' in why for why in rules.unread] == [True][is_gone:]


def test_the_groups_of_the_policy_have_names(workspace: Workspace) -> None:
    tenant = Tenant()
    methods = "policies/authenticationMethodsPolicy/authenticationMethodConfigurations"
    policy = tenant.store.get(methods, "TemporaryAccessPass")
    assert policy is not None
    target = {"id": GROUPS["New hires"], "targetType": "group", "isRegistrationRequired": False}
    tenant.store.put(methods, {**policy, "includeTargets": [target]})

    assert rules_of(tenant, workspace).names == {GROUPS["New hires"]: "New hires"}


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("roleManagement/directory/roleAssignments", "RoleManagement.Read.Directory"),
        ("roleManagement/directory/roleEligibilitySchedules", "RoleManagement.Read.Directory"),
        ("groups", "Group.Read"),
    ],
)
def test_privileges_that_cannot_be_read_are_named_and_never_taken_for_none(
    workspace: Workspace, path: str, permission: str
) -> None:
    rules = rules_of(Tenant(misbehaviour=Misbehaviour(forbidden=(path,))), workspace)

    assert any(permission in text for text in rules.unread)


def test_a_policy_that_cannot_be_read_stops_everything(workspace: Workspace) -> None:
    with pytest.raises(NotPermitted):
        rules_of(Tenant(misbehaviour=Misbehaviour(forbidden=("policies",))), workspace)


def test_groups_without_a_name_to_read_keep_their_ids(workspace: Workspace) -> None:
    tenant = Tenant()
    policy = "policies/authenticationMethodsPolicy/authenticationMethodConfigurations"
    found = tenant.store.get(policy, "TemporaryAccessPass") or {}
    target = {"targetType": "group", "id": GROUPS["New hires"]}
    tenant.store.put(policy, {**found, "includeTargets": [target]})
    tenant.misbehaviour = Misbehaviour(forbidden=("groups",))
    rules = rules_of(tenant, workspace)

    assert rules.names == {}
    assert GROUPS["New hires"] in rules.groups


def answering(path: str, status: int, body: Any, *, about: str = "") -> Callable[[AsgiApp], AsgiApp]:
    """Reads of this path, or those of them about one object, get another answer, alone and in a batch of
    nothing else."""

    def wrap(app: AsgiApp) -> AsgiApp:
        async def other(scope: Message, receive: Receive, send: Send) -> None:
            asked = (await receive())["body"] if scope["method"] == "POST" else b""
            query = unquote(scope["query_string"].decode())
            if path in f"{scope['path']}?{query}":
                await answer(send, status, body)
            elif path.encode() in asked:
                answers = [
                    {"id": one["id"], "status": status, "headers": {"request-id": one["id"]}, "body": body}
                    if about in one["url"]
                    else {"id": one["id"], "status": 200, "body": {"value": []}}
                    for one in json.loads(asked)["requests"]
                ]
                await answer(send, 200, {"responses": answers})
            else:
                await app(scope, again(asked), send)

        return other

    return wrap


def again(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def answer(send: Send, status: int, body: Any) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


def test_without_the_licence_nobody_is_eligible(workspace: Workspace) -> None:
    body = {"error": {"code": "AadPremiumLicenseRequired", "message": "no P2"}}
    rules = rules_of(Tenant(between=[answering("roleEligibilitySchedules", 400, body)]), workspace)

    assert (rules.eligible, rules.unread) == ({}, ())


@pytest.mark.parametrize(("status", "unread"), [(403, 1), (404, 0)])
def test_owners_that_may_not_be_read_are_told_and_a_group_that_is_gone_has_none(
    workspace: Workspace, status: int, unread: int
) -> None:
    body = {"error": {"code": "x", "message": "y"}}
    rules = rules_of(Tenant(between=[answering("/owners", status, body)]), workspace)

    assert (rules.owners, len(rules.unread)) == ({}, unread)
