"""`tapctl github summary`: results on the page of the run."""

from __future__ import annotations

import os
from pathlib import Path

import click

from tapctl.cli.on_github._shared import tell, text_of
from tapctl.cli.options import Options, common
from tapctl.errors import UsageError
from tapctl.github.comment import Kept


@click.command("summary")
@common
@click.option(
    "--file", "files", type=click.Path(path_type=Path), required=True, multiple=True, help="Markdown to show."
)
def command(options: Options, *, files: tuple[Path, ...]) -> int:
    """Show files in the run's summary (GITHUB_STEP_SUMMARY), as far as GitHub has room for them.

    A file that is not there is named: what should have written it has failed.
    """
    from tapctl.github.summary import LIMIT, summary
    from tapctl.render.gfm import code

    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        raise UsageError("GITHUB_STEP_SUMMARY is not set: there is no run to show this in")
    texts = [text_of(file) if file.exists() else f"{code(str(file))} was not written." for file in files]
    target = Path(path)
    try:
        used = target.stat().st_size if target.exists() else 0
        with target.open("a", encoding="utf-8") as found:
            found.write(summary(texts, LIMIT - used))
    except OSError as error:
        raise UsageError(f'GITHUB_STEP_SUMMARY: "{path}" cannot be written: {error.strerror}') from error
    tell(Kept(action="written"), "github summary", options.environment or "", options)
    return 0
