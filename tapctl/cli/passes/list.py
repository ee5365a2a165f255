"""`tapctl pass list`: who has a pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from tapctl.cli.options import Options, common
from tapctl.cli.passes._people import group_and_roster, people_of, users_and_logs
from tapctl.cli.passes._tenant import answer, headline_of, tenant_for


@click.command("list")
@common
@users_and_logs
@group_and_roster
def command(
    options: Options, *, users: tuple[str, ...], group: str | None, roster: Path | None, from_logs: bool
) -> int:
    """Show who has a pass: from when until when, usable or why not, and who issued it.

    USER is a userPrincipalName or an object id. Without anybody named: everybody whom the pass policy
    reaches, and whoever else the logs know to have a pass. Writes nothing; a passcode is in no answer.
    Exit code 1 if anybody's pass could not be read.
    """
    people = people_of(users, group, roster, from_logs=from_logs)
    workspace = tenant_for(options)

    from tapctl.cli.connect import OURS, connected
    from tapctl.passes.issuing.claims import unheard
    from tapctl.passes.issuing.runs import FOLDER
    from tapctl.passes.list import list_passes, now_of
    from tapctl.passes.list_report import listing_json, listing_sheet
    from tapctl.passes.who import choose
    from tapctl.text.times import Clocks

    with connected(workspace) as session:
        gateway = session.gateway
        chosen = session.run(choose(gateway, people.wish, workspace.environment.pins, now_of(gateway)))
        listing = session.run(list_passes(gateway, chosen))
        held = {one.person.id: one.held.id for one in listing.holders}
        lost = unheard(options.workspace / OURS / FOLDER, gateway.tenant_id, held)
        listing = replace(listing, notes=(*listing.notes, *lost))
        headline = headline_of(session)

        answer(
            options,
            "pass list",
            session,
            listing_json(listing, chosen),
            lambda: listing_sheet(listing, chosen, Clocks(there=people.zones), headline, gateway.sent),
        )
    return 1 if listing.failures else 0
