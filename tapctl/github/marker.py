"""The hidden first line by which we find again what we wrote, and only that.

It is an HTML comment, which GitHub does not show: `<!-- tapctl:comment policies/production -->`. What counts
begins with it and was written by us: anybody can write such a line, or quote one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final
from urllib.parse import quote, unquote

from tapctl.github.post import Post
from tapctl.text.words import size

LIMIT: Final = 65_536
"""Characters in the body of a comment or an issue."""
_MARKER: Final = re.compile(r"<!-- tapctl:(\w+) (\S+)/(\S+)((?: \w+=\w+)*) -->")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What a text of ours is about. `facts` are words for our next run."""

    purpose: str
    workspace: str
    environment: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        about = f"{quote(_normal(self.workspace), safe='')}/{quote(self.environment, safe='')}"
        said = "".join(f" {name}={value}" for name, value in self.facts.items())
        return f"<!-- tapctl:{self.purpose} {about}{said} -->"

    def is_about(self, other: Marker) -> bool:
        """Whether both are about the same environment of the same workspace, for the same purpose."""
        mine = (self.purpose, _normal(self.workspace), self.environment)
        return mine == (other.purpose, _normal(other.workspace), other.environment)


def _normal(workspace: str) -> str:
    return PurePath(workspace).as_posix()


def read_marker(body: str) -> Marker | None:
    """The marker at the very start of a text, if there is one."""
    found = _MARKER.match(body)
    if found is None:
        return None
    purpose, workspace, environment, facts = found.groups()
    return Marker(
        purpose=purpose,
        workspace=unquote(workspace),
        environment=unquote(environment),
        facts=dict(fact.split("=", 1) for fact in facts.split()),
    )


def find_marker(post: Post, ours: Marker, author: str) -> Marker | None:
    """The marker of a comment or an issue of GitHub's, if `author` wrote it and it is about the same."""
    if post.author.casefold() != author.casefold():
        return None
    found = read_marker(post.body)
    return found if found is not None and found.is_about(ours) else None


def marked(marker: Marker, text: str, footer: str) -> str:
    """A body that GitHub takes: what does not fit is cut, which is said where everybody looks first."""
    whole = f"{marker}\n{text.strip()}\n\n{footer}\n"
    if size(whole) <= LIMIT:
        return whole
    notice = "**This is too long for GitHub; the run has the whole of it.**"
    room = LIMIT - size(f"{marker}\n{footer}\n\n{notice}\n\n\n")
    return f"{marker}\n{footer}\n\n{notice}\n\n{_beginning(text.strip(), room)}\n"


def _beginning(text: str, most: int) -> str:
    """Whole lines, as many as fit."""
    kept = text.encode("utf-16-le", "surrogatepass")[: 2 * most].decode("utf-16-le", "ignore")
    return kept.rpartition("\n")[0] or kept


def same(one: str, other: str) -> bool:
    """Whether two bodies read the same; a browser saves line breaks in its own way."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()
