from __future__ import annotations

from tapctl.kinds import kinds
from tapctl.match import Pair
from tapctl.model import Address, Change, JsonObject
from tapctl.report.dependencies import Edge, edges

POLICY = Address("ConditionalAccessPolicy", "NH-10")
SPEC: JsonObject = {
    "conditions": {
        "users": {"includeUsers": ["All"], "excludeGroups": ["Break glass"], "includeGroups": ["id:0f0e"]},
        "locations": {"excludeLocations": ["Headquarters"]},
    },
    "grantControls": {"authenticationStrength": {"id": "Strong"}},
}


def pair(address: Address, before: JsonObject | None, after: JsonObject | None) -> Pair:
    return Pair(address=address, kind=kinds()[address.kind], before=before, after=after)


def change(address: Address, action: str = "update") -> Change:
    return Change(address=address, action="update" if action == "update" else "no-op", reason="")


def test_a_changed_object_refers_to_others_in_a_role() -> None:
    found = edges([pair(POLICY, None, SPEC)], [change(POLICY)])

    assert found == (
        Edge(POLICY, Address("AuthenticationStrength", "Strong"), "requires"),
        Edge(POLICY, Address("Group", "Break glass"), "excludes"),
        Edge(POLICY, Address("Group", "id:0f0e"), "includes"),
        Edge(POLICY, Address("NamedLocation", "Headquarters"), "excludes"),
    )


def test_whoever_refers_to_a_changed_object_is_shown_too() -> None:
    location = Address("NamedLocation", "Headquarters")
    found = edges(
        [pair(POLICY, SPEC, None), pair(location, {}, {})], [change(POLICY, "no-op"), change(location)]
    )

    assert found == (Edge(POLICY, location, "excludes"),)


def test_a_target_is_used() -> None:
    passes = Address("TemporaryAccessPassPolicy", "TemporaryAccessPassPolicy")
    spec: JsonObject = {"includeTargets": [{"id": "New hires", "targetType": "group"}]}

    assert edges([pair(passes, None, spec)], [change(passes)]) == (
        Edge(passes, Address("Group", "New hires"), "uses"),
    )


def test_members_are_not_what_a_group_depends_on() -> None:
    group = Address("Group", "Pilots")

    assert edges([pair(group, None, {"members": ["Group/New hires"]})], [change(group)]) == ()
