from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from github_server import TOKEN, GitHub, Trouble

from tapctl.errors import GitHubError
from tapctl.github.api import AnswerUnclear, Api, connect
from tapctl.github.place import place


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def api(github: GitHub, waits: list[float]) -> Iterator[Api]:
    with connect(place(github.variables)) as api:
        yield replace(api, wait=waits.append, now=lambda: 1000.0)


def test_lists_come_page_by_page(github: GitHub, api: Api) -> None:
    github.page = 2
    for number in range(5):
        github.comment(1, str(number))

    assert [item.body for item in api.get("issues/1/comments")] == ["0", "1", "2", "3", "4"]
    assert len(github.asked) == 3


def test_the_token_goes_nowhere_else(github: GitHub, api: Api) -> None:
    github.page, api.place = 1, replace(api.place, api=github.address.replace("127.0.0.1", "localhost"))
    github.comment(1, "one")
    github.comment(1, "two")

    with pytest.raises(GitHubError, match="elsewhere: http://127"):
        list(api.get("issues/1/comments"))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_broken_answer_to_a_reading_is_asked_for_again(
    github: GitHub, api: Api, waits: list[float], status: int
) -> None:
    github.trouble += [Trouble("GET", status), Trouble("GET", status)]

    assert list(api.get("issues/1/comments")) == []
    assert waits == [2, 4]


@pytest.mark.parametrize(
    ("trouble", "pause"),
    [
        (Trouble("POST", 403, {"Retry-After": "7"}, "You have exceeded a secondary rate limit"), 7),
        (Trouble("POST", 403, {}, "You have exceeded a secondary rate limit"), 60),
        (Trouble("POST", 429, {}, "Too many"), 60),
        (Trouble("POST", 429, {"Retry-After": "0"}), 0.1),
        (Trouble("POST", 403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1030"}), 30),
        (Trouble("POST", 403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "990"}), 1),
    ],
)
def test_a_limit_is_waited_for(
    github: GitHub, api: Api, waits: list[float], trouble: Trouble, pause: float
) -> None:
    github.trouble.append(trouble)

    assert api.post("issues/1/comments", {"body": "hello"}).endswith("#issuecomment-1000")
    assert waits == [pause]


def test_a_long_wait_is_somebody_s_decision(github: GitHub, api: Api, waits: list[float]) -> None:
    github.trouble.append(Trouble("GET", 403, {"Retry-After": "3600"}))

    with pytest.raises(GitHubError, match="wait for 3600 seconds"):
        list(api.get("issues/1/comments"))
    assert not waits


def test_it_gives_up_in_the_end(github: GitHub, api: Api, waits: list[float]) -> None:
    github.trouble += [Trouble("GET", 502) for _ in range(9)]

    with pytest.raises(GitHubError, match="502 Server Error"):
        list(api.get("issues/1/comments"))
    assert len(waits) == 4


def test_what_was_lost_while_making_something_is_not_asked_for_again(github: GitHub, api: Api) -> None:
    github.trouble.append(Trouble("POST", 502, is_done=True))

    with pytest.raises(AnswerUnclear):
        api.post("issues/1/comments", {"body": "hello"})
    assert github.said(1) == ["hello"]


def test_nobody_there(api: Api, waits: list[float]) -> None:
    api.place = replace(api.place, api="http://127.0.0.1:9")

    with pytest.raises(GitHubError, match=r"no answer \(ConnectError\)") as raised:
        api.post("issues/1/comments", {})
    assert len(waits) == 4
    assert TOKEN not in str(raised.value) + repr(raised.value) + repr(api.place)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Trouble("GET", 401, message="Bad credentials"), "not accepted"),
        (Trouble("GET", 403, message="Resource not accessible by integration"), "pull-requests: write"),
        (Trouble("GET", 403, message="Must have admin rights"), "403 Must have admin rights"),
        (Trouble("GET", 404, message="Not Found"), "may not see it"),
        (Trouble("GET", 301, message="Moved Permanently"), "another name"),
        (Trouble("GET", 422, message="Validation Failed"), "422 Validation Failed"),
    ],
)
def test_a_refusal_says_what_to_do(
    github: GitHub, api: Api, waits: list[float], trouble: Trouble, words: str
) -> None:
    github.trouble.append(trouble)

    with pytest.raises(GitHubError, match=words):
        list(api.get("issues/1/comments"))
    assert not waits


def test_graphql_says_no_with_200(api: Api) -> None:
    with pytest.raises(GitHubError, match="Could not resolve to IC_1"):
        api.mutate("mutation", {"comment": "IC_1"})


@pytest.mark.parametrize(("status", "words"), [(200, "is no JSON"), (500, "500 Internal Server Error")])
def test_a_page_of_html_is_no_answer(github: GitHub, api: Api, status: int, words: str) -> None:
    github.trouble += [Trouble("GET", status, content=b"<html>") for _ in range(5)]

    with pytest.raises(GitHubError, match=words):
        list(api.get("issues"))


@pytest.mark.parametrize("answer", [b'{"message": "odd"}', b'["odd"]', b"7"])
def test_an_odd_answer_to_a_reading_is_an_error(github: GitHub, api: Api, answer: bytes) -> None:
    github.trouble.append(Trouble("GET", 200, content=answer))

    with pytest.raises(GitHubError, match="GitHub"):
        list(api.get("issues/1/comments"))


@pytest.mark.parametrize("answer", [b"[]", b"{}", b'{"html_url": 7}'])
def test_what_was_written_may_be_nowhere(github: GitHub, api: Api, answer: bytes) -> None:
    github.trouble.append(Trouble("POST", 201, content=answer))

    assert api.post("issues/1/comments", {"body": "hello"}) == ""


@pytest.mark.parametrize("answer", [b"[]", b'{"errors": 7}', b'{"errors": ["odd"]}', b'{"errors": [{}]}'])
def test_an_odd_answer_to_a_mutation_is_an_error(github: GitHub, api: Api, answer: bytes) -> None:
    github.trouble.append(Trouble("POST", 200, content=answer))

    with pytest.raises(GitHubError, match="shape not known"):
        api.mutate("mutation {}", {})
