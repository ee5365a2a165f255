"""New files of a repository → written, all or none, and nothing that is there is touched."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from tapctl.errors import Refused

Standing: TypeAlias = Literal["new", "same", "differs"]
_RUNNABLE = 0o755


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One file, by its path in the repository, and what is there already."""

    path: str
    standing: Standing


def compare(root: Path, texts: Mapping[str, str]) -> tuple[Placed, ...]:
    """What is there, before anything is written."""
    return tuple(Placed(path=path, standing=_standing(root, path, texts[path])) for path in sorted(texts))


def _standing(root: Path, path: str, text: str) -> Standing:
    """A link is never followed, wherever it leads: what is behind it is somebody else's."""
    target = root / path
    inner = [root / parent for parent in Path(path).parents if parent != Path()]
    if target.is_symlink() or any(parent.is_symlink() or parent.is_file() for parent in inner):
        return "differs"
    if not target.exists():
        return "new"
    return "same" if target.is_file() and target.read_bytes() == text.encode() else "differs"


def place(root: Path, texts: Mapping[str, str], runnable: Collection[str] = ()) -> None:
    """Write every text, or none. Raises Refused if one cannot be written; what was made by then is gone."""
    made: list[Path] = []
    try:
        for path in sorted(texts):
            _make_folders((root / path).parent, made)
            with (root / path).open("x", encoding="utf-8", newline="") as file:
                made.append(root / path)
                file.write(texts[path])
            if path in runnable:
                (root / path).chmod(_RUNNABLE)
    except OSError as error:
        _undo(made)
        raise Refused(f'nothing was written: "{error.filename}": {error.strerror}') from error


def _make_folders(folder: Path, made: list[Path]) -> None:
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir()
        made.append(parent)


def _undo(made: list[Path]) -> None:
    for path in reversed(made):
        with suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()
