"""A CSV file as spreadsheets write it (commas, semicolons, tabs; UTF-8 or UTF-16) → rows, one at a time."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tapctl.model import Finding, Place
from tapctl.passes.roster.row import COLUMNS, Mistaken, Row, column_of, misread, twice, unknown_column

_DELIMITERS = ",;\t"


class _Lines:
    """Hands lines to the reader and remembers the one it is at, for places."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.last, self.number = "", 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.last = next(self._lines)
        self.number += 1
        return self.last


def csv_rows(path: Path) -> Iterator[Row | Mistaken]:
    """Raises OSError, UnicodeError and csv.Error."""
    with path.open(encoding=_encoding(path), newline="") as file:
        first = file.readline()
        file.seek(0)
        delimiter = max(_DELIMITERS, key=first.count)
        lines = _Lines(file)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        columns: Sequence[str] | None = None
        for cells in _rows(reader, lines):
            place = _Places(str(path), lines.number, lines.last, delimiter)
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns, mistakes = _header(cells, place)
                if mistakes:
                    yield Mistaken(findings=tuple(mistakes))
                    return
            else:
                yield _row(columns, cells, place)


def _rows(reader: Iterator[list[str]], lines: _Lines) -> Iterator[list[str]]:
    """Raises csv.Error that says where the row begins: an open quote swallows all that follows."""
    while True:
        begins = lines.number + 1
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            is_open = any(words in str(error) for words in ("end of data", "field limit"))
            hint = " (is a quote opened here, and not closed?)" if is_open else ""
            raise csv.Error(f"the row that begins in line {begins}: {error}{hint}") from error


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(2)
    return "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


class _Places:
    """Where the cells of one row stand; in a row of several lines, the last line."""

    def __init__(self, file: str, line: int, text: str, delimiter: str) -> None:
        self._file, self._line, self._text, self._delimiter = file, line, text, delimiter

    def __call__(self, number: int) -> Place:
        starts, is_quoted = [0], False
        for index, char in enumerate(self._text):
            is_quoted ^= char == '"'
            if char == self._delimiter and not is_quoted:
                starts.append(index + 1)
        return Place(self._file, self._line, starts[min(number, len(starts) - 1)] + 1)


def _header(cells: Sequence[str], place: _Places) -> tuple[list[str], list[Finding]]:
    columns = [column_of(cell) or "" for cell in cells]
    mistakes = [
        unknown_column(cell.strip(), place(number))
        for number, cell in enumerate(cells)
        if not columns[number]
    ]
    mistakes += [
        twice(name, place(number)) for number, name in enumerate(columns) if name and name in columns[:number]
    ]
    if "user" not in columns:
        said = f"the first line has to name the columns, user among them ({', '.join(COLUMNS)})"
        mistakes.append(misread(said, place(0)))
    return columns, mistakes


def _row(columns: Sequence[str], cells: Sequence[str], place: _Places) -> Row | Mistaken:
    given = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if cell.strip()}
    if len(cells) > len(columns):
        said = f"the row has {len(cells)} cells, but the first line names {len(columns)} columns"
        return Mistaken(user=given.get("user", ""), findings=(misread(said, place(len(columns))),))
    return Row(cells=given, place=lambda name: place(columns.index(name) if name in columns else 0))
