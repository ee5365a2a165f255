"""Which folder is meant: the one with the documents, or the repository around it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

DEFAULT_FOLDER: Final = "policies"


def inside(folder: Path) -> Path:
    """`policies` in a folder that is a repository and no workspace itself."""
    inner = folder / DEFAULT_FOLDER
    is_repository = (inner / "tapctl.yaml").is_file() and not (folder / "tapctl.yaml").exists()
    return inner if is_repository else folder
