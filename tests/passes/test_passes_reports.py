"""What people and programs are told of passes, where it is rare."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pass_values import MADE, PASS, USED

from tapctl.errors import NotPermitted
from tapctl.model import Finding
from tapctl.passes import issue_report
from tapctl.passes.deleting import Deletion, Outcome
from tapctl.passes.deleting_report import Going, account_sheet, plan_sheet
from tapctl.passes.delivery import Recipient
from tapctl.passes.issue_report import Account, json_of, sheet_of
from tapctl.passes.issuing.worklist import Entry, Worklist
from tapctl.passes.list import Holder, Listing
from tapctl.passes.list_report import gone_notes, listing_json, listing_sheet
from tapctl.passes.methods import Registered
from tapctl.passes.people import Person
from tapctl.passes.progress import Facts, progress_of
from tapctl.passes.status import Following
from tapctl.passes.status_report import status_json, status_sheet
from tapctl.passes.sweep import Verdict
from tapctl.passes.trail import Record
from tapctl.passes.who import Chosen
from tapctl.passes.written import condition, maker_json, maker_words
from tapctl.render.sheet import render_text
from tapctl.report import Headline
from tapctl.text.times import Clocks

HIRE = Person(id="a", name="hire@contoso.example")
CHOSEN = Chosen(people=(HIRE,), basis=("as named",))
HEADLINE = Headline(environment="production", tenant_id="1", is_sandbox=False)
DENIED = NotPermitted(request="GET x", status=403)
ENTRY = Entry(number=0, recipient=Recipient(id="a", name="a@x"), lifetime=60, is_usable_once=True)
ROBOT = Record(at=MADE, deed="made", actor="Workflows", is_app=True, user_id="a", user_name="")


@pytest.mark.parametrize(
    ("reason", "is_usable", "words"),
    [
        ("Expired", False, "expired"),
        ("SomethingNew", False, 'not usable; Graph says "SomethingNew"'),
        ("SomethingNew", True, 'usable; Graph says "SomethingNew"'),
        ("", False, "not usable"),
    ],
)
def test_graph_s_reasons_are_said_in_words(reason: str, is_usable: bool, words: str) -> None:
    assert condition(replace(PASS, reason=reason, is_usable=is_usable)) == words


def test_an_application_is_called_one() -> None:
    assert maker_words(ROBOT) == "issued by the application Workflows"
    assert maker_json(ROBOT) == {"name": "Workflows", "isApplication": True, "at": "2026-11-02T09:00:00Z"}
    assert maker_json(replace(ROBOT, actor="")) is None
    assert "does not name" in maker_words(None)


def test_people_who_left_and_people_out_of_reach_are_listed() -> None:
    listing = Listing(holders=(), without=0, failures=((HIRE, DENIED),), gone=(HIRE,))

    sheet = listing_sheet(listing, CHOSEN, Clocks(), HEADLINE, 3)
    document = listing_json(listing, CHOSEN)

    assert sheet.problems == ("hire@contoso.example: GET x: 403",)
    assert gone_notes(listing) == ("not in the tenant any more: hire@contoso.example",)
    assert document["failures"] == [
        {"id": "a", "userPrincipalName": HIRE.name, "displayName": None, "why": "GET x: 403"}
    ]


def lines(**facts: Any) -> tuple[str, ...]:
    found = Following(people=(progress_of(Facts(person=HIRE, **facts), MADE + timedelta(minutes=20)),))
    sheet = status_sheet(found, CHOSEN, Clocks(here=UTC), HEADLINE, 1)
    return next(item.lines for section in sheet.sections for item in section.items)


def method(standing: Any, created: datetime | None) -> Registered:
    return Registered(id="m", type="fido2", name="", created=created, standing=standing)


def test_a_person_s_story_is_told_from_what_is_known() -> None:
    gone = {
        "made": replace(ROBOT, is_app=False, actor=""),
        "deleted": replace(ROBOT, deed="deleted", actor=""),
    }

    assert lines(held=PASS, methods=None)[-1] == "methods could not be read"
    assert lines(held=PASS, methods=(method("permanent", None),))[-1] == (
        "permanent methods are without a date to compare: a passkey"
    )
    assert lines(**gone)[1].startswith("pass deleted 2026-11-02 09:00 UTC")
    assert lines(held=PASS, signed_in=MADE)[2].startswith("signed in 2026-11-02 09:00 UTC")
    assert lines(held=PASS, made=ROBOT)[1].endswith("by Workflows")
    assert lines(held=USED)[2].startswith("Graph does not say when the pass was used")
    assert lines(held=USED, seen_used=MADE)[3] == "seen used 2026-11-02 09:00 UTC"


def test_an_error_s_advice_stands_on_its_own_line() -> None:
    why = "GET x: 403\n  this needs more"
    people = Worklist()
    people.add(replace(ENTRY, state="failed", why=why))
    deletion = Deletion(person=HIRE, held=PASS, reason="registered", why="it has served")
    unread = Verdict(holder=Holder(person=HIRE, held=PASS), goes=False, reason="unread-methods", why=why)
    going = Going(
        listing=Listing(holders=(), without=0),
        chosen=CHOSEN,
        deletions=(deletion,),
        verdicts=(unread,),
        outcomes=(Outcome(deletion=deletion, status="failed", why=why),),
    )

    sheets = (
        sheet_of(Account(status="incomplete", headline=HEADLINE, worklist=people)),
        plan_sheet("Sweeping", going, Clocks(), HEADLINE),
        account_sheet("Sweeping", going, HEADLINE, 1),
    )

    for sheet in sheets:
        assert "      GET x: 403\n        this needs more" in render_text(sheet)
    people.close()


def test_whoever_could_not_be_read_is_counted_besides() -> None:
    progress = progress_of(Facts(person=HIRE, held=PASS), MADE)
    hidden = replace(HIRE, id="b")
    found = Following(people=(progress,), failures=((HIRE, DENIED), (hidden, DENIED)))
    sheet = status_sheet(found, CHOSEN, Clocks(here=UTC), HEADLINE, 1)
    funnel: Any = status_json(found, CHOSEN)["funnel"]

    assert sheet.facts[0].startswith("1 person, and 1 more who cannot be placed: ")
    assert sheet.summary[0].startswith("0 overdue, 1 cannot be placed (")
    assert (funnel["people"], funnel["unplaced"]) == (1, 1)


def test_what_could_not_be_read_is_null_and_not_empty() -> None:
    progress = progress_of(Facts(person=HIRE, held=PASS, methods=None), MADE)
    found: Any = status_json(Following(people=(progress,), failures=((HIRE, DENIED),)), CHOSEN)

    assert found["people"][0]["methods"] is None
    assert found["people"][0]["newHireGroups"] is None
    assert found["people"][0]["passwordChangedSincePass"] is None


def test_what_was_replaced_by_its_likeness_is_told_with_what_that_may_mean() -> None:
    people = Worklist()
    people.add(replace(ENTRY, state="delivered", replaced=("p1", "p2"), is_likely=True))
    sheet = sheet_of(Account(status="issued", headline=HEADLINE, worklist=people))

    said = sheet.sections[0].items[0].lines
    assert "replaces what a lost answer had made, by its time, start and lifetime: p1, p2" in said
    assert "if a colleague made a pass just like it in those minutes, that is void" in said
    people.close()


def test_a_pass_of_somebody_else_that_was_replaced_is_named() -> None:
    people = Worklist()
    people.add(replace(ENTRY, state="delivered", ended=("p1",)))
    account = Account(status="issued", headline=HEADLINE, worklist=people)

    lines = sheet_of(account).sections[0].items[0].lines
    assert "replaces what this run did not make, and that is void: p1" in lines
    assert json.loads("".join(json_of(account)))["people"][0]["replacedOfOthers"] == ["p1"]
    people.close()


def test_whoever_is_in_doubt_is_a_problem_with_a_time_and_a_remedy() -> None:
    people = Worklist()
    people.add(replace(ENTRY, state="delivered", doubt=MADE))
    account = Account(
        status="issued", headline=HEADLINE, worklist=people, run="1Z-production", delivery="file"
    )
    document = json.loads("".join(json_of(account)))

    (problem,) = sheet_of(account).problems
    assert problem.startswith("1 to be looked at again, since a lost request may come late: a@x\n")
    assert "09:00 UTC on: tapctl pass issue -e production --continue 1Z-production with --to-file" in problem
    assert document["people"][0]["doubtUntil"] == "2026-11-02T09:00:00Z"
    people.close()


def test_a_run_about_nobody_is_a_document_too() -> None:
    people = Worklist()
    account = Account(status="refused", headline=HEADLINE, worklist=people)

    assert json.loads("".join(json_of(account)))["people"] == []
    people.close()


def test_of_very_many_people_a_sheet_shows_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issue_report, "_MOST", 1)
    people = Worklist()
    for number in range(3):
        recipient = Recipient(id=f"{number}", name=f"{number}@x")
        people.add(replace(ENTRY, number=number, recipient=recipient))
    (section,) = sheet_of(Account(status="checked", headline=HEADLINE, worklist=people)).sections

    assert section.title == "May have a pass (3)"
    assert [item.name for item in section.items] == ["0@x", "and 2 more: --format json has them all"]
    people.close()


@pytest.mark.parametrize(
    ("words", "title"),
    [(set(), "Kept from a pass by the problems below alone (1)"), ({"--privileged"}, "May have a pass (1)")],
)
def test_nobody_may_have_a_pass_while_something_stops_all(words: set[str], title: str) -> None:
    people = Worklist()
    people.add(ENTRY)
    unread = Finding(rule="r", severity="brake", message="cannot be told", help="", flag="--privileged")
    account = Account(
        status="refused", headline=HEADLINE, worklist=people, findings=(unread,), words=frozenset(words)
    )

    assert sheet_of(account).sections[0].title == title
    people.close()


def test_a_pass_that_is_void_by_now_is_not_shown_as_if_it_worked() -> None:
    people = Worklist()
    void = replace(ENTRY, state="failed", why="replaced", made_start=MADE, made_end=MADE + timedelta(hours=1))
    people.add(void)
    (section,) = sheet_of(Account(status="incomplete", headline=HEADLINE, worklist=people)).sections

    assert (section.title, section.items[0].lines) == ("No pass handed over (1)", ("replaced",))
    people.close()
