"""Groups that were deleted, and policies that hold their ids still."""

from __future__ import annotations

from typing import Any

import pytest
from audit_records import record
from drift_tenants import AUDITS, POLICIES, Base, named, one

from tapctl.workspace.adopting import adopt

DELETED_GROUPS = "directory/deletedItems"
OTHER = "99999999-0000-4000-8000-00000000000{}"
DELETED_AT = "2026-11-22T08:00:00Z"


def without_pilots(base: Base, *, is_kept: bool = True, name: str | None = None) -> dict[str, Any]:
    """A tenant whose group Pilots was deleted; the record has no name for it unless one is given."""
    tenant = base.changed()
    group = named(tenant, "groups", "Pilots")
    tenant["groups"].remove(group)
    tenant[DELETED_GROUPS] = [{**group, "deletedDateTime": DELETED_AT}] if is_kept else []
    tenant[AUDITS] = [deletion(group["id"], name)]
    return tenant


def deletion(group_id: str, name: str | None) -> dict[str, Any]:
    """As Core Directory writes it: often without the name."""
    target: dict[str, Any] = {"id": group_id, "displayName": name, "type": "Group", "modifiedProperties": []}
    core = {"category": "GroupManagement", "loggedByService": "Core Directory"}
    return record({}, {}, activity="Delete group", when=DELETED_AT, targetResources=[target], **core)


@pytest.mark.parametrize(("is_kept", "name"), [(True, None), (False, None), (False, "Pilots")])
def test_a_deleted_group_is_the_only_difference(base: Base, is_kept: bool, name: str | None) -> None:
    found = base.news(without_pilots(base, is_kept=is_kept, name=name))

    assert [item.address.name for item in found.drifted] == ["Pilots"]
    group = found.drifted[0]
    assert group.said == "deleted in the tenant; its id still stands in 'Enforced', 'Reported'"
    assert group.attribution is not None
    assert [cause.event.activity for cause in group.attribution.causes] == ["Delete group"]
    assert group.restore.startswith("can be restored" if is_kept else "cannot be restored")


def test_what_it_means_is_that_policies_refer_to_what_is_gone(base: Base) -> None:
    (finding,) = base.news(without_pilots(base)).findings

    assert finding.rule == "drift-in-use"
    assert finding.message == "Group/Pilots is not in the tenant, and 'Enforced' still refers to it"


def test_nothing_is_adopted_of_it(base: Base) -> None:
    compared, _ = base.compared(without_pilots(base))
    found = adopt(compared.matched, compared.plan, compared.snapshot, {})

    assert found.updates == ()
    assert [str(finding.address) for finding in found.findings] == ["Group/Pilots"]


def test_another_change_of_the_policy_is_shown_beside_it(base: Base) -> None:
    tenant = without_pilots(base)
    named(tenant, POLICIES, "Enforced")["state"] = "disabled"

    assert [item.line.path for item in one(base.news(tenant), "Enforced").fields] == ["state"]


def test_an_id_of_which_nothing_is_known_is_a_difference(base: Base) -> None:
    """Also beside a record of some deletion: it might be any group."""
    tenant = without_pilots(base, is_kept=False)
    unknown = [OTHER.format(number) for number in (1, 2)]
    named(tenant, POLICIES, "Enforced")["conditions"]["users"]["excludeGroups"] += unknown
    tenant[AUDITS] += [deletion(unknown[0], None) | {"id": "second"}]
    found = base.news(tenant)

    assert {item.address.name for item in found.drifted} == {"Enforced", "Pilots", "Reported"}
    assert one(found, "Pilots").said.startswith("not in the tenant")
