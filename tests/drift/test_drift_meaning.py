from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from drift_tenants import LOCATIONS, METHODS, POLICIES, Base, named, pass_policy

from tapctl.drift.rules import RULES

OTHER = "99999999-0000-4000-8000-000000000001"


def rules(base: Base, tenant: dict[str, Any]) -> list[str]:
    return [finding.rule for finding in base.news(tenant).findings if finding.rule in RULES]


def test_what_is_declared_to_be_enforced_and_is_not(base: Base) -> None:
    for state in ("disabled", "enabledForReportingButNotEnforced"):
        tenant = base.changed()
        named(tenant, POLICIES, "Enforced")["state"] = state
        assert rules(base, tenant) == ["drift-not-enforced"]

    tenant[POLICIES].remove(named(tenant, POLICIES, "Enforced"))
    assert rules(base, tenant) == ["drift-not-enforced"]


def test_a_break_glass_account_that_is_no_longer_excluded_comes_first(base: Base) -> None:
    tenant = base.changed()
    users = named(tenant, POLICIES, "Enforced")["conditions"]["users"]
    users["excludeGroups"] = users["excludeGroups"][1:] if users["excludeGroups"][0].endswith("0001") else []
    found = base.news(tenant).findings

    assert (found[0].rule, found[0].severity) == ("drift-break-glass-exposed", "error")
    assert "as it is now" in found[0].message
    assert "drift-stricter" in [finding.rule for finding in found]


def test_somebody_was_spared(base: Base) -> None:
    tenant = base.changed()
    users = named(tenant, POLICIES, "Enforced")["conditions"]["users"]
    users["excludeUsers"] = [tenant["users"][5]["id"]]
    found = base.news(tenant).findings

    assert [finding.rule for finding in found] == ["drift-weaker"]
    assert found[0].message.startswith(
        "ConditionalAccessPolicy/Enforced lets through what its document stops: "
    )
    assert "users.excludeUsers" in found[0].message


def test_a_policy_that_asks_for_less(base: Base) -> None:
    tenant = base.changed()
    named(tenant, POLICIES, "Enforced")["grantControls"]["builtInControls"] = ["mfa", "compliantDevice"]
    (finding,) = [item for item in base.news(tenant).findings if item.rule == "drift-weaker"]

    assert finding.message.endswith("stops: asks for compliantDevice or mfa where it asks for mfa")


def test_a_tenant_that_asks_for_more_lets_nothing_through(base: Base) -> None:
    tenant = base.changed()
    grant = {"operator": "AND", "builtInControls": ["mfa", "compliantDevice"]}
    named(tenant, POLICIES, "Enforced")["grantControls"].update(grant)
    (finding,) = [item for item in base.news(tenant).findings if item.rule in RULES]
    assert (finding.rule, finding.severity) == ("drift-asks-more", "note")
    assert finding.message.endswith("it asks for compliantDevice and mfa where it asks for mfa")

    tenant = base.changed()
    hourly = {"isEnabled": True, "type": "hours", "value": 1, "frequencyInterval": "timeBased"}
    named(tenant, POLICIES, "Enforced")["sessionControls"] = {"signInFrequency": hourly}
    (finding,) = base.news(tenant).findings
    assert finding.message.endswith("asks for more than its document: it limits sessions more")


def test_a_block_is_not_said_to_ask_for_more_besides(base: Base) -> None:
    tenant = base.changed()
    named(tenant, POLICIES, "Enforced")["grantControls"]["builtInControls"] = ["block"]

    assert rules(base, tenant) == ["drift-blocks"]


def test_enforced_without_being_declared_so(base: Base) -> None:
    tenant = base.changed()
    named(tenant, POLICIES, "Reported")["state"] = "enabled"
    assert rules(base, tenant) == ["drift-enforced"]

    named(tenant, POLICIES, "Reported")["grantControls"]["builtInControls"] = ["block"]
    assert rules(base, tenant) == ["drift-blocks", "drift-enforced"]


def test_passes_that_work_more_than_once(base: Base) -> None:
    tenant = base.changed()
    pass_policy(tenant)["isUsableOnce"] = False
    assert rules(base, tenant) == ["drift-weaker"]

    tenant = base.changed()
    pass_policy(tenant)["maximumLifetimeInMinutes"] = 120
    pass_policy(tenant)["defaultLifetimeInMinutes"] = 60
    assert rules(base, tenant) == ["drift-asks-more"]

    tenant = base.changed()
    pass_policy(tenant)["defaultLength"] = 20
    assert rules(base, tenant) == []


def test_lint_says_what_exactly_is_wrong_with_what_changed(base: Base) -> None:
    """The same rules as in a plan, whose other side it is: what an apply would end."""
    tenant = base.changed()
    pass_policy(tenant).update(isUsableOnce=False, maximumLifetimeInMinutes=43200)
    found = [finding for finding in base.news(tenant).findings if finding.address is not None]

    rules_found = [finding.rule for finding in found]
    assert rules_found[:2] == ["TAP002", "TAP001"]
    assert rules_found.index("drift-weaker") > rules_found.index("TAP001")
    assert "a pass may live for 43200 minutes" in found[0].message
    assert found[0].help.endswith("Not so as declared: `tapctl apply` ends it.")
    assert found[0].place is not None
    assert found[0].place.file.endswith("all.yaml")


def test_what_lint_says_of_the_documents_too_is_no_news(base: Base) -> None:
    tenant = base.changed()
    named(tenant, "groups", "Pilots")["description"] = "x"  # CA006 is about its exclusion, as declared

    assert "CA006" not in [finding.rule for finding in base.news(tenant).findings]


def test_an_emergency_account_is_said_to_be_reached_once(base: Base) -> None:
    tenant = base.changed()
    named(tenant, POLICIES, "Enforced")["conditions"]["users"]["excludeGroups"] = []
    about = [finding.rule for finding in base.news(tenant).findings if "does not exclude" in finding.message]

    assert about == ["drift-break-glass-exposed"]


def test_a_member_more_in_a_group_that_a_policy_spares(base: Base) -> None:
    tenant = base.changed()
    group, user = named(tenant, "groups", "Pilots"), tenant["users"][5]
    group["members"] = [*group["members"], user["id"]]
    found = base.news(tenant).findings

    assert [finding.rule for finding in found] == ["drift-more-spared"]
    assert user["userPrincipalName"] in found[0].message
    assert "'Enforced' therefore spares" in found[0].message


def test_a_location_that_an_enforced_policy_uses(base: Base) -> None:
    tenant = base.changed()
    named(tenant, LOCATIONS, "Office")["ipRanges"].append(
        {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"}
    )

    assert rules(base, tenant) == ["drift-in-use"]


def test_a_group_that_nothing_spares_is_only_in_use(base: Base) -> None:
    tenant = base.changed()
    named(tenant, "groups", "Pilots")["description"] = "x"

    assert rules(base, tenant) == ["drift-in-use"]


def with_keys(base: Base, folder: Path) -> Base:
    """The workspace also turns security keys on, and a policy that is enforced asks for nothing else."""
    copied = folder / "policies"
    shutil.copytree(base.root, copied)
    (copied / "keys.yaml").write_text(KEYS, "utf-8")
    return Base(copied, base.tenant)


KEYS = """\
kind: Fido2Policy
spec: {state: enabled, includeTargets: [all_users]}
"""


def test_a_method_that_was_turned_off_is_felt_by_the_policies_and_the_emergency_accounts(
    base: Base, tmp_path: Path
) -> None:
    tenant = base.changed()
    resistant = {"id": "00000000-0000-0000-0000-000000000004"}
    grant = named(tenant, POLICIES, "Enforced")["grantControls"]
    grant.update(builtInControls=[], authenticationStrength=resistant)
    methods = tenant[METHODS]["authenticationMethodConfigurations"]
    next(item for item in methods if item["id"] == "Fido2")["state"] = "disabled"
    found = {finding.rule: finding for finding in with_keys(base, tmp_path).news(tenant).findings}

    gone = found["drift-method-gone"]
    assert str(gone.address) == "Fido2Policy"
    assert "Enforced, which is enforced, can be met in fewer ways: Fido2Policy, which" in gone.message
    assert "is turned off; " in gone.message
    assert found["BG009"].message == "the emergency accounts lose fido2"


def test_one_method_is_one_finding_for_all_policies_that_feel_it(base: Base, tmp_path: Path) -> None:
    tenant = base.changed()
    enforced = named(tenant, POLICIES, "Enforced")
    resistant = {"id": "00000000-0000-0000-0000-000000000004"}
    enforced["grantControls"].update(builtInControls=[], authenticationStrength=resistant)
    passwordless = {"operator": "OR", "authenticationStrength": {"id": resistant["id"][:-1] + "3"}}
    for number, grant in enumerate([enforced["grantControls"], passwordless]):
        other = {"id": OTHER[:-1] + str(number), "displayName": f"Too {number}", "grantControls": grant}
        tenant[POLICIES].append({**enforced, **other})
    methods = tenant[METHODS]["authenticationMethodConfigurations"]
    next(item for item in methods if item["id"] == "Fido2")["state"] = "disabled"
    found = with_keys(base, tmp_path).news(tenant).findings
    (gone,) = [finding for finding in found if finding.rule == "drift-method-gone"]

    alike, other_way = gone.message.split(". ")
    assert alike.startswith("'Enforced', 'Too 0', which are enforced, can be met in fewer ways: Fido2Policy")
    assert other_way.startswith("ConditionalAccessPolicy/Too 1, which is enforced, can be met in fewer ways")


def test_a_method_that_is_as_declared_takes_nothing(base: Base, tmp_path: Path) -> None:
    found = with_keys(base, tmp_path).news(base.changed()).findings

    assert not {"drift-method-gone", "BG009"} & {finding.rule for finding in found}
