"""What one change does at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from trial import (
    FIRST,
    SECOND,
    Tenant,
    Writes,
    folder,
    location,
    plan,
    policy,
    settle,
    strength,
)

GLASS: dict[str, Any] = {"excludeUsers": [FIRST, SECOND]}
STRENGTHS = "policies/authenticationStrengthPolicies"


@pytest.fixture
def tenant() -> Tenant:
    tenant = Tenant()
    tenant.clear()
    return tenant


def accepting(name: str) -> dict[str, Any]:
    return policy(
        "P",
        includeUsers=["All"],
        **GLASS,
        only={"grantControls": {"operator": "OR", "authenticationStrength": name}},
    )


def test_a_strength_accepts_old_and_new_until_policies_have_changed(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [strength("S", "fido2"), accepting("S")]), tenant)
    seen: list[list[str]] = []
    tenant.between.append(
        Writes(after=lambda number, scope: seen.append(tenant.one(STRENGTHS, "S")["allowedCombinations"]))
    )

    settle(folder(tmp_path, [strength("S", "windowsHelloForBusiness"), accepting("S")]), tenant)

    assert seen == [["fido2", "windowsHelloForBusiness"], ["windowsHelloForBusiness"]]


def restricted(combination: str, key: str) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
        "appliesToCombinations": [combination],
        "allowedAAGUIDs": [key],
    }


def test_a_combination_keeps_its_restriction_while_it_is_accepted(tenant: Tenant, tmp_path: Path) -> None:
    before = strength("S", "fido2", "windowsHelloForBusiness")
    before["spec"]["combinationConfigurations"] = [
        restricted("fido2", "2fc0579f-8113-47ea-b116-bb5a8db9202a")
    ]
    settle(folder(tmp_path, [before, accepting("S")]), tenant)
    seen: list[tuple[bool, bool]] = []

    def look(number: int, scope: Any) -> None:
        now = tenant.one(STRENGTHS, "S")
        seen.append(("fido2" in now["allowedCombinations"], bool(now["combinationConfigurations"])))

    tenant.between.append(Writes(after=look))
    settle(
        folder(tmp_path, [strength("S", "deviceBasedPush", "windowsHelloForBusiness"), accepting("S")]),
        tenant,
    )

    assert (True, False) not in seen
    assert seen[-1] == (False, False)


def test_what_only_gains_is_one_write(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [location("Office", "192.0.2.0/24")]), tenant)

    planned = plan(folder(tmp_path, [location("Office", "192.0.2.0/24", "198.51.100.0/24")]), tenant)

    assert [step.phase for stage in planned.stages for step in stage] == ["dependencies"]


def test_what_only_loses_is_one_write_at_the_end(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [location("Office", "192.0.2.0/24", "198.51.100.0/24")]), tenant)

    planned = plan(folder(tmp_path, [location("Office", "192.0.2.0/24")]), tenant)

    assert [step.phase for stage in planned.stages for step in stage] == ["leaving"]
