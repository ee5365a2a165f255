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
