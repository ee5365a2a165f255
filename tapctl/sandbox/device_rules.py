"""The rules of device filters: text and the properties of a device → whether it is meant. Checked 2026-11.

https://learn.microsoft.com/entra/identity/conditional-access/concept-condition-filters-for-devices
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tapctl.sandbox.values import Json

_TOKEN = re.compile(r'\s*(\(|\)|\[[^\]]*\]|"[^"]*"|-?[\w.]+)')
_QUOTED = re.compile(r'"([^"]*)"')
_NAMES = {"deviceownership": "ownership"}  # as What-If calls it


def matches(rule: str, device: Mapping[str, Json]) -> bool:
    """Raises ValueError for a rule that is not understood."""
    reader = _Reader(_TOKEN.findall(rule), {name.lower(): value for name, value in device.items()})
    result = reader.either()
    if reader.tokens:
        raise ValueError(f"unexpected {reader.tokens[0]}")
    return result


class _Reader:
    """Precedence: not, and, or."""

    def __init__(self, tokens: list[str], device: Mapping[str, Json]) -> None:
        self.tokens, self.device = tokens, device

    def either(self) -> bool:
        found = [self.both()]
        while self._takes("or"):
            found.append(self.both())
        return any(found)

    def both(self) -> bool:
        found = [self.one()]
        while self._takes("and"):
            found.append(self.one())
        return all(found)

    def one(self) -> bool:
        if self._takes("not"):
            return not self.one()
        if self._takes("("):
            found = self.either()
            if not self._takes(")"):
                raise ValueError("a parenthesis is not closed")
            return found
        return self._comparison()

    def _takes(self, word: str) -> bool:
        if self.tokens and self.tokens[0].lower().lstrip("-") == word:
            self.tokens.pop(0)
            return True
        return False

    def _comparison(self) -> bool:
        if len(self.tokens) < 3:
            raise ValueError("the rule ends too early")
        name, operator, operand = (self.tokens.pop(0) for _ in range(3))
        key = name.lower().removeprefix("device.")
        held = self.device.get(_NAMES.get(key, key))
        wanted = [text.lower() for text in _QUOTED.findall(operand)] or [operand.lower()]
        word = operator.lower().lstrip("-")
        is_negative = word.startswith("not") or word == "ne"
        positive = {"ne": "eq"}.get(word, word.removeprefix("not"))
        if positive not in _TESTS:
            raise ValueError(f"unknown operator {operator}")
        return _holds(held, positive, wanted) is not is_negative


def _holds(held: Json, operator: str, wanted: list[str]) -> bool:
    """Whether a property compares; null never does."""
    if held is None:
        return False
    values = [str(item).lower() for item in held] if isinstance(held, list) else [str(held).lower()]
    test = _TESTS["eq"] if isinstance(held, list) and operator == "contains" else _TESTS[operator]
    return any(test(value, wanted) for value in values)


_TESTS: Mapping[str, Callable[[str, list[str]], bool]] = {
    "eq": lambda value, wanted: value == wanted[0],
    "in": lambda value, wanted: value in wanted,
    "startswith": lambda value, wanted: value.startswith(wanted[0]),
    "endswith": lambda value, wanted: value.endswith(wanted[0]),
    "contains": lambda value, wanted: wanted[0] in value,
}
