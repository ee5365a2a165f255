"""`tapctl plan`: what would change."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tapctl.cli.base import base_option, former
from tapctl.cli.known_facts import facts_option
from tapctl.cli.options import Options, answering_in, as_of_option
from tapctl.errors import UsageError

if TYPE_CHECKING:
    from tapctl.model import Plan


@click.command("plan")
@answering_in("html", "sarif", also=True)
@click.option(
    "--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes; errors still exit with 1."
)
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the plan, for `tapctl apply FILE` to be held to it. Replaces a saved plan and nothing else.",
)
@click.option(
    "--undo", metavar="RECORD", type=click.Path(path_type=Path), help="Plan the way back from an apply."
)
@base_option
@facts_option
@as_of_option
def command(
    options: Options,
    *,
    detailed_exitcode: bool,
    out: Path | None,
    undo: Path | None,
    base: str | None,
    facts: str | None,
    as_of: date,
) -> int:
    """Compare the workspace with the tenant and show what would change, and what it would mean.

    Writes nothing to the tenant. Mistakes in the workspace are shown before the tenant is asked. A saved plan
    holds no secret; a plan with errors is not saved. Lint rules judge the tenant as it would be, and say
    which of their findings this change introduces or removes; some need facts that a plan does not read
    (--facts). Settings are what the folder says: --base tells where a change has made them looser.
    """
    from tapctl.cli.connect import connected
    from tapctl.cli.known_facts import snapshot_of
    from tapctl.cli.output import answer
    from tapctl.cli.undo import planning, read_past
    from tapctl.facts.merge import known_if_seen
    from tapctl.facts.unread import not_read
    from tapctl.model import errors_in
    from tapctl.pipeline import check
    from tapctl.report import settings_file
    from tapctl.report.making import checked_report, plan_report

    if undo and facts:
        raise UsageError("--facts is about the folder's plan, and --undo is not; give one of the two")
    if out is not None:
        _mind(out)
    past = read_past(undo) if undo else None
    checked = check(options.workspace, options.environment)
    if checked.has_errors:
        answer(checked_report(checked, "plan"), options)
        return 1
    before = former(checked, base, is_undo=past is not None)
    with connected(checked.workspace) as session:
        snapshot = snapshot_of(checked, facts, session=session)
        checked = replace(checked, findings=(*checked.findings, *not_read(snapshot)))
        known = known_if_seen(checked, snapshot)
        planned = session.run(planning(checked, past, session.gateway, as_of, known, before))
        caller, sent = session.gateway.caller.name, session.gateway.sent
    documents = len(checked.workspace.resources)
    report = plan_report(planned, "plan", caller=caller, requests=sent, documents=documents)
    said = replace(report.headline, settings=settings_file(checked.workspace.root))
    answer(replace(report, headline=said, undoes=str(undo or "")), options)
    if errors_in(planned.plan.findings):
        return 1
    if out is not None:
        _save(planned.plan, out)
    return 2 if detailed_exitcode and planned.plan.pending else 0


def _mind(path: Path) -> None:
    """Raises UsageError where a plan would replace something else than a plan."""
    from tapctl.plan.saved import is_saved_plan

    try:
        if not path.exists() or (path.is_file() and is_saved_plan(path.read_bytes())):
            return
    except OSError as error:
        raise UsageError(f'the plan cannot be saved in "{path}": {error.strerror}') from error
    raise UsageError(f'"{path}" is there and is no saved plan, so it stays: give --out another name')


def _save(plan: Plan, path: Path) -> None:
    """All of it or nothing, readable by its owner only."""
    from tapctl.cli.output import say
    from tapctl.cli.private_file import write_private
    from tapctl.plan.saved import as_document

    write_private(path, json.dumps(as_document(plan), indent=1) + "\n")
    say(f'Saved in "{path}": tapctl apply "{path}" -e {plan.environment} does this and nothing else.')
