"""Nobody is stopped on the way who is let through before and after."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from trial import (
    FIRST,
    LOCATIONS,
    POLICIES,
    SECOND,
    Tenant,
    Writes,
    absent,
    carry,
    carry_out,
    failing,
    folder,
    group,
    plan,
    policy,
    reasons,
    settle,
    statuses,
)

GLASS: dict[str, Any] = {"excludeUsers": [FIRST, SECOND]}


def countries(name: str, *codes: str) -> dict[str, Any]:
    return {"kind": "NamedLocation", "name": name, "spec": {"countriesAndRegions": list(codes)}}


def outside(*names: str) -> dict[str, Any]:
    where = {"includeLocations": ["All"], "excludeLocations": list(names)}
    block = {"operator": "OR", "builtInControls": ["block"]}
    return policy(
        "P", includeUsers=["All"], **GLASS, only={"conditions": {"locations": where}, "grantControls": block}
    )


def let_in(tenant: Tenant) -> set[str]:
    """The countries that the policy leaves out, as the tenant has it now."""
    excluded = tenant.one(POLICIES, "P")["conditions"]["locations"]["excludeLocations"]
    held = tenant.store.objects(LOCATIONS)
    return {code for each in excluded for code in held[each]["countriesAndRegions"]}


BEFORE = [countries("Here", "DE", "DK", "NO"), outside("Here")]
AFTER = [countries("Here", "DE"), countries("There", "DK", "NO", "SE"), outside("Here", "There")]


def test_a_location_that_is_split_lets_everybody_in_all_the_time(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, BEFORE), tenant)
    seen: list[set[str]] = []
    tenant.between.append(Writes(after=lambda number, scope: seen.append(let_in(tenant))))

    settle(folder(tmp_path, AFTER), tenant)

    assert all(now >= {"DE", "DK", "NO"} for now in seen)
    assert let_in(tenant) == {"DE", "DK", "NO", "SE"}
    assert plan(tmp_path, tenant).plan.pending == ()


def test_what_a_location_loses_stays_if_its_policy_fails(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, BEFORE), tenant)
    planned = plan(folder(tmp_path, AFTER), tenant)
    tenant.between.append(failing(2))

    result = asyncio.run(carry(planned, tenant))

    assert let_in(tenant) == {"DE", "DK", "NO"}
    assert "may count on what this holds" in reasons(result)["NamedLocation/Here"]


def test_policies_that_leave_a_location_each_to_the_other_have_an_order(
    tenant: Tenant, tmp_path: Path
) -> None:
    def inside(name: str, *places: str) -> dict[str, Any]:
        where = {"conditions": {"locations": {"includeLocations": list(places)}}}
        return policy(name, includeUsers=["All"], **GLASS, only=where)

    both = [inside("P", "Here", "There"), inside("Q", "Here", "There")]
    settle(folder(tmp_path, [countries("Here", "DE"), countries("There", "DK"), *both]), tenant)
    after = [countries("Here", "DE", "NO"), countries("There", "DK", "SE")]

    planned = plan(folder(tmp_path, [*after, inside("P", "There"), inside("Q", "Here")]), tenant)

    assert [step.address.name for stage in planned.stages for step in stage] == ["P", "Here", "Q", "There"]
    assert set(statuses(carry_out(planned, tenant)).values()) == {"applied"}
    assert plan(tmp_path, tenant).plan.pending == ()


def test_groups_that_hold_each_other_go_together(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [group("A", ["Group/B"]), group("B", [])]), tenant)
    tenant.store.put("groups", {**tenant.one("groups", "B"), "members": [tenant.one("groups", "A")["id"]]})

    settle(folder(tmp_path, [absent("Group", "A"), absent("Group", "B")]), tenant)

    assert (tenant.named("groups", "A"), tenant.named("groups", "B")) == ([], [])
