from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_tools import TENANT, Cli
from jsonschema import Draft202012Validator

from tapctl import schema

POLICIES = "identity/conditionalAccess/policies"
AUDITS = "auditLogs/directoryAudits"
BAD = "x \x1b[31m\u202e@everyone | <b>`] ##1"


@pytest.fixture
def drifted(cli: Cli) -> Cli:
    """What the documents say was applied, and then somebody was there."""
    assert cli("apply", "--yes").code == 0
    tenant = json.loads(cli("sandbox", "dump").out)
    policy = next(item for item in tenant[POLICIES] if item["displayName"] == "NH-20 Passwordless")
    before = dict(policy)
    policy |= {"state": "disabled", "modifiedDateTime": "2026-11-20T10:00:00Z"}
    tenant[POLICIES].append({**policy, "id": "99999999-0000-4000-8000-000000000001", "displayName": BAD})
    tenant[AUDITS] = [_record(before, policy)]
    (cli.root / "tenant.json").write_text(json.dumps(tenant), encoding="utf-8")
    assert cli("sandbox", "load", "tenant.json").code == 0
    return cli


def _record(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    values = {"oldValue": json.dumps(before), "newValue": json.dumps(after)}
    modified = [{"displayName": "ConditionalAccessPolicy", **values}]
    return {
        "id": "r1",
        "activityDisplayName": "Update conditional access policy",
        "activityDateTime": "2026-11-20T10:00:02Z",
        "category": "Policy",
        "loggedByService": "Conditional Access",
        "result": "success",
        "initiatedBy": {"user": None, "app": {"displayName": BAD, "appId": "a"}},
        "targetResources": [{"id": after["id"], "displayName": BAD, "modifiedProperties": modified}],
    }


def test_no_drift(cli: Cli) -> None:
    assert cli("apply", "--yes").code == 0
    result = cli("drift")

    assert result.code == 0
    assert "The tenant is what the files say" in result.out
    assert "What is new is unknown" not in result.out


def test_a_new_policy_that_blocks_leaves_no_green_run(cli: Cli) -> None:
    assert cli("apply", "--yes").code == 0
    tenant = json.loads(cli("sandbox", "dump").out)
    policy = {**tenant[POLICIES][0], "id": "99999999-0000-4000-8000-000000000001", "displayName": BAD}
    policy |= {"state": "enabled", "createdDateTime": "2026-11-20T10:00:00Z", "modifiedDateTime": None}
    tenant[POLICIES].append({**policy, "grantControls": {"operator": "OR", "builtInControls": ["block"]}})
    (cli.root / "tenant.json").write_text(json.dumps(tenant), encoding="utf-8")
    assert cli("sandbox", "load", "tenant.json").code == 0
    result = cli("drift", "--format", "json", "--since", "2026-11-01")

    Draft202012Validator(schema.read("drift-output")).validate(result.json)
    assert (result.code, result.json["clean"], result.json["drifted"]) == (2, False, [])
    assert "drift-undeclared-blocks" in [item["rule"] for item in result.json["findings"]]
    assert result.json["undeclared"][0]["state"] == "enabled"


def test_json_keeps_its_promise(drifted: Cli) -> None:
    result = drifted("drift", "--format", "json", "--since", "2026-11-01")
    found = result.json

    Draft202012Validator(schema.read("drift-output")).validate(found)
    assert (result.code, found["clean"]) == (2, False)
    (cause,) = found["drifted"][0]["fields"][0]["attribution"]["causes"]
    assert (cause["who"], cause["whoKind"], cause["ipAddress"]) == (BAD, "application", None)
    assert found["drifted"][0]["newer"] is True


@pytest.mark.parametrize("chosen", ["text", "markdown", "json"])
def test_names_from_a_record_or_the_tenant_do_nothing(drifted: Cli, chosen: str) -> None:
    result = drifted("drift", "--format", chosen)

    assert not {"\x1b", "\u202e"} & set(result.out)
    assert chosen != "markdown" or ("<b>" not in result.out and " @everyone" not in result.out)
    assert chosen == "json" or "SANDBOX: nothing real was changed" in result.out


def test_text_says_who_and_what(drifted: Cli) -> None:
    shown = drifted("drift", "--since", "2026-11-01").out

    assert "state: enabledForReportingButNotEnforced -> disabled (new)" in shown
    assert "by application x \\x1b[31m" in shown
    assert "address unknown, 2026-11-20 10:00 UTC (Update conditional access policy)" in shown
    assert "Not declared here, left alone" in shown
    assert "1 object is not what the files say: 1 changed" in shown


def test_markdown_is_the_same_every_time(drifted: Cli) -> None:
    first, second = (drifted("drift", "--format", "markdown").out for _ in range(2))

    assert first == second
    assert first.startswith("## Drift in `sandbox`: 1 object is not what the files say")


def test_code_scanning_gets_the_line_that_says_otherwise(drifted: Cli) -> None:
    found = json.loads(drifted("drift", "--format", "sarif").out)

    (run,) = found["runs"]
    places = {
        place["physicalLocation"]["artifactLocation"]["uri"]
        for result in run["results"]
        for place in result["locations"]
    }
    assert "policies/all.yaml" in places


def test_the_page_is_one_that_a_name_cannot_break(drifted: Cli) -> None:
    page = drifted("drift", "--format", "html").out

    assert page.startswith("<!doctype html>")
    assert not {"\x1b", "\u202e"} & set(page)
    assert "<b>`]" not in page


def test_adopting_writes_the_tenant_s_version_and_keeps_comments(drifted: Cli) -> None:
    file = Path("policies/all.yaml")
    file.write_text(
        file.read_text("utf-8").replace("state: enabledFor", "# why\n  state: enabledFor"), "utf-8"
    )
    result = drifted("drift", "--adopt", "--format", "json")

    assert (result.code, result.json["adopted"]) == (2, [str(file)])
    assert "# why\n  state: disabled" in file.read_text("utf-8")
    assert drifted("drift").code == 0


def test_a_file_that_is_not_utf_8_is_left_to_a_person(drifted: Cli) -> None:
    file = Path("policies/all.yaml")
    before = file.read_text("utf-8").encode("utf-16")
    file.write_bytes(before)

    result = drifted("drift", "--adopt", "--format", "json")

    [said] = [found["message"] for found in result.json["findings"] if found["rule"] == "edit-by-hand"]
    assert said.endswith(f'"{file}" is not UTF-8, which is what tapctl writes; save it as UTF-8')
    assert file.read_bytes() == before


def test_what_is_written_with_a_variable_stays_where_something_else_is_adopted(cli: Cli) -> None:
    cli.write("environments/sandbox.yaml", "variables: {methods: [fido2], said: Keys}\n")
    file = cli.root / "policies/strong.yaml"
    text = "kind: AuthenticationStrength\nname: Strong\nspec:\n  description: x\n"
    methods = "  allowedCombinations: [windowsHelloForBusiness, '${methods}']\n"
    cli.write("strong.yaml", text + methods)
    assert cli("apply", "--yes").code == 0
    cli.write("strong.yaml", text.replace("x\n", "y\n") + methods)

    assert cli("drift", "--adopt").code == 2
    assert file.read_text("utf-8") == text + methods


def test_several_documents_of_a_file_are_adopted(cli: Cli) -> None:
    """The first one gains lines, so the second is no longer where it was."""
    assert cli("apply", "--yes").code == 0
    file = Path("policies/all.yaml")
    before = file.read_text("utf-8")
    short = before.replace(
        "description: |-\n    People who try it first.\n    Ask the service desk.", "description: x"
    )
    file.write_text(short.replace("state: enabledForReportingButNotEnforced", "state: disabled"), "utf-8")

    assert cli("drift", "--adopt").code == 2
    assert cli("drift").code == 0
    assert file.read_text("utf-8").count("\n") > short.count("\n")


@pytest.mark.parametrize(
    ("ours", "adopted"),
    [
        ("[windowsHelloForBusiness, fido2]", "[windowsHelloForBusiness, fido2, x509CertificateMultiFactor]"),
        ("\n  - fido2  # keys\n  - deviceBasedPush", "\n  - fido2  # keys\n  - windowsHelloForBusiness\n"),
    ],
)
def test_entries_that_stay_are_adopted_where_they_are(cli: Cli, ours: str, adopted: str) -> None:
    """Graph has its own order of what has none."""
    head = "kind: AuthenticationStrength\nname: Strong\nspec:\n  allowedCombinations: "
    cli.write("strong.yaml", f"{head}[windowsHelloForBusiness, x509CertificateMultiFactor, fido2]\n")
    assert cli("apply", "--yes").code == 0
    cli.write("strong.yaml", f"{head}{ours}\n")

    assert cli("drift", "--adopt").code == 2
    assert adopted in (cli.root / "policies/strong.yaml").read_text("utf-8")
    assert cli("drift").code == 0


def test_entries_that_stay_are_adopted_as_they_are_written(cli: Cli) -> None:
    file = cli.root / "policies/all.yaml"
    text = file.read_text("utf-8")
    target = "includeTargets: [{id: New hires, targetType: group}]"
    file.write_text(text.replace(target, "includeTargets: [Pilots, New hires]"), "utf-8")
    assert cli("apply", "--yes").code == 0
    file.write_text(text.replace(target, "includeTargets:\n    - New hires  # all of them"), "utf-8")

    assert cli("drift", "--adopt").code == 2
    assert "includeTargets:\n    - New hires  # all of them\n    - Pilots\n" in file.read_text("utf-8")


OVERRIDE = "overrides:\n- kind: ConditionalAccessPolicy\n  name: NH-20 Passwordless\n  spec: {}\n"


def with_override(cli: Cli, spec: str, **changes: Any) -> Path:
    """An environment that decides a part of the policy, and a tenant in which the policy was changed."""
    cli.write("environments/sandbox.yaml", OVERRIDE.replace("{}", spec))
    assert cli("apply", "--yes").code == 0
    content = cli("sandbox", "dump").json
    policy = next(item for item in content[POLICIES] if item["displayName"] == "NH-20 Passwordless")
    policy |= changes
    Path("tenant.json").write_text(json.dumps(content), "utf-8")
    assert cli("sandbox", "load", "tenant.json").code == 0
    return cli.root / "policies/all.yaml"


GRANT = {"operator": "OR", "builtInControls": ["compliantDevice"]}


def test_what_an_override_does_not_touch_is_adopted(cli: Cli) -> None:
    file = with_override(cli, "{state: disabled}", grantControls=GRANT)
    before = file.read_text("utf-8")
    result = cli("drift", "--adopt", "--format", "json")

    assert "edit-by-hand" not in [item["rule"] for item in result.json["findings"]]
    assert file.read_text("utf-8") == before.replace("[mfa]", "[compliantDevice]")
    assert cli("drift").code == 0


def test_what_an_override_decides_is_left_to_a_person(cli: Cli) -> None:
    state = "enabledForReportingButNotEnforced"
    file = with_override(cli, "{state: disabled}", grantControls=GRANT, state=state)
    before = file.read_text("utf-8")
    result = cli("drift", "--adopt", "--format", "json")

    (finding,) = [item for item in result.json["findings"] if item["rule"] == "edit-by-hand"]
    assert finding["message"].endswith("is not updated in state: the environment decides that")
    assert finding["place"]["file"] == "policies/environments/sandbox.yaml"
    assert file.read_text("utf-8") == before.replace("[mfa]", "[compliantDevice]")


@pytest.mark.parametrize(
    ("spec", "adopted"),
    [
        ("{grantControls: {builtInControls: [mfa, compliantDevice]}}", False),
        (
            "{grantControls: null, sessionControls: {persistentBrowser: {isEnabled: true, mode: never}}}",
            False,
        ),
        ("{conditions: {clientAppTypes: [browser]}}", True),
    ],
)
def test_an_override_decides_what_it_names_and_what_that_lies_in(cli: Cli, spec: str, adopted: bool) -> None:
    file = with_override(cli, spec, grantControls=GRANT)
    before = file.read_text("utf-8")

    assert cli("drift", "--adopt").code == 2
    assert (file.read_text("utf-8") != before) is adopted


CONTEXT = "kind: AuthenticationContext\nname: Sensitive actions\nspec: {id: c1, isAvailable: true}\n"
CONTEXTS = "identity/conditionalAccess/authenticationContextClassReferences"


@pytest.mark.parametrize(
    ("changes", "expected", "by_hand"),
    [
        ({"isAvailable": False}, CONTEXT.replace(", isAvailable: true", ""), []),
        (
            {"displayName": "Other"},
            CONTEXT,
            ["AuthenticationContext/c1 is not updated in displayName: its `name` says that"],
        ),
    ],
)
def test_the_name_of_a_context_is_not_written_beside_its_name(
    cli: Cli, changes: dict[str, Any], expected: str, by_hand: list[str]
) -> None:
    cli.write("context.yaml", CONTEXT)
    assert cli("apply", "--yes").code == 0
    content = cli("sandbox", "dump").json
    next(item for item in content[CONTEXTS] if item["id"] == "c1").update(changes)
    Path("tenant.json").write_text(json.dumps(content), "utf-8")
    assert cli("sandbox", "load", "tenant.json").code == 0
    result = cli("drift", "--adopt", "--format", "json")

    said = [item["message"] for item in result.json["findings"] if item["rule"] == "edit-by-hand"]
    assert said == by_hand
    assert (cli.root / "policies/context.yaml").read_text("utf-8") == expected


def test_the_cap_of_an_environment_is_not_adopted(cli: Cli) -> None:
    file = cli.root / "policies/all.yaml"
    enforced = file.read_text("utf-8").replace("enabledForReportingButNotEnforced", "enabled")
    file.write_text(enforced, "utf-8")
    cli.write("environments/sandbox.yaml", "maxState: enabledForReportingButNotEnforced\n")
    assert cli("apply", "--yes").code == 0
    content = cli("sandbox", "dump").json
    next(item for item in content[POLICIES] if item["displayName"] == "NH-20 Passwordless").update(
        grantControls=GRANT
    )
    Path("tenant.json").write_text(json.dumps(content), "utf-8")
    assert cli("sandbox", "load", "tenant.json").code == 0

    assert cli("drift", "--adopt").code == 2
    assert file.read_text("utf-8") == enforced.replace("[mfa]", "[compliantDevice]")


def test_an_id_of_nothing_is_adopted_with_a_comment_and_told(cli: Cli) -> None:
    file = cli.root / "policies/all.yaml"
    nobody = "9e000000-0000-4000-8000-00000000000a"
    assert cli("apply", "--yes").code == 0
    content = cli("sandbox", "dump").json
    (configured,) = (
        item
        for item in content["policies/authenticationMethodsPolicy"]["authenticationMethodConfigurations"]
        if item["id"] == "TemporaryAccessPass"
    )
    configured["includeTargets"].append({"id": nobody, "targetType": "group"})
    Path("tenant.json").write_text(json.dumps(content), "utf-8")
    assert cli("sandbox", "load", "tenant.json").code == 0

    result = cli("drift", "--adopt", "--format", "json")

    assert f"id:{nobody}  # nothing in the tenant has this id\n" in file.read_text("utf-8")
    (told,) = [item for item in result.json["findings"] if item["rule"] == "id-of-nothing"]
    assert told["message"].endswith("held by TemporaryAccessPassPolicy")


def test_what_is_gone_or_unwanted_is_adopted_by_hand(cli: Cli) -> None:
    cli.write("more.yaml", "kind: Group\nname: All staff\nensure: absent\n")
    cli.write("tapctl.yaml", "ownership: {NamedLocation: ['Head*']}\n")
    before = {*cli.root.rglob("*.yaml")}
    result = cli("drift", "--adopt", "--format", "json")

    said = {finding["message"] for finding in result.json["findings"] if finding["rule"] == "adopt-by-hand"}
    assert "nothing is adopted of Group/Pilots: it is not in the tenant" in said
    assert "nothing is adopted of Group/All staff: it is in the tenant" in said
    assert any("Headquarters: it is in the tenant, named like yours, and declared" in text for text in said)
    assert result.json["adopted"] == ["policies/all.yaml"]
    assert {*cli.root.rglob("*.yaml")} == before


def test_what_goes_by_another_name_is_not_adopted(drifted: Cli) -> None:
    """Nor what else differs in it: the document would be half of each."""
    file = Path("policies/all.yaml")
    text = file.read_text("utf-8").replace(
        "name: NH-20 Passwordless", "name: NH-20\nformerNames: [NH-20 Passwordless]"
    )
    file.write_text(text, "utf-8")
    result = drifted("drift", "--adopt", "--format", "json")

    (finding,) = [item for item in result.json["findings"] if item["rule"] == "adopt-by-hand"]
    assert "NH-20: it goes by 'NH-20 Passwordless' in the tenant" in finding["message"]
    assert file.read_text("utf-8") == text


def test_mistakes_in_the_folder_come_first(cli: Cli) -> None:
    cli.write("bad.yaml", "kind: Group\nname: Bad\nspec: {nonsense: 1}\n")
    shown = cli("drift", "--also", "json=drift.json", "--also", "markdown=drift.md")
    found = cli("drift", "--format", "json")
    Draft202012Validator(schema.read("drift-output")).validate(found.json)

    assert (shown.code, found.code, found.json["complete"], found.json["clean"]) == (1, 1, False, False)
    assert "'nonsense' is no property" in shown.out
    assert "'nonsense' is no property" in found.json["findings"][0]["message"]
    assert Path("drift.json").read_text("utf-8") == found.out
    assert "nonsense" in Path("drift.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("form", "title", "why"),
    [
        ("text", "Drift: sandbox", "1 error, 0 warnings: the tenant was not asked"),
        ("markdown", "## Drift in `sandbox`", "The tenant was not asked"),
        ("html", "<h1>Drift in <code>sandbox</code></h1>", "The tenant was not asked"),
    ],
)
def test_a_drift_that_mistakes_stopped_says_that_nothing_was_compared(
    cli: Cli, form: str, title: str, why: str
) -> None:
    cli.write("bad.yaml", "kind: Group\nname: Bad\nspec: {nonsense: 1}\n")
    shown = cli("drift", "--format", form).out

    assert title in shown
    assert why in shown


def test_a_time_that_is_none(cli: Cli) -> None:
    result = cli("drift", "--since", "yesterday")

    assert (result.code, result.out) == (1, "")
    assert "is no date and time" in result.err


def test_a_pipeline_names_its_environment(cli: Cli) -> None:
    cli.write("environments/production.yaml", f"tenantId: {TENANT}\n")

    assert "say which one you mean with -e" in cli("drift").err
