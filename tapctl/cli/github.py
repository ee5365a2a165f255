"""`tapctl github ...`: what a workflow does with a result."""

from __future__ import annotations

from typing import Final

import click

from tapctl.cli.lazy import LazyCommands

COMMANDS: Final[dict[str, str]] = {
    "comment": "Keep one comment for each environment on a pull request.",
    "issue": "Keep one issue for each environment, while it drifts.",
    "summary": "Show files in the run's summary.",
    "outputs": "Hand JSON files to the next jobs, as outputs.",
}
"""Each command's line in the help; the command itself is `tapctl.cli.on_github.<name>.command`."""


@click.command("github", cls=LazyCommands, lines=COMMANDS, package="tapctl.cli.on_github")
def command() -> None:
    """For workflows on GitHub, which set what these commands go by: GITHUB_API_URL, GITHUB_GRAPHQL_URL,
    GITHUB_REPOSITORY, GITHUB_EVENT_PATH, GITHUB_STEP_SUMMARY and GITHUB_OUTPUT. GITHUB_TOKEN is given by the
    step that needs it, and is sent to that API only.
    """
