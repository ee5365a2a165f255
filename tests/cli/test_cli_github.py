"""The commands of workflows, against GitHub's API on loopback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cli_tools import Cli
from jsonschema import Draft202012Validator

from tapctl import schema
from tapctl.github.summary import LIMIT, summary

if TYPE_CHECKING:
    from github_server import GitHub


@pytest.fixture
def in_a_run(cli: Cli, github: GitHub, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """A workflow's run about pull request 1."""
    event = {"pull_request": {"number": 1, "head": {"sha": "0a1b2c3d"}}}
    Path("event.json").write_text(json.dumps(event), encoding="utf-8")
    Path("plan.md").write_text("## Plan for `production`\n", encoding="utf-8")
    for name, value in {**github.variables, "GITHUB_EVENT_PATH": "event.json"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TAPCTL_RUN_URL", "https://ci.example/9")
    return cli


def test_a_comment_says_what_it_is_about(in_a_run: Cli, github: GitHub) -> None:
    result = in_a_run("github", "comment", "-e", "production", "--file", "plan.md")

    assert result.out.startswith("Commented: https://github.example/contoso/entra/issues/1#issuecomment-")
    about = "Environment `production`, workspace `policies`, commit `0a1b2c3d`, [run](https://ci.example/9)"
    marker, *text = github.said(1)[0].splitlines()
    assert marker == "<!-- tapctl:comment policies/production -->"
    assert text == ["## Plan for `production`", "", f"<sub>{about}</sub>"]


def test_the_result_says_which_tenant_it_is_about(in_a_run: Cli, github: GitHub) -> None:
    in_a_run("plan", "-e", "sandbox", "--also", "json=plan.json")
    comment = ("github", "comment", "--file", "plan.md", "--result", "plan.json")
    refused = in_a_run(*comment, "-e", "production")

    assert refused.code == 1
    assert 'the result is of environment "sandbox", and not of "production" (-e)' in refused.err
    assert github.asked == []
    assert in_a_run(*comment, "-e", "sandbox").code == 0
    assert "Environment `sandbox`, workspace `policies`, tenant `70000000-" in github.said(1)[0]


def test_a_result_that_is_an_error_is_told_as_well(in_a_run: Cli, github: GitHub) -> None:
    in_a_run("plan", "-e", "nowhere", "--also", "json=plan.json", "--also", "markdown=plan.md")
    in_a_run("github", "comment", "--file", "plan.md", "--result", "plan.json", "-e", "nowhere")

    assert "**Error**" in github.said(1)[0]
    assert "tenant" not in github.said(1)[0].splitlines()[-1]


def test_a_comment_in_json_keeps_its_promise(in_a_run: Cli) -> None:
    found = in_a_run("github", "comment", "-e", "production", "--file", "plan.md", "--format", "json").json

    Draft202012Validator(schema.read("github-output")).validate(found)
    assert found["action"] == "created"


def test_a_pull_request_can_be_said(in_a_run: Cli, github: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAPCTL_RUN_URL")
    github.issue("Another", pull_request=True)
    in_a_run(
        "github", "comment", "-e", "production", "--file", "plan.md", "--pr", "2", "--format", "markdown"
    )

    assert github.said(2)[0].endswith("<sub>Environment `production`, workspace `policies`</sub>\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--file", "plan.md"], "say which environment"),
        (["--file", "nothing.md", "-e", "production"], '"nothing.md" cannot be read'),
        (["--file", "plan.md", "-e", "production", "--mode", "other"], "--mode"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_asked(
    in_a_run: Cli, github: GitHub, arguments: list[str], words: str
) -> None:
    result = in_a_run("github", "comment", *arguments)

    assert result.code == 1
    assert words in result.err
    assert github.asked == []


def test_a_token_that_is_refused_is_not_shown(in_a_run: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_secret")
    result = in_a_run("github", "comment", "-e", "production", "--file", "plan.md")

    assert result.code == 1
    assert "401 Bad credentials" in result.err
    assert "ghs_secret" not in result.out + result.err


def issue_of(cli: Cli, *arguments: str) -> str:
    cli("drift", "-e", "sandbox", "--also", "json=drift.json", "--also", "markdown=drift.md")
    result = cli("github", "issue", "--file", "drift.md", "--drift", "drift.json", *arguments)
    assert result.code == 0, result.err
    return result.out


def test_an_issue_lives_as_long_as_the_drift(in_a_run: Cli, github: GitHub) -> None:
    opened, again = issue_of(in_a_run), issue_of(in_a_run, "-e", "sandbox")
    in_a_run("apply", "-e", "sandbox", "--yes")
    closed = issue_of(in_a_run, "--format", "json")

    assert opened.startswith("Opened: https://github.example")
    assert again.startswith("Unchanged: ")
    assert json.loads(closed)["action"] == "closed"
    assert "## Drift in `sandbox`" in github.issues[2]["body"]
    assert issue_of(in_a_run, "--format", "markdown") == "- No issue is open, and none is needed\n"


def test_an_environment_that_is_gone_takes_its_issue_along(in_a_run: Cli, github: GitHub) -> None:
    about = [f"<!-- tapctl:drift policies/{name} -->\n" for name in ("gone", "staging")]
    gone, kept = (github.issue("Drift", body=body) for body in about)
    issue_of(in_a_run)
    assert gone["state"] == "open"  # no folder of environments: nothing is known of them

    in_a_run.write("environments/staging.yaml", "maxState: disabled\n")
    issue_of(in_a_run)
    assert (gone["state"], kept["state"]) == ("closed", "open")


def test_a_tenant_that_was_not_read_leaves_its_issue(in_a_run: Cli, github: GitHub) -> None:
    in_a_run.write("environments/staging.yaml", "maxState: disabled\n")
    in_a_run("drift", "-e", "staging", "--also", "json=drift.json", "--also", "markdown=drift.md")
    result = in_a_run("github", "issue", "-e", "staging", "--file", "drift.md", "--drift", "drift.json")

    assert result.out == "Left as it is: the tenant was not read\n"
    assert github.asked == []


def test_mistakes_in_the_folder_leave_the_issue_too(in_a_run: Cli) -> None:
    in_a_run.write("bad.yaml", "kind: Nothing\n")

    assert issue_of(in_a_run) == "Left as it is: the tenant was not read\n"


@pytest.mark.parametrize(
    "found",
    [
        "",
        "[]",
        '{"version": 1, "command": "plan"}',
        '{"version": 2, "command": "drift"}',
        '{"version": 1, "command": "drift"}',
        '{"version": 1, "command": "drift", "drifted": [7], "findings": [], "clean": false}',
    ],
)
def test_what_is_no_drift_is_an_error(in_a_run: Cli, found: str) -> None:
    Path("drift.json").write_text(found, encoding="utf-8")
    result = in_a_run("github", "issue", "--file", "plan.md", "--drift", "drift.json")

    assert result.code == 1
    assert '"drift.json" is no' in result.err


def test_the_drift_of_another_environment_is_an_error(in_a_run: Cli) -> None:
    in_a_run("drift", "-e", "sandbox", "--also", "json=drift.json")
    result = in_a_run("github", "issue", "--file", "plan.md", "--drift", "drift.json", "-e", "production")

    assert 'the drift is of environment "sandbox"' in result.err


def test_a_summary_gets_what_there_is(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    Path("plan.md").write_text("## Plan\n", encoding="utf-8")

    for _ in range(2):
        assert cli("github", "summary", "--file", "plan.md", "--file", "apply.md").code == 0
    assert Path("summary.md").read_text(encoding="utf-8") == "## Plan\n\n`apply.md` was not written.\n\n" * 2


def test_a_summary_has_its_limit() -> None:
    found = summary(["é" * 100 + "\n"] * 10_000, LIMIT)

    assert len(found.encode()) <= LIMIT
    assert found.endswith("**This is too long for the run's summary; the log has the rest.**\n")
    assert summary(["## Plan"], 5) == ""


def test_outputs_are_one_line_each(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", "outputs")
    Path("real.json").write_text('{\n "a": "b\\nreal=c\\u2028"\n}', encoding="utf-8")

    assert cli("github", "outputs", "real=real.json", "all=real.json").code == 0
    lines = Path("outputs").read_text(encoding="utf-8").splitlines()
    assert [line.partition("=")[0] for line in lines] == ["real", "all"]
    assert json.loads(lines[0].partition("=")[2]) == {"a": "b\nreal=c\u2028"}


@pytest.mark.parametrize(
    "pair", ["real", "=real.json", "a b=real.json", "real=", "real=no.json", "real=bad.json"]
)
def test_outputs_are_names_and_json(cli: Cli, monkeypatch: pytest.MonkeyPatch, pair: str) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", "outputs")
    Path("real.json").write_text("{}", encoding="utf-8")
    Path("bad.json").write_text("{", encoding="utf-8")

    assert cli("github", "outputs", "first=real.json", pair).code == 1
    assert not Path("outputs").exists()


@pytest.mark.parametrize("path", ["", "nowhere/file"])
def test_without_a_run_there_is_nothing_to_write_to(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", path)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", path)
    Path("real.json").write_text("{}", encoding="utf-8")

    assert "GITHUB_OUTPUT" in cli("github", "outputs", "real=real.json").err
    assert "GITHUB_STEP_SUMMARY" in cli("github", "summary", "--file", "real.json").err
