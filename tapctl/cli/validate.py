"""`tapctl validate`: the folder checked offline."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import click

from tapctl.cli.known_facts import facts_option
from tapctl.cli.options import Options, answering_in, as_of_option

if TYPE_CHECKING:
    from tapctl.checked import Checked
    from tapctl.facts.snapshot import FactsSnapshot


@click.command("validate")
@answering_in("sarif", "junit", also=True)
@click.option("--no-lint", is_flag=True, help="Leave lint rules out: only what Graph would refuse.")
@facts_option
@as_of_option
def command(options: Options, *, no_lint: bool, facts: str | None, as_of: date) -> int:
    """Check the workspace, offline: syntax, schema, references between documents, sign-in tests, lint rules.

    Every mistake is shown with its file, line and column. Exits with 1 if there is an error. References that
    only the tenant can resolve are checked by `tapctl plan`. Lint rules say what is allowed and unwise:
    tapctl.yaml sets their severities, and a document can ignore one, with a reason. Some need directory facts
    (--facts). Whether sign-in tests hold is for `tapctl test`.
    """
    from tapctl.cli.output import answer
    from tapctl.pipeline import check, linted
    from tapctl.report.making import checked_report

    checked, snapshot = check(options.workspace, options.environment, with_tests=True), None
    if checked.workspace.tests or facts:
        checked, snapshot = _with_tests(checked, facts, as_of)
    if not no_lint:
        from tapctl.facts.merge import known_if_seen

        checked = linted(checked, as_of, known_if_seen(checked, snapshot))
    if snapshot is not None:
        from tapctl.facts.unread import not_read

        checked = replace(checked, findings=(*checked.findings, *not_read(snapshot)))
    answer(checked_report(checked, "validate", snapshot.tenant_id if snapshot else ""), options)
    return 1 if checked.has_errors else 0


def _with_tests(checked: Checked, facts: str | None, as_of: date) -> tuple[Checked, FactsSnapshot | None]:
    """With the mistakes of the sign-in tests, and the facts. What a broken folder means nobody knows, and so
    not what tests of it mean either."""
    from tapctl.cli.known_facts import snapshot_of
    from tapctl.simulate.workspace import mistakes_in
    from tapctl.testing.case import with_mistakes_of_tests

    if mistakes_in(checked):
        found = (finding for test in checked.workspace.tests for finding in test.mistakes)
        return replace(checked, findings=(*checked.findings, *found)), None
    snapshot = snapshot_of(checked, facts)
    return with_mistakes_of_tests(checked, snapshot, as_of), snapshot
