"""`tapctl validate`: the folder checked offline."""

from __future__ import annotations

from datetime import date

import click

from tapctl.cli.options import Options, answering_in, as_of_option


@click.command("validate")
@answering_in("sarif", "junit", also=True)
@click.option("--no-lint", is_flag=True, help="Leave lint rules out: only what Graph would refuse.")
@as_of_option
def command(options: Options, *, no_lint: bool, as_of: date) -> int:
    """Check the workspace, offline: syntax, schema, references between documents, and lint rules.

    Every mistake is shown with its file, line and column. Exits with 1 if there is an error. References that
    only the tenant can resolve are checked by `tapctl plan`. Lint rules say what is allowed and unwise:
    tapctl.yaml sets their severities, and a document can ignore one, with a reason.
    """
    from tapctl.cli.output import answer
    from tapctl.pipeline import check, linted
    from tapctl.report import checked_report

    checked = check(options.workspace, options.environment)
    if not no_lint:
        checked = linted(checked, as_of)
    answer(checked_report(checked, "validate"), options)
    return 1 if checked.has_errors else 0
