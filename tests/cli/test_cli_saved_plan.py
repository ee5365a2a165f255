from __future__ import annotations

import json
import os
import stat
from typing import Any

import pytest
from cli_tools import DOCUMENTS, ENFORCED, TENANT, Cli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tapctl import schema
from tapctl.errors import Refused
from tapctl.plan.saved import read_saved_plan


def saved(cli: Cli, name: str = "plan.json") -> Any:
    assert cli("plan", "--out", name).code == 0
    return json.loads((cli.root / name).read_text(encoding="utf-8"))


def test_a_saved_plan_runs(cli: Cli) -> None:
    saved(cli)
    result = cli("apply", "plan.json", "--yes")

    assert result.code == 0
    assert "3 applied, 0 failed, 0 skipped" in result.out


def test_the_file_keeps_its_promise(cli: Cli) -> None:
    document = saved(cli)

    Draft202012Validator(schema.read("saved-plan")).validate(document)
    assert stat.S_IMODE((cli.root / "plan.json").stat().st_mode) == 0o600
    assert document["checksum"] == cli("plan", "--format", "json").json["checksum"]
    assert [*cli.root.glob(".plan.json-*")] == []


def test_nothing_to_do_is_a_plan_too(cli: Cli) -> None:
    cli("apply", "--yes")

    assert saved(cli)["changes"] == []
    assert cli("apply", "plan.json").code == 0


def test_a_plan_with_errors_is_not_saved(cli: Cli) -> None:
    cli.write("all.yaml", DOCUMENTS.replace("[Break glass]", "[Brake glass]"))

    assert cli("plan", "--out", "plan.json").code == 1
    assert not (cli.root / "plan.json").exists()


def test_a_plan_replaces_a_plan(cli: Cli) -> None:
    (cli.root / "plan.json").write_bytes(b"")
    first = saved(cli)
    cli.write("all.yaml", DOCUMENTS.replace("People who try", "Those who try"))

    assert saved(cli)["checksum"] != first["checksum"]


@pytest.mark.parametrize(
    "content", ["defaultEnvironment: sandbox\n", '{"changes": []}', "[" * 100_000, "\udcff"]
)
def test_a_plan_replaces_nothing_else(cli: Cli, content: str) -> None:
    file = cli.root / "notes.yaml"
    file.write_text(content, "utf-8", "surrogateescape")
    result = cli("plan", "--out", "notes.yaml")

    assert (result.code, result.out) == (1, "")
    assert '"notes.yaml" is there and is no saved plan, so it stays' in result.err
    assert file.read_text("utf-8", "surrogateescape") == content


def test_what_is_no_file_is_not_replaced(cli: Cli) -> None:
    os.mkfifo(cli.root / "pipe")

    assert '"pipe" is there and is no saved plan' in cli("plan", "--out", "pipe").err


def test_a_place_that_cannot_be_looked_at_is_said(cli: Cli) -> None:
    result = cli("plan", "--out", f"{'x' * 300}.json")

    assert "File name too long" in result.err


def test_a_plan_for_the_sandbox_is_none_for_a_real_tenant(cli: Cli) -> None:
    document = {**saved(cli), "sandbox": False}
    (cli.root / "plan.json").write_text(json.dumps(document), "utf-8")

    assert '"plan.json" was altered' in cli("apply", "plan.json", "--yes").err


def test_a_place_that_cannot_be_written_is_said(cli: Cli) -> None:
    result = cli("plan", "--out", "nowhere/plan.json")

    assert result.code == 1
    assert '"nowhere/plan.json" cannot be written: No such file' in result.err


def test_another_folder_is_refused_with_the_difference(cli: Cli) -> None:
    saved(cli)
    other = DOCUMENTS.replace("maximumLifetimeInMinutes: 8h", "maximumLifetimeInMinutes: 9h")
    cli.write("all.yaml", other.replace("name: Pilots", "name: Testers").replace("[Pilots]", "[Testers]"))
    result = cli("apply", "plan.json", "--yes")

    assert result.code == 1
    assert "this is not the plan that was reviewed" in result.err
    assert (
        "TemporaryAccessPassPolicy: maximumLifetimeInMinutes: 540 is planned now, 480 when reviewed"
        in result.err
    )
    assert "Group/Pilots: create was reviewed, and there is nothing to do now" in result.err
    assert "Group/Testers: create was not reviewed" in result.err


def test_another_tenant_state_is_refused_with_the_difference(cli: Cli) -> None:
    saved(cli)
    cli.write("all.yaml", DOCUMENTS.split("---")[0].replace("8h", "10h"))
    cli("apply", "--yes")
    cli.write("all.yaml", DOCUMENTS)
    result = cli("apply", "plan.json", "--yes")

    assert "maximumLifetimeInMinutes: 600 is in the tenant now, 1440 when reviewed" in result.err


def test_a_brake_that_nobody_reviewed_is_refused_whatever_the_words(cli: Cli) -> None:
    saved(cli)
    glass = "breakGlass: {accounts: [mia.larsen@nordwind.example]}\n"
    cli.write("tapctl.yaml", glass)
    pin = cli("sandbox", "dump").json["users"]
    found = next(user["id"] for user in pin if user["userPrincipalName"].startswith("mia.larsen@"))
    cli.write("environments/sandbox.yaml", f"pins: {{User/mia.larsen@nordwind.example: {found}}}\n")
    result = cli("apply", "plan.json", "--yes", "--allow-break-glass-exposed")

    assert result.code == 1
    assert "brake break-glass-exposed was not reviewed: ConditionalAccessPolicy/" in result.err


def test_a_brake_that_is_gone_changes_the_plan_too(cli: Cli) -> None:
    cli.write("all.yaml", ENFORCED)
    saved(cli)
    cli.write("all.yaml", DOCUMENTS)

    assert "brake creates-enabled was reviewed and is gone" in cli("apply", "plan.json", "--yes").err


def test_a_saved_plan_still_needs_its_words(cli: Cli) -> None:
    cli.write("all.yaml", ENFORCED)
    saved(cli)

    assert "--allow-creates-enabled" in cli("apply", "plan.json", "--yes").err
    assert cli("apply", "plan.json", "--yes", "--allow-creates-enabled").code == 0


def test_plan_and_checksum_may_be_given_together(cli: Cli) -> None:
    checksum = saved(cli)["checksum"]

    assert cli("apply", "plan.json", "--checksum", "0" * 64, "--yes").code == 1
    assert cli("apply", "plan.json", "--checksum", checksum, "--yes").code == 0


def test_a_plan_for_another_environment_is_refused(cli: Cli) -> None:
    saved(cli)
    cli.write("environments/production.yaml", f"tenantId: {TENANT}\n")
    result = cli("apply", "plan.json", "--yes", "-e", "production")

    assert "saved for environment 'sandbox', not 'production'" in result.err


def test_a_plan_for_another_tenant_is_refused(cli: Cli) -> None:
    saved(cli)
    tenant = cli("sandbox", "dump").json
    tenant["organization"][0]["id"] = TENANT
    (cli.root / "tenant.json").write_text(json.dumps(tenant), encoding="utf-8")
    cli("sandbox", "load", "tenant.json")

    assert "saved for tenant 7000" in (told := cli("apply", "plan.json", "--yes").err)
    assert TENANT in told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 2}, "format is 2, and this version reads 1"),
        ({"tapctl": "0.0.0"}, 'saved by tapctl "0.0.0": plan again with this version'),
        ({"tenant": TENANT}, "was altered"),
        ({"changes": []}, "was altered"),
        ({"brakes": [{"rule": "enforces", "address": None}]}, "was altered"),
        ({"checksum": "0" * 64}, "was altered"),
        ({"checksum": "x"}, 'checksum is "x", which does not meet pattern'),
        ({"sandbox": "no"}, 'sandbox is "no", which is not of type "boolean"'),
        ({"requests": []}, "'requests' was unexpected"),
    ],
)
def test_an_altered_plan_is_refused(cli: Cli, change: dict[str, Any], said: str) -> None:
    document = saved(cli) | change
    (cli.root / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    result = cli("apply", "plan.json", "--yes")

    assert result.code == 1
    assert said in result.err


def test_all_mistakes_are_told_at_once(cli: Cli) -> None:
    document = saved(cli)
    document["changes"] += [{**document["changes"][0], "action": "no-op"}]
    del document["environment"]
    (cli.root / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    told = cli("apply", "plan.json", "--yes").err

    assert "'environment' is a required property" in told
    assert 'changes[3].action is "no-op", which does not meet enum' in told
    assert "changes[3] is about ConditionalAccessPolicy/NH-20 Passwordless, as another is" in told


def test_a_flood_of_mistakes_is_counted() -> None:
    document = {"format": 1, "changes": [{}] * 30}

    with pytest.raises(Refused, match=r"and \d+ more"):
        read_saved_plan(json.dumps(document).encode(), "plan.json")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[]", "holds no JSON object"),
        (b'{"a": 1, "a": 2}', "'a' stands twice"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "no JSON"),
        (b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", "nested more than"),
        (b"[" * 200_000, "no JSON"),
        (b" " * (64 * 1024 * 1024 + 1), "too large"),
    ],
)
def test_what_is_no_plan_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        read_saved_plan(content, "plan.json")


def test_a_file_that_is_not_there_is_said(cli: Cli) -> None:
    assert 'the plan "plan.json" cannot be read: No such file' in cli("apply", "plan.json", "--yes").err


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner)
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_altered_plan_reads_as_one_that_was_saved(cli: Cli, data: st.DataObject) -> None:
    file = cli.root / "saved.json"
    if not file.exists():
        saved(cli, "saved.json")
    document = json.loads(file.read_text(encoding="utf-8"))
    place = document
    while isinstance(place, dict | list) and place:
        key = data.draw(st.sampled_from([*place] if isinstance(place, dict) else [*range(len(place))]))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            before, place[key] = place[key], data.draw(JSON)
            break
        place = place[key]

    same = json.dumps(before, sort_keys=True) == json.dumps(place[key], sort_keys=True)
    if not same and key != "sandbox":
        with pytest.raises(Refused):
            read_saved_plan(json.dumps(document).encode(), "plan.json")


def test_a_name_that_another_group_took_since_is_refused(cli: Cli) -> None:
    checksum = saved(cli)["checksum"]
    tenant = cli("sandbox", "dump").json
    staff = next(group for group in tenant["groups"] if group["displayName"] == "Break glass")
    other = {**staff, "id": "7" * 8 + "-0000-0000-0000-000000000000", "members": [], "mailNickname": "other"}
    staff["displayName"] = "Break glass of old"
    tenant["groups"].append(other)
    (cli.root / "tenant.json").write_text(json.dumps(tenant), encoding="utf-8")
    assert cli("sandbox", "load", "tenant.json").code == 0
    refused = cli("apply", "plan.json", "--yes")

    assert cli("apply", "--checksum", checksum, "--yes").code == 1
    assert (refused.code, cli("plan", "--format", "json").json["checksum"] == checksum) == (1, False)
    said = f'the name "Group/Break glass" means another object now: {other["id"]}, and {staff["id"]} when'
    assert said in refused.err


def test_a_plan_made_twice_is_the_same(cli: Cli) -> None:
    first = saved(cli)

    assert [*first["changes"][0]["named"]] == ["Group/Break glass"]  # Pilots is yet to be made
    assert saved(cli) == first
