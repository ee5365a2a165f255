"""`tapctl pass sweep`: deletes passes that have served. Made for a nightly job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tapctl.cli.options import Options, common
from tapctl.cli.passes._people import group_and_roster, people_of, users_and_logs
from tapctl.cli.passes._tenant import tenant_for
from tapctl.errors import UsageError

if TYPE_CHECKING:
    from tapctl.passes.deleting import Deletion, Objection
    from tapctl.passes.deleting_report import Going
    from tapctl.passes.graph import Pass
    from tapctl.passes.holdings import Holdings
    from tapctl.passes.sweep import Survey


@click.command("sweep")
@common
@users_and_logs
@group_and_roster
@click.option("--expired", is_flag=True, help="Also passes that have expired.")
@click.option(
    "--used",
    is_flag=True,
    help="Also used one-time passes, once their owners cannot be registering any more: those that are over, "
    "or that were seen used a quarter of an hour before, by an earlier --used or with --wait.",
)
@click.option(
    "--wait",
    is_flag=True,
    help="With --used: ask, and then wait, a quarter of an hour at most, until those seen used now may "
    "go as well.",
)
@click.option("--yes", is_flag=True, help="Do not ask. For pipelines.")
@click.option("--dry-run", is_flag=True, help="Show what would go; delete, note and wait for nothing.")
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 2 if a pass is left that a person has to decide about or, with --dry-run, would go; "
    "errors still exit with 1.",
)
def command(
    options: Options,
    *,
    users: tuple[str, ...],
    group: str | None,
    roster: Path | None,
    from_logs: bool,
    expired: bool,
    used: bool,
    wait: bool,
    yes: bool,
    dry_run: bool,
    detailed_exitcode: bool,
) -> int:
    """Delete the passes of people who have registered a permanent passwordless method since.

    That is a passkey, Windows Hello for Business, a platform credential, or phone sign-in with Authenticator,
    registered after the pass was made. Whoever has a method of a type that tapctl does not know, or methods
    that cannot be read, is left and reported. Shows what goes and why, and asks for the environment's name;
    each pass is looked at afresh right before it is deleted. Without anybody named: everybody whom the pass
    policy reaches. Safe to repeat. Exit code 0 if done or nothing to do, 1 if anything failed or could not be
    read.
    """
    if wait and not used:
        raise UsageError("--wait is for used passes: say --used")
    people = people_of(users, group, roster, from_logs=from_logs)
    workspace = tenant_for(options)

    from tapctl.cli.connect import connected, our_folder
    from tapctl.cli.passes._deleting import Manner, carry_out, is_agreed_ahead
    from tapctl.passes.issuing.runs import FOLDER
    from tapctl.passes.list import now_of
    from tapctl.passes.sweep import Wants, recheck_owners, survey
    from tapctl.text.times import Clocks

    wants, folder = (
        Wants(expired=expired, used=used, notes=not dry_run),
        our_folder(options.workspace) / FOLDER,
    )
    with connected(workspace) as session:
        gateway = session.gateway

        async def look(seconds: float = 0.0) -> Survey:
            await gateway.clock.sleep(seconds)
            return await survey(gateway, people.wish, workspace.environment.pins, wants, folder)

        manner = Manner(
            command="pass sweep",
            title="Sweeping passes",
            clocks=Clocks(there=people.zones),
            yes=yes,
            dry_run=dry_run,
            detailed_exitcode=detailed_exitcode,
        )
        found = session.run(look())
        if wait and found.waiting and not dry_run:
            agreed, going = found.may_go, _going(found)
            if not yes and not is_agreed_ahead(session, going, len(agreed), manner, options):
                return 1
            seconds = (max(found.waiting) - now_of(gateway)).total_seconds()
            session.progress.registering(len(found.waiting), seconds)
            found = session.run(look(seconds))
            manner = replace(manner, yes=yes or {one.held.id for one in found.deletions} <= agreed)

        async def recheck(deletions: Sequence[Deletion], passes: Holdings[Pass]) -> Mapping[str, Objection]:
            return await recheck_owners(gateway, deletions, passes, found.wants, now_of(gateway))

        return carry_out(session, _going(found), recheck, manner, options)


def _going(found: Survey) -> Going:
    from tapctl.passes.deleting_report import Going

    return Going(
        listing=found.listing,
        chosen=found.chosen,
        deletions=found.deletions,
        verdicts=found.verdicts,
        notes=found.listing.notes,
    )
