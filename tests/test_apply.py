"""Applying while the tenant misbehaves: everything is told, nothing happens twice, and the rest gets done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from full_disk import fill
from trial import (
    FIRST,
    LOCATIONS,
    POLICIES,
    SECOND,
    SELF,
    Message,
    Tenant,
    Writes,
    absent,
    actions,
    carry,
    carry_out,
    failing,
    folder,
    group,
    location,
    plan,
    policy,
    reasons,
    settle,
    statuses,
    strength,
)

from tapctl.errors import NotRecorded
from tapctl.pipeline import carry_out as carry_out_for_real
from tapctl.record import FileRecord, NoRecord
from tapctl.sandbox import Misbehaviour, Settings
from tapctl.sandbox.misbehave import AnswerDroppedError
from tapctl.sandbox.seed import PEOPLE, numbered

EVERYTHING = [
    policy("P", includeGroups=["G"], excludeGroups=["Break glass"]),
    policy("Q", "disabled", only={"conditions": {"locations": {"includeLocations": ["L"]}}}),
    group("G", [SELF]),
    location("L", "192.0.2.0/24", isTrusted=True),
    strength("S", "fido2", "windowsHelloForBusiness"),
]


def lost(method: str, nth: int = 1, path: str = "") -> Writes:
    """The answer to the n-th write of this sort is lost, after it was carried out."""
    seen: list[int] = []

    def after(number: int, scope: Any) -> None:
        if scope["method"] == method and path in scope["path"]:
            seen.append(number)
            if len(seen) == nth:
                raise AnswerDroppedError("lost")

    return Writes(after=after)


@pytest.mark.parametrize(
    "misbehaviour",
    [
        Misbehaviour(throttle_conditional_access_every=2),
        Misbehaviour(throttle_other_every=3),
        Misbehaviour(lag_reads=3),
        Misbehaviour(lag_reads=2, throttle_conditional_access_every=3, throttle_other_every=4),
    ],
)
def test_everything_is_applied_by_a_slow_or_lagging_tenant(
    tenant: Tenant, tmp_path: Path, misbehaviour: Misbehaviour
) -> None:
    planned = plan(folder(tmp_path, EVERYTHING), tenant)
    tenant.misbehaviour = misbehaviour

    assert set(statuses(carry_out(planned, tenant)).values()) == {"applied"}
    tenant.misbehaviour = Misbehaviour()
    assert actions(plan(tmp_path, tenant)) == {}


@pytest.mark.parametrize("every", [1, 2, 3])
def test_a_lost_answer_duplicates_nothing(tenant: Tenant, tmp_path: Path, every: int) -> None:
    planned = plan(folder(tmp_path, EVERYTHING), tenant)
    tenant.misbehaviour = Misbehaviour(drop_answer_every=every, lag_reads=2)

    result = carry_out(planned, tenant)

    assert reasons(result) == {}
    for collection, name in ((POLICIES, "P"), (POLICIES, "Q"), ("groups", "G"), (LOCATIONS, "L")):
        assert len(tenant.named(collection, name)) == 1


def test_a_create_that_cannot_be_found_is_not_repeated(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(folder(tmp_path, [policy("P"), policy("Q")]), tenant)
    tenant.between = [writes := failing(1, 500)]

    result = carry_out(planned, tenant)

    assert statuses(result) == {"ConditionalAccessPolicy/P": "failed", "ConditionalAccessPolicy/Q": "applied"}
    assert "look before repeating it" in reasons(result)["ConditionalAccessPolicy/P"]
    assert [seen for seen in writes.seen if seen.startswith("POST")] == [f"POST {POLICIES}"] * 2


def test_a_lost_membership_is_seen_when_reading_back(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(folder(tmp_path, [group("G", [SELF, FIRST])]), tenant)
    tenant.between = [lost("POST", path="$ref")]

    assert statuses(carry_out(planned, tenant)) == {"Group/G": "applied"}


def test_a_delete_whose_answer_was_lost_is_done(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("P", "disabled")]), tenant)
    planned = plan(folder(tmp_path, [absent("ConditionalAccessPolicy", "P")]), tenant)
    tenant.between = [lost("DELETE")]

    assert statuses(carry_out(planned, tenant)) == {"ConditionalAccessPolicy/P": "applied"}


def test_one_failure_skips_what_needs_it_and_nothing_else(tenant: Tenant, tmp_path: Path) -> None:
    documents = [
        group("G", [SELF]),
        policy("P", includeGroups=["G"], excludeGroups=["Break glass"]),
        policy("Q"),
        location("L", "192.0.2.0/24"),
    ]
    planned = plan(folder(tmp_path, documents), tenant)
    tenant.between = [failing(1)]

    result = carry_out(planned, tenant)

    assert statuses(result) == {
        "Group/G": "failed",
        "ConditionalAccessPolicy/P": "skipped",
        "ConditionalAccessPolicy/Q": "applied",
        "NamedLocation/L": "applied",
    }
    assert reasons(result)["ConditionalAccessPolicy/P"] == "it depends on Group/G, which was not applied"
    assert "refused by the test" in reasons(result)["Group/G"]


def test_nothing_is_loosened_after_a_policy_could_not_be_enforced(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("Old"), policy("Other")]), tenant)
    changed = [policy("New"), policy("Other", "disabled"), absent("ConditionalAccessPolicy", "Old")]
    planned = plan(folder(tmp_path, changed), tenant)
    tenant.between = [failing(1)]

    result = carry_out(planned, tenant)

    assert statuses(result)["ConditionalAccessPolicy/Old"] == "skipped"
    assert "would let more through without it" in reasons(result)["ConditionalAccessPolicy/Other"]
    assert {item["state"] for item in tenant.store.objects(POLICIES).values()} == {"enabled"}


def test_passes_are_not_loosened_after_a_policy_could_not_be_enforced(tenant: Tenant, tmp_path: Path) -> None:
    spec = {"state": "enabled", "isUsableOnce": False, "maximumLifetimeInMinutes": "30d"}
    passes = {
        "kind": "TemporaryAccessPassPolicy",
        "spec": {**spec, "includeTargets": ["all_users"]},
    }
    planned = plan(folder(tmp_path, [policy("New"), passes]), tenant)
    tenant.between = [failing(1)]

    assert statuses(carry_out(planned, tenant))["TemporaryAccessPassPolicy"] == "skipped"


def test_nobody_leaves_a_group_after_a_failure(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [group("A", [FIRST]), group("B", []), policy("P", "disabled")]), tenant)
    changed = [group("A", []), group("B", [FIRST]), policy("P", "disabled")]
    planned = plan(folder(tmp_path, changed), tenant)
    tenant.between = [failing(1)]

    result = carry_out(planned, tenant)

    assert statuses(result) == {"Group/A": "skipped", "Group/B": "failed"}
    assert reasons(result)["Group/A"] == "Group/B was not applied, and may count on what this holds"
    assert tenant.one("groups", "A")["members"] == [PEOPLE["emergency-1"]]


def test_the_old_goes_only_when_the_new_is_enforced(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("Old"), location("L", "192.0.2.0/24")]), tenant)
    planned = plan(
        folder(
            tmp_path, [policy("New"), absent("ConditionalAccessPolicy", "Old"), absent("NamedLocation", "L")]
        ),
        tenant,
    )
    tenant.between = [writes := Writes()]

    carry_out(planned, tenant)

    assert [seen.split()[0] for seen in writes.seen] == ["POST", "PATCH", "DELETE", "DELETE"]
    assert writes.seen[3].startswith(f"DELETE {LOCATIONS}")


def test_a_trusted_location_is_deleted_once_it_is_no_longer_trusted(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [location("L", "192.0.2.0/24", isTrusted=True)]), tenant)
    planned = plan(folder(tmp_path, [absent("NamedLocation", "L")]), tenant)
    tenant.misbehaviour = Misbehaviour(lag_reads=4)

    assert statuses(carry_out(planned, tenant)) == {"NamedLocation/L": "applied"}


def test_what_never_becomes_untrusted_is_not_deleted(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [location("L", "192.0.2.0/24", isTrusted=True)]), tenant)
    planned = plan(folder(tmp_path, [absent("NamedLocation", "L")]), tenant)
    tenant.between = [Writes(instead=lambda number, scope: 204 if scope["method"] == "PATCH" else None)]

    result = carry_out(planned, tenant)

    assert statuses(result) == {"NamedLocation/L": "failed"}
    assert len(tenant.named(LOCATIONS, "L")) == 1


def test_what_somebody_changed_meanwhile_is_not_overwritten(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("P"), group("G", [SELF])]), tenant)
    planned = plan(folder(tmp_path, [policy("P", "disabled"), group("G", [])]), tenant)
    tenant.put(POLICIES, **{**tenant.one(POLICIES, "P"), "state": "enabledForReportingButNotEnforced"})
    tenant.put("groups", **{**tenant.one("groups", "G"), "members": [PEOPLE["karin.holm"]]})

    result = carry_out(planned, tenant)

    assert set(statuses(result).values()) == {"failed"}
    assert "somebody changed it since the plan was made" in reasons(result)["Group/G"]


def test_what_has_disappeared_is_told(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("P"), group("G", [SELF])]), tenant)
    planned = plan(folder(tmp_path, [policy("P", "disabled"), group("G", [])]), tenant)
    tenant.clear(POLICIES, "groups")

    result = carry_out(planned, tenant)

    assert ["it has disappeared" in why for why in reasons(result).values()] == [True, True]


@pytest.mark.parametrize(
    "document", [policy("X", "disabled"), group("X"), {**policy("X"), "formerNames": ["P"]}]
)
def test_a_name_that_appears_meanwhile_is_not_used_again(
    tenant: Tenant, tmp_path: Path, document: dict[str, Any]
) -> None:
    settle(folder(tmp_path, [policy("P"), group("G")]), tenant)
    planned = plan(folder(tmp_path, [document]), tenant)
    tenant.put(POLICIES, **{**tenant.one(POLICIES, "P"), "id": numbered(4, 70), "displayName": "X"})
    tenant.put("groups", **{**tenant.one("groups", "G"), "id": numbered(2, 70), "displayName": "X"})

    result = carry_out(planned, tenant)

    assert ["has appeared since" in why for why in reasons(result).values()] == [True]


def test_what_does_not_read_back_is_failed_with_its_fields(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("P")]), tenant)
    planned = plan(folder(tmp_path, [policy("P", "disabled")]), tenant)
    tenant.between = [Writes(instead=lambda number, scope: 204)]

    result = carry_out(planned, tenant)

    why = reasons(result)["ConditionalAccessPolicy/P"]
    assert why == "written, but it does not read back: state is 'enabled', not 'disabled'"


def test_what_was_never_answered_and_does_not_read_back_says_so(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [policy("P")]), tenant)
    planned = plan(folder(tmp_path, [policy("P", "disabled")]), tenant)
    tenant.between = [Writes(instead=lambda number, scope: 500)]

    why = reasons(carry_out(planned, tenant))["ConditionalAccessPolicy/P"]

    assert why.startswith("perhaps not written, for it does not read back: state is 'enabled'")
    assert "500" in why


def test_what_a_service_keeps_is_told_with_what_to_do(tenant: Tenant, tmp_path: Path) -> None:
    """Nobody says that a null takes the levels of insider risk away."""
    tenant.sandbox = Settings(merges_blocks=True)
    risky = policy("P", "disabled", only={"conditions": {"insiderRiskLevels": "minor"}})
    settle(folder(tmp_path, [risky]), tenant)

    result = carry_out(plan(folder(tmp_path, [policy("P", "disabled")]), tenant), tenant)

    why = reasons(result)["ConditionalAccessPolicy/P"]
    assert "conditions.insiderRiskLevels is ['minor'], not None; if planning again finds it there" in why
    assert "take it out in the portal" in why


def test_what_is_changed_again_is_found_by_the_last_reading(tenant: Tenant, tmp_path: Path) -> None:
    documents = [location("L", "192.0.2.0/24"), policy("P")]
    planned = plan(folder(tmp_path, documents), tenant)

    def meddle(number: int, scope: Any) -> None:
        if number == 3:
            tenant.put(LOCATIONS, **{**tenant.one(LOCATIONS, "L"), "isTrusted": True})

    tenant.between = [Writes(after=meddle)]
    result = carry_out(planned, tenant)

    assert statuses(result)["NamedLocation/L"] == "failed"
    assert "isTrusted is True, not False" in reasons(result)["NamedLocation/L"]


@pytest.mark.parametrize(
    ("documents", "spoil", "said"),
    [
        ([absent("ConditionalAccessPolicy", "P")], "DELETE", "it is still there"),
        ([{**policy("Q"), "formerNames": ["P"]}], "PATCH", "its name is still 'P'"),
        ([group("G", [])], "DELETE", "members is"),
    ],
)
def test_each_way_of_not_reading_back_has_its_words(
    tenant: Tenant, tmp_path: Path, documents: list[dict[str, Any]], spoil: str, said: str
) -> None:
    settle(folder(tmp_path, [policy("P"), group("G", [SELF])]), tenant)
    planned = plan(folder(tmp_path, documents), tenant)
    tenant.between = [Writes(instead=lambda number, scope: 204 if scope["method"] == spoil else None)]

    (why,) = reasons(carry_out(planned, tenant)).values()

    assert said in why


def test_what_vanishes_after_it_was_created_is_told(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(folder(tmp_path, [group("G", [SELF])]), tenant)
    tenant.between = [Writes(after=lambda number, scope: tenant.clear("groups") if number == 2 else None)]

    (why,) = reasons(carry_out(planned, tenant)).values()

    assert why == "written, but it does not read back: it is not there"


@pytest.mark.parametrize("forbidden", [POLICIES, "groups"])
def test_a_tenant_that_may_no_longer_be_read_stops_its_kind(
    tenant: Tenant, tmp_path: Path, forbidden: str
) -> None:
    documents = [policy("P"), group("G", [SELF]), location("L", "192.0.2.0/24")]
    planned = plan(folder(tmp_path, documents), tenant)
    tenant.misbehaviour = Misbehaviour(forbidden=(forbidden,))

    result = carry_out(planned, tenant)

    assert sorted(statuses(result).values()) == ["applied", "applied", "failed"]
    assert any("Permission" in why or "permission" in why for why in reasons(result).values())


def test_what_can_no_longer_be_read_after_writing_is_failed(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(folder(tmp_path, [location("L", "192.0.2.0/24")]), tenant)
    closed: list[bool] = []

    def shut(app: Any) -> Any:
        async def wrapped(scope: Any, receive: Any, send: Any) -> None:
            if closed and scope["method"] == "GET":
                scope = {**scope, "raw_path": b"/v1.0/nowhere", "path": "/v1.0/nowhere"}
            await app(scope, receive, send)

        return wrapped

    tenant.between = [Writes(before=lambda number, scope: closed.append(True)), shut]
    result = carry_out(planned, tenant)

    assert statuses(result) == {"NamedLocation/L": "failed"}
    assert "does not read back: GET" in reasons(result)["NamedLocation/L"]


def interrupt(number: int, stop: Callable[[], object]) -> Writes:
    return Writes(after=lambda seen, scope: stop() if seen == number else None)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, {"Group/G": "failed", "ConditionalAccessPolicy/P": "skipped"}),
        (3, {"Group/G": "applied", "ConditionalAccessPolicy/P": "failed"}),
    ],
)
def test_an_interruption_gives_a_full_account(
    tenant: Tenant, tmp_path: Path, number: int, expected: dict[str, str]
) -> None:
    documents = [group("G", [SELF]), policy("P", includeGroups=["G"], excludeGroups=["Break glass"])]
    planned = plan(folder(tmp_path, documents), tenant)

    async def main() -> Any:
        task = asyncio.ensure_future(carry(planned, tenant))
        tenant.between = [interrupt(number, task.cancel)]
        return await task

    result = asyncio.run(main())

    assert result.was_interrupted
    assert statuses(result) == expected


def test_an_interruption_after_a_failure_keeps_both(tenant: Tenant, tmp_path: Path) -> None:
    documents = [group("G", [SELF]), location("L", "192.0.2.0/24"), policy("P")]
    planned = plan(folder(tmp_path, documents), tenant)

    async def main() -> Any:
        task = asyncio.ensure_future(carry(planned, tenant))
        tenant.between = [failing(1), interrupt(2, task.cancel)]
        return await task

    result = asyncio.run(main())

    assert "refused by the test" in reasons(result)["Group/G"]
    assert reasons(result)["NamedLocation/L"].startswith("written, but interrupted")
    assert reasons(result)["ConditionalAccessPolicy/P"] == "interrupted before its turn"


def test_a_disk_that_fills_ends_the_apply_with_a_full_account(
    tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(folder(tmp_path, [group("G", [SELF]), location("L", "192.0.2.0/24")]), tenant)
    record = FileRecord(tmp_path / "records", "sandbox")
    fill(monkeypatch, lambda text: text.count('"request"') < 2)

    result = carry_out(planned, tenant, record)
    record.close()

    why = f'stopped, because the record "{record.path}" cannot be written: No space left on device, '
    assert statuses(result) == {"Group/G": "failed", "NamedLocation/L": "skipped"}
    assert reasons(result)["Group/G"].removeprefix(why).startswith("while it was being written")
    assert reasons(result)["NamedLocation/L"] == f"{why}before its turn"
    assert '"event": "end"' not in record.path.read_text(encoding="utf-8")


def test_an_apply_whose_record_has_no_room_sends_nothing(
    tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(folder(tmp_path, [location("L", "192.0.2.0/24")]), tenant)
    record = FileRecord(tmp_path / "records", "sandbox")
    fill(monkeypatch, lambda text: '"change"' not in text)

    with pytest.raises(NotRecorded, match="No space left on device"):
        carry_out(planned, tenant, record)
    record.close()

    assert actions(plan(tmp_path, tenant)) == actions(planned)


def test_a_half_created_policy_is_off_and_the_next_apply_enforces_it(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(folder(tmp_path, [policy("P")]), tenant)
    tenant.between = [failing(2)]

    carry_out(planned, tenant)

    assert tenant.one(POLICIES, "P")["state"] == "disabled"
    tenant.between = []
    assert actions(plan(tmp_path, tenant)) == {"ConditionalAccessPolicy/P": "update"}
    assert reasons(settle(tmp_path, tenant)) == {}


def test_a_plan_with_errors_applies_nothing(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(folder(tmp_path, [policy("P", excludeUsers=["nobody@nordwind.example"])]), tenant)
    tenant.between = [writes := Writes()]

    result = carry_out(planned, tenant)

    assert statuses(result) == {"ConditionalAccessPolicy/P": "skipped"}
    assert writes.seen == []


def test_the_steps_can_be_watched(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(
        folder(tmp_path, [policy("P", includeUsers=["All"], excludeUsers=[FIRST, SECOND])]), tenant
    )
    seen: list[str] = []

    async def main() -> None:
        async with tenant.connection() as gateway:
            await carry_out_for_real(planned, gateway, NoRecord(), lambda step: seen.append(step.phase))

    asyncio.run(main())

    assert seen == ["tightening", "enabling"]


def not_found(path: str, times: int) -> Writes:
    """The first writes to such a path find nothing, as right after a creation."""
    told: list[int] = []

    def instead(number: int, scope: Message) -> int | None:
        if str(scope["path"]).endswith(path) and len(told) < times:
            told.append(number)
            return 404
        return None

    return Writes(instead=instead)


def test_what_this_run_created_may_be_unknown_for_a_while(tenant: Tenant, tmp_path: Path) -> None:
    tenant.between.append(not_found("/members/$ref", times=2))

    result = settle(folder(tmp_path, [group("Fresh", [FIRST])]), tenant)

    assert statuses(result) == {"Group/Fresh": "applied"}


def test_what_was_there_before_and_is_not_found_has_failed(tenant: Tenant, tmp_path: Path) -> None:
    tenant.between.append(not_found("/members/$ref", times=1))

    result = settle(folder(tmp_path, [group("New hires", [FIRST])]), tenant)

    assert statuses(result) == {"Group/New hires": "failed"}
