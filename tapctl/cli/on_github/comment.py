"""`tapctl github comment`: what a pull request would change, where its reviewers are."""

from __future__ import annotations

import os
from pathlib import Path

import click

from tapctl.cli.on_github._shared import author_option, json_of, tell, text_of
from tapctl.cli.options import Options, common
from tapctl.errors import UsageError
from tapctl.github.comment import Mode, keep_comment


@click.command("comment")
@common
@click.option("--file", type=click.Path(path_type=Path), required=True, help="The Markdown to show.")
@click.option(
    "--result",
    "document",
    type=click.Path(path_type=Path),
    help="The same result as JSON: refused if it is of another environment than -e.",
)
@click.option(
    "--mode",
    type=click.Choice(["update", "new", "hide"]),
    default="update",
    show_default=True,
    help="Change the comment that is there, write another each run, or do so and fold earlier ones away.",
)
@click.option("--pr", "number", metavar="NUMBER", type=int, help="The pull request [default: the event's].")
@author_option
def command(
    options: Options, *, file: Path, document: Path | None, mode: Mode, number: int | None, author: str
) -> int:
    """Keep one comment for each environment on a pull request.

    It is found again by a hidden first line, which names the workspace (-C) and the environment (-e), and
    counts only if we wrote it. Its last line names the commit and the run, so that each run has something to
    say, even where the plan is the same: `new` and `hide` write another comment for it. Nothing is written if
    the same run says the same again. Takes GITHUB_TOKEN with `pull-requests: write`.
    """
    from tapctl.cli.run_link import run_link
    from tapctl.github.api import connect
    from tapctl.github.marker import Marker, marked
    from tapctl.github.place import place, pull_request
    from tapctl.render.gfm import code, link

    if options.environment is None:
        raise UsageError("say which environment the comment is about with -e NAME")
    text, tenant = text_of(file), _tenant(document, options.environment) if document else ""
    found = pull_request(os.environ, number)
    marker = Marker(purpose="comment", workspace=str(options.workspace), environment=options.environment)
    about = [f"Environment {code(options.environment)}, workspace {code(str(options.workspace))}"]
    about += [f"tenant {code(tenant)}"] if tenant else []
    about += [f"commit {code(found.commit)}"] if found.commit else []
    about += [link("run", run_link(os.environ))] if run_link(os.environ) else []
    body = marked(marker, text, f"<sub>{', '.join(about)}</sub>")
    with connect(place(os.environ)) as api:
        kept = keep_comment(api, found.number, body, marker, mode=mode, author=author)
    tell(kept, "github comment", options.environment, options)
    return 0


def _tenant(path: Path, environment: str) -> str:
    """The tenant of a result; empty where it was not read. Raises UsageError for another environment's."""
    from tapctl.report.combined import read_result

    found = read_result(json_of(path), str(path), environment)
    if found.environment != environment:
        raise UsageError(
            f'the result is of environment "{found.environment}", and not of "{environment}" (-e)'
        )
    return found.tenant
