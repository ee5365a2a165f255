"""`tapctl pass status`: the onboarding funnel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from tapctl.cli.options import Options, common
from tapctl.cli.passes._people import group_and_roster, people_of
from tapctl.cli.passes._tenant import answer, headline_of, tenant_for


@click.command("status")
@common
@click.argument("users", metavar="[USER]...", nargs=-1)
@group_and_roster
def command(options: Options, *, users: tuple[str, ...], group: str | None, roster: Path | None) -> int:
    """Follow people from their pass to a permanent method, and on to the pass's deletion.

    Shows for each of --group, --roster or USER...: pass issued, signed in, permanent passwordless method
    registered (which, when), pass deleted; who is overdue, whose password is still the one from before the
    pass, and who has a permanent method and is still in the new-hire group. Writes nothing. Exit code 1 if
    anybody could not be read.
    """
    people = people_of(users, group, roster, may_be_everybody=False)
    workspace = tenant_for(options)

    from tapctl.cli.connect import OURS, connected
    from tapctl.passes.issuing.claims import unheard
    from tapctl.passes.issuing.runs import FOLDER
    from tapctl.passes.list import now_of
    from tapctl.passes.status import follow
    from tapctl.passes.status_report import status_json, status_sheet
    from tapctl.passes.who import choose
    from tapctl.text.times import Clocks

    with connected(workspace) as session:
        gateway = session.gateway
        now = now_of(gateway)
        chosen = session.run(choose(gateway, people.wish, workspace.environment.pins, now))
        folder = options.workspace / OURS / FOLDER
        found = session.run(follow(gateway, chosen, people.due, now, folder))
        held = {one.facts.person.id: one.facts.held.id for one in found.people if one.facts.held}
        found = replace(found, notes=(*found.notes, *unheard(folder, gateway.tenant_id, held)))
        headline = headline_of(session)
        answer(
            options,
            "pass status",
            session,
            status_json(found, chosen),
            lambda: status_sheet(found, chosen, Clocks(there=people.zones), headline, gateway.sent),
        )
    return 1 if found.failures else 0
