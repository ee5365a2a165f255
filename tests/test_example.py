"""The example workspace keeps its promises, in every environment."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tapctl.cli.main import run

POLICIES = Path(__file__).parents[1] / "policies"


@pytest.mark.parametrize("environment", ["sandbox", "staging", "production"])
def test_its_sign_in_tests_pass(environment: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["test", "-C", str(POLICIES), "-e", environment])

    assert code == 0, capsys.readouterr().out


def test_it_has_no_error_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "-C", str(POLICIES), "-e", "sandbox"]) == 0, capsys.readouterr().out


def test_passes_that_are_turned_off_in_it_are_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(POLICIES, tmp_path, dirs_exist_ok=True)
    passes = tmp_path / "temporary-access-pass.yaml"
    passes.write_text(passes.read_text().replace("state: enabled", "state: disabled"))

    run(["validate", "-C", str(tmp_path), "-e", "production"])

    said = capsys.readouterr().out
    assert "TAP011" in said
    assert "DL001" in said
