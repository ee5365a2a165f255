"""A comment or an issue as GitHub answers → what we go by. Whatever has another shape is an error in words.

https://docs.github.com/rest/issues (checked 2026-11): `user` is null where the account is gone, `body` where
nothing was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tapctl.errors import GitHubError

_LONGEST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """`number` is a comment's id, or an issue's number; `node` is what GraphQL calls it."""

    number: int
    node: str
    author: str
    body: str
    url: str
    is_pull_request: bool


def read_post(found: Any) -> Post:
    """Raises GitHubError for what is neither a comment nor an issue."""
    if not isinstance(found, dict):
        raise GitHubError(
            f"GitHub answers with something else where a comment or issue belongs: {_shown(found)}"
        )
    user = found.get("user") or {}
    number, node = found.get("number", found.get("id")), found.get("node_id") or ""
    author, body = user.get("login") or "" if isinstance(user, dict) else None, found.get("body") or ""
    url = found.get("html_url") or ""
    texts = (node, author, body, url)
    if type(number) is not int or not all(isinstance(item, str) for item in texts):
        raise GitHubError(f"GitHub answers with a comment or issue of a shape not known: {_shown(found)}")
    return Post(
        number=number,
        node=node,
        author=str(author),
        body=body,
        url=url,
        is_pull_request="pull_request" in found,
    )


def _shown(found: Any) -> str:
    said = repr(found)
    return said if len(said) <= _LONGEST else said[:_LONGEST] + "…"
