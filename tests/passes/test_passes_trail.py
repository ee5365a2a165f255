from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from following_tools import IDS, INGRID, MIA, YUSUF, Company

from tapctl.model import JsonObject
from tapctl.passes.trail import Moments, Trail, read_sign_ins, read_trail, records_of, trail_of

MADE = datetime(2026, 11, 2, 9, tzinfo=UTC)
HIRE = "aaaa"
PASS_MADE = "Admin registered temporary access pass method for user"


def record(**changes: Any) -> JsonObject:
    return {
        "activityDisplayName": "Admin registered security info",
        "activityDateTime": "2026-11-02T09:00:01.1234567Z",
        "result": "success",
        "resultReason": PASS_MADE,
        "initiatedBy": {"app": None, "user": {"userPrincipalName": "desk@contoso.example", "id": "1"}},
        "targetResources": [{"id": HIRE.upper(), "userPrincipalName": "hire@contoso.example"}],
        **changes,
    }


def trail_with(*items: JsonObject) -> Trail:
    return trail_of((found for item in items for found in records_of(item)), MADE - timedelta(days=1))


def actor(initiator: Any) -> tuple[str, bool]:
    (found,) = trail_with(record(initiatedBy=initiator)).records[HIRE]
    return found.actor, found.is_app


def test_a_pass_was_made_by_whoever_the_log_names_at_its_time() -> None:
    made = trail_with(record()).making_of(HIRE, MADE)

    assert made is not None
    assert (made.actor, made.deed, made.user_name) == ("desk@contoso.example", "made", "hire@contoso.example")


@pytest.mark.parametrize("created", [None, MADE + timedelta(minutes=11), MADE - timedelta(minutes=11)])
def test_a_record_of_another_time_is_of_another_pass(created: datetime | None) -> None:
    assert trail_with(record()).making_of(HIRE, created) is None


def test_of_several_records_the_nearest_counts() -> None:
    others = [record(activityDateTime=f"2026-11-02T09:0{minute}:00Z") for minute in (2, 5)]

    made = trail_with(*others, record()).making_of(HIRE, MADE + timedelta(minutes=3))

    assert made is not None
    assert made.at.minute == 2


@pytest.mark.parametrize(
    ("initiator", "name", "is_app"),
    [
        ({"user": {"displayName": "Desk", "id": "1"}, "app": None}, "Desk", False),
        ({"user": {"id": "1"}, "app": None}, "1", False),
        ({"user": None, "app": {"displayName": "Workflows", "appId": "2"}}, "Workflows", True),
        ({"user": {"id": None}, "app": {"appId": "2"}}, "2", True),
        ({}, "", True),
        (None, "", True),
    ],
)
def test_people_and_applications_make_passes(initiator: Any, name: str, is_app: bool) -> None:
    assert actor(initiator) == (name, is_app)


@pytest.mark.parametrize(
    "changes",
    [
        {"resultReason": "Admin registered phone method for user"},
        {"result": "failure"},
        {"activityDisplayName": "Admin updated security info"},
        {"activityDateTime": None},
        {"targetResources": None},
        {"targetResources": [{"id": None}, 7]},
    ],
)
def test_other_records_are_none_of_passes(changes: dict[str, Any]) -> None:
    assert trail_with(record(**changes)).records == {}


@pytest.mark.parametrize(
    "changes", [{"resultReason": None}, {"activityDisplayName": "ADMIN Registered Security Info"}]
)
def test_the_log_s_spelling_varies(changes: dict[str, Any]) -> None:
    assert HIRE in trail_with(record(**changes)).records


def test_the_last_deed_is_known() -> None:
    deleted = record(activityDisplayName="Admin deleted security info", activityDateTime="2026-11-02T10:00Z")
    trail = trail_with(deleted, record(activityDateTime="2026-11-02T08:00Z"), record())

    assert trail.last(HIRE, "made") == trail.records[HIRE][1]
    assert trail.last(HIRE, "deleted") == trail.records[HIRE][2]
    assert trail.last("nobody", "made") is None


def test_the_log_is_read_in_one_request() -> None:
    company = Company()
    company.issue(MIA)
    company.issue(YUSUF)
    company.give(MIA, "fido2")

    async def read(gateway: Any) -> tuple[Trail, int]:
        before = gateway.sent
        return await read_trail(gateway, company.now - timedelta(days=30)), gateway.sent - before

    trail, requests = company.ask(read)

    assert requests == 1
    assert {user: some[0].actor for user, some in trail.records.items()} == {
        IDS[MIA]: INGRID,
        IDS[YUSUF]: INGRID,
    }


def test_records_of_others_are_not_kept() -> None:
    company = Company()
    company.issue(MIA)
    company.issue(YUSUF)

    trail = company.ask(lambda gateway: read_trail(gateway, company.now - timedelta(days=1), {IDS[MIA]}))

    assert trail.records.keys() == {IDS[MIA]}


def test_what_is_older_is_not_asked_for() -> None:
    company = Company()
    company.issue(MIA)

    trail = company.ask(lambda gateway: read_trail(gateway, company.now + timedelta(seconds=1)))

    assert (trail.records, trail.unread) == ({}, "")


def test_logs_that_may_not_be_read_say_why() -> None:
    company = Company()
    company.misbehave(forbidden=("auditLogs",))

    trail = company.ask(lambda gateway: read_trail(gateway, company.now))
    sign_ins = company.ask(lambda gateway: read_sign_ins(gateway, {IDS[MIA]: company.now}))

    assert "AuditLog.Read.All" in trail.unread
    assert "AuditLog.Read.All" in sign_ins.unread


def test_sign_ins_are_asked_for_in_fifteens_and_each_since_their_own_time() -> None:
    company = Company()
    company.issue(MIA, isUsableOnce=False)
    company.sign_in(MIA)
    company.wait(minutes=5)
    company.sign_in(MIA)
    since = {IDS[MIA]: company.now - timedelta(minutes=5)} | {f"nobody{n}": company.now for n in range(15)}

    async def read(gateway: Any) -> tuple[Any, int]:
        before = gateway.sent
        return await read_sign_ins(gateway, since), gateway.sent - before

    found, requests = company.ask(read)

    assert requests == 2
    assert found.first == {IDS[MIA]: company.now - timedelta(minutes=5)}


def test_nobody_s_sign_ins_ask_nothing() -> None:
    company = Company()

    async def read(gateway: Any) -> int:
        before: int = gateway.sent
        await read_sign_ins(gateway, {})
        return int(gateway.sent) - before

    assert company.ask(read) == 0


def test_only_successes_of_the_people_asked_about_count() -> None:
    moment = "2026-11-02T10:00:00Z"
    items: list[JsonObject] = [
        {"userId": "A", "createdDateTime": moment, "status": {"errorCode": 0}},
        {"userId": "a", "createdDateTime": "2026-11-02T11:00:00Z", "status": {"errorCode": 0}},
        {"userId": "a", "createdDateTime": "2026-11-02T09:59:00Z", "status": {"errorCode": 50126}},
        {"userId": "a", "createdDateTime": "2026-11-02T08:00:00Z", "status": {"errorCode": 0}},
        {"userId": "b", "createdDateTime": moment, "status": {"errorCode": 0}},
        {"userId": "a", "createdDateTime": None, "status": {"errorCode": 0}},
        {"userId": "a", "createdDateTime": moment, "status": None},
    ]
    found = Moments({"a": MADE})
    found.add(items)

    assert found.sign_ins.first == {"a": MADE + timedelta(hours=1)}
