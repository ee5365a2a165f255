"""What a policy feels when something it refers to changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from trial import (
    FIRST,
    SECOND,
    SELF,
    Tenant,
    absent,
    finding,
    folder,
    group,
    location,
    plan,
    policy,
    rules,
    settle,
    strength,
)

GLASS: dict[str, Any] = {"excludeUsers": [FIRST, SECOND]}
OUTSIDE = {"locations": {"includeLocations": ["All"], "excludeLocations": ["Office"]}}
TRUSTED = {"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}


def everybody(**more: Any) -> dict[str, Any]:
    return policy("P", includeUsers=["All"], **GLASS, only=more)


def changed(tenant: Tenant, root: Path, before: list[Any], after: list[Any]) -> Any:
    settle(folder(root, before), tenant)
    return plan(folder(root, after), tenant)


def with_strength(name: str) -> dict[str, Any]:
    return everybody(grantControls={"operator": "OR", "authenticationStrength": name})


def test_a_strength_that_accepts_less_asks_for_a_word(tenant: Tenant, tmp_path: Path) -> None:
    before = [strength("S", "fido2", "windowsHelloForBusiness"), with_strength("S")]

    planned = changed(tenant, tmp_path, before, [strength("S", "fido2"), with_strength("S")])

    assert rules(planned) == ["tightens-strength"]
    assert "no longer accepts windowsHelloForBusiness" in finding(planned, "tightens-strength").message


def test_a_strength_that_accepts_more_asks_for_none(tenant: Tenant, tmp_path: Path) -> None:
    after = [strength("S", "fido2", "windowsHelloForBusiness"), with_strength("S")]

    assert rules(changed(tenant, tmp_path, [strength("S", "fido2"), with_strength("S")], after)) == []


def test_a_strength_that_is_restricted_asks_for_a_word(tenant: Tenant, tmp_path: Path) -> None:
    restricted = strength("S", "fido2")
    restricted["spec"]["combinationConfigurations"] = [
        {
            "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
            "appliesToCombinations": ["fido2"],
            "allowedAAGUIDs": ["2fc0579f-8113-47ea-b116-bb5a8db9202a"],
        }
    ]

    planned = changed(
        tenant, tmp_path, [strength("S", "fido2"), with_strength("S")], [restricted, with_strength("S")]
    )

    assert rules(planned) == ["tightens-strength"]


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        (["192.0.2.0/24"], ["widens-scope"]),
        (["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"], []),
        (["192.0.2.0/25", "192.0.2.128/25", "198.51.0.0/16"], []),
    ],
)
def test_a_location_that_is_excluded_may_grow_but_not_shrink(
    tenant: Tenant, tmp_path: Path, ranges: list[str], expected: list[str]
) -> None:
    outside = everybody(conditions=OUTSIDE)
    before = [location("Office", "192.0.2.0/24", "198.51.100.0/24"), outside]

    assert rules(changed(tenant, tmp_path, before, [location("Office", *ranges), outside])) == expected


def test_a_location_that_is_trusted_no_more_leaves_all_trusted_ones(tenant: Tenant, tmp_path: Path) -> None:
    outside = everybody(conditions=TRUSTED)
    before = [location("Office", "192.0.2.0/24", isTrusted=True), outside]

    planned = changed(tenant, tmp_path, before, [location("Office", "192.0.2.0/24"), outside])

    assert rules(planned) == ["widens-scope"]


def test_a_trusted_location_that_goes_leaves_all_trusted_ones(tenant: Tenant, tmp_path: Path) -> None:
    block = {"grantControls": {"operator": "OR", "builtInControls": ["block"]}}
    outside = everybody(conditions=TRUSTED, **block)
    before = [location("Office", "192.0.2.0/24", isTrusted=True), outside]

    planned = changed(tenant, tmp_path, before, [absent("NamedLocation", "Office"), outside])

    assert rules(planned) == ["locks-out-caller", "widens-scope"]


@pytest.mark.parametrize(("is_trusted", "expected"), [(True, ["widens-scope"]), (False, [])])
def test_a_location_that_comes_joins_all_trusted_ones_if_it_is(
    tenant: Tenant, tmp_path: Path, is_trusted: bool, expected: list[str]
) -> None:
    inside = everybody(conditions={"locations": {"includeLocations": ["AllTrusted"]}})
    office = location("Office", "192.0.2.0/24", isTrusted=is_trusted)

    assert rules(changed(tenant, tmp_path, [inside], [office, inside])) == expected


def test_a_policy_that_turns_to_a_new_location_is_told_once(tenant: Tenant, tmp_path: Path) -> None:
    def inside(*names: str) -> dict[str, Any]:
        return everybody(conditions={"locations": {"includeLocations": [*names]}})

    office, lab = location("Office", "192.0.2.0/24"), location("Lab", "198.51.100.0/24")

    planned = changed(tenant, tmp_path, [office, inside("Office")], [office, lab, inside("Office", "Lab")])

    assert rules(planned) == ["widens-scope"]


@pytest.mark.parametrize(("members", "expected"), [([FIRST, SELF], ["widens-scope"]), ([FIRST], [])])
def test_a_group_that_is_included_may_shrink_but_not_grow(
    tenant: Tenant, tmp_path: Path, members: list[str], expected: list[str]
) -> None:
    staff = policy("P", includeGroups=["Staff"], **GLASS)

    before = [group("Staff", [FIRST, SECOND]), staff]

    assert rules(changed(tenant, tmp_path, before, [group("Staff", members), staff])) == expected


@pytest.mark.parametrize(
    ("users", "others", "more", "expected"),
    [
        ({"includeGroups": ["Staff", "Others"]}, [SELF], [SELF], []),
        ({"includeGroups": ["Staff", "Others"]}, [], [SELF], ["widens-scope"]),
        ({"includeGroups": ["Staff"], "includeUsers": [SELF]}, [], [SELF], []),
        ({"includeGroups": ["Staff"], "excludeGroups": ["Others"]}, [SELF], [SELF], []),
    ],
)
def test_who_was_reached_before_or_is_left_out_is_not_newly_reached(
    tenant: Tenant,
    tmp_path: Path,
    users: dict[str, Any],
    others: list[str],
    more: list[str],
    expected: list[str],
) -> None:
    staff = policy("P", **{**GLASS, **users})
    around = [group("Others", others), staff]

    planned = changed(
        tenant, tmp_path, [group("Staff", [FIRST]), *around], [group("Staff", [FIRST, *more]), *around]
    )

    assert rules(planned) == expected


@pytest.mark.parametrize(
    ("users", "is_told"),
    [({"includeGroups": ["Staff", "New hires"]}, False), ({"includeGroups": ["Staff"]}, True)],
)
def test_where_a_group_that_nobody_declares_may_have_had_them_it_is_said(
    tenant: Tenant, tmp_path: Path, users: dict[str, Any], is_told: bool
) -> None:
    staff = policy("P", **{**GLASS, **users})

    planned = changed(
        tenant, tmp_path, [group("Staff", [FIRST]), staff], [group("Staff", [FIRST, SELF]), staff]
    )

    said = finding(planned, "widens-scope").message
    assert said.endswith("(unless a group or role that is not read had them reached already)") is not is_told


def test_who_leaves_one_of_two_groups_that_spare_is_not_newly_reached(tenant: Tenant, tmp_path: Path) -> None:
    everyone = policy("P", includeUsers=["All"], excludeUsers=[FIRST, SECOND], excludeGroups=["A", "B"])
    before = [group("A", [SELF]), group("B", [SELF]), everyone]

    assert rules(changed(tenant, tmp_path, before, [group("A", [FIRST]), *before[1:]])) == []


def dynamic(rule: str) -> dict[str, Any]:
    return group("Staff", groupTypes=["DynamicMembership"], membershipRule=rule)


def test_a_group_whose_rule_changes_may_reach_anybody(tenant: Tenant, tmp_path: Path) -> None:
    staff = policy("P", includeGroups=["Staff"], **GLASS)
    before = [dynamic('user.department -eq "Sales"'), staff]

    planned = changed(tenant, tmp_path, before, [dynamic('user.department -ne "Sales"'), staff])

    assert rules(planned) == ["widens-scope"]
    assert "the rule of Group/Staff changes" in finding(planned, "widens-scope").message


def test_a_group_inside_everybody_changes_nothing_for_them(tenant: Tenant, tmp_path: Path) -> None:
    everyone = policy("P", includeUsers=["All"], includeGroups=["Staff"], **GLASS)
    before = [group("Staff", [FIRST]), everyone]

    assert rules(changed(tenant, tmp_path, before, [group("Staff", [FIRST, SELF]), everyone])) == []


def test_a_country_location_that_takes_unknown_places_too_grows(tenant: Tenant, tmp_path: Path) -> None:
    abroad = everybody(conditions={"locations": {"includeLocations": ["Abroad"], "excludeLocations": []}})
    spec: dict[str, Any] = {"countriesAndRegions": ["FR"]}
    known = {"kind": "NamedLocation", "name": "Abroad", "spec": spec}
    vague = {**known, "spec": {**spec, "includeUnknownCountriesAndRegions": True}}

    planned = changed(tenant, tmp_path, [known, abroad], [vague, abroad])

    assert "gains addresses of no known country" in finding(planned, "widens-scope").message


def test_who_leaves_an_excluded_group_inside_another_is_reached(tenant: Tenant, tmp_path: Path) -> None:
    outer = group("Outer", ["Group/Inner"])
    everyone = policy("P", includeUsers=["All"], excludeGroups=["Outer"], **GLASS)

    before = [group("Inner", [SELF, FIRST]), outer, everyone]

    planned = changed(tenant, tmp_path, before, [group("Inner", [FIRST]), outer, everyone])

    assert "Group/Inner" in finding(planned, "widens-scope").message


def test_a_block_that_grows_through_a_location_meets_the_caller(tenant: Tenant, tmp_path: Path) -> None:
    block = everybody(conditions=OUTSIDE, grantControls={"operator": "OR", "builtInControls": ["block"]})
    before = [location("Office", "192.0.2.0/24", "198.51.100.0/24"), block]

    planned = changed(tenant, tmp_path, before, [location("Office", "192.0.2.0/24"), block])

    assert rules(planned) == ["locks-out-caller", "widens-scope"]


def test_what_nothing_enforced_uses_may_change(tenant: Tenant, tmp_path: Path) -> None:
    before = [strength("S", "fido2", "windowsHelloForBusiness"), location("Office", "192.0.2.0/24")]

    assert (
        rules(
            changed(tenant, tmp_path, before, [strength("S", "fido2"), location("Office", "198.51.100.0/24")])
        )
        == []
    )
