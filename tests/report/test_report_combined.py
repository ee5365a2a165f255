from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from tapctl import schema
from tapctl.errors import UsageError
from tapctl.render.combined import render_json, render_markdown, render_text
from tapctl.report.combined import Combined, Result, combine, read_result

BRAKE = {"rule": "enforces", "severity": "brake", "flag": "--allow-enforces"}
START: dict[str, Any] = {
    "version": 1,
    "environment": "production",
    "tenant": "1111",
    "notice": None,
    "findings": [],
}
PLAN = {
    **START,
    "command": "plan",
    "summary": {"create": 1, "update": 0, "delete": 2, "no-op": 3, "unmanaged": 0},
    "findingCounts": {"error": 0},
    "checksum": "abc",
}
APPLY = {**START, "command": "apply", "summary": PLAN["summary"], "refusal": None}
DRIFT = {**START, "command": "drift", "complete": True, "clean": False, "drifted": [{}]}


def read(document: Any, allowed: frozenset[str] = frozenset()) -> Result:
    return read_result(copy.deepcopy(document), "results/plan-production.json", "production", allowed)


@pytest.mark.parametrize(
    ("document", "status", "said"),
    [
        (PLAN, "changes", "1 to create, 2 to delete"),
        (
            {**PLAN, "summary": {"create": 0, "update": 0, "delete": 0}, "findings": [BRAKE]},
            "clean",
            "nothing to do",
        ),
        ({**PLAN, "findings": [BRAKE, BRAKE]}, "stopped", "1 to create, 2 to delete"),
        ({**PLAN, "findingCounts": {"error": 2}}, "error", "2 errors"),
        ({**START, "command": "validate", "findingCounts": {"error": 1}}, "error", "1 error"),
        ({**START, "command": "validate", "findingCounts": {"error": 0}}, "clean", "nothing wrong"),
        ({**APPLY, "status": "applied", "outcomes": [{"status": "applied"}]}, "applied", "1 applied"),
        ({**APPLY, "status": "nothing-to-do", "outcomes": []}, "clean", "nothing to do"),
        ({**APPLY, "status": "refused", "outcomes": [], "refusal": "no:\n  that"}, "refused", "no:"),
        (
            {**APPLY, "status": "interrupted", "outcomes": [{"status": "skipped"}]},
            "incomplete",
            "interrupted: 1 skipped",
        ),
        (DRIFT, "drift", "1 object differs"),
        ({**DRIFT, "drifted": [{}, {}]}, "drift", "2 objects differ"),
        ({**DRIFT, "drifted": []}, "drift", "the same, but not safe"),
        ({**DRIFT, "clean": True}, "clean", "no drift"),
        ({**DRIFT, "complete": False, "findings": [{"severity": "error"}]}, "error", "1 error"),
        ({"version": 1, "error": {"message": "no way to sign in\n  - a"}}, "error", "no way to sign in"),
    ],
)
def test_a_run_comes_to_one_word(document: Any, status: str, said: str) -> None:
    found = read(document)

    assert (found.status, found.said, found.environment) == (status, said, "production")


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        7,
        {"version": 1},
        {**PLAN, "command": "test"},
        {**PLAN, "summary": {}},
        {**PLAN, "environment": None},
    ],
)
def test_what_is_no_result_is_an_error(document: Any) -> None:
    with pytest.raises(UsageError, match="is no result of plan, apply, drift and validate"):
        read(document)


def test_a_run_that_was_stopped_says_of_which_environment_if_it_knows() -> None:
    stopped = {"version": 1, "error": {"message": "x"}}

    assert read({**stopped, "environment": "staging"}).environment == "staging"
    assert read({**stopped, "environment": None}).environment == "production"


def test_another_version_is_an_error() -> None:
    with pytest.raises(UsageError, match="another version"):
        read({**PLAN, "version": 2})


def test_a_brake_that_is_allowed_is_none() -> None:
    stopped = {**PLAN, "findings": [BRAKE]}

    assert read(stopped).brakes == ("enforces",)
    assert read(stopped, frozenset({"enforces"})).status == "changes"


def test_what_is_enforced_no_more_is_said() -> None:
    ends = {"rule": "stops-enforcing", "severity": "warning", "flag": None}
    found = read({**PLAN, "findings": [ends]})

    assert found.status == "changes"
    assert found.said.endswith("; 1 enforced policy stops being enforced")


def test_a_brake_that_nothing_allows_stays() -> None:
    hopeless = {**PLAN, "findings": [{"rule": "no-break-glass", "severity": "brake", "flag": None}]}

    assert read(hopeless, frozenset({"no-break-glass"})).status == "stopped"


def combined(*statuses: Any, strict: bool = False) -> Combined:
    found = [Result(environment=f"e{n}", status=status, said="") for n, status in enumerate(statuses)]
    return combine(found, is_strict=strict)


def test_the_worst_comes_first() -> None:
    found = combined("clean", "drift", "error", "stopped", "changes")

    assert [item.status for item in found.results] == ["error", "stopped", "drift", "changes", "clean"]


def test_several_need_have_and_drift() -> None:
    found = combined("stopped", "stopped", "drift", "drift", "changes", "changes", "clean", "clean")

    assert render_text(found).splitlines()[0] == (
        "8 environments: 2 need a word, 2 drift, 2 have changes and 2 as declared"
    )


def test_what_was_expected_and_is_not_there_is_missing() -> None:
    found = combine([read(PLAN)], ["production", "staging", "staging"])

    assert [(item.environment, item.status) for item in found.results] == [
        ("staging", "missing"),
        ("production", "changes"),
    ]
    assert found.is_wrong


def test_ready_is_what_may_be_applied() -> None:
    staging = {**PLAN, "environment": "staging", "findings": [BRAKE]}
    found = combine([read(staging), read(PLAN), read({**PLAN, "environment": "lab"})])

    assert [item.environment for item in found.ready] == ["lab", "production"]


def test_a_brake_is_wrong_only_where_something_is_to_be_applied() -> None:
    assert not combined("stopped", "changes", "drift").is_wrong
    assert combined("stopped", strict=True).is_wrong
    assert combined("clean", "drift").has_drift


def test_json_keeps_its_promise() -> None:
    found = combine([read(PLAN), read(DRIFT), read({"version": 1, "error": {"message": "x"}})], ["staging"])

    document = json.loads(render_json(found))
    Draft202012Validator(schema.read("summary-output")).validate(document)
    assert document["ready"] == [{"environment": "production", "checksum": "abc"}]


def test_text_is_a_line_each() -> None:
    sandbox = {
        **PLAN,
        "environment": "sandbox",
        "notice": "SANDBOX",
        "findings": [BRAKE],
    }

    assert render_text(combine([read(sandbox), read(PLAN)])).splitlines() == [
        "2 environments: 1 needs a word and 1 has changes",
        "sandbox     needs a word  1 to create, 2 to delete; brakes: enforces  (SANDBOX)",
        "production  has changes   1 to create, 2 to delete",
    ]
    assert render_text(combine([])) == "0 environments: no result\n"


def test_a_table_in_markdown() -> None:
    warned = {**PLAN, "findings": [{"rule": "x", "severity": "warning"}]}

    assert render_markdown(combine([read(warned)])).splitlines()[-1] == (
        "| `production` | **has changes** | 1 to create, 2 to delete | 1 warning | `1111` |"
    )


def test_names_break_no_table() -> None:
    hostile = {**PLAN, "environment": "a|b\n<b>@me\u202e`", "tenant": "x|y", "notice": "@all [a](b)"}
    found = MarkdownIt("gfm-like").render(render_markdown(combine([read(hostile)])))

    assert found.count("<td") == 5
    assert "<b>" not in found
    assert "<a" not in found


def test_a_thousand_environments_fit_a_comment() -> None:
    many = [read({**PLAN, "environment": f"tenant-{number}"}) for number in range(2000)]
    found = render_markdown(combine(many))

    assert len(found) < 60_000
    assert "more environments would not fit" in found
