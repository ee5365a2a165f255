from __future__ import annotations

import pytest

from tapctl.github.marker import LIMIT, Marker, find_marker, marked, read_marker, same
from tapctl.github.post import read_post
from tapctl.text.words import size

MARKER = Marker(
    purpose="comment", workspace="policies", environment="production", facts={"sum": "ab", "known": "2"}
)


def test_a_marker_is_a_comment_in_html() -> None:
    assert str(MARKER) == "<!-- tapctl:comment policies/production sum=ab known=2 -->"


@pytest.mark.parametrize("name", ["production", "a/b", "--> <b>", "x y", "größe", "a=b c=d"])
def test_it_reads_back(name: str) -> None:
    marker = Marker(purpose="drift", workspace=name, environment=name, facts={"sum": "ab"})

    assert read_marker(f"{marker}\n## Drift") == marker
    assert str(marker).count("-->") == 1


def test_folders_have_several_spellings() -> None:
    assert MARKER.is_about(Marker(purpose="comment", workspace="./policies/", environment="production"))
    assert not MARKER.is_about(Marker(purpose="comment", workspace="policies", environment="staging"))
    assert not MARKER.is_about(Marker(purpose="drift", workspace="policies", environment="production"))


@pytest.mark.parametrize(
    "body", ["", "hello", f" {MARKER}", f"> {MARKER}", f"hello\n{MARKER}", "<!-- tapctl -->"]
)
def test_what_only_quotes_it_is_not_ours(body: str) -> None:
    assert read_marker(body) is None


@pytest.mark.parametrize("user", [None, {}, {"login": "mallory"}, {"login": "github-actions"}])
def test_what_somebody_else_wrote_is_not_ours(user: object) -> None:
    post = read_post({"id": 1, "user": user, "body": f"{MARKER}\n"})

    assert find_marker(post, MARKER, "github-actions[bot]") is None


def test_a_deleted_body_is_not_ours() -> None:
    assert find_marker(read_post({"id": 1, "user": {"login": "me"}, "body": None}), MARKER, "me") is None


def test_what_is_too_long_is_cut_and_says_so_first() -> None:
    body = marked(MARKER, "\n".join(["😀" * 20] * 3000), "<sub>foot</sub>")

    assert LIMIT - 100 < size(body) <= LIMIT
    assert body.startswith(f"{MARKER}\n<sub>foot</sub>\n\n**This is too long")
    assert set(body.splitlines()[5:]) == {"😀" * 20}


def test_one_endless_line_is_cut_too() -> None:
    assert LIMIT - 100 < size(marked(MARKER, "😀" * LIMIT, "foot")) <= LIMIT


def test_what_fits_is_whole() -> None:
    assert marked(MARKER, "## Plan\n\n", "foot") == f"{MARKER}\n## Plan\n\nfoot\n"


def test_a_browser_s_line_breaks_are_no_change() -> None:
    assert same("a\r\nb\r\n", "a\nb")
    assert not same("a\nb", "a\nc")
