"""docs/structure.md names what there is, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs/structure.md").read_text(encoding="utf-8")
MODULES = {path.stem for path in (ROOT / "tapctl").glob("*.py")} - {"__init__"}
PACKAGES = {path.parent.name for path in (ROOT / "tapctl").glob("*/__init__.py")}


def test_each_module_and_package_has_its_row_once() -> None:
    tables = TEXT.partition("## The stages")[2].partition("## Where to change what")[0]
    cells = re.findall(r"^\| (`[^|]*) \|", tables, re.MULTILINE)

    named = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]

    assert sorted(named) == sorted((MODULES | PACKAGES) - {"pipeline"})


def test_each_path_leads_somewhere() -> None:
    paths = re.findall(r"`((?:tapctl|tests|schemas|docs)/[^`<]*)`", TEXT)

    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
