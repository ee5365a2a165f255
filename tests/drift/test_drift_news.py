from __future__ import annotations

import copy
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from audit_records import record
from drift_tenants import (
    AUDITS,
    DELETED,
    LOCATIONS,
    NOW,
    POLICIES,
    SINCE,
    Base,
    named,
    one,
    pass_policy,
)

from tapctl.drift.drifted import Since
from tapctl.drift.news import news
from tapctl.workspace.adopting import adopt

OTHER = "99999999-0000-4000-8000-000000000001"


def disabled(base: Base) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A tenant in which somebody turned a policy off; the policy before and after."""
    tenant = base.changed()
    policy = named(tenant, POLICIES, "Enforced")
    before = copy.deepcopy(policy)
    policy |= {"state": "disabled", "modifiedDateTime": "2026-11-21T10:00:00Z"}
    return tenant, before, policy


def test_a_tenant_that_is_what_the_files_say(base: Base) -> None:
    found = base.news(base.changed())

    assert found.is_clean
    assert found.drifted == ()
    assert found.undeclared == ()


def test_who_turned_a_policy_off(base: Base) -> None:
    tenant, before, after = disabled(base)
    tenant[AUDITS] = [record(before, after, target=after["id"], when="2026-11-21T10:00:03Z")]
    found = one(base.news(tenant), "Enforced")

    (field,) = found.fields
    assert (field.line.path, field.line.before, field.line.after) == ("state", "enabled", "disabled")
    assert field.attribution.causes[0].event.ip_address == "203.0.113.7"
    assert (field.is_newer, found.is_newer) == (True, True)


def test_what_was_done_before_the_moment_is_not_new(base: Base) -> None:
    tenant, before, after = disabled(base)
    after["modifiedDateTime"] = "2026-11-10T10:00:00Z"
    tenant[AUDITS] = [record(before, after, target=after["id"], when="2026-11-10T10:00:03Z")]

    assert one(base.news(tenant), "Enforced").is_newer is False
    assert one(base.news(tenant, Since(moment=None, said="no commit")), "Enforced").is_newer is None


def test_a_change_that_the_log_does_not_have_yet(base: Base) -> None:
    tenant, _, policy = disabled(base)
    policy["modifiedDateTime"] = "2026-11-25T11:50:00Z"
    found = one(base.news(tenant), "Enforced")

    assert "records arrive late" in found.fields[0].attribution.unknown
    assert found.is_newer is True


def test_a_policy_that_was_deleted_can_come_back(base: Base) -> None:
    tenant = base.changed()
    policy = named(tenant, POLICIES, "Enforced")
    tenant[POLICIES].remove(policy)
    tenant[DELETED] = [{**policy, "deletedDateTime": "2026-11-22T08:00:00Z"}]
    gone = record(policy, None, activity="Delete conditional access policy", target=policy["id"])
    tenant[AUDITS] = [{**gone, "activityDateTime": "2026-11-22T08:00:01Z"}]
    found = one(base.news(tenant), "Enforced")

    assert (found.what, found.id, found.is_newer) == ("missing", policy["id"], True)
    assert found.attribution is not None
    assert found.attribution.causes[0].event.actor.name == "alex@x.example"
    assert found.restore.startswith("can be restored until 2026-12-22 08:00 UTC")


def test_a_policy_that_is_gone_for_good(base: Base) -> None:
    tenant = base.changed()
    tenant[POLICIES].remove(named(tenant, POLICIES, "Enforced"))
    found = one(base.news(tenant), "Enforced")

    assert found.said.startswith("not in the tenant: deleted or renamed without a trace")
    assert found.restore.startswith("cannot be restored: it is not among the deleted")
    assert found.attribution is not None
    assert "no record of it" in found.attribution.unknown


def test_a_policy_that_was_renamed(base: Base) -> None:
    tenant = base.changed()
    policy = named(tenant, POLICIES, "Enforced")
    before = copy.deepcopy(policy)
    policy["displayName"] = "Mine now"
    tenant[AUDITS] = [record(before, policy, target=policy["id"])]
    found = base.news(tenant)

    assert one(found, "Enforced").said == "not in the tenant: perhaps renamed to 'Mine now'"
    assert one(found, "Enforced").restore == ""
    assert [item.address.name for item in found.undeclared] == ["Mine now"]


def test_one_name_of_two_kinds(base: Base) -> None:
    tenant = base.changed()
    tenant[POLICIES].remove(named(tenant, POLICIES, "Enforced"))
    other = record({"displayName": "Enforced"}, None, activity="Delete group", target=OTHER)
    other["targetResources"][0] |= {"displayName": "Enforced", "type": "Group"}
    tenant[AUDITS] = [{**other, "category": "Policy"}]

    found = one(base.news(tenant), "Enforced").attribution
    assert found is not None
    assert found.causes == ()


def test_an_owned_object_that_nobody_declared(base: Base) -> None:
    tenant = base.changed()
    office = named(tenant, LOCATIONS, "Office")
    made = {**office, "id": OTHER, "displayName": "Owned by us", "createdDateTime": "2026-11-24T00:00:00Z"}
    tenant[LOCATIONS].append(made)
    tenant[AUDITS] = [
        record(None, made, activity="Add named location", target=OTHER, when=made["createdDateTime"])
    ]
    found = one(base.news(tenant), "Owned by us")

    assert found.what == "unwanted"
    assert found.attribution is not None
    assert found.attribution.causes[0].event.activity == "Add named location"


def test_the_pass_policy_with_a_record_of_what_changed_only(base: Base) -> None:
    tenant = base.changed()
    pass_policy(tenant)["isUsableOnce"] = False
    partial = [{"id": "TemporaryAccessPass", "isUsableOnce": value} for value in (True, False)]
    changed = record(*partial, activity="Authentication methods policy update", target=OTHER)
    changed |= {"category": "ApplicationManagement", "loggedByService": "Authentication Methods"}
    tenant[AUDITS] = [changed]
    found = one(base.news(tenant), "TemporaryAccessPassPolicy")

    assert found.fields[0].attribution.causes[0].event.actor.name == "alex@x.example"


def test_members_of_a_group(base: Base) -> None:
    tenant = base.changed()
    group, user = named(tenant, "groups", "Pilots"), tenant["users"][5]
    group["members"] = [*group["members"], user["id"]]
    targets = [
        {"id": user["id"], "type": "User", "modifiedProperties": []},
        {"id": group["id"], "type": "Group", "modifiedProperties": []},
    ]
    tenant[AUDITS] = [record({}, {}, activity="Add member to group", targetResources=targets)]
    found = one(base.news(tenant), "Pilots")

    assert found.fields[0].line.added == (user["userPrincipalName"],)
    assert found.fields[0].attribution.causes[0].entries == (user["userPrincipalName"],)


def test_what_no_document_declares_is_listed_and_no_drift(base: Base) -> None:
    tenant = base.changed()
    other = {
        **named(tenant, POLICIES, "Reported"),
        "id": OTHER,
        "displayName": "Stranger",
        "description": "x",
    }
    tenant[POLICIES].append({**other, "createdDateTime": "2026-11-24T00:00:00Z"})
    found = base.news(tenant)

    assert found.is_clean
    assert [(item.address.name, item.is_newer) for item in found.undeclared] == [("Stranger", True)]


def test_a_log_that_may_not_be_read_makes_nobody_known(base: Base) -> None:
    tenant, _, _ = disabled(base)
    compared, evidence = base.compared(tenant)
    found = news(compared, base.checked(), replace(evidence, unread="403 Forbidden"), SINCE)

    assert "could not be read" in one(found, "Enforced").fields[0].attribution.unknown
    assert found.log.unread == "403 Forbidden"
    assert found.log.now == NOW


def test_a_document_s_new_name_is_not_the_tenant_s_yet(base: Base, tmp_path: Path) -> None:
    shutil.copytree(base.root, tmp_path / "policies", ignore=shutil.ignore_patterns(".tapctl"))
    file = tmp_path / "policies/all.yaml"
    text = file.read_text("utf-8").replace("name: Office", "name: Bureau\nformerNames: [Office]")
    file.write_text(text.replace("[Office]}\n  grant", "[Bureau]}\n  grant"), "utf-8")
    tenant = base.changed()
    office = named(tenant, LOCATIONS, "Office")
    when = office["modifiedDateTime"]
    named_back = record({**office, "displayName": "Bureau"}, office, target=office["id"], when=when)
    other = Base(tmp_path / "policies", base.tenant)

    tenant[AUDITS] = [named_back]
    known = one(other.news(tenant), "Bureau")
    tenant[AUDITS] = []
    unknown = one(other.news(tenant), "Bureau")

    assert (known.what, known.said) == ("renamed", "called 'Office' in the tenant")
    assert known.attribution is not None
    assert known.attribution.causes[0].event.actor.name == "alex@x.example"
    assert unknown.attribution is not None
    assert unknown.attribution.causes == ()


def test_what_entra_never_keeps_is_said_to_be_gone_for_good(base: Base, tmp_path: Path) -> None:
    shutil.copytree(base.root, tmp_path / "policies", ignore=shutil.ignore_patterns(".tapctl"))
    strong = "kind: AuthenticationStrength\nname: Strong\nspec: {allowedCombinations: [fido2]}\n"
    (tmp_path / "policies/strong.yaml").write_text(strong, "utf-8")
    found = one(Base(tmp_path / "policies", base.tenant).news(base.changed()), "Strong")

    assert found.restore.startswith("cannot be restored: Entra keeps no deleted objects of this kind")


def test_what_entra_does_not_keep_and_what_is_not_known(base: Base) -> None:
    tenant = base.changed()
    tenant[POLICIES].remove(named(tenant, POLICIES, "Enforced"))
    compared, evidence = base.compared(tenant)
    blind = replace(evidence, undeleted={"ConditionalAccessPolicy": "403"})

    found = one(news(compared, base.checked(), blind, SINCE), "Enforced")
    assert found.restore == "whether it can be restored is unknown: 403"


def copied(base: Base, folder: Path) -> Path:
    """A copy of the workspace, to change documents in."""
    ignored = shutil.ignore_patterns(".tapctl")
    return Path(shutil.copytree(base.root, folder / "policies", ignore=ignored))


def twins(tenant: dict[str, Any], collection: str, name: str) -> dict[str, Any]:
    """The tenant with a second, newer object of a name; what was there is as it was."""
    twin = copy.deepcopy(named(tenant, collection, name)) | {"id": OTHER}
    tenant[collection].append(twin | {"createdDateTime": "2026-11-24T08:00:00Z"})
    return tenant


def test_a_twin_makes_nothing_vanish(base: Base) -> None:
    tenant = twins(base.changed(), POLICIES, "Enforced")
    tenant[POLICIES][-1]["state"] = "disabled"
    found = base.news(tenant)
    item = one(found, "Enforced")

    assert [finding.rule for finding in found.findings] == ["several-in-tenant"]
    assert (item.what, item.is_newer, item.restore, item.attribution) == ("unclear", True, "", None)
    assert item.said.startswith("several objects are called so: which is meant cannot be told (")
    assert OTHER in item.said
    assert found.undeclared == ()


def test_who_made_a_twin_is_said(base: Base) -> None:
    tenant = twins(base.changed(), POLICIES, "Enforced")
    made = record(None, tenant[POLICIES][-1], activity="Add conditional access policy", target=OTHER)
    tenant[AUDITS] = [made | {"activityDateTime": "2026-11-24T08:00:01Z"}]
    attribution = one(base.news(tenant), "Enforced").attribution

    assert attribution is not None
    assert [cause.event.actor.name for cause in attribution.causes] == ["alex@x.example"]


def test_no_twin_is_unwanted_where_the_settings_own_the_name(base: Base, tmp_path: Path) -> None:
    settings = copied(base, tmp_path) / "tapctl.yaml"
    said = settings.read_text("utf-8").replace(
        'NamedLocation: ["Owned *"]', 'ConditionalAccessPolicy: ["Enf*"]'
    )
    settings.write_text(said, encoding="utf-8")
    here = Base(settings.parent, base.tenant)
    tenant = twins(here.changed(), POLICIES, "Enforced")
    compared, _ = here.compared(tenant)

    assert [item.what for item in here.news(tenant).drifted] == ["unclear"]
    assert [change.action for change in compared.plan.pending] == ["create"]
    (hint,) = adopt(compared.matched, compared.plan, compared.snapshot, {}).findings
    assert "it may mean " in hint.message
    assert OTHER in hint.message
    assert hint.help == "Say which first, as the error about it says."


def test_an_object_that_two_documents_mean(base: Base, tmp_path: Path) -> None:
    folder = copied(base, tmp_path)
    more = "kind: NamedLocation\nname: Bureau\nspec: {displayName: Office, ipRanges: [203.0.113.0/24]}\n"
    (folder / "more.yaml").write_text(more, encoding="utf-8")
    here = Base(folder, base.tenant)
    found = here.news(here.changed())

    assert one(found, "Bureau").what == "unclear"
    assert "another document means " in one(found, "Bureau").said
    assert found.findings[0].rule == "claimed-twice"


def test_a_pin_on_nothing_and_something_of_the_name(base: Base, tmp_path: Path) -> None:
    folder = copied(base, tmp_path)
    with (folder / "environments/sandbox.yaml").open("a", encoding="utf-8") as file:
        file.write(f"  ConditionalAccessPolicy/Enforced: {OTHER}\n")
    here = Base(folder, base.tenant)
    tenant = here.changed()
    named(tenant, POLICIES, "Enforced")["state"] = "disabled"
    found = here.news(tenant)

    assert one(found, "Enforced").said.startswith("its pin names nothing, and ")
    assert [finding.rule for finding in found.findings] == ["pin-mismatch"]
