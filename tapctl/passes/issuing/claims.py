"""What the other runs in a folder have to do with this one: whom they have, and which passes are theirs.

A run that is at work has everybody whom it has not done with. One that was stopped has only those who may
hold a pass that nobody has the passcode of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import Final

from tapctl.errors import Refused
from tapctl.model import Finding, Json
from tapctl.passes.issuing.journal_lines import SUFFIX, lines_of, read, run_of
from tapctl.passes.issuing.runs import going_on, is_at_work, open_runs
from tapctl.passes.issuing.worklist import Entry, State, Worklist

_RULE: Final = "in-run"
_HELD: Final = "holds-pass"  # what they hold is that run's: its word would not help
_UNDER_WAY: Final[tuple[State, ...]] = ("begun", "made", "lost")


def refuse_claimed(worklist: Worklist, folder: Path, tenant: str, besides: str = "") -> list[Entry]:
    """Refuses whom another run of this tenant has, on the worklist; those who were. `besides` is this run.
    To be called while `runs.alone`: nobody else begins meanwhile."""
    refused: list[Entry] = []
    for path in open_runs(folder):
        if run_of(path) == besides:
            continue
        finding = _at_work(run_of(path)) if (is_live := is_at_work(path)) else _stopped(run_of(path))
        for theirs in _claimed(path, tenant, is_live=is_live):
            entry = worklist.of_user(theirs.recipient.id)
            if entry is not None and not any(item.rule == _RULE for item in entry.findings):
                others = [item for item in entry.findings if item.rule != _HELD]
                refused.append(worklist.refuse(entry.number, [*others, finding]))
    return refused


def unheard(folder: Path, tenant: str, held: Mapping[str, str]) -> Iterator[str]:
    """Of these people with the ids of their passes: whose passcode nobody has, as far as runs in the folder
    know that are not done."""
    for path in open_runs(folder):
        names = [
            theirs.recipient.name
            for theirs in _claimed(path, tenant, is_live=False)
            if theirs.recipient.id in held and theirs.pass_id in ("", held[theirs.recipient.id])
        ]
        if names:
            run = run_of(path)
            yield (
                f"nobody may have the passcode of {', '.join(names)}: the run {run} is not done with them; "
                f"go on with it: {going_on(run)}"
            )


def _claimed(path: Path, tenant: str, *, is_live: bool) -> Iterator[Entry]:
    try:
        about, theirs = read(path)
    except Refused:  # nobody is planned yet, or it is no record of ours
        return
    if about.tenant_id == tenant:
        yield from theirs.entries(*_UNDER_WAY, *(("ready",) if is_live else ()))
    theirs.close()


def _at_work(run: str) -> Finding:
    return Finding(
        rule=_RULE,
        severity="error",
        message=f"the run {run} is at work, and makes a pass for them",
        help="let it end, and see whom it gave one",
    )


def _stopped(run: str) -> Finding:
    return Finding(
        rule=_RULE,
        severity="error",
        message=f"the interrupted run {run} has asked for a pass for them, and nobody has the passcode",
        help=f"go on with it: {going_on(run)} (or give it up: --abandon {run})",
    )


def made_elsewhere(record: Path, passes: Set[str]) -> dict[str, str]:
    """Of these ids of passes, those whose answer came to another run in the same folder → its name."""
    found: dict[str, str] = {}
    others = [path for path in record.parent.glob(f"*{SUFFIX}") if path != record] if passes else []
    for path in others:
        for line in lines_of(path):
            pass_id: Json = line.get("pass")
            if line.get("event") == "made" and isinstance(pass_id, str) and pass_id in passes:
                found[pass_id] = run_of(path)
    return found
