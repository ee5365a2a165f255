"""What no document declares: quiet while it is old, and news when it came or was changed and is dangerous."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from audit_records import record
from drift_tenants import AUDITS, LOCATIONS, OLD, POLICIES, Base, named, pass_policy

from tapctl.drift.drifted import Since
from tapctl.drift.news import News
from tapctl.drift.undeclared import Undeclared, blocked
from tapctl.render.drift_words import since

OTHER = "99999999-0000-4000-8000-000000000001"
MIA = "mia.larsen@nordwind.example"
GLASS = "10000000-0000-4000-8000-000000000901"
NEW = "2026-11-24T00:00:00Z"


def with_stranger(base: Base, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A tenant with an enforced policy that nobody declared; old, where nothing else is said."""
    tenant = base.changed()
    other = copy.deepcopy(named(tenant, POLICIES, "Reported"))
    tenant[POLICIES].append(
        other | OLD | {"id": OTHER, "displayName": "Stranger", "state": "enabled"} | changes
    )
    return tenant, tenant[POLICIES][-1]


def location(tenant: dict[str, Any], **changes: Any) -> dict[str, Any]:
    office = copy.deepcopy(named(tenant, LOCATIONS, "Office"))
    return office | OLD | {"id": OTHER, "displayName": "Stranger"} | changes


def rules(found: News) -> list[str]:
    return [finding.rule for finding in found.findings if "Stranger" in finding.message]


def stray(found: News) -> Undeclared:
    return next(item for item in found.undeclared if item.address.name == "Stranger")


@pytest.mark.parametrize("commit", ["2026-11-25T08:00:00Z", None])
def test_a_commit_hides_nothing_from_the_next_night(base: Base, commit: str | None) -> None:
    """The policy came the evening before, and an unrelated commit after it; or there is no repository."""
    tenant, policy = with_stranger(base, createdDateTime="2026-11-24T18:00:00Z")
    policy["grantControls"]["builtInControls"] = ["block"]
    head = datetime.fromisoformat(commit) if commit else None
    found = base.news(tenant, Since(moment=head, said="HEAD", night=datetime(2026, 11, 24, tzinfo=UTC)))

    assert (stray(found).lately, stray(found).is_newer) == ("made", False if commit else None)
    assert (rules(found)[0], found.is_clean) == ("drift-undeclared-blocks", False)
    assert since(found).endswith(" Since 2026-11-24 00:00 UTC 1 that no document declares.")


def test_what_is_old_is_quiet(base: Base) -> None:
    tenant, _ = with_stranger(base)
    found = base.news(tenant)

    assert (rules(found), found.is_clean) == ([], True)
    assert (stray(found).lately, stray(found).is_newer, stray(found).state) == (None, False, "enabled")


@pytest.mark.parametrize(
    ("date", "lately", "said"),
    [
        ("createdDateTime", "made", "is new and is enforced"),
        ("modifiedDateTime", "changed", "was changed and is enforced"),
    ],
)
def test_a_date_shows_that_it_came_or_was_changed(base: Base, date: str, lately: str, said: str) -> None:
    tenant, _ = with_stranger(base, **{date: NEW})
    found = base.news(tenant)

    assert (stray(found).lately, stray(found).is_newer) == (lately, True)
    assert rules(found) == ["drift-new-undeclared"]
    assert f"which no document declares, {said}; by whom is unknown: " in found.findings[0].message
    assert found.is_clean


def test_a_record_shows_who_changed_which_fields(base: Base) -> None:
    tenant, policy = with_stranger(base)
    before = copy.deepcopy(policy)
    policy["grantControls"]["builtInControls"] = ["block"]
    policy["modifiedDateTime"] = NEW
    tenant[AUDITS] = [record(before, policy, target=OTHER, when=NEW)]
    found = base.news(tenant)

    attribution = stray(found).attribution
    assert attribution is not None
    assert [cause.entries for cause in attribution.causes] == [("grantControls.builtInControls",)]
    assert stray(found).lately == "changed"
    assert "; by alex@x.example, " in found.findings[0].message


def test_who_made_a_policy_long_ago_is_not_said_to_have_changed_it(base: Base) -> None:
    tenant, policy = with_stranger(base)
    policy["createdDateTime"] = "2026-11-19T10:00:00Z"
    made = record(None, policy, activity="Add conditional access policy", target=OTHER)
    tenant[AUDITS] = [made | {"activityDateTime": "2026-11-19T10:00:00Z"}]
    quiet = stray(base.news(tenant)).attribution
    policy["modifiedDateTime"] = NEW
    changed = stray(base.news(tenant)).attribution

    assert quiet is not None
    assert changed is not None
    assert [cause.event.activity for cause in quiet.causes] == ["Add conditional access policy"]
    assert (changed.causes, changed.unknown != "") == ((), True)


def test_a_policy_that_blocks_is_no_clean_night(base: Base) -> None:
    tenant, policy = with_stranger(base, createdDateTime=NEW)
    policy["grantControls"]["builtInControls"] = ["block"]
    policy["conditions"]["users"]["includeGroups"] = []
    policy["conditions"]["users"]["includeUsers"] = ["All"]
    found = base.news(tenant)

    assert (rules(found)[0], found.is_clean) == ("drift-undeclared-blocks", False)
    assert "it blocks everybody but whom it excludes on all resources; " in found.findings[0].message

    policy["state"] = "enabledForReportingButNotEnforced"
    assert base.news(tenant).is_clean
    assert stray(base.news(tenant)).lately == "made"


def test_lint_says_what_a_new_policy_does_that_an_old_one_may(base: Base) -> None:
    """CA034: a persistent browser session needs all resources."""
    persistent = {"persistentBrowser": {"isEnabled": True, "mode": "always"}}
    tenant, policy = with_stranger(base, createdDateTime=NEW, sessionControls=persistent)
    policy["conditions"]["applications"]["includeApplications"] = ["Office365"]
    found = base.news(tenant)
    policy["createdDateTime"] = OLD["createdDateTime"]

    assert "CA034" in rules(found)
    assert not found.is_clean
    assert base.news(tenant).is_clean


def test_what_is_changed_and_reaches_an_emergency_account_is_said_once(base: Base) -> None:
    tenant, policy = with_stranger(base, modifiedDateTime=NEW)
    policy["conditions"]["users"] = {"includeUsers": ["All"]}
    found = [item.rule for item in base.news(tenant).findings if "does not exclude" in item.message]

    assert found == ["drift-break-glass-exposed"]


def test_other_kinds_are_marked_too(base: Base) -> None:
    tenant = base.changed()
    place: dict[str, Any] = {
        **named(tenant, LOCATIONS, "Office"),
        **OLD,
        "id": OTHER,
        "displayName": "Stranger",
    }
    place.update(modifiedDateTime=NEW, isTrusted=False)
    tenant[LOCATIONS].append(place)
    found = base.news(tenant)

    assert (stray(found).lately, stray(found).state, found.findings) == ("changed", None, ())


def test_a_new_trusted_location_that_a_policy_excludes(base: Base) -> None:
    tenant = base.changed()
    place: dict[str, Any] = {
        **named(tenant, LOCATIONS, "Office"),
        **OLD,
        "id": OTHER,
        "displayName": "Stranger",
    }
    tenant[LOCATIONS].append(place | {"createdDateTime": NEW})
    for excluded, expected in (("AllTrusted", 1), (OTHER, 1), (named(tenant, LOCATIONS, "Office")["id"], 0)):
        locations = {"includeLocations": ["All"], "excludeLocations": [excluded]}
        named(tenant, POLICIES, "Enforced")["conditions"]["locations"] = locations
        found = [item for item in base.news(tenant).findings if item.rule == "drift-undeclared-spares"]

        assert len(found) == expected
        assert all("is new, and 'Enforced' excludes it: nothing is asked" in item.message for item in found)


def test_a_location_that_is_not_trusted_or_whose_policy_is_not_enforced_is_listed_only(base: Base) -> None:
    tenant = base.changed()
    place: dict[str, Any] = {
        **named(tenant, LOCATIONS, "Office"),
        **OLD,
        "id": OTHER,
        "displayName": "Stranger",
    }
    tenant[LOCATIONS].append(place | {"createdDateTime": NEW, "isTrusted": False})
    policy = named(tenant, POLICIES, "Enforced")
    policy["conditions"]["locations"] = {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}

    assert rules(base.news(tenant)) == []
    tenant[LOCATIONS][-1]["isTrusted"] = True
    policy["state"] = "enabledForReportingButNotEnforced"
    assert "drift-undeclared-spares" not in rules(base.news(tenant))


ALL_USERS = {"users": {"includeUsers": ["All"]}}
ALL_APPS = {"applications": {"includeApplications": ["All"]}}
SOME_USERS = {"users": {"includeGroups": ["A", "B"], "includeRoles": ["C", "D"]}}
SOME_APPS = {"applications": {"includeApplications": ["X"]}}
ANY_PLATFORM = {"platforms": {"includePlatforms": ["all"]}, "clientAppTypes": ["all"]}


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        (ALL_USERS | ALL_APPS, "everybody on all resources"),
        (SOME_USERS | SOME_APPS, "'A', 'B', 'C' and 1 more on 'X'"),
        (ALL_USERS | ALL_APPS | ANY_PLATFORM, "everybody on all resources, under its conditions"),
        (ALL_USERS | {"clientAppTypes": ["other"]}, "everybody on what it names, under its conditions"),
        (ALL_APPS, "whom it names on all resources"),
    ],
)
def test_whom_a_policy_blocks(conditions: dict[str, Any], said: str) -> None:
    assert blocked({"conditions": conditions}) == said


def shut(tenant: dict[str, Any], **conditions: Any) -> dict[str, Any]:
    """What makes the strange policy an old block of everybody but the break-glass group."""
    policy = tenant[POLICIES][-1]
    glass = named(tenant, "groups", "Break glass")["id"]
    policy["grantControls"]["builtInControls"] = ["block"]
    users = {"includeUsers": ["All"], "excludeGroups": [glass]}
    policy["conditions"] |= {"users": users, "applications": {"includeApplications": ["All"]}} | conditions
    return tenant


def test_a_block_of_everybody_is_an_error_whatever_its_age(base: Base) -> None:
    tenant, _ = with_stranger(base)
    found = base.news(shut(tenant))

    assert (stray(found).lately, rules(found), found.is_clean) == (None, ["drift-undeclared-blocks"], False)
    assert found.findings[0].message.endswith(
        ", is enforced: it blocks everybody but whom it excludes on all resources; by whom is unknown"
    )


def test_who_is_let_past_a_lock_out_beside_the_emergency_accounts_is_said(base: Base) -> None:
    tenant, policy = with_stranger(base)
    mia = next(user["id"] for user in tenant["users"] if user["userPrincipalName"] == MIA)
    shut(tenant)
    policy["conditions"]["users"]["excludeUsers"] = [mia, GLASS]
    found = base.news(tenant)

    assert not found.is_clean
    assert f"and lets '{MIA}' past besides break-glass" in found.findings[0].message


@pytest.mark.parametrize(
    "conditions",
    [
        {"users": {"includeUsers": ["All"], "excludeRoles": ["62e90394-69f5-4237-9190-012177145e10"]}},
        {"users": {"includeUsers": ["All"], "excludeUsers": ["GuestsOrExternalUsers"]}},
        {"users": {"includeUsers": ["All"], "excludeGroups": ["20000000-0000-4000-8000-000000000002"]}},
        {"users": {"includeGroups": ["20000000-0000-4000-8000-000000000002"]}},
        {"applications": {"includeApplications": ["Office365"]}},
        {"applications": {"includeApplications": ["All"], "excludeApplications": ["Office365"]}},
        {"clientAppTypes": ["exchangeActiveSync", "other"]},
        {"platforms": {"includePlatforms": ["android"]}},
        {"moonPhases": ["full"]},
    ],
)
def test_an_old_block_that_may_let_somebody_through_is_left_alone(
    base: Base, conditions: dict[str, Any]
) -> None:
    tenant, _ = with_stranger(base)

    assert "drift-undeclared-blocks" not in rules(base.news(shut(tenant, **conditions)))


def asks_for_passes(tenant: dict[str, Any], **controls: Any) -> dict[str, Any]:
    """The strange policy asks everybody for a strength that passes alone meet."""
    strength = {
        "id": OTHER[:-1] + "2",
        "displayName": "Passes",
        "policyType": "custom",
        "requirementsSatisfied": "mfa",
        "allowedCombinations": ["temporaryAccessPassOneTime"],
        "combinationConfigurations": [],
    }
    tenant["policies/authenticationStrengthPolicies"].append(strength)
    demand = {"operator": "AND", "builtInControls": [], "authenticationStrength": strength} | controls
    shut(tenant)[POLICIES][-1]["grantControls"] = demand
    return tenant


def test_a_demand_that_nobody_can_meet_stops_everybody(base: Base) -> None:
    tenant, _ = with_stranger(base)
    asks_for_passes(tenant)

    assert "drift-undeclared-blocks" not in rules(base.news(tenant))
    pass_policy(tenant)["state"] = "disabled"
    found = [item for item in base.news(tenant).findings if item.rule == "drift-undeclared-blocks"]
    assert "it asks everybody for a strength whose methods are all off" in found[0].message


def test_a_demand_beside_which_another_is_enough_stops_nobody(base: Base) -> None:
    tenant, _ = with_stranger(base)
    asks_for_passes(tenant, operator="OR", builtInControls=["compliantDevice"])
    pass_policy(tenant)["state"] = "disabled"

    assert "drift-undeclared-blocks" not in rules(base.news(tenant))
