"""Which walls on registration a plan introduces: by whom and when they keep out, and not by which policy."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest
import yaml
from lint_tools import findings
from trial import Document, Tenant, carry_out, folder

from tapctl.checked import Checked
from tapctl.lint.example import BLOCK, REGISTER, policy, stream, strength, tap
from tapctl.pipeline import Planned, check, make_plan

NEW_HIRES = "{includeGroups: [New hires], excludeGroups: [Break glass]}"
UNMANAGED = 'devices: {deviceFilter: {mode: exclude, rule: "device.isCompliant -eq True"}}'
COMPLIANT = "{operator: OR, builtInControls: [compliantDevice]}"
OURS = "{operator: OR, authenticationStrength: Ours}"
KEYS = strength("Ours", "fido2")
P_DEV = policy("P-DEV", conditions=UNMANAGED, grant=BLOCK)
P_ALL = policy("P-ALL", grant=BLOCK)


def wall(grant: str) -> str:
    return policy("Wall", users=NEW_HIRES, applications=REGISTER, grant=grant)


def off(text: str) -> str:
    return text.replace("enabled", "disabled")


def planned(root: Path, tenant: Tenant, *documents: str) -> Planned:
    loaded: list[Document] = [*yaml.safe_load_all(stream(tap(), *documents))]
    checked = check(folder(root, loaded, production=True), None)
    return asyncio.run(_made(checked, tenant))


async def _made(checked: Checked, tenant: Tenant) -> Planned:
    async with tenant.connection() as gateway:
        return await make_plan(checked, gateway, date(2026, 11, 25))


def news(root: Path, before: list[str], after: list[str]) -> list[tuple[str, str]]:
    """What a plan from one folder to another says of DL002: what is new of it, and at which policy."""
    tenant = Tenant()
    carry_out(planned(root / "before", tenant, *before), tenant)
    found = planned(root / "after", tenant, *after).plan.findings
    return [(item.news, item.address.name) for item in found if item.rule == "DL002" and item.address]


@pytest.mark.parametrize("grant", [BLOCK, OURS])
def test_a_wall_behind_one_around_unmanaged_machines_is_new(tmp_path: Path, grant: str) -> None:
    assert news(tmp_path, [KEYS, P_DEV], [KEYS, wall(grant)]) == [("introduced", "Wall")]


@pytest.mark.parametrize(
    ("after", "found"),
    [
        ([off(P_DEV), wall(COMPLIANT)], [("", "Wall")]),
        ([P_DEV, off(wall(BLOCK))], [("", "P-DEV")]),
    ],
)
def test_a_wall_on_the_same_terms_is_not_new(
    tmp_path: Path, after: list[str], found: list[tuple[str, str]]
) -> None:
    assert news(tmp_path, [P_DEV], after) == found


def test_a_policy_that_begins_to_keep_out_managed_machines_is_new(tmp_path: Path) -> None:
    assert news(tmp_path, [wall(COMPLIANT)], [wall(BLOCK)]) == [("introduced", "Wall")]


def test_a_wall_that_spares_managed_machines_from_now_on_is_not_new(tmp_path: Path) -> None:
    assert news(tmp_path, [P_ALL], [off(P_ALL), P_DEV]) == [("", "P-DEV"), ("removed", "P-ALL")]


def test_of_two_walls_the_one_around_managed_machines_too_is_named(tmp_path: Path) -> None:
    found = findings(tmp_path, stream(tap(), KEYS, wall(OURS), P_DEV)).found

    (hit,) = [finding for _, finding in found if finding.rule == "DL002"]
    assert hit.message == "Wall keeps members of New hires with a pass from registering anything"


def test_a_wall_around_unmanaged_machines_says_so(tmp_path: Path) -> None:
    found = findings(tmp_path, stream(tap(), P_DEV)).found

    (hit,) = [finding for _, finding in found if finding.rule == "DL002"]
    assert hit.message.endswith("from registering anything on a machine that is not managed")
