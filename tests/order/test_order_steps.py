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
    actions,
    folder,
    location,
    plan,
    policy,
    settle,
    statuses,
    strength,
)

GLASS: dict[str, Any] = {"excludeUsers": [FIRST, SECOND]}
STRENGTHS = "policies/authenticationStrengthPolicies"


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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["9.0.0.0/8", "100.0.0.0/8"], ["9.0.0.0/8", "100.0.0.0/8", "200.0.0.0/8"]),
        (["9.0.0.0/8", "100.0.0.0/8"], ["9.0.0.0/8", "101.0.0.0/8"]),
        (["203.0.113.0/24", "2001:db8::/48"], ["9.9.0.0/16", "203.0.113.0/24"]),
    ],
)
@pytest.mark.parametrize("is_trusted", [(False, False), (True, False), (False, True)])
def test_a_location_s_ranges_read_back_in_whatever_order_their_texts_are(
    tenant: Tenant, tmp_path: Path, before: list[str], after: list[str], is_trusted: tuple[bool, bool]
) -> None:
    settle(folder(tmp_path, [location("L", *before, isTrusted=is_trusted[0])]), tenant)

    result = settle(folder(tmp_path, [location("L", *after, isTrusted=is_trusted[1])]), tenant)

    assert statuses(result) == {"NamedLocation/L": "applied"}
    assert actions(plan(tmp_path, tenant)) == {}


def test_what_a_location_only_gains_takes_one_request(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [location("L", "9.0.0.0/8", "100.0.0.0/8")]), tenant)
    writes = Writes()
    tenant.between.append(writes)

    settle(folder(tmp_path, [location("L", "9.0.0.0/8", "100.0.0.0/8", "200.0.0.0/8")]), tenant)

    assert len(writes.seen) == 1


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
