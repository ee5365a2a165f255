"""What revoke and sweep share: shows what is to go, asks, deletes, and gives an account of it."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tapctl.cli.asking import declined
from tapctl.cli.connect import Session, record_in
from tapctl.cli.options import INTERRUPTED, Options
from tapctl.cli.output import say, show_sheet
from tapctl.cli.passes._tenant import answer, headline_of
from tapctl.cli.printing import put
from tapctl.errors import NotRecorded
from tapctl.text.words import counted

if TYPE_CHECKING:
    from tapctl.passes.deleting import Outcome, Recheck
    from tapctl.passes.deleting_report import Going
    from tapctl.text.times import Clocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a command goes about it; `told` is what the record says of why."""

    command: str
    title: str
    clocks: Clocks
    yes: bool
    told: str = ""
    dry_run: bool = False
    detailed_exitcode: bool = False


def carry_out(session: Session, going: Going, recheck: Recheck, manner: Manner, options: Options) -> int:
    """The exit code: 0 done or nothing to do, 1 something went wrong, 130 interrupted; 2 if asked to tell
    that something is left to decide or to do."""
    failed = 1 if going.has_failures else 0
    if not going.deletions or manner.dry_run:
        end = going.end if going.deletions else "nothing-to-do"
        _answer(session, replace(going, end=end), manner, options)
        return failed or (2 if (going.deletions or going.doubts) and manner.detailed_exitcode else 0)
    _show_before(session, going, manner, options)
    passes = counted(len(going.deletions), "pass", "passes")
    if not manner.yes and _is_refused(session, going, f"deletes {passes} in {{}}", manner, options):
        return 1
    return _delete(session, going, recheck, manner, options)


def is_agreed_ahead(session: Session, going: Going, most: int, manner: Manner, options: Options) -> bool:
    """Asks before a wait, for what goes now and what may go by then; a refusal is told."""
    _show_before(session, going, manner, options)
    passes = counted(most, "pass", "passes")
    return not _is_refused(session, going, f"waits, and deletes up to {passes} in {{}}", manner, options)


def _is_refused(session: Session, going: Going, does: str, manner: Manner, options: Options) -> bool:
    """Asks; a refusal is told."""
    why = declined(session.gateway, does, without="deletes")
    if why and options.format != "text":
        _answer(session, replace(going, end="refused", refusal=why), manner, options)
    elif why:
        say(f"Refused: {why}")
    return bool(why)


def _show_before(session: Session, going: Going, manner: Manner, options: Options) -> None:
    """On the terminal before anything is done; to stderr if stdout is for one document at the end."""
    from tapctl.passes.deleting_report import plan_sheet

    sheet = plan_sheet(manner.title, going, manner.clocks, headline_of(session))
    if options.format == "text":
        show_sheet(sheet, "text")
    elif not manner.yes:
        show_sheet(sheet, "text", sys.stderr)


def _delete(session: Session, going: Going, recheck: Recheck, manner: Manner, options: Options) -> int:
    from tapctl.passes.deleting import delete_passes
    from tapctl.passes.deleting_report import end_of

    outcomes: list[Outcome] = []
    was_interrupted, stopped = False, ""
    with record_in(options.workspace, "passes", session.gateway.environment) as record:
        try:
            record.write(
                "began",
                command=manner.command,
                tenant=session.gateway.tenant_id,
                caller=session.gateway.caller.name,
                passes=len(going.deletions),
                why=manner.told or None,
            )
            session.run(delete_passes(session.gateway, going.deletions, recheck, record, outcomes))
        except KeyboardInterrupt:
            was_interrupted = True
        except NotRecorded as error:
            stopped = str(error)
        done = replace(going, outcomes=tuple(outcomes), record=str(record.path), stopped=stopped)
        done = replace(done, end=end_of(done, was_interrupted=was_interrupted))
        with suppress(
            NotRecorded
        ):  # a record without its end tells less than this account, and nothing wrong
            record.write("ended", status=done.end)
    _answer(session, done, manner, options)
    if was_interrupted:
        return INTERRUPTED
    if done.end != "done":
        return 1
    return 2 if going.doubts and manner.detailed_exitcode else 0


def _answer(session: Session, going: Going, manner: Manner, options: Options) -> None:
    """In text the plan was shown already, unless nothing was to be done."""
    from tapctl.passes.deleting_report import account_sheet, going_json, plan_sheet

    headline, requests = headline_of(session), session.gateway.sent
    account = account_sheet(manner.title, going, headline, requests)
    plan = plan_sheet(manner.title, going, manner.clocks, headline)
    if options.format == "markdown" and going.record:
        show_sheet(plan, "markdown")
        put("\n")
    answer(
        options,
        manner.command,
        session,
        going_json(going),
        lambda: account if going.record else plan,
    )
