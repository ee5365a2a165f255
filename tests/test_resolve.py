"""Names that only the tenant can resolve, and those that are nobody's to resolve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trial import (
    FIRST,
    POLICIES,
    SECOND,
    Tenant,
    actions,
    finding,
    folder,
    plan,
    policy,
    reasons,
    rules,
    settle,
)

from tapctl.sandbox.seed import numbered

TIMESHEETS = "39000000-0000-4000-8000-000000000001"


def using(*applications: str) -> list[dict[str, Any]]:
    conditions = {"applications": {"includeApplications": [*applications]}}
    return [policy("P", only={"conditions": conditions})]


def test_a_well_known_application_goes_by_its_name(tenant: Tenant, tmp_path: Path) -> None:
    assert reasons(settle(folder(tmp_path, using("Office 365 Exchange Online")), tenant)) == {}
    found = tenant.one(POLICIES, "P")["conditions"]["applications"]["includeApplications"]
    assert found == ["00000002-0000-0ff1-ce00-000000000000"]


def test_the_display_name_of_an_application_is_nobodys_word(tenant: Tenant, tmp_path: Path) -> None:
    found = finding(plan(folder(tmp_path, using("Nordwind Timesheets")), tenant), "broken-reference")

    assert "pins: {Application/<name>: <appId>}" in found.help


def test_a_pinned_application_goes_by_its_name(tenant: Tenant, tmp_path: Path) -> None:
    pins = {"Application/Nordwind Timesheets": TIMESHEETS}

    assert reasons(settle(folder(tmp_path, using("Nordwind Timesheets"), pins=pins), tenant)) == {}
    assert actions(plan(tmp_path, tenant)) == {}


def test_an_application_may_be_given_by_its_id(tenant: Tenant, tmp_path: Path) -> None:
    assert reasons(settle(folder(tmp_path, using(TIMESHEETS)), tenant)) == {}
    assert actions(plan(tmp_path, tenant)) == {}


def test_roles_have_names_in_the_tenant(tenant: Tenant, tmp_path: Path) -> None:
    users = {"includeRoles": ["Global Administrator"], "excludeUsers": [FIRST.upper(), SECOND]}

    assert reasons(settle(folder(tmp_path, [policy("P", **users)]), tenant)) == {}
    assert actions(plan(tmp_path, tenant)) == {}


def test_a_role_may_be_given_by_its_id(tenant: Tenant, tmp_path: Path) -> None:
    users = {"includeRoles": ["62e90394-69f5-4237-9190-012177145e10"], "excludeUsers": [FIRST, SECOND]}

    settle(folder(tmp_path, [policy("P", **users)]), tenant)

    assert actions(plan(tmp_path, tenant)) == {}


def test_a_pin_may_be_for_a_role(tenant: Tenant, tmp_path: Path) -> None:
    pins = {"Role/Global Administrator": numbered(6, 99)}

    assert rules(plan(folder(tmp_path, [policy("P")], pins=pins), tenant), "error") == ["pin-mismatch"]
