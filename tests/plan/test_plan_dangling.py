"""Names and ids in documents that nothing in the tenant has, or several have."""

from __future__ import annotations

from pathlib import Path

import pytest
from trial import (
    FIRST,
    SECOND,
    Tenant,
    finding,
    folder,
    group,
    plan,
    policy,
)

from tapctl.sandbox.seed import GROUPS, numbered

pytestmark = pytest.mark.seeded


@pytest.mark.parametrize(
    ("name", "help_text"),
    [("New hire", "Did you mean 'New hires'?"), ("Nothing like it", "Declare it in this folder")],
)
def test_a_name_that_is_not_there_is_an_error(
    tenant: Tenant, tmp_path: Path, name: str, help_text: str
) -> None:
    documents = [group("New hires"), policy("P", includeGroups=[name], excludeGroups=["Break glass"])]

    found = finding(plan(folder(tmp_path, documents), tenant), "broken-reference")

    assert f"includeGroups[0] names {name!r}, which is not in the tenant" in found.message
    assert help_text in found.help


def test_a_name_that_two_groups_have_is_an_error_with_both(tenant: Tenant, tmp_path: Path) -> None:
    other = tenant.put("groups", **{**tenant.one("groups", "New hires"), "id": numbered(2, 70)})
    folder(tmp_path, [policy("P", includeGroups=["New hires"], excludeGroups=["Break glass"])])

    found = finding(plan(tmp_path, tenant), "several-in-tenant")

    assert other in found.message
    assert GROUPS["New hires"] in found.message
    assert "pins: {Group/New hires: <id>}" in found.help


def test_a_name_that_is_written_often_is_one_error(tenant: Tenant, tmp_path: Path) -> None:
    tenant.put("groups", **{**tenant.one("groups", "New hires"), "id": numbered(2, 70)})
    users = {"includeGroups": ["New hires"], "excludeGroups": ["Break glass"]}
    folder(tmp_path, [policy(f"P{number}", **users) for number in range(14)])

    found = finding(plan(tmp_path, tenant), "several-in-tenant")

    assert found.message.count("documents.yaml") == 10
    assert "3 more" in found.message


def test_an_id_of_nothing_is_an_error(tenant: Tenant, tmp_path: Path) -> None:
    users = {"includeGroups": [numbered(2, 99)], "excludeUsers": [FIRST, SECOND]}

    planned = plan(folder(tmp_path, [policy("P", **users)]), tenant)

    assert numbered(2, 99) in finding(planned, "id-of-nothing").message
    assert finding(planned, "id-of-nothing").severity == "error"


def test_a_word_that_only_graph_may_know_is_a_warning(tenant: Tenant, tmp_path: Path) -> None:
    applications = {"applications": {"includeApplications": ["id:AllAgentIdResources"]}}
    document = policy("P", excludeUsers=[FIRST, SECOND], only={"conditions": applications})

    told = finding(plan(folder(tmp_path, [document]), tenant), "id-of-nothing")

    assert (told.severity, "AllAgentIdResources" in told.message) == ("warning", True)
