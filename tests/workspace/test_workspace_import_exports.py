"""`tapctl import --from`: what is written of odd exports, and what is said about them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tapctl.cli.main import run

Capture = pytest.CaptureFixture[str]
LOCATION = {
    "@odata.type": "#microsoft.graph.ipNamedLocation",
    "displayName": "Office",
    "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24"}],
}

NOBODY = "9e000000-0000-4000-8000-00000000000a"
POLICY = {
    "displayName": "Guard",
    "state": "enabled",
    "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
}


def imported(capsys: Capture, here: Path, *objects: Any, asking: Sequence[str] = ()) -> tuple[int, Any]:
    """Exit code and answer of an import of one file for each object."""
    (here / "export").mkdir(exist_ok=True)
    for number, item in enumerate(objects):
        (here / "export" / f"{number}.json").write_text(json.dumps(item), encoding="utf-8")
    capsys.readouterr()
    folder = ("-C", str(here / "policies"), "-e", "sandbox", "--format", "json")
    code = run(["import", "--from", str(here / "export"), *folder, *asking])
    return code, json.loads(capsys.readouterr().out)


def rules(answer: Any) -> list[str]:
    return [item["rule"] for item in answer["findings"]]


def test_of_two_exports_of_one_policy_the_first_is_written_and_the_second_is_told(
    capsys: Capture, tmp_path: Path
) -> None:
    states = ("preMigration", "migrationComplete")
    methods = [{"id": "authenticationMethodsPolicy", "policyMigrationState": state} for state in states]

    code, answer = imported(capsys, tmp_path, *methods, LOCATION)

    assert (code, rules(answer)) == (1, ["export-twice"])
    kinds = ["AuthenticationMethodsPolicy", "NamedLocation/Office"]
    assert sorted(item["address"] for item in answer["documents"]) == kinds


@pytest.mark.parametrize(
    ("asking", "written"),
    [
        ((), ["ConditionalAccessPolicy/Guard"]),
        (("--kind", "Group"), [f"Group/{name}" for name in "ABCD"]),
        (("--name", "D"), ["Group/D"]),
    ],
)
def test_groups_are_written_only_where_they_are_asked_for(
    capsys: Capture, tmp_path: Path, asking: Sequence[str], written: list[str]
) -> None:
    ids = {name: f"{NOBODY[:-1]}{number}" for number, name in enumerate("ABCD")}
    groups = [
        {"@odata.type": "#microsoft.graph.group", "id": one, "displayName": name} for name, one in ids.items()
    ]
    users = {"includeUsers": ["All"], "excludeGroups": [ids["A"]]}
    policy = {**POLICY, "conditions": {"users": users, "applications": {"includeApplications": ["All"]}}}

    code, answer = imported(capsys, tmp_path, *groups, policy, asking=asking)

    assert (code, [item["address"] for item in answer["documents"]]) == (0, written)
    told = [item["message"] for item in answer["findings"] if item["rule"] == "groups-not-asked-for"]
    assert told == ([] if asking else ["groups are there that get no document: A, B, C and 1 more"])


def test_a_policy_names_a_group_that_gets_no_document(capsys: Capture, tmp_path: Path) -> None:
    group = {"@odata.type": "#microsoft.graph.group", "id": NOBODY, "displayName": "Staff"}
    users = {"includeGroups": [NOBODY]}
    policy = {**POLICY, "conditions": {"users": users, "applications": {"includeApplications": ["All"]}}}

    answer = imported(capsys, tmp_path, group, policy)[1]

    (written,) = answer["documents"]
    text = (tmp_path / "policies" / written["file"]).read_text(encoding="utf-8")
    assert "includeGroups: [Staff]" in text
    assert [item["message"] for item in answer["findings"]] == [
        "groups are there that get no document: Staff"
    ]


@pytest.mark.parametrize("objects", [[3], [None], [{"value": []}], [3, None, [], {}, 3, 3, 3], []])
def test_where_nothing_can_be_taken_in_the_files_are_named(
    capsys: Capture, tmp_path: Path, objects: list[Any]
) -> None:
    code, answer = imported(capsys, tmp_path, *objects)
    (error,) = [item for item in answer["findings"] if item["severity"] == "error"]

    assert (code, error["rule"], answer["documents"]) == (1, "export-empty", [])
    assert not (tmp_path / "policies").exists()
    assert ('0.json"' in error["message"]) == bool(objects)
    assert ("and 2 more" in error["message"]) == (len(objects) == 7)


def test_an_import_that_fails_leaves_no_workspace_behind(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text(json.dumps(LOCATION), encoding="utf-8")
    (tmp_path / "policies" / ".tapctl").mkdir(parents=True)
    at = ("--from", str(tmp_path / "export.json"), "-C", str(tmp_path / "policies"))

    assert run(["import", *at, "-e", "production", "--tenant-id", NOBODY, "--name", "Elsewhere"]) == 1
    assert [path.name for path in (tmp_path / "policies").iterdir()] == [".tapctl"]
    assert run(["import", *at, "-e", "production", "--tenant-id", NOBODY]) == 0
    assert "tenantId" in (tmp_path / "policies" / "environments" / "production.yaml").read_text()


def test_a_folder_of_yaml_is_no_export(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Group\n", encoding="utf-8")
    folder = str(tmp_path / "policies")

    assert run(["import", "--from", str(tmp_path), "-C", folder, "-e", "sandbox"]) == 1
    output = capsys.readouterr().out
    assert "holds no file called *.json or *.jsonl or *.ndjson" in output
    assert 'a.yaml", ' in output


def test_a_built_in_role_of_an_export_has_its_name_and_is_what_the_tenant_has(
    capsys: Capture, tmp_path: Path
) -> None:
    folder = str(tmp_path / "policies")
    (tmp_path / "policies").mkdir()
    run(["sandbox", "dump", "-C", folder])
    held = json.loads(capsys.readouterr().out)["identity/conditionalAccess/policies"]
    (policy,) = (item for item in held if item["displayName"].startswith("CA-01"))
    policy["conditions"]["users"]["excludeGroups"] = []
    (tmp_path / "a.json").write_text(json.dumps(policy), encoding="utf-8")
    assert policy["conditions"]["users"]["includeRoles"]

    assert run(["import", "--from", str(tmp_path / "a.json"), "-C", folder, "-e", "sandbox"]) == 0

    output = capsys.readouterr().out
    (document,) = (tmp_path / "policies" / "conditional-access-policies").iterdir()
    assert ("Global Administrator" in document.read_text(), "ids stay ids" in output) == (True, False)
    assert run(["plan", "-C", folder, "-e", "sandbox"]) == 0
    assert "includeRoles" not in capsys.readouterr().out


def table(*objects: Any) -> str:
    return json.dumps({"TenantId": NOBODY, "Organization": "Contoso", "Objects": [*objects]})


def entry(number: int, name: str | None, kind: str = "Group") -> dict[str, Any]:
    return {"DisplayName": name, "Id": f"2A000000-0000-4000-8000-00000000000{number}", "Type": kind}


def test_a_table_that_a_tool_put_beside_an_export_names_what_it_refers_to(
    capsys: Capture, tmp_path: Path
) -> None:
    (tmp_path / "from").mkdir()
    kinds = ["Group", "Group", "Group", "Group", "User"]
    ids = [f"2a000000-0000-4000-8000-00000000000{number}" for number in range(5)]
    named = [
        entry(number, name, kind)
        for number, name, kind in zip(range(5), ["A", "B", "B", None, "U"], kinds, strict=True)
    ]
    (tmp_path / "from" / "MigrationTable.json").write_text(table(*named, None), encoding="utf-8-sig")
    users = {"includeUsers": ids[4:], "includeGroups": ids[:4]}
    policy = {"displayName": "P", "state": "disabled", "conditions": {"users": users}, "grantControls": None}
    (tmp_path / "from" / "p.json").write_text(json.dumps(policy), encoding="utf-8")

    run(["import", "--from", str(tmp_path / "from"), "-C", str(tmp_path / "policies"), "-e", "sandbox"])

    text = (tmp_path / "policies" / "conditional-access-policies" / "p.yaml").read_text()
    written = yaml.safe_load(text)["spec"]["conditions"]["users"]
    assert written["includeGroups"] == ["A", *(f"id:{one}" for one in ids[1:4])]
    assert written["includeUsers"] == [f"id:{ids[4]}"]
    assert text.count("# B, a name that others have too") == 2


@pytest.mark.parametrize("name", [{}, {"displayName": None}, {"displayName": ""}])
def test_an_object_without_a_name_is_told(capsys: Capture, tmp_path: Path, name: dict[str, Any]) -> None:
    nameless = {key: item for key, item in LOCATION.items() if key != "displayName"}

    _, answer = imported(capsys, tmp_path, {**nameless, **name})

    assert [item["address"] for item in answer["documents"]] == ["NamedLocation/(no name)"]
    assert "no-name" in rules(answer)


def test_nothing_is_pinned_where_no_tenant_was_asked(capsys: Capture, tmp_path: Path) -> None:
    code, answer = imported(capsys, tmp_path, LOCATION, {**LOCATION, "isTrusted": True})

    assert (code, answer["pins"], rules(answer)) == (0, {}, ["namesakes"])
    names = ["NamedLocation/Office", "NamedLocation/Office (2)"]
    assert sorted(item["address"] for item in answer["documents"]) == names
    assert not list((tmp_path / "policies" / "environments").iterdir())


def test_markdown_tells_where_a_finding_is(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text(json.dumps([LOCATION, 3]), encoding="utf-8")
    at = ("--from", str(tmp_path / "export.json"), "-C", str(tmp_path / "policies"))

    assert run(["import", *at, "--format", "markdown"]) == 0

    said = capsys.readouterr().out
    assert said.startswith("### Imported from an export for `sandbox`\n\n1 written, 0 declared already.\n")
    assert "export.json:1:1`: /1: 3 is no object" in said


def test_names_in_place_of_ids_are_names_in_the_document(capsys: Capture, tmp_path: Path) -> None:
    users = {"includeUsers": ["All"], "excludeGroups": ["Emergency access - Exclude", "<Pilots>"]}
    words = {"includeApplications": ["AllAgentIdResources"]}
    conditions = {"users": users, "applications": words, "clientAppTypes": ["all"]}

    code, answer = imported(capsys, tmp_path, {**POLICY, "conditions": conditions})

    text = (tmp_path / "policies" / answer["documents"][0]["file"]).read_text()
    assert 'excludeGroups: ["<Pilots>", Emergency access - Exclude]' in text
    assert 'newer: ["conditions.applications.includeApplications[0]"]' in text
    assert "includeApplications: [AllAgentIdResources]" in text
    assert (code, rules(answer)) == (0, ["export-name", "export-placeholder", "export-word"])


@pytest.mark.parametrize("more", [{}, {"clientAppTypes": None}, {"clientAppTypes": []}])
def test_what_graph_fills_in_is_written(capsys: Capture, tmp_path: Path, more: dict[str, Any]) -> None:
    conditions = {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}}

    _, answer = imported(capsys, tmp_path, {**POLICY, "conditions": {**conditions, **more}})

    assert "clientAppTypes: [all]" in (tmp_path / "policies" / answer["documents"][0]["file"]).read_text()


@pytest.mark.parametrize("more", [{}, {"allowedCombinations": []}])
def test_what_an_export_lacks_is_asked_for_by_validation(
    capsys: Capture, tmp_path: Path, more: dict[str, Any]
) -> None:
    strength = {"@odata.type": "#microsoft.graph.authenticationStrengthPolicy", "displayName": "Keys"}
    _, answer = imported(capsys, tmp_path, {**strength, **more})

    assert "allowedCombinations" not in (tmp_path / "policies" / answer["documents"][0]["file"]).read_text()
    assert run(["validate", "--no-lint", "-C", str(tmp_path / "policies")]) == 1
    assert "allowedCombinations is required" in capsys.readouterr().out


def test_none_is_no_name_to_suggest(capsys: Capture, tmp_path: Path) -> None:
    nameless = {key: item for key, item in LOCATION.items() if key != "displayName"}
    (tmp_path / "export.json").write_text(json.dumps(nameless), encoding="utf-8")
    at = ("--from", str(tmp_path / "export.json"), "-C", str(tmp_path / "policies"), "-e", "sandbox")

    assert run(["import", *at, "--name", "Nona"]) == 1
    assert "did you mean" not in capsys.readouterr().err
