from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from audit_records import NOW

from tapctl.drift.since import since
from tapctl.errors import UsageError


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T08:00+02:00", datetime(2026, 11, 20, 6, tzinfo=UTC)),
        ("2d", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("36h", datetime(2026, 11, 24, tzinfo=UTC)),
        ("1d12h", datetime(2026, 11, 24, tzinfo=UTC)),
    ],
)
def test_a_moment_or_so_long_ago(said: str, moment: datetime) -> None:
    assert since(said, Path(), NOW).moment == moment


@pytest.mark.parametrize("said", ["", "yesterday", "d", "2026-13-01", "-1d"])
def test_what_is_no_time(said: str) -> None:
    with pytest.raises(UsageError, match=r"--since: .*is (no date|on no calendar).*a day, 7d or 36h"):
        since(said, Path(), NOW)


def test_a_time_without_a_zone_is_nobody_s_guess() -> None:
    with pytest.raises(UsageError, match="which one you mean: 2026-11-20T08:00Z or 2026-11-20T08:00"):
        since("2026-11-20T08:00", Path(), NOW)


def test_the_commit_that_is_checked_out(tmp_path: Path) -> None:
    dated = {**os.environ, "GIT_COMMITTER_DATE": "2026-11-20T08:00:00+02:00"}
    who = ["-c", "user.name=x", "-c", "user.email=x@x.example"]
    for command in (["init", "-q"], [*who, "commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True, env=dated)  # noqa: S603, S607

    found = since(None, tmp_path, NOW)

    assert found.moment == found.undeclared == datetime(2026, 11, 20, 6, tzinfo=UTC)


def test_no_commit_is_unknown_and_the_last_night_is_not(tmp_path: Path) -> None:
    found = since(None, tmp_path / "nowhere", NOW)

    assert (found.moment, found.undeclared) == (None, datetime(2026, 11, 24, tzinfo=UTC))


def test_whoever_says_a_time_means_it_for_everything() -> None:
    found = since("2h", Path(), NOW)

    assert found.undeclared == found.moment


def test_a_machine_without_git_is_unknown_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert "git cannot be run here" in since(None, tmp_path, NOW).said
