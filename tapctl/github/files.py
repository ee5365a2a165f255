"""The workflows of a user's repository: three to edit, and the three reusable ones that they call.

The reusable ones are this project's own `.github/workflows/tapctl-*.yml`; an installed package holds a copy
beside the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

CALLERS: Final = ("plan", "apply", "drift")
FOLDER: Final = ".github/workflows"
_PACKAGED: Final = Path(__file__).parent / "workflows"
_CHECKOUT: Final = Path(__file__).parents[2] / FOLDER


def workflow_files() -> dict[str, str]:
    """What each file holds, by its path in the repository. A caller works only beside what it calls."""
    return {f"{FOLDER}/{path.name}": path.read_text(encoding="utf-8") for path in _paths()}


def _paths() -> Iterator[Path]:
    for name in CALLERS:
        yield _PACKAGED / f"{name}.yml"
        reusable = f"tapctl-{name}.yml"
        installed = _PACKAGED / reusable
        yield installed if installed.exists() else _CHECKOUT / reusable
