"""One reading, several formats."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import pytest
from cli_tools import ENFORCED, TENANT, Cli

from tapctl.cli.formats import Format
from tapctl.cli.stopped import stopped
from tapctl.errors import GraphError, UsageError
from tapctl.guard import brakes_named

OTHER = "99999999-2222-3333-4444-555555555555"


def test_files_and_stdout_tell_of_one_plan(cli: Cli) -> None:
    names = {"json": "plan.json", "markdown": "plan.md", "sarif": "plan.sarif"}

    result = cli("plan", *[f"--also={kind}={name}" for kind, name in names.items()])

    plan = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    assert "Plan for `sandbox`" in Path("plan.md").read_text(encoding="utf-8")
    assert plan["checksum"] in Path("plan.md").read_text(encoding="utf-8")
    assert json.loads(Path("plan.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert plan["checksum"] in result.out


@pytest.mark.parametrize("output_format", ["text", "html"])
def test_a_file_holds_what_stdout_would(cli: Cli, output_format: str) -> None:
    result = cli("plan", "--format", output_format, "--also", f"{output_format}=plan.out")

    assert Path("plan.out").read_text(encoding="utf-8") == result.out


def test_junit_beside_text(cli: Cli) -> None:
    cli("validate", "--also", "junit=validate.xml")
    cli("test", "--also", "junit=test.xml")

    assert "<testsuite" in Path("validate.xml").read_text(encoding="utf-8")
    assert "<testsuite" in Path("test.xml").read_text(encoding="utf-8")


def test_drift_in_all_its_formats(cli: Cli) -> None:
    formats = [part for name in ("json", "markdown", "text") for part in ("--also", f"{name}=drift.{name}")]
    result = cli("drift", "-e", "sandbox", *formats)

    assert result.code == 2
    assert Path("drift.text").read_text(encoding="utf-8") == result.out
    assert json.loads(Path("drift.json").read_text(encoding="utf-8"))["clean"] is False
    assert Path("drift.markdown").read_text(encoding="utf-8").startswith("## Drift in `sandbox`")


def test_an_apply_says_how_it_ended(cli: Cli) -> None:
    cli("apply", "--yes", "--also", "json=first.json")
    cli("apply", "--yes", "--also", "json=second.json")

    found = [json.loads(Path(name).read_text(encoding="utf-8")) for name in ("first.json", "second.json")]
    assert [item["status"] for item in found] == ["applied", "nothing-to-do"]
    assert len(found[0]["outcomes"]) == 3


def test_a_refusal_is_told_in_every_format(cli: Cli) -> None:
    result = cli("apply", "--also", "json=apply.json", "--also", "markdown=apply.md")

    assert result.code == 1
    assert json.loads(Path("apply.json").read_text(encoding="utf-8"))["status"] == "refused"
    assert "**Refused:**" in Path("apply.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("output_format", get_args(Format))
def test_a_tenant_out_of_reach_and_what_to_do_are_told_in_every_format(output_format: Format) -> None:
    error = GraphError(request="GET x", status=0, message="no route", advice="see that the host is reached")
    told = stopped(error, output_format, "staging")

    assert "GET x: no answer: no route" in told
    assert "see that the host is reached" in told
    assert "x20" not in told
    assert ("staging" in told) == (output_format not in ("text", "junit"))


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_a_refused_token_is_told_in_every_format(
    cli: Cli, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.write("environments/staging.yaml", f"tenantId: {TENANT}\n")
    claims = base64.urlsafe_b64encode(json.dumps({"tid": OTHER}).encode()).decode().rstrip("=")
    monkeypatch.setenv("TAPCTL_ACCESS_TOKEN", f"e30.{claims}.x")
    files = {name: Path(f"out.{name}") for name in ("json", "markdown", "text", "sarif", "html")}
    for path in files.values():
        path.write_text("of an earlier run", encoding="utf-8")

    result = cli(command, "-e", "staging", *[f"--also={kind}={path}" for kind, path in files.items()])

    (run,) = json.loads(files["sarif"].read_text(encoding="utf-8"))["runs"]
    assert result.code == 1
    assert json.loads(files["json"].read_text(encoding="utf-8"))["error"]["message"] in result.err
    assert all(OTHER in path.read_text(encoding="utf-8") for path in files.values())
    assert run["invocations"][0]["executionSuccessful"] is False
    assert "policies/tapctl.yaml" in json.dumps(run["results"])


def test_tests_that_could_not_be_read_are_an_error_to_junit(cli: Cli) -> None:
    assert cli("test", "-e", "nowhere", "--also", "junit=test.xml").code == 1

    suite = ElementTree.parse("test.xml").getroot()  # noqa: S314  # our own output
    (error,) = suite.iter("error")
    assert (suite.get("errors"), '"nowhere"' in str(error.get("message"))) == ("1", True)


@pytest.mark.parametrize(("chosen", "start"), [("sarif", "{"), ("html", "<!doctype"), ("text", "")])
def test_stdout_holds_a_document_and_a_person_reads_stderr(cli: Cli, chosen: str, start: str) -> None:
    result = cli("plan", "-e", "nowhere", "--format", chosen)

    assert result.out.startswith(start)
    assert bool(result.out) == bool(start)
    assert '"nowhere"' in result.err


@pytest.mark.parametrize("said", [["-e", "nowhere"], ["--env=nowhere"], []])
def test_what_stopped_a_run_names_the_environment_that_was_asked_about(cli: Cli, said: list[str]) -> None:
    result = cli("plan", *said, "--undo", "none.jsonl", "--format", "json", "--also", "html=out.html")

    assert result.json["environment"] == ("nowhere" if said else None)
    assert ("<h1>No result for <code>nowhere" in Path("out.html").read_text(encoding="utf-8")) == bool(said)


@pytest.mark.parametrize(
    "said", ["json", "yaml=plan.yaml", "json=", "json=nowhere/plan.json", "json=policies"]
)
def test_a_file_that_cannot_be_is_said_before_anything_is_done(cli: Cli, said: str) -> None:
    result = cli("apply", "--yes", "--also", said)

    assert result.code == 1
    assert not (cli.root / "policies/.tapctl").exists()


def test_no_result_replaces_a_document(cli: Cli) -> None:
    before = Path("policies/all.yaml").read_bytes()

    result = cli("plan", "--also", "html=policies/all.yaml")

    assert (result.code, "must not replace" in result.err) == (1, True)
    assert Path("policies/all.yaml").read_bytes() == before


def test_a_file_that_cannot_be_written_is_an_error(cli: Cli) -> None:
    result = cli("plan", "--also", "json=/proc/version")

    assert result.code == 1
    assert '"/proc/version" cannot be written' in result.err


def test_brakes_are_allowed_in_one_word(cli: Cli) -> None:
    cli("apply", "--yes")
    cli.write("all.yaml", ENFORCED)

    assert cli("apply", "--yes", "--allow", "widens-scope").code == 1
    assert cli("apply", "--yes", "--allow", "widens-scope, --allow-enforces").code == 0


def test_what_is_no_brake_is_no_word(cli: Cli) -> None:
    result = cli("apply", "--yes", "--allow", f"enforces --undo {TENANT}")

    assert result.code == 1
    assert 'there is no brake "--undo"' in result.err


def test_no_words_are_no_brakes() -> None:
    assert brakes_named("") == frozenset()
    with pytest.raises(UsageError, match="there are break-glass-exposed"):
        brakes_named("everything")
