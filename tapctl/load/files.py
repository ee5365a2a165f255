"""A folder → its YAML documents, by what they are for; nothing outside the folder is followed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tapctl.load.settings import quoted
from tapctl.load.yaml12 import MAX_BYTES, Allowance, Document, parse
from tapctl.model import Finding, Place

TESTS: Final = "tests"
MAX_FILES: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The folder's YAML by what it is for."""

    settings: list[Document]
    environments: dict[str, list[Document]]
    documents: list[Document]
    tests: list[Document]


def read_files(root: Path, findings: list[Finding], allowance: Allowance, *, with_tests: bool) -> Files:
    """Every YAML file below the root, until the allowance is used up; what cannot be read is a finding."""
    files = Files(settings=[], environments={}, documents=[], tests=[])
    for relative in sorted(_yaml_files(root, findings, with_tests=with_tests)):
        if allowance.nodes < 0:
            break
        documents = _read(root, relative, findings, allowance)
        folder, _, file = relative.rpartition("/")
        if not folder and Path(file).stem == "tapctl":
            files.settings.extend(documents)
        elif folder == "environments":
            files.environments.setdefault(_shown(Path(file).stem), []).extend(documents)
        elif relative.startswith(f"{TESTS}/"):
            files.tests.extend(documents)
        else:
            files.documents.extend(documents)
    return files


def _yaml_files(root: Path, findings: list[Finding], *, with_tests: bool) -> list[str]:
    """Paths below the root; hidden ones left out, and unless asked for sign-in tests; links out of it
    reported."""
    found: list[str] = []
    pending = [""]
    real_root = Path(os.path.realpath(root))
    while pending:
        folder = pending.pop()
        for name in _names_in(root, folder, findings):
            relative = f"{folder}{name}"
            path = root / relative
            is_yaml, is_folder = path.suffix.lower() in (".yaml", ".yml"), os.path.isdir(path)  # noqa: PTH112  # never raises
            is_left_out = relative == TESTS and is_folder and not with_tests
            if name.startswith(".") or is_left_out or not (is_yaml or is_folder):
                continue
            if path.is_symlink() and not _may_follow(path, real_root, is_folder=is_folder):
                message = (
                    f"{quoted(_shown(relative))} is a link to a folder, or out of the workspace; copy it here"
                )
                _report(findings, "link-not-followed", message, root, relative)
            elif is_folder:
                pending.append(f"{relative}/")
            else:
                found.append(relative)
    if len(found) > MAX_FILES:
        message = f"holds {len(found)} YAML files; {MAX_FILES} is the most, and the others are not read"
        _report(findings, "too-many-files", message, root, "")
    return sorted(found)[:MAX_FILES]


def _names_in(root: Path, folder: str, findings: list[Finding]) -> list[str]:
    try:
        return [path.name for path in (root / folder).iterdir()]
    except OSError as error:
        message = f"{quoted(_shown(folder or str(root)))} cannot be read: {error.strerror}"
        _report(findings, "unreadable-file", message, root, folder)
        return []


def _may_follow(link: Path, real_root: Path, *, is_folder: bool) -> bool:
    return not is_folder and Path(os.path.realpath(link)).is_relative_to(real_root)


def _read(root: Path, relative: str, findings: list[Finding], allowance: Allowance) -> tuple[Document, ...]:
    path = root / relative
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            message = f"{quoted(_shown(relative))} is not a file; remove it"
            _report(findings, "unreadable-file", message, root, relative)
            return ()
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"{quoted(_shown(relative))} cannot be read: {error.strerror}"
        _report(findings, "unreadable-file", message, root, relative)
        return ()
    documents, mistakes = parse(data, _shown((root / relative).as_posix()), allowance)
    findings.extend(mistakes)
    return tuple(document for document in documents if document.value is not None)


def _shown(path: str) -> str:
    """A file name may hold any bytes; a message may not."""
    return os.fsencode(path).decode("utf-8", "replace")


def _report(findings: list[Finding], rule: str, message: str, root: Path, relative: str) -> None:
    place = Place(_shown((root / relative).as_posix()), 1, 1)
    findings.append(Finding(rule=rule, severity="error", message=message, place=place))
