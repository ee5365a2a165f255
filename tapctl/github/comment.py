"""One comment for each environment on a pull request, kept up to date.

In: what it shall say. Out: what was done. Nothing is written if it says that already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from tapctl.github.api import Api, settled
from tapctl.github.marker import Marker, find_marker, same
from tapctl.github.post import Post

Mode: TypeAlias = Literal["update", "new", "hide"]
OURS: Final = "github-actions[bot]"
"""Who writes with the token of a workflow's run."""
_HIDE: Final = """\
mutation($comment: ID!) {
  minimizeComment(input: {subjectId: $comment, classifier: OUTDATED}) { minimizedComment { isMinimized } }
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of a comment or an issue: `hidden` is how many earlier ones were folded away."""

    action: str
    url: str = ""
    hidden: int = 0


def keep_comment(api: Api, pull_request: int, body: str, marker: Marker, *, mode: Mode, author: str) -> Kept:
    """Let the newest comment of ours be this one. Raises GitHubError."""
    return settled(lambda: _keep(api, pull_request, body, marker, mode, author))


def _keep(api: Api, pull_request: int, body: str, marker: Marker, mode: Mode, author: str) -> Kept:
    comments = f"issues/{pull_request}/comments"
    found = [item for item in api.get(comments) if find_marker(item, marker, author)]
    if found and same(found[-1].body, body):
        newest = found.pop()
        hidden = _hide(api, found) if mode == "hide" else 0
        return Kept(action="unchanged", url=newest.url, hidden=hidden)
    if found and mode == "update":
        url = api.patch(f"issues/comments/{found[-1].number}", {"body": body})
        return Kept(action="updated", url=url)
    url = api.post(comments, {"body": body})
    return Kept(action="created", url=url, hidden=_hide(api, found) if mode == "hide" else 0)


def _hide(api: Api, comments: list[Post]) -> int:
    """Fold them away, whoever did so before."""
    for item in comments:
        api.mutate(_HIDE, {"comment": item.node})
    return len(comments)
