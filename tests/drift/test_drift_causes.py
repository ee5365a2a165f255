from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from audit_records import ALEX, GROUP, KIM, LOG, NOW, events, history, policy, record
from hypothesis import given, settings
from hypothesis import strategies as st

from tapctl.drift.causes import Attribution, maker, of_field, of_members
from tapctl.drift.events import Actor, Event, Gap
from tapctl.drift.versions import Passage
from tapctl.model import Json
from tapctl.report import FieldLine

USERS = "conditions.users.excludeUsers"


def excluding(*ids: str) -> dict[str, Any]:
    return policy(users={"excludeUsers": list(ids)})


def by(upn: str) -> dict[str, Any]:
    return {"user": {"id": upn, "userPrincipalName": upn, "ipAddress": "192.0.2.1"}, "app": None}


def blamed(path: str, declared: Json, found: Json, *records: dict[str, Any]) -> Attribution:
    return of_field(path, declared, found, history(*records), LOG, None)


def who(found: Attribution) -> list[tuple[str, tuple[Json, ...]]]:
    return [(cause.event.actor.name, cause.entries) for cause in found.causes]


def test_the_newest_record_that_made_it_so() -> None:
    found = blamed(
        "state",
        "enabled",
        "disabled",
        record(policy(), policy(state="disabled"), when="2026-11-01T00:00:00Z"),
        record(policy(state="disabled"), policy(), when="2026-11-02T00:00:00Z"),
        record(
            policy(), policy(state="disabled"), when="2026-11-03T00:00:00Z", initiatedBy=by("kim@x.example")
        ),
        record(
            excluding() | {"state": "disabled"},
            excluding(KIM) | {"state": "disabled"},
            when="2026-11-04T00:00:00Z",
        ),
    )

    assert who(found) == [("kim@x.example", ())]
    assert found.unknown == ""


def test_a_record_that_left_another_value_is_not_taken_for_it() -> None:
    found = blamed("state", "enabled", "disabled", record(policy(state="disabled"), policy()))

    assert found.causes == ()
    assert "left another value" in found.unknown
    assert "2026-11-20 10:00 UTC, alex@x.example" in found.unknown


def test_each_entry_of_a_list_has_its_own_cause() -> None:
    found = blamed(
        USERS,
        [],
        ["alex@x.example", "kim@x.example"],
        record(excluding(), excluding(ALEX), when="2026-11-01T00:00:00Z"),
        record(
            excluding(ALEX),
            excluding(ALEX, KIM),
            when="2026-11-02T00:00:00Z",
            initiatedBy=by("kim@x.example"),
        ),
    )

    assert who(found) == [
        ("kim@x.example", ("kim@x.example",)),
        ("alex@x.example", ("alex@x.example",)),
    ]


def test_what_was_taken_out_has_a_cause_too() -> None:
    found = blamed(
        "conditions.users.excludeGroups",
        ["Break glass"],
        None,
        record(policy(), policy(users={"excludeGroups": []})),
    )

    assert who(found) == [("alex@x.example", ("Break glass",))]


def test_what_no_record_explains_stays_unknown_beside_what_is_known() -> None:
    found = blamed(USERS, [], ["alex@x.example", "kim@x.example"], record(excluding(), excluding(ALEX)))

    assert who(found) == [("alex@x.example", ("alex@x.example",))]
    assert "the audit log has no record of it; it keeps 30 days" in found.unknown


def test_an_entry_that_came_back_after_the_last_record_is_unknown() -> None:
    found = blamed(USERS, [], ["alex@x.example"], record(excluding(ALEX), excluding()))

    assert found.causes == ()


def test_a_silent_record_is_a_suspect_and_no_cause() -> None:
    silent = record({}, {})
    silent["targetResources"][0]["modifiedProperties"] = []
    found = blamed("state", "enabled", "disabled", silent)

    assert found.causes == ()
    assert [event.actor.name for event in found.suspects] == ["alex@x.example"]
    assert found.unknown == "the record does not say which fields it changed"


@pytest.mark.parametrize(
    ("log", "modified", "said"),
    [
        (replace(LOG, unread="403 no permission"), None, "could not be read"),
        (LOG, None, "the audit log has no record of it; it keeps 30 days"),
        (LOG, NOW - timedelta(minutes=20), "records arrive late"),
        (
            LOG,
            NOW - timedelta(days=60),
            "last changed at 2026-09-26 12:00 UTC, of which the audit log has no",
        ),
        (LOG, datetime(2026, 11, 20, 10, 1, tzinfo=UTC), "no record in the audit log is about it"),
    ],
)
def test_why_nobody_is_known(log: Any, modified: Any, said: str) -> None:
    recorded = history(record(excluding(), excluding(KIM))) if modified and modified.day == 20 else ()

    assert said in of_field("state", "enabled", "disabled", recorded, log, modified).unknown


def half(
    before: Any, after: Any, when: str, who: str, cut: tuple[int | None, int | None] = (None, None)
) -> dict[str, Any]:
    """A record of which one side, or both, ends too early."""
    found = record(before, after, when=when, initiatedBy=by(who), id=f"{who} {when}")
    (item,) = found["targetResources"][0]["modifiedProperties"]
    item.update(oldValue=item["oldValue"] and item["oldValue"][: cut[0]])
    item.update(newValue=item["newValue"] and item["newValue"][: cut[1]])
    return found


CUT_OLD, CUT_NEW, CUT_BOTH = (120, None), (None, 120), (120, 120)


@pytest.mark.parametrize(
    "newest",
    [
        half(excluding(ALEX), excluding(ALEX), "2026-11-02T00:00:00Z", "bob", CUT_OLD),
        half(excluding(ALEX), excluding(ALEX), "2026-11-02T00:00:00Z", "bob", CUT_NEW),
        half(excluding(ALEX), excluding(ALEX), "2026-11-02T00:00:00Z", "bob", CUT_BOTH),
        half(None, excluding(ALEX), "2026-11-02T00:00:00Z", "bob"),
        half(excluding(ALEX), None, "2026-11-02T00:00:00Z", "bob"),
    ],
)
def test_a_later_record_that_lost_a_side_takes_nothing_from_who_did_it(newest: dict[str, Any]) -> None:
    did = half(excluding(), excluding(ALEX), "2026-11-01T00:00:00Z", "kim")
    found = blamed(USERS, [], ["alex@x.example"], did, newest)

    assert who(found) == [("kim", ("alex@x.example",))]
    assert (found.suspects, found.unknown) == ((), "")


def test_the_record_before_it_proves_a_record_of_which_the_old_side_is_lost() -> None:
    other = half(policy(), policy(users={"excludeUsers": [KIM]}), "2026-11-01T00:00:00Z", "kim")
    newest = half(policy(), policy(state="disabled"), "2026-11-02T00:00:00Z", "bob", CUT_OLD)

    assert who(blamed("state", "enabled", "disabled", other, newest)) == [("bob", ())]
    assert who(blamed("state", "enabled", "disabled", newest)) == []


@pytest.mark.parametrize("cut", [CUT_OLD, CUT_NEW, CUT_BOTH])
def test_a_record_that_lost_a_side_may_be_the_one(cut: Any) -> None:
    found = blamed(
        "state",
        "enabled",
        "disabled",
        half(policy(), policy(state="disabled"), "2026-11-02T00:00:00Z", "bob", cut),
    )

    assert [event.actor.name for event in found.suspects] == ["bob"]
    silent = "does not say which fields it changed"
    assert (
        found.unknown
        == f"the record {silent if cut == CUT_BOTH else 'does not show both sides of the change'}"
    )


def test_several_records_without_a_side_may_all_be_the_one() -> None:
    found = blamed(
        "state",
        "enabled",
        "disabled",
        half(policy(), policy(), "2026-11-01T00:00:00Z", "kim"),
        half(policy(), policy(state="disabled"), "2026-11-02T00:00:00Z", "bob", CUT_BOTH),
        half(policy(), policy(state="disabled"), "2026-11-03T00:00:00Z", "eve", CUT_OLD),
    )

    assert found.causes == ()
    assert [event.actor.name for event in found.suspects] == ["eve", "bob"]


def test_what_was_made_after_a_lost_side_is_known() -> None:
    """Bob's record says what was before; what it became, the next one says."""
    bob = half(policy(), policy(state="disabled"), "2026-11-02T00:00:00Z", "bob", CUT_NEW)
    eve = half(policy(), policy(state="disabled"), "2026-11-03T00:00:00Z", "eve", CUT_OLD)
    found = blamed("state", "enabled", "disabled", bob, eve)

    assert [event.actor.name for event in found.suspects] == ["eve", "bob"]


def test_who_made_the_policy_made_all_of_it() -> None:
    made = half(None, excluding(), "2026-11-02T00:00:00Z", "bob") | {
        "activityDisplayName": "Add conditional access policy"
    }

    assert who(blamed(USERS, ["alex@x.example"], None, made)) == [("bob", ("alex@x.example",))]
    assert who(blamed("state", "disabled", "enabled", made)) == [("bob", ())]


def test_a_policy_that_was_deleted_and_is_there_again_was_not_changed_by_that() -> None:
    did = half(policy(), policy(state="disabled"), "2026-11-01T00:00:00Z", "kim")
    gone = half(policy(state="disabled"), None, "2026-11-02T00:00:00Z", "bob") | {
        "activityDisplayName": "Delete conditional access policy"
    }

    assert who(blamed("state", "enabled", "disabled", did, gone)) == [("kim", ())]


def membership(activity: str, member: str, when: str, group_target: bool = True) -> dict[str, Any]:
    """As Core Directory writes it: the member first, the group in its modified properties and as a target."""
    change = {"displayName": "Group.ObjectID", "oldValue": None, "newValue": f'"{GROUP}"'}
    targets: list[dict[str, Any]] = [
        {"id": member, "type": "User", "userPrincipalName": "x", "modifiedProperties": [change]}
    ]
    targets += [{"id": GROUP, "type": "Group", "modifiedProperties": []}] if group_target else []
    return record({}, {}, activity=activity, when=when, targetResources=targets)


@pytest.mark.parametrize("group_target", [True, False])
def test_who_put_somebody_into_a_group(group_target: bool) -> None:
    line = FieldLine(path="members", before=["kim@x.example"], after=["alex@x.example"], is_set=True)
    found = of_members(
        GROUP,
        line,
        {"alex@x.example": ALEX, "kim@x.example": KIM},
        events(
            membership("Add member to group", ALEX, "2026-11-03T00:00:00Z", group_target),
            membership("Remove member from group", KIM, "2026-11-02T00:00:00Z", group_target),
            membership("Add owner to group", ALEX, "2026-11-04T00:00:00Z"),
            membership("Add member to group", KIM, "2026-11-01T00:00:00Z"),
        ),
        LOG,
    )

    assert [cause.entries for cause in found.causes] == [("alex@x.example",), ("kim@x.example",)]
    assert found.unknown == ""


def test_a_member_who_was_removed_by_the_last_record_is_unknown() -> None:
    line = FieldLine(path="members", before=None, after=["alex@x.example", "who@x.example"], is_set=True)
    gone = membership("Remove member from group", ALEX, "2026-11-03T00:00:00Z")
    found = of_members(GROUP, line, {"alex@x.example": ALEX}, events(gone), LOG)

    assert found.causes == ()
    assert "no record of it" in found.unknown


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_sides_are_lost_nobody_else_is_named(data: st.DataObject) -> None:
    """Somebody changed a field once, and others changed the rest of it before and afterwards."""
    count = data.draw(st.integers(1, 6))
    culprit = data.draw(st.integers(0, count - 1))
    told = []
    for number in reversed(range(count)):
        before, after = ("is" if number > culprit else "was", "is" if number >= culprit else "was")
        lost = data.draw(st.tuples(st.booleans(), st.booleans()))
        sides = [Gap.UNKNOWN if gone else side for gone, side in zip(lost, (before, after), strict=True)]
        told.append(Passage(event=one_event(number), before=sides[0], after=sides[1]))
    made = maker(told, "is")
    named = [int(passage.event.id) for passage in made.passages]

    assert culprit in named
    assert named == [culprit] if made.is_proved else made.later is None


def one_event(number: int) -> Event:
    return Event(id=str(number), moment=NOW + timedelta(minutes=number), activity="Update", actor=Actor())


def at_once(*doers: tuple[str, dict[str, Any], dict[str, Any]], apart: float = 0) -> list[dict[str, Any]]:
    """Records of one moment, or as many seconds apart from each other, oldest first."""
    found = []
    for index, (name, before, after) in enumerate(doers):
        when = f"2026-11-20T10:00:{index * apart:07.4f}Z"
        found.append(record(before, after, when=when, id=name, initiatedBy=by(name)))
    return found


@pytest.mark.parametrize("apart", [0, 1])
@pytest.mark.parametrize("order", [1, -1])
def test_two_who_did_the_same_at_once_are_both_told(order: int, apart: int) -> None:
    both = at_once(("a", excluding(), excluding(KIM)), ("b", excluding(), excluding(KIM)), apart=apart)
    found = blamed(USERS, [], ["kim@x.example"], *both[::order])
    single = blamed("state", "enabled", "disabled", *at_once(*_OFF, apart=apart)[::order])

    for one in (found, single):
        assert (who(one), {event.actor.name for event in one.suspects}) == ([], {"a", "b"})
        assert one.unknown == "times of records do not tell which of them came last"


_OFF = [(name, policy(), policy(state="disabled")) for name in ("a", "b")]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("b", "a")])
def test_of_one_moment_that_came_later_which_found_what_another_left(
    order: int, first: str, second: str
) -> None:
    both = at_once((first, excluding(), excluding(ALEX)), (second, excluding(ALEX), excluding(ALEX, KIM)))
    found = blamed(USERS, [], ["alex@x.example", "kim@x.example"], *both[::order])

    assert {(name, entry) for name, entries in who(found) for entry in entries} == {
        (first, "alex@x.example"),
        (second, "kim@x.example"),
    }


def test_one_who_did_it_twice_within_seconds_did_it() -> None:
    off = (policy(), policy(state="disabled"))
    twice = at_once(("a", *off), ("b", *off), apart=1)
    twice[1]["initiatedBy"] = by("a")

    assert who(blamed("state", "enabled", "disabled", *twice)) == [("a", ())]


def test_a_clock_that_is_behind_leaves_a_suspect() -> None:
    skewed = at_once(
        ("carol", excluding(ALEX), excluding(ALEX, KIM)), ("bob", excluding(), excluding(ALEX)), apart=2
    )
    found = blamed(USERS, [], ["alex@x.example", "kim@x.example"], *skewed)

    assert who(found) == [("bob", ("alex@x.example",))]
    assert [event.actor.name for event in found.suspects] == ["carol"]
    assert found.unknown.startswith("times of records do not tell")
    far = at_once(
        ("carol", excluding(ALEX), excluding(ALEX, KIM)), ("bob", excluding(), excluding(ALEX)), apart=9
    )
    assert blamed(USERS, [], ["alex@x.example", "kim@x.example"], *far).suspects == ()


@pytest.mark.parametrize("count", [4, 5])
def test_many_of_one_moment_are_all_told(count: int) -> None:
    off = (policy(), policy(state="disabled"))
    found = blamed("state", "enabled", "disabled", *at_once(*((str(name), *off) for name in range(count))))

    assert who(found) == []
    assert len(found.suspects) == count


def test_turned_off_and_on_at_one_moment_is_not_known_for_certain() -> None:
    on, off = policy(), policy(state="disabled")
    found = blamed("state", "enabled", "disabled", *at_once(("a", on, off), ("b", off, on)))

    assert who(found) == []
    assert [event.actor.name for event in found.suspects] == ["a"]
