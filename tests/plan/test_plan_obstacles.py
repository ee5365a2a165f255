"""What stands in the way of a plan, or has to be known of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from trial import (
    DRAFT,
    LOCATIONS,
    POLICIES,
    SELF,
    SETTINGS,
    Tenant,
    absent,
    actions,
    copy_of,
    finding,
    folder,
    group,
    location,
    plan,
    policy,
    reasons,
    rules,
    settle,
)

from tapctl.sandbox import Misbehaviour
from tapctl.sandbox.seed import numbered

pytestmark = pytest.mark.seeded


def managed(tenant: Tenant) -> str:
    name = "Microsoft-managed: multifactor authentication"
    copy_of(tenant, DRAFT, displayName=name)
    return name


def test_a_policy_that_was_renamed_in_the_tenant_is_not_created_again(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("P")]), tenant)
    tenant.put(POLICIES, **{**tenant.one(POLICIES, "P"), "displayName": "Q"})

    found = finding(plan(tmp_path, tenant), "renamed-in-tenant")

    assert "'Q', which is the same in everything but the name" in found.message
    assert "formerNames: ['Q']" in found.help


@pytest.mark.parametrize("document", [policy("NH-10 DRAFT"), group("new Hires")])
def test_a_name_that_differs_in_letter_case_is_not_created_again(
    tenant: Tenant, tmp_path: Path, document: dict[str, Any]
) -> None:
    planned = plan(folder(tmp_path, [document]), tenant)

    assert "differs only in letter case" in finding(planned, "renamed-in-tenant").message


def test_a_word_that_is_the_same_everywhere_is_no_object(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(folder(tmp_path, [location("MFA Trusted IPs", "192.0.2.0/24")]), tenant)

    assert actions(planned) == {"NamedLocation/MFA Trusted IPs": "create"}
    assert "renamed-in-tenant" not in rules(planned)


def test_names_of_two_documents_may_differ_in_letter_case(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("MFA All")]), tenant)

    planned = plan(folder(tmp_path, [policy("MFA All"), policy("MFA ALL", "disabled")]), tenant)

    assert actions(planned) == {"ConditionalAccessPolicy/MFA ALL": "create"}
    assert "renamed-in-tenant" not in rules(planned)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            location("L", "192.0.2.0/24"),
            {"kind": "NamedLocation", "name": "L", "spec": {"countriesAndRegions": ["NO"]}},
        ),
        (group("G"), group("G", membershipRule="(user.department -ne null)")),
        (group("G"), group("G", isAssignableToRole=True)),
    ],
)
def test_what_graph_cannot_change_in_place_is_refused(
    tenant: Tenant, tmp_path: Path, before: dict[str, Any], after: dict[str, Any]
) -> None:
    settle(folder(tmp_path, [before]), tenant)

    planned = plan(folder(tmp_path, [after]), tenant)

    assert "under a new name" in finding(planned, "cannot-change-in-place").message
    assert planned.stages == ()


def test_a_managed_policy_may_change_its_state_and_exclusions(tenant: Tenant, tmp_path: Path) -> None:
    exclusions = {"excludeGroups": ["Break glass"], "excludeUsers": [SELF]}
    users = {"includeGroups": ["New hires", "Lost device"], **exclusions}
    grant = {"operator": "OR", "builtInControls": ["mfa", "compliantDevice"]}
    action = {"applications": {"includeUserActions": ["urn:user:registersecurityinfo"]}}
    only = {"grantControls": grant, "conditions": action}
    name = managed(tenant)

    planned = plan(folder(tmp_path, [policy(name, "disabled", **users, only=only)]), tenant)

    assert rules(planned, "error") == []
    assert reasons(settle(tmp_path, tenant)) == {}


@pytest.mark.parametrize("document", [policy, lambda name: absent("ConditionalAccessPolicy", name)])
def test_a_managed_policy_may_not_change_otherwise(tenant: Tenant, tmp_path: Path, document: Any) -> None:
    planned = plan(folder(tmp_path, [document(managed(tenant))]), tenant)

    assert rules(planned, "error") == ["service-managed"]


def test_a_group_synchronised_from_on_premises_is_not_changed(tenant: Tenant, tmp_path: Path) -> None:
    plain = {"groupTypes": [], "securityEnabled": True, "mailEnabled": False, "description": "Old"}
    tenant.put("groups", displayName="Synced", onPremisesSyncEnabled=True, **plain)

    planned = plan(folder(tmp_path, [group("Synced", description="New")]), tenant)

    assert "synchronised from on-premises" in finding(planned, "service-managed").message


def test_a_managed_policy_is_never_owned(tenant: Tenant, tmp_path: Path) -> None:
    own = {**SETTINGS, "ownership": {"ConditionalAccessPolicy": ["Microsoft*"]}}
    name = managed(tenant)

    assert f"ConditionalAccessPolicy/{name}" not in actions(
        plan(folder(tmp_path, [policy("P")], settings=own), tenant)
    )


def test_what_is_still_used_is_not_deleted(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(folder(tmp_path, [absent("Group", "New hires")]), tenant)

    assert f"ConditionalAccessPolicy/{DRAFT} refers to it" in finding(planned, "still-used").message


def test_what_is_still_used_by_its_id_is_not_deleted(tenant: Tenant, tmp_path: Path) -> None:
    own = {**SETTINGS, "ownership": {"NamedLocation": ["Twin"]}}
    for number in (71, 72):
        tenant.put(
            LOCATIONS,
            **{**tenant.one(LOCATIONS, "Headquarters"), "id": numbered(5, number), "displayName": "Twin"},
        )
    draft = tenant.one(POLICIES, DRAFT)
    conditions = {**draft["conditions"], "locations": {"includeLocations": [numbered(5, 71)]}}
    tenant.put(POLICIES, **{**draft, "conditions": conditions})

    planned = plan(folder(tmp_path, [location("L", "192.0.2.0/24")], settings=own), tenant)

    assert finding(planned, "still-used").address == ("NamedLocation", f"Twin ({numbered(5, 71)})")


def test_security_defaults_and_a_missing_licence_are_told_before(tenant: Tenant, tmp_path: Path) -> None:
    tenant.clear("subscribedSkus")
    key = "policies/identitySecurityDefaultsEnforcementPolicy"
    tenant.store.put(key, {"id": "00000000-0000-0000-0000-000000000005", "isEnabled": True})

    planned = plan(folder(tmp_path, [policy("P"), policy("Q", "disabled")]), tenant)

    assert "refuses to enable 1 policy" in finding(planned, "security-defaults-on").message
    assert "which 2 policies would need" in finding(planned, "not-licensed").message


@pytest.mark.parametrize(
    ("condition", "licence"),
    [
        ({"signInRiskLevels": ["high"]}, "Entra ID P2, which 1 policy would need to ask about risk"),
        ({"insiderRiskLevels": ["minor"]}, "Entra ID P2, which 1 policy would need to ask about risk"),
        (
            {"clientApplications": {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}},
            "Entra Workload ID Premium, which 1 policy would need to ask about workloads",
        ),
    ],
)
def test_a_condition_that_no_subscription_brings_is_told_before(
    tenant: Tenant, tmp_path: Path, condition: dict[str, Any], licence: str
) -> None:
    tenant.clear("subscribedSkus")
    tenant.put("subscribedSkus", id="s", servicePlans=[{"servicePlanName": "AAD_PREMIUM"}])
    asking = policy("P", "disabled")
    asking["spec"]["conditions"] |= condition

    planned = plan(folder(tmp_path, [asking, policy("Q", "disabled")]), tenant)

    found = [item.message for item in planned.plan.findings if item.rule == "not-licensed"]
    assert found == [f"no subscription brings {licence}"]


@pytest.mark.parametrize("path", ["subscribedSkus", "policies/identitySecurityDefaultsEnforcementPolicy"])
def test_facts_that_may_not_be_read_are_a_note(tenant: Tenant, tmp_path: Path, path: str) -> None:
    tenant.misbehaviour = Misbehaviour(forbidden=(path,))

    planned = plan(folder(tmp_path, [policy("P", "disabled")]), tenant)

    assert path in finding(planned, "not-read").message
    assert actions(planned) == {"ConditionalAccessPolicy/P": "create"}


def test_another_display_name_than_the_document_s_needs_a_pin(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(folder(tmp_path, [location("Office", "192.0.2.0/24", displayName="Bureau")]), tenant)

    assert "'Bureau'" in finding(planned, "two-names").message


def test_what_no_schema_knows_is_noted(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("P", "disabled")]), tenant)
    tenant.store.put(POLICIES, {**tenant.one(POLICIES, "P"), "mood": "sunny"})

    found = finding(plan(tmp_path, tenant), "kept-unknown")

    assert found.message == "ConditionalAccessPolicy/P holds what no schema knows: mood"
