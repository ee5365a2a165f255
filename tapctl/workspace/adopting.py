"""What drifted → edits that make the documents say what the tenant has. Pure but for reading the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tapctl.match import Matched, Pair
from tapctl.model import Change, Finding, Json, Plan, Snapshot
from tapctl.workspace.unnamed import told
from tapctl.workspace.updating import Update, updates


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """Documents that change, and what has to be decided by hand."""

    updates: tuple[Update, ...]
    findings: tuple[Finding, ...]


def adopt(matched: Matched, plan: Plan, snapshot: Snapshot, variables: Mapping[str, Json]) -> Adoption:
    """The tenant's version of what is declared and there, and differs. That something is gone, renamed or
    unwanted is for a person to decide: nothing is written for it, and that is said."""
    pairs = {pair.address: pair for pair in matched.pairs}
    said = [(change, _by_hand(change, pairs[change.address])) for change in plan.pending]
    meant = [pairs[change.address] for change, words in said if words is None]
    changed = updates(matched, meant, snapshot, variables)
    by_hand = [_finding(change, *words) for change, words in said if words is not None]
    findings = (*changed.by_hand, *by_hand, *told(changed.ids, snapshot))
    return Adoption(updates=changed.files, findings=findings)


def _by_hand(change: Change, pair: Pair) -> tuple[str, str] | None:
    """What cannot be adopted, and how a person does it; None for what can."""
    if pair.candidates:
        ids = ", ".join(pair.candidates)
        return f"may mean {ids}, and which cannot be told", "Say which first, as the error about it says."
    if change.action == "create":
        return "is not in the tenant", "To adopt that, remove its document."
    if change.action == "delete" and pair.desired is not None:
        return "is in the tenant", "To adopt that, take `ensure: absent` out of its document."
    if change.action == "delete":
        return (
            "is in the tenant, named like yours, and declared by no document",
            "Find out who made it; then `tapctl import --name` writes a document, or apply deletes it.",
        )
    if change.former_name:
        return (
            f"goes by {change.former_name!r} in the tenant",
            "To adopt that, write it as its name, and adopt again for whatever else differs.",
        )
    return None


def _finding(change: Change, what: str, remedy: str) -> Finding:
    return Finding(
        rule="adopt-by-hand",
        severity="warning",
        message=f"nothing is adopted of {change.address}: it {what}",
        help=remedy,
        place=change.place,
        address=change.address,
    )
