"""`tapctl summary`: many environments, one account."""

from __future__ import annotations

import json
import re
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tapctl.cli.options import Options, answering_in
from tapctl.cli.printing import put
from tapctl.errors import UsageError

if TYPE_CHECKING:
    from tapctl.report.combined import Combined, Result

_COMMAND: Final = re.compile(r"^(plan|apply|drift|validate)-")


@click.command("summary")
@answering_in(also=True)
@click.argument("paths", metavar="FILE|DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--environments",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="What `tapctl environments --format json` wrote: each of these has to have a result.",
)
@click.option(
    "--allow",
    metavar="BRAKE[,BRAKE]",
    help="Brakes that `apply` will allow. With this, empty too, a plan that another brake stops is wrong.",
)
def command(
    options: Options, *, paths: tuple[Path, ...], environments: Path | None, allow: str | None
) -> int:
    """Put the results of several environments together.

    Takes what `plan`, `apply`, `drift` and `validate` wrote in JSON (a folder: every *.json in it), and says
    which environments failed, need a word, drift, have changes, or are as declared, worst first. In JSON,
    `ready` lists the plans that may be applied, with their checksums: for a matrix. With -e only that
    environment counts.

    Exits with 1 if something went wrong or is missing, with 2 if something drifts.
    """
    from tapctl.guard import brakes_named
    from tapctl.report.combined import combine

    allowed = brakes_named(allow or "")
    files = [file for path in paths for file in _files(path)]
    results = [_result(file, allowed) for file in files]
    expected = _names(environments) if environments else []
    if options.environment is not None:
        results = [result for result in results if result.environment == options.environment]
        expected = [options.environment]
    if not results and not expected:
        raise UsageError(
            f"no run left a result in {', '.join(map(str, paths))}: there is nothing to put together"
        )
    combined = combine(results, expected, is_strict=allow is not None)
    put(_rendered(combined, options.format))
    options.also.write(lambda output_format: _rendered(combined, output_format))
    return 1 if combined.is_wrong else 2 if combined.has_drift else 0


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*.json")) if path.is_dir() else [path]


def _result(path: Path, allowed: AbstractSet[str]) -> Result:
    """What the file says of its run; one that says nothing is that environment's error, and no other's."""
    from tapctl.report.combined import Result, read_result

    name = _COMMAND.sub("", path.stem)
    try:
        return read_result(_read(path), str(path), name, allowed)
    except UsageError as error:
        return Result(environment=name, status="error", said=str(error))


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f'"{path}" cannot be read: {error.strerror}') from error
    except ValueError as error:
        raise UsageError(f'"{path}" is no JSON: {error}') from error


def _names(path: Path) -> list[str]:
    try:
        return [str(item["name"]) for item in _read(path)["environments"]]
    except (KeyError, TypeError) as error:
        raise UsageError(f'"{path}" is not what `tapctl environments --format json` writes') from error


def _rendered(combined: Combined, output_format: str) -> str:
    from tapctl.render.combined import render_json, render_markdown, render_text

    match output_format:
        case "json":
            return render_json(combined)
        case "markdown":
            return render_markdown(combined)
        case _:
            return render_text(combined)
