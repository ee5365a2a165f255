"""Words about how many there are, and which; and how long a text is."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, one: str, many: str = "") -> str:
    """`1 change`, `2 changes`."""
    return f"{number} {one}" if number == 1 else f"{number} {many or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([*filter(None, [", ".join(words[:-1])]), *words[-1:]])


def few(names: Sequence[str], most: int = 3) -> str:
    """The first, in quotes, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more


def size(text: str) -> int:
    """Characters as UTF-16 counts them: never fewer than whoever counts otherwise."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
