"""Break-glass accounts that policies reach because their group has let go of them."""

from __future__ import annotations

import copy
from typing import Any

from audit_records import record
from drift_tenants import AUDITS, EMERGENCY, POLICIES, Base, named

from tapctl.drift.news import News
from tapctl.model import Finding


def lost(base: Base) -> dict[str, Any]:
    """A tenant in which the emergency account was taken out of its group."""
    tenant = base.changed()
    named(tenant, "groups", "Break glass")["members"] = []
    return tenant


def removal(tenant: dict[str, Any], activity: str = "Remove member from group") -> dict[str, Any]:
    """As Core Directory writes it: the member first, with the group in its modified properties."""
    account = next(user for user in tenant["users"] if user["userPrincipalName"] == EMERGENCY)
    group = named(tenant, "groups", "Break glass")
    changes = [
        {"displayName": "Group.ObjectID", "oldValue": f'"{group["id"]}"', "newValue": None},
        {"displayName": "Group.DisplayName", "oldValue": '"Break glass"', "newValue": None},
    ]
    targets = [
        {"id": account["id"], "type": "User", "userPrincipalName": EMERGENCY, "modifiedProperties": changes},
        {"id": group["id"], "type": "Group", "displayName": None, "modifiedProperties": []},
    ]
    core = {"category": "GroupManagement", "loggedByService": "Core Directory"}
    return record({}, {}, activity=activity, targetResources=targets, **core)


def about_accounts(found: News) -> list[Finding]:
    return [finding for finding in found.findings if finding.rule.startswith("drift-break-glass")]


def test_the_membership_is_one_cause_for_all_policies(base: Base) -> None:
    tenant = lost(base)
    tenant[AUDITS] = [removal(tenant)]
    (finding,) = about_accounts(base.news(tenant))

    assert (finding.rule, str(finding.address)) == ("drift-break-glass-left", "Group/Break glass")
    assert f"{EMERGENCY} is not in Group/Break glass, so 2 policies reach it" in finding.message
    assert "('Enforced', 'Reported'): taken out by alex@x.example" in finding.message
    assert "from 203.0.113.7, 2026-11-20 10:00 UTC (Remove member from group)" in finding.message
    assert finding.help.startswith(f"Put {EMERGENCY} back into Break glass first: ")
    assert finding.place is not None
    assert finding.place.file.endswith("tapctl.yaml")


def test_only_the_group_is_asked_about(base: Base) -> None:
    tenant = lost(base)
    other = removal(tenant) | {"id": "other", "category": "UserManagement"}
    tenant[AUDITS] = [removal(tenant), other]
    _, evidence = base.compared(tenant)

    assert [item["id"] for item in evidence.records] == [removal(tenant)["id"]]
    assert base.compared(base.changed())[1].records == ()


def test_an_absence_that_no_record_explains(base: Base) -> None:
    tenant = lost(base)
    tenant[AUDITS] = [removal(tenant, "Add member to group")]
    (finding,) = about_accounts(base.news(tenant))

    assert "('Enforced', 'Reported'): by whom is unknown: the audit log has no record" in finding.message


def test_an_exclusion_that_went_is_the_policy_s_own(base: Base) -> None:
    """Whatever the group holds: the document's version of the policy would leave the account out."""
    tenant = base.changed()
    users = named(tenant, POLICIES, "Enforced")["conditions"]["users"]
    group = named(tenant, "groups", "Break glass")["id"]
    users["excludeGroups"] = [item for item in users["excludeGroups"] if item != group]
    (finding,) = about_accounts(base.news(tenant))

    assert finding.rule == "drift-break-glass-exposed"
    assert f"Enforced does not exclude {EMERGENCY}, Break glass as it is now" in finding.message


def test_a_policy_reached_alone_is_named_alone(base: Base) -> None:
    tenant = lost(base)
    reported = named(tenant, POLICIES, "Reported")
    reported["conditions"]["users"]["excludeUsers"] = [
        user["id"] for user in tenant["users"] if user["userPrincipalName"] == EMERGENCY
    ]
    (finding,) = about_accounts(base.news(copy.deepcopy(tenant)))

    assert "so a policy reaches it in spite of excluding the group ('Enforced')" in finding.message


def test_a_document_that_has_the_members_puts_the_account_back(base: Base, tmp_path: Any) -> None:
    folder = tmp_path / "policies"
    (folder / "environments").mkdir(parents=True)
    for name in ("tapctl.yaml", "environments/sandbox.yaml", "all.yaml"):
        (folder / name).write_text((base.root / name).read_text("utf-8"), "utf-8")
    document = f"kind: Group\nname: Break glass\nspec: {{isAssignableToRole: true, members: [{EMERGENCY}]}}\n"
    (folder / "glass.yaml").write_text(document, "utf-8")
    (finding,) = about_accounts(Base(folder, base.tenant).news(lost(base)))

    assert "first (`tapctl apply` does)" in finding.help
    assert finding.place is not None
    assert finding.place.file.endswith("glass.yaml")
