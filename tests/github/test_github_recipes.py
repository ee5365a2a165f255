"""docs/pipelines.md: its YAML is YAML, and its commands are commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from workflow_tools import command_lines, parse

TEXT = (Path(__file__).parents[2] / "docs/pipelines.md").read_text(encoding="utf-8")
RECIPES: list[Any] = [yaml.safe_load(found) for found in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)]


def strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from strings(item)
        case dict():
            for item in value.values():
                yield from strings(item)


LINES = [line for recipe in RECIPES for text in strings(recipe) for line in command_lines(text)]


@pytest.mark.parametrize("arguments", LINES, ids=" ".join)
def test_every_command_in_a_recipe_exists(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plan").mkdir()
    monkeypatch.chdir(tmp_path)

    parse(arguments)


def test_both_recipes_check_plan_apply_and_look_for_drift() -> None:
    assert len(RECIPES) == 2
    assert sorted(line[0] for line in LINES) == sorted(["validate", "test", "plan", "apply", "drift"] * 2)


def test_gitlab_keeps_the_plan_and_the_record() -> None:
    gitlab = RECIPES[0]

    assert gitlab["apply"]["needs"] == ["plan"]
    assert gitlab["apply"]["artifacts"] == {
        "when": "always", "access": "developer", "paths": ["policies/.tapctl/records/"],
    }  # fmt: skip
    assert gitlab[".signed-in"]["id_tokens"]["AZURE_TOKEN"]["aud"] == "api://AzureADTokenExchange"
