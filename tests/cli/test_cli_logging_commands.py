"""A pipeline's agent reads what tapctl prints, and obeys commands in it: no name from anywhere may be one."""

from __future__ import annotations

import copy
import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from cli_tools import Cli, Result

import tapctl

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


MASK = "::add-mask::e"
MASKS = [MASK, "::stop-commands::x ::warning file=a::b", f"x {MASK} {MASK} {MASK} {MASK}"]
AUDITS = "auditLogs/directoryAudits"


def begun(result: Result) -> list[str]:
    """Lines that a runner of GitHub obeys."""
    return [line for line in (result.out + result.err).splitlines() if line.lstrip().startswith("::")]


@pytest.fixture
def masked(cli: Cli) -> Cli:
    """A tenant in which three people excluded groups of such names, and with policies called so."""
    assert cli("apply", "--yes").code == 0
    tenant: dict[str, Any] = json.loads(cli("sandbox", "dump").out)
    policy = next(item for item in tenant[POLICIES] if item["displayName"] == "NH-20 Passwordless")
    tenant[AUDITS] = []
    for number, name in enumerate(MASKS):
        one = f"99999999-0000-4000-8000-00000000000{number}"
        tenant["groups"].append({**tenant["groups"][0], "id": one, "displayName": name})
        before = copy.deepcopy(policy)
        policy["conditions"]["users"]["excludeGroups"].append(one)
        tenant[AUDITS].append(_record(before, policy, number))
        tenant[POLICIES].append({**policy, "id": one, "displayName": name})
    (cli.root / "tenant.json").write_text(json.dumps(tenant), encoding="utf-8")
    assert cli("sandbox", "load", "tenant.json").code == 0
    cli.write("tapctl.yaml", "ownership: {ConditionalAccessPolicy: ['*::*']}\n")
    return cli


def _record(before: dict[str, Any], after: dict[str, Any], number: int) -> dict[str, Any]:
    values = {"oldValue": json.dumps(before), "newValue": json.dumps(after)}
    modified = [{"displayName": "ConditionalAccessPolicy", **values}]
    return {
        "id": f"r{number}",
        "activityDisplayName": "Update conditional access policy",
        "activityDateTime": f"2026-11-20T1{number}:00:02Z",
        "category": "Policy",
        "loggedByService": "Conditional Access",
        "result": "success",
        "initiatedBy": {"user": None, "app": {"displayName": f"{MASK} {number}", "appId": "a"}},
        "targetResources": [{"id": after["id"], "displayName": MASK, "modifiedProperties": modified}],
    }


COMMANDS = [*product(["plan", "drift"], FORMATS), ("import", "text"), ("import", "markdown")]


@pytest.mark.parametrize(("command", "chosen"), COMMANDS)
@pytest.mark.parametrize("columns", ["", "40", "43", "50", "57", "64", "71", "80", "120"])
def test_no_line_begins_with_a_command(
    masked: Cli, monkeypatch: pytest.MonkeyPatch, command: str, chosen: str, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    result = masked(command, "--format", chosen)

    assert "add-mask::e" in result.out
    assert begun(result) == []


def test_inside_of_a_line_the_colons_stay(masked: Cli) -> None:
    assert f"+ {MASK}\n" in masked("drift").out


@pytest.mark.parametrize("chosen", ["text", "markdown", "junit"])
def test_no_line_of_an_error_or_a_finding_begins_with_a_command(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    cli.write(f"{MASK} {MASK} {MASK}.yaml", f'kind: Group\nname: "{MASK}"\nspec: {{"{MASK}": 1}}\n')
    found = [cli("validate", "--format", chosen), cli("validate", "-C", f"no\n{MASK}"), cli(f"\n{MASK}")]

    assert "add-mask" in found[0].out
    assert [line for result in found for line in begun(result)] == []


def test_everything_is_printed_in_one_place() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in Path(tapctl.__file__).parent.rglob("*.py")}

    assert [path.name for path, text in texts.items() if "click.echo(" in text] == ["printing.py"]
