"""The README's walk from an empty tenant to a swept pass is run as it stands there."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from tapctl.cli.main import run
from tapctl.sandbox import Store
from tapctl.sandbox.seed import PEOPLE

ROOT = Path(__file__).parents[1]
HEADING = "## From an empty tenant to a swept pass"


def lines() -> list[str]:
    section = (ROOT / "README.md").read_text(encoding="utf-8").split(HEADING)[1].split("\n## ")[0]
    return [line.strip() for line in section.splitlines() if line.startswith("    tapctl ")]


def methods(folder: Path, name: str) -> list[str]:
    store = Store(folder / "policies" / ".tapctl" / "sandbox.sqlite")
    found = store.objects(f"users/{PEOPLE[name]}/authentication/methods").values()
    types = [str(item["@odata.type"]).removeprefix("#microsoft.graph.") for item in found]
    store.close()
    return types


def test_the_walk_ends_with_a_passkey_and_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "policies", tmp_path / "policies", ignore=shutil.ignore_patterns(".tapctl"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    shown = []
    for line in lines():
        code = run(shlex.split(line)[1:])
        output = capsys.readouterr()
        assert code == 0, (line, output)
        shown.append(output.out)

    found = methods(tmp_path, "mia.larsen")
    assert "fido2AuthenticationMethod" in found
    assert "temporaryAccessPassAuthenticationMethod" not in found
    assert "Method registered, pass still there (1)" in shown[3]
    assert "Done: method registered, no pass left (1)" in shown[5]


def test_the_walk_has_every_stage() -> None:
    commands = [" ".join(shlex.split(line)[1:3]) for line in lines()]

    assert commands[:4] == ["sandbox reset", "apply -e", "pass issue", "pass status"]
    assert commands[4:] == ["pass sweep", "pass status"]
