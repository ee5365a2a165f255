"""`--base`: a pull request that loosens a setting together with a dangerous change is told so."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from cli_tools import Cli
from trial import FIRST, PINS, SECOND, group


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=x", "-c", "user.email=x@x.example", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)  # noqa: S603, S607


def commit(cli: Cli, *, limit: int, accounts: list[str], pins: list[str]) -> None:
    """A commit with these settings, and with this many groups that go."""
    settings = {"breakGlass": {"accounts": accounts}, "limits": {"updates": limit}}
    cli.write("tapctl.yaml", json.dumps(settings))
    cli.write("environments/sandbox.yaml", json.dumps({"pins": {pin: PINS[pin] for pin in pins}}))
    git(cli.root, "add", ".")
    git(cli.root, "commit", "-q", "-m", "x")


@pytest.fixture
def loosening(cli: Cli) -> Cli:
    """A repository whose last commit raises a limit, and drops an emergency account with its pin."""
    (cli.root / "policies/all.yaml").unlink()
    cli.write("all.yaml", json.dumps(group("Pilots", [])))
    git(cli.root, "init", "-q")
    commit(cli, limit=2, accounts=[FIRST, SECOND], pins=[*PINS])
    commit(cli, limit=500, accounts=[FIRST], pins=[f"User/{FIRST}"])
    return cli


def test_without_a_base_nothing_is_said(loosening: Cli) -> None:
    result = loosening("plan", "--format", "json")

    assert {item["rule"] for item in result.json["findings"]} & {
        "settings-loosened",
        "break-glass-shrinks",
    } == set()


def test_the_comment_says_what_is_looser_before_anything_else(loosening: Cli) -> None:
    page = loosening("plan", "--base", "HEAD^1", "--format", "markdown").out

    headline = page.splitlines()[0]
    assert "1 safety setting is loosened" in headline
    assert "1 brake stops apply (`break-glass-shrinks`)" in headline
    assert "1 new finding (`settings-loosened`)" in headline
    before_the_table = page.partition("### Changes")[0]
    assert "limits.updates goes from 2 to 500" in before_the_table
    assert "at `policies/tapctl.yaml:1:" in before_the_table
    assert f"User/{SECOND}` is break glass in" in before_the_table


def test_its_json_keeps_its_promise(loosening: Cli) -> None:
    found = loosening("plan", "--base", "HEAD^1", "--format", "json").json["findings"]

    (item,) = (item for item in found if item["rule"] == "settings-loosened")
    assert (item["severity"], item["news"]) == ("warning", "introduced")


def test_apply_asks_for_the_same_word_and_is_held_to_the_same_plan(loosening: Cli) -> None:
    assert loosening("plan", "--base", "HEAD^1", "--out", "saved.json").code == 0
    applying = ("apply", "saved.json", "-e", "sandbox", "--yes")

    assert "brake break-glass-shrinks was reviewed and is gone" in loosening(*applying).err
    assert "--allow-break-glass-shrinks: User/" in loosening(*applying, "--base", "HEAD^1").err
    assert loosening(*applying, "--base", "HEAD^1", "--allow-break-glass-shrinks").code == 0


@pytest.mark.parametrize("command", [["plan"], ["apply", "-e", "sandbox", "--yes"]])
def test_a_revision_that_is_not_there_stops_the_run(loosening: Cli, command: list[str]) -> None:
    result = loosening(*command, "--base", "HEAD^7")

    assert result.code == 1
    assert '--base: "HEAD^7" is no commit of this repository; name one that is there' in result.err


def test_the_way_back_has_no_base(loosening: Cli) -> None:
    loosening("apply", "-e", "sandbox", "--yes")
    (record,) = (loosening.root / "policies/.tapctl/records").glob("*.jsonl")

    assert "give one of the two" in loosening("plan", "--undo", str(record), "--base", "HEAD^1").err
