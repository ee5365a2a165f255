"""From a folder and a tenant to a plan, and what becomes of it: the rules of design.md, one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
from trial import (
    DRAFT,
    FIRST,
    LOCATIONS,
    PINS,
    POLICIES,
    SECOND,
    SELF,
    SETTINGS,
    Tenant,
    absent,
    actions,
    change_of,
    copy_of,
    finding,
    folder,
    group,
    location,
    plan,
    policy,
    reasons,
    rules,
    settle,
    statuses,
    strength,
)

from tapctl.errors import NotPermitted
from tapctl.pipeline import check
from tapctl.sandbox import Misbehaviour
from tapctl.sandbox.seed import BREAK_GLASS, GROUPS, PEOPLE, numbered

pytestmark = pytest.mark.seeded

OWNED = {**SETTINGS, "ownership": {"ConditionalAccessPolicy": ["NH-*"]}}


def test_objects_are_created_updated_and_left_alone(tenant: Tenant, tmp_path: Path) -> None:
    folder(tmp_path, [policy("P"), location("Office", "192.0.2.0/24")])
    settle(tmp_path, tenant)

    planned = plan(folder(tmp_path, [policy("P", "disabled"), location("Office", "192.0.2.0/24")]), tenant)

    assert actions(planned) == {"ConditionalAccessPolicy/P": "update"}
    assert [change.action for change in planned.plan.changes] == ["update", "no-op"]
    assert [field.path for field in change_of(planned, "P").fields] == ["state"]


def test_what_nobody_declares_is_listed_and_untouched(tenant: Tenant, tmp_path: Path) -> None:
    before = dict(tenant.store.objects(POLICIES))

    planned = plan(folder(tmp_path, [policy("P")]), tenant)
    settle(tmp_path, tenant)

    assert f"ConditionalAccessPolicy/{DRAFT}" in map(str, planned.plan.unmanaged)
    assert before.items() <= tenant.store.objects(POLICIES).items()


def test_ensure_absent_deletes_and_then_has_nothing_to_do(tenant: Tenant, tmp_path: Path) -> None:
    folder(tmp_path, [absent("ConditionalAccessPolicy", DRAFT)])

    assert statuses(settle(tmp_path, tenant)) == {f"ConditionalAccessPolicy/{DRAFT}": "applied"}
    assert change_of(plan(tmp_path, tenant), DRAFT).reason == "already absent"


def test_an_owned_name_that_no_document_declares_goes(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("P")], settings=OWNED), tenant)

    assert sorted(item["displayName"] for item in tenant.store.objects(POLICIES).values()) == [
        "CA-01 Require MFA for administrators",
        "P",
    ]


def test_an_empty_folder_deletes_nothing(tenant: Tenant, tmp_path: Path) -> None:
    assert actions(plan(folder(tmp_path, [], settings=OWNED), tenant)) == {}


def test_what_is_declared_for_another_environment_is_unmanaged(tenant: Tenant, tmp_path: Path) -> None:
    elsewhere = {**policy(DRAFT), "environments": ["production"]}
    folder(tmp_path, [policy("P"), elsewhere], settings=OWNED)
    (tmp_path / "environments" / "production.yaml").write_text(
        '{"tenantId": "11111111-2222-3333-4444-555555555555"}', encoding="utf-8"
    )

    planned = plan(tmp_path, tenant)

    assert f"ConditionalAccessPolicy/{DRAFT}" in map(str, planned.plan.unmanaged)
    assert "delete" not in [c.action for c in planned.plan.changes if c.address.name == DRAFT]


def test_a_former_name_renames_in_place(tenant: Tenant, tmp_path: Path) -> None:
    identifier = tenant.one(POLICIES, DRAFT)["id"]

    settle(folder(tmp_path, [{**policy("NH-10"), "formerNames": [DRAFT]}]), tenant)

    assert tenant.one(POLICIES, "NH-10")["id"] == identifier
    assert actions(plan(tmp_path, tenant)) == {}


def test_a_group_is_renamed_and_keeps_its_meaning(tenant: Tenant, tmp_path: Path) -> None:
    renamed = {**group("Newcomers"), "formerNames": ["New hires"]}
    document = policy("P", includeGroups=["Newcomers"], excludeGroups=["Break glass"])

    settle(folder(tmp_path, [renamed, document]), tenant)

    assert tenant.one("groups", "Newcomers")["id"] == GROUPS["New hires"]
    assert tenant.one(POLICIES, "P")["conditions"]["users"]["includeGroups"] == [GROUPS["New hires"]]
    assert actions(plan(tmp_path, tenant)) == {}


def test_a_singleton_is_updated_and_never_reset(tenant: Tenant, tmp_path: Path) -> None:
    spec = {"state": "enabled", "isUsableOnce": True, "includeTargets": ["New hires"]}
    folder(tmp_path, [{"kind": "TemporaryAccessPassPolicy", "spec": spec}])

    assert statuses(settle(tmp_path, tenant)) == {"TemporaryAccessPassPolicy": "applied"}
    assert actions(plan(tmp_path, tenant)) == {}
    assert actions(plan(folder(tmp_path, [group("New hires")]), tenant)) == {}


def test_members_that_are_not_mentioned_stay(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(folder(tmp_path, [group("New hires", description="ours")]), tenant)
    settle(tmp_path, tenant)

    assert "members" in change_of(planned, "New hires").left_as_is
    assert len(tenant.one("groups", "New hires")["members"]) == 3


def test_members_that_are_mentioned_are_owned(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [group("New hires", [SELF])]), tenant)

    assert tenant.one("groups", "New hires")["members"] == [PEOPLE["ingrid.solberg"]]


def test_an_empty_list_empties_a_group_and_asks_for_a_word(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(folder(tmp_path, [group("New hires", [])]), tenant)
    settle(tmp_path, tenant)

    assert rules(planned) == ["empties-group"]
    assert tenant.one("groups", "New hires")["members"] == []
    assert actions(plan(tmp_path, tenant)) == {}


def test_deleting_a_group_with_members_asks_for_a_word(tenant: Tenant, tmp_path: Path) -> None:
    tenant.clear()
    planned = plan(folder(tmp_path, [absent("Group", "New hires")]), tenant)

    assert rules(planned) == ["empties-group"]
    assert statuses(settle(tmp_path, tenant)) == {"Group/New hires": "applied"}


def test_what_is_created_in_the_same_run_can_be_referred_to(tenant: Tenant, tmp_path: Path) -> None:
    grant = {"operator": "OR", "authenticationStrength": "Strong"}
    conditions = {"locations": {"includeLocations": ["All"], "excludeLocations": ["Office"]}}
    users = {"includeGroups": ["Pilots"], "excludeGroups": ["Break glass"]}
    documents = [
        policy("P", **users, only={"grantControls": grant, "conditions": conditions}),
        group("Pilots", [SELF, "Group/Inner"]),
        group("Inner", []),
        location("Office", "192.0.2.0/24", isTrusted=True),
        strength("Strong", "fido2"),
    ]

    result = settle(folder(tmp_path, documents), tenant)

    assert reasons(result) == {}
    assert actions(plan(tmp_path, tenant)) == {}


def test_a_pin_chooses_between_namesakes(tenant: Tenant, tmp_path: Path) -> None:
    tenant.put("groups", **{**tenant.one("groups", "New hires"), "id": numbered(2, 70)})
    users = {"includeGroups": ["New hires"], "excludeGroups": ["Break glass"]}
    folder(tmp_path, [policy("P", **users)], pins={"Group/New hires": numbered(2, 70)})

    assert reasons(settle(tmp_path, tenant)) == {}
    assert tenant.one(POLICIES, "P")["conditions"]["users"]["includeGroups"] == [numbered(2, 70)]


def test_two_objects_that_a_document_may_mean_are_an_error(tenant: Tenant, tmp_path: Path) -> None:
    copy_of(tenant, DRAFT)

    planned = plan(folder(tmp_path, [policy(DRAFT)]), tenant)

    assert rules(planned, "error") == ["several-in-tenant"]
    assert numbered(4, 70) in finding(planned, "several-in-tenant").message
    (change,) = planned.plan.changes
    assert change.reason == "declared, and which of the tenant's objects is meant cannot be told"


def test_a_pinned_policy_is_changed_and_its_namesake_is_not(tenant: Tenant, tmp_path: Path) -> None:
    pin = tenant.one(POLICIES, DRAFT)["id"]
    copy_of(tenant, DRAFT)
    folder(tmp_path, [policy(DRAFT, "disabled")], pins={f"ConditionalAccessPolicy/{DRAFT}": pin})

    assert reasons(settle(tmp_path, tenant)) == {}
    states = {item["id"]: item["state"] for item in tenant.named(POLICIES, DRAFT)}
    assert states == {pin: "disabled", numbered(4, 70): "enabled"}


def test_owned_namesakes_go_one_by_one(tenant: Tenant, tmp_path: Path) -> None:
    copy_of(tenant, DRAFT)

    result = settle(folder(tmp_path, [policy("P")], settings=OWNED), tenant)

    assert reasons(result) == {}
    assert tenant.named(POLICIES, DRAFT) == []


@pytest.mark.parametrize(
    ("pin", "said"),
    [(BREAK_GLASS, "which the tenant calls 'Break glass'"), (numbered(2, 99), "the tenant does not have")],
)
def test_a_pin_has_to_agree_with_the_tenant(tenant: Tenant, tmp_path: Path, pin: str, said: str) -> None:
    planned = plan(folder(tmp_path, [group("New hires")], pins={"Group/New hires": pin}), tenant)

    assert said in finding(planned, "pin-mismatch").message


def test_a_pin_agrees_in_letter_case_too(tenant: Tenant, tmp_path: Path) -> None:
    pins = {"Group/break Glass": BREAK_GLASS, f"User/{FIRST.upper()}": PEOPLE["emergency-1"]}

    planned = plan(folder(tmp_path, [group("New hires")], pins=pins), tenant)

    assert "'Break glass'" in finding(planned, "pin-mismatch").message


@pytest.mark.parametrize("prefix", ["", "id:"])
def test_an_id_is_taken_as_it_is(tenant: Tenant, tmp_path: Path, prefix: str) -> None:
    users = {"includeGroups": [prefix + GROUPS["New hires"].upper()], "excludeUsers": [FIRST, SECOND]}

    settle(folder(tmp_path, [policy("P", **users)]), tenant)

    assert tenant.one(POLICIES, "P")["conditions"]["users"]["includeGroups"] == [GROUPS["New hires"]]
    assert actions(plan(tmp_path, tenant)) == {}


def test_a_name_may_be_one_of_graphs_words(tenant: Tenant, tmp_path: Path) -> None:
    conditions = {"locations": {"includeLocations": ["name:All"]}}
    documents = [location("All", "192.0.2.0/24"), policy("P", only={"conditions": conditions})]

    settle(folder(tmp_path, documents), tenant)

    wanted = tenant.one(LOCATIONS, "All")["id"]
    assert tenant.one(POLICIES, "P")["conditions"]["locations"]["includeLocations"] == [wanted]
    assert actions(plan(tmp_path, tenant)) == {}


def test_a_reference_to_what_the_folder_removes_is_an_error(tenant: Tenant, tmp_path: Path) -> None:
    users = {"includeGroups": ["New hires"], "excludeGroups": ["Break glass"]}

    planned = plan(folder(tmp_path, [absent("Group", "New hires"), policy("P", **users)]), tenant)

    assert "which this folder removes" in finding(planned, "broken-reference").message


def test_a_reference_by_a_former_name_is_an_error(tenant: Tenant, tmp_path: Path) -> None:
    users = {"includeGroups": ["New hires"], "excludeGroups": ["Break glass"]}
    renamed = {**group("Newcomers"), "formerNames": ["New hires"]}

    planned = plan(folder(tmp_path, [renamed, policy("P", **users)]), tenant)

    assert finding(planned, "broken-reference").help == "Write 'Newcomers'."


def test_a_circle_of_groups_is_an_error_and_has_no_order(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(folder(tmp_path, [group("A", ["Group/B"]), group("B", ["Group/A"])]), tenant)

    assert rules(planned, "error") == ["reference-cycle"]
    assert planned.stages == ()


def test_the_same_name_on_another_object_asks_for_a_word(tenant: Tenant, tmp_path: Path) -> None:
    users = {"includeGroups": ["New hires"], "excludeGroups": ["Break glass"]}
    settle(folder(tmp_path, [policy("P", **users)]), tenant)
    original = tenant.one("groups", "New hires")
    tenant.put("groups", **{**original, "id": numbered(2, 70)})

    planned = plan(
        folder(tmp_path, [policy("P", **users)], pins={"Group/New hires": numbered(2, 70)}), tenant
    )

    assert "'New hires' is not what the tenant's policy holds" in finding(planned, "another-object").message


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("groups", "Group.Read"),
        ("users", "User.ReadBasic.All"),
        ("directoryRoleTemplates", "RoleManagement.Read.Directory"),
        (POLICIES, "Policy.Read.All"),
    ],
)
def test_a_look_up_that_is_forbidden_is_an_error_of_its_own(
    tenant: Tenant, tmp_path: Path, path: str, permission: str
) -> None:
    tenant.misbehaviour = Misbehaviour(forbidden=(path,))
    users = {"includeRoles": ["Global Administrator"], "excludeGroups": ["Break glass"]}

    with pytest.raises(NotPermitted, match=permission):
        plan(folder(tmp_path, [policy("P", **users)]), tenant)


def test_memberships_that_may_not_be_read_count_as_not_excluded(tenant: Tenant, tmp_path: Path) -> None:
    tenant.misbehaviour = Misbehaviour(forbidden=(f"users/{PEOPLE['emergency-1']}",))

    planned = plan(folder(tmp_path, [policy("P"), policy(DRAFT)]), tenant)

    brakes = [item for item in planned.plan.findings if item.rule == "break-glass-exposed"]
    assert {item.message.rpartition("exclude ")[2] for item in brakes} == {FIRST}
    assert "not-read" in rules(planned, "note")


def test_ids_that_may_not_be_named_stay_ids(tenant: Tenant, tmp_path: Path) -> None:
    tenant.misbehaviour = Misbehaviour(forbidden=("directoryObjects",))
    users = {"includeGroups": [GROUPS["Lost device"]], "excludeUsers": [FIRST, SECOND]}

    planned = plan(folder(tmp_path, [policy("P", **users)]), tenant)

    assert "id:" + GROUPS["Lost device"] in str(change_of(planned, "P").after)
    assert rules(planned, "error", "warning") == []


def test_a_plan_has_all_offline_findings_too(tenant: Tenant, tmp_path: Path) -> None:
    folder(tmp_path, [policy("P", "sometimes")])

    assert check(tmp_path, None).has_errors
    assert "unknown-value" in rules(plan(tmp_path, tenant))


def test_pins_of_the_tests_are_the_seeds() -> None:
    assert set(PINS.values()) == {PEOPLE["emergency-1"], PEOPLE["emergency-2"]}


def test_two_objects_of_one_name_are_declared_with_pins(tenant: Tenant, tmp_path: Path) -> None:
    ranges = [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24"}]
    kind = {"@odata.type": "#microsoft.graph.ipNamedLocation", "isTrusted": False}
    both = [tenant.put(LOCATIONS, **kind, displayName="Office", ipRanges=ranges) for _ in range(2)]
    documents = [
        location("Office", "192.0.2.0/24"),
        location("Office (2)", "192.0.2.0/25", displayName="Office"),
        policy("P", "disabled", only={"conditions": {"locations": {"includeLocations": ["Office (2)"]}}}),
    ]
    pins = {"NamedLocation/Office": both[0], "NamedLocation/Office (2)": both[1]}

    settle(folder(tmp_path, documents, pins=pins), tenant)

    assert len(tenant.named(LOCATIONS, "Office")) == 2
    assert tenant.one(POLICIES, "P")["conditions"]["locations"]["includeLocations"] == [both[1]]
    assert plan(tmp_path, tenant).plan.pending == ()


def test_a_break_glass_account_without_a_pin_is_told_offline(tmp_path: Path) -> None:
    root = folder(tmp_path, [policy("P")], settings={"breakGlass": {"accounts": ["who@example.com"]}})

    assert "break-glass-not-pinned" in [item.rule for item in check(root, None).findings]


def test_what_no_schema_knows_survives_an_update(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("P", "disabled")]), tenant)
    held = tenant.one(POLICIES, "P")
    newer = {**held["conditions"], "agentIdRiskLevels": "high"}
    tenant.store.put(POLICIES, {**held, "conditions": newer})

    result = settle(folder(tmp_path, [policy("P", "disabled", includeGroups=["New hires"])]), tenant)

    now = tenant.one(POLICIES, "P")["conditions"]
    assert statuses(result) == {"ConditionalAccessPolicy/P": "applied"}
    assert (now["agentIdRiskLevels"], len(now["users"]["includeGroups"])) == ("high", 1)
    assert plan(tmp_path, tenant).plan.pending == ()
