"""Rules of the catalogue that nothing declared or observed can decide, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OUT_OF_REACH: Final[Mapping[str, str]] = {}
"""Rule id → the reason."""
