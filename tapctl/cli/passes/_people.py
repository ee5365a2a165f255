"""What the subcommands about people share: whom they mean, the tenant that is asked, and how they answer."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tapctl.cli.options import Options, require_environment
from tapctl.errors import UsageError, WorkspaceError

if TYPE_CHECKING:
    from tapctl.cli.connect import Session
    from tapctl.model import JsonObject, Workspace
    from tapctl.passes.who import Wish
    from tapctl.report import Headline
    from tapctl.sheet import Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A wish, and when the people of a roster should have their passes, by lower-case name."""

    wish: Wish
    due: dict[str, datetime] = field(default_factory=dict)


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
    from tapctl.passes.times import Zones
    from tapctl.passes.who import Wish

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
    return People(wish=Wish(names=names, roster=str(roster)), due=due)


def tenant_for(options: Options) -> Workspace:
    """The workspace, of which only settings and environment matter here: a mistake in a policy's document
    must not keep anybody from taking a pass back. Raises WorkspaceError for mistakes in those two."""
    from tapctl.kinds import kinds
    from tapctl.load import load_workspace
    from tapctl.model import errors_in

    known = {name: kind.singleton for name, kind in kinds().items()}
    workspace = load_workspace(options.workspace, options.environment, known_kinds=known)
    require_environment(options, workspace.real_environments)
    ours = [
        f"{found.place}: {found.message}"
        for found in errors_in(workspace.findings)
        if found.place
        and found.place.file.startswith((f"{workspace.root}/environments/", f"{workspace.root}/tapctl."))
    ]
    if ours:
        raise WorkspaceError("\n  ".join(["the environment has mistakes:", *ours]))
    return workspace


def headline_of(session: Session) -> Headline:
    """Which tenant was asked, and by whom."""
    from tapctl.report import Headline

    gateway = session.gateway
    return Headline(
        environment=gateway.environment,
        tenant_id=gateway.tenant_id,
        is_sandbox=gateway.is_sandbox,
        caller=gateway.caller.name,
    )


def answer(
    options: Options, command: str, session: Session, document: JsonObject, sheet: Callable[[], Sheet]
) -> None:
    """The result of a command, in the chosen format."""
    from tapctl.cli.output import show_sheet
    from tapctl.render.json import VERSION, headline, written

    if options.format != "json":
        show_sheet(sheet(), options.format)
        return
    found = headline_of(session)
    start: JsonObject = {"version": VERSION, "command": command, **headline(found)}
    requests = {"caller": found.caller or None, "requests": session.gateway.sent}
    click.echo(written({**start, **requests, **document}), nl=False)
