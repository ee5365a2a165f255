"""Whoever is in the emergency accounts' group is asked for nothing: drift looks who is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from audit_records import record
from drift_tenants import AUDITS, SINCE, Base, named
from test_drift_reading import Refusing

from tapctl.drift.news import News, news
from tapctl.model import Finding
from tapctl.sandbox import create_app


def about_glass(found: News) -> list[Finding]:
    return [finding for finding in found.findings if finding.rule.startswith("drift-break-glass-")]


def joined(base: Base, tenant: dict[str, Any]) -> list[Finding]:
    return about_glass(base.news(tenant))


def copied(base: Base, folder: Path) -> Base:
    shutil.copytree(base.root, folder / "policies")
    return Base(folder / "policies", base.tenant)


def with_strangers(base: Base, count: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A tenant in which the group holds people who are no emergency accounts."""
    tenant = base.changed()
    people = [user for user in tenant["users"] if not user["userPrincipalName"].startswith("emergency")]
    group = named(tenant, "groups", "Break glass")
    group["members"] = [*group["members"], *(user["id"] for user in people[:count])]
    return tenant, people


def test_a_stranger_is_told_with_who_put_them_in(base: Base) -> None:
    tenant, (mia, *_) = with_strangers(base, 1)
    group = named(tenant, "groups", "Break glass")["id"]
    change = {"displayName": "Group.ObjectID", "oldValue": None, "newValue": f'"{group}"'}
    targets = [{"id": mia["id"], "type": "User", "modifiedProperties": [change]}]
    added = record({}, {}, activity="Add member to group", targetResources=targets)
    tenant[AUDITS] = [{**added, "category": "GroupManagement"}]
    (finding,) = joined(base, tenant)

    upn = mia["userPrincipalName"]
    assert f"holds one who is no emergency account: {upn}, put in by alex@x.example" in finding.message
    assert finding.severity == "error"
    assert not base.news(tenant).is_clean


def test_many_strangers_are_counted(base: Base) -> None:
    tenant, _ = with_strangers(base, 5)
    (finding,) = joined(base, tenant)

    assert "holds 5 who are none of the accounts: " in finding.message
    assert "put in by whom is unknown: the audit log has no record of it" in finding.message
    assert finding.message.endswith("; 2 more")


def test_somebody_in_a_group_within_it_counts_and_the_group_does_not(base: Base) -> None:
    tenant, _ = with_strangers(base, 0)
    inner = named(tenant, "groups", "Pilots")
    named(tenant, "groups", "Break glass")["members"].append(inner["id"])
    (finding,) = joined(base, tenant)

    assert "holds one who is" in finding.message
    assert "Pilots" not in finding.message


def test_a_clean_group_is_no_news(base: Base) -> None:
    assert joined(base, base.changed()) == []


@pytest.mark.parametrize(
    "settings", ["{groups: [Break glass]}", "{accounts: [emergency-1@nordwind.example]}"]
)
def test_without_accounts_and_groups_nobody_is_a_stranger(base: Base, settings: str, tmp_path: Path) -> None:
    tenant, _ = with_strangers(base, 1)
    other = copied(base, tmp_path)
    (other.root / "tapctl.yaml").write_text(f"breakGlass: {settings}\n", "utf-8")

    assert "drift-break-glass-joined" not in [finding.rule for finding in joined(other, tenant)]


def test_a_group_whose_members_a_document_says_is_drift_of_the_document(base: Base, tmp_path: Path) -> None:
    tenant, _ = with_strangers(base, 1)
    other = copied(base, tmp_path)
    (other.root / "glass.yaml").write_text(
        "kind: Group\nname: Break glass\nspec: {members: [emergency-1@nordwind.example]}\n", "utf-8"
    )
    found = other.news(tenant)

    assert [item.address.name for item in found.drifted] == ["Break glass"]
    assert "drift-break-glass-joined" not in [finding.rule for finding in found.findings]
    assert "BG005" in [finding.rule for finding in found.findings]


@pytest.mark.parametrize(("status", "rules"), [(403, ["drift-break-glass-unread"]), (404, [])])
def test_members_that_cannot_be_read_are_said_to_be_unknown(
    base: Base, status: int, rules: list[str]
) -> None:
    tenant, _ = with_strangers(base, 1)
    refused = {"transitiveMembers": status}
    compared, evidence = base.compared(tenant, lambda store: Refusing(create_app(store), refused))
    found = about_glass(news(compared, base.checked(), evidence, SINCE))

    assert [finding.rule for finding in found] == rules
    assert all("who else is in Group/Break glass is unknown: " in finding.message for finding in found)
