from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest
from delivery_tools import MIA

from tapctl.passes.delivery import Recipient
from tapctl.passes.issuing.worklist import Entry, State, Worklist

ONE = Entry(number=0, recipient=MIA, lifetime=60, is_usable_once=True)
BEN = replace(ONE, number=1, recipient=Recipient(id="ben", name="ben@x"))


def test_whoever_has_a_passcode_waits_no_more_but_may_be_looked_at_again() -> None:
    people = Worklist()
    for number, state in enumerate(get_args(State)):
        people.add(replace(BEN, number=number, recipient=replace(MIA, id=state), state=state))
    assert (people.left, people.unsettled, people.count()) == (5, 5, 7)
    done = people.of_user("delivered")
    assert done is not None
    people.put(replace(done, doubt=datetime(2026, 9, 1, tzinfo=UTC)))

    assert (people.left, people.unsettled) == (5, 6)


def test_a_person_is_there_once() -> None:
    people = Worklist()

    assert [people.add(entry) for entry in (ONE, BEN, replace(BEN, number=2))] == [True, True, False]
    assert [*people.entries()] == [ONE, BEN]


def test_whoever_goes_on_keeps_their_place() -> None:
    people = Worklist()
    people.put(ONE)
    people.put(BEN)
    people.put(replace(ONE, state="begun"))

    assert [(entry.number, entry.state) for entry in people.entries()] == [(0, "begun"), (1, "ready")]


def test_nobody_goes_missing_where_one_would_be_there_twice() -> None:
    people = Worklist()
    people.put(ONE)
    people.put(BEN)

    with pytest.raises(sqlite3.IntegrityError):
        people.put(replace(BEN, recipient=MIA))

    assert [*people.entries()] == [ONE, BEN]
