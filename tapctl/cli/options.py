"""The options that every command takes."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, cast

import click

from tapctl.errors import UsageError

Format: TypeAlias = Literal["text", "json", "markdown", "html", "sarif", "junit"]
COMMON_FORMATS: Final[tuple[Format, ...]] = ("text", "json", "markdown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Where the workspace is, which environment is meant (None: the settings' default), how to answer."""

    workspace: Path
    environment: str | None
    format: Format


def common(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command -C, -e and --format, and hands them over as one Options."""
    return answering_in()(command)


def answering_in(*more: Format) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """`common`, for a command that can answer in more formats than every command does."""
    return functools.partial(_with_options, formats=(*COMMON_FORMATS, *more))


def _with_options(command: Callable[..., int], *, formats: tuple[Format, ...]) -> Callable[..., int]:
    @click.option(
        "-C",
        "--workspace",
        metavar="DIR",
        type=click.Path(path_type=Path),
        default="policies",
        show_default=True,
        help="The folder with the documents.",
    )
    @click.option(
        "-e", "--env", "environment", metavar="NAME", help="The environment [default: from tapctl.yaml]."
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
        options = Options(workspace=workspace, environment=environment, format=cast(Format, output_format))
        return command(options, **others)

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
