"""`tapctl facts`: a snapshot of the directory facts that simulating needs."""

from __future__ import annotations

from pathlib import Path

import click

from tapctl.cli.options import Options, common
from tapctl.cli.printing import put


@click.command("facts")
@common
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write the snapshot [default: .tapctl/facts-ENV.json in the workspace, ignored by git].",
)
def command(options: Options, *, out: Path | None) -> int:
    """Read the directory facts that sign-ins depend on, and write them to a file for `--facts FILE`.

    Members of the groups that the folder refers to, holders of the built-in roles, which methods these people
    registered, and what no document owns. People are pseudonyms in the file; break-glass accounts and users
    whom the folder names are not. Only reads; what may not be read is named with the permission that it
    takes.
    """
    from tapctl.cli.connect import connected, our_folder
    from tapctl.cli.known_facts import own_salt, users_named_in
    from tapctl.cli.output import show
    from tapctl.cli.private_file import write_private
    from tapctl.facts.privacy import hidden
    from tapctl.facts.reading import read_facts
    from tapctl.facts.storing import written
    from tapctl.facts.summary import summarise
    from tapctl.pipeline import check
    from tapctl.render import facts as render
    from tapctl.report import Headline
    from tapctl.report.making import checked_report

    checked = check(options.workspace, options.environment)
    if checked.has_errors:
        show(checked_report(checked, "validate"), options.format)
        return 1
    folder = our_folder(options.workspace)
    target = out or folder / f"facts-{checked.workspace.environment.name}.json"
    _check_target(target)
    with connected(checked.workspace) as session:
        snapshot = session.run(read_facts(session.gateway, checked))
        caller, sent = session.gateway.caller.name, session.gateway.sent
    named = {*snapshot.names.get("User", {}).values(), *users_named_in(checked)}
    write_private(target, written(hidden(snapshot, own_salt(folder), named)))
    headline = Headline(
        environment=snapshot.environment,
        tenant_id=snapshot.tenant_id,
        is_sandbox=snapshot.is_sandbox,
        caller=caller,
    )
    report = render.FactsReport(
        headline=headline,
        summary=summarise(snapshot),
        taken_at=snapshot.taken_at,
        file=str(target),
        keep_out=target.resolve().parent != folder.resolve(),
        requests=sent,
    )
    renderers = {"json": render.render_json, "markdown": render.render_markdown, "text": render.render_text}
    put(renderers[options.format](report))
    return 0


def _check_target(path: Path) -> None:
    """Nothing but an older snapshot is written over."""
    from tapctl.errors import UsageError
    from tapctl.facts.stored import read_snapshot

    if not path.exists():
        return
    try:
        read_snapshot(path)
    except UsageError as error:
        raise UsageError(f'"{path}" is there and is no snapshot; choose another name for --out') from error
