"""OData `$filter` text → a test for objects, and which properties and operators it uses. Pure."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tapctl.sandbox.values import Json, bad_request, moment_of

Scope: TypeAlias = Mapping[str, Json]  # the object under "", and the variable of an enclosing any()
Test: TypeAlias = Callable[[Scope], bool]

TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^']|'')*')
    | (?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})
    | (?P<moment>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?)
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<word>[A-Za-z_@][\w@./]*)
    | (?P<mark>[(),:])
    )""",
    re.VERBOSE,
)
COMPARISONS: Mapping[str, Callable[[Json, Json], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
TEXT_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}
CONSTANTS: Mapping[str, Json] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Use:
    """One property that the filter looks at, how, and with how many values."""

    property: str
    operator: str
    values: int = 1


@dataclass(frozen=True, slots=True)
class Filter:
    test: Test
    uses: tuple[Use, ...]

    def matches(self, value: Json) -> bool:
        return self.test({"": value})


def parse_filter(text: str) -> Filter:
    parser = _Parser(text)
    test = parser.either()
    parser.expect_end()
    return Filter(test, tuple(parser.uses))


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._variables: list[str] = []
        self._collection = ""
        self._text = text
        self.uses: list[Use] = []

    def either(self) -> Test:
        tests = [self._both()]
        while self._take("or"):
            tests.append(self._both())
        return lambda scope: any(test(scope) for test in tests)

    def expect_end(self) -> None:
        if self._tokens:
            raise self._invalid()

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return lambda scope: all(test(scope) for test in tests)

    def _one(self) -> Test:
        if self._take("not"):
            test = self._one()
            self.uses.append(Use(self.uses[-1].property, "not"))
            return lambda scope: not test(scope)
        if self._take("("):
            test = self.either()
            self._expect(")")
            return test
        return self._clause(self._word())

    def _clause(self, word: str) -> Test:
        if word.lower() in TEXT_TESTS and self._take("("):
            return self._text_test(word.lower())
        if word == "isof" and self._take("("):
            return self._type_test()
        if word.endswith("/any") and self._take("("):
            return self._any(word.removesuffix("/any"))
        return self._comparison(word)

    def _text_test(self, name: str) -> Test:
        path = self._word()
        self._expect(",")
        wanted = str(self._literal()).lower()
        self._expect(")")
        self._use(path, name)
        compare = TEXT_TESTS[name]
        return lambda scope: any(
            compare(value.lower(), wanted) for value in _values(scope, path) if isinstance(value, str)
        )

    def _type_test(self) -> Test:
        wanted = f"#{self._literal()}"
        self._expect(")")
        self.uses.append(Use("@odata.type", "isof"))
        return lambda scope: scope[""].get("@odata.type") == wanted

    def _any(self, path: str) -> Test:
        self._use(path, "any")
        if self._take(")"):
            return lambda scope: bool(_items(scope, path))
        variable = self._word()
        self._expect(":")
        self._variables.append(variable)
        outer, self._collection = self._collection, path
        test = self.either()
        self._collection = outer
        self._variables.remove(variable)
        self._expect(")")
        return lambda scope: any(test({**scope, variable: item}) for item in _items(scope, path))

    def _comparison(self, path: str) -> Test:
        name = self._word()
        if name == "in":
            return self._membership(path)
        if name == "has":
            return self._flags_test(path)
        if name not in COMPARISONS:
            raise self._invalid()
        wanted = self._literal()
        self._use(path, name)
        return lambda scope: any(_compare(name, value, wanted) for value in _values(scope, path))

    def _membership(self, path: str) -> Test:
        self._expect("(")
        wanted = [self._literal()]
        while self._take(","):
            wanted.append(self._literal())
        self._expect(")")
        self._use(path, "in", len(wanted))
        return lambda scope: any(
            _compare("eq", value, one) for value in _values(scope, path) for one in wanted
        )

    def _flags_test(self, path: str) -> Test:
        wanted = {part.strip() for part in str(self._literal()).split(",")}
        self._use(path, "has")
        return lambda scope: any(wanted <= set(str(value).split(",")) for value in _values(scope, path))

    def _use(self, path: str, name: str, values: int = 1) -> None:
        head, _, rest = path.partition("/")
        if head in self._variables:
            path = f"{self._collection}/{rest}" if rest else self._collection
        self.uses.append(Use(path, name, values))

    def _literal(self) -> Json:
        if not self._tokens:
            raise self._invalid()
        kind, text = self._tokens.pop(0)
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text)
        if kind == "moment":
            return moment_of(text)
        if kind == "word" and text in CONSTANTS:
            return CONSTANTS[text]
        if kind == "guid":
            return text
        raise self._invalid()

    def _word(self) -> str:
        if not self._tokens or self._tokens[0][0] != "word":
            raise self._invalid()
        return self._tokens.pop(0)[1]

    def _take(self, text: str) -> bool:
        if self._tokens and self._tokens[0][1] == text and self._tokens[0][0] != "text":
            self._tokens.pop(0)
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise self._invalid()

    def _invalid(self) -> Exception:
        return bad_request(f"Invalid filter clause: {self._text}")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    text = text.strip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise bad_request(f"Invalid filter clause: {text}")
        tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
        position = match.end()
    return tokens


def _values(scope: Scope, path: str) -> list[Json]:
    """What a path leads to: one value (None where it is absent), or none behind a cast to another type."""
    head, _, rest = path.partition("/")
    value, steps = (scope[head], rest) if head in scope else (scope[""], path)
    for step in filter(None, steps.split("/")):
        if step.startswith("microsoft.graph."):
            if value.get("@odata.type") != f"#{step}":
                return []
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return [value]


def _items(scope: Scope, path: str) -> list[Json]:
    return [item for value in _values(scope, path) if isinstance(value, list) for item in value]


def _compare(name: str, value: Json, wanted: Json) -> bool:
    """Text compares without regard to case, as the directory does; unlike kinds are just not equal."""
    if isinstance(value, str) and isinstance(wanted, str):
        return COMPARISONS[name](value.lower(), wanted.lower())
    if isinstance(value, str) and hasattr(wanted, "tzinfo"):
        return COMPARISONS[name](moment_of(value), wanted)
    if name in ("eq", "ne"):
        return COMPARISONS[name](value, wanted)
    return isinstance(value, int | float) and isinstance(wanted, float) and COMPARISONS[name](value, wanted)
