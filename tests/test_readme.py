"""README tells the truth about what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapctl.cli.main import COMMANDS
from tapctl.guard import BRAKES, flag
from tapctl.kinds import kinds

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"`tapctl {command}" in README


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kind_is_in_the_readme(kind: str) -> None:
    assert f"`{kind}`" in README


@pytest.mark.parametrize("brake", BRAKES)
def test_every_brake_s_option_is_in_the_readme(brake: str) -> None:
    assert f"`{flag(brake)}`" in README


def test_the_readme_opens_with_its_two_commands() -> None:
    commands = [line.strip() for line in README.splitlines() if line.startswith("    make ")]

    assert commands[:2] == ["make plan", "make test"]
