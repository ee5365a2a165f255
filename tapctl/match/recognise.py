"""A document → the object that it means: by id, pin, name or former name, or as what it made before. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from tapctl.directory import Directory
from tapctl.kind import BUILT_IN
from tapctl.kinds import lookups
from tapctl.match.pair import is_as_said
from tapctl.match.strays import what_follows
from tapctl.model import Address, Finding, JsonObject, Snapshot, Workspace
from tapctl.validate import Desired

SEVERAL = "several-in-tenant"


class Index:
    """The observed objects of each kind by display name and by id."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.first = {kind: objects[0] for kind, objects in snapshot.objects.items() if objects}
        self.by_id: dict[tuple[str, str], JsonObject] = {}
        self.by_name: defaultdict[Address, list[JsonObject]] = defaultdict(list)
        for kind, objects in snapshot.objects.items():
            key = lookups()[kind].key if kind in lookups() else "displayName"
            for item in objects:
                self.by_id[kind, str(item.get("id")).lower()] = item
                self.by_name[Address(kind, str(item.get(key) or ""))].append(item)


class Recognised(NamedTuple):
    """The object that a document means, the former name by which it is known, and what is ambiguous."""

    observed: JsonObject | None
    former_name: str | None = None
    findings: tuple[Finding, ...] = ()
    candidates: tuple[str, ...] = ()


Found: TypeAlias = tuple[Desired, Recognised]


def recognise(desired: Desired, workspace: Workspace, index: Index) -> Recognised:
    kind = desired.address.kind
    if desired.kind.singleton:
        return Recognised(index.first.get(kind))
    if (pin := desired.id or workspace.environment.pins.get(desired.address)) is not None:
        pinned = index.by_id.get((kind, pin.lower()))
        name = None if pinned is None else str(pinned.get("displayName"))
        return Recognised(pinned, name if name in desired.resource.former_names else None)
    named = index.by_name.get(Address(kind, desired.display_name), [])
    former = [
        (item, name)
        for name in desired.resource.former_names
        for item in index.by_name.get(Address(kind, name), [])
    ]
    if len(named) + len(former) > 1:
        several = [*named, *(item for item, _ in former)]
        ids = tuple(str(item["id"]) for item in several)
        return Recognised(None, findings=(_several(desired, several, workspace),), candidates=ids)
    if former:
        return Recognised(*former[0])
    return Recognised(named[0] if named else None)


def _several(desired: Desired, found: Sequence[JsonObject], workspace: Workspace) -> Finding:
    known = ", ".join(f"{item.get('displayName')!r} ({item.get('id')})" for item in found)
    return Finding(
        rule=SEVERAL,
        severity="error",
        message=f"the tenant has more than one object that {desired.address} may mean: {known}",
        help=f"Say which: pins: {{{desired.address}: <id>}} in the environment's file."
        f"{what_follows(desired.kind, found, workspace)}",
        place=desired.resource.place(),
        address=desired.address,
    )


def met_again(
    found: Iterable[Found], workspace: Workspace, index: Index, directory: Directory
) -> dict[Address, Recognised]:
    """What documents whose pins name nothing made before: it is called like them, all that they say, no
    other's, and there is not more of it than of them. Of several the first was made first."""
    pins = workspace.environment.pins
    taken = {(address.kind, pin.lower()) for address, pin in pins.items()}
    met = [(item, one.observed) for item, one in found]
    taken |= {(item.kind.name, str(one["id"]).lower()) for item, one in met if one is not None}
    alike: defaultdict[tuple[str, ...], list[Desired]] = defaultdict(list)
    for item, one in sorted(met, key=lambda entry: entry[0].address):
        if one is None and item.address in pins and item.id is None and _is_said_whole(item):
            free = (
                other
                for other in index.by_name.get(Address(item.kind.name, item.display_name), ())
                if (item.kind.name, str(other["id"]).lower()) not in taken
                and item.kind.service_managed(other) != BUILT_IN
            )
            equal = [other for other in free if is_as_said(item, other, directory)]
            equal.sort(key=lambda other: (str(other.get("createdDateTime")), str(other["id"])))
            alike[item.kind.name, *(str(other["id"]).lower() for other in equal)].append(item)
    return {
        item.address: Recognised(index.by_id[kind, pin])
        for (kind, *ids), documents in alike.items()
        if len(ids) <= len(documents)
        for item, pin in zip(documents, ids, strict=False)
    }


def _is_said_whole(desired: Desired) -> bool:
    """Whether nobody in the object is left as they are: a stranger's group has members of its own."""
    is_open = any(child.is_unmanaged and child.refers for child in desired.kind.field.properties.values())
    return desired.resource.ensure != "absent" and not is_open
