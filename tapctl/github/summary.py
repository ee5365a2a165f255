"""Markdown → what fits into a step's summary, of which GitHub shows a mebibyte and otherwise nothing.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands (checked 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

LIMIT: Final = 1024 * 1024
_NOTICE: Final = "\n\n**This is too long for the run's summary; the log has the rest.**\n"


def summary(texts: Iterable[str], room: int) -> str:
    """The texts one after the other, in no more than `room` bytes."""
    whole = "".join(f"{text.strip()}\n\n" for text in texts)
    encoded = whole.encode("utf-8", "backslashreplace")
    if len(encoded) <= room:
        return encoded.decode()
    most = room - len(_NOTICE.encode())
    return encoded[: max(most, 0)].decode("utf-8", "ignore").rpartition("\n")[0] + _NOTICE if most > 0 else ""
