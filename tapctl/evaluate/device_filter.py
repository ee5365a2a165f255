"""The language of device filters: a rule's text → a tree, and a tree + a device → true, false or unknown.

https://learn.microsoft.com/entra/identity/conditional-access/concept-condition-filters-for-devices
An attribute that is null fails every positive operator and passes every negative one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from tapctl.evaluate.situation import Attribute, Device
from tapctl.evaluate.truth import Truth, every, some

LONGEST_RULE: Final = 3072
_EXTENSIONS: Final = tuple(f"extensionAttribute{number}" for number in range(1, 16))
_TEXT: Final = frozenset(
    {"eq", "ne", "startswith", "notstartswith", "endswith", "notendswith", "contains", "notcontains"}
    | {"in", "notin"}
)
_EQUAL: Final = frozenset({"eq", "ne"})
OPERATORS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("deviceId", "mdmAppId"), frozenset({"eq", "ne", "in", "notin"})),
    **dict.fromkeys(
        (
            "displayName",
            "enrollmentProfileName",
            "manufacturer",
            "model",
            "operatingSystem",
            "operatingSystemVersion",
            *_EXTENSIONS,
        ),
        _TEXT,
    ),
    **dict.fromkeys(("deviceOwnership", "isCompliant", "profileType", "trustType"), _EQUAL),
    **dict.fromkeys(("physicalIds", "systemLabels"), frozenset({"contains", "notcontains"})),
}
"""Which operators each attribute takes, as Graph accepts them."""
_ATTRIBUTES: Final = {name.lower(): name for name in OPERATORS}
_POSITIVE: Final = {
    "ne": "eq",
    "notstartswith": "startswith",
    "notendswith": "endswith",
    "notcontains": "contains",
    "notin": "in",
}
"""Each negative operator and the positive one that it negates."""


class FilterError(ValueError):
    """The rule is not in the language; the text says where (a column from 1) and why."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`device.attribute -operator values`; the operator in lower case, values as written."""

    attribute: str
    operator: str
    values: tuple[str, ...]

    @property
    def is_positive(self) -> bool:
        return self.operator not in _POSITIVE


@dataclass(frozen=True, slots=True)
class Not:
    node: Node


@dataclass(frozen=True, slots=True)
class Join:
    """Parts joined by -and or by -or."""

    word: str
    parts: tuple[Node, ...]


Node: TypeAlias = "Comparison | Not | Join"

_TOKEN = re.compile(
    r"""\s*(?:(?P<mark>[()\[\],])|"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<word>[^\s()\[\],"']+))"""
)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    column: int
    is_value: bool


def parse(rule: str) -> Node:
    """Read a rule. Raises FilterError."""
    if len(rule) > LONGEST_RULE:
        raise FilterError(f"the rule has {len(rule)} characters; {LONGEST_RULE} are allowed")
    reader = _Reader(list(_tokens(rule)), len(rule) + 1)
    node = reader.disjunction()
    reader.expect_end()
    return node


def _tokens(rule: str) -> Iterator[_Token]:
    position = 0
    while rule[position:].strip():
        found = _TOKEN.match(rule, position)
        if found is None:
            raise FilterError(f"column {position + 1}: a quotation mark is not closed")
        quoted = found["double"] if found["double"] is not None else found["single"]
        text = quoted if quoted is not None else found["mark"] or found["word"]
        yield _Token(text, found.start(found.lastgroup or 0) + 1, quoted is not None)
        position = found.end()


class _Reader:
    """Recursive descent: -or binds weakest, then -and, then -not."""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens, self._at, self._end = tokens, 0, end

    def disjunction(self) -> Node:
        return self._joined("or", self._conjunction)

    def _conjunction(self) -> Node:
        return self._joined("and", self._negation)

    def _joined(self, word: str, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self._takes_word(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Join(word, tuple(parts))

    def _negation(self) -> Node:
        if self._takes_word("not"):
            return Not(self._negation())
        if self._takes_mark("("):
            node = self.disjunction()
            if not self._takes_mark(")"):
                raise self._wrong('")"')
            return node
        return self._test()

    def _test(self) -> Comparison:
        token = self._next("an attribute such as device.isCompliant")
        name = token.text.lower().removeprefix("device.")
        if token.is_value or not token.text.lower().startswith("device.") or name not in _ATTRIBUTES:
            raise FilterError(f'column {token.column}: "{token.text}" is no attribute of a device')
        attribute = _ATTRIBUTES[name]
        sign = self._next("an operator")
        operator = sign.text.lower().removeprefix("-")
        if operator not in OPERATORS[attribute]:
            known = ", ".join(f"-{word}" for word in sorted(OPERATORS[attribute]))
            raise FilterError(
                f'column {sign.column}: {attribute} does not take "{sign.text}"; it takes {known}'
            )
        return Comparison(attribute, operator, self._values())

    def _values(self) -> tuple[str, ...]:
        if not self._takes_mark("["):
            return (self._next("a value").text,)
        values: list[str] = []
        while not self._takes_mark("]"):
            values.append(self._next('a value or "]"').text)
            self._takes_mark(",")
        return tuple(values)

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            raise self._wrong("-and, -or or the end")

    def _takes_word(self, word: str) -> bool:
        return self._takes(lambda token: not token.is_value and token.text.lower() in (word, f"-{word}"))

    def _takes_mark(self, mark: str) -> bool:
        return self._takes(lambda token: not token.is_value and token.text == mark)

    def _takes(self, fits: Callable[[_Token], bool]) -> bool:
        if self._at < len(self._tokens) and fits(self._tokens[self._at]):
            self._at += 1
            return True
        return False

    def _next(self, what: str) -> _Token:
        if self._at == len(self._tokens):
            raise FilterError(f"column {self._end}: {what} is missing")
        self._at += 1
        return self._tokens[self._at - 1]

    def _wrong(self, expected: str) -> FilterError:
        if self._at == len(self._tokens):
            return FilterError(f"column {self._end}: {expected} is missing")
        token = self._tokens[self._at]
        return FilterError(f'column {token.column}: "{token.text}" stands where {expected} should')


def matches(node: Node, device: Device) -> Truth:
    """Whether the rule is true for the device; None where it needs an attribute that was not given."""
    match node:
        case Comparison():
            return _holds(node, device)
        case Not(inner):
            value = matches(inner, device)
            return None if value is None else not value
        case Join(word, parts):
            values = (matches(part, device) for part in parts)
            return every(values) if word == "and" else some(values)
        case _:
            assert_never(node)


def comparisons(node: Node) -> Iterator[Comparison]:
    """Every comparison in a rule."""
    match node:
        case Comparison():
            yield node
        case Not(inner):
            yield from comparisons(inner)
        case Join(_, parts):
            for part in parts:
                yield from comparisons(part)
        case _:
            assert_never(node)


def _holds(test: Comparison, device: Device) -> Truth:
    given, value = _attribute(test.attribute, device)
    if not given:
        return None
    positive = _compares(_POSITIVE.get(test.operator, test.operator), value, test.values)
    return positive if test.is_positive else not positive


def _attribute(name: str, device: Device) -> tuple[bool, Attribute]:
    """Whether the attribute's value is known, and the value; an unregistered device has only nulls.

    Extension attributes are seen on managed, compliant or hybrid-joined devices only.
    """
    if not device.is_registered:
        return True, None
    if name in _EXTENSIONS and (seen := shows_extensions(device)) is not True:
        return seen is False, None
    for key in (name, *(["ownership"] if name == "deviceOwnership" else [])):
        if key in device.attributes:
            return True, device.attributes[key]
    return False, None


def shows_extensions(device: Device) -> Truth:
    """Whether Entra looks at the extension attributes of this device."""
    return some(
        (
            _flag(device, "managed"),
            _flag(device, "isCompliant"),
            None
            if "trustType" not in device.attributes
            else str(device.attributes["trustType"]).lower() == "serverad",
        )
    )


def _flag(device: Device, name: str) -> Truth:
    return None if name not in device.attributes else device.attributes[name] is True


def _compares(operator: str, value: Attribute, wanted: tuple[str, ...]) -> bool:
    if value is None:
        return operator == "eq" and wanted == ("null",)
    folded = [word.casefold() for word in wanted]
    if isinstance(value, tuple):
        return operator == "contains" and folded[0] in {item.casefold() for item in value}
    text = str(value).casefold()
    match operator:
        case "eq":
            return text == folded[0]
        case "startswith":
            return text.startswith(folded[0])
        case "endswith":
            return text.endswith(folded[0])
        case "contains":
            return folded[0] in text
        case _:
            return text in folded
