"""`tapctl pass ...`: the passes of people, from the first day to their deletion."""

from __future__ import annotations

from typing import Final

import click

from tapctl.cli.lazy import LazyCommands

COMMANDS: Final[dict[str, str]] = {}
"""Each command's line in the help; the command itself is `tapctl.cli.passes.<name>.command`."""


@click.command("pass", cls=LazyCommands, lines=COMMANDS, package="tapctl.cli.passes")
def command() -> None:
    """A person's Temporary Access Pass: issue it, hand it over once, follow it, delete it."""
