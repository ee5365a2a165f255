"""GitHub's API as plain JSON: paging, waiting where GitHub asks for it, and errors in words.

https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api: one request at a time;
a limit is a 403 or 429 with `retry-after`, or `x-ratelimit-reset` where none remain, or at least a minute.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tapctl.errors import GitHubError
from tapctl.github.place import Place
from tapctl.github.post import Post, read_post

if TYPE_CHECKING:
    import httpx

ATTEMPTS: Final = 5
LONGEST_WAIT: Final = 300
"""Seconds. Who has to wait for longer is told so."""
_BROKEN: Final = (500, 502, 503, 504)
_UNSAID: Final = 60  # seconds to wait at a limit that does not say how long
_TIMEOUT: Final = 30
_PER_PAGE: Final = 100
_LONGEST_MESSAGE: Final = 500
_TRIES: Final = 3
_Result = TypeVar("_Result")


class AnswerUnclear(GitHubError):
    """Something was to be made, and the answer was lost: it may or may not be there."""


@dataclass(slots=True, kw_only=True)
class Api:
    """One conversation with GitHub; `wait` sleeps for so many seconds."""

    client: httpx.Client
    place: Place
    wait: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time

    def get(self, path: str, **query: str) -> Iterator[Post]:
        """Every item of a collection, page by page."""
        url = f"{self._repository}/{path}"
        parameters: dict[str, str] | None = {"per_page": str(_PER_PAGE), **query}
        while url:
            answer = self._send("GET", url, params=parameters)
            found = _json(answer)
            if not isinstance(found, list):
                raise GitHubError(f"GET {answer.request.url.path}: GitHub's answer is no list")
            yield from map(read_post, found)
            url, parameters = self._next(answer), None

    def post(self, path: str, body: dict[str, Any]) -> str:
        """Make something, and where it is. Raises AnswerUnclear if nobody knows whether it was made."""
        return _address(self._send("POST", f"{self._repository}/{path}", json=body, repeatable=False))

    def patch(self, path: str, body: dict[str, Any]) -> str:
        """Change something, and where it is; doing it twice is doing it once."""
        return _address(self._send("PATCH", f"{self._repository}/{path}", json=body))

    def mutate(self, query: str, variables: dict[str, Any]) -> None:
        """A GraphQL mutation that may be repeated. https://docs.github.com/graphql/guides/forming-calls-with-graphql"""
        body = {"query": query, "variables": variables}
        answer = _json(self._send("POST", self.place.graphql, json=body))
        try:
            said = [str(error["message"]) for error in answer.get("errors") or ()]
        except (AttributeError, KeyError, TypeError) as error:
            raise GitHubError("GitHub's answer to a GraphQL mutation is of a shape not known") from error
        if said:
            raise GitHubError(f"GitHub refuses: {'; '.join(said)}")

    @property
    def _repository(self) -> str:
        return f"{self.place.api}/repos/{self.place.repository}"

    def _send(self, method: str, url: str, *, repeatable: bool = True, **rest: Any) -> httpx.Response:
        import httpx

        what = f"{method} {httpx.URL(url).path}"
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = self.client.request(method, url, **rest)
            except httpx.TransportError as error:
                problem, pause = f"{what}: no answer ({type(error).__name__})", 2.0**attempt
                is_lost = not isinstance(error, httpx.ConnectError)
            else:
                if answer.is_success:
                    return answer
                problem, is_lost = _problem(what, answer), answer.status_code in _BROKEN
                pause = 2.0**attempt if is_lost else self._pause(answer)
            if is_lost and not repeatable:
                self.wait(pause)
                raise AnswerUnclear(problem)
            if not pause or attempt == ATTEMPTS:
                raise GitHubError(problem)
            if pause > LONGEST_WAIT:
                raise GitHubError(
                    f"{problem}\n  GitHub asks to wait for {pause:.0f} seconds; run this again then."
                )
            self.wait(pause)

    def _pause(self, answer: httpx.Response) -> float:
        """How long a limit asks to wait; 0 if it is no limit."""
        if answer.status_code not in (403, 429):
            return 0
        headers = answer.headers
        if headers.get("retry-after", "").isdigit():
            return max(float(headers["retry-after"]), 0.1)
        if headers.get("x-ratelimit-remaining") == "0" and headers.get("x-ratelimit-reset", "").isdigit():
            return max(float(headers["x-ratelimit-reset"]) - self.now(), 1)
        return _UNSAID if answer.status_code == 429 or "rate limit" in answer.text.lower() else 0

    def _next(self, answer: httpx.Response) -> str:
        """The next page's address; the token goes nowhere else."""
        import httpx

        url = str(answer.links.get("next", {}).get("url", ""))
        if url and httpx.URL(url).copy_with(raw_path=b"/") != httpx.URL(self.place.api).copy_with(
            raw_path=b"/"
        ):
            raise GitHubError(f"GitHub's next page is elsewhere: {url}")
        return url


@contextmanager
def connect(place: Place) -> Iterator[Api]:
    """A conversation as whoever the token belongs to."""
    import httpx

    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {place.token}",
        "User-Agent": "tapctl",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    with httpx.Client(headers=headers, timeout=_TIMEOUT) as client:
        yield Api(client=client, place=place)


def settled(act: Callable[[], _Result]) -> _Result:
    """What `act` comes to, which looks at what is there first: while an answer is lost, it looks again."""
    for _ in range(_TRIES - 1):
        try:
            return act()
        except AnswerUnclear:
            continue
    return act()


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise GitHubError(f"{answer.request.url.path}: GitHub's answer is no JSON") from error


def _address(answer: httpx.Response) -> str:
    """Where what was written is, for people; empty if GitHub does not say it."""
    found = _json(answer)
    url = found.get("html_url") if isinstance(found, dict) else None
    return url if isinstance(url, str) else ""


def _problem(what: str, answer: httpx.Response) -> str:
    try:
        message = str(answer.json()["message"])[:_LONGEST_MESSAGE]
    except (ValueError, KeyError, TypeError):
        message = answer.reason_phrase
    problem = f"{what}: {answer.status_code} {message}"
    match answer.status_code:
        case 401:
            return f"{problem}\n  The token is not accepted, or it has run out."
        case 403 if "not accessible" in message:
            return (
                f"{problem}\n  The job needs `permissions:` with pull-requests: write (comment) or "
                "issues: write (issue). A pull request from a fork gets neither."
            )
        case 404:
            return f"{problem}\n  It is not there, or the token may not see it."
        case 301 | 302 | 307 | 308:
            return f"{problem}\n  The repository goes by another name now."
        case _:
            return problem
