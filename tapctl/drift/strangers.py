"""Ids that objects of the tenant hold and that nothing has any more → the accounts and groups that they were.

Graph keeps the id of a deleted account where it stood, and so nobody has added it. A deleted user's
userPrincipalName begins with the id (https://learn.microsoft.com/graph/api/directory-deleteditems-get,
checked 2026-11).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tapctl.canonical import references
from tapctl.drift.meaning import Fate
from tapctl.drift.rules import finding
from tapctl.model import Address, Finding, JsonObject, Place
from tapctl.plan.dangling import is_nothing
from tapctl.reference import parse

if TYPE_CHECKING:
    from tapctl.pipeline import Compared

_KEYS: Final = {"Group": "displayName", "User": "userPrincipalName"}
NOBODY: Final = Address("", "")
_NAMED: Final = "Restore it, or take it out of the documents: until then apply finds no such name."
_NOT_NAMED: Final = "It reaches and spares nobody. `tapctl apply` takes it out."


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """One id, and the objects that hold it. `address` is what the deleted items call it, NOBODY where they
    do not have it; `is_named`: documents name it; `place` is that of the first
    object's document."""

    id: str
    holders: tuple[Address, ...]
    address: Address
    is_named: bool
    place: Place | None = None


def strange_ids(compared: Compared) -> Mapping[str, tuple[Address, ...]]:
    """Each id that is nobody's and stands in the tenant's version of an object only, and where."""
    found: defaultdict[str, list[Address]] = defaultdict(list)
    for pair in compared.matched.pairs:
        if pair.desired is None or pair.before == pair.after:
            continue
        said = {text for *_, text in references(pair.kind.field, pair.after or {})}
        for _, field, text in references(pair.kind.field, pair.before or {}):
            held = parse(text, field.references, field.words)
            if held.form != "id" or text in said or not _KEYS.keys() & {*field.references}:
                continue
            if is_nothing(field, held.text, compared.matched, compared.snapshot):
                found[held.text].append(pair.address)
    return {object_id: tuple(dict.fromkeys(holders)) for object_id, holders in found.items()}


def strangers(compared: Compared, deleted: Mapping[str, Iterable[JsonObject]]) -> tuple[Stranger, ...]:
    """All of them, by id. `deleted` are deleted items by their kinds."""
    gone, named = dict(_gone(deleted)), _named(compared)
    declared = {pair.address: pair.desired for pair in compared.matched.pairs if pair.desired}
    places = {address: desired.resource.place() for address, desired in declared.items()}
    return tuple(
        Stranger(
            id=object_id,
            holders=holders,
            address=address,
            is_named=_folded(address) in named,
            place=places[holders[0]],
        )
        for object_id, holders in sorted(strange_ids(compared).items())
        for address in [gone.get(object_id, NOBODY)]
    )


def entries_of(found: Iterable[Stranger]) -> Mapping[str, tuple[JsonObject, ...]]:
    """What documents name, as if it were in the directory still: what holds its id is as declared."""
    entries: defaultdict[str, tuple[JsonObject, ...]] = defaultdict(tuple)
    for item in found:
        if item.is_named:
            entries[item.address.kind] += ({"id": item.id, _KEYS[item.address.kind]: item.address.name},)
    return entries


def about(found: Iterable[Stranger], fate: Callable[[str, str], Fate], unread: str) -> Iterator[Finding]:
    """A finding for each. `unread` says why deleted items could not be read, if so."""
    for item in found:
        address, place = item.holders[0], item.place
        holders = ", ".join(repr(holder.name) for holder in item.holders)
        holds = "holds" if len(item.holders) == 1 else "hold"
        if item.is_named:
            became = fate(item.address.kind, item.id).said
            said = f"{item.address}, which documents name, is no longer in the tenant: {became}"
            said = f"{said}; its id still stands in {holders}"
            yield finding("drift-named-deleted", said, _NAMED, address=address, place=place)
        elif item.address != NOBODY:
            became = fate(item.address.kind, item.id).said
            said = f"{holders} {holds} {item.id}, the id of {item.address}: {became}"
            yield finding("drift-id-of-deleted", said, _NOT_NAMED, address=address, place=place)
        else:
            known = "is not among the deleted accounts and groups"
            why = f"whether it was deleted is unknown: {unread}" if unread else known
            said = f"{holders} {holds} {item.id}, which is nobody's id in this tenant, and {why}"
            yield finding("drift-id-of-deleted", said, _NOT_NAMED, address=address, place=place)


def _named(compared: Compared) -> set[Address]:
    """Whom and what documents name."""
    found = (
        parse(text, field.references, field.words)
        for pair in compared.matched.pairs
        for _, field, text in references(pair.kind.field, pair.after or {})
        if pair.desired is not None
    )
    return {_folded(Address(item.kind, item.text)) for item in found if item.form == "name"}


def _folded(address: Address) -> Address:
    return Address(address.kind, address.name.lower()) if address.kind == "User" else address


def _gone(deleted: Mapping[str, Iterable[JsonObject]]) -> Iterator[tuple[str, Address]]:
    """Deleted items by their ids, as what they were."""
    for kind, key in _KEYS.items():
        for item in deleted.get(kind, ()):
            object_id = str(item.get("id")).lower()
            yield object_id, Address(kind, str(item.get(key) or "").removeprefix(object_id.replace("-", "")))
