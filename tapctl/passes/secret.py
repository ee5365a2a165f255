"""A passcode on its way from Graph's answer to the one place where it is handed over."""

from __future__ import annotations

from typing import NoReturn, final


@final
class Secret:
    """Text that no repr, format, pickle or JSON shows; whoever may see it says `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. Only a delivery calls this."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down")
