"""`tapctl validate`: the folder checked offline."""

from __future__ import annotations

import click

from tapctl.cli.options import Options, common


@click.command("validate")
@common
@click.option("--no-lint", is_flag=True, help="Leave lint rules out. This version has none yet.")
def command(options: Options, *, no_lint: bool) -> int:
    """Check the workspace, offline: syntax, schema, references between documents.

    Every mistake is shown with its file, line and column. Exits with 1 if there is one. References that
    only the tenant can resolve are checked by `tapctl plan`.
    """
    from tapctl.cli.output import show
    from tapctl.pipeline import check
    from tapctl.report import checked_report

    del no_lint  # accepted already, so that pipelines need not change when rules come
    checked = check(options.workspace, options.environment)
    show(checked_report(checked, "validate"), options.format)
    return 1 if checked.has_errors else 0
