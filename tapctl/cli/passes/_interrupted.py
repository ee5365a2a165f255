"""Runs that were interrupted: which one is meant, how far it is, and giving it up."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tapctl.cli.output import say
from tapctl.errors import Refused
from tapctl.passes.issuing.journal_lines import About
from tapctl.passes.issuing.runs import resume, unfinished

_LAST: Final = "last"


def run_named(folder: Path, run: str, environment: str) -> str:
    if run != _LAST:
        return run
    found = unfinished(folder, environment)
    if not found:
        raise Refused("there is no interrupted run to continue, or to abandon")
    return found[-1]


def standing(folder: Path, run: str) -> tuple[About, int]:
    """What a run is about, and how many people still wait. Raises Refused if there is no such run."""
    journal, about, worklist = resume(folder, run)
    journal.close()
    try:
        return about, worklist.unsettled
    finally:
        worklist.close()


def abandon(folder: Path, run: str, reason: str) -> int:
    journal, _, worklist = resume(folder, run)
    worklist.close()
    journal.write("end", left=0, why=f"abandoned: {reason}" if reason else "abandoned")
    journal.close()
    say(f"The run {journal.run} will not be continued. Whoever holds a pass of it keeps it.")
    return 0
