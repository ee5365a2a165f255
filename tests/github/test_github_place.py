from __future__ import annotations

import json
from pathlib import Path

import pytest

from tapctl.errors import UsageError
from tapctl.github.place import PullRequest, place, pull_request

RUN = {"GITHUB_REPOSITORY": "contoso/entra", "GITHUB_TOKEN": " abc\n"}


def test_without_a_run_it_is_github_com() -> None:
    found = place(RUN)

    assert (found.api, found.graphql) == ("https://api.github.com", "https://api.github.com/graphql")
    assert found.token == "abc"
    assert "abc" not in repr(found)


def test_an_enterprise_server_has_graphql_beside_v3() -> None:
    assert (
        place({**RUN, "GITHUB_API_URL": "https://ghe.example/api/v3/"}).graphql
        == "https://ghe.example/api/graphql"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"GITHUB_TOKEN": ""}, "GITHUB_TOKEN is not set"),
        ({"GITHUB_REPOSITORY": "../../x"}, "has to be owner/name"),
        ({"GITHUB_API_URL": "http://ghe.example"}, "https only"),
        ({"GITHUB_GRAPHQL_URL": "ftp://ghe.example"}, "https only"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        place({**RUN, **change})


def event(path: Path, value: object) -> dict[str, str]:
    path.write_text(json.dumps(value), encoding="utf-8")
    return {"GITHUB_EVENT_PATH": str(path)}


def test_the_event_names_the_pull_request(tmp_path: Path) -> None:
    found = event(tmp_path / "e.json", {"pull_request": {"number": 7, "head": {"sha": "abc"}}})

    assert pull_request(found, None) == PullRequest(number=7, commit="abc")
    assert pull_request(found, 8) == PullRequest(number=8)


def test_a_comment_on_a_pull_request_names_it_too(tmp_path: Path) -> None:
    assert pull_request(event(tmp_path / "e.json", {"issue": {"number": 3}}), None).number == 3


def test_no_pull_request_is_an_error(tmp_path: Path) -> None:
    for environ in (
        {},
        event(tmp_path / "e.json", []),
        event(tmp_path / "f.json", {"ref": "refs/heads/main"}),
    ):
        with pytest.raises(UsageError, match="say which with --pr"):
            pull_request(environ, None)


def test_an_event_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="GITHUB_EVENT_PATH"):
        pull_request({"GITHUB_EVENT_PATH": str(tmp_path / "nothing.json")}, None)
