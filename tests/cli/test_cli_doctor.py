from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cli_tools import TENANT, Cli
from jsonschema import Draft202012Validator

from tapctl import schema
from tapctl.sandbox import Misbehaviour, create_app

VALIDATOR = Draft202012Validator(
    json.loads((schema.folder() / "doctor-output.schema.json").read_text(encoding="utf-8"))
)
SECRET = "eyJhbGciOiJub25lIn0.eyJ0aWQiOiJ4In0.signature"


def forbid(patch: pytest.MonkeyPatch, *paths: str) -> None:
    def forbidding(store: Any) -> Any:
        return create_app(store, misbehaviour=Misbehaviour(forbidden=paths))

    patch.setattr("tapctl.sandbox.create_app", forbidding)


def test_the_sandbox_is_well_and_says_what_it_is(cli: Cli, golden: Callable[[str, str], None]) -> None:
    result = cli("doctor")

    assert result.code == 0
    assert "SANDBOX: nothing real was changed" in result.out
    golden("doctor.txt", result.out)


@pytest.mark.parametrize("purpose", ["plan", "apply", "passes"])
def test_json_is_as_its_schema_promises(cli: Cli, purpose: str) -> None:
    result = cli("doctor", "--for", purpose, "--format", "json")

    VALIDATOR.validate(result.json)
    assert (result.code, result.json["for"], result.json["sandbox"]) == (0, purpose, True)


def test_what_may_not_be_read_fails_with_the_permission_that_it_takes(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid(monkeypatch, "identity/conditionalAccess/policies", "subscribedSkus")
    result = cli("doctor", "--format", "json")

    assert (result.code, result.json["status"]) == (1, "failed")
    (failed,) = [item for item in result.json["checks"] if item["status"] == "failed"]
    assert "Policy.Read.All" in failed["todo"]
    assert result.json["counts"]["warning"] == 1


def test_markdown_and_text_say_what_to_do(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid(monkeypatch, "groups")

    for chosen in ("text", "markdown"):
        result = cli("doctor", "--format", chosen)
        assert result.code == 1
        assert "to do: this needs the Microsoft Graph permission Group.ReadBasic.All" in result.out
        assert "1 failed" in result.out


def test_a_token_is_never_shown(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.write("environments/real.yaml", f"tenantId: {TENANT}\n")
    monkeypatch.setenv("TAPCTL_ACCESS_TOKEN", SECRET)

    for chosen in ("text", "json", "markdown"):
        result = cli("doctor", "-e", "real", "--format", chosen)
        assert result.code == 1
        assert not [part for part in SECRET.split(".") if part in result.out + result.err]


def test_warnings_alone_are_no_failure(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid(monkeypatch, "auditLogs")
    result = cli("doctor")

    assert result.code == 0
    assert "Nothing failed; 1 warning" in result.out
