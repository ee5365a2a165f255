from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pass_values import EXPIRED, MADE, PASS, USED

from tapctl.passes.methods import Registered
from tapctl.passes.people import Person
from tapctl.passes.progress import Facts, Funnel, Progress, funnel_of, last_pass, progress_of
from tapctl.passes.trail import Deed, Record, Trail

HIRE = Person(id="a", name="hire@contoso.example")


def minutes(count: int) -> datetime:
    return MADE + timedelta(minutes=count)


def record(deed: Deed, at: datetime) -> Record:
    return Record(at=at, deed=deed, actor="desk", is_app=False, user_id="a", user_name="")


def method(standing: Any = "permanent", created: datetime | None = None) -> Registered:
    return Registered(id="m", type="fido2", name="", created=created or minutes(5), standing=standing)


def stands(now: datetime = MADE + timedelta(minutes=20), **facts: Any) -> Progress:
    return progress_of(Facts(person=facts.pop("person", HIRE), **facts), now)


GONE: dict[str, Any] = {"made": record("made", MADE), "deleted": record("deleted", minutes(30))}


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        ({}, "not-issued"),
        ({"held": PASS}, "issued"),
        ({"held": PASS, "signed_in": minutes(3)}, "signed-in"),
        ({"held": USED}, "signed-in"),
        ({"held": PASS, "methods": (method(),)}, "registered"),
        ({"held": PASS, "methods": (method(created=minutes(-5)),)}, "issued"),
        ({"held": PASS, "methods": None}, "issued"),
        ({"methods": (method(),), **GONE}, "done"),
        ({"methods": (method(),)}, "done"),
        ({"methods": (method(created=minutes(-5)),), **GONE}, "issued"),
        ({"methods": (method("undecided"),), **GONE}, "issued"),
    ],
)
def test_how_far_somebody_has_come(facts: dict[str, Any], stage: str) -> None:
    assert stands(**facts).stage == stage


@pytest.mark.parametrize(
    ("facts", "now", "why"),
    [
        ({"held": PASS}, 59, ""),
        ({"held": PASS}, 60, "the pass is over"),
        ({"held": EXPIRED}, 5, "the pass is over"),
        ({"held": EXPIRED, "methods": (method(),)}, 70, ""),
        ({"held": EXPIRED, "methods": None}, 70, ""),
        ({"held": EXPIRED, "methods": (method("unknown"),)}, 70, ""),
        ({"held": USED}, 9, ""),
        ({"held": USED}, 59, ""),
        ({"held": USED}, 60, "the pass is over"),
        ({"held": USED, "signed_in": minutes(5)}, 30, ""),
        ({"held": USED, "seen_used": minutes(5)}, 19, ""),
        ({"held": USED, "seen_used": minutes(5)}, 20, "the pass is used up"),
        ({"held": USED, "seen_used": minutes(5), "methods": (method(),)}, 20, ""),
        (GONE, 40, "the pass is gone"),
        ({"due": minutes(0)}, 0, "no pass was issued in time"),
        ({"due": minutes(1)}, 0, ""),
        ({}, 70, ""),
    ],
)
def test_who_is_overdue(facts: dict[str, Any], now: int, why: str) -> None:
    found = stands(now=minutes(now), **facts).overdue

    assert (why in found) if why else found == ""


@pytest.mark.parametrize(
    ("facts", "is_undated"),
    [
        ({"held": USED}, True),
        ({"held": USED, "signed_in": minutes(5)}, True),
        ({"held": replace(USED, lifetime=20)}, False),
        ({"held": USED, "seen_used": minutes(5)}, False),
        ({"held": USED, "seen_used": minutes(6)}, True),
        ({"held": USED, "methods": (method(),)}, False),
        ({"held": PASS}, False),
        ({}, False),
    ],
)
def test_until_a_used_pass_is_over_its_owner_may_be_registering(
    facts: dict[str, Any], is_undated: bool
) -> None:
    assert stands(**facts).is_use_undated is is_undated


def test_an_old_password_is_told_from_a_new_one() -> None:
    moments = (minutes(-5), minutes(5), None)
    people = [replace(HIRE, password_changed=moment) for moment in moments]

    assert [stands(person=one, held=PASS).password_changed for one in people] == [False, True, None]
    assert stands(person=people[0]).password_changed is None


def test_whoever_is_done_and_still_in_the_group_is_known() -> None:
    done: dict[str, Any] = {"methods": (method(),), **GONE}

    assert stands(in_groups=("New hires",), **done).is_settled_in_group
    assert not stands(in_groups=(), **done).is_settled_in_group
    assert not stands(in_groups=None, **done).is_settled_in_group
    assert not stands(in_groups=("New hires",), held=PASS).is_settled_in_group


def test_each_step_of_the_funnel_counts_those_who_went_on() -> None:
    people = [
        stands(),
        stands(held=PASS),
        stands(held=PASS),
        stands(held=replace(USED, lifetime=20)),
        stands(held=PASS, methods=(method(),)),
        stands(methods=(method(),), in_groups=("New hires",), **GONE),
        stands(methods=(method(),)),
    ]

    assert funnel_of(people) == Funnel(
        people=7, issued=5, signed_in=3, registered=2, deleted=1, overdue=1, in_group=1
    )


def trail(*records: Record) -> Trail:
    return Trail(records={"a": records})


@pytest.mark.parametrize(
    ("records", "made", "deleted"),
    [
        ([], None, None),
        ([("made", 0)], 0, None),
        ([("made", 0), ("deleted", 5)], 0, 5),
        ([("made", 0), ("deleted", 5), ("made", 6)], 6, None),
        ([("deleted", 5)], None, 5),
    ],
)
def test_of_a_pass_that_is_gone_the_log_tells(
    records: list[tuple[Deed, int]], made: int | None, deleted: int | None
) -> None:
    found = last_pass(trail(*(record(deed, minutes(at)) for deed, at in records)), HIRE, None)

    assert [one and one.at for one in found] == [
        None if at is None else minutes(at) for at in (made, deleted)
    ]


def test_of_a_pass_that_is_there_only_its_making_counts() -> None:
    found = last_pass(trail(record("made", MADE), record("deleted", minutes(1))), HIRE, PASS)

    assert found == (record("made", MADE), None)
