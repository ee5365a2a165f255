"""tapctl.yaml and an environment's file as of a commit → Former. No checkout is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from tapctl.errors import UsageError
from tapctl.git import Answer, ask_git
from tapctl.load.environment import EnvironmentFile, read_environment
from tapctl.load.settings import quoted, read_settings
from tapctl.load.workspace import MAX_NODES, SANDBOX, single, with_variables
from tapctl.load.yaml12 import MAX_BYTES, Allowance, Document, parse
from tapctl.model import Environment, Finding, Former, Settings, errors_in

RULE: Final = "settings-not-compared"
_FILE_MODES: Final = ("100644", "100755")


def read_former(root: Path, revision: str, environment: str, known_kinds: Mapping[str, bool]) -> Former:
    """Raises UsageError where git has no such commit for the folder, or is not there. What is wrong with the
    files of that time is a note: nobody can mend them."""
    try:
        commit = _commit(root, revision)
        settings_documents, settings_mistakes = _documents(root, commit, "", "tapctl")
        documents, mistakes = _documents(root, commit, "environments/", environment)
    except OSError as error:
        raise UsageError("--base: git cannot be run here; install it, or leave --base out") from error
    allowance = Allowance(MAX_NODES)
    file = EnvironmentFile(environment=Environment(name=environment))
    if documents:
        file = read_environment(environment, single(documents, mistakes), known_kinds, allowance)
    settings: Settings | None = None
    if settings_documents:
        section = with_variables(single(settings_documents, settings_mistakes), file, allowance)
        settings = read_settings(section, known_kinds)
    about = f"environments/{environment}.yaml"
    is_needed = bool(documents) or environment != SANDBOX  # which needs no file
    told = [
        *_told(revision, "tapctl.yaml", settings_mistakes, is_there=bool(settings_documents)),
        *(_told(revision, about, mistakes, is_there=bool(documents)) if is_needed or mistakes else ()),
    ]
    return Former(
        revision=revision,
        settings=None if errors_in(settings_mistakes) else settings,
        environment=None if errors_in(mistakes) or not documents else file.environment,
        findings=tuple(told),
    )


def _commit(root: Path, revision: str) -> str:
    where = ask_git(root, "rev-parse", "--show-prefix")
    if where.failed:
        raise UsageError(
            f"--base: {quoted(str(root))} is in no git repository that can be read here{_because(where)}; "
            "run tapctl in a checkout, or leave --base out"
        )
    is_option = revision.startswith("-")
    found = Answer(failed=True) if is_option else _verified(root, revision)
    if found.failed:
        raise UsageError(
            f"--base: {quoted(revision)} is no commit of this repository{_because(found)}; name one that is "
            "there, or fetch more of the history (fetch-depth: 2 of actions/checkout brings HEAD^1)"
        )
    return found.output.decode("ascii").strip()


def _verified(root: Path, revision: str) -> Answer:
    return ask_git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")


def _because(answer: Answer) -> str:
    return f" (git: {answer.said})" if answer.said else ""


def _documents(root: Path, commit: str, folder: str, stem: str) -> tuple[list[Document], list[Finding]]:
    """What the files of that name hold, however their names end, as the loader takes them."""
    documents: list[Document] = []
    mistakes: list[Finding] = []
    for mode, blob, size, name in _files(root, commit, folder):
        path = PurePosixPath(name)
        if path.stem != stem or path.suffix.lower() not in (".yaml", ".yml"):
            continue
        is_file = mode in _FILE_MODES and size <= MAX_BYTES
        content = ask_git(root, "cat-file", "blob", blob) if is_file else Answer(failed=True)
        if content.failed:
            said = f"git has no file {quoted(name)} there{_because(content)}"
            mistakes.append(Finding(rule="unreadable-file", severity="error", message=said))
            continue
        found, wrong = parse(content.output, name, Allowance(MAX_NODES))
        documents += [document for document in found if document.value is not None]
        mistakes += wrong
    return documents, mistakes


def _files(root: Path, commit: str, folder: str) -> Iterator[tuple[str, str, int, str]]:
    """Mode, id, size and path, from the workspace's folder, of what lies right in one of its folders."""
    listed = ask_git(root, "ls-tree", "-z", "-l", commit, *([folder] if folder else []))
    for line in filter(None, listed.output.decode("utf-8", "replace").split("\0")):
        about, _, name = line.partition("\t")
        mode, _, blob, size = about.split()
        yield mode, blob, int(size) if size.isdecimal() else 0, name


def _told(revision: str, file: str, mistakes: list[Finding], *, is_there: bool) -> Iterator[Finding]:
    wrong = errors_in(mistakes)
    if is_there and not wrong:
        return
    why = f"cannot be read as it was: {wrong[0].message}" if wrong else "is not there"
    yield Finding(
        rule=RULE,
        severity="note",
        message=f"in {quoted(revision)}, {file} {why}; whether this change loosens its settings is not known",
        help="Read what it says now as if all of it were new.",
    )
