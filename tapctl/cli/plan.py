"""`tapctl plan`: what would change."""

from __future__ import annotations

import click

from tapctl.cli.options import Options, common


@click.command("plan")
@common
@click.option(
    "--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes; errors still exit with 1."
)
def command(options: Options, *, detailed_exitcode: bool) -> int:
    """Compare the workspace with the tenant and show what would change, and what it would mean.

    Writes nothing. Mistakes in the workspace are shown before the tenant is asked.
    """
    from tapctl.cli.connect import connected
    from tapctl.cli.output import show
    from tapctl.model import errors_in
    from tapctl.pipeline import check, make_plan
    from tapctl.report import checked_report, plan_report

    checked = check(options.workspace, options.environment)
    if checked.has_errors:
        show(checked_report(checked, "plan"), options.format)
        return 1
    with connected(checked.workspace) as session:
        planned = session.run(make_plan(checked, session.gateway))
        caller, sent = session.gateway.caller.name, session.gateway.sent
    documents = len(checked.workspace.resources)
    show(plan_report(planned, "plan", caller=caller, requests=sent, documents=documents), options.format)
    if errors_in(planned.plan.findings):
        return 1
    return 2 if detailed_exitcode and planned.plan.pending else 0
