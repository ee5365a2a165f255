"""The stages that decide stand below lint, which judges what they decided."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["observe", "guard", "lowered", "rehearse", "drift.versions"])
def test_what_lint_is_built_on_knows_nothing_of_it(module: str) -> None:
    program = f"import sys, tapctl.{module}; print('tapctl.lint' in sys.modules)"

    printed = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": "."}
    )

    assert printed.stdout.strip() == "False"
