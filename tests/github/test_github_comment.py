from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from github_server import BOT, GitHub, Trouble

from tapctl.errors import GitHubError
from tapctl.github.api import Api, connect
from tapctl.github.comment import Kept, Mode, keep_comment
from tapctl.github.marker import Marker, marked
from tapctl.github.place import place

MARKER = Marker(purpose="comment", workspace="policies", environment="production")
OTHER = replace(MARKER, environment="staging")


@pytest.fixture
def api(github: GitHub) -> Iterator[Api]:
    with connect(place(github.variables)) as api:
        yield replace(api, wait=lambda _: None)


def body(text: str, marker: Marker = MARKER) -> str:
    return marked(marker, text, "foot")


def keep(api: Api, text: str, mode: Mode = "update") -> Kept:
    return keep_comment(api, 1, body(text), MARKER, mode=mode, author=BOT)


def test_the_first_run_writes_and_the_next_changes_that(github: GitHub, api: Api) -> None:
    first, second = keep(api, "one"), keep(api, "two")

    assert (first.action, second.action) == ("created", "updated")
    assert first.url == second.url
    assert github.said(1) == [body("two")]


@pytest.mark.parametrize("mode", ["update", "new", "hide"])
def test_saying_the_same_again_writes_nothing(github: GitHub, api: Api, mode: Mode) -> None:
    keep(api, "one")
    github.asked.clear()

    assert keep(api, "one", mode).action == "unchanged"
    assert github.writes == []


def test_each_environment_has_its_own(github: GitHub, api: Api) -> None:
    keep_comment(api, 1, body("of staging", OTHER), OTHER, mode="update", author=BOT)
    keep(api, "of production")

    assert len(github.said(1)) == 2


def test_nobody_else_s_comment_is_ours(github: GitHub, api: Api) -> None:
    github.comment(1, body("a trap"), by="mallory")
    github.comment(1, f"Look what it said:\n{body('one')}")

    assert keep(api, "two").action == "created"
    assert github.said(1)[0] == body("a trap")


def test_ours_is_found_on_a_later_page(github: GitHub, api: Api) -> None:
    github.page = 10
    for number in range(25):
        github.comment(1, f"talk {number}", by="somebody")
    keep(api, "one")

    assert keep(api, "two").action == "updated"
    assert len(github.comments) == 26


def test_new_writes_another(github: GitHub, api: Api) -> None:
    keep(api, "one", "new")

    assert keep(api, "two", "new").action == "created"
    assert github.said(1) == [body("one"), body("two")]
    assert github.hidden == []


def test_hide_folds_all_earlier_ones_away(github: GitHub, api: Api) -> None:
    keep(api, "one", "new")
    keep(api, "two", "new")
    github.comment(1, "talk", by="somebody")

    assert keep(api, "three", "hide").hidden == 2
    assert github.hidden == ["IC_1000", "IC_1001"]


def test_hide_makes_up_for_a_run_that_was_cut_off(github: GitHub, api: Api) -> None:
    keep(api, "one", "new")
    keep(api, "two", "new")

    assert keep(api, "two", "hide") == Kept(
        action="unchanged", url=github.comments[1001]["html_url"], hidden=1
    )


@pytest.mark.parametrize("is_done", [True, False])
def test_a_lost_answer_makes_no_second_comment(github: GitHub, api: Api, is_done: bool) -> None:
    github.trouble.append(Trouble("POST", 502, is_done=is_done))

    assert keep(api, "one").action == ("unchanged" if is_done else "created")
    assert github.said(1) == [body("one")]


def test_it_does_not_try_for_ever(github: GitHub, api: Api) -> None:
    github.trouble += [Trouble("POST", 502) for _ in range(5)]

    with pytest.raises(GitHubError, match="502"):
        keep(api, "one")
    assert len(github.writes) == 3


def test_there_is_no_such_pull_request(api: Api) -> None:
    with pytest.raises(GitHubError, match="issues/99/comments: 404"):
        keep_comment(api, 99, body("one"), MARKER, mode="update", author=BOT)
