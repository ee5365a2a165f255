from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from report_cases import full, hostile

from tapctl import schema
from tapctl.errors import GraphError, UsageError
from tapctl.order.steps import PHASES
from tapctl.render.json import render, render_error
from tapctl.report import Command, Report
from tapctl.report.making import account
from tapctl.text.escape import is_hidden

COMMANDS: tuple[Command, ...] = ("validate", "plan", "apply")


def check(command: str, document: str) -> Any:
    value = json.loads(document)
    Draft202012Validator(schema.read(f"{command}-output")).validate(value)
    return value


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("report", [full(), hostile(), account(full())])
def test_output_keeps_its_promise(command: Command, report: Report) -> None:
    report = replace(report, command=command, status="incomplete")

    found = check(command, render(report))

    assert found["notice"] == "SANDBOX: nothing real was changed"
    assert found["environment"] == report.headline.environment


@pytest.mark.parametrize("command", COMMANDS)
def test_every_property_is_described(command: str) -> None:
    described = schema.read(f"{command}-output")["properties"]

    assert set(json.loads(render(replace(full(), command=command)))) == set(described)  # type: ignore[arg-type]


def test_the_schemas_are_schemas() -> None:
    for command in COMMANDS:
        Draft202012Validator.check_schema(schema.read(f"{command}-output"))


def test_nothing_acts_on_who_prints_it() -> None:
    assert not any(is_hidden(char) for char in render(hostile()).replace("\n", ""))


def test_a_set_says_who_joins_and_leaves() -> None:
    found = json.loads(render(full()))

    users = next(field for field in found["changes"][0]["fields"] if field["path"] == "users")
    assert (users["added"], users["removed"]) == (["all"], ["a"])


def test_an_error_has_its_own_document() -> None:
    graph = GraphError(request="GET x", status=500, code="oops", request_id="r")
    error: Any = schema.read("plan-output")
    described = Draft202012Validator(error_schema())

    for found in (UsageError("no"), graph):
        described.validate(json.loads(render_error(found, None)))
    assert json.loads(render_error(graph, "staging"))["error"]["graph"]["requestId"] == "r"
    assert error


def test_the_schema_of_a_plan_knows_every_phase() -> None:
    raw = json.loads((schema.folder() / "plan-output.schema.json").read_text(encoding="utf-8"))

    assert raw["$defs"]["order"]["items"]["properties"]["phase"]["enum"] == list(PHASES)


def error_schema() -> Any:
    raw = json.loads((schema.folder() / "plan-output.schema.json").read_text(encoding="utf-8"))
    return {"$ref": "#/$defs/error", "$defs": raw["$defs"]}
