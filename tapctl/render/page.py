"""Lines of text that fit a terminal, with their indentation and, where it is asked for, colour."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.console import Console

_NARROWEST: Final = 40


class Page:
    """Collects lines. rich, which loads slowly, is asked only for colour and for what does not fit."""

    def __init__(self, width: int, *, colour: bool) -> None:
        self._file = io.StringIO()
        self._width, self._colour = max(width, _NARROWEST), colour

    @cached_property
    def _console(self) -> Console:
        from rich.console import Console

        return Console(
            file=self._file,
            width=self._width,
            force_terminal=self._colour,
            color_system="standard" if self._colour else None,
            legacy_windows=False,
            _environ={},
        )

    def line(self, *parts: str | tuple[str, str], indent: int = 0, hang: int = 2) -> None:
        """Parts are texts, or texts with a style; what does not fit goes on below, further in."""
        plain = "".join(part if isinstance(part, str) else part[0] for part in parts)
        if not self._colour and plain.isascii() and len(plain) <= self._width - indent:
            self._file.write(" " * indent + plain.rstrip() + "\n")
        else:
            self._wrapped(parts, indent, hang)

    def _wrapped(self, parts: Sequence[str | tuple[str, str]], indent: int, hang: int) -> None:
        from rich.text import Text

        text = Text.assemble(*parts)
        room = self._width - indent - hang
        lines = text.wrap(self._console, room) if text.cell_len > self._width - indent else [text]
        for number, piece in enumerate(lines):
            piece.rstrip()
            prefix = Text(" " * (indent if number == 0 else indent + hang))
            self._console.print(prefix + piece, soft_wrap=True, highlight=False)

    def gap(self) -> None:
        self._file.write("\n")

    def text(self) -> str:
        return self._file.getvalue()
