"""Settings as of a commit, read from git and from nothing else."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tapctl.errors import UsageError
from tapctl.load.former import read_former
from tapctl.load.yaml12 import MAX_BYTES
from tapctl.model import Address, Former

KINDS = {"ConditionalAccessPolicy": False, "Group": False}
ID = "0f0e0d0c-0000-4000-8000-000000000001"
SETTINGS = "limits: {deletions: 2}\nbreakGlass: {accounts: ['${who}']}\n"
PRODUCTION = f"pins: {{Group/X: {ID}}}\nvariables: {{who: a@b.example}}\n"
AS_USUAL = {"tapctl.yaml": SETTINGS, "environments/production.yml": PRODUCTION}


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=x", "-c", "user.email=x@x.example", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)  # noqa: S603, S607


def committed(root: Path, files: Mapping[str, str]) -> Path:
    """A workspace below a repository, with these files in its only commit and in no folder."""
    workspace = root / "policies"
    git(root, "init", "-q")
    for name, text in files.items():
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text(text, encoding="utf-8")
    git(root, "add", ".")
    git(root, "commit", "-q", "--allow-empty", "-m", "x")
    for name in files:
        (workspace / name).unlink()
    workspace.mkdir(exist_ok=True)
    return workspace


def former(workspace: Path, revision: str = "HEAD", environment: str = "production") -> Former:
    return read_former(workspace, revision, environment, KINDS)


def notes(found: Former) -> list[str]:
    assert {(note.rule, note.severity) for note in found.findings} <= {("settings-not-compared", "note")}
    return [note.message for note in found.findings]


def test_both_files_are_read_with_their_variables(tmp_path: Path) -> None:
    found = former(committed(tmp_path, AS_USUAL))

    assert found.settings is not None
    assert found.environment is not None
    assert found.settings.limits.deletions == 2
    assert found.settings.break_glass.accounts == ("a@b.example",)
    assert found.environment.pins == {Address("Group", "X"): ID}
    assert notes(found) == []


def test_the_sandbox_needs_no_file(tmp_path: Path) -> None:
    workspace = committed(tmp_path, {"tapctl.yaml": "limits: {deletions: 2}", "all.yaml": ""})

    assert notes(former(workspace, environment="sandbox")) == []
    assert notes(former(workspace)) == [
        (
            'in "HEAD", environments/production.yaml is not there; whether this change loosens its settings '
            "is not known"
        )
    ]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("tapctl.yaml", "limits: [", "tapctl.yaml cannot be read as it was: "),
        ("tapctl.yaml", "limits: {deletions: many}", "limits.deletions is "),
        ("tapctl.yml", "limits: {}", "stands a second time"),
        ("environments/production.yml", "pins: 7", "production.yaml cannot be read as it was: pins is 7"),
        ("environments/production.yml", "#" * (MAX_BYTES + 1), "git has no file "),
    ],
)
def test_what_was_wrong_then_is_a_note(tmp_path: Path, name: str, text: str, said: str) -> None:
    found = former(committed(tmp_path, {**AS_USUAL, "tapctl.yaml": "limits: {deletions: 2}", name: text}))

    (note,) = notes(found)
    assert said in note
    assert [found.settings, found.environment].count(None) == 1


def test_an_empty_folder_had_no_settings(tmp_path: Path) -> None:
    found = former(committed(tmp_path, {}))

    assert (found.settings, found.environment, len(notes(found))) == (None, None, 2)


@pytest.mark.parametrize("revision", ["HEAD^1", "--all", "", "HEAD..HEAD", "HEAD:policies", "a\nb\x1b[31m"])
def test_what_is_no_commit_is_refused(tmp_path: Path, revision: str) -> None:
    workspace = committed(tmp_path, AS_USUAL)

    with pytest.raises(
        UsageError, match=r"--base: .* is no commit of this repository.*fetch-depth: 2"
    ) as error:
        former(workspace, revision)
    assert "\x1b" not in str(error.value)


def test_so_is_a_folder_in_no_repository(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"in no git repository .*\(git: .*\); run tapctl in a checkout"):
        former(tmp_path)


def test_and_a_machine_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UsageError, match="--base: git cannot be run here; install it"):
        former(tmp_path)


def test_git_that_does_not_answer_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\nexec sleep 20\n", encoding="utf-8")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("tapctl.git._SECONDS", 0.1)

    with pytest.raises(UsageError, match=r"no answer within 0\.1 seconds"):
        former(tmp_path)


def test_no_program_that_a_repository_names_is_run(tmp_path: Path) -> None:
    workspace = committed(tmp_path, AS_USUAL)
    for setting in ("core.fsmonitor", "gpg.program", "core.pager", "alias.ls-tree"):
        git(
            tmp_path,
            "config",
            setting,
            f"!touch {tmp_path}/ran" if "alias" in setting else f"touch {tmp_path}/ran",
        )
    git(tmp_path, "config", "log.showSignature", "true")

    assert former(workspace).settings is not None
    assert not (tmp_path / "ran").exists()
