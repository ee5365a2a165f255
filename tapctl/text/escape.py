"""Text from a tenant or a file → text that does nothing to whoever looks at it."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

# Controls (terminal escapes, line breaks), format characters (bidi, zero width, soft hyphens, tags), line
# and paragraph separators, surrogates, and every space but the plain one.
_CATEGORIES: Final = ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")
# Letters and marks that show nothing: fillers, joiners, variation selectors.
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)

# What an agent of Azure Pipelines or a runner of GitHub obeys wherever it stands in a line of a log, in any
# letter case: `##vso[task.setvariable ...]`, `##[add-mask]` (their sources, checked 2026-11).
_LOGGING_COMMAND: Final = re.compile(r"##(?=(?:vso)?\[)", re.IGNORECASE)

# What a runner of GitHub obeys at the start of a line, after any blanks: `::add-mask::x`
# (TryParseV2 in actions/runner, src/Runner.Common/ActionCommand.cs, checked 2026-11).
_COMMAND_LINE: Final = re.compile(r"^([^\S\n]*:):", re.MULTILINE)

_DOUBLED: Final = re.compile(r"(?<= ) ")
_AT_ENDS: Final = re.compile(r"^ | $")


@cache
def is_hidden(char: str) -> bool:
    """Whether a character acts instead of being seen, or cannot be seen at all."""
    if char == " ":
        return False
    if unicodedata.category(char) in _CATEGORIES or _INVISIBLE.match(char):
        return True
    return _is_no_character(char)


def _is_no_character(char: str) -> bool:
    """A code point that never will be one, and that HTML and Markdown replace (Unicode, 23.7)."""
    point = ord(char)
    return 0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE


def visible(text: str) -> str:
    """`text` on one line; what could act or hide is written out: `\\x1b`, `\\u202e`, `#\\x23vso[`."""
    text = _LOGGING_COMMAND.sub(r"#\\x23", text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_written(char) if is_hidden(char) else char for char in text)


def unheard(printed: str) -> str:
    """Lines of which none begins with `::`, wherever names and line breaks fell: `:\\x3aadd-mask::x`.

    Only whole lines tell: inside of one the colons mean nothing, as in `fd00::1`.
    """
    return _COMMAND_LINE.sub(r"\1\\x3a", printed)


def spelled(sentence: str) -> str:
    """The same of a sentence with names in it, in which a doubled space would be seen as one."""
    return _DOUBLED.sub(r"\\x20", visible(sentence))


def named(words: str) -> str:
    """The same of a name that stands alone, whose spaces at the ends would not be seen either."""
    return _AT_ENDS.sub(r"\\x20", spelled(words))


def _written(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


def json_safe(document: str) -> str:
    """A JSON document in which such characters stand as JSON's own escapes: equal to a parser, safe to print.

    Line breaks and spaces between the values are layout; inside strings JSON has escaped them already.
    """
    return "\n".join(map(_safe_line, document.split("\n")))


def _safe_line(line: str) -> str:
    line = _LOGGING_COMMAND.sub(r"#\\u0023", line)
    if line.isascii() and line.isprintable():
        return line
    return "".join(_json_escape(char) if is_hidden(char) else char for char in line)


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
