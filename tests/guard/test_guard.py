"""What makes a plan dangerous."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from trial import (
    FIRST,
    PINS,
    POLICIES,
    SECOND,
    SELF,
    SETTINGS,
    Tenant,
    absent,
    carry_out,
    finding,
    folder,
    group,
    location,
    plan,
    policy,
    rules,
    settle,
    watched,
)

from tapctl.guard import BRAKES, flag, guard, missing_words
from tapctl.match import match
from tapctl.model import Finding, Identity, Snapshot
from tapctl.observe import observe
from tapctl.pipeline import Planned, check
from tapctl.plan import plan_changes
from tapctl.report import together
from tapctl.sandbox.seed import BREAK_GLASS, PEOPLE, numbered

REPORT = "enabledForReportingButNotEnforced"
GLASS: dict[str, Any] = {"excludeGroups": ["Break glass"]}
ALL: dict[str, Any] = {"includeUsers": ["All"], **GLASS}


def exposed(planned: Planned) -> dict[str, str]:
    """Which policy does not exclude whom."""
    found = [item for item in planned.plan.findings if item.rule == "break-glass-exposed"]
    return {str(item.address.name): item.message.rpartition("exclude ")[2] for item in found if item.address}


@pytest.mark.parametrize("state", ["enabled", REPORT])
def test_a_policy_has_to_exclude_every_account(tenant: Tenant, tmp_path: Path, state: str) -> None:
    documents = [policy("P", state, includeUsers=["All"], excludeUsers=[FIRST])]

    assert exposed(plan(folder(tmp_path, documents), tenant)) == {"P": SECOND}


@pytest.mark.parametrize(
    "users",
    [
        ALL,
        {"includeUsers": ["All"], "excludeUsers": [FIRST, SECOND]},
        {"includeUsers": ["All"], "excludeGroups": ["Outer"]},
        {"includeUsers": ["None"]},
    ],
)
def test_groups_in_groups_exclude_too(tenant: Tenant, tmp_path: Path, users: dict[str, Any]) -> None:
    documents = [
        policy("P", **users),
        group("Outer", ["Group/Middle"]),
        group("Middle", ["Group/Break glass"]),
    ]

    assert exposed(plan(folder(tmp_path, documents), tenant)) == {}


def test_a_policy_that_is_off_exposes_nobody(tenant: Tenant, tmp_path: Path) -> None:
    assert exposed(plan(folder(tmp_path, [policy("P", "disabled", includeUsers=["All"])]), tenant)) == {}


def test_nobody_beside_a_group_is_not_nobody(tenant: Tenant, tmp_path: Path) -> None:
    documents = [policy("P", includeUsers=["None"], includeGroups=["New hires"])]

    assert list(exposed(plan(folder(tmp_path, documents), tenant))) == ["P"]


def test_excluding_a_role_is_not_counted_on(tenant: Tenant, tmp_path: Path) -> None:
    documents = [policy("P", includeUsers=["All"], excludeRoles=["Global Administrator"])]

    assert list(exposed(plan(folder(tmp_path, documents), tenant))) == ["P"]


def test_unmanaged_policies_are_looked_at_too(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("Theirs", includeUsers=["All"])]), tenant)

    assert list(exposed(plan(folder(tmp_path, [policy("Ours")]), tenant))) == ["Theirs"]


def test_a_policy_that_goes_exposes_nobody(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("P", includeUsers=["All"])]), tenant)

    assert exposed(plan(folder(tmp_path, [absent("ConditionalAccessPolicy", "P")]), tenant)) == {}


def test_a_folder_without_policies_knows_who_is_excluded_too(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("P", **ALL)]), tenant)

    owning = {**SETTINGS, "ownership": {"ConditionalAccessPolicy": ["Q*"]}}

    assert exposed(plan(folder(tmp_path, [], settings=owning), tenant)) == {}


def test_break_glass_policies_of_its_own_need_not_exclude_it(tenant: Tenant, tmp_path: Path) -> None:
    settings = {"breakGlass": {**SETTINGS["breakGlass"], "policies": ["Keys for emergencies"]}}
    documents = [policy("Keys for emergencies", includeGroups=["Break glass"])]

    assert rules(plan(folder(tmp_path, documents, settings=settings), tenant)) == ["creates-enabled"]


@pytest.mark.parametrize("members", [[], [FIRST]])
def test_the_members_that_result_are_what_counts(tenant: Tenant, tmp_path: Path, members: list[str]) -> None:
    planned = plan(folder(tmp_path, [policy("P"), group("Break glass", members)]), tenant)

    assert SECOND in exposed(planned)["P"]


def told(planned: Planned) -> list[Finding]:
    """The brakes as people see them."""
    return [*together(item for item in planned.plan.findings if item.severity == "brake")]


def test_an_account_that_leaves_its_group_is_one_brake_for_all_policies(
    tenant: Tenant, tmp_path: Path
) -> None:
    glass = group("Emergency", [FIRST, SECOND])
    same = [policy(name, REPORT, includeUsers=["All"], excludeGroups=["Emergency"]) for name in "PQ"]
    other = policy("R", REPORT, includeUsers=["All"], excludeGroups=["Emergency"])
    settle(folder(tmp_path, [glass, *same, other]), tenant)
    other["spec"]["state"] = "disabled"
    new = [policy(name, REPORT, includeUsers=["All"], excludeGroups=["Emergency"]) for name in "ST"]
    planned = plan(folder(tmp_path, [group("Emergency", [FIRST]), *same, other, *new]), tenant)

    staying, changing = told(planned)

    away = f"{SECOND} (who would leave Group/Emergency, which is excluded)"
    assert staying.message == f"2 policies that stay as they are do not exclude {away}; they are 'P', 'Q'"
    assert (staying.flag, staying.place, staying.address) == ("--allow-break-glass-exposed", None, None)
    assert changing.message == f"2 policies that are new or change do not exclude {away}; they are 'S', 'T'"


def test_policies_that_are_enforced_alike_are_one_brake(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy(name, REPORT, **ALL) for name in "PQ"]), tenant)

    enforced, created = told(plan(folder(tmp_path, [policy(name, **ALL) for name in "PQRS"]), tenant))

    assert enforced.message == f"2 policies would go from {REPORT} to enabled; they are 'P', 'Q'"
    assert created.message == "2 policies would be created and enforced at once; they are 'R', 'S'"


def test_a_group_that_shrinks_is_one_brake_for_all_policies_that_exclude_it(
    tenant: Tenant, tmp_path: Path
) -> None:
    policies = [policy(name, **{**ALL, "excludeGroups": ["Break glass", "Staff"]}) for name in "PQ"]
    settle(folder(tmp_path, [group("Staff", [SELF]), *policies]), tenant)

    reach, emptied = told(plan(folder(tmp_path, [group("Staff", []), *policies]), tenant))

    assert reach.message == (
        "2 enforced policies would reach further: Group/Staff, which is excluded, "
        f"loses {SELF}; they are 'P', 'Q'"
    )
    assert (reach.rule, str(reach.address)) == ("widens-scope", "Group/Staff")
    assert reach.place is not None
    assert emptied.rule == "empties-group"


def test_a_group_that_goes_excludes_nobody(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("P")]), tenant)

    planned = plan(folder(tmp_path, [absent("Group", "Break glass")]), tenant)

    assert {"break-glass-exposed", "still-used"} <= set(rules(planned))


RULE = "(user.department -ne null)"


def dynamic(tenant: Tenant, is_declared: bool) -> list[dict[str, Any]]:
    """A group whose members Entra computes, with both accounts in it today."""
    if not is_declared:
        held = {"membershipRule": RULE, "groupTypes": ["DynamicMembership"], "displayName": "Computed"}
        tenant.put("groups", **{**tenant.one("groups", "Break glass"), **held, "id": numbered(2, 70)})
    return [group("Computed", membershipRule=RULE)] if is_declared else []


@pytest.mark.parametrize("is_declared", [True, False])
def test_a_dynamic_group_never_excludes_for_sure(tenant: Tenant, tmp_path: Path, is_declared: bool) -> None:
    documents = [*dynamic(tenant, is_declared), policy("P", includeUsers=["All"], excludeGroups=["Computed"])]

    assert list(exposed(plan(folder(tmp_path, documents), tenant))) == ["P"]


def test_a_dynamic_group_is_not_valid_for_break_glass(tenant: Tenant, tmp_path: Path) -> None:
    dynamic(tenant, is_declared=False)
    settings = {"breakGlass": {"groups": ["Computed"]}}
    documents = [policy("P", includeUsers=["All"], excludeGroups=["Computed"])]
    pins = {"Group/Computed": numbered(2, 70)}

    assert exposed(plan(folder(tmp_path, documents, settings=settings, pins=pins), tenant)) == {
        "P": "Computed"
    }


def test_a_break_glass_group_is_excluded_through_its_own_groups(tenant: Tenant, tmp_path: Path) -> None:
    settings = {"breakGlass": {"groups": ["Break glass"]}}
    documents = [
        policy("P", includeUsers=["All"], excludeGroups=["Outer"]),
        group("Outer", ["Group/Break glass"]),
    ]
    pins = {"Group/Break glass": BREAK_GLASS}

    assert exposed(plan(folder(tmp_path, documents, settings=settings, pins=pins), tenant)) == {}


def test_a_break_glass_group_keeps_its_groups_when_renamed(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [group("Outer", ["Group/Break glass"])]), tenant)
    settings = {"breakGlass": {"groups": ["Emergency"]}}
    documents = [
        {**group("Emergency"), "formerNames": ["Break glass"]},
        policy("P", includeUsers=["All"], excludeGroups=["Outer"]),
    ]
    pins = {"Group/Emergency": BREAK_GLASS}

    assert exposed(plan(folder(tmp_path, documents, settings=settings, pins=pins), tenant)) == {}


def test_a_group_that_gains_an_account_may_be_in_groups_nobody_declares(
    tenant: Tenant, tmp_path: Path
) -> None:
    settle(folder(tmp_path, [group("Inner", []), group("Outer", ["Group/Inner"])]), tenant)
    documents = [
        group("Inner", [FIRST, SECOND]),
        policy("P", includeUsers=["All"], excludeGroups=["Outer"]),
    ]

    assert exposed(plan(folder(tmp_path, documents), tenant)) == {}


def test_an_account_has_to_be_pinned(tenant: Tenant, tmp_path: Path) -> None:
    settings = {"breakGlass": {"accounts": [FIRST, "third@nordwind.example"], "groups": ["Break glass"]}}

    planned = plan(folder(tmp_path, [policy("P")], settings=settings), tenant)

    found = [str(item.address) for item in planned.plan.findings if item.rule == "break-glass-not-pinned"]
    assert found == ["User/third@nordwind.example", "Group/Break glass"]


def test_an_account_that_the_tenant_does_not_have_is_an_error(tenant: Tenant, tmp_path: Path) -> None:
    tenant.store.remove("users", PINS[f"User/{FIRST}"])

    assert rules(plan(folder(tmp_path, [policy("P")]), tenant), "error") == ["pin-mismatch"]


def as_seen_by(tenant: Tenant, root: Path, **changes: Any) -> list[str]:
    """The rules that a plan trips for another caller, or in another kind of tenant."""

    async def main() -> list[str]:
        checked = check(root, None)
        async with tenant.connection() as gateway:
            seen: Snapshot = await observe(gateway, checked.workspace, checked.desired, checked.resolved)
        snapshot = replace(seen, **changes)
        matched = match(checked.workspace, checked.desired, snapshot)
        found = plan_changes(matched, checked.resolved, snapshot)
        return sorted(item.rule for item in guard(found, matched, snapshot, checked.workspace))

    return asyncio.run(main())


def test_a_real_tenant_needs_a_way_back_in(tenant: Tenant, tmp_path: Path) -> None:
    folder(tmp_path, [policy("P", "disabled")], settings={})

    assert as_seen_by(tenant, tmp_path, is_sandbox=False) == ["no-break-glass"]
    assert as_seen_by(tenant, tmp_path, is_sandbox=True) == []


BLOCK = {"grantControls": {"operator": "OR", "builtInControls": ["block"]}}


@pytest.mark.parametrize(
    ("users", "is_locked_out"),
    [
        (ALL, True),
        ({"includeUsers": [SELF], **GLASS}, True),
        ({"includeGroups": ["IT administrators"], **GLASS}, True),
        ({"includeRoles": ["Global Administrator"], **GLASS}, True),
        ({"includeUsers": ["All"], **GLASS, "excludeUsers": [SELF]}, False),
        ({"includeUsers": ["All"], **GLASS, "excludeRoles": ["Global Administrator"]}, False),
        ({"includeGroups": ["New hires"], **GLASS}, False),
    ],
)
def test_whoever_applies_keeps_access(
    tenant: Tenant, tmp_path: Path, users: dict[str, Any], is_locked_out: bool
) -> None:
    planned = plan(folder(tmp_path, [policy("P", **users, only=BLOCK)]), tenant)

    assert ("locks-out-caller" in rules(planned)) == is_locked_out


@pytest.mark.parametrize(
    "conditions",
    [
        {"clientAppTypes": ["other"]},
        {"userRiskLevels": ["high"]},
        {"applications": {"includeUserActions": ["urn:user:registerdevice"]}},
    ],
)
def test_a_block_that_meets_no_browser_keeps_nobody_out(
    tenant: Tenant, tmp_path: Path, conditions: dict[str, Any]
) -> None:
    planned = plan(folder(tmp_path, [policy("P", only={**BLOCK, "conditions": conditions})]), tenant)

    assert "locks-out-caller" not in rules(planned)


def test_a_block_that_was_there_before_is_no_news(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("P", only=BLOCK)]), tenant)

    assert rules(plan(tmp_path, tenant)) == []


def test_a_block_that_one_joins_is_news(tenant: Tenant, tmp_path: Path) -> None:
    documents = [policy("P", includeGroups=["G"], **GLASS, only=BLOCK)]
    settle(folder(tmp_path, [group("G", []), *documents]), tenant)

    assert rules(plan(folder(tmp_path, [group("G", [SELF]), *documents]), tenant)) == [
        "locks-out-caller",
        "widens-scope",
    ]


RENAMED = {**group("New", [SELF]), "formerNames": ["Old"]}
PINNED = group("Pinned", [SELF], displayName="Old")


@pytest.mark.parametrize("document", [RENAMED, PINNED])
def test_a_block_that_one_joins_by_another_name_is_news(
    tenant: Tenant, tmp_path: Path, document: dict[str, Any]
) -> None:
    blocked = [group("Blocked", ["Group/Old"]), policy("P", includeGroups=["Blocked"], **GLASS, only=BLOCK)]
    settle(folder(tmp_path, [group("Old", []), *blocked]), tenant)
    pins = {"Group/Pinned": tenant.one("groups", "Old")["id"]} if document is PINNED else {}

    planned = plan(folder(tmp_path, [document], pins=pins), tenant)

    assert {"locks-out-caller", "widens-scope"} <= set(rules(planned))


@pytest.mark.parametrize(
    ("clients", "is_locked_out"),
    [
        ({"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}, True),
        ({"includeServicePrincipals": [numbered(3, 10)]}, True),
        ({"includeServicePrincipals": [numbered(3, 9)]}, False),
        (
            {
                "includeServicePrincipals": ["ServicePrincipalsInMyTenant"],
                "excludeServicePrincipals": [numbered(3, 10)],
            },
            False,
        ),
    ],
)
def test_a_service_principal_keeps_access(
    tenant: Tenant, tmp_path: Path, clients: dict[str, Any], is_locked_out: bool
) -> None:
    workload = policy("P", only=BLOCK)
    del workload["spec"]["conditions"]["users"]
    workload["spec"]["conditions"]["clientApplications"] = clients
    who = Identity(kind="application", id=numbered(3, 10), name="pipeline")

    found = as_seen_by(tenant, folder(tmp_path, [workload]), identity=who)

    assert ("locks-out-caller" in found) == is_locked_out


def test_a_caller_nobody_knows_may_be_anybody(tenant: Tenant, tmp_path: Path) -> None:
    folder(tmp_path, [policy("P", only=BLOCK)])

    assert "locks-out-caller" in as_seen_by(tenant, tmp_path, identity=Identity())


def test_a_caller_whose_groups_are_hidden_may_be_in_any(tenant: Tenant, tmp_path: Path) -> None:
    me = Identity(kind="person", id=PEOPLE["ingrid.solberg"], name=SELF)
    unread = {f"groups of {me.id}": "403"}
    folder(tmp_path, [policy("P", includeGroups=["New hires"], **GLASS, only=BLOCK)])

    assert "locks-out-caller" in as_seen_by(tenant, tmp_path, identity=me, unread=unread)
    assert "locks-out-caller" not in as_seen_by(tenant, tmp_path, identity=me)


def test_whoever_is_excluded_by_name_is_out_of_reach(tenant: Tenant, tmp_path: Path) -> None:
    me = Identity(kind="person", id=PEOPLE["ingrid.solberg"], name=SELF)
    unread = {f"groups of {me.id}": "403"}
    folder(tmp_path, [policy("P", **ALL, excludeUsers=[SELF], only=BLOCK)])

    assert "locks-out-caller" not in as_seen_by(tenant, tmp_path, identity=me, unread=unread)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, policy("P"), ["creates-enabled"]),
        (None, policy("P", REPORT), []),
        (policy("P", REPORT), policy("P"), ["enforces"]),
        (policy("P", "disabled"), policy("P"), ["enforces"]),
        (policy("P", includeGroups=["New hires"], **GLASS), policy("P"), ["widens-scope"]),
        (policy("P", **ALL, excludeUsers=[SELF]), policy("P"), ["widens-scope"]),
        (policy("P"), policy("P", **ALL, excludeUsers=[SELF]), []),
        (policy("P"), policy("P", REPORT), []),
        (
            policy("P", includeGroups=["New hires"], **GLASS),
            policy("P", includeGroups=["New hires"], **GLASS, only=BLOCK),
            ["moves-to-block"],
        ),
    ],
)
def test_what_becomes_stricter_asks_for_a_word(
    tenant: Tenant, tmp_path: Path, before: dict[str, Any] | None, after: dict[str, Any], expected: list[str]
) -> None:
    settle(folder(tmp_path, [before] if before else []), tenant)

    assert rules(plan(folder(tmp_path, [after]), tenant)) == expected


def test_too_many_changes_ask_for_a_word(tenant: Tenant, tmp_path: Path) -> None:
    settings = {**SETTINGS, "limits": {"deletions": 1, "updates": 1}}
    documents = [policy(f"P{number}", "disabled") for number in range(4)]
    settle(folder(tmp_path, documents), tenant)
    changed = [policy("P0", REPORT), policy("P1", REPORT)]
    changed += [absent("ConditionalAccessPolicy", name) for name in ("P2", "P3")]

    planned = plan(folder(tmp_path, changed, settings=settings), tenant)

    assert rules(planned) == ["many-deletions", "many-updates"]
    assert finding(planned, "many-deletions").message == "2 deletions at once, where the limit is 1"


def test_each_brake_is_lifted_by_its_own_word(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(folder(tmp_path, [policy("P", includeUsers=["All"])]), tenant)
    findings = planned.plan.findings

    left = missing_words(findings, ["creates-enabled"])

    assert [item.flag for item in left] == ["--allow-break-glass-exposed"]
    assert missing_words(findings, BRAKES) == ()
    assert flag("enforces") == "--allow-enforces"


def test_a_brake_without_a_word_stays(tenant: Tenant, tmp_path: Path) -> None:
    workspace = check(folder(tmp_path, [policy("P")], settings={}), None).workspace
    snapshot = Snapshot(environment="production", tenant_id="t", is_sandbox=False)
    matched = match(workspace, (), snapshot)
    nothing = plan_changes(matched, check(tmp_path, None).resolved, snapshot)

    assert "no-break-glass" in {
        item.rule for item in missing_words(guard(nothing, matched, snapshot, workspace), BRAKES)
    }


# What no order makes safe


def both_ways(tenant: Tenant, root: Path) -> Path:
    """A group takes an account out of one policy and brings it into another, which goes."""
    first = [
        group("G", []),
        policy("Old", includeGroups=["G"]),
        policy("P", includeUsers=["All"], excludeUsers=[FIRST, SECOND]),
    ]
    settle(folder(root, first), tenant)
    second = [
        group("G", [FIRST, SECOND]),
        absent("ConditionalAccessPolicy", "Old"),
        policy("P", includeUsers=["All"], excludeGroups=["G"]),
    ]
    return folder(root, second)


def test_what_no_order_makes_safe_is_refused(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(both_ways(tenant, tmp_path), tenant)

    found = finding(planned, "no-safe-order")
    assert "Old would not exclude break-glass" in found.message
    assert "between the change of Group/G and its own" in found.message
    assert planned.stages == ()


def test_an_exposure_that_was_allowed_is_no_question_of_order(tenant: Tenant, tmp_path: Path) -> None:
    documents = [group("G", [FIRST]), policy("P", includeGroups=["G"])]

    assert "no-safe-order" not in rules(plan(folder(tmp_path, documents), tenant))


def test_namesakes_do_not_hide_each_other_from_the_rehearsal(tenant: Tenant, tmp_path: Path) -> None:
    both_ways(tenant, tmp_path)
    tenant.put(POLICIES, **{**tenant.one(POLICIES, "Old"), "id": numbered(4, 70), "displayName": "P"})
    pins = {
        "ConditionalAccessPolicy/P": next(
            item["id"] for item in tenant.named(POLICIES, "P") if item["id"] != numbered(4, 70)
        )
    }
    documents = [group("G", [FIRST, SECOND]), policy("P", includeUsers=["All"], excludeGroups=["G"])]

    planned = plan(folder(tmp_path, documents, pins=pins), tenant)

    assert "no-safe-order" not in rules(planned)
    assert len(exposed(planned)) > 0


def test_a_role_is_assumed_to_be_held(tenant: Tenant, tmp_path: Path) -> None:
    users = {"includeRoles": ["Global Administrator"]}
    settle(folder(tmp_path, [policy("P", **users)]), tenant)
    planned = plan(folder(tmp_path, [policy("P", **users, **GLASS)]), tenant)
    watch = watched(tenant)

    carry_out(planned, tenant)

    assert watch.violations == []


def test_a_group_that_holds_nobody_of_interest_changes_nothing(tenant: Tenant, tmp_path: Path) -> None:
    documents = [group("G", [SELF], description="x"), policy("P"), location("L", "192.0.2.0/24")]

    assert rules(plan(folder(tmp_path, documents), tenant), "error") == []


GROUP_ALONE = {"breakGlass": {"groups": ["Break glass"]}}
GROUP_PIN = {"Group/Break glass": BREAK_GLASS}


def test_a_break_glass_group_alone_has_to_hold_somebody(tenant: Tenant, tmp_path: Path) -> None:
    documents = [group("Break glass", []), policy("P", **ALL)]
    root = folder(tmp_path, documents, settings=GROUP_ALONE, pins=GROUP_PIN)

    assert "not known to hold anybody" in finding(plan(root, tenant), "break-glass-exposed").message


def test_a_break_glass_group_alone_is_enough_with_somebody_in_it(tenant: Tenant, tmp_path: Path) -> None:
    root = folder(tmp_path, [policy("P", REPORT, **ALL)], settings=GROUP_ALONE, pins=GROUP_PIN)

    assert rules(plan(root, tenant), "brake", "error") == []


SHUT = ", and blocks everybody but break-glass and whom it names from everything"


@pytest.mark.parametrize(
    ("users", "is_said"),
    [(ALL, True), ({"includeGroups": ["New hires"], **GLASS}, False)],
)
@pytest.mark.parametrize("had", [None, "disabled", "enabled"])
def test_what_blocks_everybody_is_said_to(
    tenant: Tenant, tmp_path: Path, users: dict[str, Any], had: str | None, is_said: bool
) -> None:
    settings, pins = {"breakGlass": {"accounts": [FIRST], "groups": ["Break glass"]}}, GROUP_PIN
    if had is not None:
        settle(folder(tmp_path, [policy("P", had, **users)], settings=settings, pins=pins), tenant)
    block = policy("P", **users, only={"grantControls": {"operator": "OR", "builtInControls": ["block"]}})
    planned = plan(folder(tmp_path, [block], settings=settings, pins=pins), tenant)

    wanted = {None: "creates-enabled", "disabled": "enforces", "enabled": "moves-to-block"}[had]
    assert finding(planned, wanted).message.endswith(SHUT) is is_said
