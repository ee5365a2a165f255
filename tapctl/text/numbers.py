"""A number of a JSON text → its value; a document and a tenant hold what fits 64 bits and is finite.

Python's own parser takes more, and refuses some in words of its own.
"""

from __future__ import annotations

import json
import math
from functools import partial
from typing import Final, NoReturn

_LONGEST: Final = 20  # digits and a sign
_SHOWN: Final = 40


class NotANumberError(ValueError):
    """`text` is how the number is written."""

    def __init__(self, text: str) -> None:
        self.text = text
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        super().__init__(f"{shown} is no number that JSON has in 64 bits; write one, or text in quotes")


def _integer(text: str) -> int:
    if len(text) > _LONGEST or not -(1 << 63) <= (number := int(text)) < 1 << 63:
        raise NotANumberError(text)
    return number


def _fraction(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise NotANumberError(text)
    return number


def _constant(text: str) -> NoReturn:
    raise NotANumberError(text)


loads: Final = partial(json.loads, parse_int=_integer, parse_float=_fraction, parse_constant=_constant)
"""json.loads that raises NotANumberError for a number that no document and no tenant can hold."""
