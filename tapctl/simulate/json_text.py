"""The bytes of a JSON file → its value, and where every node of it stands (found only when somebody asks)."""

from __future__ import annotations

import json
import re
import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath
from typing import Final, cast

from tapctl.errors import UsageError
from tapctl.load.settings import quoted
from tapctl.model import Json, JsonObject, Path, Place, Source
from tapctl.text.numbers import NotANumberError, loads

MAX_BYTES: Final = 64 << 20
MAX_DEPTH: Final = 64
_TOO_DEEP: Final = f"is nested more than {MAX_DEPTH} deep"
_TOKEN: Final = re.compile(r'[\s,:]*("(?:[^"\\]|\\.)*"|[\[\]{}]|[^\s,:\[\]{}"]+)')


def read(file: FilePath) -> bytes:
    """A file's bytes; `-` is standard input. Raises UsageError."""
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error


def parse(data: bytes, file: str) -> tuple[Json, Source]:
    """JSON in any Unicode encoding. Raises UsageError, with the place, for what is not JSON."""
    if len(data) > MAX_BYTES:
        raise UsageError(f"{file}: is larger than {MAX_BYTES >> 20} MB, the most that is read")
    try:
        text = data.decode(json.detect_encoding(data)).removeprefix("\ufeff")
        value = loads(text, object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: is not text in a Unicode encoding: {error}") from error
    except json.JSONDecodeError as error:
        raise UsageError(f"{file}:{error.lineno}:{error.colno}: is not JSON: {error.msg}") from error
    except (_WrongError, NotANumberError) as error:
        raise UsageError(f"{file}: {error}") from error
    except RecursionError as error:
        raise UsageError(f"{file}: {_TOO_DEEP}") from error
    if not _is_shallow(value, MAX_DEPTH):
        raise UsageError(f"{file}: {_TOO_DEEP}")
    return cast(Json, value), Source(places=_Places(text, file))


def _is_shallow(value: Json, depth: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth > 0 and all(_is_shallow(item, depth - 1) for item in inner)


class _WrongError(ValueError):
    """What Python's parser lets through and JSON does not."""


def _object(pairs: list[tuple[str, Json]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _WrongError(f"one object holds {quoted(twice)} twice; keep one")
    return found


@dataclass(frozen=True)
class _Places(Mapping[Path, Place]):
    """Path → place. Valid JSON is scanned once, and only if a place is wanted."""

    text: str
    file: str

    @cached_property
    def _found(self) -> dict[Path, Place]:
        lines = [0, *(match.end() for match in re.finditer("\n", self.text))]
        return {path: self._place(lines, offset) for path, offset in _offsets(self.text)}

    def _place(self, lines: list[int], offset: int) -> Place:
        line = bisect_right(lines, offset)
        return Place(self.file, line, offset - lines[line - 1] + 1)

    def __getitem__(self, path: Path) -> Place:
        return self._found[path]

    def __iter__(self) -> Iterator[Path]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _offsets(text: str) -> Iterator[tuple[Path, int]]:
    """Every node's path and offset, outermost first; a property stands where its name does."""
    kinds: list[str] = []
    path: list[str | int] = []
    expects_name = False
    for token in _TOKEN.finditer(text):
        word, at = token[1], token.start(1)
        if word in ("]", "}"):
            kinds.pop()
            path.pop()
        elif expects_name:
            path[-1] = cast(str, json.loads(word))
            yield tuple(path), at
            expects_name = False
            continue
        else:
            if not kinds or kinds[-1] == "[":
                path[-1:] = [cast(int, path[-1]) + 1] if kinds else []
                yield tuple(path), at
            if word in ("[", "{"):
                kinds.append(word)
                path.append(-1)
        expects_name = bool(kinds) and kinds[-1] == "{"
