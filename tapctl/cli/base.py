"""`--base REV`: the settings as they were, so that a change does not loosen them unsaid."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from tapctl.errors import UsageError

if TYPE_CHECKING:
    from tapctl.checked import Checked
    from tapctl.model import Former


def base_option(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command --base."""
    return click.option(
        "--base",
        metavar="REV",
        help="Say which settings (tapctl.yaml, the environment's file) are looser than in this git revision, "
        "such as HEAD^1, and ask about break-glass accounts declared there and no more.",
    )(command)


def former(checked: Checked, base: str | None, *, is_undo: bool) -> Former | None:
    """Raises UsageError where git does not have that revision, and for the way back from an apply."""
    from tapctl.pipeline import former_settings

    if base is None:
        return None
    if is_undo:
        raise UsageError("--base is about the folder's plan, and --undo is not; give one of the two")
    return former_settings(checked, base)
