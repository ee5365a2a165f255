"""Desired documents and a Snapshot → Pairs: which object each document means, both canonical. Pure.

pair        the values: what is wanted and what there is; or only what there is
recognise   which object a document means
strays      the objects that no document means
pins        what is wrong with a pin; `renewed`: what apply makes of one that names nothing
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tapctl import directory as directories
from tapctl.directory import Directory
from tapctl.match.pair import Matched, Pair, as_observed, is_as_said, observed_spec, paired, unclear_ids
from tapctl.match.pins import DEAD_PIN, MISMATCH, is_break_glass, namesakes, pin_findings
from tapctl.match.recognise import SEVERAL, Found, Index, met_again, recognise
from tapctl.match.strays import apart, undeclared
from tapctl.model import Finding, Snapshot, Workspace
from tapctl.validate import Desired

__all__ = [
    "CLAIMED_TWICE",
    "DEAD_PIN",
    "MISMATCH",
    "SEVERAL",
    "Matched",
    "Pair",
    "as_observed",
    "is_as_said",
    "match",
    "observed_spec",
    "unclear_ids",
]

CLAIMED_TWICE = "claimed-twice"


def match(workspace: Workspace, desired: Sequence[Desired], snapshot: Snapshot) -> Matched:
    """Recognise each document's object: by the id it means, else its pin, else its name, or a former name;
    where its pin names nothing, by what it made."""
    index = Index(snapshot)
    found = [(item, recognise(item, workspace, index)) for item in desired]
    directory = _directory(found, workspace, snapshot)
    while met := met_again(found, workspace, index, directory):
        found = [(item, met.get(item.address, one)) for item, one in found]
        directory = _directory(found, workspace, snapshot)
    pairs = [
        replace(paired(item, one.observed, one.former_name, directory), candidates=one.candidates)
        for item, one in found
    ]
    pairs = [_restored(pair, workspace, snapshot) for pair in pairs]
    claimed = list(_claimed_twice(pairs))
    pairs = [_unsure(pair, claimed, workspace, snapshot, pairs) for pair in pairs]
    pairs += apart(pairs, list(undeclared(workspace, pairs, snapshot, directory)))
    findings = [finding for _, one in found for finding in one.findings]
    return Matched(
        pairs=tuple(sorted(pairs, key=lambda pair: pair.address)),
        directory=directory,
        findings=(*findings, *claimed, *pin_findings(workspace, snapshot, pairs)),
    )


def _claimed_twice(pairs: Iterable[Pair]) -> Iterator[Finding]:
    """Two documents cannot both decide what becomes of one object: by a pin, a name or a former name."""
    claims: defaultdict[tuple[str, str], list[Pair]] = defaultdict(list)
    for pair in pairs:
        if pair.desired is not None and pair.id is not None and not pair.kind.singleton:
            claims[pair.kind.name, pair.id].append(pair)
    for (_, object_id), alike in claims.items():
        for pair in alike if len(alike) > 1 else ():
            others = " and ".join(str(other.address) for other in alike if other is not pair)
            yield Finding(
                rule=CLAIMED_TWICE,
                severity="error",
                message=f"{pair.address} means the object {object_id}, and so does {others}",
                help="Remove all but one of these documents, or correct the pin, the displayName or the "
                "former name by which one means that object.",
                place=pair.desired.resource.place() if pair.desired else None,
                address=pair.address,
            )


def _directory(found: Iterable[Found], workspace: Workspace, snapshot: Snapshot) -> Directory:
    """Names and ids of the tenant. What is recognised goes by its document's name; a pin that names nothing
    names nobody, unless the object may come back."""
    pins = workspace.environment.pins
    wanted = [(item.address, one.observed) for item, one in found if item.resource.ensure != "absent"]
    here = {address: str(one["id"]) for address, one in wanted if one is not None}
    gone = {address for address, one in wanted if one is None}
    held = {
        address: here.get(address, pin)
        for address, pin in pins.items()
        if address not in gone or (address.kind, pin.lower()) in snapshot.deleted
    }
    renamed = {
        (item.address.kind, str(one.observed["id"]).lower()): item.address.name
        for item, one in found
        if one.observed is not None and one.former_name is not None
    }
    return replace(directories.build(snapshot.entries, held, renamed), pinned=frozenset(pins))


def _restored(pair: Pair, workspace: Workspace, snapshot: Snapshot) -> Pair:
    """A pinned object that is among the deleted ones comes back with its id, which its pin says."""
    pin = workspace.environment.pins.get(pair.address, "").lower()
    is_back = pair.before is None and pair.after is not None and (pair.kind.name, pin) in snapshot.deleted
    return replace(pair, restores=pin) if is_back else pair


def _unsure(
    pair: Pair,
    claimed: Iterable[Finding],
    workspace: Workspace,
    snapshot: Snapshot,
    pairs: Sequence[Pair],
) -> Pair:
    """A document of whose object it cannot be told whether it is that: another document means it too, or the
    pin names nothing and something has its name."""
    if any(finding.address == pair.address for finding in claimed):
        return replace(pair, candidates=(str(pair.id),))
    is_pinned = pair.address in workspace.environment.pins and pair.address.kind in snapshot.entries
    if pair.before is not None or not is_pinned or is_break_glass(pair.address, workspace):
        return pair
    return replace(pair, candidates=tuple(namesakes(pair, workspace, snapshot, pairs)))
