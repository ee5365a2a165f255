from __future__ import annotations

from dataclasses import replace

import pytest

from tapctl.model import Address, Change, Finding, Plan
from tapctl.plan.digest import brakes_reviewed, checksum

PILOTS = Change(address=Address("Group", "Pilots"), action="update", reason="", id="1", after={})
PLAN = Plan(environment="sandbox", tenant_id="7000", is_sandbox=True, changes=(PILOTS,))
BRAKE = Finding(rule="mass-change", severity="brake", message="")


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, environment="production"),
        replace(PLAN, changes=(replace(PILOTS, after={"description": "x"}),)),
        replace(PLAN, changes=(replace(PILOTS, id="2"),)),
        replace(PLAN, changes=(replace(PILOTS, named={"Group/Staff": "3"}),)),
        replace(PLAN, findings=(BRAKE,)),
        replace(PLAN, findings=(replace(BRAKE, severity="error", flag="--allow-lint-errors"),)),
    ],
)
def test_what_would_do_something_else_has_another_sum(other: Plan) -> None:
    assert checksum(other) != checksum(PLAN)


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, changes=(PILOTS, replace(PILOTS, id="2", action="no-op"))),
        replace(PLAN, changes=(replace(PILOTS, reason="for people"),)),
        replace(PLAN, findings=(replace(BRAKE, severity="warning"),)),
        replace(PLAN, findings=(replace(BRAKE, rule="locks-out-caller"),)),
    ],
)
def test_what_would_do_the_same_has_the_same_sum(other: Plan) -> None:
    assert checksum(other) == checksum(PLAN)


def test_a_brake_is_known_by_its_rule_and_address() -> None:
    twice = (replace(BRAKE, message="one"), replace(BRAKE, message="another"))
    ours = replace(BRAKE, address=PILOTS.address)

    assert brakes_reviewed((*twice, ours)) == (("mass-change", ""), ("mass-change", "Group/Pilots"))
