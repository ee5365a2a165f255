"""Text from strangers → pieces of GitHub-flavoured Markdown in which it is nothing but text.

GitHub links more than Markdown says, after rendering and everywhere but in code: mentions, issue numbers,
commits, addresses, `:emoji:`, $maths$ (GitHub Docs, "Autolinked references and URLs"; checked 2026-11).
So whatever looks like one of these stands in code, and other punctuation that means something is escaped.
What stands in a table has no pipe at all: GitHub splits cells before it looks at anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from tapctl.text.escape import named, visible

_PUNCTUATION: Final = re.compile(r"([!#$&*<>\[\\\]_`{|}~^]|^[-+=]|(?<=\d)[.)]$)")
_LINKED: Final = re.compile(
    r"@|#\d|\$|//|www\.|(mailto|xmpp):|:[\w+-]+:|\b(gh|ghsa|cve)-|\b[0-9a-f]{7,}\b", re.IGNORECASE
)
_OPENING: Final = "('\"[{"
_CLOSING: Final = ")'\"]},.;!?"
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}
_SPACES: Final = re.compile(r"( +)")
_PLAIN: Final = re.compile(r"[^`|\\]+")
_BREAK: Final = "<!-- -->"  # shows nothing, and ends what a linker reads as one word
_BREAKS: Final = re.compile(r"@|//|www|:", re.IGNORECASE)
CLIPPED: Final = "…"
_END: Final = 8
"""Characters kept of a long name's end."""


def text(words: str) -> str:
    """Words in a sentence, on one line: no markup, and nobody is mentioned."""
    return "".join(_word(part) for part in _SPACES.split(visible(words)))


def prose(words: str) -> str:
    """The same of words of ours that set commands in backticks."""
    parts = words.split("`")
    if len(parts) % 2 == 0:
        return text(words)
    return "".join(code(part) if number % 2 else text(part) for number, part in enumerate(parts))


def _word(part: str) -> str:
    """Punctuation around what stands in code stays outside, if what is left is still what would be linked."""
    inner = part.lstrip(_OPENING)
    core = inner.rstrip(_CLOSING)
    for closing in inner[len(core) :]:  # `a(b)` ends with what it opened
        opening = _PAIRS.get(closing)
        if opening is None or core.count(opening) <= core.count(closing):
            break
        core += closing
    if _LINKED.search(core):
        before, after = part[: len(part) - len(inner)], inner[len(core) :]
        return f"{_escaped(before)}{code(core)}{_escaped(after)}"
    return code(part) if _LINKED.search(part) else _escaped(part)


def _escaped(part: str) -> str:
    return _PUNCTUATION.sub(r"\\\1", part)


def lines(words: str) -> str:
    """Words of several lines, in one block."""
    return "<br>".join(text(line.strip()) for line in words.split("\n"))


def code(words: str) -> str:
    """Words in a code span, on one line, also in a table."""
    shown = named(words) or " "
    if _PLAIN.fullmatch(shown):
        return f"`{shown}`"
    return html_code(words)


def html_code(words: str) -> str:
    """The same in HTML, where Markdown may or may not be read (`<summary>`): letters, digits and
    little else stand for themselves."""
    shown = named(words)
    broken = _BREAKS.sub(lambda found: f"{found[0]}\0", shown)
    return f"<code>{''.join(map(_entity, broken))}</code>"


def _entity(char: str) -> str:
    if char == "\0":  # never in visible text
        return _BREAK
    return char if char.isalnum() or char in " -," else f"&#{ord(char)};"


def fenced(found: Iterable[str], language: str = "text") -> str:
    """A code block of lines that are escaped already."""
    body = list(found)
    fence = "`" * max(3, 1 + max(map(_longest_run, body), default=0))
    return "\n".join([f"{fence}{language}", *body, fence])


def _longest_run(words: str) -> int:
    return max(map(len, re.findall(r"`+", words)), default=0)


def clipped(words: str, most: int) -> str:
    """What acts or hides written out, and no longer than `most`."""
    shown = visible(words)
    return shown if len(shown) <= most else shown[: most - 1] + CLIPPED


def cut_name(name: str, most: int) -> str:
    """A name on one line, no longer than `most`: a long one loses its middle, for names of a series differ at
    their ends."""
    shown = visible(name)
    return shown if len(shown) <= most else shown[: most - _END - 1] + CLIPPED + shown[-_END:]


def link(words: str, url: str) -> str:
    """A link of our own making; an address that is none of http's is shown and not linked."""
    if not re.fullmatch(r"https?://[!-~]+", url):
        return f"{text(words)} ({code(url)})"
    safe = "".join(char if char.isalnum() or char in ":/.?=_-%#~,@+" else f"%{ord(char):02X}" for char in url)
    return f"[{text(words)}]({safe})"
