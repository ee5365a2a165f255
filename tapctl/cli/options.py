"""The options that every command takes."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

import click

from tapctl.cli.also import Also, also_option
from tapctl.cli.completing import environment_names
from tapctl.cli.formats import COMMON_FORMATS, Format
from tapctl.cli.where import DEFAULT_FOLDER, inside
from tapctl.errors import TapctlError, UsageError

INTERRUPTED: Final = 130
"""The exit code after Ctrl-C."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Where the workspace is, which environment is meant (None: the settings' default), how to answer.

    `also` are files that the answer goes to besides, for commands that take --also.
    """

    workspace: Path
    environment: str | None
    format: Format
    also: Also = field(default_factory=Also)


def common(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command -C, -e and --format, and hands them over as one Options."""
    return answering_in()(command)


def answering_in(*more: Format, also: bool = False) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """`common`, for a command that can answer in more formats than every command, or in several at once."""
    formats = (*COMMON_FORMATS, *more)
    options = functools.partial(_with_options, formats=formats)
    return (lambda command: options(also_option(formats)(command))) if also else options


def _with_options(command: Callable[..., int], *, formats: tuple[Format, ...]) -> Callable[..., int]:
    @click.option(
        "-C",
        "--workspace",
        metavar="DIR",
        type=click.Path(path_type=Path),
        default=DEFAULT_FOLDER,
        show_default=True,
        help="The folder with the documents, or the repository that has them in `policies`.",
    )
    @click.option(
        "-e",
        "--env",
        "environment",
        metavar="NAME",
        shell_complete=environment_names,
        help="The environment [default: from tapctl.yaml].",
    )
    @click.option(
        "--format",
        "output_format",
        type=click.Choice(formats),
        default="text",
        show_default=True,
        help="How to write the result.",
    )
    @functools.wraps(command)
    def with_options(workspace: Path, environment: str | None, output_format: str, **others: Any) -> int:
        also = Also(files=others.pop("also", ()))
        options = Options(
            workspace=inside(workspace),
            environment=environment,
            format=cast(Format, output_format),
            also=also,
        )
        try:
            return command(options, **others)
        except TapctlError as error:
            also.write_error(error, environment, str(options.workspace / "tapctl.yaml"))
            raise

    return with_options


def as_of_option(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command --as-of: the date by which dated rules are judged."""

    @click.option(
        "--as-of",
        metavar="DATE",
        type=click.DateTime(["%Y-%m-%d"]),
        help="Judge as if it were this day, such as 2027-01-31 [default: today, UTC].",
    )
    @functools.wraps(command)
    def with_date(*positional: Any, as_of: datetime | None, **others: Any) -> int:
        return command(*positional, as_of=(as_of or datetime.now(UTC)).date(), **others)

    return with_date


def require_environment(options: Options, real_environments: tuple[str, ...]) -> None:
    """Nobody writes to a tenant that they did not name: raises UsageError where -e has to be given."""
    if options.environment is not None:
        return
    if os.environ.get("CI", "").lower() not in ("", "false"):
        raise UsageError("in a pipeline (CI is set) the environment has to be said: -e NAME")
    if real_environments:
        known = ", ".join(real_environments)
        raise UsageError(
            f"this workspace has real environments ({known}): say which one you mean with -e NAME"
        )


def only_sandbox(options: Options) -> None:
    """Raises UsageError where -e names anything else."""
    if options.environment not in (None, "sandbox"):
        raise UsageError(f'the sandbox is not environment "{options.environment}"; leave -e out')
