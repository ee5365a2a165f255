"""A name may have been another object's: whoever deleted that one has not deleted the document's."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from audit_records import record
from drift_tenants import AUDITS, DELETED, POLICIES, Base, named, one

from tapctl.drift.drifted import Drifted

NAMESAKE = "99999999-0000-4000-8000-000000000777"
WHEN = "2026-11-22T08:00:00Z"
BEFORE = "2026-11-20T08:00:00Z"
AFTER = "2026-11-23T08:00:00Z"


def by(who: str) -> dict[str, Any]:
    return {"user": {"id": who, "userPrincipalName": who, "ipAddress": ""}, "app": None}


def deletion(object_id: str, when: str, who: str = "bob", name: str = "Enforced") -> dict[str, Any]:
    gone = record(None, None, activity="Delete conditional access policy", target=object_id, when=when)
    gone["targetResources"][0]["displayName"] = name
    return gone | {"initiatedBy": by(who)}


def renaming(policy: dict[str, Any], new: str, **changes: Any) -> dict[str, Any]:
    before, after = policy | {"displayName": "Enforced"}, policy | {"displayName": new}
    return record(before, after, target=policy["id"], **changes)


def without(base: Base, *, is_kept: bool = True) -> tuple[dict[str, Any], str]:
    """A tenant in which the policy was deleted; its id."""
    tenant = base.changed()
    policy = named(tenant, POLICIES, "Enforced")
    tenant[POLICIES].remove(policy)
    tenant[DELETED] = [{**policy, "deletedDateTime": WHEN}] if is_kept else []
    return tenant, policy["id"]


def blamed(
    base: Base, tenant: dict[str, Any], *records: dict[str, Any]
) -> tuple[Drifted, list[str], list[str]]:
    """The object, who is certain to have removed it, and who may have."""
    tenant[AUDITS] = list(records)
    found = one(base.news(tenant), "Enforced")
    assert found.attribution is not None
    certain = [cause.event.actor.name for cause in found.attribution.causes]
    return found, certain, [event.actor.name for event in found.attribution.suspects]


def test_a_namesake_s_later_deletion_is_not_the_object_s(base: Base) -> None:
    tenant, ours = without(base)
    _, certain, maybe = blamed(base, tenant, deletion(ours, WHEN, "carol"), deletion(NAMESAKE, AFTER))

    assert (certain, maybe) == (["carol"], [])


@pytest.mark.parametrize("of", ["", NAMESAKE])
def test_a_record_of_another_id_or_time_names_nobody(base: Base, of: str) -> None:
    """The object was deleted, restored and deleted again, or a namesake was; the last record is late."""
    tenant, ours = without(base)
    found, certain, maybe = blamed(base, tenant, deletion(of or ours, BEFORE))

    assert (certain, maybe) == ([], [])
    assert found.said == "deleted in the tenant"
    assert found.is_newer is True
    assert found.attribution is not None
    assert found.attribution.unknown.startswith("the object was deleted at 2026-11-22 08:00 UTC, of which")


def test_of_two_deleted_namesakes_the_last_one_is_meant(base: Base) -> None:
    tenant, ours = without(base)
    older = {**tenant[DELETED][0], "id": NAMESAKE, "deletedDateTime": BEFORE}
    tenant[DELETED] = [older, *tenant[DELETED]]
    found, certain, _ = blamed(base, tenant, deletion(ours, WHEN, "carol"), deletion(NAMESAKE, BEFORE))

    assert (found.id, certain) == (ours, ["carol"])


def test_another_object_that_was_once_called_so_says_nothing_of_a_deleted_one(base: Base) -> None:
    tenant, _ = without(base)
    other = named(tenant, POLICIES, "Reported")
    found, certain, maybe = blamed(base, tenant, renaming(other, "Reported"))

    assert (certain, maybe) == ([], [])
    assert found.restore.startswith("can be restored")


def test_a_name_alone_is_at_best_maybe(base: Base) -> None:
    tenant, _ = without(base, is_kept=False)
    gone = deletion(NAMESAKE, WHEN)
    found, certain, maybe = blamed(base, tenant, gone, deletion(NAMESAKE, BEFORE, "dave"))

    assert (certain, maybe) == ([], ["bob"])
    assert found.said == "not in the tenant: perhaps deleted"
    assert found.is_newer is None
    assert found.restore.startswith("cannot be restored")


def test_a_name_that_an_object_of_another_document_had_says_nothing(base: Base) -> None:
    tenant, _ = without(base, is_kept=False)
    other = named(tenant, POLICIES, "Reported")
    records = [renaming(other, "Reported"), deletion(other["id"], BEFORE)]
    found, certain, maybe = blamed(base, tenant, *records)

    assert (certain, maybe) == ([], [])
    assert found.said.startswith("not in the tenant: deleted or renamed without a trace")


def test_an_object_that_was_perhaps_renamed_or_deleted(base: Base) -> None:
    tenant, ours = without(base, is_kept=False)
    stranger = copy.deepcopy(named(tenant, POLICIES, "Reported")) | {"id": NAMESAKE, "displayName": "Mine"}
    tenant[POLICIES].append(stranger)
    found, certain, maybe = blamed(base, tenant, renaming(stranger, "Mine", when=AFTER), deletion(ours, WHEN))

    assert (certain, maybe) == ([], ["alex@x.example", "bob"])
    assert found.said == "not in the tenant: perhaps renamed to 'Mine', or deleted"


def test_a_record_of_another_making_is_not_of_this_one(base: Base) -> None:
    """Its time is not when Graph says that the object was made."""
    tenant = base.changed()
    made = copy.deepcopy(named(tenant, POLICIES, "Reported"))
    made |= {"id": NAMESAKE, "displayName": "New", "createdDateTime": AFTER, "modifiedDateTime": None}
    tenant[POLICIES].append(made)
    tenant[AUDITS] = [
        record(None, made, activity="Add conditional access policy", target=NAMESAKE, when=BEFORE)
    ]
    (found,) = base.news(tenant).undeclared

    assert found.attribution is not None
    assert found.attribution.causes == ()


def test_a_change_after_the_last_one_that_was_read_is_not_its_cause(base: Base) -> None:
    tenant = base.changed()
    policy = named(tenant, POLICIES, "Enforced")
    before = copy.deepcopy(policy)
    policy |= {"state": "disabled", "modifiedDateTime": WHEN}
    changes = [record(before, policy, target=policy["id"], when=WHEN) | {"initiatedBy": by("carol")}]
    changes += [record(before, policy, target=policy["id"], when=AFTER)]
    tenant[AUDITS] = changes
    (field,) = one(base.news(tenant), "Enforced").fields

    assert [cause.event.actor.name for cause in field.attribution.causes] == ["carol"]
