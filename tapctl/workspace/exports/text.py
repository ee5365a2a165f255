"""The bytes of a file → its text, whatever wrote it, and the line of every value in it."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Final

from tapctl.model import Path as JsonPath
from tapctl.text.numbers import NotANumberError

MAX_BYTES: Final = 64 << 20
_ENCODINGS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:\n]|[^\s\[\]{},:"]+', re.DOTALL)

_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_ADJACENT = re.compile(r"\}\s*\{")  # in no JSON text but within its strings
_BOUNDARIES: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str, strict=False)


class Unreadable(Exception):
    """Why a file is no JSON; `line` where that is known."""

    def __init__(self, rule: str, message: str, line: int = 1) -> None:
        self.rule, self.line = rule, line
        super().__init__(message)


def bytes_of(file: Path) -> bytes:
    if not file.is_file():  # opening a pipe would wait for ever
        raise Unreadable("export-unreadable", "is not a file")
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable("export-unreadable", f"cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise Unreadable("export-unreadable", f"is larger than {MAX_BYTES >> 20} MiB; split it")
    return data


def decoded(data: bytes) -> str:
    """By the byte-order mark, else by where a JSON text has its first zero byte, else UTF-8."""
    encoding = next((name for mark, name in _ENCODINGS if data.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in data[:2]:
        encoding = "utf-16-be" if data[0] == 0 else "utf-16-le"
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable("export-encoding", f"is not {error.encoding}; save it as UTF-8", line) from error
    if not text.strip():
        raise Unreadable("export-not-json", "is empty")
    return text


def one_list(text: str) -> str:
    """Objects one after another (JSON lines) as one list, every value in the line that it had; any other text
    as it is. Where what follows an object is no whole one, the list says so when it is parsed."""
    if not _ADJACENT.search(text):
        return text
    starts = [*_starts(text)]
    if len(starts) == 1:
        return text
    return f"[{','.join(text[one:other] for one, other in pairwise([*starts, len(text)]))}]"


def uncommented(text: str) -> str:
    """The same without comments, every value in the line that it had."""

    def spaces(found: re.Match[str]) -> str:
        return found[0] if found[0][0] == '"' else " " + "\n" * found[0].count("\n")

    return _COMMENT.sub(spaces, text)


def _starts(text: str) -> Iterator[int]:
    """Where each value begins, the space before the first included, until one is not whole."""
    start = 0
    with suppress(json.JSONDecodeError):
        while start < len(text):
            yield start
            start = _after_space(text, _BOUNDARIES.raw_decode(text, _after_space(text, start))[1])


def _after_space(text: str, start: int) -> int:
    while text[start : start + 1].isspace():
        start += 1
    return start


def reason_of(error: json.JSONDecodeError | NotANumberError, text: str) -> tuple[str, int]:
    """Why a text is no JSON, and in which line."""
    if isinstance(error, json.JSONDecodeError):
        return error.msg, error.lineno
    return str(error), text.count("\n", 0, text.find(error.text)) + 1


def lines_of(text: str) -> Iterator[tuple[JsonPath, int]]:
    """Every value's path and line, in order; a path comes twice where a property does."""
    line = 1
    path: list[str | int] = []
    opened: list[str] = []
    is_key = False
    for word in _TOKEN.findall(text):
        if word in ("}", "]"):
            opened.pop()
            path.pop()
            is_key = False
        elif word == ",":
            is_key = opened[-1] == "{"
            path[-1] = path[-1] + 1 if isinstance(path[-1], int) else path[-1]
        elif word == ":":
            is_key = False
        elif word == "\n":
            line += 1
        elif is_key:
            path[-1] = str(json.loads(word, strict=False))
        else:
            yield tuple(path), line
            if word in ("{", "["):
                opened.append(word)
                path.append("" if word == "{" else 0)
                is_key = word == "{"
        line += word.count("\n") if len(word) > 1 else 0


def pointer(path: JsonPath) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
