"""The files of a folder → Workspace for one environment, with every mistake in them as a Finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tapctl.errors import WorkspaceError
from tapctl.load.documents import Loader, section_of
from tapctl.load.environment import (
    EnvironmentFile,
    expanded,
    read_environment,
)
from tapctl.load.files import Files, read_files
from tapctl.load.settings import Section, quoted, read_settings, suggestion
from tapctl.load.yaml12 import Allowance, Document
from tapctl.model import (
    Environment,
    Finding,
    Place,
    Settings,
    Workspace,
)

SANDBOX: Final = "sandbox"

MAX_NODES: Final = 500_000


def require_folder(root: Path) -> None:
    """Raises WorkspaceError, with what to do, where there is no workspace."""
    if not root.is_dir():
        raise WorkspaceError(
            f"{quoted(str(root))} is not a folder; name the workspace with -C, or make one: `tapctl init`, "
            "or `tapctl import` for what a tenant has"
        )


def load_workspace(
    root: Path, environment: str | None, *, known_kinds: Mapping[str, bool], with_tests: bool = False
) -> Workspace:
    """Without `environment`, the default of the settings; `known_kinds` says which kinds are singletons.

    Sign-in tests are read only `with_tests`: a plan need not wait for them.
    """
    require_folder(root)
    findings: list[Finding] = []
    allowance = Allowance(MAX_NODES)
    files = read_files(root, findings, allowance, with_tests=with_tests)
    environments = _environments(files, findings, known_kinds, allowance)
    findings += _colliding(environments)
    written = single(files.settings, findings)
    selected = _selected(environment, written, environments)
    settings = read_settings(with_variables(written, selected, allowance), known_kinds)
    loader = Loader(selected, environments, known_kinds, allowance, findings)
    resources, elsewhere = loader.resources(files.documents)
    tests = tuple(loader.tests(files)) if with_tests else ()
    return Workspace(
        root=str(root),
        settings=settings,
        environment=selected.environment,
        resources=resources,
        findings=tuple(sorted(findings, key=_by_place)),
        environments=tuple(environments),
        real_environments=tuple(name for name, file in environments.items() if file.is_real),
        elsewhere=elsewhere,
        tests=tests,
    )


def _by_place(finding: Finding) -> Place:
    return finding.place or Place("", 0, 0)


def single(documents: list[Document], findings: list[Finding]) -> Section:
    """The one document of a file that holds one; an empty section where there is none."""
    sections = [section_of(document, findings) for document in documents]
    for section in sections[1:]:
        message = f"stands a second time, first at {sections[0].source.place()}; keep one"
        section.report("more-than-one", message)
    return sections[0] if sections else Section(value={}, source=Settings().source, findings=findings)


def _environments(
    files: Files, findings: list[Finding], known_kinds: Mapping[str, bool], allowance: Allowance
) -> dict[str, EnvironmentFile]:
    sandbox = EnvironmentFile(environment=Environment(name=SANDBOX))
    found = {
        name: read_environment(name, single(documents, findings), known_kinds, allowance)
        for name, documents in files.environments.items()
    }
    return dict(sorted(({SANDBOX: sandbox} | found).items()))


def _colliding(environments: Mapping[str, EnvironmentFile]) -> Iterator[Finding]:
    """On GitHub each tenant has two environments, NAME and NAME-plan, and letter case says nothing: who reads
    one tenant must not be who writes another."""
    taken: dict[str, str] = {}
    for name, file in sorted(environments.items(), key=lambda item: (len(item[0]), item[0])):
        for on_github in (name, f"{name}-plan") if file.is_real else ():
            other = taken.setdefault(on_github.casefold(), name)
            if other != name:
                said = f"environments {quoted(other)} and {quoted(name)} share {quoted(on_github)} on GitHub"
                yield Finding(
                    rule="environments-collide",
                    severity="error",
                    message=f"{said}, with its reviewers and its identity",
                    help="NAME is planned in NAME-plan there, and letter case says nothing: rename one.",
                    place=file.environment.source.place(),
                )


def _selected(
    environment: str | None, settings: Section, environments: Mapping[str, EnvironmentFile]
) -> EnvironmentFile:
    default = settings.value.get("defaultEnvironment", SANDBOX)
    name = default if environment is None else environment
    if isinstance(name, str) and name in environments:
        selected = environments[name]
    elif environment is None and not isinstance(name, str):
        selected = environments[SANDBOX]  # reported as the wrong type
    else:
        asked = settings.source.place("defaultEnvironment") if environment is None else None
        known = f"known are {', '.join(environments)}"
        where = f"{asked}: " if asked else ""
        msg = f"{where}there is no environment {quoted(name)}{suggestion(str(name), environments)}; {known}"
        raise WorkspaceError(msg)
    if isinstance(default, str) and default not in environments:
        message = (
            f"defaultEnvironment is {quoted(default)}, which has no file{suggestion(default, environments)}"
        )
        settings.report("unknown-environment", message, "defaultEnvironment", remedy="Correct its name.")
    return selected


def with_variables(settings: Section, selected: EnvironmentFile, allowance: Allowance) -> Section:
    """The settings with the environment's variables where they may hold some."""
    others = tuple(key for key in settings.value if key != "breakGlass")
    return expanded(
        settings, selected.environment.name, selected.environment.variables, allowance, literal=others
    )
