"""Policies that no document declares and that were enforced until lately, as records show it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from audit_records import record
from drift_tenants import AUDITS, OLD, POLICIES, Base, named

from tapctl.model import Finding

OTHER = "99999999-0000-4000-8000-000000000001"
NEW = "2026-11-24T00:00:00Z"


def stranger(base: Base) -> tuple[dict[str, Any], dict[str, Any]]:
    """A tenant with an enforced policy that nobody declared."""
    tenant = base.changed()
    policy = copy.deepcopy(named(tenant, POLICIES, "Reported"))
    tenant[POLICIES].append(policy | OLD | {"id": OTHER, "displayName": "Stranger", "state": "enabled"})
    return tenant, tenant[POLICIES][-1]


def about(base: Base, tenant: dict[str, Any]) -> list[Finding]:
    rules = ("drift-undeclared-ended", "drift-undeclared-weaker")
    return [item for item in base.news(tenant).findings if item.rule in rules]


@pytest.mark.parametrize("state", ["disabled", "enabledForReportingButNotEnforced"])
def test_a_policy_that_was_enforced_and_is_switched_off(base: Base, state: str) -> None:
    tenant, policy = stranger(base)
    before = copy.deepcopy(policy)
    policy |= {"state": state, "modifiedDateTime": NEW}
    tenant[AUDITS] = [record(before, policy, target=OTHER, when=NEW)]
    (found,) = about(base, tenant)

    assert (found.rule, found.severity) == ("drift-undeclared-ended", "error")
    assert f"which no document declares, was enforced and is {state}; by alex@x.example, " in found.message
    assert not base.news(tenant).is_clean


def test_what_was_switched_off_before_the_moment_or_was_never_enforced_is_quiet(base: Base) -> None:
    tenant, policy = stranger(base)
    before = copy.deepcopy(policy)
    policy["state"] = "disabled"
    tenant[AUDITS] = [record(before, policy, target=OTHER, when="2026-11-19T10:00:00Z")]
    assert about(base, tenant) == []

    tenant[AUDITS] = [record(before | {"state": "disabled"}, policy, target=OTHER, when=NEW)]
    assert about(base, tenant) == []


def test_a_policy_that_excludes_more(base: Base) -> None:
    tenant, policy = stranger(base)
    before = copy.deepcopy(policy)
    mia = "10000000-0000-4000-8000-000000000001"
    policy["conditions"]["users"]["excludeUsers"] = [mia]
    policy["modifiedDateTime"] = NEW
    tenant[AUDITS] = [record(before, policy, target=OTHER, when=NEW)]
    (found,) = about(base, tenant)

    assert (found.rule, found.severity) == ("drift-undeclared-weaker", "warning")
    assert "is enforced and excludes more: users.excludeUsers gains " in found.message

    policy["conditions"]["users"]["excludeUsers"] = []
    assert about(base, tenant) == []


def test_a_policy_that_asks_for_something_else_excludes_no_more(base: Base) -> None:
    tenant, policy = stranger(base)
    before = copy.deepcopy(policy)
    policy["grantControls"]["builtInControls"] = ["compliantDevice"]
    tenant[AUDITS] = [record(before, policy, target=OTHER, when=NEW)]

    assert about(base, tenant) == []


def deleted(policy: dict[str, Any], when: str = NEW, **changes: Any) -> dict[str, Any]:
    made = record(policy, None, activity="Delete conditional access policy", target=policy["id"], when=when)
    made["targetResources"][0] |= {"displayName": "Stranger"} | changes
    return made


def test_an_enforced_policy_that_was_deleted(base: Base) -> None:
    tenant, policy = stranger(base)
    tenant[POLICIES][-1] = policy | {"id": OTHER[:-1] + "2", "displayName": "Other", "state": "disabled"}
    tenant[AUDITS] = [deleted(policy)]
    (found,) = about(base, tenant)

    assert found.message.startswith(
        "ConditionalAccessPolicy/Stranger, which no document declares, was enforced and is deleted; by alex@"
    )


def test_a_deletion_of_what_is_back_declared_old_or_was_off_is_quiet(base: Base) -> None:
    tenant, policy = stranger(base)
    tenant[AUDITS] = [deleted(policy)]
    assert about(base, tenant) == []

    gone = policy | {"id": OTHER[:-1] + "3"}
    for item in (
        deleted(gone, displayName="Enforced"),
        deleted(gone, "2026-11-19T10:00:00Z"),
        deleted(gone | {"state": "disabled"}),
    ):
        tenant[AUDITS] = [item]
        assert about(base, tenant) == []
