"""One issue for each environment that drifts: opened, changed when the drift is another, closed when it ends.

A person who closes it does not end the drift: the next run opens another. An issue that ended stays closed;
new drift is a new issue, with a history of its own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tapctl.github.answers import answers, are_others, retracted
from tapctl.github.api import AnswerUnclear, Api, settled
from tapctl.github.comment import Kept
from tapctl.github.marker import Marker, find_marker, marked, read_marker, same
from tapctl.github.post import Post
from tapctl.model import Json

PURPOSE: Final = "drift"
_OF_DRIFT: Final = "drift-"
_WITH_WHO: Final = ("drift-break-glass-left", "drift-break-glass-lost")
"""Their messages end in who did it, or what became of it: after a colon."""
_TIMES: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+Z?)?|\b\d+ (?:day|hour|minute)s?\b")
_ENDED: Final = "The tenant is what the files say again."
_GONE: Final = "The workspace has no such environment any more, so its tenant is not read."
_CHANGED: Final = "What differs has changed: the text above is of now."
_CORRECTED: Final = "Who did it is told otherwise now: the text above is of now."


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What the issue is to say. `text` is Markdown, `link` the run that read it."""

    marker: Marker
    title: str
    text: str
    footer: str
    link: str = ""
    labels: Sequence[str] = ()
    is_clean: bool

    @property
    def body(self) -> str:
        return marked(self.marker, self.text, self.footer)


def facts(drift: dict[str, Any]) -> dict[str, str]:
    """What a document of `tapctl drift` comes down to, so that a later one can be compared with it.

    Times, counts and who asked are not part of it. Who did it stands beside it: records of the audit log come
    late, and go when Entra no longer keeps them, while the drift is the same.
    """
    objects = [
        [item["address"], item["what"], _named(item), [_differs(field) for field in item["fields"]]]
        for item in drift["drifted"]
    ]
    findings = [
        [item["rule"], item["severity"], item["address"], _detail(item)] for item in drift["findings"]
    ]
    text = json.dumps([objects, findings], sort_keys=True)
    return {"sum": hashlib.sha256(text.encode()).hexdigest()[:16], **answers(drift)}


def _named(item: dict[str, Any]) -> Json:
    """The name that an object goes by, or the objects that may be meant. What became of one that is gone
    hangs on the records that there are."""
    return None if item["what"] == "missing" else item["said"]


def _differs(field: dict[str, Any]) -> list[Json]:
    return [field["path"], field["declared"], field["tenant"]]


def _detail(finding: dict[str, Any]) -> str:
    """What drift itself found may concern others the next night, at the same object. Days that pass, and who
    did it, are not part of it; nor is what lint says of a policy, whose fields are compared."""
    if not finding["rule"].startswith(_OF_DRIFT):
        return ""
    message = _TIMES.sub("", finding["message"])
    return message.partition(": ")[0] if finding["rule"] in _WITH_WHO else message


def keep_issue(api: Api, issue: Issue, author: str) -> Kept:
    """Let the open issue say this, or close it. Raises GitHubError."""
    return settled(lambda: _keep(api, issue, author))


def end_issues(api: Api, issue: Issue, known: Collection[str], author: str) -> tuple[str, ...]:
    """Close what is open about environments that the same workspace no longer has. Raises GitHubError."""
    return settled(lambda: tuple(_end(api, issue, known, author)))


def _end(api: Api, issue: Issue, known: Collection[str], author: str) -> Iterator[str]:
    for item in list(api.get("issues", state="open")):  # all pages, before closing one moves the others
        marker = read_marker(item.body)
        if marker is None or marker.environment in known or item.is_pull_request:
            continue
        if find_marker(item, replace(issue.marker, environment=marker.environment), author) is not None:
            _say(api, item, _with_link(_GONE, issue), author)
            api.patch(f"issues/{item.number}", {"state": "closed", "state_reason": "not_planned"})
            yield item.url


def _keep(api: Api, issue: Issue, author: str) -> Kept:
    found = []
    for item in api.get("issues", state="open"):
        marker = find_marker(item, issue.marker, author)
        if marker is not None and not item.is_pull_request:
            found.append((item, marker))
    found.sort(key=lambda pair: pair[0].number)
    if issue.is_clean:
        return _close(api, issue, [item for item, _ in found], author)
    if not found:
        new = {"title": issue.title, "body": issue.body, "labels": [*issue.labels]}
        return Kept(action="opened", url=api.post("issues", new))
    return _update(api, issue, *found[0], author)


def _close(api: Api, issue: Issue, open_issues: list[Post], author: str) -> Kept:
    for item in open_issues:
        _say(api, item, _with_link(_ENDED, issue), author)
        api.patch(f"issues/{item.number}", {"state": "closed", "state_reason": "completed"})
    return Kept(action="closed", url=open_issues[0].url) if open_issues else Kept(action="nothing-to-do")


def _update(api: Api, issue: Issue, item: Post, before: Marker, author: str) -> Kept:
    is_other = before.facts.get("sum") != issue.marker.facts["sum"]
    if not is_other and not are_others(before.facts, issue.marker.facts):
        return Kept(action="unchanged", url=item.url)
    url = api.patch(f"issues/{item.number}", {"body": issue.body})
    if is_other:
        _say(api, item, _with_link(_CHANGED, issue), author)
    elif retracted(before.facts, issue.marker.facts):
        _say(api, item, _with_link(_CORRECTED, issue), author)
    return Kept(action="updated", url=url)


def _say(api: Api, item: Post, text: str, author: str) -> None:
    """A comment, once: GitHub sends word of it, unlike of a changed text."""
    comments = f"issues/{item.number}/comments"
    try:
        api.post(comments, {"body": text})
    except AnswerUnclear:
        if not any(_is_ours(comment, text, author) for comment in api.get(comments)):
            api.post(comments, {"body": text})


def _is_ours(comment: Post, text: str, author: str) -> bool:
    return comment.author.casefold() == author.casefold() and same(comment.body, text)


def _with_link(text: str, issue: Issue) -> str:
    return f"{text} {issue.link}".strip()
