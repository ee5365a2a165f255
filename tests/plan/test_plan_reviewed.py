from __future__ import annotations

from dataclasses import replace

from tapctl.model import Address, Change, Plan
from tapctl.plan.digest import checksum
from tapctl.plan.reviewed import Reviewed, objection

PILOTS = Change(
    address=Address("Group", "Pilots"),
    action="update",
    reason="",
    id="1",
    before={"description": "x"},
    after={},
)


def plan(*changes: Change) -> Plan:
    made = Plan(environment="sandbox", tenant_id="7000", is_sandbox=True, changes=changes)
    return replace(made, checksum=checksum(made))


def test_what_is_equal_is_what_was_reviewed() -> None:
    assert objection(Reviewed(saved=plan(PILOTS)), plan(PILOTS)) == ""


def test_another_object_is_another_plan() -> None:
    said = objection(Reviewed(saved=plan(PILOTS)), plan(replace(PILOTS, id="2")))

    assert 'Group/Pilots: id is "2", and was "1" when reviewed' in said


def test_a_flood_of_differences_is_counted() -> None:
    many = [replace(PILOTS, address=Address("Group", str(number))) for number in range(60)]

    assert "and 20 more differences" in objection(Reviewed(saved=plan()), plan(*many))


def test_a_long_value_is_clipped() -> None:
    long = replace(PILOTS, before={"description": "y" * 500})

    assert "y…" in objection(Reviewed(saved=plan(PILOTS)), plan(long))


def test_a_name_that_means_another_object_is_another_plan() -> None:
    old, new = (replace(PILOTS, named={"Group/Staff": one, "Group/VIP": "9"}) for one in ("3", "4"))

    assert objection(Reviewed(saved=plan(old)), plan(new)).splitlines()[1:] == [
        '  Group/Pilots: the name "Group/Staff" means another object now: 4, and 3 when reviewed'
    ]
