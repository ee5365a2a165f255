"""What lint means for a plan: the state before and after, brakes and caps."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from trial import Document, Tenant, carry_out, folder

from tapctl.checked import Checked
from tapctl.model import Finding
from tapctl.pipeline import Planned, check, make_plan
from tapctl.plan.digest import brakes_reviewed

METHODS = "policies/authenticationMethodsPolicy"


def planned(root: Path, tenant: Tenant, *documents: Document, **environment: Any) -> Planned:
    """A plan, lint included, in production unless said otherwise."""
    checked = check(folder(root, documents, **{"production": True, **environment}), None)
    return asyncio.run(_made(checked, tenant))


async def _made(checked: Checked, tenant: Tenant) -> Planned:
    async with tenant.connection() as gateway:
        return await make_plan(checked, gateway, date(2026, 11, 25))


def tap(*, once: bool) -> Document:
    spec = {"state": "enabled", "isUsableOnce": once, "includeTargets": ["New hires"]}
    return {"kind": "TemporaryAccessPassPolicy", "spec": spec}


def of(found: Planned, rule: str) -> list[tuple[str, str]]:
    """Severity and news of a rule's findings."""
    return [(item.severity, item.news) for item in _findings(found, rule)]


def _findings(found: Planned, rule: str) -> list[Finding]:
    return [item for item in found.plan.findings if item.rule == rule]


def test_an_error_that_was_there_before_is_shown(tmp_path: Path) -> None:
    found = planned(tmp_path, Tenant(), tap(once=False))

    assert of(found, "TAP001") == [("warning", "")]
    assert "does not introduce it" in _findings(found, "TAP001")[0].help


REPORTS = "enabledForReportingButNotEnforced"


def trial(state: str) -> dict[str, Any]:
    users, apps = {"includeUsers": ["emergency-1@nordwind.example"]}, {"includeApplications": ["All"]}
    return {
        "state": state,
        "conditions": {"users": users, "applications": apps, "clientAppTypes": ["all"]},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }


@pytest.mark.parametrize(
    ("was", "shall_be", "found"),
    [
        (REPORTS, REPORTS, [("warning", "")]),
        ("enabled", REPORTS, []),  # it begins to report now
        (REPORTS, "enabled", [("note", "removed")]),
    ],
)
def test_a_policy_that_reports_for_long_is_old_news(
    tmp_path: Path, was: str, shall_be: str, found: list[tuple[str, str]]
) -> None:
    tenant = Tenant()
    emergency = next(iter(tenant.named("users", "Emergency access 1")))["id"]
    seen = trial(was)
    seen["conditions"]["users"] = {"includeUsers": [emergency]}
    tenant.put(
        "identity/conditionalAccess/policies",
        displayName="A trial",
        modifiedDateTime="2026-01-10T09:00:00Z",
        **seen,
    )

    made = planned(
        tmp_path, tenant, {"kind": "ConditionalAccessPolicy", "name": "A trial", "spec": trial(shall_be)}
    )

    assert of(made, "CA019") == found


def test_of_the_settings_nobody_knows_what_is_new(tmp_path: Path) -> None:
    checked = check(folder(tmp_path, [tap(once=True)], settings={}, production=True), None)
    found = asyncio.run(_made(checked, Tenant()))
    (finding,) = _findings(found, "BG001")

    assert finding.severity == "warning"
    assert "lint knows no earlier tapctl.yaml" in finding.help
    assert "does not introduce" not in finding.help


def test_what_the_change_ends_is_said(tmp_path: Path) -> None:
    found = planned(tmp_path, Tenant(), tap(once=True))

    assert of(found, "TAP001") == [("note", "removed")]
    assert _findings(found, "TAP001")[0].place is None


def strict(name: str, state: str = "enabled") -> Document:
    users = {"includeGroups": ["New hires"], "excludeGroups": ["Break glass"]}
    applications = {"includeApplications": ["All"]}
    return {
        "kind": "ConditionalAccessPolicy",
        "name": name,
        "spec": {
            "state": state,
            "conditions": {"users": users, "applications": applications, "clientAppTypes": ["all"]},
            "grantControls": {"operator": "OR", "authenticationStrength": "Phishing-resistant MFA"},
        },
    }


@pytest.mark.parametrize(
    ("after", "found"),
    [
        ([strict("A", "disabled")], [("note", "removed")]),
        ([strict("A", "disabled"), strict("B")], [("note", "")]),
    ],
)
def test_a_way_that_ends_at_another_policy_has_not_become_better(
    tmp_path: Path, after: list[Document], found: list[tuple[str, str]]
) -> None:
    tenant = Tenant()
    carry_out(planned(tmp_path / "before", tenant, tap(once=True), strict("A")), tenant)

    assert of(planned(tmp_path / "after", tenant, tap(once=True), *after), "DL007") == found


@pytest.mark.parametrize("passes", [{"state": "disabled"}, {"includeTargets": ["Break glass"]}])
def test_what_was_said_of_people_with_a_pass_does_not_end_with_the_pass(
    tmp_path: Path, passes: dict[str, Any]
) -> None:
    tenant, usual = Tenant(), tap(once=True)
    carry_out(planned(tmp_path / "before", tenant, usual, strict("A")), tenant)
    changed = {**usual, "spec": {**usual["spec"], **passes}}

    found = of(planned(tmp_path / "after", tenant, changed, strict("A")), "DL007")

    assert ("note", "removed") not in found


def test_one_brake_asks_for_all_errors_that_the_change_introduces(tmp_path: Path) -> None:
    tenant = Tenant()
    carry_out(planned(tmp_path, tenant, tap(once=True)), tenant)

    found = planned(tmp_path, tenant, tap(once=False))

    (brake,) = _findings(found, "introduces-errors")
    assert (brake.severity, brake.flag) == ("brake", "--allow-introduces-errors")
    assert "an error: TAP001 tap-multi-use at " in brake.message
    assert "documents.yaml:1:" in brake.message
    assert of(found, "TAP001") == [("warning", "introduced")]
    assert ("TAP001", "TemporaryAccessPassPolicy") in brakes_reviewed(found.plan.findings)
