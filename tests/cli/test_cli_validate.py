from __future__ import annotations

import subprocess
import sys

import pytest
from cli_tools import Cli
from jsonschema import Draft202012Validator

from tapctl import schema


def test_a_good_folder(cli: Cli) -> None:
    result = cli("validate")

    assert result.code == 0
    assert "3 documents, 0 errors" in result.out
    assert "SANDBOX: nothing real was changed" in result.out


def test_mistakes_have_places(cli: Cli) -> None:
    cli.write("bad.yaml", "kind: Group\nname: Bad\nspec: {nonsense: 1}\n")
    result = cli("validate")

    assert result.code == 1
    assert "policies/bad.yaml:3:8:" in result.out
    assert result.err == ""


def test_json_keeps_its_promise(cli: Cli) -> None:
    cli.write("bad.yaml", "kind: Group\nname: Bad\nspec: {nonsense: 1}\n")
    result = cli("validate", "--format", "json")

    Draft202012Validator(schema.read("validate-output")).validate(result.json)
    assert result.code == 1
    assert result.json["findingCounts"]["error"] == 1
    assert result.json["findings"][0]["place"]["line"] == 3


def test_nothing_is_written(cli: Cli) -> None:
    cli("validate")

    assert not (cli.root / "policies/.tapctl").exists()


def test_hostile_documents_are_escaped(cli: Cli) -> None:
    cli.write("bad.yaml", 'kind: Group\nname: "x\\u202ey[red]"\nspec: {"\\e]8;;evil\\a": 1}\n')
    for chosen in ("text", "json", "markdown"):
        result = cli("validate", "--format", chosen)
        assert result.code == 1
        assert not {"\x1b", "\x07", "\u202e"} & set(result.out + result.err)


def test_lint_is_part_of_it_unless_left_out(cli: Cli) -> None:
    cli.write(
        "all.yaml",
        "kind: TemporaryAccessPassPolicy\nspec: {state: enabled, isUsableOnce: false, includeTargets: []}\n",
    )
    cli.write("environments/production.yaml", "production: true\n")
    found = cli("validate", "-e", "production", "--format", "json")
    without = cli("validate", "-e", "production", "--no-lint", "--format", "json")

    assert "TAP001" in {item["rule"] for item in found.json["findings"]}
    assert (found.code, without.code, without.json["findings"]) == (1, 0, [])


def test_rules_are_imported_only_where_they_run(cli: Cli) -> None:
    code = (
        "import sys; from tapctl.cli.main import run; run(sys.argv[1:]); print('tapctl.lint' in sys.modules)"
    )
    ran = subprocess.run(  # noqa: S603  # ours
        [sys.executable, "-c", code, "validate", "--no-lint"], capture_output=True, text=True, check=True
    )

    assert ran.stdout.endswith("False\n")


def test_judged_as_of_another_day(cli: Cli) -> None:
    ignore = "lint: {ignore: [{rule: TAP001, because: Badge readers, until: 2027-01-31}]}\n"
    spec = "spec: {state: enabled, isUsableOnce: false, includeTargets: [New hires]}\n"
    cli.write("all.yaml", f"kind: TemporaryAccessPassPolicy\n{ignore}{spec}")
    rules = [
        {item["rule"] for item in cli("validate", "--as-of", day, "--format", "json").json["findings"]}
        for day in ("2027-01-31", "2027-02-01")
    ]

    assert "expired-ignore" not in rules[0]
    assert {"TAP001", "expired-ignore"} <= rules[1]


TEST = """\
kind: SignInTest
name: Pilots
given: {user: {groups: [Pilotes]}, application: Office365, method: password}
expect: {decision: allow}
"""


@pytest.mark.parametrize("lint", [[], ["--no-lint"]])
def test_mistakes_in_sign_in_tests_are_found_without_running_them(cli: Cli, lint: list[str]) -> None:
    cli.write("tests/pilots.yaml", TEST)
    result = cli("validate", *lint)

    assert result.code == 1
    assert "policies/tests/pilots.yaml:3:" in result.out
    assert 'given.user.groups[0] names "Pilotes"' in result.out
    assert "did you mean" in result.out.lower()


def test_a_sign_in_test_that_fails_is_no_mistake(cli: Cli) -> None:
    cli.write("tests/pilots.yaml", TEST.replace("Pilotes", "Pilots").replace("allow", "block"))
    assert cli("validate", "--no-lint").code == 0


def test_facts_let_more_rules_speak(cli: Cli) -> None:
    without, having = (cli("validate", *given).out for given in ([], ["--facts", "live"]))

    assert "BG003" in without
    assert "--facts brings what can be read" in without
    assert "BG003" not in having
    assert "They need a plan" in having


def test_facts_about_a_broken_folder_are_not_read(cli: Cli) -> None:
    cli.write("all.yaml", "kind: Group\n")
    assert cli("validate", "--facts", "no-such-file.json").code == 1


def test_nothing_that_talks_to_a_tenant_is_loaded(cli: Cli) -> None:
    """A check runs on every save: half of its time went there."""
    cli.write("tests/pilots.yaml", TEST)
    program = (
        "import sys; from tapctl.cli.main import run; run(['validate', '--no-lint']); "
        "print([name for name in ('asyncio', 'httpx', 'tapctl.graph.gateway') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603

    assert done.stdout.splitlines()[-1] == "[]"
