from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from github_server import BOT, GitHub, Trouble

from tapctl.github.api import Api, connect
from tapctl.github.comment import Kept
from tapctl.github.issue import Issue, end_issues, facts, keep_issue
from tapctl.github.marker import Marker
from tapctl.github.place import place

CAUSE = {
    "who": "eve@contoso.example",
    "when": "2026-11-28T10:00:00Z",
    "application": None,
    "ipAddress": "203.0.113.7",
    "activity": "Add member to group",
    "entries": ["eve"],
    "record": "1",
}
DRIFT: dict[str, Any] = {
    "drifted": [
        {
            "address": "Group/Pilots",
            "what": "changed",
            "said": None,
            "newer": True,
            "attribution": None,
            "restore": None,
            "fields": [
                {
                    "path": "members",
                    "declared": [],
                    "tenant": ["eve"],
                    "newer": True,
                    "attribution": {"causes": [CAUSE], "suspects": [], "unknown": None},
                }
            ],
        }
    ],
    "findings": [{"rule": "X", "severity": "warning", "address": None, "message": "in 3 days"}],
    "auditLog": {"oldest": "2026-11-20T10:00:00Z"},
    "requests": 7,
}


@pytest.fixture
def api(github: GitHub) -> Iterator[Api]:
    with connect(place(github.variables)) as api:
        yield replace(api, wait=lambda _: None)


def issue(drift: dict[str, Any] = DRIFT, *, text: str = "## Drift", is_clean: bool = False) -> Issue:
    marker = Marker(purpose="drift", workspace="policies", environment="production", facts=facts(drift))
    return Issue(
        marker=marker,
        title="Drift in production",
        text=text,
        footer="foot",
        link="(run)",
        labels=["identity"],
        is_clean=is_clean,
    )


def other(**field: Any) -> dict[str, Any]:
    changed = copy.deepcopy(DRIFT)
    changed["drifted"][0]["fields"][0] |= field
    return changed


def saying(message: str, rule: str = "drift-break-glass-left") -> dict[str, Any]:
    found = {"rule": rule, "severity": "error", "address": "Group/Break glass", "message": message}
    return DRIFT | {"findings": [found]}


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("drift-break-glass-left", "one@x is not in the group: by eve", "two@x is not in the group: by eve"),
        ("drift-new-undeclared", "P is enforced: it blocks", "P is enforced: it asks"),
    ],
)
def test_another_account_at_the_same_object_is_other_drift(rule: str, before: str, after: str) -> None:
    assert facts(saying(before, rule)) != facts(saying(after, rule))


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("drift-break-glass-left", "one@x is not in the group: unknown", "one@x is not in the group: by eve"),
        ("drift-weaker", "open for 2 days, since 2026-11-02", "open for 3 days, since 2026-11-03 04:05"),
        ("CA016", "one", "another"),
    ],
)
def test_a_day_that_passes_and_who_did_it_are_no_other_drift(rule: str, before: str, after: str) -> None:
    assert facts(saying(before, rule)) == facts(saying(after, rule))


def test_drift_opens_an_issue(github: GitHub, api: Api) -> None:
    kept = keep_issue(api, issue(), BOT)

    assert kept == Kept(action="opened", url=github.issues[2]["html_url"])
    assert github.issues[2]["title"] == "Drift in production"
    assert github.issues[2]["labels"] == ["identity"]


def test_the_same_drift_the_next_night_writes_nothing(github: GitHub, api: Api) -> None:
    keep_issue(api, issue(), BOT)
    github.asked.clear()
    later = copy.deepcopy(DRIFT) | {"requests": 9}
    later["findings"][0]["message"] = "in 2 days"
    later["drifted"][0]["newer"] = False

    assert keep_issue(api, issue(later, text="## Drift, 12 records"), BOT).action == "unchanged"
    assert github.writes == []


def test_other_drift_changes_the_issue_and_says_so(github: GitHub, api: Api) -> None:
    keep_issue(api, issue(), BOT)
    github.issues[2]["title"] = "Drift in production (Ada looks into it)"

    assert keep_issue(api, issue(other(tenant=["eve", "mallory"]), text="## More"), BOT).action == "updated"
    assert "## More" in github.issues[2]["body"]
    assert github.issues[2]["title"].endswith("(Ada looks into it)")
    assert github.said(2) == ["What differs has changed: the text above is of now. (run)"]


def test_more_known_of_who_did_it_is_told_without_noise(github: GitHub, api: Api) -> None:
    keep_issue(api, issue(other(attribution=None)), BOT)

    assert keep_issue(api, issue(text="## By Eve"), BOT).action == "updated"
    assert github.said(2) == []


@pytest.mark.parametrize("oldest", [None, "2026-11-29T10:00:00Z"])
def test_what_the_log_forgets_stays_in_the_issue(github: GitHub, api: Api, oldest: str | None) -> None:
    keep_issue(api, issue(text="## By Eve"), BOT)
    later = other(attribution=None) | {"auditLog": {"oldest": oldest}}

    assert keep_issue(api, issue(later, text="## By whom?"), BOT).action == "unchanged"
    assert "## By Eve" in github.issues[2]["body"]


def test_what_turns_out_not_to_be_known_is_told(github: GitHub, api: Api) -> None:
    keep_issue(api, issue(text="## By Eve"), BOT)

    assert keep_issue(api, issue(other(attribution=None), text="## By whom?"), BOT).action == "updated"
    assert "## By whom?" in github.issues[2]["body"]
    assert github.said(2) == ["Who did it is told otherwise now: the text above is of now. (run)"]


@pytest.mark.parametrize(
    "changes",
    [
        {"who": "frank@contoso.example"},
        {"when": "2026-11-28T11:00:00Z"},
        {"application": "A script"},
        {"ipAddress": "192.0.2.1"},
        {"entries": ["frank"]},
    ],
)
def test_another_answer_of_who_did_it_is_told(github: GitHub, api: Api, changes: dict[str, Any]) -> None:
    keep_issue(api, issue(), BOT)
    corrected = other(attribution={"causes": [CAUSE | changes], "suspects": [], "unknown": None})

    assert keep_issue(api, issue(corrected, text="## By another"), BOT).action == "updated"
    assert "## By another" in github.issues[2]["body"]


def test_what_was_certain_and_is_a_maybe_is_told(github: GitHub, api: Api) -> None:
    keep_issue(api, issue(), BOT)
    maybe = other(attribution={"causes": [], "suspects": [CAUSE], "unknown": "half a record"})

    assert keep_issue(api, issue(maybe), BOT).action == "updated"
    assert keep_issue(api, issue(maybe), BOT).action == "unchanged"


@pytest.mark.parametrize("who", ["frank, with a script", "eve, application unknown"])
def test_a_message_that_names_another_doer_is_told(github: GitHub, api: Api, who: str) -> None:
    said = "one@x is not in the group: taken out by {}, 2026-11-28 10:0{} UTC (Remove member from group)"
    keep_issue(api, issue(saying(said.format("eve, application unknown", 1))), BOT)

    assert keep_issue(api, issue(saying(said.format(who, 2)), text="## Now"), BOT).action == "updated"
    assert "## Now" in github.issues[2]["body"]


def test_an_object_that_goes_by_a_third_name_is_other_drift() -> None:
    first, second = copy.deepcopy(DRIFT), copy.deepcopy(DRIFT)
    first["drifted"][0] |= {"what": "renamed", "said": "called 'A' in the tenant"}
    second["drifted"][0] |= {"what": "renamed", "said": "called 'B' in the tenant"}

    assert facts(first)["sum"] != facts(second)["sum"]


def test_more_answers_than_fit_are_compared_as_one() -> None:
    causes = [CAUSE | {"who": f"person-{number}"} for number in range(501)]
    many = other(attribution={"causes": causes, "suspects": [], "unknown": None})
    fewer = other(attribution={"causes": causes[:-1], "suspects": [], "unknown": None})

    assert len(facts(many)["who"]) == 20
    assert facts(fewer)["who"] != facts(many)["who"]


def test_the_end_of_the_drift_closes_it(github: GitHub, api: Api) -> None:
    keep_issue(api, issue(), BOT)

    assert keep_issue(api, issue(is_clean=True), BOT).action == "closed"
    assert (github.issues[2]["state"], github.issues[2]["state_reason"]) == ("closed", "completed")
    assert github.said(2) == ["The tenant is what the files say again. (run)"]


def test_no_drift_needs_no_issue(github: GitHub, api: Api) -> None:
    assert keep_issue(api, issue(is_clean=True), BOT) == Kept(action="nothing-to-do")
    assert github.writes == []


def test_new_drift_after_the_end_is_a_new_issue(github: GitHub, api: Api) -> None:
    keep_issue(api, issue(), BOT)
    keep_issue(api, issue(is_clean=True), BOT)

    assert keep_issue(api, issue(), BOT).action == "opened"
    assert [item["state"] for item in github.issues.values()] == ["open", "closed", "open"]


def test_only_our_issue_of_that_environment_is_touched(github: GitHub, api: Api) -> None:
    ours = issue()
    github.issue("A trap", ours.body, by="mallory")
    github.issue("Staging", str(replace(ours.marker, environment="staging")))
    github.issue("A pull request of ours", ours.body, pull_request=True)

    assert keep_issue(api, replace(ours, is_clean=True), BOT).action == "nothing-to-do"


def test_ours_is_found_behind_many_others(github: GitHub, api: Api) -> None:
    keep_issue(api, issue(), BOT)
    for number in range(25):
        github.issue(f"Other {number}", by="somebody")
    github.page = 10

    assert keep_issue(api, issue(), BOT).action == "unchanged"


def test_two_runs_at_once_leave_two_that_end_together(github: GitHub, api: Api) -> None:
    github.issue("Drift in production", issue().body)
    github.issue("Drift in production", issue().body)

    assert keep_issue(api, issue(), BOT) == Kept(action="unchanged", url=github.issues[2]["html_url"])
    keep_issue(api, issue(is_clean=True), BOT)
    assert [item["state"] for item in github.issues.values()] == ["open", "closed", "closed"]


@pytest.mark.parametrize("is_done", [True, False])
def test_a_lost_answer_opens_no_second_issue(github: GitHub, api: Api, is_done: bool) -> None:
    github.trouble.append(Trouble("POST", 502, is_done=is_done))

    keep_issue(api, issue(), BOT)
    assert len(github.issues) == 2


@pytest.mark.parametrize("is_done", [True, False])
def test_a_lost_answer_says_nothing_twice(github: GitHub, api: Api, is_done: bool) -> None:
    keep_issue(api, issue(), BOT)
    github.comment(2, "talk", by="somebody")
    github.trouble.append(Trouble("POST", 502, is_done=is_done))

    keep_issue(api, issue(is_clean=True), BOT)
    assert len(github.said(2)) == 2
    assert github.issues[2]["state"] == "closed"


def test_a_marker_that_was_edited_is_no_obstacle(github: GitHub, api: Api) -> None:
    keep_issue(api, issue(), BOT)
    github.issues[2]["body"] = re.sub(r" who=\w+", " who=x", github.issues[2]["body"])

    assert keep_issue(api, issue(), BOT).action == "updated"


def test_an_environment_that_is_gone_ends_its_issue(github: GitHub, api: Api) -> None:
    keep_issue(api, issue(), BOT)
    github.issue("Quoted", body=github.issues[2]["body"], by="somebody")

    assert end_issues(api, issue(), {"production"}, BOT) == ()
    assert end_issues(api, issue(), {"staging"}, BOT) == (github.issues[2]["html_url"],)
    assert (github.issues[2]["state"], github.issues[2]["state_reason"]) == ("closed", "not_planned")
    assert github.said(2) == [
        "The workspace has no such environment any more, so its tenant is not read. (run)"
    ]
    assert github.issues[3]["state"] == "open"


def test_another_workspace_s_environment_is_not_gone(github: GitHub, api: Api) -> None:
    keep_issue(api, issue(), BOT)
    other_place = replace(issue(), marker=replace(issue().marker, workspace="elsewhere"))

    assert end_issues(api, other_place, {"staging"}, BOT) == ()
