from __future__ import annotations

import asyncio
import json
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyrage  # type: ignore[import-untyped]  # ships no types
import pytest
from full_disk import fill
from issuing import (
    DOMAIN,
    NAMES,
    PATH,
    HeldBack,
    Trial,
    answering,
    by_hand,
    dated,
    entries,
    late,
    losing,
    make,
    nameless,
    stealing,
)

from tapctl.passes.delivery import passcode_only
from tapctl.passes.delivery.file import EncryptedFiles
from tapctl.passes.issuing.runs import unfinished
from tapctl.sandbox import Misbehaviour
from tapctl.sandbox.passes import find_pass, is_code
from tapctl.sandbox.seed import PEOPLE

MIA, YUSUF, CHLOE = (f"{name}@{DOMAIN}" for name in NAMES)
ALL = ["delivered"] * 3
METHODS = f"users/{PEOPLE['mia.larsen']}/authentication/methods"


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(folder=tmp_path)


def creations(trial: Trial) -> int:
    audits = trial.tenant.store.objects("auditLogs/directoryAudits").values()
    return sum("access pass" in str(item["resultReason"]) for item in audits)


def test_everybody_gets_one_pass_that_works(trial: Trial) -> None:
    trial.go()

    assert trial.states == ALL
    assert trial.works == {MIA: True, YUSUF: True, CHLOE: True}
    assert creations(trial) == 3
    assert trial.seen[-1] == (3, 3)
    assert len(trial.also) == 3


def test_the_record_tells_every_step_and_no_passcode(trial: Trial) -> None:
    trial.go(entries("mia.larsen"))

    events = [json.loads(line)["event"] for line in trial.record.splitlines()]
    assert events == ["run", "planned", "checked", "begun", "made", "delivered", "end"]
    assert trial.kept.passcodes[MIA][0] not in trial.record


def test_a_wish_goes_out_as_it_is(trial: Trial) -> None:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    trial.go(entries("mia.larsen", start=start))

    (made,) = trial.also
    assert (made.start, made.end, made.is_usable_once) == (start, start + timedelta(hours=1), True)


@pytest.mark.parametrize("seconds", [-300, 30])
def test_a_start_that_has_passed_or_soon_will_have_is_at_once(trial: Trial, seconds: int) -> None:
    start = datetime.now(UTC) + timedelta(seconds=seconds)
    trial.go(entries("mia.larsen", start=start))

    assert trial.states == ["delivered"]
    assert '"start": null, "before"' in trial.record


@pytest.mark.parametrize("is_made", [True, False])
def test_a_lost_answer_is_looked_after_before_a_pass_is_asked_for_again(trial: Trial, is_made: bool) -> None:
    trial.tenant.between.append(losing(2, is_made=is_made))
    trial.go()

    assert trial.states == ALL
    assert all(trial.works.values())
    assert [len(codes) for codes in trial.kept.passcodes.values()] == [1, 1, 1]
    assert creations(trial) == (5 if is_made else 3)
    said = "whose passcode nobody has" if is_made else "a look shows no valid pass"
    assert trial.record.count(said) == 2
    doubts = [entry.why for entry in trial.worklist.entries() if "still carried out" in entry.why]
    assert len(doubts) == (0 if is_made else 2)


@pytest.mark.parametrize(
    ("status", "body"), [(500, b""), (504, b"<html>"), (408, b""), (503, b""), (201, b"{"), (201, b"{}")]
)
def test_an_answer_that_says_nothing_is_as_good_as_lost(trial: Trial, status: int, body: bytes) -> None:
    trial.tenant.between.append(answering(status, body=body, is_made=True))
    trial.go(entries("mia.larsen"))

    assert trial.states == ["delivered"]
    assert all(trial.works.values())
    assert creations(trial) == 2


CODE = '"id": "p", "temporaryAccessPass": "Xk3!pq9w"'
WHOLE = f'{CODE}, "createdDateTime": "2026-11-02T09:00:00Z", "lifetimeInMinutes": 90, "isUsableOnce": false'


@pytest.mark.parametrize(
    ("body", "minutes", "is_usable_once"),
    [
        (f"{{{CODE}}}", 60, True),
        (f'{{{CODE}, "createdDateTime": "2026-11-02T09:00:00Z"}}', 60, True),
        (f'{{{CODE}, "lifetimeInMinutes": "long", "isUsableOnce": false}}', 60, True),
        (f'{{"value": {{{WHOLE}}}}}', 90, False),
    ],
)
@pytest.mark.parametrize("start", [None, datetime(2040, 1, 2, 9, tzinfo=UTC)])
def test_a_passcode_is_handed_over_whatever_its_answer_leaves_out(
    trial: Trial, body: str, minutes: int, is_usable_once: bool, start: datetime | None
) -> None:
    trial.tenant.between.append(answering(201, body=body.encode(), is_made=True))
    trial.go(entries("mia.larsen", start=start))

    (made,) = trial.also
    assert trial.kept.passcodes == {MIA: ["Xk3!pq9w"]}
    assert creations(trial) == 1
    assert made.is_usable_once == is_usable_once
    assert made.end - made.start == timedelta(minutes=minutes)
    assert start in (None, made.start)


@pytest.mark.parametrize(("minutes", "state"), [(25, "delivered"), (-25, "delivered"), (0, "failed")])
def test_a_lost_answer_is_known_by_graph_s_clock(trial: Trial, minutes: int, state: str) -> None:
    """Whose clock is whose: with a date that is right, a pass of 25 minutes later is somebody else's."""
    ahead = timedelta(minutes=minutes)
    trial.tenant.store.clock = lambda: datetime.now(UTC) + (ahead or timedelta(minutes=25))
    trial.tenant.between += [losing(1), dated(ahead)]
    trial.go(entries("mia.larsen"))

    assert trial.states == [state]
    assert all(trial.works.values())


@pytest.mark.parametrize("ahead", [timedelta(minutes=25), timedelta(minutes=-25), timedelta(days=2)])
def test_no_pass_is_disowned_for_what_an_answer_s_date_says(trial: Trial, ahead: timedelta) -> None:
    """A proxy dates the answers; passes are dated by a clock that agrees with this machine's."""
    trial.tenant.between += [losing(1), dated(ahead)]
    trial.go(entries("mia.larsen"))

    assert trial.states == ["delivered"]
    assert all(trial.works.values())


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(hours=23), timedelta(days=-2), timedelta(days=2)])
def test_a_wished_start_is_kept_whatever_an_answer_s_date_says(trial: Trial, ahead: timedelta) -> None:
    start = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    trial.tenant.between.append(dated(ahead))
    trial.go(entries("mia.larsen", start=start))

    (made,) = trial.also
    assert made.start == start


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_start_that_is_past_by_one_clock_alone_is_asked_for_by_nobody(trial: Trial, minutes: int) -> None:
    start = datetime.now(UTC) + timedelta(minutes=minutes)
    trial.tenant.between.append(dated(timedelta(minutes=25 if minutes > 0 else -25)))
    trial.go(entries("mia.larsen", start=start))

    assert (trial.states, creations(trial)) == (["failed"], 0)
    assert "is past by" in trial.record


def test_answer_after_answer_lost_leaves_it_to_another_day(trial: Trial) -> None:
    trial.tenant.between.append(losing(100))
    trial.go(entries(*NAMES, "peter.brandt", "aisha.rahman"))

    assert trial.kept.passcodes == {}
    assert trial.states.count("lost") >= 3
    assert "see whether the network holds" in trial.stopped
    assert set(trial.kept.closed) >= {MIA, YUSUF, CHLOE}

    trial.tenant.between.clear()
    trial.go()
    assert trial.states == ["delivered"] * 5
    assert all(trial.works.values())


def test_throttled_requests_are_repeated(trial: Trial) -> None:
    trial.tenant.misbehaviour = Misbehaviour(throttle_other_every=3)
    trial.go()

    assert trial.states == ALL
    assert creations(trial) == 3


@pytest.mark.parametrize(("status", "said"), [(429, "429"), (401, "401")])
def test_what_graph_says_to_everybody_stops_the_run(trial: Trial, status: int, said: str) -> None:
    trial.tenant.between.append(answering(status, count=1000))
    trial.go(entries(*NAMES, "peter.brandt", "aisha.rahman", "lukas.novak"))

    assert said in trial.stopped
    assert "ready" in trial.states
    assert trial.kept.passcodes == {}
    trial.tenant.between.clear()
    trial.go()
    assert set(trial.states) == {"delivered"}


def test_people_whom_graph_refuses_keep_nobody_waiting(trial: Trial) -> None:
    trial.tenant.between.append(answering(403, count=5))
    trial.go(entries(*NAMES, "peter.brandt", "aisha.rahman", "lukas.novak"))

    assert trial.states.count("failed") == 5
    assert trial.states.count("delivered") == 1
    assert trial.stopped == ""


def test_a_wish_that_graph_does_not_take_is_its_owner_s_matter(trial: Trial) -> None:
    trial.tenant.between.append(answering(400, count=1))
    trial.go()

    assert sorted(trial.states) == ["delivered", "delivered", "failed"]
    assert trial.stopped == ""


def test_refusal_after_refusal_stops_the_run(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapctl.passes.issuing.noting.MOST_DENIED", 3)
    trial.tenant.between.append(answering(403, count=1000))
    trial.go(entries(*NAMES, "peter.brandt", "aisha.rahman", "lukas.novak", "sofia.rossi"))

    assert trial.stopped.startswith("Graph refused 3 people, and nobody got a pass: POST ")
    assert "ready" in trial.states
    trial.tenant.between.clear()
    trial.go()
    assert set(trial.states) == {"delivered"}


def test_whoever_got_a_pass_before_the_run_was_continued_counts(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.tenant.between.append(answering(403, count=3))
    trial.go(entries(*NAMES, "peter.brandt", "aisha.rahman"))
    monkeypatch.setattr("tapctl.passes.issuing.noting.MOST_DENIED", 3)
    trial.tenant.between[:] = [answering(403, count=1000)]
    trial.go()

    assert sorted(trial.states) == ["delivered"] * 2 + ["failed"] * 3
    assert trial.stopped == ""


def test_what_graph_says_of_one_person_is_told_and_the_others_go_on(trial: Trial) -> None:
    trial.go(entries("ingrid.solberg", *NAMES))  # who is signed in: nobody may for themselves

    assert trial.states == ["failed", *ALL]
    assert "403" in trial.record


def test_what_somebody_else_made_meanwhile_is_left(trial: Trial) -> None:
    by_hand(trial.tenant, "mia.larsen")
    trial.go()

    assert trial.states == ["failed", "delivered", "delivered"]
    assert "somebody else has made them a pass meanwhile" in trial.record

    trial.words = frozenset({"--replace"})
    trial.go()
    assert trial.states == ALL


def test_a_pass_of_somebody_else_at_the_moment_of_a_loss_is_left(trial: Trial) -> None:
    trial.tenant.between.append(stealing)
    trial.go(entries("mia.larsen"))

    assert trial.states == ["failed"]
    (theirs,) = (item for item in trial.tenant.store.objects(METHODS).values() if "lifetimeInMinutes" in item)
    assert f"somebody else has made them a pass meanwhile, {theirs['id']}, from " in trial.record
    assert trial.kept.passcodes == {}


def test_a_pass_that_cannot_be_told_from_others_is_not_taken_for_none(trial: Trial) -> None:
    trial.tenant.between += [losing(1), nameless]
    trial.go(entries("mia.larsen"))

    assert trial.states == ["begun"]
    assert (
        f"GET users/{PEOPLE['mia.larsen']}/{PATH}: 200: the answer holds a pass without id" in trial.stopped
    )


def test_a_place_that_fails_stops_the_run_and_the_pass_is_replaced_later(trial: Trial) -> None:
    trial.kept.fails = MIA
    trial.go(
        entries("mia.larsen", "yusuf.demir", "chloe.martin", "peter.brandt", "aisha.rahman", "lukas.novak")
    )

    assert trial.states[0] == "made"
    assert "ready" in trial.states
    assert trial.stopped == "the place is gone"

    trial.kept.fails = ""
    trial.go()
    assert set(trial.states) == {"delivered"}
    assert all(len(codes) == 1 for codes in trial.kept.passcodes.values())
    assert all(trial.works.values())


def test_a_place_that_cannot_be_opened_costs_no_pass(trial: Trial) -> None:
    trial.kept.refuses = MIA
    trial.go(entries("mia.larsen"))

    assert trial.states == ["ready"]
    assert creations(trial) == 0
    assert trial.stopped == "the place is full"


def test_a_pass_that_was_used_had_arrived(trial: Trial) -> None:
    trial.kept.fails = MIA
    trial.go(entries("mia.larsen"))
    methods = f"users/{PEOPLE['mia.larsen']}/authentication/methods"
    (held,) = trial.tenant.store.objects(methods).values()
    trial.tenant.store.put(methods, {**held, "methodUsabilityReason": "OneTimeUsed"})
    trial.go()

    assert trial.states == ["delivered"]
    assert creations(trial) == 1
    assert [made.recipient.name for made in trial.also] == [MIA]


def test_what_another_run_in_the_folder_made_is_not_taken_for_a_lost_one(trial: Trial) -> None:
    trial.stop_after_asking("mia.larsen")
    other = Trial(folder=trial.folder, tenant=trial.tenant)
    other.go(entries("mia.larsen"))
    trial.go()

    assert trial.states == ["failed"]
    assert f"the run {other.run} has made them a pass meanwhile" in trial.record
    assert other.works == {MIA: True}


def test_a_pass_that_cannot_be_told_from_what_was_asked_for_is_replaced_and_said(trial: Trial) -> None:
    trial.stop_after_asking("mia.larsen")
    by_hand(trial.tenant, "mia.larsen")
    trial.go()

    (entry,) = trial.worklist.entries()
    assert entry.state == "delivered"
    assert len(entry.replaced) == 1
    assert entry.is_likely


def test_a_pass_that_was_there_before_the_request_is_somebody_else_s(trial: Trial) -> None:
    trial.words = frozenset({"--replace"})
    by_hand(trial.tenant, "mia.larsen")
    trial.tenant.between.append(losing(1, is_made=False))
    trial.go(entries("mia.larsen"))

    (entry,) = trial.worklist.entries()
    assert (entry.state, entry.replaced, entry.is_likely) == ("delivered", (), False)


@pytest.mark.parametrize("is_deleted", [True, False])
def test_only_what_a_run_replaced_is_called_replaced(trial: Trial, is_deleted: bool) -> None:
    trial.words = frozenset({"--replace"})
    trial.tenant.between.append(answering(503, 3))
    trial.tenant.between.append(losing(1))
    trial.go(entries("mia.larsen"))
    by_hand(trial.tenant, "mia.larsen", 90)
    theirs = (find_pass(trial.tenant.store, PEOPLE["mia.larsen"]) or {})["id"]
    if is_deleted:
        trial.tenant.ask(
            lambda gateway: gateway.send("DELETE", f"users/{PEOPLE['mia.larsen']}/{PATH}/{theirs}")
        )
    trial.go()

    (entry,) = trial.worklist.entries()
    assert (entry.state, entry.replaced) == ("delivered", ())
    assert entry.ended == (() if is_deleted else (theirs,))


def test_ctrl_c_lets_what_is_under_way_finish(trial: Trial) -> None:
    first = asyncio.Event()

    async def note() -> None:
        first.set()

    async def soon() -> None:
        await first.wait()

    trial.kept.hold = note
    trial.go(entries(*NAMES, "peter.brandt", "aisha.rahman", "lukas.novak", "marie.dubois"), during=soon)

    assert trial.was_interrupted
    assert set(trial.states) <= {"delivered", "ready"}
    assert json.loads(trial.record.splitlines()[-1])["left"] == trial.states.count("ready")
    trial.go()
    assert set(trial.states) == {"delivered"}
    assert all(len(codes) == 1 for codes in trial.kept.passcodes.values())


def test_ctrl_c_does_not_wait_for_a_person(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = asyncio.Event()

    async def forever() -> None:
        shown.set()
        await asyncio.sleep(3600)

    trial.kept.hold = forever
    monkeypatch.setattr(type(trial.kept), "waits_for_a_person", True)

    async def until_shown() -> None:
        await shown.wait()

    trial.go(entries("mia.larsen"), during=until_shown)

    assert trial.was_interrupted
    assert trial.states == ["made"]
    assert "while the passcode was shown" in trial.record


def test_being_told_to_end_is_an_interruption(trial: Trial) -> None:
    async def end_me() -> None:
        await asyncio.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.2)

    async def wait() -> None:
        await asyncio.sleep(0.1)

    trial.kept.hold = wait
    trial.go(entries("mia.larsen"), during=end_me)

    assert trial.was_interrupted
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_pass_that_cannot_be_read_is_not_made(trial: Trial) -> None:
    place = f"users/{PEOPLE['mia.larsen']}/{PATH}"
    trial.tenant.misbehaviour = Misbehaviour(forbidden=(place,))
    trial.go(entries("yusuf.demir", "mia.larsen"))

    assert creations(trial) <= 1
    assert "failed" in trial.states


def test_a_record_that_cannot_be_written_stops_the_run(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        fill(patch, lambda text: '"made"' not in text)
        trial.go(entries("mia.larsen"))

    assert "cannot be written: No space left on device" in trial.stopped
    assert (trial.states, trial.kept.closed, trial.is_recorded) == (["made"], [MIA], False)
    trial.go()
    assert (trial.works, trial.is_recorded) == ({MIA: True}, True)


def test_a_disk_that_fills_up_between_asking_and_noting_costs_no_pass(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    def has_room(text: str) -> bool:
        return '"made"' not in text or not list(trial.folder.glob("*.room"))

    trial.kept.at_once = 2
    with monkeypatch.context() as patch:
        fill(patch, has_room)
        trial.go()
    assert "cannot be written: No space left on device" in trial.stopped
    assert (sorted(trial.states), trial.is_recorded) == (["delivered", "delivered", "ready"], True)
    trial.go()

    assert (trial.works, creations(trial)) == (dict.fromkeys((MIA, YUSUF, CHLOE), True), 3)


def test_a_request_of_a_moment_ago_of_which_nothing_is_seen_may_still_be_carried_out(trial: Trial) -> None:
    trial.stop_after_asking("mia.larsen")
    trial.go()

    assert trial.states == ["delivered"]
    assert "if that request is still carried out" in trial.worklist.get(0).why


def test_a_late_request_that_replaces_a_pass_is_told(trial: Trial) -> None:
    trial.tenant.between.append(late)
    trial.go(entries("mia.larsen"))

    assert trial.states == ["lost"]
    assert trial.works == {MIA: False}
    assert "its passcode is void" in trial.record


def test_a_record_of_another_run_that_is_none_stops_this_one(trial: Trial) -> None:
    (trial.folder / "20260101T000000Z-sandbox.issue.jsonl").write_text("no record\n")
    by_hand(trial.tenant, "mia.larsen")
    trial.go(entries("mia.larsen"))

    assert (trial.states, trial.kept.passcodes) == (["ready"], {})
    assert "this is not a line of a record of passes" in trial.stopped


def in_doubt(trial: Trial) -> HeldBack:
    """A run whose first answer was lost, and whose request has not been carried out yet."""
    first = HeldBack()
    trial.tenant.between.append(first)
    trial.go(entries("mia.larsen"))
    return first


def test_a_lost_request_is_waited_for_at_the_end(trial: Trial) -> None:
    looks: list[int] = []
    trial.doubting = looks.append
    in_doubt(trial)

    assert looks == [1, 1, 1, 1]
    assert unfinished(trial.folder, "sandbox") == [trial.run]
    assert f"--continue {trial.run} looks again" in trial.worklist.get(0).why


def test_a_run_that_stops_waits_for_no_lost_request(trial: Trial) -> None:
    looks: list[int] = []
    trial.doubting, trial.kept.fails = looks.append, YUSUF
    trial.tenant.between.append(losing(1, is_made=False))
    trial.kept.at_once = 1
    trial.go(entries("mia.larsen", "yusuf.demir"))

    assert (trial.states, looks) == (["delivered", "made"], [1])


def test_a_request_that_came_after_the_run_is_made_good_when_it_is_continued(trial: Trial) -> None:
    asyncio.run(in_doubt(trial).let_go())
    assert trial.works == {MIA: False}
    trial.go()

    assert trial.states == ["delivered"]
    assert trial.works == {MIA: True}
    assert trial.record.count("was replaced by a late request") == 1


IDENTITY: Any = pyrage.x25519.Identity.generate()


def files_of(trial: Trial) -> Path:
    """The passcodes of this run go there, encrypted."""
    folder = trial.folder / "out"
    folder.mkdir()
    trial.files = EncryptedFiles(folder, [IDENTITY.to_public()], passcode_only, is_folder=True)
    return folder / f"{MIA}.age"


def opens(trial: Trial, file: Path) -> bool:
    """Whether the passcode in this file is the one that works."""
    code = bytes(pyrage.decrypt(file.read_bytes(), [IDENTITY])).decode().strip()
    return is_code(find_pass(trial.tenant.store, PEOPLE["mia.larsen"]) or {}, code)


def test_a_file_whose_passcode_became_void_is_replaced_in_its_place(trial: Trial) -> None:
    file = files_of(trial)
    asyncio.run(in_doubt(trial).let_go())
    assert not opens(trial, file)
    trial.go()

    assert (trial.states, opens(trial, file)) == (["delivered"], True)


def test_a_file_that_is_void_is_no_proof_of_what_was_to_replace_it(trial: Trial) -> None:
    file = files_of(trial)
    asyncio.run(in_doubt(trial).let_go())
    void = file.read_bytes()
    trial.go()
    lines = trial.record.splitlines(keepends=True)
    last = max(at for at, line in enumerate(lines) if '"made"' in line)
    (trial.folder / f"{trial.run}.issue.jsonl").write_text("".join(lines[: last + 1]))
    file.write_bytes(void)
    trial.go()

    assert (trial.states, opens(trial, file)) == (["delivered"], True)


def test_a_file_that_a_killed_run_has_written_is_replaced_when_it_becomes_void(trial: Trial) -> None:
    file = files_of(trial)
    first = in_doubt(trial)
    lines = trial.record.splitlines(keepends=True)
    last = next(at for at, line in enumerate(lines) if '"made"' in line)
    (trial.folder / f"{trial.run}.issue.jsonl").write_text("".join(lines[: last + 1]))
    asyncio.run(first.let_go())
    trial.go()
    trial.go()

    assert (trial.states, opens(trial, file)) == (["delivered"], True)


def test_a_file_of_somebody_else_in_the_place_of_a_void_one_stays(trial: Trial) -> None:
    file = files_of(trial)
    asyncio.run(in_doubt(trial).let_go())
    file.write_text("somebody's")
    trial.go()

    assert (trial.states, file.read_text()) == (["lost"], "somebody's")
    assert "take it away, or choose another place" in trial.stopped


def test_a_doubt_outlives_a_run_that_is_killed(trial: Trial) -> None:
    first = in_doubt(trial)
    lines = trial.record.splitlines(keepends=True)
    last = next(at for at, line in enumerate(lines) if '"delivered"' in line)
    (trial.folder / f"{trial.run}.issue.jsonl").write_text("".join(lines[: last + 1]))
    asyncio.run(first.let_go())
    trial.go()

    assert (trial.states, trial.works) == (["delivered"], {MIA: True})


def test_a_request_that_did_not_come_is_settled_when_it_can_come_no_more(trial: Trial) -> None:
    in_doubt(trial)
    trial.later = timedelta(minutes=11)
    trial.go()

    assert trial.worklist.get(0).why.endswith("did not come late")
    assert (trial.worklist.doubtful(), unfinished(trial.folder, "sandbox")) == ([], [])


def test_whoever_cannot_be_looked_at_stays_in_doubt(trial: Trial) -> None:
    in_doubt(trial)
    trial.later = timedelta(minutes=11)
    trial.tenant.misbehaviour = Misbehaviour(forbidden=("users/",))
    trial.go()

    assert len(trial.worklist.doubtful()) == 1


def test_a_pass_of_somebody_else_after_a_loss_is_not_called_a_late_request(trial: Trial) -> None:
    async def replace_it() -> None:
        await make(trial.tenant, "mia.larsen", 90)

    trial.tenant.between.append(losing(1, is_made=False))
    trial.kept.hold = replace_it
    trial.go(entries("mia.larsen"))

    assert trial.states == ["failed"]
    assert "somebody else has made them a pass after the one that was handed over" in trial.record


def test_a_list_that_lags_behind_is_no_late_request(trial: Trial) -> None:
    trial.tenant.misbehaviour = Misbehaviour(lag_reads=1)
    trial.tenant.between.append(losing(1))
    trial.go(entries("mia.larsen"))

    assert trial.states == ["delivered"]
    assert trial.works == {MIA: True}
