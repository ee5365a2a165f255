"""`tapctl doctor`: whether an environment can be worked with, and what to do about the rest."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import click

from tapctl.cli.options import Options, common
from tapctl.cli.printing import put

if TYPE_CHECKING:
    from tapctl.doctor.check import Diagnosis
    from tapctl.doctor.examine import Case

Purpose: TypeAlias = Literal["plan", "apply", "passes"]
PURPOSES: Final = ("plan", "apply", "passes")


@click.command("doctor")
@common
@click.option(
    "--for",
    "purpose",
    type=click.Choice(PURPOSES),
    default="plan",
    show_default=True,
    help="What the identity is for: planning and drift, applying, or people's passes.",
)
def command(options: Options, *, purpose: Purpose) -> int:
    """Check credentials, permissions, licences, the clock and what can be reached; say what to do.

    Signs in as every command does, reads the token's own claims (they are shown, the token never is), and
    sends a few GET requests that change nothing. Permissions are held against what the kinds in this
    workspace take: too few fails, too many is a warning. Exit code 1 if anything failed.
    """
    from tapctl.cli.output import show_sheet
    from tapctl.doctor.examine import Case
    from tapctl.doctor.report import diagnosis_json, diagnosis_sheet
    from tapctl.pipeline import check
    from tapctl.render.json import written

    found = _examined(Case(checked=check(options.workspace, options.environment), purpose=purpose))
    if options.format == "json":
        put(written(diagnosis_json(found)))
    else:
        show_sheet(diagnosis_sheet(found), options.format, sys.stdout)
    return 0 if found.is_well else 1


def _examined(case: Case) -> Diagnosis:
    from tapctl.cli.connect import connected
    from tapctl.cli.progress import StderrProgress
    from tapctl.doctor.examine import examine_sandbox, examine_tenant

    if case.checked.workspace.environment.is_sandbox:
        with connected(case.checked.workspace) as session:
            return session.run(examine_sandbox(case, session.gateway))
    progress = StderrProgress()
    try:
        return asyncio.run(examine_tenant(case, os.environ, progress))
    finally:
        progress.clear()
