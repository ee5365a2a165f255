"""`tapctl github outputs`: documents for `fromJSON` in the jobs that follow."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Final

import click

from tapctl.cli.on_github._shared import json_of, tell
from tapctl.cli.options import Options, common
from tapctl.errors import UsageError
from tapctl.github.comment import Kept

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@click.command("outputs")
@common
@click.argument("pairs", metavar="NAME=FILE...", nargs=-1, required=True)
def command(options: Options, *, pairs: tuple[str, ...]) -> int:
    """Hand JSON files to the next jobs: each becomes an output of the step (GITHUB_OUTPUT), on one line.

    For `fromJSON(needs.job.outputs.name)`, such as a matrix made of `tapctl environments --format json`.
    """
    lines = [_line(pair) for pair in pairs]
    path = os.environ.get("GITHUB_OUTPUT")
    if not path:
        raise UsageError("GITHUB_OUTPUT is not set: there is no step to have outputs")
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.writelines(lines)
    except OSError as error:
        raise UsageError(f'GITHUB_OUTPUT: "{path}" cannot be written: {error.strerror}') from error
    tell(Kept(action="written"), "github outputs", options.environment or "", options)
    return 0


def _line(pair: str) -> str:
    """ASCII on one line, so that no value can begin another output."""
    name, _, file = pair.partition("=")
    if not _NAME.fullmatch(name) or not file:
        raise UsageError(f'"{pair}" is not NAME=FILE')
    return f"{name}={json.dumps(json_of(Path(file)), separators=(',', ':'))}\n"
