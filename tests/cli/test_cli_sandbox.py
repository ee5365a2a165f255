from __future__ import annotations

import json
import signal
import socket
from dataclasses import fields

import pytest
from cli_tools import Cli
from jsonschema import Draft202012Validator

from tapctl.cli.output import say
from tapctl.sandbox import Misbehaviour
from tapctl.schema import read


def test_what_is_dumped_can_be_loaded(cli: Cli) -> None:
    before = cli("sandbox", "dump").out
    (cli.root / "tenant.json").write_text(before, encoding="utf-8")
    result = cli("sandbox", "load", "tenant.json")

    assert result.code == 0
    assert "replaced by tenant.json" in result.err
    assert result.out == ""
    assert cli("sandbox", "dump").out == before


def test_reset_goes_back_to_the_seeded_company(cli: Cli) -> None:
    before = cli("sandbox", "dump").out
    cli("apply", "--yes")
    result = cli("sandbox", "reset")

    assert "SANDBOX: back to the seeded company" in result.err
    assert cli("sandbox", "dump").out == before


def test_a_loaded_tenant_is_planned_against(cli: Cli) -> None:
    tenant = {"groups": [{"id": "1", "displayName": "Break glass", "securityEnabled": True}]}
    (cli.root / "tenant.json").write_text(json.dumps(tenant), encoding="utf-8")
    cli("sandbox", "load", "tenant.json")

    assert "New hires" in cli("plan").out


@pytest.mark.parametrize("text", ["{", "[]", '{"groups": 1}'])
def test_a_file_that_is_no_tenant_changes_nothing(cli: Cli, text: str) -> None:
    before = cli("sandbox", "dump").out
    (cli.root / "tenant.json").write_text(text, encoding="utf-8")
    result = cli("sandbox", "load", "tenant.json")

    assert result.code == 1
    assert "tenant.json" in result.err
    assert cli("sandbox", "dump").out == before


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("Groups", "groups"),
        ("/v1.0/identity/conditionalAccess/policies", "identity/conditionalAccess/policies"),
        ("identity/conditionalAccess/namedLocation", "identity/conditionalAccess/namedLocations"),
        ("namedLocations", "identity/conditionalAccess/namedLocations"),
    ],
)
def test_a_mistyped_collection_is_no_empty_one(cli: Cli, path: str, meant: str) -> None:
    before = cli("sandbox", "dump").out
    (cli.root / "tenant.json").write_text(json.dumps({path: [], "users": 1}), encoding="utf-8")
    result = cli("sandbox", "load", "tenant.json")

    assert result.code == 1
    assert f"{path}: there is no such collection; is {meant} meant?" in result.err
    assert "users: an array of objects is expected" in result.err
    assert cli("sandbox", "dump").out == before


def test_what_is_not_served_is_kept_and_said(cli: Cli) -> None:
    (cli.root / "tenant.json").write_text(json.dumps({"deviceManagement/reports": [{"id": "1"}]}))
    result = cli("sandbox", "load", "tenant.json")

    assert "not served to anybody: deviceManagement/reports" in result.err
    assert json.loads(cli("sandbox", "dump").out)["deviceManagement/reports"] == [{"id": "1"}]


def test_what_it_holds_is_told_as_published(cli: Cli) -> None:
    (cli.root / "tenant.json").write_text('{"groups": [{"id": "1"}], "other/things": []}')
    told = [
        cli("sandbox", *command, "--format", "json").out for command in (["load", "tenant.json"], ["reset"])
    ]
    loaded, after = map(json.loads, told)

    for answer in (loaded, after):
        Draft202012Validator(read("sandbox-output")).validate(answer)
    assert (loaded["objects"]["groups"], loaded["unserved"]) == (1, ["other/things"])
    assert after["objects"]["identity/conditionalAccess/policies"] == 3


def test_no_other_environment_is_meant(cli: Cli) -> None:
    for name in ("dump", "reset", "serve"):
        assert "leave -e out" in cli("sandbox", name, "-e", "production").err


def test_the_folder_has_to_be_there(cli: Cli) -> None:
    said = cli("sandbox", "reset", "-C", "nowhere").err
    assert '"nowhere" is not a folder; name the workspace with -C, or make one: `tapctl init`' in said


def test_it_listens_on_this_machine_only(cli: Cli) -> None:
    result = cli("sandbox", "serve", "--host", "0.0.0.0")  # noqa: S104

    assert result.code == 1
    assert "loopback only" in result.err


@pytest.mark.parametrize("text", ["nonsense", "nonsense=1", "forbidden=1"])
def test_misbehaviour_is_checked(cli: Cli, text: str) -> None:
    result = cli("sandbox", "serve", "--misbehave", text)

    assert result.code == 1
    assert "--misbehave" in result.err


def test_serving_says_how_to_be_used(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def say_and_end(message: str) -> None:
        say(message)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("tapctl.cli.sandbox.say", say_and_end)
    result = cli("sandbox", "serve")

    assert result.code == 130
    assert "graphEndpoint: http://127.0.0.1:" in result.err
    assert "TAPCTL_ACCESS_TOKEN=" in result.err


def test_misbehaviour_is_understood(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    served = {}
    monkeypatch.setattr("tapctl.sandbox.serve.serve", lambda *_, **options: served.update(options))

    assert cli("sandbox", "serve", "--misbehave", "latency=1").code == 0
    assert served["misbehaviour"] == Misbehaviour(latency=1)


def test_a_port_that_is_taken_is_said(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = cli("sandbox", "serve", "--port", str(taken.getsockname()[1]))

    assert result.code == 1
    assert "cannot listen on 127.0.0.1:" in result.err


def test_every_misbehaviour_is_in_the_help(cli: Cli) -> None:
    text = cli("sandbox", "serve", "--help").out.replace("\n", "").replace(" ", "")

    for field in fields(Misbehaviour):
        assert field.name in text or field.name == "forbidden"


def test_a_certificate_needs_its_key(cli: Cli) -> None:
    (cli.root / "c.pem").write_text("", encoding="utf-8")

    assert "go together" in cli("sandbox", "serve", "--certificate", "c.pem").err
