"""`tapctl pass ...`: the passes of people, from the first day to their deletion."""

from __future__ import annotations

from typing import Final

import click

from tapctl.cli.lazy import LazyCommands

COMMANDS: Final[dict[str, str]] = {
    "issue": "Make passes, and hand each passcode over once.",
    "list": "Who has a pass: from when until when, usable or why not.",
    "status": "Follow people from their pass to a permanent method.",
    "revoke": "Take passes back; asks first.",
    "sweep": "Delete passes that have served; asks first. For a nightly job.",
}
"""Each command's line in the help; the command itself is `tapctl.cli.passes.<name>.command`."""


@click.command("pass", cls=LazyCommands, lines=COMMANDS, package="tapctl.cli.passes")
def command() -> None:
    """A person's Temporary Access Pass: follow it, take it back, delete it once it has served."""
