from __future__ import annotations

from typing import Any

import pytest

from tapctl.errors import GitHubError
from tapctl.github.post import Post, read_post


def test_a_comment_of_an_account_that_is_gone_has_no_author() -> None:
    found = read_post(
        {"id": 7, "node_id": "IC_7", "user": None, "body": None, "html_url": "https://x.example"}
    )

    assert found == Post(
        number=7, node="IC_7", author="", body="", url="https://x.example", is_pull_request=False
    )


def test_an_issue_goes_by_its_number() -> None:
    found = read_post({"id": 7, "number": 2, "user": {"login": "eve"}, "pull_request": {}})

    assert (found.number, found.author, found.is_pull_request) == (2, "eve", True)


@pytest.mark.parametrize(
    "item",
    ["text", 7, None, [], {}, {"id": "7"}, {"id": True}, {"id": 7, "body": 1}, {"id": 7, "user": "eve"}],
)
def test_another_shape_is_said_and_shown(item: Any) -> None:
    with pytest.raises(GitHubError, match="GitHub answers with") as caught:
        read_post(item)
    assert repr(item) in str(caught.value)


def test_a_long_answer_is_shown_in_part() -> None:
    with pytest.raises(GitHubError) as caught:
        read_post({"body": "x" * 10_000})
    assert len(str(caught.value)) < 300
