"""A text → a file for its owner only, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tapctl.errors import UsageError


def write_private(path: Path, text: str) -> None:
    """Replaces what is there. Raises UsageError, and then leaves nothing beside it."""
    try:
        _write(path, text)
    except OSError as error:
        raise UsageError(f'"{path}" cannot be written: {error.strerror}') from error


def _write(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
