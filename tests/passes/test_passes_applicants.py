from __future__ import annotations

import pytest
from trial import FIRST, SELF, Tenant, folder

from tapctl.errors import NotPermitted
from tapctl.graph.gateway import Gateway
from tapctl.model import Workspace
from tapctl.passes.applicants import Applicants
from tapctl.passes.checks import Applicant
from tapctl.passes.rules import read_rules
from tapctl.pipeline import check
from tapctl.sandbox import Misbehaviour
from tapctl.sandbox.seed import GROUPS, PEOPLE

DOMAIN = "nordwind.example"
MIA = f"mia.larsen@{DOMAIN}"
ON_DEMAND = "identityGovernance/privilegedAccess/group/eligibilitySchedules"


@pytest.fixture
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return check(folder(tmp_path_factory.mktemp("w"), []), "sandbox").workspace


def found(tenant: Tenant, workspace: Workspace, *words: str, are_few: bool = True) -> dict[str, Applicant]:
    async def ask(gateway: Gateway) -> dict[str, Applicant]:
        applicants = Applicants(gateway=gateway, rules=await read_rules(gateway, workspace))
        try:
            return await applicants.find(words, are_few=are_few)
        finally:
            applicants.close()

    return tenant.ask(ask)


@pytest.mark.parametrize("are_few", [True, False])
def test_people_come_with_their_state_groups_and_pass(workspace: Workspace, are_few: bool) -> None:
    tenant = Tenant()
    tenant.store.put(
        "users", {**tenant.store.objects("users")[PEOPLE["chloe.martin"]], "accountEnabled": False}
    )
    guest = f"anna.kovacs_partner.example#EXT#@{DOMAIN}"
    words = (MIA.upper(), SELF, FIRST, guest, PEOPLE["chloe.martin"].upper(), "nobody@x.example", "o'neill@x")

    people = found(tenant, workspace, *words, are_few=are_few)

    assert [*people] == list(words[:5])
    assert people[MIA.upper()] == Applicant(id=PEOPLE["mia.larsen"], name=MIA, display_name="Mia Larsen")
    assert people[SELF].groups == {GROUPS["IT administrators"]}
    assert people[guest].is_external
    assert not people[words[4]].is_enabled


@pytest.mark.parametrize("are_few", [True, False])
def test_groups_count_through_other_groups(workspace: Workspace, are_few: bool) -> None:
    tenant = Tenant()
    outer = tenant.put("groups", displayName="Outer", members=[GROUPS["New hires"]], isAssignableToRole=True)

    assert found(tenant, workspace, MIA, are_few=are_few)[MIA].groups == {outer}


def test_what_people_are_privileged_by_does_not_depend_on_how_many_they_are(workspace: Workspace) -> None:
    tenant = Tenant()
    inner = tenant.put("groups", displayName="Inner", members=[PEOPLE["mia.larsen"]])
    middle = tenant.put("groups", displayName="Middle", members=[inner, PEOPLE["peter.brandt"]])
    joins, takes, holds = (
        tenant.put("groups", displayName=name, members=[middle]) for name in ("Joins", "Takes", "Holds")
    )
    role = {"roleDefinitionId": "fe930be7-5e62-47db-91af-98c3a49a38b1"}
    tenant.put(ON_DEMAND, principalId=joins, accessId="member", groupId=GROUPS["IT administrators"])
    tenant.put("roleManagement/directory/roleEligibilitySchedules", principalId=takes, **role)
    tenant.put("roleManagement/directory/roleAssignments", principalId=holds, **role)
    words = (MIA, SELF, FIRST, f"peter.brandt@{DOMAIN}")

    few, many = (found(tenant, workspace, *words, are_few=are_few) for are_few in (True, False))

    assert many == few
    assert few[MIA].groups == few[words[3]].groups == {joins, takes, holds}


def test_a_tenant_without_groups_that_matter_is_not_asked_for_them(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    bare = check(folder(tmp_path_factory.mktemp("w"), [], settings={}), "sandbox").workspace
    tenant = Tenant()
    tenant.clear("groups", "roleManagement/directory/roleAssignments")

    assert found(tenant, bare, MIA)[MIA].groups == frozenset()


@pytest.mark.parametrize(
    ("path", "are_few"),
    [
        ("users", True),
        (f"groups/{GROUPS['IT administrators']}/transitiveMembers", False),
    ],
)
def test_what_cannot_be_read_stops_everything(workspace: Workspace, path: str, are_few: bool) -> None:
    with pytest.raises(NotPermitted):
        found(Tenant(misbehaviour=Misbehaviour(forbidden=(path,))), workspace, MIA, are_few=are_few)


def test_a_pass_that_cannot_be_read_is_its_owner_s_matter(workspace: Workspace) -> None:
    place = f"users/{PEOPLE['mia.larsen']}/authentication"
    people = found(Tenant(misbehaviour=Misbehaviour(forbidden=(place,))), workspace, MIA, SELF)

    assert "UserAuthMethod-TAP.Read.All" in people[MIA].unread
    assert people[SELF].unread == ""


def test_groups_that_cannot_be_read_of_anybody_are_each_one_s_matter(workspace: Workspace) -> None:
    people = found(Tenant(misbehaviour=Misbehaviour(forbidden=("users/",))), workspace, MIA, SELF)

    assert people.keys() == {MIA, SELF}
    assert all("GroupMember.Read.All" in person.groups_unread for person in people.values())


def test_groups_that_cannot_be_read_are_their_member_s_matter(workspace: Workspace) -> None:
    place = f"users/{PEOPLE['mia.larsen']}/transitiveMemberOf"
    people = found(Tenant(misbehaviour=Misbehaviour(forbidden=(place,))), workspace, MIA, SELF)

    assert "GroupMember.Read.All" in people[MIA].groups_unread
    assert people[SELF].groups_unread == ""
    assert people[SELF].groups == {GROUPS["IT administrators"]}


def test_an_account_of_which_graph_does_not_say_is_not_taken_for_enabled(workspace: Workspace) -> None:
    tenant = Tenant()
    tenant.store.put("users", {**tenant.store.objects("users")[PEOPLE["mia.larsen"]], "accountEnabled": None})

    assert found(tenant, workspace, MIA)[MIA].is_enabled is None


def test_a_pass_that_somebody_holds_is_found(workspace: Workspace) -> None:
    tenant = Tenant()
    path = f"users/{PEOPLE['mia.larsen']}/authentication/temporaryAccessPassMethods"
    tenant.ask(lambda gateway: gateway.send("POST", path, {"lifetimeInMinutes": 60, "isUsableOnce": True}))

    held = found(tenant, workspace, MIA)[MIA].holds

    assert held is not None
    assert (held.lifetime, held.reason) == (60, "EnabledByPolicy")


def test_a_thousand_people_take_few_requests(workspace: Workspace) -> None:
    tenant = Tenant()
    names = [f"u{number}@x.example" for number in range(1000)]
    for number, name in enumerate(names):
        tenant.put("users", id=f"50000000-0000-4000-8000-{number:012}", userPrincipalName=name)

    async def ask(gateway: Gateway) -> int:
        applicants = Applicants(gateway=gateway, rules=await read_rules(gateway, workspace))
        people = await applicants.find(names, are_few=False)
        applicants.close()
        assert len(people) == 1000
        return gateway.sent

    assert tenant.ask(ask) < 70


def test_groups_are_listed_once_for_however_many_people(workspace: Workspace) -> None:
    async def ask(gateway: Gateway) -> int:
        applicants = Applicants(gateway=gateway, rules=await read_rules(gateway, workspace))
        await applicants.find([MIA], are_few=False)
        before = gateway.sent
        await applicants.find([SELF], are_few=False)
        applicants.close()
        return gateway.sent - before

    assert Tenant().ask(ask) == 2  # who they are, and what they hold
