"""`tapctl import`: documents for what is in a tenant, or in somebody's export of one."""

from __future__ import annotations

import difflib
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tapctl.cli.completing import kind_names
from tapctl.cli.options import Options, common
from tapctl.cli.printing import put
from tapctl.errors import Refused, UsageError

if TYPE_CHECKING:
    from tapctl.checked import Checked
    from tapctl.model import Finding, Snapshot, Workspace
    from tapctl.workspace.importing import Proposal
    from tapctl.workspace.updating import Update, Updates


@click.command("import")
@common
@click.option(
    "--kind",
    "wanted",
    metavar="KIND",
    multiple=True,
    shell_complete=kind_names,
    help="Only this kind; may be repeated.",
)
@click.option("--name", "pattern", metavar="PATTERN", default="*", help="Only names like this (* and ?).")
@click.option(
    "--from",
    "export",
    metavar="FILE|DIR",
    type=click.Path(exists=True, path_type=Path),
    help="Read Graph exports (JSON) instead of a tenant.",
)
@click.option("--tenant-id", metavar="ID", help="The tenant of -e, where the folder does not say it yet.")
@click.option(
    "--update", is_flag=True, help="Also change documents to what the tenant has; shows it and asks."
)
@click.option("--yes", is_flag=True, help="Do not ask before changing documents.")
def command(
    options: Options,
    *,
    wanted: tuple[str, ...],
    pattern: str,
    export: Path | None,
    tenant_id: str | None,
    update: bool,
    yes: bool,
) -> int:
    """Write documents for what is in the tenant and no document declares.

    One file an object, references by name, defaults left out. Nothing that is there is overwritten. Groups,
    of a tenant or of an export, are written only with --kind Group or --name. Afterwards `tapctl plan` finds
    nothing to do, unless the environment caps a policy's state.
    """
    from tapctl.model import errors_in
    from tapctl.pipeline import check
    from tapctl.workspace.folder import prepare, propose_settings, write_both
    from tapctl.workspace.updating import Updates

    _check_kinds(wanted)
    with ExitStack() as undo:
        is_new = prepare(options.workspace, options.environment, tenant_id, undo)
        checked = check(options.workspace, options.environment)
        _refuse_mistakes(checked)
        snapshot, findings, requests = _observe(checked, wanted, pattern, export)
        updates = _updates(checked, snapshot, wanted, pattern) if update else Updates()
        findings += updates.by_hand
        proposal = _propose(checked, snapshot, wanted, pattern, updates)
        _refuse_nobody(snapshot, proposal, pattern)
        _change(updates.files, undo, asks=not yes)
        name = checked.workspace.environment.name
        propose_settings(options.workspace, name, proposal.hints, undo, is_new=is_new)
        write_both(options.workspace, name, proposal.documents, proposal.pins)
        errors = errors_in((*findings, *proposal.findings))
        if proposal.documents or proposal.pins or updates.files or not errors:
            undo.pop_all()
    _tell(options, checked.workspace, snapshot, proposal, updates.files, findings, requests)
    return 1 if errors or updates.by_hand else 0


def _check_kinds(wanted: tuple[str, ...]) -> None:
    from tapctl.kinds import kinds

    for name in wanted:
        if name not in kinds():
            raise UsageError(f'"{name}" is no kind; known are {", ".join(kinds())}')


def _refuse_mistakes(checked: Checked) -> None:
    """What is there has to be readable, or an object might be written a second time. That break-glass has no
    pin is no such mistake: a tenant's import writes it, and an export's says nothing of it."""
    from tapctl.model import errors_in
    from tapctl.resolve import NOT_PINNED

    errors = [item for item in errors_in(checked.findings) if item.rule != NOT_PINNED]
    if errors:
        lines = [f"{found.place}: {found.message}" for found in errors]
        raise UsageError("\n  ".join(["correct what is there first, see `tapctl validate`:", *lines]))


def _refuse_nobody(snapshot: Snapshot, proposal: Proposal, pattern: str) -> None:
    """A name that nothing has is a mistyped one."""
    if pattern == "*" or proposal.documents or proposal.declared or proposal.is_asked:
        return
    from tapctl.text.escape import visible

    objects = (item for held in snapshot.objects.values() for item in held)
    named = [str(name) for item in objects if (name := item.get("displayName"))]
    folded = {name.casefold(): name for name in named}
    close = difflib.get_close_matches(pattern.casefold(), folded, n=3, cutoff=0.6)
    meant = f"; did you mean {' or '.join(visible(repr(folded[name])) for name in close)}?" if close else ""
    raise UsageError(f"nothing that could be imported is called {pattern!r}{meant}")


def _observe(
    checked: Checked, wanted: tuple[str, ...], pattern: str, export: Path | None
) -> tuple[Snapshot, tuple[Finding, ...], int]:
    """What there is, what was odd about it, and how many requests it took."""
    from tapctl.workspace.importing import Request

    if export is not None:
        from tapctl.workspace.exports import nothing_in, read_exports
        from tapctl.workspace.exports.snapshot import snapshot_of

        exports = read_exports(export)
        found = (*exports.findings, *nothing_in(export, exports))
        return snapshot_of(exports.objects, checked.workspace.environment.name, exports.named), found, 0
    from tapctl.cli.connect import connected
    from tapctl.observe import observe

    asked = Request(kinds=frozenset(wanted), pattern=pattern).written
    with connected(checked.workspace) as session:
        reading = observe(
            session.gateway, checked.workspace, checked.desired, checked.resolved, asked, are_adopted=True
        )
        return session.run(reading), (), session.gateway.sent


def _updates(checked: Checked, snapshot: Snapshot, wanted: tuple[str, ...], pattern: str) -> Updates:
    """What would change in the documents, and what a person has to change."""
    from tapctl.match import match
    from tapctl.text.patterns import matches
    from tapctl.workspace.updating import updates

    matched = match(checked.workspace, checked.desired, snapshot)
    meant = [
        pair
        for pair in matched.pairs
        if (not wanted or pair.kind.name in wanted) and matches(pattern, pair.display_name)
    ]
    return updates(matched, meant, snapshot, checked.workspace.environment.variables)


def _change(found: tuple[Update, ...], undo: ExitStack, *, asks: bool) -> None:
    """Show what changes in the documents, ask, and write it. Raises Refused if the answer is no."""
    from tapctl.cli.output import say
    from tapctl.workspace.placing import replace
    from tapctl.workspace.updating import write

    for item in found:
        say(item.difference)
    if found and asks and not sys.stdin.isatty():
        raise Refused(
            "nothing was written: there is nobody at a terminal to ask; --yes changes the documents as shown"
        )
    if found and asks and not click.confirm("Change these documents?", err=True):
        raise Refused("nothing was written: the answer was no; without --update, only new documents are")
    write(found)
    undo.callback(replace, {item.path: item.before for item in found})


def _propose(
    checked: Checked, snapshot: Snapshot, wanted: tuple[str, ...], pattern: str, updates: Updates
) -> Proposal:
    from tapctl.match import match
    from tapctl.resolve import unpinned
    from tapctl.workspace.folder import files_in
    from tapctl.workspace.importing import Request, propose

    workspace = checked.workspace
    request = Request(
        kinds=frozenset(wanted),
        pattern=pattern,
        taken_files=frozenset(files_in(Path(workspace.root))),
        settings=workspace.settings,
        unpinned=tuple(unpinned(workspace)) if snapshot.tenant_id else (),
        updated=updates.ids,
        elsewhere=workspace.elsewhere,
        cap=workspace.environment.max_state,
    )
    return propose(match(workspace, checked.desired, snapshot), snapshot, request)


def _tell(
    options: Options,
    workspace: Workspace,
    snapshot: Snapshot,
    proposal: Proposal,
    updates: tuple[Update, ...],
    findings: tuple[Finding, ...],
    requests: int,
) -> None:
    from tapctl.render.imported import Import, render_json, render_markdown, render_text
    from tapctl.report import SANDBOX_NOTICE

    root = Path(workspace.root)
    updated = [(one, item.path.relative_to(root).as_posix()) for item in updates for one in item.addresses]
    changed = {address for address, _ in updated}
    done = Import(
        root=workspace.root,
        environment=snapshot.environment,
        tenant_id=snapshot.tenant_id,
        notice=SANDBOX_NOTICE if snapshot.is_sandbox else "",
        documents=[(item.address, item.file) for item in proposal.documents],
        pins=proposal.pins,
        updated=sorted(updated),
        declared=[address for address in proposal.declared if address not in changed],
        hints=proposal.hints,
        findings=[*findings, *proposal.findings],
        requests=requests,
    )
    render = {"json": render_json, "markdown": render_markdown}.get(options.format, render_text)
    put(render(done))
