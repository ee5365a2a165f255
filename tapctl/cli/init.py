"""`tapctl init`: a working workspace with workflows, and the script that creates the identities."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from tapctl.cli.options import Options, common
from tapctl.cli.printing import put

if TYPE_CHECKING:
    from tapctl.workspace.placing import Placed
    from tapctl.workspace.starting import Wishes

_UNPINNED: Final = "break-glass-not-pinned"
PARTS: Final = ("workspace", "schemas", "workflows", "identities")


@click.command("init")
@common
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option(
    "--tenant-id",
    metavar="GUID",
    default="",
    help="The tenant of -e; without it, its file has a place for it.",
)
@click.option(
    "--domain",
    metavar="DOMAIN",
    default="example.onmicrosoft.com",
    show_default=True,
    help="Where the break-glass accounts of -e are.",
)
@click.option(
    "--repository", metavar="OWNER/NAME", default="", help="The repository on GitHub that is trusted."
)
@click.option(
    "--part",
    "parts",
    type=click.Choice(PARTS),
    multiple=True,
    help="Only this part; may be said several times [default: all].",
)
def command(
    options: Options, *, folder: Path, tenant_id: str, domain: str, repository: str, parts: tuple[str, ...]
) -> int:
    """Write a workspace, GitHub workflows and setup-identities.sh into a repository, DIR (default: here).

    The workspace goes into the folder -C inside it, with an environment for the sandbox and one for a tenant
    (-e, default: production). Nothing is overwritten: if a file is there and differs, nothing at all is
    written, and each is named. The script creates the identities with the permissions that the kinds in the
    workspace take; where there is a workspace already, it is the one that counts.
    """
    from tapctl.workspace.starting import Wishes

    wishes = Wishes(
        workspace=options.workspace.as_posix(),
        environment=options.environment or "production",
        tenant_id=tenant_id,
        domain=domain,
        repository=repository,
    )
    wishes.check()
    texts = _texts(folder, wishes, parts or PARTS)
    return _written(folder, texts, options, wishes)


def _texts(folder: Path, wishes: Wishes, parts: tuple[str, ...]) -> dict[str, str]:
    from tapctl.workspace.starting import SCRIPT, schema_files, workflow_files, workspace_files

    texts: dict[str, str] = {}
    if "workspace" in parts:
        texts |= workspace_files(wishes)
    if "schemas" in parts:
        texts |= schema_files()
    if "workflows" in parts:
        texts |= workflow_files(wishes)
    if "identities" in parts:
        texts[SCRIPT] = _script(folder, wishes, is_new="workspace" in parts)
    return texts


def _script(folder: Path, wishes: Wishes, *, is_new: bool) -> str:
    """By the workspace that is there, or else by the one that will be; `is_new`: its environment may be."""
    from tapctl.workspace.placing import place
    from tapctl.workspace.starting import workspace_files

    if (folder / wishes.workspace / "tapctl.yaml").exists():
        return _script_for(folder, wishes, is_new=is_new)
    with tempfile.TemporaryDirectory() as draft:
        place(Path(draft), workspace_files(wishes))
        return _script_for(Path(draft), wishes, is_new=False)


def _script_for(root: Path, wishes: Wishes, *, is_new: bool) -> str:
    """A workspace whose pins are not filled in yet has mistakes, and says what it needs all the same."""
    from dataclasses import replace

    from tapctl.errors import WorkspaceError
    from tapctl.model import Environment, errors_in
    from tapctl.needed import needs
    from tapctl.pipeline import check
    from tapctl.workspace.identities import Identities, setup_script

    workspace = root / wishes.workspace
    is_new = is_new and wishes.environment not in check(workspace, "sandbox").workspace.environments
    checked = check(workspace, "sandbox" if is_new else wishes.environment)
    if mistakes := [found for found in errors_in(checked.findings) if found.rule != _UNPINNED]:
        first = f"{mistakes[0].place}: {mistakes[0].message}"
        raise WorkspaceError(
            f"{first}; before mistakes are corrected nobody knows what this workspace takes "
            f"({len(mistakes)}, see tapctl validate -C {workspace})"
        )
    environment = Environment(name=wishes.environment) if is_new else checked.workspace.environment
    if wishes.tenant_id:
        environment = replace(environment, tenant_id=wishes.tenant_id.lower())
    return setup_script(
        Identities(
            environment=environment,
            repository=wishes.repository,
            plan=needs(checked, "plan"),
            apply=needs(checked, "apply"),
        )
    )


def _written(folder: Path, texts: Mapping[str, str], options: Options, wishes: Wishes) -> int:
    from tapctl.workspace.placing import compare, place
    from tapctl.workspace.starting import SCRIPT

    found = compare(folder, texts)
    is_refused = any(item.standing == "differs" for item in found)
    if not is_refused:
        place(folder, {item.path: texts[item.path] for item in found if item.standing == "new"}, (SCRIPT,))
    steps = [*_unseen(folder, found, wishes), *_next(found, wishes, is_refused=is_refused)]
    put(_told(found, steps, options, is_refused=is_refused))
    return 1 if is_refused else 0


def _told(found: tuple[Placed, ...], steps: Sequence[str], options: Options, *, is_refused: bool) -> str:
    from tapctl.render.starting import render_json, render_markdown, render_text

    renderers = {"json": render_json, "markdown": render_markdown, "text": render_text}
    return renderers[options.format](found, steps, is_refused=is_refused)


def _unseen(folder: Path, found: tuple[Placed, ...], wishes: Wishes) -> Iterator[str]:
    """Workflows that GitHub would not find: it looks for them at the top of a repository."""
    here = folder.resolve()
    above = next((place for place in (here, *here.parents) if (place / ".git").exists()), here)
    if above != here and any(item.path.startswith(".github/") for item in found):
        inside = (here / wishes.workspace).relative_to(above).as_posix()
        yield (
            f"GitHub finds workflows at the top of a repository only, which is {above}: "
            f"run tapctl init there, with -C {inside}."
        )


def _next(found: tuple[Placed, ...], wishes: Wishes, *, is_refused: bool) -> tuple[str, ...]:
    """What to do now, a step a line; of a part that was not asked for, nothing is said."""
    from tapctl.workspace.starting import SCRIPT

    if is_refused:
        known = ", ".join(PARTS)
        return (f"Move what differs out of the way, or name the parts that you want with --part ({known}).",)
    file = f"{wishes.workspace}/environments/{wishes.environment}.yaml"
    at = "" if wishes.workspace == "policies" else f" -C {wishes.workspace}"
    steps = {
        f"{wishes.workspace}/tapctl.yaml": f"tapctl plan{at} -e sandbox    # needs no account",
        file: f"Fill in {'the pins' if wishes.tenant_id else 'tenantId and the pins'} in {file}.",
        SCRIPT: f"./{SCRIPT} {wishes.repository or 'OWNER/REPOSITORY'}    # read it first",
    }
    paths = {item.path for item in found}
    told = [step for path, step in steps.items() if path in paths]
    return (*told, f"tapctl doctor{at} -e {wishes.environment}    # says what is still missing")
