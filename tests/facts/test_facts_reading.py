"""A tenant is read for facts: in bulk, and without taking "may not" for "is not"."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from facts_tools import Refusing, read
from trial import Document, Tenant, folder, group, location, policy

from tapctl.evaluate.facts import EVERYBODY, Facts, Group, Location, Pass
from tapctl.facts.counts import count_of
from tapctl.facts.merge import facts_for, known
from tapctl.facts.people import pass_in, pass_of, registered, strange, type_of
from tapctl.facts.reading import read_facts
from tapctl.facts.snapshot import FactsSnapshot, SeenRole
from tapctl.kinds._roles import ROLES
from tapctl.model import Address, JsonObject
from tapctl.pipeline import check
from tapctl.sandbox.seed import DOMAIN, GROUPS, GUEST, PEOPLE, numbered

INGRID, MIA = f"ingrid.solberg@{DOMAIN}", f"mia.larsen@{DOMAIN}"
GLOBAL, READER = "62e90394-69f5-4237-9190-012177145e10", "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
AUTHENTICATION = "c4e39bd9-1100-46d3-8c65-fb160da0071f"
GLASS = {"excludeGroups": ["Break glass"]}
ELIGIBLE = "roleManagement/directory/roleEligibilityScheduleInstances"
ASSIGNED = "roleManagement/directory/roleAssignments"


def facts(root: Path, tenant: Tenant, *documents: Document) -> tuple[Facts, FactsSnapshot]:
    checked = check(folder(root, documents), None)
    snapshot = asyncio.run(read(tenant, checked))
    return facts_for(checked, snapshot), snapshot


def nest(tenant: Tenant, outer: str, *members: str) -> None:
    """Somebody puts members into a group in the portal."""
    stored = tenant.one("groups", outer)
    tenant.store.put("groups", {**stored, "members": [*members]})


def test_members_of_the_groups_that_policies_name_are_read_through_nesting(tmp_path: Path) -> None:
    tenant = Tenant()
    nest(tenant, "Lost device", PEOPLE["omar.haddad"], GROUPS["IT administrators"])

    found, snapshot = facts(tmp_path, tenant, policy("P", includeGroups=["Lost device"], **GLASS))

    inner = f"id:{GROUPS['IT administrators']}"
    assert found.groups["Lost device"] == Group(
        users=frozenset({f"omar.haddad@{DOMAIN}"}), groups=frozenset({inner})
    )
    assert count_of(found, "Lost device") == 3
    assert GROUPS["New hires"] not in snapshot.groups, "nobody asked for it"


def test_the_number_of_groups_costs_few_requests(tmp_path: Path) -> None:
    tenant, names = Tenant(), [f"Team {number}" for number in range(40)]
    for number, name in enumerate(names):
        tenant.put("groups", id=numbered(7, number), displayName=name, members=[PEOPLE["omar.haddad"]])

    async def main() -> int:
        checked = check(folder(tmp_path, [policy("P", includeGroups=names, **GLASS)]), None)
        async with tenant.connection() as gateway:
            before = gateway.sent
            await read_facts(gateway, checked)
            return gateway.sent - before

    assert asyncio.run(main()) <= 17


def test_a_group_and_a_user_may_be_named_by_id(tmp_path: Path) -> None:
    document = policy("P", includeGroups=[GROUPS["New hires"]], includeUsers=[PEOPLE["omar.haddad"]], **GLASS)
    checked = check(folder(tmp_path, [document]), None)

    found = known(checked, asyncio.run(read(Tenant(), checked)))

    users = found.specs.policies["P"]["conditions"]["users"]  # type: ignore[index,call-overload]
    assert users["includeGroups"] == ["New hires"]  # type: ignore[index,call-overload]
    assert users["includeUsers"] == [f"omar.haddad@{DOMAIN}"]  # type: ignore[index,call-overload]
    assert count_of(found.facts, "New hires") == 3
    assert found.facts.users[f"omar.haddad@{DOMAIN}"].type == "member"


def test_of_two_groups_of_one_name_the_pin_decides(tmp_path: Path) -> None:
    tenant = Tenant()
    tenant.put("groups", id=numbered(7, 1), displayName="New hires", members=[PEOPLE["omar.haddad"]])
    document = policy("P", includeGroups=["New hires"], **GLASS)

    unclear, _ = facts(tmp_path, tenant, document)
    checked = check(folder(tmp_path, [document], pins={"Group/New hires": numbered(7, 1)}), None)
    clear = facts_for(checked, asyncio.run(read(tenant, checked)))

    assert count_of(unclear, "New hires") is None
    assert count_of(clear, "New hires") == 1


def test_declared_members_are_what_the_group_will_have(tmp_path: Path) -> None:
    documents = [group("New hires", [INGRID]), policy("P", includeGroups=["New hires"], **GLASS)]

    found, _ = facts(tmp_path, Tenant(), *documents)

    assert found.groups["New hires"] == Group(users=frozenset({INGRID}))


def test_people_come_with_what_they_registered_and_nothing_else(tmp_path: Path) -> None:
    tenant = Tenant()
    disabled = tenant.store.objects("users")[PEOPLE["mia.larsen"]] | {"accountEnabled": False}
    tenant.store.put("users", disabled)

    found, snapshot = facts(
        tmp_path, tenant, policy("P", includeGroups=["New hires", "IT administrators"], **GLASS)
    )

    assert found.users[INGRID].registered == frozenset({"password", "microsoftAuthenticatorPush", "fido2"})
    assert found.users[MIA].registered is None, "the report leaves disabled accounts out"
    assert not found.users[MIA].is_enabled
    assert "Solberg" not in str(snapshot)


def test_guests_who_were_invited_sign_in_at_home(tmp_path: Path) -> None:
    tenant = Tenant()
    nest(tenant, "Lost device", GUEST)

    found, _ = facts(tmp_path, tenant, policy("P", includeGroups=["Lost device"], **GLASS))

    (guest,) = found.groups["Lost device"].users
    assert found.users[guest].type == "b2bCollaborationGuest"
    assert found.users[guest].registered == frozenset()


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"userType": "Member"}, "member"),
        ({"userType": "Guest"}, "internalGuest"),
        ({"userType": "Member", "creationType": "Invitation"}, "b2bCollaborationMember"),
        ({"userType": "Guest", "userPrincipalName": "a_b.example#EXT#@c.example"}, "b2bCollaborationGuest"),
        ({"userType": None}, None),
    ],
)
def test_the_kind_of_a_user_follows_from_what_graph_shows(user: dict[str, Any], expected: str | None) -> None:
    assert type_of(user) == expected


def test_a_word_of_the_report_that_nobody_knows_leaves_the_rest_unknown() -> None:
    assert registered(["passKeySynced", "mobilePhone"]) == frozenset({"password", "fido2", "sms", "voice"})
    assert registered(["passKeySynced", "brainwaves"]) is None
    assert strange(["passKeySynced", "brainwaves"]) == {"brainwaves"}


def test_roles_count_when_they_are_active_for_the_whole_tenant(tmp_path: Path) -> None:
    tenant = Tenant()
    everyone = {"principalId": PEOPLE["omar.haddad"], "roleDefinitionId": READER}
    tenant.put(ASSIGNED, id="unit", directoryScopeId="/administrativeUnits/1", **everyone)
    tenant.put(ELIGIBLE, id="eligible", directoryScopeId="/", **everyone)
    document = policy("P", includeRoles=["Global Reader", "Authentication Administrator", GLOBAL], **GLASS)

    found, snapshot = facts(tmp_path, tenant, document)

    assert found.users[INGRID].roles == frozenset({"Authentication Administrator", "Global Administrator"})
    assert found.users[f"tomasz.wozniak@{DOMAIN}"].roles == frozenset(
        {
            "Authentication Administrator",
            "Authentication Policy Administrator",
            "Conditional Access Administrator",
        }
    )
    assert found.users[f"omar.haddad@{DOMAIN}"].roles == frozenset()
    assert snapshot.roles is not None
    assert snapshot.roles[READER].eligible == frozenset({f"omar.haddad@{DOMAIN}"})


def test_holders_of_roles_that_no_policy_names_are_read_with_no_request_for_each(tmp_path: Path) -> None:
    tenant, checked = Tenant(), check(folder(tmp_path, [policy("P")]), None)

    async def main() -> tuple[int, FactsSnapshot]:
        async with tenant.connection() as gateway:
            snapshot = await read_facts(gateway, checked)
            return gateway.sent, snapshot

    few, _ = asyncio.run(main())
    for role in (names := sorted(ROLES)[:40]):
        about = {
            "principalId": PEOPLE["omar.haddad"],
            "roleDefinitionId": ROLES[role],
            "directoryScopeId": "/",
        }
        tenant.put(ASSIGNED, id=f"of-{role}", **about)
    many, snapshot = asyncio.run(main())

    found = facts_for(checked, snapshot)
    assert found.users[f"omar.haddad@{DOMAIN}"].roles == frozenset(names)
    assert found.roles_read == frozenset(ROLES.values())
    assert not snapshot.names["Role"], "only roles that policies name are looked up"
    assert many == few


def test_a_role_that_was_not_read_leaves_everybodys_roles_unknown(tmp_path: Path) -> None:
    _, snapshot = facts(tmp_path, Tenant(), policy("P", includeRoles=["Global Reader"], **GLASS))
    snapshot = replace(snapshot, roles={READER: SeenRole()})
    later = check(folder(tmp_path, [policy("P", includeRoles=["Global Administrator"], **GLASS)]), None)

    assert {person.roles for person in facts_for(later, snapshot).users.values()} == {None}


def test_what_no_document_owns_is_as_the_tenant_has_it(tmp_path: Path) -> None:
    document = location("Headquarters", "192.0.2.0/24", isTrusted=True)
    app = {
        "kind": "MicrosoftAuthenticatorPolicy",
        "spec": {"state": "enabled", "includeTargets": ["all_users"]},
    }

    found, _ = facts(tmp_path, Tenant(), document, app, policy("P"))

    assert found.locations["Headquarters"].ranges == ("192.0.2.0/24",)
    assert found.locations["Countries we hire in"] == Location(
        kind="country", countries=frozenset({"DE", "DK", "FR", "NO", "PL"})
    )
    assert found.methods is not None
    assert found.methods["fido2"] == EVERYBODY
    assert not found.methods["softwareOath"].is_enabled, "the app's codes are left as the tenant has them"
    assert found.methods["externalMfa"].is_known
    assert found.pass_policy is not None
    assert found.migration_is_complete is True
    assert found.security_defaults is False
    assert found.join_needs_mfa is False


def test_an_external_method_that_the_folder_removes_is_gone(tmp_path: Path) -> None:
    external = {"kind": "ExternalAuthenticationMethod", "name": "Other", "ensure": "absent"}
    checked = check(folder(tmp_path, [external, policy("P")]), None)
    snapshot = asyncio.run(read(Tenant(), checked))
    there: JsonObject = {"state": "enabled", "includeTargets": [{"id": "all_users", "targetType": "group"}]}
    address = Address("ExternalAuthenticationMethod", "Other")
    snapshot = replace(snapshot, objects={**snapshot.objects, address: there})

    found = facts_for(checked, snapshot)

    assert found.methods is not None
    assert not found.methods["externalMfa"].is_enabled


@pytest.mark.parametrize(
    ("path", "what", "permission"),
    [
        ("groups/", 'members of group "New hires"', "GroupMember.Read.All"),
        ("reports/", "registered methods", "AuditLog.Read.All"),
        ("roleManagement/directory/roleAssignments", "role assignments", "RoleManagement.Read.Directory"),
        (ELIGIBLE, "eligible role assignments", "RoleEligibilitySchedule.Read.Directory"),
        ("directoryRoleTemplates", "roles", "RoleManagement.Read.Directory"),
        ("users", "users", "User.ReadBasic.All"),
        ("groups?", "groups", "Group.ReadBasic.All"),
        ("policies/deviceRegistrationPolicy", "device settings", "Policy.Read.DeviceConfiguration"),
        ("subscribedSkus", "licences", "LicenseAssignment.Read.All"),
        (
            "policies/authenticationMethodsPolicy",
            "authentication method configurations",
            "Policy.Read.AuthenticationMethod",
        ),
        ("identity/conditionalAccess/namedLocations", "named locations", "Policy.Read.All"),
    ],
)
def test_what_may_not_be_read_is_unknown_and_named_with_its_permission(
    tmp_path: Path, path: str, what: str, permission: str
) -> None:
    tenant = Tenant()
    tenant.between.append(Refusing(path))
    document = policy(
        "P", includeGroups=["New hires"], includeUsers=[MIA], includeRoles=["Global Reader"], **GLASS
    )

    found, snapshot = facts(tmp_path, tenant, document)

    notes: Mapping[str, str] = {item.what: item.why for item in snapshot.unread}
    assert permission in notes[what]
    assert path not in ("groups/", "groups?") or count_of(found, "New hires") is None
    assert path != "subscribedSkus" or snapshot.is_licensed is None
    assert not path.startswith("policies/auth") or found.pass_policy is None
    assert path != "reports/" or found.users[MIA].registered is None
    assert "roleAssignments" not in path or found.users[MIA].roles is None


def test_a_hidden_membership_is_not_an_empty_one(tmp_path: Path) -> None:
    tenant = Tenant()
    tenant.put("groups", id=numbered(7, 1), displayName="Secret", visibility="HiddenMembership", members=[])

    found, snapshot = facts(tmp_path, tenant, policy("P", includeGroups=["Secret"], **GLASS))

    assert count_of(found, "Secret") is None
    assert "Member.Read.Hidden" in snapshot.unread[0].why


def test_two_locations_of_one_name_are_nobodys(tmp_path: Path) -> None:
    tenant = Tenant()
    twin = tenant.one("identity/conditionalAccess/namedLocations", "Headquarters") | {"id": numbered(7, 1)}
    tenant.store.put("identity/conditionalAccess/namedLocations", twin)

    found, _ = facts(tmp_path, tenant, policy("P"))

    assert "Headquarters" not in found.locations


def test_a_snapshot_can_be_taken_of_the_example(tmp_path: Path) -> None:
    checked = check(Path("policies"), None)

    snapshot = asyncio.run(read(Tenant(), checked))

    assert snapshot.is_sandbox
    assert snapshot.is_licensed
    assert not snapshot.unread
    assert json.dumps([*snapshot.names["User"].values()]).count(DOMAIN) == 2


def test_a_role_that_a_hidden_group_holds_is_nobody_knows_whose(tmp_path: Path) -> None:
    tenant = Tenant()
    tenant.between.append(Refusing("groups/"))

    found, snapshot = facts(
        tmp_path, tenant, policy("P", includeRoles=["Authentication Administrator", GLOBAL], **GLASS)
    )

    assert snapshot.roles is not None
    assert GLOBAL in snapshot.roles
    assert AUTHENTICATION not in snapshot.roles
    assert {person.roles for person in found.users.values()} == {None}


def test_who_holds_a_role_may_be_no_person_or_hidden(tmp_path: Path) -> None:
    tenant = Tenant()
    tenant.put(ASSIGNED, id="a", principalId=numbered(3, 10), roleDefinitionId=READER, directoryScopeId="/")
    seen = facts(tmp_path, tenant, policy("P", includeRoles=["Global Reader"], **GLASS))[1].roles or {}
    tenant.put(ASSIGNED, id="b", principalId="gone", roleDefinitionId=READER, directoryScopeId="/")
    unseen = facts(tmp_path, tenant, policy("P", includeRoles=["Global Reader"], **GLASS))[1].roles or {}

    assert seen[READER] == SeenRole(eligible=frozenset())
    assert READER not in unseen
    assert GLOBAL in unseen


def test_a_role_group_with_itself_inside_ends(tmp_path: Path) -> None:
    tenant = Tenant()
    group_id = GROUPS["IT administrators"]
    nest(tenant, "IT administrators", group_id, PEOPLE["omar.haddad"])

    found, _ = facts(tmp_path, tenant, policy("P", includeRoles=["Authentication Administrator"], **GLASS))

    assert found.users[f"omar.haddad@{DOMAIN}"].roles == frozenset({"Authentication Administrator"})


def test_an_account_that_graph_does_not_name_goes_by_its_id(tmp_path: Path) -> None:
    tenant = Tenant()
    tenant.store.put("users", {"id": "nameless", "userType": "Member"})
    nest(tenant, "Lost device", "nameless")

    found, _ = facts(tmp_path, tenant, policy("P", includeGroups=["Lost device"], **GLASS))

    assert found.groups["Lost device"].users == frozenset({"id:nameless"})


def test_a_location_that_is_newer_than_tapctl_is_nobodys(tmp_path: Path) -> None:
    tenant = Tenant()
    newer = {"@odata.type": "#microsoft.graph.compliantNetworkNamedLocation", "displayName": "Compliant"}
    tenant.put("identity/conditionalAccess/namedLocations", **newer)

    found, snapshot = facts(tmp_path, tenant, policy("P"))

    assert Address("NamedLocation", "Compliant") in snapshot.objects
    assert "Compliant" not in found.locations


def test_who_refers_to_nobody_reads_only_who_holds_a_role(tmp_path: Path) -> None:
    root = folder(tmp_path, [location("Office", "192.0.2.0/24")], settings={})
    checked, tenant = check(root, None), Tenant()

    snapshot = asyncio.run(read(tenant, checked))
    for path in (ASSIGNED, ELIGIBLE):
        for key in [*tenant.store.objects(path)]:
            tenant.store.remove(path, key)
    later = asyncio.run(read(tenant, checked))

    held = {key for role in (snapshot.roles or {}).values() for key in {*role.active, *(role.eligible or ())}}
    assert snapshot.people.keys() == held
    assert later.people == {}


@pytest.mark.parametrize(
    ("document", "people"),
    [
        (group("New team", description="To come."), 0),
        (group("New team", [INGRID]), 1),
        (group("New team", membershipRule='user.department -eq "IT"'), None),
        ({**group("New team", description="To come."), "formerNames": ["Lost device"]}, None),
        ({**group("New team", description="Gone."), "ensure": "absent", "spec": {}}, None),
    ],
)
def test_a_group_that_is_still_to_come_holds_nobody(
    tmp_path: Path, document: Document, people: int | None
) -> None:
    found, _ = facts(tmp_path, Tenant(), document, policy("P"))

    assert count_of(found, "New team") == people


def test_a_group_that_nobody_declares_and_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    found, snapshot = facts(tmp_path, Tenant(), policy("P", includeGroups=["Nobody's"], **GLASS))

    assert snapshot.absent_groups == frozenset({"Nobody's"})
    assert count_of(found, "Nobody's") is None


def test_the_passes_of_people_who_are_asked_about_are_read(tmp_path: Path) -> None:
    tenant, omar = Tenant(), f"omar.haddad@{DOMAIN}"
    path = f"users/{PEOPLE['mia.larsen']}/authentication/temporaryAccessPassMethods"
    checked = check(folder(tmp_path, [policy("P", includeGroups=["New hires"], **GLASS)]), None)

    async def main() -> FactsSnapshot:
        async with tenant.connection() as gateway:
            await gateway.send("POST", path, {"isUsableOnce": True, "lifetimeInMinutes": 60})
            return await read_facts(gateway, checked, [MIA.upper(), f"id:{PEOPLE['omar.haddad']}"])

    snapshot = asyncio.run(main())

    found = facts_for(checked, snapshot).users
    held = found[MIA].held_pass
    assert isinstance(held, Pass)
    assert (held.is_usable_once, held.lifetime_minutes, held.is_used) == (True, 60, False)
    assert found[omar].held_pass == "none"


def test_the_report_may_rule_a_pass_out_and_says_no_more_of_it() -> None:
    assert pass_in(["fido2"]) == "none"
    assert pass_in(["fido2", "temporaryAccessPass"]) is pass_in(None) is None
    assert pass_of([{"isUsableOnce": False}]) == Pass(is_usable_once=False)


def test_a_pass_that_may_not_be_read_is_unknown(tmp_path: Path) -> None:
    tenant = Tenant()
    tenant.between.append(Refusing("users/"))
    tenant.between.append(Refusing("reports/"))
    checked = check(folder(tmp_path, [policy("P")]), None)

    async def main() -> FactsSnapshot:
        async with tenant.connection() as gateway:
            return await read_facts(gateway, checked, [MIA])

    snapshot = asyncio.run(main())

    assert facts_for(checked, snapshot).users[MIA].held_pass is None
    assert any("UserAuthMethod-TAP.Read.All" in item.why for item in snapshot.unread)
