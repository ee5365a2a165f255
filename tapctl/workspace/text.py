"""A file of the workspace that is about to be edited → its text, as it stands there."""

from __future__ import annotations

from pathlib import Path

from tapctl.errors import Refused


def read_text(path: Path) -> str:
    """With its own line breaks. Raises Refused for UTF-16, which is read elsewhere but never written."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(f'"{path}" is not UTF-8, which is what tapctl writes; save it as UTF-8') from error
