"""Where the nodes of a YAML text stand in it, as ruamel.yaml composed them: which characters, which lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

BOM: Final = "\ufeff"

Node: TypeAlias = Any  # ruamel.yaml declares little more


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A text that ends in a line break. Every answer is an index into it."""

    text: str

    def end(self, node: Node) -> int:
        """Where the content of a node ends: marks of blocks reach to whatever follows them."""
        if is_empty(node):
            return 0
        if is_block(node):
            return self._block_end(node)
        if node.id == "scalar" or node.flow_style or not node.value:
            return int(node.end_mark.index)
        return self.span(node.value[-1])[1]

    def span(self, item: Node | tuple[Node, Node]) -> tuple[int, int]:
        """Of an item, or of a property with its value."""
        first, last = item if isinstance(item, tuple) else (item, item)
        return start_of(first), max(self.end(first), self.end(last))

    def _block_end(self, node: Node) -> int:
        """The end of the last line that is as far in as the first."""
        end = self.text.index("\n", start_of(node))
        content = end
        margin = ""
        for line in self.text[end + 1 : node.end_mark.index].splitlines(keepends=True):
            text = line.strip()
            margin = margin or (line[: len(line) - len(line.lstrip())] if text else "")
            if text and not line.startswith(margin):
                break
            end += len(line)
            content = end if text else content
        return content

    def below(self, key: Node, value: Node, column: int) -> int:
        """The end of the lines of a property, comments further in than its name included."""
        return self.lines_end(max(self.end(key), self.end(value)), column)

    def lines_end(self, end: int, column: int) -> int:
        """The end of the line that holds this index, and of the comments below it that are further in."""
        end = self.line_end(end)
        while (inside := re.compile(rf" {{{column + 1},}}#.*\n").match(self.text, end)) is not None:
            end = inside.end()
        return end

    def above(self, line: int, column: int) -> int:
        """The start of the comment lines directly above, at the same column."""
        while self.text.startswith(" " * column + "#", previous := self.line_start(line - 1)):
            line = previous
        return line

    def line_start(self, index: int) -> int:
        """The start of the line that holds this index."""
        return self.text.rfind("\n", 0, index) + 1

    def line_end(self, index: int) -> int:
        """The end of that line, its break included."""
        return self.text.index("\n", index) + 1

    def item_span(self, node: Node, column: int) -> tuple[int, int]:
        """The lines of an item: from the comments above its dash."""
        line = self.line_start(start_of(node))
        while self.text[line : line + column + 1] != " " * column + "-":
            line = self.line_start(line - 1)
        return self.above(line, column), self.lines_end(self.end(node), column)


def is_block(node: Node) -> bool:
    """A scalar in lines below its property."""
    return node.id == "scalar" and node.style in ("|", ">")


def is_empty(node: Node) -> bool:
    """Nothing is written, and the marks are those of whatever comes next."""
    return node.id == "scalar" and node.style is None and node.value == ""


def start_of(node: Node) -> int:
    """Where a node begins."""
    return int(node.start_mark.index)


def newline_of(text: str) -> str:
    """The line break that a file uses."""
    return "\r\n" if "\r\n" in text else "\n"
