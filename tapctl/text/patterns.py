"""Name patterns of settings and `--name`: `*` is any text, `?` one character, all else is itself."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_SPECIAL: Final = {"*": ".*", "?": "."}


def matches(pattern: str, name: str) -> bool:
    """Whether the whole name is like the pattern; letter case counts. A bracket is one: names begin so."""
    return _compiled(pattern).fullmatch(name) is not None


def is_literal(text: str) -> bool:
    """Whether the text is like nothing but itself."""
    return not _SPECIAL.keys() & {*text}


def is_everything(pattern: str) -> bool:
    """Whether every name is like the pattern."""
    return "*" in pattern and not pattern.strip("*?")


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (_SPECIAL.get(character) or re.escape(character) for character in pattern)
    return re.compile("".join(parts), re.DOTALL)
