"""`tapctl drift`: what the tenant has differently, since when, by whom."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from tapctl.cli.formats import Format
from tapctl.cli.options import Options, answering_in, require_environment
from tapctl.cli.printing import put

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tapctl.drift.drifted import Since
    from tapctl.drift.news import News
    from tapctl.model import Finding, Json
    from tapctl.pipeline import Compared
    from tapctl.report import Report


@click.command("drift")
@answering_in("sarif", "html", also=True)
@click.option(
    "--since",
    "said",
    metavar="TIME",
    help="What is newer counts as new: 2026-11-20 (midnight UTC), 2026-11-20T08:00Z, 7d, 36h "
    "[default: HEAD's commit].",
)
@click.option(
    "--adopt",
    is_flag=True,
    help="Write the tenant's version of what changed into the documents; comments are kept.",
)
def command(options: Options, *, said: str | None, adopt: bool) -> int:
    """Show what differs from the files: which fields, who changed them and when, and what it means.

    Exits with 2 if something differs. Changes nothing in the tenant; --adopt changes the files, for a pull
    request. Who did it comes from the directory audit log, as far back as Entra keeps that.
    """
    from tapctl.cli.connect import connected
    from tapctl.drift.news import news
    from tapctl.drift.reading import read_evidence
    from tapctl.drift.since import since
    from tapctl.drift.vanished import recognised
    from tapctl.pipeline import check, compare
    from tapctl.report.making import checked_report

    now = datetime.now(UTC)
    checked = check(options.workspace, options.environment)
    require_environment(options, checked.workspace.real_environments)
    moment = since(said, options.workspace, now)
    if checked.has_errors:
        _show_mistakes(checked_report(checked, "drift"), moment, options)
        return 1
    with connected(checked.workspace) as session:
        compared = session.run(compare(checked, session.gateway))
        evidence = session.run(read_evidence(session.gateway, compared, checked.workspace, now))
        caller, sent = session.gateway.caller.name, session.gateway.sent
    compared = recognised(compared, checked, evidence)
    found = news(compared, checked, evidence, moment)
    found = replace(found, headline=replace(found.headline, caller=caller), requests=sent)
    if adopt:
        files, refused = _adopt(compared, checked.workspace.environment.variables)
        found = replace(found, adopted=files, findings=(*found.findings, *refused))
    _show(found, options)
    return 0 if found.is_clean else 2


def _adopt(compared: Compared, variables: Mapping[str, Json]) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Write what can be written, and say what has to be done by hand."""
    from tapctl.cli.output import say
    from tapctl.workspace.adopting import adopt
    from tapctl.workspace.updating import write

    adoption = adopt(compared.matched, compared.plan, compared.snapshot, variables)
    for item in adoption.updates:
        say(item.difference)
    write(adoption.updates)
    return tuple(str(item.path) for item in adoption.updates), adoption.findings


def _show_mistakes(report: Report, since: Since, options: Options) -> None:
    """Why the tenant was not even read: the mistakes in the folder, and for programs a drift of nothing."""
    from tapctl.cli.output import rendered, show
    from tapctl.render.drift_json import render_mistakes

    def document(output_format: Format) -> str:
        return render_mistakes(report, since) if output_format == "json" else rendered(report, output_format)

    if options.format == "json":
        put(document("json"))
    else:
        show(report, options.format)
    options.also.write(document)


def _show(found: News, options: Options) -> None:
    from tapctl.cli.output import wants_colour, width

    shape = (width(sys.stdout), wants_colour(sys.stdout))
    put(_rendered(found, options.format, *shape))
    options.also.write(lambda output_format: _rendered(found, output_format))


def _rendered(found: News, output_format: Format, width: int | None = None, colour: bool = False) -> str:
    """The result as a document; without a width as for a file."""
    match output_format:
        case "json":
            from tapctl.render.drift_json import render as render_json

            return render_json(found)
        case "markdown":
            from tapctl.render.drift_markdown import render as render_markdown

            return render_markdown(found)
        case "html":
            from tapctl.render.drift_html import render as render_html

            return render_html(found)
        case "sarif":
            from tapctl.render.drift_sarif import render as render_sarif

            return render_sarif(found)
        case _:
            from tapctl.cli.output import ENDLESS
            from tapctl.render.drift_text import render

            return render(found, width=width or ENDLESS, colour=colour)
