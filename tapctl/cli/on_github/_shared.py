"""What the commands that write to GitHub have in common."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tapctl.cli.options import Options
from tapctl.cli.printing import put
from tapctl.errors import UsageError
from tapctl.github.comment import OURS, Kept

if TYPE_CHECKING:
    from tapctl.model import JsonObject

_SAID: Final = {
    "created": "Commented",
    "updated": "Updated",
    "unchanged": "Unchanged",
    "opened": "Opened",
    "closed": "Closed",
    "nothing-to-do": "No issue is open, and none is needed",
    "written": "Written",
    "left": "Left as it is: the tenant was not read",
}


def author_option(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command --author: whose texts are ours."""
    return click.option(
        "--author",
        metavar="LOGIN",
        default=OURS,
        show_default=True,
        help="Who the token belongs to; nobody else's text is ever changed.",
    )(command)


def text_of(path: Path) -> str:
    """What a file holds. Raises UsageError if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f'"{path}" cannot be read: {error.strerror}') from error


def json_of(path: Path) -> Any:
    """The document in a file. Raises UsageError if it cannot be read."""
    try:
        return json.loads(text_of(path))
    except ValueError as error:
        raise UsageError(f'"{path}" is no JSON: {error}') from error


def tell(kept: Kept, command: str, environment: str, options: Options) -> None:
    """What was done, on stdout."""
    match options.format:
        case "json":
            from tapctl.render.json import VERSION, written

            found: JsonObject = {
                "version": VERSION,
                "command": command,
                "environment": environment or None,
                "action": kept.action,
                "url": kept.url or None,
                "hidden": kept.hidden,
            }
            text = written(found)
        case "markdown":
            from tapctl.render.gfm import link

            text = f"- {link(_SAID[kept.action], kept.url) if kept.url else _SAID[kept.action]}\n"
        case _:
            from tapctl.text.escape import visible

            text = f"{_SAID[kept.action]}{f': {visible(kept.url)}' if kept.url else ''}\n"
    put(text)
