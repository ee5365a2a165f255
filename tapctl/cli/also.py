"""`--also FORMAT=FILE`: one reading of the tenant, told in several formats, so that they cannot disagree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from tapctl.cli.formats import Format
from tapctl.errors import TapctlError, UsageError
from tapctl.text.escape import unheard


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    """The other files that a result goes to."""

    files: tuple[tuple[Format, Path], ...] = ()

    def write(self, rendered: Callable[[Format], str]) -> None:
        """The result, in each format. Raises UsageError if a file cannot be written."""
        for output_format, path in self.files:
            _write(path, rendered(output_format))

    def write_error(self, error: TapctlError, environment: str | None, settings: str) -> None:
        """What stopped the command, in each format: no file is left of an earlier run."""
        from tapctl.cli.stopped import stopped

        for output_format, path in self.files:
            _write(path, stopped(error, output_format, environment, settings))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(unheard(text), encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f'"{path}" cannot be written: {error.strerror}') from error


def also_option(formats: tuple[Format, ...]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Gives a command --also, for the formats of its --format."""

    def read(
        _: click.Context, __: click.Parameter, values: tuple[str, ...]
    ) -> tuple[tuple[Format, Path], ...]:
        return tuple(_format_and_file(value, formats) for value in values)

    return click.option(
        "--also",
        metavar="FORMAT=FILE",
        multiple=True,
        callback=read,
        help="Write the same result to a file too, in that format. Can be given several times.",
    )


def _format_and_file(value: str, formats: tuple[Format, ...]) -> tuple[Format, Path]:
    """Checked before anything is done: afterwards it would be too late. Raises click.BadParameter."""
    said, _, file = value.partition("=")
    found: Format | None = next((item for item in formats if item == said), None)
    if found is None:
        raise click.BadParameter(f'"{value}" is not FORMAT=FILE with a format of {", ".join(formats)}')
    path = Path(file)
    if not file or path.is_dir() or not path.parent.is_dir():
        raise click.BadParameter(f'"{file}" is no file in a folder that is there')
    if path.suffix.lower() in (".yaml", ".yml"):
        raise click.BadParameter(f'"{file}" is a name for documents, which a result must not replace')
    return found, path
