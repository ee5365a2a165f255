"""The tenant that the subcommands ask, and how they answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tapctl.cli.options import Options, require_environment
from tapctl.cli.printing import put
from tapctl.errors import WorkspaceError

if TYPE_CHECKING:
    from tapctl.cli.connect import Session
    from tapctl.model import JsonObject, Workspace
    from tapctl.report import Headline
    from tapctl.report.sheet import Sheet


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
    put(written({**start, **requests, **document}))
