from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from delivery_tools import CODE, MADE, MIA
from full_disk import fill

from tapctl.errors import NotRecorded, Refused, WorkspaceError
from tapctl.model import Finding, Place
from tapctl.passes.delivery import Recipient
from tapctl.passes.issuing.journal import Journal
from tapctl.passes.issuing.journal_lines import About, read
from tapctl.passes.issuing.room import SIZE
from tapctl.passes.issuing.runs import begin, resume, unfinished
from tapctl.passes.issuing.worklist import Entry, Worklist

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
ABOUT = About(
    environment="prod",
    tenant_id="t",
    by="ada",
    delivery="file",
    reason="day one",
    words=("--replace",),
    skips_refused=True,
    options={"--contents": "json"},
)
ENTRY = Entry(
    number=0,
    recipient=replace(MIA, zone=ZoneInfo("Asia/Tokyo")),
    lifetime=60,
    is_usable_once=False,
    start=MADE.start,
    held="old",
)
BEN = replace(ENTRY, number=1, recipient=Recipient(id="ben", name="ben@x"), start=None)


def worklist(*entries: Entry) -> Worklist:
    found = Worklist()
    for entry in entries:
        found.add(entry)
    return found


def room_of(journal: Journal) -> Path:
    return journal.path.with_suffix(".room")


def begun(folder: Path, *entries: Entry) -> tuple[Journal, Worklist]:
    journal, people = begin(folder, ABOUT, now=lambda: NOW), worklist(*(entries or (ENTRY, BEN)))
    journal.plan(people)
    return journal, people


@pytest.fixture
def run(tmp_path: Path) -> Iterator[tuple[Journal, Worklist]]:
    journal, people = begun(tmp_path)
    yield journal, people
    journal.close()


def test_a_record_begins_with_who_where_and_why(run: tuple[Journal, Worklist]) -> None:
    journal, _ = run
    first = json.loads(journal.path.read_text().splitlines()[0])

    assert first["event"] == "run"
    assert (first["environment"], first["tenant"], first["by"], first["reason"]) == (
        "prod",
        "t",
        "ada",
        "day one",
    )
    assert (first["delivery"], first["words"]) == ("file", ["--replace"])
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_what_was_planned_is_read_again(run: tuple[Journal, Worklist]) -> None:
    about, people = read(run[0].path)

    assert about == ABOUT
    assert list(people.entries()) == [ENTRY, BEN]


def test_a_run_is_about_what_it_was_last_continued_with(run: tuple[Journal, Worklist]) -> None:
    about = replace(ABOUT, by="ben", words=(), delivery="command")
    run[0].write_about("continued", about)

    assert read(run[0].path)[0] == about


def test_every_step_is_read_as_it_was_noted(run: tuple[Journal, Worklist]) -> None:
    journal, people = run
    entry = journal.note(people, ENTRY, "begun")
    entry = journal.note(people, entry, "lost", why="no answer", **{"pass": "p1"})
    facts = {"pass": "p2", "start": MADE.start.isoformat(), "end": MADE.end.isoformat(), "target": "/x"}
    entry = journal.note(people, journal.note(people, entry, "begun"), "made", **facts)
    journal.note(people, BEN, "failed", why="Graph said no")

    assert list(read(journal.path)[1].entries()) == list(people.entries())
    assert (entry.pass_id, entry.made_end, entry.target, entry.begun) == ("p2", MADE.end, "/x", NOW)
    assert [item.state for item in people.entries()] == ["made", "failed"]


@pytest.mark.parametrize(
    ("ahead", "kept"), [(1500.0, 1500), (-1500, -1500), (2.5e11, 0), (1e30, 0), (float("nan"), 0), ("x", 0)]
)
def test_a_clock_is_read_as_far_as_it_may_be_believed(
    run: tuple[Journal, Worklist], ahead: float | str, kept: int
) -> None:
    journal, people = run
    journal.note(people, ENTRY, "begun", ahead=ahead)
    (entry, *_) = read(journal.path)[1].entries()

    assert (entry.begun, entry.ahead) == (NOW, timedelta(seconds=kept))


@pytest.mark.parametrize(("event", "state"), [("undelivered", "made"), ("delivered", "delivered")])
def test_the_end_of_a_delivery_is_noted(run: tuple[Journal, Worklist], event: str, state: str) -> None:
    journal, people = run

    assert journal.note(people, ENTRY, event).state == state


def test_a_line_that_was_torn_is_nothing_and_does_not_spoil_the_next(run: tuple[Journal, Worklist]) -> None:
    journal, _ = run
    journal.close()
    with journal.path.open("a") as file:
        file.write('{"event": "made", "n": 0, "pa')

    again, _, people = resume(journal.path.parent, journal.run)
    again.note(people, people.get(0), "begun")
    again.close()

    assert [item.state for item in read(journal.path)[1].entries()] == ["begun", "ready"]


@pytest.mark.parametrize(
    "torn", [b'{"event": "begun", "n": 0', '{"event": "planned", "name": "Zoë'.encode()[:-1]]
)
def test_a_torn_line_of_a_run_at_work_is_read_as_nothing(run: tuple[Journal, Worklist], torn: bytes) -> None:
    with run[0].path.open("ab") as file:
        file.write(torn)

    assert [item.state for item in read(run[0].path)[1].entries()] == ["ready", "ready"]


def test_nobody_else_works_on_a_run_at_the_same_time(run: tuple[Journal, Worklist]) -> None:
    with pytest.raises(Refused, match="another tapctl is at work"):
        resume(run[0].path.parent, run[0].run)


@pytest.mark.parametrize(
    ("events", "expected"), [([], True), (["failed"], True), (["end:1"], True), (["end:0"], False)]
)
def test_a_run_is_unfinished_until_nothing_is_left(
    run: tuple[Journal, Worklist], events: list[str], expected: bool
) -> None:
    journal, people = run
    for event in events:
        if event.startswith("end"):
            journal.write("end", left=int(event[-1]))
        else:
            journal.note(people, ENTRY, event)
    assert unfinished(journal.path.parent, "prod") == []  # it is at work
    journal.close()

    assert (unfinished(journal.path.parent, "prod") == [journal.run]) is expected
    assert unfinished(journal.path.parent, "od") == []


def test_a_run_that_never_began_is_not_continued(tmp_path: Path) -> None:
    journal = begin(tmp_path, ABOUT)
    journal.close()

    assert unfinished(tmp_path, "prod") == []
    with pytest.raises(Refused, match="before anything was created"):
        resume(tmp_path, journal.run)


def test_a_run_is_known_by_name_or_file(run: tuple[Journal, Worklist]) -> None:
    journal, _ = run
    journal.close()

    for name in (journal.run, journal.path.name, str(journal.path)):
        again, _, _ = resume(journal.path.parent, name)
        again.close()
    with pytest.raises(Refused, match="there is no run"):
        resume(journal.path.parent, "yesterday")


@pytest.mark.parametrize("line", [b"nonsense\n", b"[]\n", b'{"name": "Zo\xc3"}\n'])
def test_a_line_that_is_not_ours_is_shown_with_its_place(run: tuple[Journal, Worklist], line: bytes) -> None:
    journal, _ = run
    with journal.path.open("ab") as file:
        file.write(line)

    with pytest.raises(Refused, match=r"\.jsonl:5:1: this is not a line"):
        read(journal.path)
    assert unfinished(journal.path.parent, "prod") == []


def test_no_record_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(WorkspaceError, match="cannot be kept"):
        begin(tmp_path / "file" / "passes", ABOUT)
    assert unfinished(tmp_path / "nowhere", "prod") == []


def test_nobody_is_on_a_worklist_twice() -> None:
    people = worklist(ENTRY)

    assert not people.add(replace(BEN, recipient=MIA))
    assert people.add(replace(BEN, recipient=replace(MIA, id="")))
    assert people.add(replace(BEN, number=2, recipient=replace(MIA, id="")))
    with pytest.raises(KeyError):
        people.get(7)
    people.close()


def test_a_worklist_keeps_what_was_found() -> None:
    finding = Finding(rule="r", severity="brake", message="m", help="h", flag="--f", place=Place("f", 1, 2))
    people = worklist(replace(ENTRY, findings=(finding, replace(finding, place=None))))

    assert people.get(0).findings == (finding, replace(finding, place=None))
    people.refuse(0, [finding])
    assert (people.count("refused"), people.count("ready"), people.count()) == (1, 0, 1)
    assert list(people.to_do()) == []


def test_a_long_worklist_is_read_while_it_changes() -> None:
    people = worklist(*(replace(BEN, number=n, recipient=replace(MIA, id=str(n))) for n in range(1200)))
    seen = 0
    for entry in people.to_do():
        people.put(replace(entry, state="delivered"))
        seen += 1

    assert seen == people.count("delivered") == 1200
    assert CODE not in repr(people)


def test_whoever_failed_before_keeps_nobody_waiting() -> None:
    people = worklist(*(replace(BEN, number=n, recipient=replace(MIA, id=str(n))) for n in range(4)))
    people.put(replace(people.get(1), state="failed"))
    order = []
    for entry in people.to_do():
        people.put(replace(entry, state="failed"))
        order.append(entry.number)

    assert order == [0, 2, 3, 1]


def test_an_entry_is_wished_for_again_by_id() -> None:
    wish = ENTRY.wish

    assert (wish.user, wish.start, wish.lifetime, wish.is_usable_once) == (MIA.id, MADE.start, 60, False)


@pytest.mark.parametrize(
    ("proof", "words"), [("codes/mia.age", "looks for it there"), ("", "makes them another pass")]
)
def test_a_delivery_that_cannot_be_noted_is_told(
    run: tuple[Journal, Worklist], monkeypatch: pytest.MonkeyPatch, proof: str, words: str
) -> None:
    journal, people = run
    made = journal.note(people, ENTRY, "made", proof=proof)
    fill(monkeypatch, lambda text: "delivered" not in text)

    with pytest.raises(NotRecorded, match="cannot be written"):
        journal.note(people, made, "delivered")
    assert people.get(0).state == "delivered"
    assert words in people.get(0).why


def test_what_cannot_be_noted_and_is_not_done_is_not_on_the_worklist(
    run: tuple[Journal, Worklist], monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, people = run
    fill(monkeypatch, lambda text: "begun" not in text)

    with pytest.raises(NotRecorded):
        journal.note(people, ENTRY, "begun")
    assert people.get(0).state == "ready"
    journal.note(people, BEN, "failed", why="no")
    assert [entry.state for entry in read(journal.path)[1].entries()] == ["ready", "failed"]


def test_a_plan_that_finds_no_room_is_followed_by_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = begin(tmp_path, ABOUT)
    fill(monkeypatch, lambda text: "planned" not in text)

    for people in (worklist(ENTRY), worklist()):
        with pytest.raises(NotRecorded, match="No space left on device"):
            journal.plan(people)
    journal.close()
    assert journal.path.read_text(encoding="utf-8").count("\n") == 1


def test_nothing_is_begun_without_room_for_what_comes_of_it(
    run: tuple[Journal, Worklist], monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, people = run
    fill(monkeypatch, lambda text: False, ".room")

    with pytest.raises(NotRecorded, match=r'issue.jsonl" cannot be written: No space left on device'):
        journal.note(people, ENTRY, "begun")
    assert '"begun"' not in journal.path.read_text(encoding="utf-8")
    assert not room_of(journal).exists()


def test_a_record_that_finds_no_room_takes_what_was_kept_for_it(
    run: tuple[Journal, Worklist], monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, people = run
    one, ben = (journal.note(people, entry, "begun") for entry in (ENTRY, BEN))
    assert room_of(journal).stat().st_size == SIZE
    fill(monkeypatch, lambda text: '"made"' not in text or not room_of(journal).exists())
    for entry in (one, ben):
        journal.note(people, entry, "made")

    assert [entry.state for entry in read(journal.path)[1].entries()] == ["made", "made"]
    with pytest.raises(NotRecorded, match="No space left on device"):
        journal.note(people, ENTRY, "begun")


def test_a_record_that_is_closed_keeps_no_room(tmp_path: Path) -> None:
    journal, people = begun(tmp_path)
    journal.note(people, ENTRY, "begun")
    journal.close()

    assert list(tmp_path.iterdir()) == [journal.path]


def test_what_a_record_says_this_run_made_stays_its_own(run: tuple[Journal, Worklist]) -> None:
    journal, people = run
    first = journal.note(people, journal.note(people, ENTRY, "begun"), "lost", **{"pass": "p1"})
    again = journal.note(people, first, "begun", replaces="p1", before="p1", likely=True)
    lost = journal.note(people, again, "lost", why="no answer")

    assert (lost.own, lost.replaced, lost.pass_id, lost.is_open) == (("p1",), (), "", True)
    assert list(read(journal.path)[1].entries()) == [lost, BEN]


@pytest.mark.parametrize(("event", "is_gone"), [("made", True), ("lost", True), ("failed", False)])
@pytest.mark.parametrize("is_own", [True, False])
def test_a_pass_was_replaced_once_a_request_is_known_to_have_made_another(
    run: tuple[Journal, Worklist], event: str, is_gone: bool, is_own: bool
) -> None:
    journal, people = run
    begun = journal.note(people, ENTRY, "begun", before="p1", replaces="p1" if is_own else "")
    after = journal.note(people, begun, event, **{"pass": "p2" if is_gone else ""})

    gone = ("p1",) if is_gone else ()
    assert (after.replaced, after.ended) == ((gone, ()) if is_own else ((), gone))


@pytest.mark.parametrize(
    ("before", "is_unmade"), [({}, True), ({"replaces": "p"}, False), ({"doubt": NOW.isoformat()}, False)]
)
def test_whoever_was_refused_a_first_pass_has_none_of_this_run(
    run: tuple[Journal, Worklist], before: dict[str, str], is_unmade: bool
) -> None:
    journal, people = run
    begun = journal.note(people, ENTRY, "begun", **before)
    failed = journal.note(people, begun, "failed", why="404", notMade=True)

    assert (failed.begun is None) == is_unmade
    assert journal.note(people, begun, "failed", why="not read").begun is not None
