"""The formats that results are written in."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Format: TypeAlias = Literal["text", "json", "markdown", "html", "sarif", "junit"]
COMMON_FORMATS: Final[tuple[Format, ...]] = ("text", "json", "markdown")
"""What every command can answer in."""
