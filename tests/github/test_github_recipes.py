"""docs/pipelines.md: its YAML is YAML, and its commands are commands."""

from __future__ import annotations

import re
import subprocess
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


def azure_scripts(steps: Any) -> Iterator[str]:
    """What Azure Pipelines gives to bash, which it runs without -e."""
    match steps:
        case {"bash": script} | {"inputs": {"inlineScript": script}}:
            yield script
        case dict():
            yield from azure_scripts([*steps.values()])
        case list():
            for step in steps:
                yield from azure_scripts(step)


@pytest.mark.parametrize("failing", ["validate", "test", "plan", "apply", "drift"])
def test_an_azure_step_fails_with_its_command(failing: str, tmp_path: Path) -> None:
    stand_in = tmp_path / ".local/bin/tapctl"
    stand_in.parent.mkdir(parents=True)
    stand_in.write_text(f'#!/bin/sh\n[ "$1" != {failing} ] || exit 3\n')
    stand_in.chmod(0o755)
    names = ("HOME", "AGENT_TEMPDIRECTORY", "PIPELINE_WORKSPACE", "servicePrincipalId", "idToken", "ALLOW")
    given = {"PATH": "/usr/bin:/bin", **dict.fromkeys(names, str(tmp_path))}
    (script,) = [text for text in azure_scripts(RECIPES[1]) if f"tapctl {failing}" in text]

    ended = subprocess.run(["/bin/bash", "-c", script], cwd=tmp_path, env=given, check=False)  # noqa: S603

    assert ended.returncode == 3
