"""Groups that were deleted while policies and methods still refer to them by their ids. Pure.

Graph keeps the id where it stood. Nobody changed the policy: what stands there is the declared group, which
is gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tapctl.canonical import references
from tapctl.checked import Checked
from tapctl.drift.events import events_of
from tapctl.drift.evidence import Evidence
from tapctl.drift.strangers import entries_of
from tapctl.match import Matched
from tapctl.model import Address, JsonObject
from tapctl.pipeline import Compared, compared_with
from tapctl.reference import Reference, parse

if TYPE_CHECKING:
    from tapctl.kind import Kind

GROUP: Final = "Group"


def dangling(compared: Compared) -> Mapping[Address, frozenset[str]]:
    """Each declared group that is not in the tenant, and the ids without a name that stand where an object
    should refer to it."""
    missing = {change.address for change in compared.plan.pending if change.action == "create"}
    found: defaultdict[Address, frozenset[str]] = defaultdict(frozenset)
    for pair in compared.matched.pairs:
        ids = frozenset(item.text for item in _to_groups(pair.kind, pair.before) if item.form == "id")
        for address in missing & {Address(GROUP, item.text) for item in _to_groups(pair.kind, pair.after)}:
            found[address] |= ids
    return found


def recognised(compared: Compared, checked: Checked, evidence: Evidence) -> Compared:
    """The same comparison, with the ids of groups that were deleted, as deleted items or records show, read
    as the names that they had, and so of accounts that documents name."""
    deleted = evidence.deleted.get(GROUP, ())
    gone = [event for event in events_of(evidence.records) if event.does("delete", GROUP)]
    known = {(target.id, target.name) for event in gone for target in event.targets}
    known |= {(str(item.get("id")).lower(), str(item.get("displayName"))) for item in deleted}
    names = _names(dangling(compared), compared.matched, known)
    others = entries_of(item for item in evidence.strangers if item.id not in names)
    if not names and not others:
        return compared
    snapshot = compared.snapshot
    groups: list[JsonObject] = [{"id": id_, "displayName": name} for id_, name in sorted(names.items())]
    found = {**others, GROUP: (*others.get(GROUP, ()), *groups)}
    entries = {kind: (*snapshot.entries.get(kind, ()), *more) for kind, more in found.items()}
    return compared_with(checked, replace(snapshot, entries={**snapshot.entries, **entries}))


def _names(
    wanted: Mapping[Address, frozenset[str]], matched: Matched, known: Collection[tuple[str, str]]
) -> dict[str, str]:
    """Ids of deleted groups and their documents' names: as said, or because no other can be meant."""
    shown = {pair.address: pair.display_name for pair in matched.pairs}
    found = {
        object_id: address.name
        for address, ids in wanted.items()
        for object_id in ids
        if (object_id, shown[address]) in known
    }
    nameless = {object_id for object_id, name in known if not name} - found.keys()
    unsaid = [(address.name, ids & nameless) for address, ids in wanted.items()]
    match [(name, ids) for name, ids in unsaid if name not in found.values()]:
        case [(name, ids)] if len(ids) == 1:  # a record need not say the name of what it deleted
            return {**found, **dict.fromkeys(ids, name)}
        case _:
            return found


def referrers(matched: Matched, group: Address) -> list[Address]:
    """The objects of the tenant that refer to a group."""
    return [
        pair.address
        for pair in matched.pairs
        if any(item.text == group.name for item in _to_groups(pair.kind, pair.before) if item.form == "name")
    ]


def _to_groups(kind: Kind, spec: JsonObject | None) -> Iterator[Reference]:
    for _, field, text in references(kind.field, spec or {}):
        found = parse(text, field.references, field.words)
        if GROUP in field.references and found.kind in ("", GROUP):
            yield found
