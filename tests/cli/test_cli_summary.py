from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_tools import ENFORCED, Cli


@pytest.fixture
def planned(cli: Cli) -> Cli:
    """A plan of the sandbox, and an error of another environment."""
    cli.write("environments/staging.yaml", "maxState: disabled\n")
    Path("results").mkdir()
    for name in ("sandbox", "staging"):
        cli("plan", "-e", name, "--also", f"json=results/plan-{name}.json")
    cli("environments", "--format", "json")
    return cli


def wrote(name: str, document: Any) -> str:
    Path(name).write_text(json.dumps(document), encoding="utf-8")
    return name


def test_a_folder_of_results(planned: Cli) -> None:
    result = planned("summary", "results", "--also", "markdown=summary.md", "--also", "json=summary.json")

    assert result.code == 1
    assert result.out.splitlines()[0] == "2 environments: 1 failed and 1 has changes"
    assert result.out.splitlines()[1].startswith("staging  failed       ")
    assert Path("summary.md").read_text(encoding="utf-8").startswith("## 2 environments")
    ready = json.loads(Path("summary.json").read_text(encoding="utf-8"))["ready"]
    assert [item["environment"] for item in ready] == ["sandbox"]


def test_one_of_them(planned: Cli) -> None:
    assert planned("summary", "results", "-e", "sandbox").code == 0
    assert planned("summary", "results/plan-sandbox.json", "-e", "lab", "--format", "markdown").code == 1


def test_every_environment_has_to_have_a_result(planned: Cli) -> None:
    expected = wrote("real.json", {"environments": [{"name": "sandbox"}, {"name": "lab"}]})
    result = planned("summary", "results/plan-sandbox.json", "--environments", expected, "--format", "json")

    assert result.code == 1
    assert [item["status"] for item in result.json["results"]] == ["missing", "changes"]


def test_no_result_at_all_is_wrong(planned: Cli) -> None:
    Path("empty").mkdir()
    expected = wrote("real.json", {"environments": [{"name": "lab"}]})

    result = planned("summary", "empty")
    assert (result.code, "no run left a result in empty" in result.err) == (1, True)
    assert "missing" in planned("summary", "empty", "--environments", expected, "--format", "json").out


def test_drift_is_two(planned: Cli) -> None:
    planned("drift", "-e", "sandbox", "--also", "json=drift-sandbox.json")

    assert planned("summary", "drift-sandbox.json").code == 2


def test_a_brake_stops_what_is_to_be_applied(cli: Cli) -> None:
    cli("apply", "--yes")
    cli.write("all.yaml", ENFORCED)
    cli("plan", "--also", "json=plan-sandbox.json")

    assert cli("summary", "plan-sandbox.json").code == 0
    assert cli("summary", "plan-sandbox.json", "--allow", "").code == 1
    assert cli("summary", "plan-sandbox.json", "--allow", "enforces,widens-scope").code == 0


@pytest.mark.parametrize("content", ["{", "[]", '{"environments": [{}]}'])
def test_what_cannot_be_read_is_an_error(planned: Cli, content: str) -> None:
    Path("bad.json").write_text(content, encoding="utf-8")

    assert planned("summary", "bad.json").code == 1
    assert '"bad.json" is' in planned("summary", "results", "--environments", "bad.json").err
    assert '"none.json" cannot be read' in planned("summary", "none.json").out


def test_a_result_that_cannot_be_read_keeps_no_other_back(planned: Cli) -> None:
    Path("results").mkdir(exist_ok=True)
    Path("results/plan-broken.json").write_text("{", encoding="utf-8")

    told = planned("summary", "results", "--format", "json")

    assert told.code == 1
    (broken,) = [item for item in told.json["results"] if item["environment"] == "broken"]
    assert (broken["status"], "is no JSON" in broken["said"]) == ("error", True)
    assert len(told.json["results"]) > 1
