"""`pass list`, `status`, `revoke` and `sweep` as people and jobs run them."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cli_tools import TENANT, Cli, Result
from full_disk import fill
from jsonschema import Draft202012Validator

from tapctl.cli.progress import StderrProgress
from tapctl.passes import deleting, seen
from tapctl.sandbox import Store, create_app
from tapctl.schema import read

MIA, YUSUF, JONAS = (f"{name}@nordwind.example" for name in ("mia.larsen", "yusuf.demir", "jonas.weber"))
PASSES = "authentication/temporaryAccessPassMethods"


class Tenant:
    """The workspace's sandbox, as other clients and its people use it."""

    def __init__(self, cli: Cli) -> None:
        self.cli = cli
        cli("sandbox", "reset")
        self.store = Store(cli.root / "policies" / ".tapctl" / "sandbox.sqlite")

    def graph(self, method: str, path: str, body: Any = None) -> Any:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(create_app(self.store))
            headers = {"Authorization": "Bearer sandbox"}
            async with httpx.AsyncClient(transport=transport, base_url="https://s.test/v1.0/") as http:
                return await http.request(method, path, headers=headers, json=body)

        return asyncio.run(send()).json()

    def issue(self, name: str, **wishes: Any) -> str:
        return str(self.graph("POST", f"users/{name}/{PASSES}", wishes)["temporaryAccessPass"])

    def register(self, name: str, method: str = "fido2") -> str:
        """Issue, sign in and register; returns the passcode."""
        code = self.issue(name)
        assert self.cli("sandbox", "sign-in", name, "--register", method, piped=code).code == 0
        return code

    def methods(self, name: str) -> str:
        """The collection that the store keeps somebody's methods in."""
        return f"users/{self.graph('GET', f'users/{name}')['id']}/authentication/methods"

    def give(self, name: str, kind: str, **more: Any) -> None:
        item = {"@odata.type": f"#microsoft.graph.{kind}AuthenticationMethod", "id": kind, **more}
        self.store.put(self.methods(name), item)

    def passes(self, name: str) -> list[Any]:
        return list(self.graph("GET", f"users/{name}/{PASSES}")["value"])


@pytest.fixture
def tenant(cli: Cli) -> Iterator[Tenant]:
    found = Tenant(cli)
    yield found
    found.store.close()


def soon() -> str:
    """After whatever was made just now."""
    return f"{datetime.now(UTC) + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"


def checked(result: Result) -> Any:
    """The document, if it is what its schema says."""
    document = result.json
    schema = read(f"{document['command'].replace(' ', '-')}-output")
    Draft202012Validator(schema).validate(document)
    return document


def test_a_list_says_who_until_when_and_by_whom(cli: Cli, tenant: Tenant) -> None:
    code = tenant.issue(MIA, isUsableOnce=True)
    result = cli("pass", "list")

    assert result.code == 0
    assert result.out.startswith("Passes: sandbox (tenant 70000000-0000-4000-8000-000000000001)")
    assert f"Usable (1)\n  {MIA}\n      usable; one-time, 1 h" in result.out
    assert "issued by ingrid.solberg@nordwind.example" in result.out
    assert "1 pass, 1 usable (6 requests)" in result.out
    assert result.out.endswith("SANDBOX: nothing real was changed\n")
    assert code not in result.out + result.err


@pytest.mark.parametrize(
    "arguments", [[], [MIA], ["--group", "New hires"], ["--from-logs"], ["--roster", "r.csv"]]
)
def test_a_list_is_json_for_programs(cli: Cli, tenant: Tenant, arguments: list[str]) -> None:
    (cli.root / "r.csv").write_text(f"user\n{MIA}\n", encoding="utf-8")
    tenant.issue(MIA)

    document = checked(cli("pass", "list", *arguments, "--format", "json"))

    assert [one["user"]["userPrincipalName"] for one in document["passes"]] == [MIA]
    assert document["passes"][0]["issuedBy"]["name"] == "ingrid.solberg@nordwind.example"
    assert document["notice"] == "SANDBOX: nothing real was changed"


def test_a_list_in_markdown_stands_in_code(cli: Cli, tenant: Tenant) -> None:
    tenant.issue(MIA)
    result = cli("pass", "list", "--format", "markdown")

    assert "## Passes: `sandbox`" in result.out
    assert f"- `{MIA}`\n  - usable" in result.out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["list", "nobody"], 'nobody\'s names:\n  "nobody"'),
        (["list", "a", "--group", "b"], "one way"),
        (["list", "--group", "New hire"], 'did you mean "New hires"?'),
        (["list", "--roster", "r.csv"], "r.csv:2:"),
        (["status"], "say whom you mean"),
        (["revoke"], "say whom you mean"),
        (["list", "-e", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_asked_is_refused(cli: Cli, arguments: list[str], why: str) -> None:
    (cli.root / "r.csv").write_text("user,start\nx,tomorrow\n", encoding="utf-8")
    result = cli("pass", *arguments)

    assert result.code == 1
    assert why in result.err


def test_a_mistake_in_a_policy_does_not_keep_a_pass_from_being_taken_back(cli: Cli, tenant: Tenant) -> None:
    tenant.issue(MIA)
    cli.write("broken.yaml", "kind: ConditionalAccessPolicy\nname: [\n")

    assert cli("pass", "revoke", MIA, "--yes").code == 0
    assert tenant.passes(MIA) == []


def test_a_mistake_in_the_environment_stops_everything(cli: Cli) -> None:
    cli.write("environments/sandbox.yaml", "pinz: {}\n")
    result = cli("pass", "list")

    assert result.code == 1
    assert "the environment has mistakes" in result.err
    assert "environments/sandbox.yaml:1:1" in result.err


@pytest.mark.parametrize("command", ["list", "status", "revoke", "sweep"])
def test_with_a_real_environment_one_has_to_be_named(cli: Cli, command: str) -> None:
    cli.write("environments/production.yaml", f"tenantId: {TENANT}\n")

    assert "say which one you mean with -e" in cli("pass", command, MIA).err


def test_the_funnel_is_shown_with_who_needs_looking_after(cli: Cli, tenant: Tenant) -> None:
    tenant.register(MIA)
    tenant.issue(YUSUF, isUsableOnce=True)
    result = cli("pass", "status", "--group", "New hires")

    assert result.code == 0
    assert "Passes issued 2, signed in 1, method registered 1, pass deleted 0" in result.out
    assert "No pass yet (1)" in result.out
    assert 'registered a passkey "Passkey"' in result.out
    assert "the password is still the one from before the pass" in result.out
    assert "0 overdue, 1 with a permanent method still in a new-hire group" in result.out


def test_the_funnel_is_json_for_programs(cli: Cli, tenant: Tenant) -> None:
    tenant.register(MIA)
    assert cli("pass", "sweep", "--yes").code == 0
    document = checked(cli("pass", "status", "--group", "New hires", "--format", "json"))
    mia = document["people"][0]

    assert document["funnel"]["deleted"] == 1
    assert (mia["stage"], mia["registered"]["type"], mia["stillInGroup"]) == ("done", "fido2", True)
    assert mia["passDeleted"]["by"] == "ingrid.solberg@nordwind.example"
    assert mia["passwordChangedSincePass"] is False


def test_the_funnel_in_markdown(cli: Cli, tenant: Tenant) -> None:
    tenant.register(MIA)
    result = cli("pass", "status", MIA, YUSUF, "--format", "markdown")

    assert "### Method registered, pass still there (1\\)" in result.out
    assert f"- `{YUSUF}`" in result.out


def test_everything_that_can_be_known_of_people_is_said(cli: Cli, tenant: Tenant) -> None:
    """Unknown, older and undated methods, an overdue pass, one that is due: by a roster."""
    tenant.issue(YUSUF)
    tenant.give(MIA, "brainwave")
    tenant.give(YUSUF, "fido2", createdDateTime="2020-01-01T00:00:00Z")
    rows = f"user,start\n{MIA},\n{YUSUF},\n{JONAS},2020-01-01T00:00Z\n"
    (cli.root / "r.csv").write_text(rows, encoding="utf-8")
    result = cli("pass", "status", "--roster", "r.csv")

    assert "has a method of a type that tapctl does not know: brainwave" in result.out
    assert "permanent methods are older than the pass: a passkey 2020-01-01" in result.out
    assert "overdue: no pass was issued in time" in result.out
    assert "a pass is due 2020-01-01 00:00 UTC" in result.out


@pytest.mark.parametrize(
    "command", [["list"], ["status"], ["sweep", "--dry-run"], ["sweep", "--expired", "--dry-run"], ["revoke"]]
)
@pytest.mark.parametrize("by_id", [False, True])
def test_times_are_also_where_a_roster_says_that_its_people_are(
    cli: Cli, tenant: Tenant, command: list[str], by_id: bool
) -> None:
    tenant.issue(MIA)
    user = tenant.graph("GET", f"users/{MIA}")["id"] if by_id else MIA.upper()
    (cli.root / "r.csv").write_text(f"user,timeZone\n{user},Asia/Kolkata\n{YUSUF},\n", encoding="utf-8")
    result = cli("pass", *command, "--roster", "r.csv")

    assert "IST Asia/Kolkata)" in " ".join(result.out.split())


@pytest.mark.parametrize("command", ["list", "status", "sweep", "revoke"])
def test_a_roster_s_strangers_are_reported(cli: Cli, tenant: Tenant, command: str) -> None:
    """A revocation does nothing by halves; a sweep does what it can."""
    (cli.root / "r.csv").write_text(f"user\n{MIA}\nlater@nordwind.example\n", encoding="utf-8")
    tenant.register(MIA)
    result = cli("pass", command, "--roster", "r.csv", *(["--yes"] if command in ("sweep", "revoke") else []))

    assert result.code == 1
    assert "later@nordwind.example" in result.out + result.err
    assert len(tenant.passes(MIA)) == (0 if command == "sweep" else 1)


def test_a_revocation_shows_asks_and_deletes(cli: Cli, tenant: Tenant) -> None:
    tenant.issue(MIA)
    result = cli("pass", "revoke", MIA, YUSUF, "--reason", "laptop stolen", typed="sandbox\n")

    assert result.code == 0
    assert f"To be deleted (1)\n  {MIA}" in result.out
    assert "one person has no pass" in result.out
    assert "This deletes 1 pass in the pretend tenant" in result.err
    assert f"deleted: {MIA}" in result.out
    assert tenant.passes(MIA) == []


def test_the_record_keeps_the_reason_and_no_secret(cli: Cli, tenant: Tenant) -> None:
    code = tenant.issue(MIA)
    document = checked(cli("pass", "revoke", MIA, "--yes", "--reason", "laptop stolen", "--format", "json"))
    lines = [json.loads(line) for line in Path(document["record"]).read_text(encoding="utf-8").splitlines()]

    assert [line["event"] for line in lines] == ["began", "deleting", "outcome", "ended"]
    assert lines[0]["why"] == "laptop stolen"
    assert code not in str(lines)


@pytest.mark.parametrize("typed", ["no\n", None])
def test_without_the_word_nothing_is_deleted(cli: Cli, tenant: Tenant, typed: str | None) -> None:
    tenant.issue(MIA)
    result = cli("pass", "revoke", MIA, typed=typed)

    assert result.code == 1
    assert "Refused: " in result.err
    assert len(tenant.passes(MIA)) == 1


def test_a_refusal_in_json_is_one_document(cli: Cli, tenant: Tenant) -> None:
    tenant.issue(MIA)
    result = cli("pass", "revoke", MIA, "--format", "json")
    document = checked(result)

    assert (result.code, document["status"]) == (1, "refused")
    assert document["deletions"][0]["outcome"] is None
    assert "To be deleted (1)" in result.err


def test_nothing_to_revoke_is_no_failure(cli: Cli, tenant: Tenant) -> None:
    result = cli("pass", "revoke", MIA, "--format", "json")

    assert (result.code, checked(result)["status"]) == (0, "nothing-to-do")


def test_a_sweep_takes_what_has_served_and_is_safe_to_repeat(cli: Cli, tenant: Tenant) -> None:
    tenant.register(MIA)
    tenant.issue(YUSUF)
    first = cli("pass", "sweep", "--yes", "--format", "json")
    second = cli("pass", "sweep", "--yes", "--format", "json")

    document = checked(first)
    assert (first.code, document["status"], document["summary"]["deleted"]) == (0, "done", 1)
    assert document["deletions"][0]["method"]["type"] == "fido2"
    assert [one["reason"] for one in document["left"]] == ["no-method"]
    assert (second.code, checked(second)["status"]) == (0, "nothing-to-do")
    assert (tenant.passes(MIA), len(tenant.passes(YUSUF))) == ([], 1)


def test_a_dry_run_deletes_nothing(cli: Cli, tenant: Tenant) -> None:
    tenant.register(MIA)
    shown = cli("pass", "sweep", "--dry-run")
    counted = cli("pass", "sweep", "--dry-run", "--detailed-exitcode", "--format", "json")

    assert (shown.code, counted.code, checked(counted)["status"]) == (0, 2, "shown")
    assert "registered a passkey after the pass was made" in shown.out
    assert len(tenant.passes(MIA)) == 1
    assert not (cli.root / "policies" / ".tapctl" / "passes").exists()


def test_used_and_expired_ones_go_when_asked_for(cli: Cli, tenant: Tenant) -> None:
    code = tenant.issue(MIA, isUsableOnce=True)
    assert cli("sandbox", "sign-in", MIA, piped=code).code == 0
    held = tenant.passes(MIA)[0]
    person = tenant.graph("GET", f"users/{MIA}")["id"]
    long_ago = {"startDateTime": "2020-01-01T00:00:00Z", "createdDateTime": "2020-01-01T00:00:00Z"}

    assert (
        checked(cli("pass", "sweep", "--used", "--yes", "--format", "json"))["left"][0]["reason"]
        == "undated-use"
    )
    tenant.store.put(f"users/{person}/authentication/methods", {**held, **long_ago})
    tenant.store.put("auditLogs/signIns", {"id": "none"})
    document = checked(cli("pass", "sweep", "--expired", "--dry-run", "--format", "json"))
    assert [one["reason"] for one in document["deletions"]] == ["expired"]


def test_a_used_pass_goes_a_quarter_of_an_hour_after_it_was_seen(cli: Cli, tenant: Tenant) -> None:
    code = tenant.issue(MIA, isUsableOnce=True)
    assert cli("sandbox", "sign-in", MIA, piped=code).code == 0
    sweep = ("pass", "sweep", "--used", "--yes", "--format", "json")
    first = checked(cli(*sweep))
    seen = cli.root / "policies" / ".tapctl" / "passes" / "used.jsonl"
    line = json.loads(seen.read_text())
    earlier = datetime.fromisoformat(line["at"]) - timedelta(minutes=15)
    seen.write_text(json.dumps({**line, "at": earlier.isoformat()}) + "\n")
    second = checked(cli(*sweep))

    assert (first["left"][0]["reason"], first["status"]) == ("undated-use", "nothing-to-do")
    assert not first["left"][0]["worthALook"]
    assert datetime.fromisoformat(first["left"][0]["goesFrom"]) > datetime.now(UTC)
    assert (second["deletions"][0]["reason"], second["summary"]["deleted"]) == ("used", 1)
    assert tenant.passes(MIA) == []
    assert code not in seen.read_text()


def test_whose_pass_was_seen_used_long_enough_ago_without_a_method_is_overdue(
    cli: Cli, tenant: Tenant
) -> None:
    code = tenant.issue(MIA, isUsableOnce=True)
    assert cli("sandbox", "sign-in", MIA, piped=code).code == 0
    status = ("pass", "status", MIA, "--format", "json")
    cli("pass", "sweep", "--used", "--yes")
    (first,) = checked(cli(*status))["people"]
    noted = cli.root / "policies" / ".tapctl" / "passes" / "used.jsonl"
    line = json.loads(noted.read_text())
    earlier = datetime.fromisoformat(line["at"]) - timedelta(minutes=15)
    noted.write_text(json.dumps({**line, "at": earlier.isoformat()}) + "\n")
    (second,) = checked(cli(*status))["people"]

    assert (first["overdue"], first["signedIn"], first["seenUsedDateTime"] is None) == (None, True, False)
    assert second["overdue"] == "the pass is used up, and no permanent method was registered"
    assert second["seenUsedDateTime"] == f"{earlier:%Y-%m-%dT%H:%M:%SZ}"


def test_a_used_pass_is_left_only_for_now_and_says_until_when(cli: Cli, tenant: Tenant) -> None:
    code = tenant.issue(MIA, isUsableOnce=True)
    assert cli("sandbox", "sign-in", MIA, piped=code).code == 0
    result = cli("pass", "sweep", "--used", "--yes", "--detailed-exitcode")

    assert result.code == 0
    assert "Left for now (1)" in result.out
    assert "on, by a sweep with --used from this folder, or by this one with --wait" in result.out
    assert "0 passes to be deleted, 1 left, 1 only for now" in result.out


def test_a_sweep_in_markdown_tells_what_went_and_why(cli: Cli, tenant: Tenant) -> None:
    tenant.register(MIA)
    result = cli("pass", "sweep", "--yes", "--format", "markdown")

    assert "### To be deleted (1\\)" in result.out
    assert f"- `deleted: {MIA}`" in result.out


def test_an_unknown_method_is_left_and_reported(cli: Cli, tenant: Tenant) -> None:
    tenant.register(MIA)
    tenant.give(MIA, "brainwave")
    result = cli("pass", "sweep", "--yes")

    assert result.code == 0
    assert "Left, and worth a look (1)" in result.out
    assert "a type that tapctl does not know: brainwave" in result.out
    assert "0 passes to be deleted, 1 left, 1 worth a look" in result.out
    assert len(tenant.passes(MIA)) == 1


def test_a_job_can_tell_that_somebody_has_to_decide(cli: Cli, tenant: Tenant) -> None:
    sweep = ("pass", "sweep", "--yes", "--detailed-exitcode", "--format", "json")
    tenant.issue(JONAS)
    assert cli(*sweep).code == 0
    tenant.register(MIA)
    tenant.register(YUSUF)
    tenant.give(MIA, "brainwave")
    first, second = cli(*sweep), cli(*sweep)

    assert (first.code, checked(first)["status"], checked(first)["summary"]["deleted"]) == (2, "done", 1)
    assert (second.code, checked(second)["status"]) == (2, "nothing-to-do")
    assert checked(second)["summary"]["worthALook"] == 1


def test_a_failure_is_an_exit_code(cli: Cli, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant.register(MIA)
    monkeypatch.setattr(
        deleting, "pass_path", lambda user, held: f"users/{user}/authentication/nonsense/{held}"
    )
    result = cli("pass", "sweep", "--yes", "--format", "json")

    document = checked(result)
    assert (result.code, document["status"]) == (1, "incomplete")
    assert document["deletions"][0]["outcome"] == "failed"


def test_an_interruption_says_what_was_done(
    cli: Cli, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant.issue(MIA)
    tenant.issue(YUSUF)

    async def interrupted(gateway: Any, one: deleting.Deletion) -> deleting.Outcome:
        if one.person.name == YUSUF:
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(10)
        return await original(gateway, one)

    original = deleting._delete
    monkeypatch.setattr(deleting, "AT_ONCE", 1)
    monkeypatch.setattr(deleting, "_delete", interrupted)
    result = cli("pass", "revoke", MIA, YUSUF, "--yes")

    assert result.code == 130
    assert "1 pass not accounted for: run it again" in result.out
    assert len(tenant.passes(YUSUF)) == 1


def test_where_no_record_can_be_kept_nothing_is_deleted(cli: Cli, tenant: Tenant) -> None:
    tenant.issue(MIA)
    (cli.root / "policies" / ".tapctl" / "passes").write_text("", encoding="utf-8")
    result = cli("pass", "revoke", MIA, "--yes")

    assert result.code == 1
    assert "a record cannot be kept" in result.err
    assert len(tenant.passes(MIA)) == 1


def test_names_from_a_tenant_do_nothing(cli: Cli, tenant: Tenant) -> None:
    made = tenant.register(MIA, "windowsHelloForBusiness")
    tenant.give(MIA, "fido2", displayName="\x1b[31m<b>@octocat|", createdDateTime=soon())

    text, markdown = (cli("pass", "status", MIA, "--format", how).out for how in ("text", "markdown"))

    assert "\x1b" not in text + markdown
    assert "<b>" not in markdown
    assert made not in text + markdown


@pytest.mark.parametrize("line", ["began", "deleting", "outcome", "ended"])
def test_a_disk_that_fills_ends_a_sweep_with_its_report(
    cli: Cli, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    tenant.register(MIA)
    fill(monkeypatch, lambda text: f'"{line}"' not in text)
    result = cli("pass", "sweep", "--yes", "--format", "json")

    document = checked(result)
    assert (result.code, document["status"]) == ((0, "done") if line == "ended" else (1, "incomplete"))
    assert ("cannot be written: No space left" in (document["stopped"] or "")) == (line != "ended")
    assert document["summary"]["deleted"] == (line in ("outcome", "ended"))
    assert len(tenant.passes(MIA)) == 1 - document["summary"]["deleted"]


def test_a_sweep_that_stopped_says_why(cli: Cli, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant.register(MIA)
    fill(monkeypatch, lambda text: '"deleting"' not in text)
    result = cli("pass", "sweep", "--yes")

    assert "stopped: the record" in result.out
    assert "1 pass not accounted for: run it again" in result.out


def test_a_sweep_waits_for_passes_that_it_sees_used(
    cli: Cli, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tenant.issue(MIA, isUsableOnce=True)
    assert cli("sandbox", "sign-in", MIA, piped=code).code == 0
    monkeypatch.setattr(seen, "REGISTERING", timedelta(seconds=1))
    result = cli("pass", "sweep", "--used", "--wait", "--yes", "--format", "json")

    document = checked(result)
    assert (result.code, document["deletions"][0]["reason"]) == (0, "used")
    assert "1 may be registering with a pass that is used by now" in result.err
    assert tenant.passes(MIA) == []


@pytest.mark.parametrize("how", ["text", "json"])
@pytest.mark.parametrize("typed", ["no\n", None])
def test_a_sweep_that_may_delete_nothing_does_not_wait(
    cli: Cli, tenant: Tenant, typed: str | None, how: str
) -> None:
    assert cli("sandbox", "sign-in", MIA, piped=tenant.issue(MIA, isUsableOnce=True)).code == 0
    result = cli("pass", "sweep", "--used", "--wait", "--format", how, typed=typed)

    assert result.code == 1
    assert "may be registering with a pass" not in result.err
    assert ("waits, and deletes up to 1 pass" in result.err) == (typed is not None)
    assert how == "text" or checked(result)["status"] == "refused"
    assert len(tenant.passes(MIA)) == 1


def test_a_sweep_asks_once_before_it_waits(cli: Cli, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli("sandbox", "sign-in", MIA, piped=tenant.issue(MIA, isUsableOnce=True)).code == 0
    monkeypatch.setattr(seen, "REGISTERING", timedelta(seconds=1))
    result = cli("pass", "sweep", "--used", "--wait", typed="sandbox\n")

    assert (result.code, result.err.count("type the environment's name")) == (0, 1)
    assert tenant.passes(MIA) == []


def test_a_sweep_asks_again_for_what_came_up_while_it_waited(
    cli: Cli, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant.issue(YUSUF)
    assert cli("sandbox", "sign-in", MIA, piped=tenant.issue(MIA, isUsableOnce=True)).code == 0
    monkeypatch.setattr(seen, "REGISTERING", timedelta(seconds=1))
    monkeypatch.setattr(
        StderrProgress, "registering", lambda *told: tenant.give(YUSUF, "fido2", createdDateTime=soon())
    )
    result = cli("pass", "sweep", "--used", "--wait", typed="sandbox\nno\n")

    assert (result.code, result.err.count("type the environment's name")) == (1, 2)
    assert (len(tenant.passes(MIA)), len(tenant.passes(YUSUF))) == (1, 1)


def test_a_sweep_that_is_shown_only_waits_for_nothing_and_notes_nothing(cli: Cli, tenant: Tenant) -> None:
    assert cli("sandbox", "sign-in", MIA, piped=tenant.issue(MIA, isUsableOnce=True)).code == 0
    result = cli("pass", "sweep", "--used", "--wait", "--dry-run", "--detailed-exitcode")

    assert (result.code, result.err) == (0, "")
    assert not [*cli.root.rglob("used.jsonl")]


def test_a_sweep_waits_for_nothing_else(cli: Cli, tenant: Tenant) -> None:
    tenant.issue(MIA)
    result = cli("pass", "sweep", "--used", "--wait", "--yes")

    assert (result.code, result.err) == (0, "")
    assert "say --used" in cli("pass", "sweep", "--wait").err
