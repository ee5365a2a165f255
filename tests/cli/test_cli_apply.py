from __future__ import annotations

import json
import signal
from typing import Any

import pytest
from cli_tools import DOCUMENTS, ENFORCED, TENANT, Cli
from jsonschema import Draft202012Validator

from tapctl import schema
from tapctl.cli.progress import StderrProgress
from tapctl.guard import BRAKES, flag


def records(cli: Cli) -> list[list[Any]]:
    files = sorted((cli.root / "policies/.tapctl/records").glob("*-sandbox.jsonl"))
    return [[json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] for file in files]


def test_a_second_plan_is_empty(cli: Cli) -> None:
    result = cli("apply", "--yes")

    assert result.code == 0
    assert "3 applied, 0 failed, 0 skipped" in result.out
    assert "SANDBOX: nothing real was changed" in result.out
    assert cli("plan", "--detailed-exitcode").code == 0


def test_the_record_is_kept_and_named(cli: Cli) -> None:
    found = cli("apply", "--yes", "--format", "json").json

    assert (cli.root / found["record"]).is_file()
    assert records(cli)[0][0]["checksum"] == found["checksum"]
    assert (cli.root / "policies/.tapctl/.gitignore").read_text(encoding="utf-8") == "*\n"


def test_json_keeps_its_promise(cli: Cli) -> None:
    found = cli("apply", "--yes", "--format", "json").json

    Draft202012Validator(schema.read("apply-output")).validate(found)
    assert found["status"] == "applied"
    assert {outcome["status"] for outcome in found["outcomes"]} == {"applied"}


def test_nothing_to_do_asks_nobody(cli: Cli) -> None:
    cli("apply", "--yes")
    result = cli("apply")

    assert result.code == 0
    assert "Nothing to do" in result.out
    assert len(records(cli)) == 1


def test_the_environment_is_typed(cli: Cli) -> None:
    result = cli("apply", typed="sandbox\n")

    assert result.code == 0
    assert "type the environment's name (sandbox):" in result.err
    assert result.out.index("+ Pilots") < result.out.index("3 applied")


@pytest.mark.parametrize("typed", ["yes\n", ""])
def test_any_other_answer_is_no(cli: Cli, typed: str) -> None:
    result = cli("apply", typed=typed)

    assert result.code == 1
    assert "nothing was done" in result.err
    assert not records(cli)


def test_nobody_to_ask_is_no(cli: Cli) -> None:
    result = cli("apply")

    assert result.code == 1
    assert "--yes applies without asking" in result.err


def test_with_json_the_plan_to_confirm_is_on_stderr(cli: Cli) -> None:
    result = cli("apply", "--format", "json", typed="no\n")

    Draft202012Validator(schema.read("apply-output")).validate(result.json)
    assert result.json["status"] == "refused"
    assert "+ Pilots" in result.err


def test_a_brake_needs_its_word(cli: Cli) -> None:
    cli.write("all.yaml", ENFORCED)
    refused = cli("apply", "--yes")
    allowed = cli("apply", "--yes", "--allow-creates-enabled")

    assert refused.code == 1
    assert "--allow-creates-enabled: ConditionalAccessPolicy/NH-20 Passwordless" in refused.err
    assert allowed.code == 0


def test_another_word_does_not_help(cli: Cli) -> None:
    cli.write("all.yaml", ENFORCED)

    assert cli("apply", "--yes", "--allow-enforces").code == 1


def test_every_brake_has_its_option(cli: Cli) -> None:
    text = cli("apply", "--help").out

    assert [flag(brake) for brake in BRAKES if flag(brake) not in text] == []


def test_a_mistake_stops_it_before_the_tenant_is_asked(cli: Cli) -> None:
    cli.write("bad.yaml", "kind: Group\nname: Bad\nspec: {nonsense: 1}\n")
    result = cli("apply", "--yes", "--format", "json")

    Draft202012Validator(schema.read("apply-output")).validate(result.json)
    assert result.code == 1
    assert result.json["refusal"] == "1 error must be corrected first"


def test_a_mistake_that_only_the_tenant_shows_stops_it(cli: Cli) -> None:
    cli.write("all.yaml", DOCUMENTS.replace("[Break glass]", "[Brake glass]").replace("[Pilots]", "[Pilot]"))
    result = cli("apply", "--yes")

    assert result.code == 1
    assert "Refused: 2 errors must be corrected first" in result.err
    assert not records(cli)


def test_the_reviewed_plan_runs(cli: Cli) -> None:
    checksum = cli("plan", "--format", "json").json["checksum"]

    assert cli("apply", "--yes", "--checksum", checksum.upper()).code == 0


def test_a_plan_that_was_not_reviewed_is_refused_and_shown(cli: Cli) -> None:
    checksum = cli("plan", "--format", "json").json["checksum"]
    cli.write("more.yaml", "kind: Group\nname: More\nspec: {}\n")
    result = cli("apply", "--yes", "--checksum", checksum)

    assert result.code == 1
    assert "not the plan that was reviewed" in result.err
    assert "+ More" in result.out


def test_a_pipeline_names_its_environment(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    unsaid = cli("apply", "--yes")

    assert unsaid.code == 1
    assert "-e NAME" in unsaid.err
    assert cli("apply", "--yes", "-e", "sandbox").code == 0


def test_ci_may_be_false(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "false")

    assert cli("apply", "--yes").code == 0


def test_a_real_environment_makes_everybody_say_which(cli: Cli) -> None:
    cli.write("environments/production.yaml", f"tenantId: {TENANT}\n")
    result = cli("apply", "--yes")

    assert result.code == 1
    assert "real environments (production)" in result.err


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_gives_an_account(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals
) -> None:
    monkeypatch.setattr(StderrProgress, "step", lambda *_: signal.raise_signal(sent))
    result = cli("apply", "--yes", "--also", "markdown=apply.md")

    assert result.code == 130
    assert "Interrupted: " in result.out
    assert "1 failed" in (cli.root / "apply.md").read_text(encoding="utf-8")
    assert "Interrupted: " in result.out
    assert records(cli)[0][-1] == {**records(cli)[0][-1], "event": "end", "interrupted": True}


def test_what_fails_is_told_and_the_rest_goes_on(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from tapctl.sandbox import Misbehaviour, create_app

    def forbidding(store: Any) -> Any:
        return create_app(store, misbehaviour=Misbehaviour(forbidden=("groups/",)))

    cli.write("all.yaml", "kind: Group\nname: New hires\nspec: {description: Fresh}\n---\n" + DOCUMENTS)
    monkeypatch.setattr("tapctl.sandbox.create_app", forbidding)
    result = cli("apply", "--yes", "--format", "json")

    assert result.code == 1
    assert result.json["status"] == "incomplete"
    assert "failed" in {outcome["status"] for outcome in result.json["outcomes"]}


def test_a_record_that_cannot_be_kept_stops_it_early(cli: Cli) -> None:
    cli("plan")
    (cli.root / "policies/.tapctl/records").write_text("in the way", encoding="utf-8")
    result = cli("apply", "--yes")

    assert result.code == 1
    assert "a record cannot be kept" in result.err
    assert cli("plan", "--detailed-exitcode").code == 2


def test_a_lint_error_that_a_change_introduces_wants_its_word(cli: Cli) -> None:
    cli("apply", "--yes")
    cli.write("environments/sandbox.yaml", "production: true\n")
    cli.write("all.yaml", DOCUMENTS.replace("isUsableOnce: true", "isUsableOnce: false"))

    plan, shown = cli("plan", "--detailed-exitcode"), cli("plan", "--format", "markdown")
    refused, done = cli("apply", "--yes"), cli("apply", "--yes", "--allow", "introduces-errors")

    assert (plan.code, shown.code, refused.code, done.code) == (2, 0, 1, 0)
    headline = shown.out.partition("\n")[0]
    assert "1 brake stops apply" in headline
    assert "1 new finding (`tap-multi-use`)" in headline
    assert "--allow-introduces-errors" in refused.err
