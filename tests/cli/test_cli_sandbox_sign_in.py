from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from cli_tools import Cli
from jsonschema import Draft202012Validator

from tapctl.sandbox import Store, create_app
from tapctl.schema import read

NAME = "mia.larsen@nordwind.example"
PERSON = f"users/{NAME}/authentication"


def graph(cli: Cli, method: str, path: str, body: Any = None) -> Any:
    """The workspace's sandbox, asked as any other client would ask it."""
    store = Store(cli.root / "policies" / ".tapctl" / "sandbox.sqlite")

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(store))
        headers = {"Authorization": "Bearer sandbox"}
        async with httpx.AsyncClient(transport=transport, base_url="https://s.test/v1.0/") as http:
            return await http.request(method, path, headers=headers, json=body)

    try:
        return asyncio.run(send()).json()
    finally:
        store.close()


@pytest.fixture
def code(cli: Cli) -> str:
    """Mia's one-time pass."""
    cli("sandbox", "reset")
    made = graph(cli, "POST", f"{PERSON}/temporaryAccessPassMethods", {"isUsableOnce": True})
    return str(made["temporaryAccessPass"])


def test_a_pass_is_piped_in_and_a_method_registered(cli: Cli, code: str) -> None:
    result = cli("sandbox", "sign-in", NAME, "--register", "fido2", piped=f"{code}\n")

    assert (result.code, result.err) == (0, "")
    assert "signed in with a one-time pass" in result.out
    assert "Registered fido2" in result.out
    assert result.out.endswith("SANDBOX: nothing real was changed\n")
    assert len(graph(cli, "GET", f"{PERSON}/fido2Methods")["value"]) == 1


def test_somebody_at_a_terminal_is_asked(cli: Cli, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda prompt: code)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda prompt: "fido2")
    result = cli("sandbox", "sign-in", NAME, typed="")

    assert result.code == 0
    assert "Registered fido2" in result.out
    assert code not in result.out + result.err


def test_without_a_method_nothing_is_registered(cli: Cli, code: str) -> None:
    result = cli("sandbox", "sign-in", NAME, piped=code)

    assert result.code == 0
    assert "Nothing was registered" in result.out
    assert graph(cli, "GET", f"{PERSON}/fido2Methods")["value"] == []


def test_a_wrong_code_is_refused_and_said_nowhere(cli: Cli, code: str) -> None:
    result = cli("sandbox", "sign-in", NAME, piped="Sesame-1234\n")

    assert result.code == 1
    assert (
        "not let in: An access pass could not be found or verified for the user. (AADSTS130507)" in result.out
    )
    assert "Sesame-1234" not in result.out + result.err


def test_who_takes_too_long_registers_nothing(cli: Cli, code: str) -> None:
    arguments = ("--register", "fido2", "--register-after", "11")
    result = cli("sandbox", "sign-in", NAME, *arguments, piped=code)

    assert result.code == 1
    assert "Not registered: a one-time pass leaves ten minutes" in result.out
    assert "The clock was moved by +0:11:00" in result.out


def test_another_time_is_pretended_and_said(cli: Cli, code: str) -> None:
    result = cli("sandbox", "sign-in", NAME, "--at", "2020-01-01T00:00:00Z", piped=code)

    assert result.code == 1
    assert "The clock was moved by -" in result.out
    assert "the pass is not valid before" in result.out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--at", "tomorrow"], "is no date and time"),
        (["--at", "2026-11-02T09:00"], "does not say in which zone"),
        (["--register", "pigeon"], "known are fido2"),
        (["-e", "production"], "leave -e out"),
    ],
)
def test_what_cannot_be_is_refused_before_the_pass_is_asked_for(
    cli: Cli, code: str, arguments: list[str], why: str
) -> None:
    result = cli("sandbox", "sign-in", NAME, *arguments, piped=code)

    assert result.code == 1
    assert why in result.err
    assert graph(cli, "GET", f"{PERSON}/temporaryAccessPassMethods")["value"][0]["isUsable"] is True


def test_nobody_s_name_is_an_error(cli: Cli) -> None:
    assert 'nobody in the sandbox is called "nobody"' in cli("sandbox", "sign-in", "nobody").err


@pytest.mark.parametrize(
    "arguments", [["--register", "fido2"], ["--register", "softwareOath"], [], ["--at", "2020-01-01T00:00Z"]]
)
def test_as_json_it_is_what_the_schema_says(cli: Cli, code: str, arguments: list[str]) -> None:
    result = cli("sandbox", "sign-in", NAME, *arguments, "--format", "json", piped=code)
    document = json.loads(result.out)

    Draft202012Validator(read("sandbox-sign-in-output")).validate(document)
    assert document["accepted"] is (result.code == 0 or "softwareOath" in arguments)
    assert document["notice"] == "SANDBOX: nothing real was changed"


def test_as_markdown_names_are_escaped(cli: Cli, code: str) -> None:
    result = cli("sandbox", "sign-in", NAME, "--format", "markdown", piped=code)

    assert result.out.startswith("**SANDBOX: nothing real was changed**")
    assert f"`{NAME}`" in result.out
