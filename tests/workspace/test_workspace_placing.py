from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from tapctl.errors import Refused
from tapctl.workspace.placing import compare, place, replace

TEXTS = {"a/one.yaml": "1\n", "a/b/two.yaml": "2\n", "three.sh": "3\n"}


def standing(root: Path) -> dict[str, str]:
    return {item.path: item.standing for item in compare(root, TEXTS)}


def test_new_files_are_written_and_the_same_again_is_nothing_new(tmp_path: Path) -> None:
    assert set(standing(tmp_path).values()) == {"new"}
    place(tmp_path, TEXTS, ("three.sh",))

    assert set(standing(tmp_path).values()) == {"same"}
    assert [(tmp_path / name).stat().st_mode & 0o100 for name in ("three.sh", "a/one.yaml")] == [0o100, 0]


def test_what_differs_is_known_and_so_is_what_stands_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file where a folder should be", encoding="utf-8")
    (tmp_path / "three.sh").mkdir()

    assert set(standing(tmp_path).values()) == {"differs"}


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "a").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "three.sh").symlink_to(tmp_path / "nowhere")

    assert set(standing(tmp_path).values()) == {"differs"}


def test_what_a_killed_run_left_beside_a_file_is_in_nobody_s_way(tmp_path: Path) -> None:
    (tmp_path / ".three.sh.new").write_text("half a f", encoding="utf-8")

    place(tmp_path, TEXTS)

    assert {path.name for path in tmp_path.iterdir()} == {"a", "three.sh"}
    assert set(standing(tmp_path).values()) == {"same"}


KILLED = """
import pathlib, resource, signal
from tapctl.workspace.placing import place
resource.setrlimit(resource.RLIMIT_FSIZE, (5, 5))
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
place(pathlib.Path("."), {"a.yaml": "short", "b.yaml": "longer"})
"""


def test_a_run_that_is_killed_while_it_writes_leaves_only_whole_files(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, check=False)  # noqa: S603  # ours

    assert ended.returncode == -signal.SIGXFSZ
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == "short"
    assert not (tmp_path / "b.yaml").exists()


@pytest.mark.parametrize("is_there", [False, True])
def test_without_hard_links_a_file_is_renamed_and_none_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    if is_there:
        (tmp_path / "three.sh").symlink_to("nowhere")

    with pytest.raises(Refused, match="not permitted") if is_there else nullcontext():
        place(tmp_path, TEXTS)

    assert set(standing(tmp_path).values()) == ({"new", "differs"} if is_there else {"same"})
    assert not list(tmp_path.rglob(".*"))


def test_what_is_replaced_keeps_its_mode_and_a_link_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("old")
    (tmp_path / "real.yaml").chmod(0o640)
    (tmp_path / "link.yaml").symlink_to("real.yaml")

    replace({tmp_path / "link.yaml": "new"})

    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text() == "new"
    assert (tmp_path / "real.yaml").stat().st_mode & 0o777 == 0o640


def test_a_file_that_nobody_may_write_is_not_replaced(tmp_path: Path) -> None:
    files = {tmp_path / "a.yaml": "new", tmp_path / "b.yaml": "new"}
    for file in files:
        file.write_text("old")
    (tmp_path / "b.yaml").chmod(0o444)

    with pytest.raises(Refused, match=r'"[^"]*b\.yaml": it is read-only'):
        replace(files)

    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.yaml", "b.yaml"]
    assert {file.read_text() for file in files} == {"old"}


def test_if_one_cannot_be_written_none_is(tmp_path: Path) -> None:
    (tmp_path / "three.sh").write_text("mine", encoding="utf-8")
    with pytest.raises(Refused, match="nothing was written"):
        place(tmp_path, TEXTS)

    assert [path.name for path in tmp_path.rglob("*")] == ["three.sh"]
    assert (tmp_path / "three.sh").read_text(encoding="utf-8") == "mine"
