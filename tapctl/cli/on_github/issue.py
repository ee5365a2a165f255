"""`tapctl github issue`: drift, where somebody looks after it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from tapctl.cli.on_github._shared import author_option, json_of, tell, text_of
from tapctl.cli.options import Options, common
from tapctl.errors import UsageError


@click.command("issue")
@common
@click.option("--file", type=click.Path(path_type=Path), required=True, help="The drift as Markdown.")
@click.option(
    "--drift",
    "document",
    type=click.Path(path_type=Path),
    required=True,
    help="The same drift as JSON: whether there is any, and whether it is another than before.",
)
@click.option(
    "--label", "labels", metavar="NAME", multiple=True, help="For a new issue; can be given several times."
)
@author_option
def command(options: Options, *, file: Path, document: Path, labels: tuple[str, ...], author: str) -> int:
    """Keep one issue for each environment, while it drifts.

    Opens an issue, changes it only when the drift is another or more is known of who made it, and closes it
    when the tenant is what the files say. Who closes it by hand finds another the next day, if the drift is
    still there. If the tenant could not be read, everything stays as it is. Issues about environments that
    the workspace no longer has are closed. Takes GITHUB_TOKEN with `issues: write`.
    """
    from tapctl.cli.output import say
    from tapctl.cli.run_link import run_link
    from tapctl.github.api import connect
    from tapctl.github.comment import Kept
    from tapctl.github.issue import PURPOSE, Issue, end_issues, facts, keep_issue
    from tapctl.github.marker import Marker
    from tapctl.github.place import place
    from tapctl.render.gfm import link

    drift = _drift(document)
    environment = _environment(drift, options)
    if "error" in drift or drift.get("complete") is False:
        tell(Kept(action="left"), "github issue", environment, options)
        return 0
    where = run_link(os.environ)
    try:
        known, is_clean = facts(drift), bool(drift["clean"])
    except (AttributeError, KeyError, TypeError) as error:
        raise _no_drift(document) from error
    issue = Issue(
        marker=Marker(
            purpose=PURPOSE, workspace=str(options.workspace), environment=environment, facts=known
        ),
        title=f"Drift in {environment}",
        text=text_of(file),
        footer="<sub>Changed only when the drift is another; closed when it ends.</sub>",
        link=f"({link('run', where)})" if where else "",
        labels=labels,
        is_clean=is_clean,
    )
    with connect(place(os.environ)) as api:
        kept = keep_issue(api, issue, author)
        names = _environments(options.workspace)
        ended = end_issues(api, issue, {*names, environment}, author) if names else ()
    for url in ended:
        say(f"Closed, for its environment is gone: {url}")
    tell(kept, "github issue", environment, options)
    return 0


def _environments(workspace: Path) -> tuple[str, ...]:
    """Those of the workspace; none where its folder is not here."""
    from tapctl.kinds import kinds
    from tapctl.load import load_workspace

    if not (workspace / "environments").is_dir():
        return ()
    known = {name: kind.singleton for name, kind in kinds().items()}
    return tuple(load_workspace(workspace, "sandbox", known_kinds=known).environments)


def _drift(path: Path) -> dict[str, Any]:
    """The document, or the error in its place."""
    found: dict[str, Any] = json_of(path)
    wrong = not isinstance(found, dict) or found.get("version") != 1
    if wrong or not ("error" in found or found.get("command") == "drift"):
        raise _no_drift(path)
    return found


def _no_drift(path: Path) -> UsageError:
    return UsageError(f'"{path}" is not what `tapctl drift --format json` writes')


def _environment(drift: dict[str, Any], options: Options) -> str:
    found = drift.get("environment")
    if found is not None and options.environment not in (None, found):
        raise UsageError(f'the drift is of environment "{found}", and not of "{options.environment}" (-e)')
    return str(found or options.environment or "")
