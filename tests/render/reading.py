"""What others make of our Markdown and HTML: an independent parser each, and what GitHub adds to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from hypothesis import settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

VOID = {"br", "hr", "img", "meta", "input"}
# What GitHub's own filters look for in text outside of code, once Markdown is HTML.
GITHUB_LINKS = re.compile(
    r"@\w|#\d|\bgh-\d|\bghsa-|https?://|www\.\w|mailto:|:[\w+-]+:|\$\S|\b[0-9a-f]{7,40}\b", re.IGNORECASE
)
PIECES = (
    *"`|\\<>&\"'*_~[]()!#@:$%{}^-+=.,;/? \n\r\t",
    *(
        "```",
        "~~~",
        "||",
        "\\|",
        "\\`",
        "&#96;",
        "&lt;",
        "&#x0;",
        "<!--",
        "-->",
        "<br>",
        "</details>",
        "</code>",
    ),
    *(
        "<img src=x onerror=alert(1)>",
        "<script>",
        "![a](http://evil.example/x.png)",
        "[a](javascript:alert(1))",
    ),
    *("@everyone", "@org/team", "#12", "GH-3", "evil/repo#4", "http://evil.example", "www.evil.example"),
    *(
        "a@evil.example",
        ":octocat:",
        "$`x`$",
        "$$",
        "deadbeefcafe",
        "<https://evil.example>",
        "\n# H",
        "\n- x",
    ),
    *(
        "\n---\n",
        "\n===\n",
        "| a |\n| - |\n",
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
        "\x1b[31m",
        "\u2028",
        "\x85",
    ),
    *(
        "%%{init: {}}%%",
        "end",
        '"]',
        "click a",
        "-->|x|",
        "subgraph",
        "1. ",
        "1) ",
        "    x",
        "fa:fa-car",
        "ﬂ°60¶ß",
    ),
    *("word", "Ærø", "山田", "א", "🙂", "\udcff", "\x00", "\x80"),
)
nasty = st.lists(st.sampled_from(PIECES) | st.characters(codec=None), max_size=12).map("".join)
"""Names chosen to break what shows them."""

calm = settings(deadline=None)  # a busy machine is no failure


@dataclass
class Seen(HTMLParser):
    """The elements of a page in order, with their attributes, and its text; each part is in code or not."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    parts: list[tuple[bool, str]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.errors.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.parts.append((any(tag in ("code", "pre", "style") for tag in self.open), data))

    @property
    def tags(self) -> list[str]:
        return [tag for tag, _ in self.elements]

    @property
    def text(self) -> str:
        return "".join(data for _, data in self.parts)

    @property
    def outside(self) -> str:
        return "\0".join(data for is_code, data in self.parts if not is_code)

    @property
    def inside(self) -> str:
        return "".join(data for is_code, data in self.parts if is_code)


def seen_in_html(page: str) -> Seen:
    seen = Seen()
    seen.feed(page)
    seen.close()
    return seen


def seen_in_markdown(markdown: str) -> Seen:
    """As GitHub reads it: tables, strikethrough, addresses that become links by themselves, raw HTML."""
    parser = MarkdownIt("gfm-like", {"html": True})
    if parser.linkify is not None:
        parser.linkify.set({"fuzzy_link": True, "fuzzy_email": True})
        parser.linkify.tlds([], False)
    return seen_in_html(parser.render(markdown))


def github_would_link(seen: Seen) -> Iterator[str]:
    """Words outside of code that GitHub would make more of than text."""
    yield from (found[0] for found in GITHUB_LINKS.finditer(seen.outside))
