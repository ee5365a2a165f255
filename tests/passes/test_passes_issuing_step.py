from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from delivery_tools import MIA

from tapctl.passes.graph import Pass
from tapctl.passes.issuing.step import Conflict, Make, Settled, Step, next_step, whose
from tapctl.passes.issuing.worklist import Entry

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
ENTRY = Entry(number=0, recipient=MIA, lifetime=60, is_usable_once=True)
ASKED = replace(ENTRY, begun=NOW - timedelta(minutes=1), held="old", before="older")
BEGUN = replace(ASKED, state="begun", is_open=True)
LATER = NOW + timedelta(days=1)
WISHED = replace(BEGUN, asked=LATER)
OURS = Pass(
    id="new",
    start=NOW,
    lifetime=60,
    is_usable_once=True,
    is_usable=True,
    reason="EnabledByPolicy",
    created=NOW - timedelta(seconds=59),
)
MADE = replace(ASKED, state="made", pass_id="new", own=("new",), target="/x/mia.age")
MADE_AT = replace(MADE, made_at=OURS.created)


@pytest.mark.parametrize(
    "entry",
    [replace(BEGUN, begun=NOW - timedelta(minutes=1)), replace(ASKED, doubt=NOW + timedelta(minutes=9))],
)
def test_a_pass_that_a_lost_request_may_still_end_is_to_be_used_later(entry: Entry) -> None:
    theirs = replace(OURS, lifetime=90)
    first, last = (next_step(entry, theirs, NOW + timedelta(minutes=late)) for late in (0, 9))

    assert isinstance(first, Conflict)
    assert "until 2026-09-01T08:09:00Z a lost request of this run may still make it void" in first.why
    assert isinstance(last, Conflict)
    assert last.why.endswith(": let them use it, or say --replace")


@pytest.mark.parametrize(
    ("entry", "held", "step"),
    [
        (ENTRY, None, Make()),
        (ENTRY, OURS, Conflict),
        (replace(ENTRY, held="new"), OURS, Make()),
        (ENTRY, replace(OURS, reason="OneTimeUsed"), Make()),
        (BEGUN, None, Make()),
        (BEGUN, replace(OURS, id="old"), Make()),
        (BEGUN, OURS, Make(replaces="new", is_likely=True)),
        (
            replace(ASKED, state="lost", pass_id="new", own=("new",)),
            replace(OURS, lifetime=90),
            Make(replaces="new"),
        ),
        (BEGUN, replace(OURS, id="older"), Conflict),
        (BEGUN, replace(OURS, created=NOW + timedelta(minutes=15), start=NOW), Conflict),
        (BEGUN, replace(OURS, start=LATER), Conflict),
        (WISHED, OURS, Conflict),
        (WISHED, replace(OURS, start=LATER), Make),
        (BEGUN, replace(OURS, lifetime=90), Conflict),
        (BEGUN, replace(OURS, is_usable_once=False), Conflict),
        (BEGUN, replace(OURS, created=NOW - timedelta(hours=1)), Conflict),
        (BEGUN, replace(OURS, created=None), Conflict),
        (replace(BEGUN, begun=None), OURS, Conflict),
        (replace(ASKED, state="failed"), OURS, Conflict),
        (replace(BEGUN, state="failed"), OURS, Make(replaces="new", is_likely=True)),
        (replace(ASKED, state="failed", doubt=NOW), OURS, Make(replaces="new", is_likely=True)),
        (replace(BEGUN, state="lost", own=("old", "new")), OURS, Make(replaces="new")),
        (replace(BEGUN, before="new", own=("new",)), OURS, Make(replaces="new")),
        (replace(MADE, state="failed"), OURS, Make(replaces="new")),
        (replace(MADE, state="failed"), replace(OURS, id="another"), Conflict),
        (MADE_AT, replace(OURS, id="before ours", created=NOW - timedelta(hours=1)), Make(replaces="new")),
        (MADE_AT, replace(OURS, id="after ours", created=NOW), Conflict),
        (MADE, OURS, Make(replaces="new")),
        (MADE, None, Make()),
        (MADE, replace(OURS, reason="OneTimeUsed"), Settled),
        (MADE, replace(OURS, id="another", created=None), Conflict),
        (MADE, replace(OURS, id="a colleague's, just like it"), Conflict),
    ],
)
def test_a_pass_is_asked_for_only_where_the_one_before_is_nobody_s(
    entry: Entry, held: Pass | None, step: Step | type[Any]
) -> None:
    found = next_step(entry, held, NOW)

    assert type(found) is step if isinstance(step, type) else found == step


def test_a_word_lets_somebody_else_s_pass_go() -> None:
    assert next_step(ENTRY, OURS, NOW, words={"--replace"}) == Make()


def test_what_another_run_made_is_not_taken_for_this_one_s() -> None:
    found = next_step(BEGUN, OURS, NOW, elsewhere="monday")

    assert isinstance(found, Conflict)
    assert "the run monday has made them a pass meanwhile" in found.why


def test_a_complete_file_is_a_delivery() -> None:
    assert isinstance(next_step(MADE, OURS, NOW, is_there=True), Settled)
    assert isinstance(next_step(BEGUN, OURS, NOW, is_there=True), Make)


def test_a_conflict_says_until_when_the_other_pass_works() -> None:
    found = next_step(ENTRY, OURS, NOW)

    assert isinstance(found, Conflict)
    assert "until 2026-09-01 09:00 UTC" in found.why


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(25, "has made them such a pass, 26 min after it was asked for, meanwhile"), (-25, "24 min before")],
)
def test_a_pass_like_ours_that_a_clock_may_have_dated_is_nobody_s_for_certain(
    minutes: int, said: str
) -> None:
    start = NOW + timedelta(minutes=minutes)
    found = next_step(BEGUN, replace(OURS, created=start, start=start), NOW)

    assert isinstance(found, Conflict)
    assert "if a clock is wrong, this run" in found.why
    assert said in found.why


def test_a_pass_unlike_ours_is_somebody_else_s() -> None:
    unlike = replace(OURS, lifetime=90)

    assert whose(BEGUN, unlike) == whose(ENTRY, OURS) == "somebody else has made them a pass"


def test_a_pass_like_ours_that_nobody_dated_may_be_this_run_s() -> None:
    assert whose(BEGUN, replace(OURS, created=None)).startswith("somebody else or this run")


@pytest.mark.parametrize("minutes", [-25, 0, 25])
@pytest.mark.parametrize("is_ahead", [True, False])
def test_a_pass_is_ours_by_either_clock(minutes: int, *, is_ahead: bool) -> None:
    ahead = timedelta(minutes=minutes)
    made = NOW + ahead if is_ahead else NOW
    found = next_step(replace(BEGUN, ahead=ahead), replace(OURS, created=made, start=made), NOW)

    assert found == Make(replaces="new", is_likely=True)


def test_a_moment_at_the_end_of_time_is_compared_all_the_same() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    ahead = timedelta(hours=23)

    assert isinstance(next_step(replace(BEGUN, begun=last, ahead=ahead), OURS, NOW), Conflict)
