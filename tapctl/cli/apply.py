"""`tapctl apply`: shows the plan, asks, carries it out, and gives an account of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tapctl.cli.asking import declined
from tapctl.cli.base import base_option, former
from tapctl.cli.connect import Session, connected, record_in
from tapctl.cli.options import INTERRUPTED, Options, answering_in, require_environment
from tapctl.cli.output import answer, say, show, show_text, write_also
from tapctl.cli.undo import planning, read_past
from tapctl.errors import Refused, UsageError
from tapctl.guard import BRAKES, brakes_named, flag, missing_words
from tapctl.match.renewed import new_pins, renewed
from tapctl.model import Address, Plan, errors_in
from tapctl.pipeline import Planned, carry_out, check
from tapctl.plan.reviewed import Reviewed, misplaced, objection
from tapctl.report import Report
from tapctl.report.making import account, applied_report, checked_report, plan_report

if TYPE_CHECKING:
    from tapctl.apply import Result


def _parameter(brake: str) -> str:
    return flag(brake).lstrip("-").replace("-", "_")


def _brakes(command: Callable[..., int]) -> Callable[..., int]:
    """One option for each brake of the guard."""
    for brake, allows in reversed(list(BRAKES.items())):
        option = click.option(flag(brake), _parameter(brake), is_flag=True, help=f"Allowed: {allows}.")
        command = option(command)
    return command


def _brakes_named(context: click.Context, parameter: click.Parameter, value: str) -> frozenset[str]:
    """Words that came from elsewhere are brakes, or nothing happens."""
    try:
        return brakes_named(value)
    except UsageError as error:
        raise click.BadParameter(str(error), context, parameter) from error


@click.command("apply")
@answering_in("html", also=True)
@click.option("--yes", is_flag=True, help="Do not ask. For pipelines.")
@click.option("--checksum", metavar="SUM", help="Refuse unless the plan is the one with this checksum.")
@click.option(
    "--undo",
    metavar="RECORD",
    type=click.Path(path_type=Path),
    help="Go back to what was there before the apply that kept this record.",
)
@base_option
@click.option(
    "--allow",
    "allowed",
    metavar="BRAKE[,BRAKE]",
    callback=_brakes_named,
    default="",
    help="The same as --allow-BRAKE for each of these, for pipelines that hand words on.",
)
@click.option(
    "--write-pins",
    is_flag=True,
    help="Write the new ids of pinned objects that were made again into the environment's file.",
)
@click.argument("saved", metavar="[PLAN]", required=False, type=click.Path(path_type=Path))
@_brakes
def command(
    options: Options,
    *,
    yes: bool,
    checksum: str | None,
    saved: Path | None,
    undo: Path | None,
    base: str | None,
    allowed: frozenset[str],
    write_pins: bool,
    **words: bool,
) -> int:
    """Make the tenant what the workspace says.

    Shows the plan first and asks for the environment's name. Whatever is dangerous (a brake) needs its own
    option below. A record of what was there before is kept in the workspace's .tapctl/records.

    With PLAN (from `tapctl plan --out`) or --checksum the plan is made anew and has to be the one that was
    reviewed: otherwise the difference is shown and nothing is done. Of a plan with --base that asks about
    break-glass accounts, the brake is part of what was reviewed: give the same --base.

    With --undo the plan is the way back from an earlier apply, under the same checks and brakes. What was
    deleted comes back from Graph's deleted items with its id, if it is still there.
    """
    past = read_past(undo) if undo else None
    reviewed = Reviewed(saved=_saved_plan(saved) if saved else None, checksum=checksum)
    checked = check(options.workspace, options.environment)
    require_environment(options, checked.workspace.real_environments)
    environment = checked.workspace.environment
    if elsewhere := misplaced(reviewed, environment.name, environment.tenant_id):
        raise Refused(elsewhere)
    if checked.has_errors:
        return _refuse(checked_report(checked, "apply"), _mistakes(len(errors_in(checked.findings))), options)
    before = former(checked, base, is_undo=past is not None)
    with connected(checked.workspace) as session:
        as_of = datetime.now(UTC).date()
        planned = session.run(planning(checked, past, session.gateway, as_of, former=before))
        report = plan_report(
            planned,
            "apply",
            caller=session.gateway.caller.name,
            requests=session.gateway.sent,
            documents=len(checked.workspace.resources),
        )
        report = replace(report, undoes=str(undo or ""))
        given = allowed | {brake for brake in BRAKES if words[_parameter(brake)]}
        if why := _objection(planned.plan, given, reviewed):
            return _refuse(report, why, options)
        if not planned.plan.pending:
            pins = new_pins(planned.plan, ()) if write_pins else {}
            found = (*report.findings, *renewed(pins, environment.name, are_written=True))
            answer(replace(report, status="nothing-to-do", findings=found), options)
            _keep(pins, planned.plan, options)
            return 0
        _show_before(report, options, asks=not yes)
        if not yes and (why := declined(planned.plan, "changes {}", without="applies")):
            return _refuse(report, why, options, was_shown=True)
        return _carry_out(session, planned, report, options, writes_pins=write_pins)


def _mistakes(count: int) -> str:
    return f"{count} error{'s' if count > 1 else ''} must be corrected first"


def _saved_plan(path: Path) -> Plan:
    from tapctl.plan.saved import MOST_BYTES, read_saved_plan

    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f'the plan "{path}" cannot be read: {error.strerror}') from error
    return read_saved_plan(content, str(path))


def _objection(plan: Plan, given: AbstractSet[str], reviewed: Reviewed) -> str:
    """Why the plan must not be carried out; empty if it may be."""
    if errors := errors_in(plan.findings):
        return _mistakes(len(errors))
    if why := objection(reviewed, plan):
        return why
    if plan.pending and (missing := missing_words(plan.findings, given)):
        listed = [f"{item.flag or 'no option allows it'}: {item.message}" for item in missing]
        return "\n  ".join(["these need a word each:", *listed])
    return ""


def _refuse(report: Report, why: str, options: Options, *, was_shown: bool = False) -> int:
    refused = replace(report, status="refused", refusal=why)
    write_also(refused, options)
    if options.format != "text":
        show(refused, options.format)
    else:
        if not was_shown:
            show(report, "text")
        say(f"Refused: {why}")
    return 1


def _show_before(report: Report, options: Options, *, asks: bool) -> None:
    """The plan, before anything is done; to stderr if stdout is for one document at the end."""
    if options.format == "text":
        show(report, "text")
    elif asks:
        show_text(report, sys.stderr)


def _carry_out(
    session: Session, planned: Planned, report: Report, options: Options, *, writes_pins: bool
) -> int:
    with record_in(options.workspace, "records", planned.plan.environment) as record:
        result: Result = session.run(
            carry_out(planned, session.gateway, record, session.progress.step, session.progress.settling)
        )
    done = applied_report(
        report,
        result.outcomes,
        was_interrupted=result.was_interrupted,
        record=str(record.path),
        requests=session.gateway.sent,
    )
    pins = new_pins(planned.plan, result.outcomes)
    notes = renewed(pins, planned.plan.environment, are_written=writes_pins)
    done = replace(done, findings=(*done.findings, *notes))
    show(replace(account(done), findings=notes) if options.format == "text" else done, options.format)
    write_also(done, options)
    _keep(pins if writes_pins else {}, planned.plan, options)
    if result.was_interrupted:
        return INTERRUPTED
    return 0 if done.status == "applied" else 1


def _keep(pins: Mapping[Address, str], plan: Plan, options: Options) -> None:
    if pins:
        from tapctl.workspace.folder import write_pins

        write_pins(options.workspace, plan.environment, pins, are_renewed=True)
