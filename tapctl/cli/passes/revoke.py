"""`tapctl pass revoke`: takes passes back."""

from __future__ import annotations

from pathlib import Path

import click

from tapctl.cli.options import Options, common
from tapctl.cli.passes._people import group_and_roster, people_of
from tapctl.cli.passes._tenant import tenant_for


@click.command("revoke")
@common
@click.argument("users", metavar="[USER]...", nargs=-1)
@group_and_roster
@click.option("--yes", is_flag=True, help="Do not ask. For pipelines.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept in the record in .tapctl/passes.")
def command(
    options: Options,
    *,
    users: tuple[str, ...],
    group: str | None,
    roster: Path | None,
    yes: bool,
    reason: str,
) -> int:
    """Delete the passes of USER..., of a --group or of a --roster.

    Shows them first and asks for the environment's name. Right before each deletion the pass is looked at
    afresh: one that was replaced meanwhile is left. A deleted pass opens nothing any more, though an access
    token that is out may live for another hour. Safe to repeat. Exit code 1 if anything failed.
    """
    people = people_of(users, group, roster, may_be_everybody=False)
    workspace = tenant_for(options)

    from tapctl.cli.connect import connected
    from tapctl.cli.passes._deleting import Manner, carry_out
    from tapctl.passes.deleting import nothing_to_recheck
    from tapctl.passes.deleting_report import Going
    from tapctl.passes.list import list_passes, now_of
    from tapctl.passes.revoke import deletions_of, without_a_pass
    from tapctl.passes.who import choose
    from tapctl.text.times import Clocks

    with connected(workspace) as session:
        gateway = session.gateway
        pins = workspace.environment.pins
        chosen = session.run(choose(gateway, people.wish, pins, now_of(gateway), may_miss=False))
        listing = session.run(list_passes(gateway, chosen))
        going = Going(
            listing=listing,
            chosen=chosen,
            deletions=deletions_of(listing),
            notes=tuple(filter(None, (*listing.notes, without_a_pass(listing)))),
        )
        manner = Manner(
            command="pass revoke",
            title="Revoking passes",
            yes=yes,
            told=reason,
            clocks=Clocks(there=people.zones),
        )
        return carry_out(session, going, nothing_to_recheck, manner, options)
