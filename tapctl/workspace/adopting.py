"""What drifted → edits that make the documents say what the tenant has. Pure but for reading the files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tapctl.match import Matched, Pair
from tapctl.model import Change, Finding, Plan, Snapshot
from tapctl.workspace.folder import files_in
from tapctl.workspace.importing import Imported, propose
from tapctl.workspace.updating import Update, updates


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """Documents that change, documents that are new, and what has to be decided by hand."""

    updates: tuple[Update, ...]
    documents: tuple[Imported, ...]
    findings: tuple[Finding, ...]


def adopt(matched: Matched, snapshot: Snapshot, plan: Plan, root: Path) -> Adoption:
    """The tenant's version of everything that differs: what changed goes into its document, and an owned
    object that has none gets one. That something is gone, renamed or unwanted is for a person to decide."""
    pending = {change.address for change in plan.pending}
    pairs = [pair for pair in matched.pairs if pair.address in pending]
    changed, refused = updates(matched, [pair for pair in pairs if pair.desired is not None])
    owned = [pair for pair in pairs if pair.desired is None]
    by_hand = [found for change in plan.pending if (found := _by_hand(change, matched)) is not None]
    return Adoption(
        updates=changed,
        documents=tuple(_documents(owned, matched, snapshot, root)),
        findings=(*refused, *by_hand),
    )


def _documents(owned: list[Pair], matched: Matched, snapshot: Snapshot, root: Path) -> Iterator[Imported]:
    """A document for each owned object; one whose name others have needs a pin, and so `tapctl import`."""
    if owned:
        wanted = {pair.address for pair in owned}
        kinds = {pair.kind.name for pair in owned}
        proposal = propose(matched, snapshot, wanted_kinds=kinds, taken_files=files_in(root))
        yield from (item for item in proposal.documents if item.address in wanted)


def _by_hand(change: Change, matched: Matched) -> Finding | None:
    pair = matched.pair(change.address)
    if pair is None or pair.desired is None:
        return None
    if change.action == "create":
        said = f"{change.address} is not in the tenant: to adopt that, remove its document"
    elif change.action == "delete":
        said = f"{change.address} is in the tenant: to adopt that, take `ensure: absent` out of its document"
    elif change.former_name:
        said = f"{change.address} goes by {change.former_name!r}: to adopt that, write it as its name"
    else:
        return None
    return Finding(
        rule="adopt-by-hand",
        severity="warning",
        message=said,
        help="Removing or renaming what is declared is never done for you.",
        place=change.place,
        address=change.address,
    )
