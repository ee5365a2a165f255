from __future__ import annotations

from pathlib import Path

import pytest
from full_disk import small_files

from tapctl.cli.private_file import write_private
from tapctl.errors import UsageError


def test_a_file_is_its_owner_s_and_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("before", "utf-8")
    path.chmod(0o644)

    write_private(path, "after")

    assert (path.read_text("utf-8"), path.stat().st_mode & 0o777) == ("after", 0o600)
    assert [*tmp_path.iterdir()] == [path]


def test_a_full_disk_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("before", "utf-8")

    with pytest.raises(UsageError, match=r'plan\.json" cannot be written: File too large'), small_files(64):
        write_private(path, "x" * 99)

    assert path.read_text("utf-8") == "before"
    assert [*tmp_path.iterdir()] == [path]
