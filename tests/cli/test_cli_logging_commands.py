"""A pipeline's agent reads what tapctl prints, and obeys commands in it: no name from anywhere may be one."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from cli_tools import Cli, Result

POLICIES = "identity/conditionalAccess/policies"
COMMAND = "##VSO[task.setvariable variable=ALLOW]enforces"
NAME = f"CA x {COMMAND} ##[error]y ##[add-mask]"
FORMATS = ["text", "json", "markdown", "html"]


def obeyed(result: Result) -> bool:
    said = (result.out + result.err).lower()
    return "##vso[" in said or "##[" in said


@pytest.fixture
def named(cli: Cli) -> Cli:
    """A tenant with a policy of that name, which the folder owns."""
    tenant: dict[str, Any] = json.loads(cli("sandbox", "dump").out)
    tenant[POLICIES][0]["displayName"] = NAME
    (cli.root / "tenant.json").write_text(json.dumps(tenant), encoding="utf-8")
    assert cli("sandbox", "load", "tenant.json").code == 0
    cli.write("tapctl.yaml", "ownership: {ConditionalAccessPolicy: ['CA *']}\n")
    return cli


@pytest.mark.parametrize(("command", "chosen"), [*product(["plan", "drift"], FORMATS), ("drift", "sarif")])
def test_a_policy_s_name_is_no_command(named: Cli, command: str, chosen: str) -> None:
    result = named(command, "--format", chosen)

    assert "enforces" in result.out
    assert not obeyed(result)


@pytest.mark.parametrize("chosen", ["text", "json", "markdown"])
def test_nor_is_it_where_it_is_imported(named: Cli, chosen: str) -> None:
    result = named("import", "--name", "CA x*", "--format", chosen)

    assert not obeyed(result)
    assert result.code == 0


def test_json_means_the_same(named: Cli) -> None:
    entries = named("plan", "--format", "json").json["changes"]

    assert NAME in [entry["name"] for entry in entries]


@pytest.mark.parametrize("chosen", ["text", "json", "markdown", "sarif", "junit"])
def test_nor_is_a_document_s(cli: Cli, chosen: str) -> None:
    cli.write(f"{COMMAND}.yaml", f'kind: Group\nname: "{NAME}"\nspec: {{"{COMMAND}": 1}}\n')
    result = cli("validate", "--format", chosen)

    assert "enforces" in result.out
    assert not obeyed(result)


@pytest.mark.parametrize(
    "arguments", [["-C", f"no {COMMAND}"], [f"--no-{COMMAND.replace('=', ' ')}"], [COMMAND]]
)
@pytest.mark.parametrize("chosen", ["text", "json", "markdown", "html", "sarif"])
def test_nor_is_an_error(cli: Cli, arguments: list[str], chosen: str) -> None:
    result = cli("plan", "--format", chosen, *arguments)

    assert result.code == 1
    assert "enforces" in result.out + result.err
    assert not obeyed(result)


def test_a_usage_error_still_says_how_the_command_is_used(cli: Cli) -> None:
    result = cli("plan", "--nonsense")

    assert result.err.startswith("Usage: tapctl plan [OPTIONS]")
    assert "\nError: " in result.err


def test_files_mean_the_same(named: Cli) -> None:
    """In a file nobody obeys; what is imported has the name as it is."""
    assert named("import", "--name", "CA x*").code == 0

    written = "".join(file.read_text() for file in Path("policies").rglob("*.yaml"))
    assert NAME in written
