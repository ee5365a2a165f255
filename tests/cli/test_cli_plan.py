from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from cli_tools import DOCUMENTS, ENFORCED, Cli
from jsonschema import Draft202012Validator

from tapctl import schema


@pytest.mark.parametrize(("chosen", "suffix"), [("text", "txt"), ("markdown", "md"), ("json", "json")])
def test_the_whole_output(
    cli: Cli, golden: Callable[[str, str], None], chosen: str, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    result = cli("plan", "--format", chosen)

    golden(f"plan.{suffix}", result.out)


def test_json_keeps_its_promise(cli: Cli) -> None:
    found = cli("plan", "--format", "json").json

    Draft202012Validator(schema.read("plan-output")).validate(found)
    assert found["complete"]
    assert found["summary"]["create"] == 2


def test_options_come_after_the_command(cli: Cli) -> None:
    assert cli("plan", "--detailed-exitcode", "-C", "policies", "-e", "sandbox").code == 2


def test_mistakes_are_shown_before_the_tenant_is_asked(cli: Cli) -> None:
    cli.write("bad.yaml", "kind: Group\nname: Bad\nspec: {nonsense: 1}\n")
    result = cli("plan", "--format", "json")

    Draft202012Validator(schema.read("plan-output")).validate(result.json)
    assert result.code == 1
    assert not result.json["complete"]
    assert not (cli.root / "policies/.tapctl").exists()


def test_a_name_the_tenant_does_not_have_is_an_error_and_the_plan_is_shown(cli: Cli) -> None:
    text = (cli.root / "policies/all.yaml").read_text(encoding="utf-8")
    cli.write("all.yaml", text.replace("[Break glass]", "[Brake glass]"))
    result = cli("plan", "--detailed-exitcode")

    assert result.code == 1
    assert "Did you mean 'Break glass'?" in result.out
    assert "+ NH-20 Passwordless" in result.out


def test_names_from_the_tenant_are_escaped(cli: Cli) -> None:
    tenant = json.loads(cli("sandbox", "dump").out)
    tenant["identity/conditionalAccess/policies"][0]["displayName"] = "CA \x1b[31m\u202e[bold]`|"
    (cli.root / "tenant.json").write_text(json.dumps(tenant), encoding="utf-8")
    assert cli("sandbox", "load", "tenant.json").code == 0
    cli.write("tapctl.yaml", "ownership: {ConditionalAccessPolicy: ['CA *']}\n")

    for chosen in ("text", "json", "markdown"):
        result = cli("plan", "--format", chosen)
        assert not {"\x1b", "\u202e"} & set(result.out)
    assert "- CA \\x1b[31m\\u202e[bold]`|" in cli("plan").out


def test_a_pipe_is_not_wrapped(cli: Cli) -> None:
    cli.write("all.yaml", f"kind: Group\nname: {'long ' * 20}x\nspec: {{}}\n")

    assert f"+ {'long ' * 20}x\n" in cli("plan").out


def test_facts_let_more_rules_speak(cli: Cli) -> None:
    without, having = (cli("plan", *given).out for given in ([], ["--facts", "live"]))

    assert "which methods people have registered" in without
    assert "which methods people have registered" not in having


def test_facts_are_not_about_the_way_back(cli: Cli) -> None:
    result = cli("plan", "--undo", "record.jsonl", "--facts", "live")
    assert result.code == 1
    assert "give one of the two" in result.err


def test_what_stands_on_no_line_is_shown_in_the_settings(cli: Cli) -> None:
    (run,) = cli("plan", "--format", "sarif").json["runs"]
    places = {item["ruleId"]: item["locations"][0]["physicalLocation"] for item in run["results"]}

    assert places["facts-missing"]["artifactLocation"]["uri"] == "policies/tapctl.yaml"
    assert places["facts-missing"]["region"] == {"startLine": 1}


def test_a_policy_that_stops_being_enforced_is_in_every_headline(cli: Cli) -> None:
    cli.write("all.yaml", ENFORCED)
    assert cli("apply", "--yes", "--allow", "creates-enabled").code == 0
    cli.write("all.yaml", DOCUMENTS)
    text, markdown, page = (cli("plan", "--format", chosen).out for chosen in ("text", "markdown", "html"))

    said = "1 enforced policy stops being enforced"
    assert said in text.replace("\n", " ")
    assert said in markdown.splitlines()[0]
    assert said in page
