"""What is on the disk when the power goes."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def see_to_disk(folder: Path) -> None:
    """A new name is safe once its folder is; Windows has no way to ask for that. Raises OSError."""
    with contextlib.suppress(PermissionError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
