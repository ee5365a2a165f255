"""What the workflow files promise, and their steps run as scripts."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from github_server import GitHub
from workflow_tools import command_lines, jobs, parse, run_job, scripts

from tapctl import __version__
from tapctl.github.files import workflow_files
from tapctl.guard import BRAKES

ROOT = Path(__file__).parents[2]
FILES = workflow_files()
REUSABLE = {
    name.split("tapctl-")[1].removesuffix(".yml"): text for name, text in FILES.items() if "tapctl-" in name
}
CI = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
ALL = {**FILES, "ci.yml": CI}
LINES = [line for text in FILES.values() for script in scripts(text) for line in command_lines(script)]


@pytest.mark.parametrize("arguments", LINES, ids=" ".join)
def test_every_command_in_a_workflow_exists(arguments: list[str]) -> None:
    parse(arguments)


def test_there_are_commands_in_the_workflows() -> None:
    assert {line[0] for line in LINES} == {
        "environments", "validate", "test", "plan", "apply", "drift", "summary", "github",
    }  # fmt: skip


def test_an_option_that_there_is_not_would_be_found() -> None:
    with pytest.raises(click.UsageError):
        parse(["plan", "--no-such-option"])
    with pytest.raises(click.UsageError):
        parse(["github", "no-such-command"])


@pytest.mark.parametrize("name", ALL)
def test_actions_are_pinned_by_hash_with_their_version(name: str) -> None:
    for line in re.findall(r"uses: (.*)", ALL[name]):
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\./\.github/workflows/tapctl-.*", line)


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_allowed_unless_a_job_says_so(name: str) -> None:
    assert yaml.safe_load(ALL[name])["permissions"] == {}
    assert all("permissions" in job for job in jobs(ALL[name]).values())
    assert "secrets" not in ALL[name]


@pytest.mark.parametrize("name", ALL)
def test_no_expression_becomes_part_of_a_script(name: str) -> None:
    assert not [script for script in scripts(ALL[name]) if "${{" in script]


@pytest.mark.parametrize("name", ALL)
def test_no_checkout_leaves_its_token(name: str) -> None:
    for job in jobs(ALL[name]).values():
        for step in job.get("steps", []):
            if "actions/checkout@" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", REUSABLE)
def test_a_caller_grants_what_is_needed_and_no_more(name: str) -> None:
    granted = jobs(FILES[f".github/workflows/{name}.yml"])["tapctl"]["permissions"]
    needed: dict[str, str] = {}
    for job in jobs(REUSABLE[name]).values():
        needed |= {
            scope: level for scope, level in job["permissions"].items() if needed.get(scope) != "write"
        }

    assert granted == needed


@pytest.mark.parametrize("name", REUSABLE)
def test_the_version_of_the_workflow_is_that_of_tapctl(name: str) -> None:
    inputs = yaml.safe_load(REUSABLE[name])[True]["workflow_call"]["inputs"]  # `on` is true in YAML 1.1

    assert inputs["tapctl"]["default"] == f"tapctl=={__version__}"


def test_a_fork_gets_no_identity() -> None:
    plan = jobs(REUSABLE["plan"])
    with_identity = [name for name, job in plan.items() if "id-token" in job["permissions"]]

    assert with_identity == ["plan"]
    assert "head.repo.full_name == github.repository" in plan["plan"]["if"]
    assert plan["offline"]["permissions"] == {"contents": "read"}


def test_only_plans_may_be_cancelled() -> None:
    callers = {name: yaml.safe_load(FILES[f".github/workflows/{name}.yml"]) for name in REUSABLE}

    assert callers["plan"]["concurrency"]["cancel-in-progress"] is True
    assert callers["drift"]["concurrency"]["cancel-in-progress"] is False
    assert jobs(REUSABLE["apply"])["apply"]["concurrency"]["cancel-in-progress"] is False


def test_drift_is_looked_for_at_an_odd_minute() -> None:
    schedule = yaml.safe_load(FILES[".github/workflows/drift.yml"])[True]["schedule"]

    assert int(schedule[0]["cron"].split()[0]) % 5


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=x", "-c", "user.email=x@x.example", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)  # noqa: S603, S607


def commit(folder: Path) -> None:
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A checkout of two commits with the example workspace."""
    shutil.copytree(ROOT / "policies", tmp_path / "policies", ignore=shutil.ignore_patterns(".tapctl"))
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "policies")
    commit(tmp_path)
    commit(tmp_path)
    event = {"pull_request": {"number": 1, "head": {"sha": "0a1b2c3d"}}}
    (tmp_path / "event.json").write_text(json.dumps(event), encoding="utf-8")
    return tmp_path


def variables(folder: Path, github: GitHub) -> dict[str, str]:
    files = {"GITHUB_EVENT_PATH": "event.json", "GITHUB_STEP_SUMMARY": "page.md", "GITHUB_OUTPUT": "outputs"}
    return {**github.variables, **{name: str(folder / file) for name, file in files.items()}}


EXPRESSIONS = {
    "inputs.workspace": "policies",
    "inputs.environment": "",
    "inputs.comment": "update",
    "inputs.allow": "",
    "matrix.name": "sandbox",
    "vars.AZURE_CLIENT_ID": "",
    "github.token": "ghs_never-to-be-seen",
}


def outputs(folder: Path) -> dict[str, Any]:
    lines = (folder / "outputs").read_text(encoding="utf-8").splitlines()
    return {line.partition("=")[0]: json.loads(line.partition("=")[2]) for line in lines}


def test_a_pull_request_is_checked_planned_and_told(repository: Path, github: GitHub) -> None:
    workflow, around = jobs(REUSABLE["plan"]), variables(repository, github)
    for name in ("environments", "offline", "plan"):
        codes = run_job(workflow[name], repository, EXPRESSIONS, **around)
        assert set(codes.values()) == {0}, codes

    assert "sandbox" in [item["name"] for item in outputs(repository)["all"]["environments"]]
    assert github.said(1)[0].startswith("<!-- tapctl:comment policies/sandbox -->\n## Plan for `sandbox`")
    page = (repository / "page.md").read_text(encoding="utf-8")
    assert [title for title in ("## Check of", "## Plan for") if title in page] == [
        "## Check of",
        "## Plan for",
    ]


def test_what_was_planned_is_applied(repository: Path, github: GitHub) -> None:
    workflow, around = jobs(REUSABLE["apply"]), variables(repository, github)
    assert set(run_job(workflow["plan"], repository, EXPRESSIONS, **around).values()) == {0}
    (repository / "results").mkdir()
    shutil.move(repository / "plan-sandbox.json", repository / "results")
    real = json.dumps({"environments": [{"name": "sandbox"}]})
    expressions = {**EXPRESSIONS, "needs.environments.outputs.real": real, "inputs.allow": ",".join(BRAKES)}
    assert set(run_job(workflow["summary"], repository, expressions, **around).values()) == {0}

    (ready,) = outputs(repository)["summary"]["ready"]
    expressions |= {"matrix.environment": ready["environment"], "matrix.checksum": ready["checksum"]}
    assert set(run_job(workflow["apply"], repository, expressions, **around).values()) == {0}
    assert list((repository / "policies/.tapctl/records").glob("*.jsonl"))
    assert "## Apply to `sandbox`" in (repository / "page.md").read_text(encoding="utf-8")

    again = run_job(workflow["apply"], repository, expressions, **around)
    assert again["Apply that plan"] == 1, "what was approved has been done, and is not what is left to do"


def test_a_first_commit_is_applied_as_well(repository: Path, github: GitHub) -> None:
    git(repository, "update-ref", "-d", "HEAD")
    commit(repository)
    workflow = jobs(REUSABLE["apply"])

    codes = run_job(workflow["plan"], repository, EXPRESSIONS, **variables(repository, github))

    assert set(codes.values()) == {0}


def test_a_history_that_git_does_not_show_stops_the_plan(repository: Path, github: GitHub) -> None:
    (repository / ".git/HEAD").write_text("ref: nothing\n")
    workflow = jobs(REUSABLE["apply"])

    codes = run_job(workflow["plan"], repository, EXPRESSIONS, **variables(repository, github))

    assert codes["Plan"] == 128


@pytest.mark.parametrize("name", ["plan", "apply"])
def test_settings_are_compared_with_those_before(name: str, repository: Path, github: GitHub) -> None:
    settings = repository / "policies/tapctl.yaml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace("deletions: 2", "deletions: 500"), "utf-8"
    )
    git(repository, "add", "policies")
    commit(repository)

    run_job(jobs(REUSABLE[name])["plan"], repository, EXPRESSIONS, **variables(repository, github))

    assert "limits.deletions goes from 2 to 500" in (repository / "page.md").read_text(encoding="utf-8")


def test_a_workflow_that_compares_has_the_commit_before() -> None:
    for text in FILES.values():
        for job in jobs(text).values():
            steps = job.get("steps", [])
            is_comparing = any("--base" in step.get("run", "") for step in steps)
            depths = [
                step["with"].get("fetch-depth") for step in steps if "checkout@" in step.get("uses", "")
            ]
            assert depths == ([2] if is_comparing else [None] * len(depths))


def test_drift_opens_an_issue_and_fails_the_job(repository: Path, github: GitHub) -> None:
    codes = run_job(
        jobs(REUSABLE["drift"])["drift"], repository, EXPRESSIONS, **variables(repository, github)
    )

    assert codes == {"Compare": 2, "Show": 0, "Keep the issue": 0}
    assert github.issues[2]["title"] == "Drift in sandbox"
