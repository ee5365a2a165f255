from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cli_tools import TENANT, Cli
from jsonschema import Draft202012Validator

from tapctl import schema

EXAMPLE = Path(__file__).parents[2] / "policies"


def applied(cli: Cli) -> str:
    return str(cli("apply", "--yes", "--format", "json").json["record"])


def test_an_apply_is_undone(cli: Cli) -> None:
    before = cli("plan", "--format", "json").json
    record = applied(cli)
    undone = cli("apply", "--undo", record, "--yes", "--allow-empties-group")

    assert undone.code == 0
    assert "3 applied, 0 failed, 0 skipped" in undone.out
    assert cli("plan", "--format", "json").json["checksum"] == before["checksum"]


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_a_plan_of_the_way_back_says_so(cli: Cli, form: str) -> None:
    record = applied(cli)
    said = "The way back from the apply that is recorded in"

    assert said in cli("plan", "--undo", record, "--format", form).out
    assert said in cli("apply", "--undo", record, "--yes", "--format", form).out
    assert said not in cli("plan", "--format", form).out


def test_the_way_back_needs_its_words(cli: Cli) -> None:
    record = applied(cli)
    result = cli("apply", "--undo", record, "--yes")

    assert result.code == 1
    assert "--allow-empties-group" in result.err


def test_the_way_back_is_shown_saved_and_held_to(cli: Cli) -> None:
    record = applied(cli)
    shown = cli("plan", "--undo", record, "--out", "back.json", "--format", "json").json

    Draft202012Validator(schema.read("plan-output")).validate(shown)
    assert shown["summary"]["delete"] == 2
    assert cli("apply", "back.json", "--yes", "--allow-empties-group").code == 1
    assert cli("apply", "back.json", "--undo", record, "--yes", "--allow-empties-group").code == 0


def test_the_example_s_first_apply_is_undone(cli: Cli) -> None:
    example = str(cli.root / "example")
    shutil.copytree(EXAMPLE, example, ignore=shutil.ignore_patterns(".tapctl"))
    at = ("-C", example, "-e", "sandbox")
    before = cli("plan", *at, "--format", "json").json
    record = cli("apply", *at, "--yes", "--format", "json").json["record"]
    undo = ("apply", *at, "--undo", record, "--yes")

    refused = cli(*undo, "--allow-many-deletions")
    undone = cli(*undo, "--allow-many-deletions", "--allow-introduces-errors")
    after = cli("plan", *at, "--format", "json").json

    assert refused.code == 1
    assert "--allow-introduces-errors: this change introduces what lint calls" in refused.err
    assert (undone.code, after["summary"]) == (0, before["summary"])
    assert cli("apply", *at, "--yes").code == 0


def test_a_record_of_another_tenant_is_refused(cli: Cli) -> None:
    record = Path(applied(cli))
    text = record.read_text(encoding="utf-8")
    record.write_text(text.replace('"tenant": "7000', f'"tenant": "{TENANT[:4]}'), encoding="utf-8")
    result = cli("apply", "--undo", str(record), "--yes")

    assert result.code == 1
    assert "the record is of environment 'sandbox', tenant 1111" in result.err


def test_what_is_no_record_is_said(cli: Cli) -> None:
    (cli.root / "other.jsonl").write_text(json.dumps({"event": "x"}), encoding="utf-8")

    assert '"other.jsonl" is no record of an apply' in cli("plan", "--undo", "other.jsonl").err
    assert 'the record "none.jsonl" cannot be read: No such file' in cli("plan", "--undo", "none.jsonl").err
