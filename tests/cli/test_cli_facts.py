"""`tapctl facts` writes what it read, tells what it could not, and never over anything else."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import click
import pytest
from cli_tools import TENANT, Cli
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from tapctl import schema
from tapctl.cli.known_facts import SALT, facts_option, own_salt, snapshot_of
from tapctl.errors import UsageError, WorkspaceError
from tapctl.facts.counts import count_of
from tapctl.facts.merge import facts_for
from tapctl.facts.snapshot import FactsSnapshot, Unread
from tapctl.facts.stored import read_snapshot
from tapctl.facts.storing import written
from tapctl.facts.summary import GroupCount, RoleCount, Summary
from tapctl.pipeline import check
from tapctl.render.facts import FactsReport, render_json, render_markdown, render_text
from tapctl.report import Headline

OURS = Path("policies/.tapctl")
LIMIT = "403 Forbidden: this needs more"
HOSTILE = "New\x1b[31m hires | @everybody"
REPORT = FactsReport(
    headline=Headline(environment="production", tenant_id=TENANT, is_sandbox=False),
    summary=Summary(
        groups=(GroupCount(name=HOSTILE, people=None), GroupCount(name="One", people=1)),
        nested=1,
        roles=(
            RoleCount(name="Global Reader", active=2, eligible=None),
            RoleCount(name="Reader", active=0, eligible=3),
        ),
        people=3,
        disabled=1,
        with_methods=2,
        strange_methods=("brain\x1bwaves",),
        objects=0,
        security_defaults=None,
        join_needs_mfa=None,
        is_licensed=False,
        unread=(
            *(Unread(what=f"members of group {i}", why=f"GET groups/{i}: {LIMIT}") for i in range(5)),
            Unread(what="licences", why="no reason"),
        ),
    ),
    taken_at="2026-11-25T14:00:00Z",
    file="facts.json",
    keep_out=True,
    requests=12,
)


def test_the_snapshot_goes_where_git_ignores_it(cli: Cli) -> None:
    result = cli("facts")

    file = OURS / "facts-sandbox.json"
    assert result.code == 0
    assert "SANDBOX: nothing real was changed" in result.out
    assert "Git ignores it there." in result.out
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IMODE((OURS / SALT).stat().st_mode) == 0o600
    assert "mia.larsen" in (Path("policies") / "all.yaml").read_text()
    assert read_snapshot(file).is_sandbox


def test_elsewhere_a_word_says_to_keep_it_out_of_version_control(cli: Cli) -> None:
    result = cli("facts", "--out", "facts.json", "--format", "json")

    Draft202012Validator(schema.read("facts-output")).validate(result.json)
    assert result.json["notice"] == "SANDBOX: nothing real was changed"
    assert result.json["file"] == "facts.json"
    assert {item["name"]: item["people"] for item in result.json["groups"]} == {
        "New hires": 3,
        "Break glass": 2,
    }
    assert "keep it out of version control" in cli("facts", "--out", "facts.json").out


def test_two_snapshots_of_a_workspace_name_people_alike(cli: Cli) -> None:
    cli("facts")
    cli("facts", "--out", "second.json")

    first, second = read_snapshot(OURS / "facts-sandbox.json"), read_snapshot(Path("second.json"))
    assert first.people == second.people
    assert any(key.startswith("p-") for key in first.people)


def test_nothing_but_a_snapshot_is_written_over(cli: Cli) -> None:
    result = cli("facts", "--out", "policies/all.yaml")

    assert result.code == 1
    assert "is no snapshot; choose another name" in result.err
    assert "kind: Group" in Path("policies/all.yaml").read_text()


def test_a_folder_that_is_not_there_is_said(cli: Cli) -> None:
    result = cli("facts", "--out", "nowhere/facts.json")

    assert result.code == 1
    assert '"nowhere/facts.json" cannot be written' in result.err


def test_mistakes_in_the_folder_come_first(cli: Cli) -> None:
    cli.write("wrong.yaml", "kind: Nonsense\nname: x\nspec: {}\n")

    result = cli("facts")

    assert result.code == 1
    assert "Nonsense" in result.out


def test_text_says_what_is_not_known_and_shows_nothing_that_acts() -> None:
    text = render_text(REPORT)

    assert "nobody knows how many people" in text
    assert "held by 2, on demand by nobody knows how many" in text
    assert "members of group 0, members of group 1, members of group 2 and 2 more: 403 Forbidden" in text
    assert "security defaults: not read" in text
    assert "MFA to register or join a device: not read" in text
    assert "\x1b" not in text


def test_markdown_has_no_markup_of_strangers() -> None:
    text = render_markdown(REPORT)

    assert "\x1b" not in text
    assert "| @" not in text
    assert "SANDBOX" not in text


def test_json_is_what_its_schema_says() -> None:
    Draft202012Validator(schema.read("facts-output")).validate(json.loads(render_json(REPORT)))


def snapshot(root: Path, chosen: str | None) -> FactsSnapshot | None:
    return snapshot_of(check(root, None), chosen)


def test_without_facts_there_are_none(cli: Cli) -> None:
    assert snapshot(Path("policies"), None) is None


def test_facts_come_from_a_file_or_from_the_tenant_itself(cli: Cli) -> None:
    cli("facts", "--out", "facts.json")
    checked = check(Path("policies"), None)

    live = snapshot_of(checked, "live")
    stored = snapshot_of(checked, "facts.json", ["yusuf.demir@nordwind.example"])

    assert stored is not None
    assert live is not None
    assert "mia.larsen@nordwind.example" in live.people
    assert "mia.larsen@nordwind.example" in stored.people
    assert "yusuf.demir@nordwind.example" in stored.people
    assert {count_of(facts_for(checked, found), "New hires") for found in (stored, live)} == {3}


def test_without_its_salt_a_snapshot_counts_all_the_same(cli: Cli) -> None:
    cli("facts", "--out", "facts.json")
    (OURS / SALT).unlink()

    checked = check(Path("policies"), None)

    assert count_of(facts_for(checked, snapshot_of(checked, "facts.json")), "New hires") == 3


@pytest.mark.parametrize("changed", [{"is_sandbox": False}, {"tenant_id": "other", "is_sandbox": False}])
def test_the_facts_of_another_tenant_are_refused(cli: Cli, changed: dict[str, object]) -> None:
    cli("facts", "--out", "facts.json")
    other = replace(read_snapshot(Path("facts.json")), **changed)  # type: ignore[arg-type]
    Path("facts.json").write_text(written(other))

    with pytest.raises(UsageError, match="tapctl facts -e sandbox"):
        snapshot(Path("policies"), "facts.json")


def test_whom_the_folder_names_is_named_in_the_file_too(cli: Cli) -> None:
    cli("facts", "--out", "facts.json")

    named = [key for key in read_snapshot(Path("facts.json")).people if "@" in key]
    assert named == ["mia.larsen@nordwind.example"]


def test_somebody_who_is_in_nothing_is_read_when_asked_about(cli: Cli) -> None:
    omar, checked = "omar.haddad@nordwind.example", check(Path("policies"), None)

    live = snapshot_of(checked, "live", [omar])

    assert facts_for(checked, live).users[omar].registered == frozenset(
        {"password", "microsoftAuthenticatorPush"}
    )


def test_a_damaged_salt_is_said(cli: Cli) -> None:
    OURS.mkdir()
    (OURS / SALT).write_bytes(b"short")

    with pytest.raises(WorkspaceError, match="damaged"):
        own_salt(OURS)


def test_a_salt_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="cannot be used"):
        own_salt(tmp_path / "nowhere")


def test_a_command_takes_facts_by_one_option() -> None:
    @click.command()
    @facts_option
    def command(facts: str | None) -> None:
        click.echo(facts)

    assert CliRunner().invoke(command, ["--facts", "live"]).output == "live\n"


ASKED = (
    "simulate",
    "--user",
    "mia.larsen@nordwind.example",
    "--registered",
    "password",
    "--app",
    "Exchange Online",
)


@pytest.mark.parametrize(
    "command",
    [("validate",), ("test",), ASKED, (*ASKED, "--compare")],
    ids=["validate", "test", "simulate", "compare"],
)
def test_whose_facts_were_asked_for_is_in_the_headline(cli: Cli, command: tuple[str, ...]) -> None:
    source = () if "--compare" in command else ("--facts", "live")

    result = cli(*command, *source)

    assert "(tenant 70000000-" in result.out.partition("\n")[0], result.err


@pytest.mark.parametrize("command", [("validate",), ("test",), ASKED], ids=["validate", "test", "simulate"])
def test_without_facts_no_tenant_was_asked(cli: Cli, command: tuple[str, ...]) -> None:
    assert "(tenant not asked)" in cli(*command).out.partition("\n")[0]


def lacking(cli: Cli, *unread: Unread) -> None:
    """A snapshot in facts.json, of a tenant that did not show this."""
    cli("facts", "--out", "facts.json")
    seen = replace(read_snapshot(Path("facts.json")), join_needs_mfa=None, unread=unread)
    Path("facts.json").write_text(written(seen))


DEVICES = Unread(what="device settings", why=f"GET policies/deviceRegistrationPolicy: {LIMIT}")
JOIN = ("simulate", "--group", "none", "--registered", "password", "--action", "join", "--method", "password")


@pytest.mark.parametrize("command", [("validate",), ("plan",), JOIN], ids=lambda words: words[0])
@pytest.mark.parametrize("format_", ["text", "json", "markdown"])
def test_what_the_tenant_did_not_show_is_said_once(cli: Cli, command: tuple[str, ...], format_: str) -> None:
    lacking(cli, DEVICES, replace(DEVICES, what="\x1b[31m"))
    found = cli(*command, "--facts", "facts.json", "--format", format_).out

    count = 2 if command == JOIN and format_ == "json" else 1
    assert found.count("this needs more") == count
    assert "device settings" in found
    assert "\x1b" not in found


def test_nothing_is_said_to_be_missing_where_everything_was_read(cli: Cli) -> None:
    lacking(cli)

    assert "facts-not-read" not in cli("validate", "--facts", "facts.json").out
    assert "facts-not-read" not in cli("plan").out
    assert cli(*JOIN, "--facts", "facts.json", "--format", "json").json["notRead"] == []


@pytest.mark.parametrize("strict", [(), ("--strict",)])
def test_a_join_whose_settings_were_not_read_is_not_allowed(cli: Cli, strict: tuple[str, ...]) -> None:
    lacking(cli, DEVICES)
    result = cli(*JOIN, "--facts", "facts.json", "--format", "json", *strict)
    (answer,) = result.json["answers"]

    Draft202012Validator(schema.read("simulate-output")).validate(result.json)
    assert (answer["decision"], answer["missing"]) == ("unknown", ["joinNeedsMfa"])
    assert result.json["notRead"] == [{"what": DEVICES.what, "why": DEVICES.why}]
