"""Who escapes enforced policies, or loses a method, because a group's members change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from trial import (
    FIRST,
    SECOND,
    SELF,
    SETTINGS,
    Document,
    Tenant,
    folder,
    group,
    plan,
    policy,
    settle,
)

from tapctl.model import Finding
from tapctl.sandbox.seed import BREAK_GLASS

OTHER = "mia.larsen@nordwind.example"
GLASS = {**SETTINGS, "breakGlass": {"accounts": [FIRST, SECOND], "groups": ["Break glass"]}}
IF = " (if a group or role that is not read includes them)"
PINNED = {"Group/Break glass": BREAK_GLASS}
OUT: dict[str, Any] = {"excludeUsers": [FIRST, SECOND]}
STAFF = {"includeGroups": ["Staff"], **OUT}
BUT_STAFF = {"includeUsers": ["All"], **OUT, "excludeGroups": ["Staff"]}


def said(tenant: Tenant, root: Path, had: list[Document], has: list[Document]) -> list[Finding]:
    settle(folder(root, had, settings=GLASS, pins=PINNED), tenant)
    planned = plan(folder(root, has, settings=GLASS, pins=PINNED), tenant)
    return [item for item in planned.plan.findings if item.rule in ("weakens-enforced", "loses-method")]


def passes(**spec: Any) -> Document:
    return {"kind": "TemporaryAccessPassPolicy", "spec": {"state": "enabled", "isUsableOnce": False, **spec}}


def for_group(name: str) -> dict[str, str]:
    return {"targetType": "group", "id": name}


def test_who_leaves_a_group_that_policies_include_escapes_them(tenant: Tenant, tmp_path: Path) -> None:
    policies = [policy("P", **STAFF), policy("Q", **STAFF), policy("R", "disabled", **STAFF)]
    had, has = group("Staff", [FIRST, OTHER, SELF]), group("Staff", [FIRST])

    (found,) = said(tenant, tmp_path, [had, *policies], [has, *policies])

    assert (found.rule, found.severity, found.news) == ("weakens-enforced", "warning", "introduced")
    assert found.message == (
        f"Group/Staff would lose {SELF}, {OTHER}; enforced policies that reach them no more: 'P', 'Q'"
    )


def test_who_joins_a_group_that_a_policy_excludes_escapes_it(tenant: Tenant, tmp_path: Path) -> None:
    had, has, asked = group("Staff", [SELF]), group("Staff", [SELF, OTHER]), policy("P", **BUT_STAFF)

    (found,) = said(tenant, tmp_path, [had, asked], [has, asked])

    assert found.message == f"Group/Staff would gain {OTHER}; enforced policies that reach them no more: 'P'"


@pytest.mark.parametrize(
    "users",
    [
        {"includeUsers": ["All"], **OUT},
        {"includeUsers": [OTHER], "includeGroups": ["Staff"], **OUT},
        {"includeGroups": ["Staff"], "excludeUsers": [FIRST, SECOND, OTHER]},
        {"includeGroups": ["Others"], **OUT},
    ],
)
def test_who_is_reached_all_the_same_or_never_was_escapes_nothing(
    tenant: Tenant, tmp_path: Path, users: dict[str, Any]
) -> None:
    others, asked = group("Others", [OTHER]), policy("P", **users)

    assert (
        said(
            tenant,
            tmp_path,
            [group("Staff", [OTHER, SELF]), others, asked],
            [group("Staff", [SELF]), others, asked],
        )
        == []
    )


def test_the_group_may_be_inside_of_the_one_that_is_named(tenant: Tenant, tmp_path: Path) -> None:
    inner, outer, asked = group("Inner", [OTHER, SELF]), group("Staff", ["Inner"]), policy("P", **STAFF)

    (found,) = said(tenant, tmp_path, [inner, outer, asked], [group("Inner", [SELF]), outer, asked])

    assert found.message.startswith(f"Group/Inner would lose {OTHER}; enforced policies")


@pytest.mark.parametrize(
    "more", [{"includeRoles": ["Global Administrator"]}, {"includeGroups": ["Staff", "New hires"]}]
)
def test_what_else_may_include_them_is_a_doubt(tenant: Tenant, tmp_path: Path, more: dict[str, Any]) -> None:
    asked = policy("P", **{**STAFF, **more})

    (found,) = said(tenant, tmp_path, [group("Staff", [OTHER, SELF]), asked], [group("Staff", [SELF]), asked])

    assert found.message.endswith("'P' (unless another group or role includes them)")


def test_whether_somebody_was_included_may_not_be_known(tenant: Tenant, tmp_path: Path) -> None:
    asked = policy("P", includeGroups=["New hires"], **{**OUT, "excludeGroups": ["Staff"]})

    (found,) = said(tenant, tmp_path, [group("Staff", [SELF]), asked], [group("Staff", [SELF, OTHER]), asked])

    assert found.message.endswith(f"gain {OTHER}; enforced policies that reach them no more: 'P'" + IF)


def test_what_is_sure_comes_first(tenant: Tenant, tmp_path: Path) -> None:
    doubtful = [policy(name, includeGroups=["New hires"], excludeGroups=["Staff"]) for name in "PQ"]
    asked = [*doubtful, policy("R", **BUT_STAFF)]

    (found,) = said(
        tenant, tmp_path, [group("Staff", [SELF]), *asked], [group("Staff", [SELF, OTHER]), *asked]
    )

    assert found.message.endswith(f"no more: 'R'; 'P', 'Q'{IF}")


def test_that_break_glass_accounts_escape_is_as_it_should_be(tenant: Tenant, tmp_path: Path) -> None:
    had, has, asked = group("Staff", [SELF]), group("Staff", [SELF, FIRST]), policy("P", **BUT_STAFF)
    mixed = policy("P", includeUsers=["All"], excludeGroups=["Staff"])

    assert said(tenant, tmp_path, [had, asked], [has, asked]) == []
    assert said(tenant, tmp_path, [had, mixed], [has, mixed]) == []


def test_those_who_escape_different_policies_are_told_apart(tenant: Tenant, tmp_path: Path) -> None:
    asked = [policy("P", **STAFF), policy("Q", **{**STAFF, "includeUsers": [OTHER]})]
    had, has = group("Staff", [FIRST, OTHER, SELF]), group("Staff", [FIRST])

    first, second = said(tenant, tmp_path, [had, *asked], [has, *asked])

    assert (
        first.message == f"Group/Staff would lose {SELF}; enforced policies that reach them no more: 'P', 'Q'"
    )
    assert second.message == f"Group/Staff would lose {OTHER}; enforced policies that reach them no more: 'P'"


def test_many_people_are_counted(tenant: Tenant, tmp_path: Path) -> None:
    people = sorted(str(user["userPrincipalName"]) for user in tenant.store.objects("users").values())
    crowd = [name for name in people if name not in (FIRST, SECOND)][:8]
    asked = policy("P", **STAFF)

    (found,) = said(tenant, tmp_path, [group("Staff", crowd), asked], [group("Staff", crowd[-1:]), asked])

    assert f"{crowd[4]} and 2 more; enforced" in found.message


def test_who_leaves_a_group_for_which_a_method_is_on_loses_it(tenant: Tenant, tmp_path: Path) -> None:
    on = passes(includeTargets=[for_group("Staff")])

    (found,) = said(tenant, tmp_path, [group("Staff", [OTHER, SELF]), on], [group("Staff", [SELF]), on])

    assert found.rule == "loses-method"
    assert found.message == (
        f"Group/Staff would lose {OTHER}; methods that are on for them no more: 'TemporaryAccessPassPolicy'"
    )


def test_who_joins_a_group_for_which_a_method_is_off_loses_it(tenant: Tenant, tmp_path: Path) -> None:
    on = passes(includeTargets=[for_group("all_users")], excludeTargets=[for_group("Staff")])

    (found,) = said(tenant, tmp_path, [group("Staff", [SELF]), on], [group("Staff", [SELF, OTHER]), on])

    assert found.message.startswith(f"Group/Staff would gain {OTHER}; methods")


def test_a_method_that_is_off_is_nobodys_loss(tenant: Tenant, tmp_path: Path) -> None:
    off = passes(state="disabled", includeTargets=[for_group("Staff")])

    assert said(tenant, tmp_path, [group("Staff", [OTHER, SELF]), off], [group("Staff", [SELF]), off]) == []
