"""The tenant's version of declared objects → the files that declare them, comments and order kept.

Pure but for reading those files; the command shows the difference and asks before it writes.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tapctl.canonical import at, canonical, expand, sort_key, with_values
from tapctl.directory import Directory
from tapctl.errors import Refused
from tapctl.kind import Kind
from tapctl.load import MAX_NODES
from tapctl.match import Matched, Pair, as_observed
from tapctl.model import Address, Finding, Json, JsonObject, Snapshot, dotted
from tapctl.model import Path as JsonPath
from tapctl.schema import Field
from tapctl.validate import Desired, strange_paths
from tapctl.workspace.document import draft
from tapctl.workspace.edit import updated
from tapctl.workspace.placing import replace
from tapctl.workspace.unnamed import Unnamed, Unresolved, comments, unnamed
from tapctl.yaml12 import Allowance, parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One file as it is and as it would be, and the documents in it that change."""

    path: Path
    before: str
    after: str
    addresses: tuple[Address, ...]

    @property
    def difference(self) -> str:
        """A unified diff."""
        before, after = (text.splitlines(keepends=True) for text in (self.before, self.after))
        return "".join(difflib.unified_diff(before, after, str(self.path), str(self.path)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Updates:
    """The files that change, the ids in what is new there that have no name, and findings about what has to
    be edited by hand."""

    files: tuple[Update, ...] = ()
    ids: Unresolved = field(default_factory=dict)
    by_hand: tuple[Finding, ...] = ()


def updates(matched: Matched, pairs: Iterable[Pair], snapshot: Snapshot) -> Updates:
    """What changes in the files of declared objects that the tenant has differently."""
    texts: dict[Path, str] = {}
    originals: dict[Path, str] = {}
    changed: defaultdict[Path, list[Address]] = defaultdict(list)
    unresolved: dict[Address, tuple[Unnamed, ...]] = {}
    refused: list[Finding] = []
    for path, pair, desired in _differing(pairs):
        if path not in texts:
            originals[path] = texts[path] = path.read_bytes().decode("utf-8")
        try:
            index = _index(originals[path], desired)
            version = _version(pair, desired, matched.directory)
            ids = _without_names(version, pair.kind, matched.directory, snapshot)
            said = comments(ids)
            text = updated(texts[path], index, version.spec, newer=version.newer, comments=said)
        except Refused as error:
            refused.append(_by_hand(desired, str(error)))
        else:
            changed[path] += [pair.address] if text != texts[path] else []
            texts[path] = text
            unresolved[pair.address] = ids
    found = (
        Update(path=path, before=originals[path], after=texts[path], addresses=tuple(addresses))
        for path, addresses in changed.items()
        if addresses
    )
    return Updates(files=tuple(found), ids=unresolved, by_hand=tuple(refused))


def _differing(pairs: Iterable[Pair]) -> Iterator[tuple[Path, Pair, Desired]]:
    for pair in pairs:
        place = pair.desired.resource.source.place() if pair.desired else None
        differs = pair.before != pair.after or bool(pair.extra)
        if pair.desired and place and pair.observed is not None and pair.after and differs:
            yield Path(place.file), pair, pair.desired


def _index(original: str, desired: Desired) -> int:
    """Which document of its file it is, in the text that its places are of. Raises Refused."""
    source = desired.resource.source
    home = source.place()
    others = {place.file for path, place in source.places.items() if path[:1] == ("spec",)}
    if home is None or others - {home.file}:
        raise Refused("an override of the environment decides part of it")
    documents, _ = parse(original.encode(), home.file, Allowance(MAX_NODES))
    return next(
        number
        for number, document in enumerate(documents)
        if document.source.place("kind") == source.place("kind")
    )


class _Version(NamedTuple):
    """The tenant's version where it differs (`taken`), and the document's own words everywhere else; and the
    paths of what is newer in it."""

    spec: JsonObject
    newer: frozenset[str]
    taken: tuple[str, ...]


def _version(pair: Pair, desired: Desired, directory: Directory) -> _Version:
    """Raises Refused where the whole is a mistake: `newer:` has no word for that."""
    observed = as_observed(pair.kind, pair.observed or {}, directory)
    theirs = draft(observed, name=desired.address.name)
    before = with_values(pair.before or {}, pair.extra)
    taken: list[str] = []
    arrange = partial(_arranged, pair.kind, directory, theirs.newer)
    merged = _merged(desired.resource.spec, theirs.spec, before, pair.after, (), taken, arrange)
    kept = {path for path in desired.resource.newer if not _is_below(path, taken)}
    new = {path for path in theirs.newer if _is_below(path, taken)}
    spec = {name: value for name, value in merged.items() if name not in pair.left_as_is}
    strange = strange_paths(pair.kind, desired.address.name, spec)
    if "" in strange:
        raise Refused("no document can say what the tenant holds; tapctl plan shows it")
    return _Version(spec, frozenset({*kept, *new, *strange}), tuple(taken))


def _without_names(
    version: _Version, kind: Kind, directory: Directory, snapshot: Snapshot
) -> tuple[Unnamed, ...]:
    """The ids in what is taken from the tenant that stay ids."""
    ids = unnamed(kind, version.spec, directory, snapshot)
    return tuple(item for item in ids if _is_below(dotted(item.path), version.taken))


def _is_below(path: str, taken: Iterable[str]) -> bool:
    return any(path == above or path.startswith((f"{above}.", f"{above}[")) for above in taken)


def _arranged(
    kind: Kind, directory: Directory, newer: Collection[str], path: JsonPath, mine: Json, other: Json
) -> Json:
    """The tenant's value; of a list without an order, what stays is where and as the document has it. Entries
    that hold something newer are told by their number, so they stay as they are."""
    inner: Field | None = kind.field
    names = [str(name) for name in path]
    for name in names:
        inner = inner.properties.get(name) if inner else None
    is_set = inner is not None and inner.is_set and not any(_is_below(item, [dotted(path)]) for item in newer)
    if not (is_set and isinstance(mine, list) and isinstance(other, list)):
        return other

    def key(entry: Json) -> str:
        spec = canonical(kind.field, expand(kind.field, with_values({}, {path: [entry]})), directory.as_name)
        return sort_key(at(spec, *names))

    theirs = {key(entry): entry for entry in other}
    kept = {text: entry for entry in mine if (text := key(entry)) in theirs}
    return [*kept.values(), *(entry for text, entry in theirs.items() if text not in kept)]


def _merged(
    ours: JsonObject,
    theirs: JsonObject,
    before: Json,
    after: Json,
    path: JsonPath,
    taken: list[str],
    arrange: Callable[[JsonPath, Json, Json], Json],
) -> JsonObject:
    """`taken` gathers the paths at which the tenant's version stands, or nothing any more."""
    found: JsonObject = {}
    for name in [*ours, *(key for key in theirs if key not in ours)]:
        old, new = at(before, name), at(after, name)
        mine, other = ours.get(name), theirs.get(name)
        if old == new:
            found |= {name: mine} if name in ours else {}
        elif isinstance(mine, dict) and isinstance(other, dict):
            found[name] = _merged(mine, other, old, new, (*path, name), taken, arrange)
        else:
            taken.append(dotted((*path, name)))
            found |= {name: arrange((*path, name), mine, other)} if name in theirs else {}
    return found


def _by_hand(desired: Desired, why: str) -> Finding:
    return Finding(
        rule="edit-by-hand",
        severity="warning",
        message=f"{desired.address} is not updated: {why}",
        help="Edit the document by hand, or let apply put back what it says; `tapctl plan` shows the "
        "difference.",
        place=desired.resource.place(),
        address=desired.address,
    )


def write(found: Iterable[Update]) -> None:
    """Replace the files, all or none. Raises Refused."""
    replace({update.path: update.after for update in found})
