from __future__ import annotations

import pytest

from tapctl.kinds import kinds
from tapctl.model import Json, JsonObject
from tapctl.undo.taken_back import Sides, take_back

POLICY = kinds()["ConditionalAccessPolicy"].field


def taken(was: JsonObject, made: JsonObject, now: JsonObject) -> tuple[Json, list[str]]:
    """What a policy becomes, and what of it is lost."""
    found = take_back(POLICY, Sides(was=was, made=made, now=now, back=was))
    return found.value, [".".join(map(str, path)) for path in found.lost]


def users(**lists: Json) -> JsonObject:
    return {"conditions": {"users": {**lists}}}


def session(**controls: Json) -> JsonObject:
    return {"sessionControls": {**controls}}


def hours(count: int, unit: str = "hours") -> JsonObject:
    return {"isEnabled": True, "value": count, "type": unit}


def test_what_the_change_left_alone_stays_as_it_is_now() -> None:
    was: JsonObject = {"state": "enabled"}

    assert taken(was, {"state": "disabled"}, {"state": "disabled", **users(excludeGroups=["A"])}) == (
        {"state": "enabled", **users(excludeGroups=["A"])},
        [],
    )


def test_what_is_as_it_was_stays() -> None:
    assert taken({"state": "enabled"}, {"state": "disabled"}, {"state": "enabled"}) == (
        {"state": "enabled"},
        [],
    )


def test_what_others_changed_again_is_lost() -> None:
    assert taken({"state": "enabled"}, {"state": "disabled"}, {"state": "other"}) == (
        {"state": "enabled"},
        ["state"],
    )


def test_a_block_that_came_goes_without_what_others_put_in_it() -> None:
    now = session(signInFrequency=hours(4), persistentBrowser={"mode": "never"})

    assert taken({}, session(signInFrequency=hours(4)), now) == (
        session(persistentBrowser={"mode": "never"}),
        [],
    )
    assert taken({}, session(signInFrequency=hours(4)), session()) == (None, [])


def test_a_number_and_its_unit_are_one_setting() -> None:
    was, made = session(signInFrequency=hours(4)), session(signInFrequency=hours(8))

    assert taken(was, made, session(signInFrequency=hours(8, "days"))) == (
        was,
        ["sessionControls.signInFrequency"],
    )


def test_entries_come_and_go_beside_those_of_others() -> None:
    was, made = users(excludeGroups=["A", "B"]), users(excludeGroups=["A", "C"])

    assert taken(was, made, users(excludeGroups=["A", "C", "D"])) == (
        users(excludeGroups=["A", "B", "D"]),
        [],
    )
    assert taken(users(), users(excludeGroups=["C"]), users(excludeGroups=["C", "D"])) == (
        users(excludeGroups=["D"]),
        [],
    )


@pytest.mark.parametrize("now", [["A", "D"], ["A", "B", "C"], ["A", "GuestsOrExternalUsers", "C"]])
def test_entries_that_others_touched_too_are_lost(now: list[Json]) -> None:
    was, made = users(excludeUsers=["A", "B"]), users(excludeUsers=["A", "C"])

    assert taken(was, made, users(excludeUsers=now)) == (was, ["conditions.users.excludeUsers"])


def test_lists_of_anything_else_are_one_value() -> None:
    def apps(*types: Json) -> JsonObject:
        return {"conditions": {"clientAppTypes": [*types], "users": {}}}

    assert taken(apps("a"), apps("a", "b"), apps("a", "b", "c"))[1] == ["conditions.clientAppTypes"]


def test_entries_by_another_name_than_they_had_are_lost() -> None:
    was, made, now = (users(excludeGroups=[*each]) for each in ("A", "B", "BC"))
    found = take_back(POLICY, Sides(was=was, made=made, now=now, back=users(excludeGroups=["A now"])))

    assert found.lost == (("conditions", "users", "excludeGroups"),)


def test_what_no_schema_knows_is_one_value() -> None:
    was, made, now = (session(newest={"a": {"b": each}}) for each in (1, 2, 3))

    assert taken(was, made, now) == (was, ["sessionControls.newest"])
