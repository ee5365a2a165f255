"""What may import what: nothing goes in circles, and the stages that decide stand below lint, which judges
what they decided."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def imports() -> Iterator[tuple[str, str]]:
    """Pairs of a module or package right below tapctl and another that it imports, wherever in its code."""
    for file in (ROOT / "tapctl").rglob("*.py"):
        importer = file.relative_to(ROOT / "tapctl").with_suffix("").parts[0]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "tapctl":
                yield from ((importer, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tapctl."):
                yield importer, str(node.module).split(".")[1]


def test_modules_and_packages_import_one_another_in_no_circle() -> None:
    graph = TopologicalSorter[str]()
    for importer, imported in imports():
        if importer != imported:
            graph.add(importer, imported)

    graph.prepare()  # raises CycleError, which names the circle


def test_nobody_imports_the_commands() -> None:
    assert {importer for importer, imported in imports() if imported == "cli"} == {"cli"}


def test_the_sandbox_imports_nothing_else_of_ours() -> None:
    assert {imported for importer, imported in imports() if importer == "sandbox"} == {"sandbox"}


@pytest.mark.parametrize("module", ["observe", "guard", "guard.lowered", "guard.rehearse", "drift.versions"])
def test_what_lint_is_built_on_knows_nothing_of_it(module: str) -> None:
    program = f"import sys, tapctl.{module}; print('tapctl.lint' in sys.modules)"

    printed = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": "."}
    )

    assert printed.stdout.strip() == "False"
