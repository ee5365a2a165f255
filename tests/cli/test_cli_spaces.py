"""Names that differ in spaces only look different wherever they are shown."""

from __future__ import annotations

import pytest
from cli_tools import Cli

ALIKE = """\
kind: Group
name: "Break glass "
spec: {}
---
kind: Group
name: "New  hires"
spec: {}
"""


@pytest.mark.parametrize("chosen", ["text", "markdown", "html"])
def test_a_plan_shows_the_spaces_of_a_name(cli: Cli, chosen: str) -> None:
    cli.write("alike.yaml", ALIKE)
    shown = cli("plan", "--format", chosen).out.replace("&#92;", "\\")

    assert "Break glass\\x20" in shown
    assert "New \\x20hires" in shown


@pytest.mark.parametrize("chosen", ["text", "sarif"])
def test_a_message_shows_the_spaces_of_a_name(cli: Cli, chosen: str) -> None:
    cli.write("alike.yaml", ALIKE.replace("spec: {}", "spec: {membershipRule: x}"))
    cli.write("more.yaml", ALIKE.replace("Break glass ", "Break  glass"))
    shown = cli("validate", "--format", chosen).out.replace("\\\\", "\\")

    assert "New \\x20hires" in shown


SPACED = """\
kind: ConditionalAccessPolicy
name: "NH  1 "
spec:
  state: enabled
  conditions:
    users: {includeUsers: [All], excludeGroups: [Break glass]}
    applications: {includeApplications: [All]}
    clientAppTypes: [all]
  grantControls: {operator: OR, builtInControls: [mfa]}
"""
TEST = """\
kind: SignInTest
name: "Ends "
given: {user: {groups: [New hires], registered: [password]}, application: Office365, method: password}
expect: {decision: block}
"""


def test_a_decision_shows_the_spaces_of_a_name(cli: Cli) -> None:
    cli.write("spaced.yaml", SPACED)
    cli.write("tests/spaced.yaml", TEST)

    asked = cli(
        "simulate",
        "--group",
        "New hires",
        "--registered",
        "password",
        "--app",
        "Office365",
        "--method",
        "password",
    ).out
    tested = cli("test").out

    assert "NH \\x201\\x20" in asked + tested
    assert "Ends\\x20" in tested


@pytest.mark.parametrize("chosen", ["text", "html", "markdown"])
def test_a_help_shows_them_too(cli: Cli, chosen: str) -> None:
    cli.write(
        "alike.yaml",
        ALIKE.replace("New  hires", "A  b") + "---\nkind: Group\nname: c\nspec: {members: [Group/A b]}\n",
    )

    assert "A \\x20b" in cli("plan", "--format", chosen).out.replace("&#92;", "\\")
