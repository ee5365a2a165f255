"""The variables of a workflow's run → where GitHub is, which repository and pull request is meant.

https://docs.github.com/actions/reference/workflows-and-actions/variables (checked 2026-11).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tapctl.errors import UsageError
from tapctl.graph.clouds import is_loopback

_API: Final = "https://api.github.com"
_REPOSITORY: Final = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`api` and `graphql` are addresses without a slash at the end, `repository` is `owner/name`."""

    api: str
    graphql: str
    repository: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """`commit` is the head's; empty where nobody says it."""

    number: int
    commit: str = ""


def place(environ: Mapping[str, str]) -> Place:
    """Raises UsageError for what is missing, and for an address that a token must not be sent to."""
    api = (environ.get("GITHUB_API_URL") or _API).rstrip("/")
    graphql = environ.get("GITHUB_GRAPHQL_URL") or f"{api.removesuffix('/v3')}/graphql"
    for name, url in (("GITHUB_API_URL", api), ("GITHUB_GRAPHQL_URL", graphql)):
        _check(name, url)
    repository = environ.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(repository):
        raise UsageError(f'GITHUB_REPOSITORY has to be owner/name; it is "{repository}"')
    token = (environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN") or "").strip()
    if not token:
        raise UsageError("GITHUB_TOKEN is not set; give the step `env: GITHUB_TOKEN: ${{ github.token }}`")
    return Place(api=api, graphql=graphql, repository=repository, token=token)


def _check(name: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme != "http" or not is_loopback(url):
        raise UsageError(f'{name} is "{url}": the token goes to https only')


def pull_request(environ: Mapping[str, str], number: int | None) -> PullRequest:
    """What the event is about, or the number that was said. Raises UsageError if it is no pull request."""
    event = _event(environ.get("GITHUB_EVENT_PATH", ""))
    found = event.get("pull_request") or {}
    happened = found.get("number") or event.get("issue", {}).get("number")
    chosen = number or happened
    if not isinstance(chosen, int):
        raise UsageError("the event is about no pull request; say which with --pr NUMBER")
    commit = str(found.get("head", {}).get("sha", "")) if chosen == happened else ""
    return PullRequest(number=chosen, commit=commit)


def _event(path: str) -> dict[str, Any]:
    if not path:
        return {}
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f'GITHUB_EVENT_PATH: "{path}" cannot be read: {error}') from error
    return found if isinstance(found, dict) else {}
