"""Whom the subcommands about people mean: their options, and what was given → a wish."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tapctl.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tapctl.passes.who import Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A wish, and of a roster's people, by lower-case name: when their passes are due, and where they are."""

    wish: Wish
    due: dict[str, datetime] = field(default_factory=dict)
    zones: dict[str, ZoneInfo] = field(default_factory=dict)


def group_and_roster(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command --group and --roster."""

    @click.option("--group", metavar="NAME", help="The members of this group, through groups within it.")
    @click.option(
        "--roster",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="The people in this file, CSV or YAML, as `pass issue` takes it.",
    )
    @functools.wraps(command)
    def with_options(*arguments: Any, **others: Any) -> int:
        return command(*arguments, **others)

    return with_options


def users_and_logs(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command USER... and the quick way through a large tenant."""

    @click.argument("users", metavar="[USER]...", nargs=-1)
    @click.option(
        "--from-logs",
        is_flag=True,
        help="Only whom the audit log and the registration report know to have a pass: quick in a large "
        "tenant, and blind to a pass that is in neither.",
    )
    @functools.wraps(command)
    def with_options(*arguments: Any, **others: Any) -> int:
        return command(*arguments, **others)

    return with_options


def people_of(
    users: tuple[str, ...] = (),
    group: str | None = None,
    roster: Path | None = None,
    *,
    from_logs: bool = False,
    may_be_everybody: bool = True,
) -> People:
    """Raises UsageError for two choices at once, and for a roster with mistakes."""
    from tapctl.passes.roster import Wanted, read_roster
    from tapctl.passes.who import Wish
    from tapctl.text.times import Zones

    wish = Wish(names=users, group=group, roster=None if roster is None else str(roster), from_logs=from_logs)
    wish.check(may_be_everybody=may_be_everybody)
    if roster is None:
        return People(wish=wish)
    entries = [*read_roster(roster, Wanted(user=""), Zones())]
    wanted = [entry for entry in entries if isinstance(entry, Wanted)]
    mistakes = [
        f"{found.place}: {found.message}"
        for entry in entries
        if not isinstance(entry, Wanted)
        for found in entry.findings
    ]
    if mistakes:
        raise UsageError("\n  ".join(["the roster has mistakes:", *mistakes]))
    names = tuple(entry.user for entry in wanted)
    due = {entry.user.lower(): entry.start for entry in wanted if entry.start is not None}
    zones = {entry.user.lower(): entry.zone for entry in wanted if entry.zone is not None}
    return People(wish=Wish(names=names, roster=str(roster)), due=due, zones=zones)
