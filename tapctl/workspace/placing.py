"""New files of a repository → written, all or none, and nothing that is there is touched; or files that are
there → replaced, all or none."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from tapctl.errors import Refused

Standing: TypeAlias = Literal["new", "same", "differs"]
_RUNNABLE = 0o755
_WRITABLE = 0o222


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
    with ExitStack() as undo:
        made: list[Path] = []
        undo.callback(take_away, made)
        for path in sorted(texts):
            try:
                _write(root / path, texts[path], made)
                if path in runnable:
                    (root / path).chmod(_RUNNABLE)
            except OSError as error:
                raise _refused(error, root / path) from error
        undo.pop_all()


def replace(texts: Mapping[Path, str]) -> None:
    """Give each file its new text, or none: what can fail happens beside them first. A link stays one, a file
    its mode, and one that may not be written as it is. Raises Refused."""
    files = {path.resolve(): text for path, text in texts.items()}
    with ExitStack() as beside:
        for path, text in files.items():
            new = _beside(path)
            beside.callback(new.unlink, missing_ok=True)
            try:
                new.write_bytes(text.encode("utf-8"))
                if path.exists():
                    new.chmod(_writable_mode(path))
            except OSError as error:
                raise _refused(error, path) from error
        for path in files:
            _beside(path).replace(path)


def _writable_mode(path: Path) -> int:
    """The mode of a file. Raises PermissionError where nobody, or not this user, may write it."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & _WRITABLE or not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "it is read-only", str(path))
    return mode


def _refused(error: OSError, path: Path) -> Refused:
    return Refused(f'nothing was written: "{error.filename or path}": {error.strerror}')


def _write(path: Path, text: str, made: list[Path]) -> None:
    """The whole text or no file, whenever the run ends; what is there by now is not overwritten."""
    make_folders(path.parent, made)
    beside = _beside(path)
    beside.unlink(missing_ok=True)  # never written into: another run may have given that file its name by now
    try:
        with beside.open("xb") as file:
            file.write(text.encode("utf-8"))
        _give_name(beside, path)
        made.append(path)
    finally:
        beside.unlink(missing_ok=True)


def _give_name(beside: Path, path: Path) -> None:
    """Unlike a rename, a second link replaces nothing; where a file system has none, it is looked first."""
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        raise
    except OSError:
        if path.is_symlink() or path.exists():
            raise
        beside.rename(path)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def make_folders(folder: Path, made: list[Path]) -> None:
    """The folder, and whatever is missing above it; what was made is added to `made`."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir()
        made.append(parent)


def take_away(made: list[Path]) -> None:
    """What was made, the last first; a folder that holds something else by now stays."""
    for path in reversed(made):
        with suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()
