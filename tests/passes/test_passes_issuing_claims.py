"""What runs in one folder have to do with each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from delivery_tools import MADE, MIA

from tapctl.errors import WorkspaceError
from tapctl.model import Finding
from tapctl.passes.delivery import Recipient
from tapctl.passes.issuing.claims import made_elsewhere, refuse_claimed
from tapctl.passes.issuing.journal import Journal
from tapctl.passes.issuing.journal_lines import About
from tapctl.passes.issuing.runs import alone, begin
from tapctl.passes.issuing.worklist import Entry, Worklist

ABOUT = About(environment="prod", tenant_id="t", by="ada", delivery="file")
ENTRY = Entry(number=0, recipient=MIA, lifetime=60, is_usable_once=True)
BEN = replace(ENTRY, number=1, recipient=Recipient(id="ben", name="ben@x"))
FACTS = {"pass": "p1", "start": MADE.start.isoformat(), "end": MADE.end.isoformat(), "target": "/x"}


def people() -> Worklist:
    found = Worklist()
    found.add(ENTRY)
    found.add(BEN)
    return found


@contextmanager
def at_work(folder: Path, *events: str) -> Iterator[Journal]:
    """Another run that has Mia and Ben, and came so far with Mia."""
    journal, theirs = begin(folder, ABOUT), people()
    journal.plan(theirs)
    for event in events:
        journal.note(theirs, theirs.get(0), event, **(FACTS if event == "made" else {}))
    try:
        yield journal
    finally:
        journal.close()
        theirs.close()


def refused(folder: Path, tenant: str = "t", besides: str = "") -> list[str]:
    ours = people()
    with alone(folder):
        return [one.recipient.name for one in refuse_claimed(ours, folder, tenant, besides)]


@pytest.mark.parametrize(
    ("events", "live", "stopped"),
    [
        ([], 2, 0),
        (["begun"], 2, 1),
        (["begun", "lost"], 2, 1),
        (["begun", "made"], 2, 1),
        (["begun", "made", "undelivered"], 2, 1),
        (["begun", "made", "delivered"], 1, 0),
        (["begun", "failed"], 1, 0),
    ],
)
def test_a_run_has_those_it_is_not_done_with(
    tmp_path: Path, events: list[str], live: int, stopped: int
) -> None:
    with at_work(tmp_path, *events):
        assert len(refused(tmp_path)) == live

    assert len(refused(tmp_path)) == stopped


def test_a_run_of_another_tenant_and_this_run_itself_have_nobody(tmp_path: Path) -> None:
    with at_work(tmp_path, "begun") as journal:
        assert refused(tmp_path, tenant="another") == []
        assert refused(tmp_path, besides=journal.run) == []


def test_whoever_is_refused_learns_which_run_has_them_and_how_to_go_on(tmp_path: Path) -> None:
    with at_work(tmp_path, "begun") as journal:
        pass
    ours = people()
    (mia,) = refuse_claimed(ours, tmp_path, "t")

    assert ours.get(0).state == "refused"
    assert journal.run in mia.findings[0].message
    assert f"--continue {journal.run}" in mia.findings[0].help


def test_the_word_that_would_not_help_is_not_advised(tmp_path: Path) -> None:
    with at_work(tmp_path, "begun", "made"):
        pass
    ours, holds = Worklist(), Finding(rule="holds-pass", severity="brake", message="m", flag="--replace")
    ours.add(replace(ENTRY, state="refused", findings=(holds,)))
    (mia,) = refuse_claimed(ours, tmp_path, "t")

    assert [item.rule for item in mia.findings] == ["in-run"]


def test_nobody_is_refused_twice_and_records_that_are_not_ours_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "1Z-prod.issue.jsonl").write_text('{"event": "end", "left": 1}\n')
    with at_work(tmp_path, "begun"), at_work(tmp_path, "begun"):
        assert len(refused(tmp_path)) == 2


def test_a_run_on_somebody_else_has_nobody_here(tmp_path: Path) -> None:
    with at_work(tmp_path, "begun"), alone(tmp_path):
        assert refuse_claimed(Worklist(), tmp_path, "t") == []


def test_a_pass_whose_answer_came_to_another_run_is_that_run_s(tmp_path: Path) -> None:
    with at_work(tmp_path, "begun", "made", "delivered") as other, at_work(tmp_path) as journal:
        assert made_elsewhere(journal.path, {"p1", "p2"}) == {"p1": other.run}
        assert made_elsewhere(other.path, {"p1"}) == {}
        assert made_elsewhere(journal.path, set()) == {}


def test_a_folder_that_cannot_be_locked_begins_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(WorkspaceError, match="cannot be kept"), alone(tmp_path / "file" / "passes"):
        pass
