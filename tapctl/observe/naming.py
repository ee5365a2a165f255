"""Names ↔ ids of what documents, pins and policies refer to, in bulk."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Mapping, Sequence

from tapctl.canonical import expand, references
from tapctl.graph.batch import Read, list_all
from tapctl.graph.by_ids import objects_by_ids
from tapctl.graph.odata import in_filters
from tapctl.kind import Kind, Lookup
from tapctl.kinds import lookups
from tapctl.model import JsonObject, Workspace
from tapctl.observe.reading import Reading
from tapctl.observe.wanted import is_listed, pinned
from tapctl.reference import GUID, parse
from tapctl.validate import Desired


async def read_names_and_ids(
    reading: Reading,
    observed: Sequence[Kind],
    desired: Sequence[Desired],
    workspace: Workspace,
    names: Mapping[str, frozenset[str]],
    are_adopted: bool,
) -> None:
    """Names for ids, then the ids of people who were not among them; an import also looks for namesakes of
    what it found by its id, for it is about to write down names."""
    await _names_of_ids(reading, observed, desired, pinned(workspace, in_bulk=True))
    found = {str(entry.get("userPrincipalName")).lower() for entry in reading.entries["User"]}
    missing = [name for name in names["User"] if name.lower() not in found]
    await _filtered(reading, lookups()["User"], "userPrincipalName", missing)
    for kind in ("Group", "ServicePrincipal") if are_adopted else ():
        if not reading.objects.get(kind):
            held = {str(entry["displayName"]) for entry in reading.entries[kind] if entry.get("displayName")}
            asked = _filtered(reading, lookups()[kind], "displayName", held - names.get(kind, frozenset()))
            await _decorate(reading, f"namesakes of {kind}", asked)


async def look_up_names(reading: Reading, lookup: Lookup, names: Iterable[str]) -> None:
    if lookup.by == "list":
        reading.entries[lookup.kind].extend(await reading.gateway.list(lookup.path))
    elif lookup.kind != "Application":  # the name of an application is ours or a pin's, never the tenant's
        await _filtered(reading, lookup, lookup.key, names)


async def look_up_ids(reading: Reading, lookup: Lookup, ids: Iterable[str]) -> None:
    if lookup.by == "list":
        await look_up_names(reading, lookup, ())
    else:
        await _filtered(reading, lookup, lookup.id, ids)


async def _filtered(reading: Reading, lookup: Lookup, key: str, values: Iterable[str]) -> None:
    params = [
        {"$filter": text, "$select": ",".join(lookup.select)} for text in in_filters(key, sorted(values))
    ]
    pages = await list_all(reading.gateway, [Read(path=lookup.path, params=each) for each in params])
    reading.entries[lookup.kind].extend(entry for page in pages for entry in page)


async def _names_of_ids(
    reading: Reading,
    observed: Iterable[Kind],
    desired: Sequence[Desired],
    pinned_ids: Mapping[str, Iterable[str]],
) -> None:
    """Name the ids that policies and pins hold, in bulk; what cannot be named stays an id."""
    directory: set[str] = set()
    others: list[Awaitable[None]] = []
    for names, ids in _ids_held(reading, observed, desired, pinned_ids).items():
        missing = ids - _known(reading, names)
        lookup = lookups()[names[0]]
        if not missing:
            continue
        if lookup.types:
            directory |= missing
        elif lookup.kind == "Application":
            others.append(_decorate(reading, lookup.kind, look_up_ids(reading, lookup, missing)))
        elif not is_listed(lookup.kind) and lookup.kind not in reading.entries:
            others.append(_decorate(reading, lookup.kind, look_up_names(reading, lookup, ())))
    await asyncio.gather(_decorate(reading, "directory objects", _get_by_ids(reading, directory)), *others)


def _ids_held(
    reading: Reading,
    observed: Iterable[Kind],
    desired: Sequence[Desired],
    pinned_ids: Mapping[str, Iterable[str]],
) -> Mapping[tuple[str, ...], set[str]]:
    """The ids in pins, objects and documents, by the kinds that each may be of."""
    held: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for kind_name, ids in pinned_ids.items():
        held[kind_name,].update(ids)
    specs = [(kind, item) for kind in observed for item in reading.objects.get(kind.name, ())]
    specs += [(item.kind, item.spec) for item in desired]
    for kind, item in specs:
        for _, spot, text in references(kind.field, expand(kind.field, kind.from_graph(item))):
            reference = parse(text, spot.references, spot.words)
            if reference.form == "id" and GUID.fullmatch(reference.text):  # getByIds takes nothing else
                held[spot.references].add(reference.text)
    return held


def _known(reading: Reading, kinds: Iterable[str]) -> set[str]:
    """The ids of these kinds that have a name already."""
    found = {
        str(entry.get(lookups()[kind].id)).lower()
        for kind in kinds
        for entry in reading.entries.get(kind, ())
    }
    return found | {known for kind in kinds for known in lookups()[kind].well_known.values()}


async def _decorate(reading: Reading, what: str, naming: Awaitable[None]) -> None:
    await reading.optional(f"names of {what}", naming)


async def _get_by_ids(reading: Reading, ids: Iterable[str]) -> None:
    for entry in await objects_by_ids(reading.gateway, ids, ("user", "group", "servicePrincipal")):
        enter(reading, entry)


def enter(reading: Reading, entry: JsonObject) -> None:
    """File a directory object under its kind."""
    types = {"#microsoft.graph.user": "User", "#microsoft.graph.group": "Group"}
    types["#microsoft.graph.servicePrincipal"] = "ServicePrincipal"
    kind = types.get(str(entry.get("@odata.type")))
    if kind is not None:
        reading.entries[kind].append(entry)
