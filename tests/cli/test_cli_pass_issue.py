"""`pass issue` as a person runs it."""

from __future__ import annotations

import functools
import json
import os
import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cli_tools import DOCUMENTS, Cli, Result
from full_disk import fill
from jsonschema import Draft202012Validator

from tapctl.passes import examine
from tapctl.passes.delivery import Recipient
from tapctl.passes.graph import passes_path
from tapctl.passes.issuing import making
from tapctl.passes.issuing.journal import Journal
from tapctl.passes.issuing.journal_lines import About
from tapctl.passes.issuing.runs import begin, resume
from tapctl.passes.issuing.worklist import Entry, Worklist
from tapctl.sandbox import Misbehaviour, Store, create_app
from tapctl.sandbox.seed import PEOPLE
from tapctl.schema import read

MIA, YUSUF, CHLOE = (f"{name}@nordwind.example" for name in ("mia.larsen", "yusuf.demir", "chloe.martin"))
INGRID = "ingrid.solberg@nordwind.example"
TOMASZ = "tomasz.wozniak@nordwind.example"
KEY = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
PLACE = ["--to-file", "codes", "--recipient", KEY]


@pytest.fixture
def issue(cli: Cli) -> Issue:
    cli("sandbox", "reset")
    return Issue(cli)


class Issue:
    def __init__(self, cli: Cli) -> None:
        self.cli = cli

    def __call__(self, *arguments: str, **given: str) -> Result:
        return self.cli("pass", "issue", *arguments, **given)

    def json(self, *arguments: str) -> Any:
        document = self(*arguments, "--format", "json").json
        Draft202012Validator(read("pass-issue-output")).validate(document)
        return document

    @property
    def records(self) -> list[Path]:
        return sorted(self.cli.root.glob("policies/.tapctl/passes/*.issue.jsonl"))


def command(cli: Cli, text: str) -> str:
    """A command that runs a line of Python with the passcode in `code`."""
    (cli.root / "vault.py").write_text(f"import sys\ncode = sys.stdin.read()\nuser = sys.argv[1]\n{text}\n")
    return shlex.join([sys.executable, "vault.py", "{user}"])


KEEP = "open(f'{user}.code', 'x').write(code)"


def test_a_command_is_given_the_passcode_that_nothing_else_shows(cli: Cli, issue: Issue) -> None:
    result = issue(MIA, "--to-command", command(cli, KEEP), "--reason", "day one")

    code = (cli.root / f"{MIA}.code").read_text()
    assert result.code == 0
    assert "Handed over (1)\n  mia.larsen@nordwind.example (Mia Larsen)\n      one-time, from " in result.out
    assert "why: day one" in result.out
    assert result.out.endswith("SANDBOX: nothing real was changed\n")
    assert code not in result.out + result.err + issue.records[0].read_text()
    assert "Registered fido2" in cli("sandbox", "sign-in", MIA, "--register", "fido2", piped=code).out


def test_a_dry_run_creates_nothing(cli: Cli, issue: Issue) -> None:
    document = issue.json("--group", "New hires", "--dry-run")

    assert document["status"] == "checked"
    assert [one["user"] for one in document["people"]] == [MIA, YUSUF, CHLOE]
    assert {one["state"] for one in document["people"]} == {"ready"}
    assert issue.records == []
    assert "0 passes" in cli("pass", "list").out


def test_a_roster_says_when_and_where(cli: Cli, issue: Issue) -> None:
    roster = cli.root / "r.csv"
    roster.write_text(
        f"user,start,lifetime,timeZone\n{MIA},2099-01-04T09:00+09:00,90m,Asia/Tokyo\n{YUSUF},,,\n"
    )
    document = issue.json("--roster", str(roster), "--yes", *PLACE, "--handout", "paper")

    first = document["people"][0]
    assert (document["status"], document["summary"]["delivered"]) == ("issued", 2)
    assert (first["startDateTime"], first["lifetimeInMinutes"]) == ("2099-01-04T00:00:00Z", 90)
    assert first["target"].endswith(f"codes/{MIA}.age")
    assert "Asia/Tokyo" in (cli.root / "paper" / f"{MIA}.txt").read_text()
    assert (cli.root / "paper" / f"{YUSUF}.html").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([*PLACE], "say for whom"),
        ([MIA, "--group", "x", *PLACE], "say for whom"),
        ([MIA], "say where the passcodes go"),
        ([MIA, "--to-terminal", *PLACE], "say where the passcodes go"),
        ([MIA, "--to-file", "x"], "go together"),
        ([MIA, "--to-command", "cat", "--recipient", KEY], "go together"),
        (["--group", "New hires", "--to-file", "x.age", "--recipient", KEY], "leave .age off"),
        ([MIA, "--start", "2026-09-01T09:00", "--dry-run"], "does not say in which zone"),
        ([MIA, "--lifetime", "soon", "--dry-run"], "--lifetime: "),
        ([MIA, "--time-zone", "Mars", "--dry-run"], "--time-zone: "),
        ([MIA, "--to-terminal"], "there is no terminal"),
        ([MIA, "--to-command", "no-such-command"], "no-such-command"),
        ([MIA, "--to-file", "x", "--recipient", "bob"], "bob"),
        ([MIA, "--handout", "all.txt/x", *PLACE], "handouts cannot be written"),
        (["--continue", "last", *PLACE], "there is no interrupted run"),
        (["--continue", "last", "--multi-use", *PLACE], "--multi-use is for a new run"),
        (["--continue", "last", "--time-zone", "Asia/Tokyo", *PLACE], "--time-zone is for a new run"),
        (["--continue", "monday", *PLACE], 'there is no run "monday"'),
        (["--abandon", "monday"], 'there is no run "monday"'),
        (["--abandon", "last"], "there is no interrupted run to continue, or to abandon"),
        (["--group", "New hire", "--dry-run"], 'did you mean "New hires"?'),
    ],
)
def test_what_cannot_be_asked_is_refused(cli: Cli, issue: Issue, arguments: list[str], why: str) -> None:
    (cli.root / "all.txt").write_text("")
    result = issue(*arguments)

    assert result.code == 1
    assert why in result.err
    assert issue.records == []


def test_a_name_that_is_nobody_s_is_answered_with_the_nearest(issue: Issue) -> None:
    result = issue("mia.larsen@nordwind.exampl", "--dry-run")

    assert 'there is no user "mia.larsen@nordwind.exampl" in the tenant' in result.out
    assert f'did you mean "{MIA}"?' in result.out.replace("\n        ", " ")


def test_whoever_may_not_stops_all_unless_left_out(cli: Cli, issue: Issue) -> None:
    result = issue(MIA, INGRID, "nobody", *PLACE)
    assert result.code == 1
    assert "nothing was created: 2 people may not have a pass (--skip-refused" in result.out
    assert "nobody may make a pass for themselves" in result.out
    assert issue.records == []

    document = issue.json(MIA, INGRID, "nobody", *PLACE, "--skip-refused", "--yes")
    assert document["status"] == "issued"
    assert [one["state"] for one in document["people"]] == ["delivered", "refused", "refused"]


def test_whoever_was_left_out_stays_in_the_record_with_the_reason(cli: Cli, issue: Issue) -> None:
    bad = command(cli, "sys.exit(3)")
    issue(MIA, INGRID, "nobody", "--to-command", bad, "--skip-refused", "--yes")
    document = issue.json("--continue", "last", "--to-command", command(cli, KEEP))

    assert document["status"] == "issued"
    assert [one["state"] for one in document["people"]] == ["delivered", "refused", "refused"]
    assert "nobody may make a pass for themselves" in document["people"][1]["findings"][0]["message"]
    assert issue.records[0].read_text().count('"event": "refused"') == 2


def test_a_word_that_was_said_is_not_advised_again(cli: Cli, issue: Issue) -> None:
    issue(INGRID, *PLACE)
    result = issue(INGRID, *PLACE, "--privileged")

    assert result.code == 1
    assert "--privileged was said" in result.out
    assert "say --privileged if this is meant" not in result.out


def test_whoever_is_in_an_interrupted_run_is_sent_there(cli: Cli, issue: Issue) -> None:
    run = stopped(cli, issue)
    result = issue(MIA, *PLACE, "--replace")

    assert result.code == 1
    assert f"the interrupted run {run} has asked for a pass for them" in result.out
    assert issue("--abandon", run).code == 0
    assert issue(MIA, *PLACE, "--replace").code == 0


def test_of_several_interrupted_runs_the_last_is_named(cli: Cli, issue: Issue) -> None:
    issue(CHLOE, "--to-command", "true")
    run = stopped(cli, issue)
    said = issue(CHLOE, "--dry-run").err

    assert f"--abandon {run}); 1 more before it" in said
    assert said.count("\n") == 1


def test_whoever_a_run_at_work_has_is_refused(cli: Cli, issue: Issue) -> None:
    run = stopped(cli, issue)
    journal, _, worklist = resume(issue.records[0].parent, run)
    result = issue(YUSUF, *PLACE)
    worklist.close()
    journal.close()

    assert result.code == 1
    assert f"the run {run} is at work" in result.out
    assert "let it end, and see" in result.out
    assert result.err == ""


def test_whoever_a_run_took_while_this_one_was_asking_is_refused(
    cli: Cli, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = issue.json(MIA, YUSUF, "--dry-run")
    mia = Recipient(id=checked["people"][0]["userId"], name=MIA)
    about = About(environment="sandbox", tenant_id=checked["tenant"], by="ada", delivery="file")
    theirs = Worklist()
    theirs.add(Entry(number=0, recipient=mia, lifetime=60, is_usable_once=True))
    begun: list[Journal] = []

    def meanwhile(*arguments: Any, **others: Any) -> str:
        begun.append(begin(cli.root / "policies" / ".tapctl" / "passes", about))
        begun[0].plan(theirs)
        return ""

    monkeypatch.setattr("tapctl.cli.passes._issuing.declined", meanwhile)
    result = issue(MIA, YUSUF, *PLACE)
    begun[0].close()
    theirs.close()

    assert result.code == 1
    assert f"the run {begun[0].run} is at work" in result.out
    assert len(issue.records) == 1


def test_a_continued_run_tells_what_it_replaces(cli: Cli, issue: Issue) -> None:
    run = stopped(cli, issue)
    (lost,) = [one["passId"] for one in issue.json("--continue", run, "--dry-run")["people"][:1]]
    result = issue("--continue", run, "--to-command", command(cli, KEEP))

    assert f"replaces a pass of this run whose passcode nobody has: {lost}" in result.out


@pytest.mark.parametrize("command", ["list", "status"])
def test_a_pass_of_a_run_that_is_not_done_is_not_taken_for_one_that_somebody_has(
    cli: Cli, issue: Issue, command: str
) -> None:
    run = stopped(cli, issue)
    (lost,) = [person["user"] for person in issue.json("--continue", run, "--dry-run")["people"][:1]]
    said = cli("pass", command, lost).out
    others = cli("pass", command, CHLOE).out

    assert f"nobody may have the passcode of {lost}: the run {run} is not done with them" in said
    assert run not in others


def test_whoever_may_not_go_on_and_may_hold_a_pass_is_named(cli: Cli, issue: Issue) -> None:
    issue(MIA, YUSUF, "--to-command", command(cli, "sys.exit(3)"), "--yes")
    cli("sandbox", "load", without(cli, "mia.larsen"))
    result = issue("--continue", "last", "--to-command", command(cli, KEEP), "--skip-refused")

    assert "there is no user" in result.out
    assert "takes it back" not in result.out
    assert "Handed over (1)" in result.out
    assert '"event": "refused"' in issue.records[0].read_text()


def test_what_may_be_held_by_whoever_is_left_out_can_be_taken_back(cli: Cli, issue: Issue) -> None:
    issue(MIA, YUSUF, "--to-command", command(cli, "sys.exit(3)"), "--yes")
    tenant = cli("sandbox", "dump").json
    for user in tenant["users"]:
        user["accountEnabled"] = not user["userPrincipalName"].startswith("mia")
    (cli.root / "tenant.json").write_text(json.dumps(tenant))
    cli("sandbox", "load", "tenant.json")
    result = issue("--continue", "last", "--to-command", command(cli, KEEP), "--skip-refused")

    assert "a pass was asked for, and nobody has its passcode: tapctl pass revoke" in result.out


@pytest.mark.parametrize("others", [[YUSUF], []])
def test_whoever_was_passed_over_keeps_nobody_waiting_when_gone(
    cli: Cli, issue: Issue, monkeypatch: pytest.MonkeyPatch, others: list[str]
) -> None:
    def failing(path: str) -> str:
        return passes_path(path) + ("/nowhere" if people["mia.larsen"] in path else "")

    people = dict(PEOPLE)
    with monkeypatch.context() as patch:
        patch.setattr(making, "passes_path", failing)
        first = issue(MIA, *others, "--to-command", command(cli, "sys.exit(3)"), "--yes")
    cli("sandbox", "load", without(cli, "mia.larsen"))
    result = issue("--continue", "last", "--to-command", command(cli, KEEP))

    assert "No pass handed over (1)" in first.out
    assert (result.code, "left out of this run" in result.out) == (1, True)
    assert ("Handed over (1)" in result.out) == bool(others)
    assert "takes it back" not in result.out
    assert "there is no interrupted run" in issue("--continue", "last", *PLACE).err


def without(cli: Cli, name: str) -> str:
    """The tenant without one person, in a file."""
    tenant = cli("sandbox", "dump").json
    tenant["users"] = [one for one in tenant["users"] if not one["userPrincipalName"].startswith(name)]
    path = cli.root / "tenant.json"
    path.write_text(json.dumps(tenant))
    return str(path)


def test_a_policy_that_is_off_is_said_once(cli: Cli, issue: Issue) -> None:
    cli.write(
        "all.yaml",
        "kind: TemporaryAccessPassPolicy\nspec: {state: disabled, isUsableOnce: true, "
        "includeTargets: [all_users]}\n",
    )
    cli("apply", "--yes")
    result = issue(MIA, *PLACE)

    assert result.code == 1
    assert "pass policy is turned off" in result.out
    assert "nothing was created: see the problems above" in result.out


def test_an_empty_roster_is_nobody(cli: Cli, issue: Issue) -> None:
    (cli.root / "r.csv").write_text("user\n")

    assert "there is nobody to issue for" in issue("--roster", "r.csv", *PLACE).out


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"typed": "sandbox\n"}, 0, "2 handed over"),
        ({"typed": "yes\n"}, 1, 'the answer was not "sandbox": nothing was done'),
        ({"piped": "sandbox\n"}, 1, "nobody at a terminal"),
    ],
)
def test_several_passes_are_asked_about(issue: Issue, given: dict[str, str], code: int, said: str) -> None:
    result = issue(MIA, YUSUF, *PLACE, **given)

    assert result.code == code
    assert said in result.out


def test_a_valid_pass_is_only_destroyed_with_a_word(issue: Issue) -> None:
    issue(MIA, *PLACE)
    assert "a new one destroys it\n        → let them use it, or say --replace" in issue(MIA, *PLACE).out

    result = issue(MIA, "--to-file", "again", "--recipient", KEY, "--replace")
    assert result.code == 0
    assert "→ --replace was said" in result.out


def test_a_run_that_stopped_is_continued_by_name(cli: Cli, issue: Issue) -> None:
    bad = command(cli, f"if user == {MIA!r}: sys.exit(3)\n{KEEP}")
    result = issue(MIA, YUSUF, CHLOE, "--to-command", bad, "--yes")
    (record,) = issue.records
    run = record.name.removesuffix(".issue.jsonl")

    assert result.code == 1
    assert "Made, but not handed over (1)" in result.out
    assert f"left: tapctl pass issue -e sandbox --continue {run} with the same --to-command" in result.out
    assert f"--continue {run} (or --abandon {run})" in issue(MIA, "--dry-run").err
    again = issue("--continue", "last", "--to-command", command(cli, KEEP), "--reason", "again")
    assert again.code == 0
    assert "3 handed over" in again.out
    assert {path.name for path in cli.root.glob("*.code")} == {f"{one}.code" for one in (MIA, YUSUF, CHLOE)}


def test_what_was_said_when_a_run_began_is_kept(cli: Cli, issue: Issue) -> None:
    said = (
        "--contents",
        "json",
        "--handout",
        "paper",
        "--handout-contact",
        "the desk",
        "--reason",
        "day one",
    )
    issue(MIA, YUSUF, "--to-command", command(cli, "sys.exit(3)"), "--yes", *said)
    result = issue("--continue", "last", "--to-command", command(cli, KEEP))

    assert (result.code, "why: day one" in result.out) == (0, True)
    assert json.loads((cli.root / f"{MIA}.code").read_text())["user"] == MIA
    assert "the desk" in (cli.root / "paper" / f"{YUSUF}.txt").read_text()


def test_words_that_were_said_when_a_run_began_are_kept(cli: Cli, issue: Issue) -> None:
    said = ("--despite-policies", "--privileged", "--skip-refused", "--replace", "--yes")
    issue(TOMASZ, MIA, "--to-command", command(cli, "sys.exit(3)"), *said)
    cli("sandbox", "load", without(cli, "mia.larsen"))
    result = issue("--continue", "last", "--to-command", command(cli, KEEP))

    assert "Handed over (1)\n  tomasz" in result.out
    assert "May not have a pass (1)\n  mia" in result.out


def test_replacing_is_said_anew_for_a_pass_that_was_made_since(cli: Cli, issue: Issue) -> None:
    good, bad = command(cli, KEEP), ("--to-command", "false")
    issue(MIA, *PLACE)
    issue(MIA, YUSUF, "--replace", "--yes", *bad)
    issue(YUSUF, "--to-file", "other", "--recipient", KEY)
    result = issue("--continue", "last", "--to-command", good)

    assert [path.name for path in cli.root.glob("*.code")] == [f"{MIA}.code"]
    assert "made them a pass meanwhile" in result.out
    assert issue("--continue", "last", "--to-command", good, "--replace").code == 0


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (("--contents", "handout"), 'the run was begun with --contents "json": leave --contents out'),
        (("--handout", "other"), "/paper"),
    ],
)
def test_what_contradicts_the_beginning_of_a_run_is_refused(
    cli: Cli, issue: Issue, said: tuple[str, ...], why: str
) -> None:
    bad = command(cli, "sys.exit(3)")
    issue(MIA, "--to-command", bad, "--contents", "json", "--handout", "paper")
    result = issue("--continue", "last", "--to-command", command(cli, KEEP), *said)

    assert (result.code, why in result.err) == (1, True)
    assert not (cli.root / f"{MIA}.code").exists()
    same = ("--contents", "json", "--handout", "paper", "--handout-methods", "a key")
    assert issue("--continue", "last", "--to-command", command(cli, KEEP), *same).code == 0
    assert "a key" in (cli.root / "paper" / f"{MIA}.txt").read_text()


def test_whoever_may_lose_their_pass_to_a_late_request_is_named_and_looked_at_again(
    cli: Cli, issue: Issue
) -> None:
    result = issue(MIA, "--to-command", command(cli, KEEP))
    in_doubt = {"event": "delivered", "n": 0, "why": "", "doubt": "2026-01-02T03:04:05+00:00"}
    with issue.records[0].open("a") as record:
        record.write(
            json.dumps(in_doubt) + "\n" + json.dumps({"event": "end", "left": 0, "doubtful": 1}) + "\n"
        )
    shown = issue("--continue", "last", "--dry-run")
    document = issue.json("--continue", "last", *PLACE)

    assert (result.code, shown.code) == (0, 0)
    assert document["people"][0]["why"] == "an answer was lost before, and that request did not come late"
    assert issue("--continue", "last", *PLACE).err.startswith("Error: there is no interrupted run")


def test_another_place_for_the_rest_of_a_run_is_told(cli: Cli, issue: Issue) -> None:
    stopped(cli, issue)
    result = issue("--continue", "last", *PLACE)

    assert (result.code, "went to --to-command: those stay there" in result.err) == (0, True)


def stopped(cli: Cli, issue: Issue) -> str:
    """A run in which nobody got their passcode."""
    issue(MIA, YUSUF, "--to-command", command(cli, "sys.exit(3)"), "--yes")
    return issue.records[-1].name.removesuffix(".issue.jsonl")


def test_a_run_can_be_looked_at_before_it_is_continued(cli: Cli, issue: Issue) -> None:
    run = stopped(cli, issue)
    document = issue.json("--continue", run, "--dry-run")

    assert document["status"] == "checked"
    assert {one["state"] for one in document["people"]} <= {"made", "ready"}


def test_whoever_may_not_any_more_is_not_continued(cli: Cli, issue: Issue) -> None:
    run = stopped(cli, issue)
    cli.write(
        "all.yaml",
        "kind: TemporaryAccessPassPolicy\nspec: {state: enabled, isUsableOnce: true, "
        "includeTargets: [all_users], excludeTargets: [New hires]}\n",
    )
    assert cli("apply", "--yes").code == 0
    result = issue("--continue", run, *PLACE)

    assert result.code == 1
    assert "2 people may not have a pass" in result.out


def test_a_run_that_is_done_or_given_up_is_not_continued(cli: Cli, issue: Issue) -> None:
    stopped(cli, issue)
    assert "will not be continued" in issue("--abandon", "last", "--reason", "hired by another").err
    assert "abandoned: hired by another" in issue.records[0].read_text()
    assert "there is no interrupted run" in issue("--continue", "last", *PLACE).err

    issue(CHLOE, *PLACE)
    done = issue.records[-1].name.removesuffix(".issue.jsonl")
    assert issue("--continue", done, "--to-file", "x", "--recipient", KEY).code == 0


def test_a_run_goes_on_in_its_own_tenant(cli: Cli, issue: Issue) -> None:
    run = stopped(cli, issue)
    text = issue.records[0].read_text().replace('"tenant": "7', '"tenant": "8')
    issue.records[0].write_text(text)
    result = issue("--continue", run, *PLACE)

    assert result.code == 1
    assert "name that one with -e" in result.err


def test_a_handout_that_cannot_be_written_is_told(cli: Cli, issue: Issue) -> None:
    (cli.root / "paper" / f"{MIA}.txt").mkdir(parents=True)
    document = issue.json(MIA, *PLACE, "--handout", "paper")

    assert document["status"] == "incomplete"
    assert document["summary"]["delivered"] == 1
    assert "the handout of mia.larsen@nordwind.example cannot be written" in document["problems"][0]


@pytest.mark.parametrize(
    ("contents", "said"), [("json", '"user": "mia'), ("handout", "Your first"), ("handout-html", "<html")]
)
def test_a_command_may_be_given_more_than_the_passcode(
    cli: Cli, issue: Issue, contents: str, said: str
) -> None:
    issue(MIA, "--to-command", command(cli, KEEP), "--contents", contents, "--handout-methods", "a key")

    assert said in (cli.root / f"{MIA}.code").read_text()


def test_markdown_and_the_record_name_what_happened(issue: Issue) -> None:
    assert "- `mia.larsen@nordwind.example (Mia Larsen)`" in issue(MIA, *PLACE, "--format", "markdown").out
    assert json.loads(issue.records[0].read_text().splitlines()[-1])["left"] == 0


WALL = """
---
kind: ConditionalAccessPolicy
name: Wall
spec:
  state: enabled
  conditions:
    users: {includeUsers: [All], excludeGroups: [Break glass]%s}
    applications: {includeUserActions: ["urn:user:registersecurityinfo"]}
    clientAppTypes: [all]
  grantControls: {operator: OR, builtInControls: [block]}
"""


def wall(cli: Cli, more: str = "") -> None:
    cli.write("wall.yaml", WALL % more)


def build_wall(
    cli: Cli, grant: dict[str, Any] | None = None, name: str = "Theirs", **conditions: Any
) -> None:
    """Somebody makes such a policy in the tenant; by default it blocks."""
    policy: dict[str, Any] = {
        "id": f"5a000000-0000-4000-8000-{len(name):012}",
        "displayName": name,
        "state": "enabled",
        "conditions": {
            "users": {"includeUsers": ["All"], "excludeUsers": [], "includeGroups": [], "excludeGroups": []},
            "applications": {"includeUserActions": ["urn:user:registersecurityinfo"]},
            "clientAppTypes": ["all"],
            **conditions,
        },
        "grantControls": {"operator": "OR", **(grant or {"builtInControls": ["block"]})},
    }
    store = Store(cli.root / "policies" / ".tapctl" / "sandbox.sqlite")
    store.put("identity/conditionalAccess/policies", policy)
    store.close()


def test_a_pass_that_the_folder_would_shut_out_takes_a_word(cli: Cli, issue: Issue) -> None:
    wall(cli)
    refused = issue(MIA, "--dry-run")

    assert refused.code == 1
    assert 'once the folder is applied, the policy "Wall" keeps them from registering' in refused.out
    assert issue(MIA, "--dry-run", "--despite-policies").code == 0


def test_a_pass_that_the_tenant_shuts_out_takes_a_word(cli: Cli, issue: Issue) -> None:
    build_wall(cli)
    refused = issue(MIA, "--dry-run")

    assert refused.code == 1
    assert 'the policy "Theirs" keeps them from registering anything with this pass' in refused.out
    assert issue(MIA, "--dry-run", "--despite-policies").code == 0


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ("", 'the policy "Theirs" keeps them'),
        (DOCUMENTS.split("---")[0], 'the policy "Theirs" keeps them'),
        (
            DOCUMENTS.replace("state: enabledForReporting", "stat: enabledForReporting"),
            "the folder has mistakes",
        ),
    ],
    ids=["nothing", "no policy", "a broken policy"],
)
def test_the_tenant_s_policies_count_whatever_the_folder_declares(
    cli: Cli, issue: Issue, documents: str, said: str
) -> None:
    cli.write("all.yaml", documents)
    build_wall(cli)
    refused = issue(MIA, "--dry-run")

    assert (refused.code, said in refused.out) == (1, True)
    assert '"Theirs" keeps them from registering anything with this pass' in refused.out


def test_a_pass_policy_that_will_leave_somebody_out_takes_a_word(cli: Cli, issue: Issue) -> None:
    cli.write("all.yaml", DOCUMENTS.split("---")[0].replace("New hires", "Break glass"))
    refused = issue(MIA, "--dry-run")

    assert refused.code == 1
    assert "once the folder is applied, the pass policy keeps them from registering" in refused.out


@pytest.mark.parametrize(
    ("grant", "conditions", "lacking"),
    [
        ({"builtInControls": ["holdHand"]}, {}, 'tapctl cannot answer its "holdHand"'),
        (
            {"authenticationStrength": {"id": "99000000-0000-4000-8000-000000000001"}},
            {},
            ": the authentication strength that it asks for is not among the tenant's",
        ),
        (None, {"stars": {"includeStars": ["Vega"]}}, 'tapctl cannot answer its "stars"'),
    ],
)
def test_a_policy_that_nobody_can_judge_is_not_taken_for_open(
    cli: Cli, issue: Issue, grant: Any, conditions: dict[str, Any], lacking: str
) -> None:
    build_wall(cli, grant, **conditions)
    refused = issue(MIA, "--dry-run").out.replace("\n        ", " ")

    assert 'whether the policy "Theirs" lets them register anything with this pass cannot be told' in refused
    assert lacking in refused
    assert issue(MIA, "--dry-run", "--despite-policies").code == 0


def test_a_policy_that_nobody_will_be_able_to_judge_takes_a_word(cli: Cli, issue: Issue) -> None:
    wall = (
        (WALL % "")
        .replace("[block]", "[holdHand]")
        .replace("spec:", 'newer: ["grantControls.builtInControls[0]"]\nspec:')
    )
    cli.write("wall.yaml", wall)
    refused = issue(MIA, "--dry-run").out.replace("\n        ", " ")

    assert 'once the folder is applied, whether the policy "Wall" lets them register' in refused


def test_whose_roles_cannot_be_read_may_be_in_a_policy_about_roles(
    cli: Cli, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = "roleManagement/directory/roleAssignments"
    forbidding = functools.partial(create_app, misbehaviour=Misbehaviour(forbidden=(roles,)))
    monkeypatch.setattr("tapctl.sandbox.create_app", lambda store, **options: forbidding(store))
    users = {"includeRoles": ["62e90394-69f5-4237-9190-012177145e10"], "includeUsers": []}
    build_wall(cli, users=users)
    refused = issue(MIA, "--dry-run", "--privileged").out.replace("\n        ", " ")

    assert 'whether the policy "Theirs" lets them register anything with this pass cannot be told' in refused


def test_a_control_that_another_service_answers_is_told(cli: Cli, issue: Issue) -> None:
    build_wall(cli, {"customAuthenticationFactors": ["DuoMfa"]})
    result = issue(MIA, "--dry-run")

    assert result.code == 0
    assert 'the policy "Theirs" also asks them for DuoMfa' in result.out


def test_whoever_is_excluded_gets_by(cli: Cli, issue: Issue) -> None:
    wall(cli, f", excludeUsers: [{MIA}]")
    document = issue.json(MIA, YUSUF, "--dry-run")

    assert [one["state"] for one in document["people"]] == ["ready", "refused"]
    wall(cli, ", excludeUsers: []")
    (cli.root / "policies" / "wall.yaml").write_text(
        (WALL % "").replace("excludeGroups: [Break glass]", "excludeGroups: [Break glass, New hires]")
    )
    assert issue(MIA, YUSUF, "--dry-run").code == 0


@pytest.mark.parametrize(
    ("control", "is_about_places", "where"),
    [
        ("block", True, "in a named network"),
        ("compliantDevice", False, "on a managed device"),
        ("compliantDevice", True, "in a named network or on a managed device"),
    ],
)
def test_a_pass_that_works_in_some_places_only_is_told(
    cli: Cli, issue: Issue, control: str, is_about_places: bool, where: str
) -> None:
    office = named_office(cli)
    elsewhere = {"includeLocations": ["All"], "excludeLocations": [office]}
    conditions: dict[str, Any] = {"locations": elsewhere} if is_about_places else {}
    build_wall(cli, {"builtInControls": [control]}, **conditions)
    result = issue(MIA, "--dry-run")

    assert result.code == 0
    assert f'the policy "Theirs" lets them register with this pass only {where}\n' in result.out


def test_a_pass_that_works_on_some_devices_in_some_places_is_told(cli: Cli, issue: Issue) -> None:
    elsewhere = {"includeLocations": ["All"], "excludeLocations": [named_office(cli)]}
    build_wall(cli, locations=elsewhere)
    build_wall(cli, {"builtInControls": ["compliantDevice"]}, name="And theirs")

    assert "only on a managed device in a named network\n" in issue(MIA, "--dry-run").out


def named_office(cli: Cli) -> str:
    """The id of a named network."""
    place = {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Office", "isTrusted": True}
    store = Store(cli.root / "policies" / ".tapctl" / "sandbox.sqlite")
    office = "5b000000-0000-4000-8000-000000000001"
    ranges = [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"}]
    store.put("identity/conditionalAccess/namedLocations", {**place, "id": office, "ipRanges": ranges})
    store.close()
    return office


def test_a_folder_with_mistakes_is_not_taken_for_one_that_lets_a_pass_in(cli: Cli, issue: Issue) -> None:
    cli.write("bad.yaml", "kind: Group\nname: 7\n")
    result = issue(MIA, "--dry-run")

    assert result.code == 1
    assert "once the folder is applied was not checked, for the folder has mistakes" in result.out
    assert issue(MIA, "--dry-run", "--despite-policies").code == 0


@pytest.mark.parametrize("part", ["policies", "namedLocations"])
@pytest.mark.parametrize(("status", "said"), [(403, "cannot be told"), (404, "a part is not there")])
def test_policies_that_cannot_be_read_are_not_taken_for_open(
    issue: Issue, monkeypatch: pytest.MonkeyPatch, status: int, said: str, part: str
) -> None:
    real = create_app

    def partly(store: Store, *arguments: Any, **options: Any) -> Any:
        app = real(store, *arguments, **options)

        async def without(scope: Any, receive: Any, send: Any) -> None:
            if not scope["path"].endswith(f"identity/conditionalAccess/{part}"):
                await app(scope, receive, send)
                return
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b'{"error": {"code": "x", "message": "no"}}'})

        return without

    monkeypatch.setattr("tapctl.sandbox.create_app", partly)
    result = issue(MIA, "--dry-run")

    assert (result.code, said in result.out.replace("\n        ", " ")) == (1, True)
    assert issue(MIA, "--dry-run", "--despite-policies").code == 0


def test_a_row_with_two_mistakes_is_one_person_and_named(cli: Cli, issue: Issue) -> None:
    (cli.root / "r.csv").write_text(f"user,start,lifetime\n{MIA},2026-09-01T09:00,long\n")
    result = issue("--roster", "r.csv", "--dry-run")

    assert "May not have a pass (1)\n  mia.larsen@nordwind.example\n" in result.out
    assert "1 person may not have a pass" in result.out


def test_nobody_is_on_a_roster_twice(cli: Cli, issue: Issue) -> None:
    (cli.root / "r.csv").write_text(f"user\n{MIA}\n{YUSUF}\n{MIA.upper()}\n")
    document = issue.json("--roster", "r.csv", "--dry-run")

    assert [one["state"] for one in document["people"]] == ["ready", "ready", "refused"]
    assert document["people"][2]["findings"][0]["rule"] == "twice"


def test_many_people_are_looked_up_some_at_a_time(
    cli: Cli, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examine, "CHUNK", 2)
    bad = command(cli, "sys.exit(3)")
    issue("--group", "New hires", "--to-command", bad, "--yes")

    document = issue.json("--continue", "last", "--dry-run")
    assert [one["user"] for one in document["people"]] == [MIA, YUSUF, CHLOE]


def test_ctrl_c_lets_what_is_under_way_finish(cli: Cli, issue: Issue) -> None:
    once = f"if user == {MIA!r}: __import__('os').kill(int(sys.argv[2]), 2)\n{KEEP}"
    place = f"{command(cli, once)} {os.getpid()}"
    result = issue(MIA, YUSUF, "--to-command", place, "--yes")

    assert result.code == 130
    assert "Interrupted: what is under way is finished first" in result.err
    issue("--continue", "last", "--to-command", command(cli, KEEP))
    assert {path.name for path in cli.root.glob("*.code")} == {f"{MIA}.code", f"{YUSUF}.code"}


@pytest.mark.parametrize("command", [["issue", "--dry-run"], ["status"], ["list"]])
def test_requests_do_not_grow_with_people(cli: Cli, issue: Issue, command: list[str]) -> None:
    del issue  # the company that is asked about
    one, three = (
        cli("pass", *command, *names, "--format", "json").json["requests"]
        for names in ([MIA], [MIA, YUSUF, CHLOE])
    )

    assert one == three


def test_a_disk_that_fills_ends_a_run_with_its_report(
    cli: Cli, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ("--to-command", command(cli, KEEP))
    with monkeypatch.context() as patch:
        patch.setattr("tapctl.passes.issuing.issue.IN_FLIGHT", 1)
        fill(patch, lambda text: text.count('"delivered"') < 2)
        full = issue(MIA, YUSUF, CHLOE, *place, "--yes")
    (record,) = issue.records

    assert full.code == 1
    assert f'{record.name}" cannot be written: No space left on device' in full.out
    assert ("Handed over (2)" in full.out, "Not begun (1)" in full.out) == (True, True)
    assert "the record does not say that they have it: continuing the run looks for it there" in full.out
    assert "1 left: tapctl pass issue -e sandbox --continue" in full.out
    assert "3 handed over" in issue("--continue", "last", *place).out
    assert len(list(cli.root.glob("*.code"))) == 3


def test_a_run_whose_end_finds_no_room_is_not_called_done(
    cli: Cli, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ("--to-command", command(cli, KEEP))
    with monkeypatch.context() as patch:
        fill(patch, lambda text: '"doubtful"' not in text)
        full = issue(MIA, *place)

    assert (full.code, "1 handed over" in full.out) == (1, True)
    assert "the record does not say that nobody is left: tapctl pass issue -e sandbox --continue" in full.out
    assert issue("--continue", "last", *place).code == 0
    assert issue("--continue", "last", *place).code == 1


def test_a_plan_that_finds_no_room_creates_nothing(
    cli: Cli, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(monkeypatch, lambda text: "checked" not in text)
    full = issue.json(MIA, *PLACE)

    assert full["status"] == "refused"
    assert "nothing was created: the record" in full["refusal"]
    assert "No space left on device" in full["refusal"]


def test_a_run_that_cannot_be_noted_does_not_go_on(
    cli: Cli, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue(MIA, "--to-command", command(cli, "sys.exit(3)"))
    fill(monkeypatch, lambda text: "continued" not in text)
    full = issue("--continue", "last", "--to-command", command(cli, KEEP))

    assert full.code == 1
    assert "nothing was created: the record" in full.out
    assert "1 left: tapctl pass issue -e sandbox --continue" in full.out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize(("more", "lines"), [([], 2), (["--dry-run"], 1)])
def test_a_report_that_cannot_be_written_is_told_again(
    cli: Cli, issue: Issue, more: list[str], lines: int
) -> None:
    words = ["pass", "issue", MIA, "--to-command", command(cli, KEEP), *more]
    program = [sys.executable, "-c", "from tapctl.cli.main import main; main()", *words]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == lines
    assert ("and told again by: tapctl pass issue" in done.stderr) == (lines == 2)
    assert "the output cannot be written: No space left on device" in done.stderr


def dated(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """Answers come from a clock that is so far ahead."""

    def ahead(store: Store, **options: Any) -> Any:
        app = create_app(store, **options)

        async def dated(scope: Any, receive: Any, send: Any) -> None:
            async def with_date(message: Any) -> None:
                date = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
                if "headers" in message:
                    message = {**message, "headers": [*message["headers"], (b"date", date.encode())]}
                await send(message)

            await app(scope, receive, with_date)

        return dated

    monkeypatch.setattr("tapctl.sandbox.create_app", ahead)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (25, ["Graph's clock is 25 min ahead of this machine's, and dates the passes: set this one."]),
        (-25, ["Graph's clock is 25 min behind this machine's, and dates the passes: set this one."]),
        (1, []),
        (2880, ["The Date of the answers cannot be right, and is not used:"]),
    ],
)
def test_a_clock_that_is_wrong_is_told(
    cli: Cli, issue: Issue, monkeypatch: pytest.MonkeyPatch, minutes: int, said: list[str]
) -> None:
    dated(monkeypatch, minutes)
    result = issue(MIA, "--to-command", command(cli, KEEP))

    assert result.code == 0
    told = [line for line in result.err.splitlines() if "clock" in line or "Date" in line]
    assert [line[: len(start)] for line, start in zip(told, said, strict=True)] == said


def test_a_start_that_is_past_by_one_clock_alone_is_refused(
    cli: Cli, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    dated(monkeypatch, 25)
    start = f"{datetime.now(UTC) + timedelta(minutes=10):%Y-%m-%dT%H:%MZ}"
    result = issue(MIA, "--start", start, "--to-command", command(cli, KEEP))

    assert result.code == 1
    assert "is past by Graph's clock (" in " ".join(result.out.split())
