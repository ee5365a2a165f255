"""A record that says no id, of its target or in its body, may be another object's of the same name: maybe."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from audit_records import record
from drift_tenants import AUDITS, POLICIES, Base, named, one

from tapctl.drift.causes import BY_NAME

WHEN = "2026-11-21T10:00:00Z"
LATELY = "2026-11-24T10:00:00Z"
STRANGER = "99999999-0000-4000-8000-000000000001"


def by(who: str) -> dict[str, Any]:
    return {"user": {"id": who, "userPrincipalName": who, "ipAddress": ""}, "app": None}


def switched_off(base: Base) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A tenant in which somebody turned a policy off; the policy before and after."""
    tenant = base.changed()
    policy = named(tenant, POLICIES, "Enforced")
    before = copy.deepcopy(policy)
    policy |= {"state": "disabled", "modifiedDateTime": WHEN}
    return tenant, before, policy


def nameless(before: Any, after: Any, who: str, called: str = "Enforced", **changes: Any) -> dict[str, Any]:
    """A record of a policy without an id anywhere."""
    bodies = [{key: value for key, value in side.items() if key != "id"} for side in (before, after)]
    made = record(*bodies, id="nameless", target="", initiatedBy=by(who), **({"when": WHEN} | changes))
    made["targetResources"][0] |= {"id": None, "displayName": called}
    return made


def blamed(base: Base, tenant: dict[str, Any], *records: dict[str, Any]) -> tuple[list[str], list[str], str]:
    """Who is certain to have turned the policy off, who may have, and why nobody knows."""
    tenant[AUDITS] = list(records)
    (field,) = one(base.news(tenant), "Enforced").fields
    found = field.attribution
    certain = [cause.event.actor.name for cause in found.causes]
    return certain, [event.actor.name for event in found.suspects], found.unknown


def test_a_name_alone_is_maybe(base: Base) -> None:
    tenant, before, after = switched_off(base)

    assert blamed(base, tenant, nameless(before, after, "bob")) == ([], ["bob"], BY_NAME)


def test_a_record_of_the_object_s_id_is_certain_beside_it(base: Base) -> None:
    tenant, before, after = switched_off(base)
    certain = record(before, after, target=after["id"], when=WHEN, initiatedBy=by("carol"))

    assert blamed(base, tenant, certain, nameless(before, after, "bob")) == (["carol"], [], "")


def test_a_silent_record_of_the_object_s_id_is_maybe_beside_it(base: Base) -> None:
    tenant, before, after = switched_off(base)
    silent = record(None, None, target=after["id"], when=WHEN, initiatedBy=by("carol"))
    certain, maybe, why = blamed(
        base, tenant, silent, nameless(before, after, "bob", when="2026-11-21T09:00:00Z")
    )

    assert (certain, maybe) == ([], ["carol", "bob"])
    assert "does not say which fields" in why


@pytest.mark.parametrize(
    "changes",
    [
        {"activity": "Delete conditional access policy"},
        {"activity": "Update group"},
        {"when": "2026-11-22T10:00:00Z"},  # after the object's last change
        {"called": "Another"},
    ],
)
def test_what_cannot_have_been_it_says_nothing(base: Base, changes: dict[str, Any]) -> None:
    tenant, before, after = switched_off(base)

    assert blamed(base, tenant, nameless(before, after, "bob", **changes))[:2] == ([], [])


def test_what_left_another_value_says_nothing(base: Base) -> None:
    tenant, before, after = switched_off(base)

    assert blamed(base, tenant, nameless(after, before, "bob"))[:2] == ([], [])


def test_a_name_alone_changes_no_undeclared_object(base: Base) -> None:
    tenant = base.changed()
    other = named(tenant, POLICIES, "Enforced") | {"id": STRANGER, "displayName": "Stranger"}
    del other["modifiedDateTime"]
    tenant[POLICIES].append(other)
    tenant[AUDITS] = [nameless(other | {"state": "disabled"}, other, "bob", "Stranger", when=LATELY)]
    (found,) = base.news(tenant).undeclared

    assert (found.address.name, found.lately, found.attribution) == ("Stranger", None, None)
