"""Names and ids for a new workspace → the files of a repository that holds one, as texts. Writes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, Literal, TypeAlias

from tapctl import schema
from tapctl.errors import UsageError
from tapctl.load.settings import quoted
from tapctl.reference import GUID

Part: TypeAlias = Literal["workspace", "schemas", "workflows", "identities"]
PARTS: Final[tuple[Part, ...]] = ("workspace", "schemas", "workflows", "identities")
SCRIPT: Final = "setup-identities.sh"
SCHEMAS: Final = "schemas"
# The name of a file, of GitHub environments and of applications; the others as their owners allow them.
_ENVIRONMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}")
_DOMAIN: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)+")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_FOLDER: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_EDITED: Final = ("Document", "Environment", "Settings", "SignInTest")
_FILES: Final = {
    "tapctl.yaml": "tapctl.yaml",
    "environments/sandbox.yaml": "sandbox.yaml",
    "temporary-access-pass.yaml": "temporary-access-pass.yaml",
    "groups/new-hires.yaml": "new-hires-group.yaml",
    "conditional-access/new-hires.yaml": "new-hires-policies.yaml",
    "tests/new-hires.yaml": "new-hires-tests.yaml",
    ".gitignore": "gitignore",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What whoever starts has to say; `workspace` is the folder of documents inside the repository. Without a
    tenant's id the environment's file has a place for it."""

    workspace: str = "policies"
    environment: str = "production"
    tenant_id: str = ""
    domain: str = "example.onmicrosoft.com"
    repository: str = ""

    def check(self) -> None:
        """Raises UsageError with everything that cannot be a name in files, workflows and scripts."""
        wrong = [
            f"{what} {quoted(value)} is not {kind}"
            for what, value, pattern, kind in (
                ("-C", self.workspace, _FOLDER, "a folder inside the repository, of letters, digits, . _ -"),
                ("-e", self.environment, _ENVIRONMENT, "a name of letters, digits, _ and -"),
                ("--tenant-id", self.tenant_id, GUID, "a GUID"),
                ("--domain", self.domain, _DOMAIN, "a domain, such as contoso.onmicrosoft.com"),
                ("--repository", self.repository, _REPOSITORY, "OWNER/NAME on GitHub"),
            )
            if value and not pattern.fullmatch(value)
        ]
        if self.environment.casefold() == "sandbox":
            wrong.append('-e "sandbox" is the pretend tenant, which is there anyway: name a real one')
        if self.environment.casefold().endswith("-plan"):
            wrong.append("-e: names that end in -plan are those of the GitHub environments that plan")
        if wrong:
            raise UsageError("\n  ".join(wrong))


def workspace_files(wishes: Wishes) -> dict[str, str]:
    """The folder of documents, by path in the repository."""
    own = {**_FILES, f"environments/{wishes.environment}.yaml": "environment.yaml"}
    return {
        f"{wishes.workspace}/{path}": _filled(template, wishes, path.count("/"))
        for path, template in own.items()
    }


def _filled(template: str, wishes: Wishes, depth: int) -> str:
    text = (files("tapctl.workspace") / "starter" / template).read_text(encoding="utf-8")
    up = "../" * (depth + 1 + wishes.workspace.count("/"))
    tenant = (
        f"tenantId: {wishes.tenant_id.lower()}"
        if wishes.tenant_id
        else "# tenantId: <the id of your tenant, from the Entra admin center's overview page>"
    )
    values = {
        "@SCHEMAS@": f"{up}{SCHEMAS}",
        "@TENANT@": tenant,
        "@DOMAIN@": wishes.domain,
        "@ENVIRONMENT@": wishes.environment,
    }
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text


def schema_files() -> dict[str, str]:
    """The schemas that editors complete from, with those that they refer to."""
    return {f"{SCHEMAS}/{name}": _schema(name) for name in sorted(_with_referred(_EDITED))}


def _with_referred(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = [f"{name}.schema.json" for name in names]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_referred(_schema(name)))
    return found


def _referred(text: str) -> Iterator[str]:
    yield from re.findall(r'"\$ref":\s*"([^"#]+)', text)


def _schema(name: str) -> str:
    return (schema.folder() / name).read_text(encoding="utf-8")


def workflow_files(wishes: Wishes) -> Mapping[str, str]:
    """GitHub's workflows, pointed at the workspace's folder."""
    from tapctl.github.files import workflow_files as texts

    said = f"workspace: {wishes.workspace}"
    return {path: text.replace("workspace: policies", said) for path, text in texts().items()}
