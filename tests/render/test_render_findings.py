"""SARIF and JUnit: findings for code scanning and for test reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from jsonschema import Draft4Validator
from report_cases import POLICY, full, hostile
from sarif_schema import SARIF_SCHEMA

from tapctl.errors import UsageError
from tapctl.model import Finding
from tapctl.render import html, junit, markdown, sarif, terminal
from tapctl.render import json as as_json
from tapctl.report import Headline, Report
from tapctl.text.escape import is_hidden

NOTHING = Report(command="validate", headline=Headline(environment="e", tenant_id="", is_sandbox=False))


def test_every_finding_is_a_result_on_its_line() -> None:
    report = full()
    results = json.loads(sarif.render(report))["runs"][0]["results"]
    placed = next(finding for finding in report.findings if finding.place)
    result = results[list(report.findings).index(placed)]

    assert len(results) == len([item for item in report.findings if item.news != "removed"])
    assert placed.place is not None
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == placed.place.line
    assert all(result["locations"] for result in results)


WORD = "--allow-introduces-errors"
INTRODUCED = (
    Finding(rule="introduces-errors", severity="brake", message="an error: T1 multi at a.yaml:1", flag=WORD),
    Finding(rule="T1", severity="warning", message="passes last", news="introduced", name="multi", flag=WORD),
)


@pytest.mark.parametrize("render", [terminal.render, markdown.render, html.render])
def test_an_error_that_a_brake_asks_about_is_said_once_and_so_is_the_word(
    render: Callable[[Report], str],
) -> None:
    text = render(replace(full(), findings=INTRODUCED, outcomes=()))

    assert (text.count("passes last"), text.count(WORD)) == (1, 1)


@pytest.mark.parametrize("render", [markdown.render, html.render])
def test_what_takes_a_word_is_no_mere_warning_at_its_object(render: Callable[[Report], str]) -> None:
    found = replace(INTRODUCED[1], address=POLICY)
    text = render(replace(full(), findings=(found,), outcomes=()))

    assert "error `multi`" in text or "error <code>multi</code>" in text


def test_json_says_of_each_error_that_a_brake_asks_about_which_word_it_takes() -> None:
    found = json.loads(as_json.render(replace(full(), findings=INTRODUCED)))["findings"]

    assert [(item["rule"], item["flag"]) for item in found] == [("introduces-errors", WORD), ("T1", WORD)]


def test_what_is_about_no_line_is_shown_in_the_settings_and_what_is_over_nowhere() -> None:
    said = replace(NOTHING.headline, settings="policies/tapctl.yaml")
    here = Finding(rule="r", severity="error", message="now")
    report = replace(NOTHING, headline=said, findings=(here, replace(here, news="removed")))

    (result,) = json.loads(sarif.render(report))["runs"][0]["results"]

    assert "policies/tapctl.yaml" in json.dumps(result["locations"])


def test_a_result_points_to_its_rule() -> None:
    run = json.loads(sarif.render(full()))["runs"][0]
    listed = run["tool"]["driver"]["rules"]

    assert all(listed[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


@pytest.mark.parametrize("report", [full(), hostile(), NOTHING])
def test_sarif_follows_its_schema(report: Report) -> None:
    follows_the_schema(sarif.render(report))


def test_so_does_a_run_without_a_result() -> None:
    follows_the_schema(sarif.render_error(UsageError("no\nnot at all"), "tapctl.yaml", None))


def follows_the_schema(document: str) -> None:
    if not SARIF_SCHEMA.is_file():
        pytest.skip("the SARIF schema is not here: .ci/run fetches it from npm")

    Draft4Validator(json.loads(SARIF_SCHEMA.read_text(encoding="utf-8"))).validate(json.loads(document))


@pytest.mark.parametrize("render", [sarif.render, junit.render])
def test_hostile_names_stay_visible(render: object) -> None:
    assert callable(render)
    assert not any(is_hidden(char) for char in render(hostile()).replace("\n", ""))


def test_errors_fail_and_the_rest_is_told() -> None:
    suite = ElementTree.fromstring(junit.render(full())).find("testsuite")  # noqa: S314  # our own output
    assert suite is not None
    failures = [case.get("name") for case in suite.findall("testcase") if case.find("failure") is not None]

    assert failures == sorted({finding.rule for finding in full().findings if finding.severity == "error"})
    assert suite.get("failures") == str(len(failures))


def test_a_folder_without_findings_is_one_passed_test() -> None:
    root = ElementTree.fromstring(junit.render(NOTHING))  # noqa: S314  # our own output

    assert (root.get("tests"), root.get("failures")) == ("1", "0")


def test_what_apply_asks_a_word_for_is_an_error_to_code_scanning() -> None:
    asking = Finding(rule="enforces", severity="brake", message="m", flag="--allow-enforces")
    told = Finding(rule="r", severity="warning", message="m")

    results = json.loads(sarif.render_findings(full().headline, [asking, told]))["runs"][0]["results"]

    assert [result["level"] for result in results] == ["error", "warning"]
