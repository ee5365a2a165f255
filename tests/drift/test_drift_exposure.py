"""Break-glass accounts that policies reach because their group has let go of them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from audit_records import record
from drift_tenants import AUDITS, EMERGENCY, POLICIES, SINCE, Base, named
from test_drift_reading import Refusing

from tapctl.drift.news import News, news
from tapctl.model import Finding
from tapctl.render.drift_words import headline
from tapctl.sandbox import create_app


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


def without(base: Base, kind: str, *, is_kept: bool = True) -> dict[str, Any]:
    """A tenant in which the emergency account, or its group, was deleted, as Core Directory records it."""
    tenant = base.changed()
    account = next(user for user in tenant["users"] if user["userPrincipalName"] == EMERGENCY)
    glass = named(tenant, "groups", "Break glass")
    collection, gone = ("users", account) if kind == "User" else ("groups", glass)
    tenant[collection].remove(gone)
    if kind == "User":
        glass["members"].remove(account["id"])
    tenant["directory/deletedItems"] = (
        [{**gone, "deletedDateTime": "2026-11-20T10:00:00Z"}] if is_kept else []
    )
    target = {"id": gone["id"], "displayName": None, "type": kind, "modifiedProperties": []}
    core = {"category": f"{kind}Management", "loggedByService": "Core Directory"}
    others = ["User deleted security info"] if kind == "User" else []
    tenant[AUDITS] = [
        record({}, {}, activity=activity, when=f"2026-11-20T1{hour}:00:00Z", targetResources=[target], **core)
        for hour, activity in enumerate([f"Delete {kind.lower()}", *others])
    ]
    return tenant


def test_a_deleted_break_glass_group_is_said_once_with_who_deleted_it(base: Base) -> None:
    found = base.news(without(base, "Group"))
    (finding,) = [item for item in found.findings if item.severity == "error"]

    assert (finding.rule, str(finding.address)) == ("drift-break-glass-lost", "Group/Break glass")
    assert f"no longer in the tenant, so 2 policies reach {EMERGENCY} in spite of" in finding.message
    assert "('Enforced', 'Reported'): deleted by alex@x.example" in finding.message
    assert "(Delete group); can be restored until 2026-12-20 10:00 UTC, with its id" in finding.message
    assert finding.help.startswith("Restore it first")
    assert finding.place is not None
    assert finding.place.file.endswith("sandbox.yaml")
    assert headline(found).endswith(", but a break-glass account or group is no longer in the tenant")


def test_a_deleted_break_glass_account_is_not_one_that_left_its_group(base: Base) -> None:
    """Its deleted security info is no deletion of it."""
    (finding,) = [item for item in base.news(without(base, "User")).findings if item.severity == "error"]

    assert (finding.rule, str(finding.address)) == ("drift-break-glass-lost", f"User/{EMERGENCY}")
    assert finding.message.startswith(
        f"User/{EMERGENCY} is no longer in the tenant: deleted by alex@x.example"
    )
    assert "(Delete user); can be restored until" in finding.message


def test_a_break_glass_group_that_is_not_kept_needs_a_new_one(base: Base) -> None:
    tenant = without(base, "Group", is_kept=False)
    named(tenant, POLICIES, "Reported")["state"] = "disabled"
    tenant[AUDITS] = []
    (finding,) = about_accounts(base.news(tenant))

    assert f"so a policy reaches {EMERGENCY}" in finding.message
    assert "by whom is unknown: the audit log has no record" in finding.message
    assert finding.message.endswith("cannot be restored: it is not among the deleted objects")
    assert "make a new one first, pin its id" in finding.help


def test_deleted_items_that_cannot_be_read_leave_it_open(base: Base) -> None:
    tenant = without(base, "User")
    refused = {"deletedItems/": 403}
    compared, evidence = base.compared(tenant, lambda store: Refusing(create_app(store), refused))
    (finding,) = about_accounts(news(compared, base.checked(), evidence, SINCE))

    assert "whether it can be restored is unknown: " in finding.message
    assert "403" in finding.message
    assert "\n" not in finding.message


@pytest.mark.parametrize(("kind", "name"), [("User", EMERGENCY.upper()), ("Group", "Break glass")])
def test_who_has_the_name_of_what_was_deleted_is_said(base: Base, kind: str, name: str) -> None:
    other = "77777777-0000-4000-8000-000000000902"
    tenant = without(base, kind)
    key, collection = ("userPrincipalName", "users") if kind == "User" else ("displayName", "groups")
    tenant[collection].append({**tenant[collection][0], "id": other, key: name})
    found = base.news(tenant).findings
    (finding,) = [item for item in found if item.rule == "drift-break-glass-lost"]

    assert finding.message.endswith(f"; the name is another's now, {other}, whom its pin does not mean")


def test_another_error_is_left_to_its_own_words(base: Base) -> None:
    tenant = base.changed()
    account = next(user for user in tenant["users"] if user["userPrincipalName"] == EMERGENCY)
    account["userPrincipalName"] = "other@nordwind.example"
    found = base.news(tenant)

    assert "pin-mismatch" in [finding.rule for finding in found.findings]
    assert headline(found) == "The tenant is what the files say, but see below"
    assert headline(base.news(base.changed())) == "The tenant is what the files say"


def test_that_a_lost_account_s_groups_cannot_be_read_is_no_news(base: Base) -> None:
    found = base.news(without(base, "User"))

    assert not [item for item in found.findings if item.rule == "not-read"]
