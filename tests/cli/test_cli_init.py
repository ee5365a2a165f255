from __future__ import annotations

import json
import subprocess
from pathlib import Path
from shutil import which

import pytest
from cli_tools import TENANT, Cli
from jsonschema import Draft202012Validator

from tapctl import schema
from tapctl.workspace.starting import Wishes

VALIDATOR = Draft202012Validator(
    json.loads((schema.folder() / "init-output.schema.json").read_text(encoding="utf-8"))
)
SCRIPT = "setup-identities.sh"


def files(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".tapctl/" not in path.as_posix()
    }


def test_what_it_writes_is_valid_and_can_be_planned_and_tested(cli: Cli) -> None:
    assert cli("init", "new", "--format", "json").json["status"] == "written"

    for command in (["validate"], ["plan", "-e", "sandbox"], ["test"], ["apply", "-e", "sandbox", "--yes"]):
        assert cli(*command, "-C", "new").code == 0
    assert cli("plan", "-C", "new/policies", "-e", "sandbox", "--detailed-exitcode").code == 0


def test_a_named_tenant_needs_its_pins_and_nothing_else(cli: Cli) -> None:
    cli("init", "new", "-e", "hq", "--tenant-id", TENANT.upper(), "--domain", "contoso.onmicrosoft.com")
    found = cli("validate", "-C", "new", "-e", "hq", "--format", "json").json

    errors = {item["rule"] for item in found["findings"] if item["severity"] == "error"}
    assert errors == {"break-glass-not-pinned"}
    assert f"tenantId: {TENANT}" in files(cli.root / "new")["policies/environments/hq.yaml"]


def test_every_document_names_a_schema_that_is_there(cli: Cli) -> None:
    assert cli("init", "new", "-C", "entra/rules").code == 0
    paths = [*(cli.root / "new/entra").rglob("*.yaml")]
    named = [
        path.parent / path.read_text("utf-8").splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        for path in paths
    ]

    assert {"tapctl.yaml", "sandbox.yaml"} < {path.name for path in paths}
    assert [path for path in named if not path.resolve().is_file()] == []


def test_every_schema_that_is_referred_to_comes_along(cli: Cli) -> None:
    cli("init", "new", "--part", "schemas")
    folder = cli.root / "new/schemas"
    referred = {
        line.split('"')[3].partition("#")[0]
        for path in folder.iterdir()
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith('"$ref"')
    }

    assert referred - {""} <= {path.name for path in folder.iterdir()}


def test_workflows_look_into_the_folder_that_was_chosen(cli: Cli) -> None:
    cli("init", "new", "-C", "entra")
    workflows = {name: text for name, text in files(cli.root / "new").items() if name.startswith(".github")}

    assert {f".github/workflows/{name}.yml" for name in ("plan", "apply", "drift")} <= workflows.keys()
    assert "workspace: entra" in workflows[".github/workflows/plan.yml"]
    assert not [text for text in workflows.values() if "workspace: policies" in text]


def test_nothing_is_overwritten_and_then_nothing_is_written(cli: Cli) -> None:
    cli.write("tapctl.yaml", "limits: {deletions: 1}\n")
    before = files(cli.root)
    result = cli("init", "--format", "json")

    assert (result.code, result.json["status"]) == (1, "refused")
    VALIDATOR.validate(result.json)
    assert [item["path"] for item in result.json["files"] if item["standing"] == "differs"] == [
        "policies/tapctl.yaml"
    ]
    assert files(cli.root) == before


def test_again_is_nothing_to_do(cli: Cli) -> None:
    cli("init", "new")
    result = cli("init", "new")

    assert result.code == 0
    assert "Everything is there already" in result.out


@pytest.mark.parametrize("chosen", ["text", "markdown"])
def test_people_are_told_what_differs_and_what_to_do(cli: Cli, chosen: str) -> None:
    cli.write("tapctl.yaml", "limits: {deletions: 1}\n")
    refused = cli("init", "--format", chosen)
    written = cli("init", "new", "--format", chosen)

    assert "DIFFERS" in refused.out
    assert "--part" in refused.out
    assert "tapctl doctor -e production" in written.out


def test_the_script_asks_for_what_the_kinds_in_the_workspace_take(cli: Cli) -> None:
    cli.write("tapctl.yaml", "")
    cli.write("all.yaml", "kind: AuthenticationContext\nname: Seven\nspec: {id: c7}\n")
    cli.write("environments/hq.yaml", f"tenantId: {TENANT}\n")
    result = cli("init", "--part", "identities", "-e", "hq", "--repository", "contoso/identity")
    script = files(cli.root)[SCRIPT]

    assert result.code == 0
    assert "  AuthenticationContext.ReadWrite.All # " in script
    assert "Policy.ReadWrite.AuthenticationMethod" not in script
    assert f"tenant_id={TENANT}\nrepository=contoso/identity" in script


def test_a_workspace_with_mistakes_gets_no_script(cli: Cli) -> None:
    cli.write("tapctl.yaml", "")
    cli.write("more.yaml", "kind: Nonsense\n")
    result = cli("init", "--part", "identities", "-e", "sandbox-2")
    again = cli("init", "--part", "identities", "--part", "workspace", "-e", "hq")

    assert 'no environment "sandbox-2"' in result.err
    assert "tapctl validate" in again.err
    assert not (cli.root / SCRIPT).exists()


@pytest.mark.skipif(which("bash") is None, reason="there is no bash")
def test_the_script_is_bash_and_may_not_touch_passes(cli: Cli) -> None:
    cli("init", "new")
    script = cli.root / "new" / SCRIPT
    text = script.read_text(encoding="utf-8")
    granted = [line.split()[0] for line in text.splitlines() if line.startswith("  ") and " # to " in line]

    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0  # noqa: S603, S607
    assert script.stat().st_mode & 0o100
    assert "Policy.ReadWrite.ConditionalAccess" in granted
    assert not [name for name in granted if name.startswith("UserAuth")]
    assert "@" not in text.replace('"$@"', "").replace("[@]}", "")


def test_a_tenant_that_is_said_goes_before_the_file_s(cli: Cli) -> None:
    cli("init", "new", "--part", "workspace")
    cli("init", "new", "--part", "identities", "--tenant-id", TENANT)

    assert f"tenant_id={TENANT}" in files(cli.root / "new")[SCRIPT]


@pytest.mark.parametrize(
    "arguments",
    [
        ["-e", "sandbox"],
        ["-e", "x-plan"],
        ["-e", "../x"],
        ["-e", "a b"],
        ["--tenant-id", "contoso"],
        ["--domain", "a b"],
        ["--domain", "x\ny.example"],
        ["--repository", "x"],
        ["--repository", "a/b c"],
        ["-C", "../out"],
        ["-C", "/elsewhere/x"],
        ["-C", "a:b"],
    ],
)
def test_what_is_no_name_is_refused_before_anything_is_written(cli: Cli, arguments: list[str]) -> None:
    result = cli("init", "new", *arguments)

    assert (result.code, result.out) == (1, "")
    assert not (cli.root / "new").exists()


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(Exception, match=r"(?s)--tenant-id.*--domain.*sandbox"):
        Wishes(environment="sandbox", tenant_id="x", domain="y").check()


def test_json_is_as_its_schema_promises(cli: Cli) -> None:
    VALIDATOR.validate(cli("init", "new", "--format", "json").json)


def test_the_identities_trust_the_environments_in_which_the_workflows_sign_in(cli: Cli) -> None:
    cli("init", "new")
    found = files(cli.root / "new")
    signing_in = {
        line.strip().partition(" #")[0]
        for name, text in found.items()
        if name.startswith(".github")
        for line in text.splitlines()
        if line.strip().startswith("environment: ${{ matrix")
    }

    assert signing_in <= {
        "environment: ${{ matrix.name }}-plan",
        "environment: ${{ matrix.environment }}-plan",
        "environment: ${{ matrix.environment }}",
    }
    assert any(line.endswith("-plan") for line in signing_in)
    assert any(line.endswith("}}") for line in signing_in)
    assert 'plan_subjects=("environment:${environment}-plan")' in found[SCRIPT]
    assert 'apply_subjects=("environment:${environment}")' in found[SCRIPT]


def test_workflows_that_github_would_not_find_are_said(cli: Cli) -> None:
    (cli.root / ".git").mkdir()
    shown = cli("init", "team/new").out

    assert f"GitHub finds workflows at the top of a repository only, which is {cli.root.resolve()}: " in shown
    assert "run tapctl init there, with -C team/new/policies." in shown


@pytest.mark.parametrize("arguments", [["."], ["new", "--part", "workspace"]])
def test_workflows_that_github_finds_or_that_are_not_written_are_no_trouble(
    cli: Cli, arguments: list[str]
) -> None:
    (cli.root / ".git").mkdir()

    assert "GitHub finds" not in cli("init", "-C", "entra", *arguments).out


def test_where_there_is_no_repository_yet_nothing_is_said(cli: Cli) -> None:
    assert "GitHub finds" not in cli("init", "new").out
