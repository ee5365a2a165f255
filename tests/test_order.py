"""In which order a plan is carried out, and what each step waits for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from trial import (
    FIRST,
    SECOND,
    SELF,
    Tenant,
    absent,
    actions,
    carry_out,
    folder,
    group,
    location,
    plan,
    policy,
    reasons,
    settle,
    strength,
    watched,
)

from tapctl.order import as_json

REPORT = "enabledForReportingButNotEnforced"
GLASS: dict[str, Any] = {"excludeGroups": ["Break glass"]}
Documents = list[dict[str, Any]]


@pytest.fixture
def tenant() -> Tenant:
    tenant = Tenant()
    tenant.clear()
    return tenant


def steps(tenant: Tenant, root: Path, before: Documents, after: Documents) -> list[str]:
    """The steps from one folder to another, carried out under the watch of the safety law."""
    settle(folder(root, before), tenant)
    planned = plan(folder(root, after), tenant)
    watch = watched(tenant)
    assert reasons(carry_out(planned, tenant)) == {}
    assert watch.violations == []
    tenant.between = []
    assert actions(plan(root, tenant)) == {}
    return [f"{step.phase} {step.address.name}" for stage in planned.stages for step in stage]


def asking(name: str, *controls: str, users: dict[str, Any] | None = None, **grant: Any) -> dict[str, Any]:
    wanted = {"operator": "OR", **({"builtInControls": [*controls]} if controls else {}), **grant}
    return policy(name, **(users or {"includeUsers": ["All"], **GLASS}), only={"grantControls": wanted})


def test_a_policy_is_created_off_and_then_enforced(tenant: Tenant, tmp_path: Path) -> None:
    assert steps(tenant, tmp_path, [], [policy("P")]) == ["tightening P", "enabling P"]


def test_a_policy_that_is_not_enforced_takes_one_step(tenant: Tenant, tmp_path: Path) -> None:
    assert steps(tenant, tmp_path, [], [policy("P", REPORT)]) == ["tightening P"]


def test_exclusions_are_read_back_before_enforcing(tenant: Tenant, tmp_path: Path) -> None:
    before = [policy("P", "disabled", includeUsers=["All"])]

    assert steps(tenant, tmp_path, before, [policy("P")]) == ["tightening P", "enabling P"]


def test_only_the_state_changes_when_the_rest_is_right(tenant: Tenant, tmp_path: Path) -> None:
    assert steps(tenant, tmp_path, [policy("P", REPORT)], [policy("P")]) == ["enabling P"]


@pytest.mark.parametrize("state", ["enabled", REPORT])
def test_break_glass_leaves_a_policy_before_anything_else(tenant: Tenant, tmp_path: Path, state: str) -> None:
    before = [policy("P", state, includeUsers=["All"]), location("L", "192.0.2.0/24")]
    after = [policy("P", state), location("L", "198.51.100.0/24")]

    assert steps(tenant, tmp_path, before, after) == ["exclusions P", "dependencies L"]


def test_the_break_glass_group_is_swapped_in_five_steps(tenant: Tenant, tmp_path: Path) -> None:
    before = [group("Old", [FIRST, SECOND]), policy("P", includeUsers=["All"], excludeGroups=["Old"])]
    after = [
        group("New", [FIRST, SECOND]),
        policy("P", includeUsers=["All"], excludeGroups=["New"]),
        absent("Group", "Old"),
    ]

    assert steps(tenant, tmp_path, before, after) == [
        "groundwork New",
        "exclusions P",
        "tightening P",
        "deletion Old",
    ]


def test_a_nested_group_comes_before_the_one_it_is_in(tenant: Tenant, tmp_path: Path) -> None:
    after = [
        group("A outer", ["Group/B inner"]),
        group("B inner", [FIRST, SECOND]),
        policy("P", includeUsers=["All"], excludeGroups=["A outer"]),
    ]

    assert steps(tenant, tmp_path, [], after)[:2] == ["groundwork B inner", "groundwork A outer"]


def test_an_account_joins_an_included_group_last(tenant: Tenant, tmp_path: Path) -> None:
    rest = [policy("P", includeGroups=["Admins"], excludeGroups=["Glass"])]
    before = [group("Admins", []), group("Glass", []), *rest]
    after = [group("Admins", [FIRST, SELF]), group("Glass", [FIRST]), *rest]

    assert steps(tenant, tmp_path, before, after) == [
        "groundwork Glass",
        "dependencies Admins",
        "joining Admins",
    ]


def test_somebody_leaves_a_group_after_its_policy_has_gone(tenant: Tenant, tmp_path: Path) -> None:
    before = [group("Old", [FIRST, SECOND]), policy("P", includeUsers=["All"], excludeGroups=["Old"])]
    after = [group("Old", [SELF]), absent("ConditionalAccessPolicy", "P")]

    assert steps(tenant, tmp_path, before, after) == ["dependencies Old", "loosening P", "leaving Old"]


def test_a_new_policy_replaces_an_old_one_without_a_gap(tenant: Tenant, tmp_path: Path) -> None:
    after = [policy("New"), absent("ConditionalAccessPolicy", "Old")]

    assert steps(tenant, tmp_path, [policy("Old")], after) == [
        "tightening New",
        "enabling New",
        "loosening Old",
    ]


@pytest.mark.parametrize(
    ("after", "phase"),
    [
        (asking("P", "block"), "tightening"),
        (asking("P", "compliantDevice"), "loosening"),
        (asking("P", "mfa", users={"includeUsers": ["All"], **GLASS, "excludeUsers": [SELF]}), "loosening"),
        (asking("P", "mfa", users={"includeGroups": ["New hires"], **GLASS}), "loosening"),
        (policy("P", "disabled"), "loosening"),
        ({**policy("Q"), "formerNames": ["P"]}, "tightening"),
    ],
)
def test_what_may_let_more_through_comes_late(
    tenant: Tenant, tmp_path: Path, after: dict[str, Any], phase: str
) -> None:
    assert steps(tenant, tmp_path, [policy("P")], [after]) == [f"{phase} {after['name']}"]


def test_a_change_that_narrows_and_widens_comes_late(tenant: Tenant, tmp_path: Path) -> None:
    before = [policy("P", includeGroups=["New hires"], **GLASS)]
    after = [policy("P", includeGroups=["Lost device"], **GLASS)]

    assert steps(tenant, tmp_path, before, after) == ["loosening P"]


def test_a_strength_changes_after_the_policy_that_leaves_it(tenant: Tenant, tmp_path: Path) -> None:
    before = [strength("S", "fido2"), asking("P", authenticationStrength="S")]
    after = [strength("S", "fido2", "password,sms"), asking("P", authenticationStrength="Passwordless MFA")]

    assert steps(tenant, tmp_path, before, after) == ["loosening P", "loosening S"]


def test_a_strength_changes_before_the_policy_that_comes_to_it(tenant: Tenant, tmp_path: Path) -> None:
    before = [strength("S", "fido2"), asking("P", authenticationStrength="S")]
    after = [
        strength("S", "fido2", "windowsHelloForBusiness"),
        asking("P", authenticationStrength="Passwordless MFA"),
        asking("Q", authenticationStrength="S"),
    ]

    assert steps(tenant, tmp_path, before, after)[0] == "dependencies S"


def test_a_location_goes_after_the_policy_that_used_it(tenant: Tenant, tmp_path: Path) -> None:
    conditions = {"locations": {"includeLocations": ["All"], "excludeLocations": ["L"]}}
    before = [location("L", "192.0.2.0/24"), policy("P", only={"conditions": conditions})]

    assert steps(tenant, tmp_path, before, [policy("P"), absent("NamedLocation", "L")]) == [
        "tightening P",
        "deletion L",
    ]


def test_passes_tighten_early_and_loosen_late(tenant: Tenant, tmp_path: Path) -> None:
    def passes(once: bool) -> dict[str, Any]:
        spec = {"state": "enabled", "isUsableOnce": once, "includeTargets": ["New hires"]}
        return {"kind": "TemporaryAccessPassPolicy", "spec": spec}

    assert steps(tenant, tmp_path, [passes(True)], [passes(False)]) == ["loosening TemporaryAccessPassPolicy"]
    assert steps(tenant, tmp_path, [passes(False)], [passes(True)]) == [
        "tightening TemporaryAccessPassPolicy"
    ]


def test_a_renamed_group_is_only_renamed(tenant: Tenant, tmp_path: Path) -> None:
    after = [{**group("H", [SELF]), "formerNames": ["G"]}]

    assert steps(tenant, tmp_path, [group("G", [SELF])], after) == ["dependencies H"]


def test_the_order_is_told_as_data(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(folder(tmp_path, [policy("P", "disabled")]), tenant)

    assert as_json(planned.stages) == [{"phase": "tightening", "address": "ConditionalAccessPolicy/P"}]
