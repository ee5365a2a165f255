"""The tenant's version of declared objects → the files that declare them, comments and order kept.

Pure but for reading those files; the command shows the difference and asks before it writes.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from tapctl.canonical import at, canonical, expand, sort_key, with_values
from tapctl.directory import Directory
from tapctl.errors import Refused
from tapctl.kind import Kind
from tapctl.load.workspace import MAX_NODES
from tapctl.load.yaml12 import Allowance, parse
from tapctl.match import Matched, Pair, as_observed
from tapctl.model import Address, Finding, Json, JsonObject, Snapshot, dotted
from tapctl.model import Path as JsonPath
from tapctl.schema import Field
from tapctl.validate import Desired, strange_paths
from tapctl.workspace.document import draft
from tapctl.workspace.edit import updated
from tapctl.workspace.placing import replace
from tapctl.workspace.text import read_text
from tapctl.workspace.unnamed import Unnamed, Unresolved, comments, unnamed

_NAME: Final[JsonPath] = ("displayName",)


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


def updates(
    matched: Matched, pairs: Iterable[Pair], snapshot: Snapshot, variables: Mapping[str, Json]
) -> Updates:
    """What changes in the files of declared objects that the tenant has differently. What the environment's
    variables stand for stays written with them."""
    texts: dict[Path, str] = {}
    originals: dict[Path, str] = {}
    changed: defaultdict[Path, list[Address]] = defaultdict(list)
    unresolved: dict[Address, tuple[Unnamed, ...]] = {}
    refused: list[Finding] = []
    for path, pair, desired in _differing(pairs):
        try:
            _refuse_unsure(pair)
            if path not in texts:
                originals[path] = texts[path] = read_text(path)
            index = _index(originals[path], desired)
            version = _version(pair, desired, matched.directory)
            ids = _without_names(version, pair.kind, matched.directory, snapshot)
            text = updated(
                texts[path],
                index,
                version.spec,
                newer=version.newer,
                variables=variables,
                comments=comments(ids),
            )
        except Refused as error:
            refused.append(_by_hand(desired, str(error)))
        else:
            refused += [_decided_elsewhere(desired, path_) for path_ in version.left]
            changed[path] += [pair.address] if text != texts[path] else []
            texts[path] = text
            unresolved[pair.address] = ids
    found = (
        Update(path=path, before=originals[path], after=texts[path], addresses=tuple(addresses))
        for path, addresses in changed.items()
        if addresses
    )
    return Updates(files=tuple(found), ids=unresolved, by_hand=tuple(refused))


def _refuse_unsure(pair: Pair) -> None:
    if pair.candidates:
        ids = ", ".join(pair.candidates)
        raise Refused(f"it cannot be told whether it means {ids}; tapctl plan says why")


def _differing(pairs: Iterable[Pair]) -> Iterator[tuple[Path, Pair, Desired]]:
    for pair in pairs:
        place = pair.desired.resource.source.place() if pair.desired else None
        differs = pair.before != pair.after or bool(pair.extra)
        if pair.desired and place and pair.observed is not None and pair.after and differs:
            yield Path(place.file), pair, pair.desired


def _index(original: str, desired: Desired) -> int:
    """Which document of its file it is, in the text that its places are of."""
    source = desired.resource.source
    home = source.place("kind")
    assert home is not None  # noqa: S101  # for mypy: it was read
    documents, _ = parse(original.encode(), home.file, Allowance(MAX_NODES))
    return next(number for number, document in enumerate(documents) if document.source.place("kind") == home)


class _Version(NamedTuple):
    """The tenant's version where it differs (`taken`), and the document's own words everywhere else; the
    paths of what is newer in it; and those that differ and are not the document's to say (`left`)."""

    spec: JsonObject
    newer: frozenset[str]
    taken: tuple[str, ...]
    left: tuple[JsonPath, ...]


def _version(pair: Pair, desired: Desired, directory: Directory) -> _Version:
    """Raises Refused where the whole is a mistake: `newer:` has no word for that."""
    observed = as_observed(pair.kind, pair.observed or {}, directory)
    theirs = draft(observed, name=desired.address.name)
    before = with_values(pair.before or {}, pair.extra)
    resource = desired.resource
    own = resource.spec if resource.own is None else resource.own
    arrange = partial(_arranged, pair.kind, directory, theirs.newer)
    named = {_NAME} if pair.kind.key == "id" and "displayName" not in own else set()
    merging = _Merging(arrange=arrange, decided=resource.decided | named)
    merged = merging.merged(own, theirs.spec, before, pair.after, ())
    taken = merging.taken
    kept = {path for path in desired.resource.newer if not _is_below(path, taken)}
    new = {path for path in theirs.newer if _is_below(path, taken)}
    spec = {name: value for name, value in merged.items() if name not in pair.left_as_is}
    strange = strange_paths(pair.kind, desired.address.name, spec)
    if "" in strange:
        raise Refused("no document can say what the tenant holds; tapctl plan shows it")
    return _Version(spec, frozenset({*kept, *new, *strange}), tuple(taken), tuple(merging.left))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Merging:
    """One document and the tenant's version of it. `taken` gathers the paths at which the tenant's version
    stands, or nothing any more; `left` those that differ and are said elsewhere (`decided`)."""

    arrange: Callable[[JsonPath, Json, Json], Json]
    decided: Collection[JsonPath]
    taken: list[str] = field(default_factory=list)
    left: list[JsonPath] = field(default_factory=list)

    def merged(
        self, ours: JsonObject, theirs: JsonObject, before: Json, after: Json, path: JsonPath
    ) -> JsonObject:
        """`ours`, and `theirs` wherever `before` and `after` differ."""
        found: JsonObject = {}
        for name in [*ours, *(key for key in theirs if key not in ours)]:
            here = (*path, name)
            old, new = at(before, name), at(after, name)
            mine, other = ours.get(name), theirs.get(name)
            if old == new:
                found |= {name: mine} if name in ours else {}
            elif isinstance(mine, dict) and isinstance(other, dict):
                found[name] = self.merged(mine, other, old, new, here)
            elif any(_meet(here, decided) for decided in self.decided):
                self.left.append(here)
                found |= {name: mine} if name in ours else {}
            else:
                self.taken.append(dotted(here))
                found |= {name: self.arrange(here, mine, other)} if name in theirs else {}
        return found


def _meet(one: JsonPath, other: JsonPath) -> bool:
    """Whether one is the other, or lies within it."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]


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


def _decided_elsewhere(desired: Desired, path: JsonPath) -> Finding:
    place = desired.resource.place(*path)
    who = "the environment decides" if path in desired.resource.decided else "its `name` says"
    return Finding(
        rule="edit-by-hand",
        severity="warning",
        message=f"{desired.address} is not updated in {dotted(path)}: {who} that",
        help="Edit it there by hand, or let apply put back what it says.",
        place=place or desired.resource.place(),
        address=desired.address,
    )


def write(found: Iterable[Update]) -> None:
    """Replace the files, all or none. Raises Refused."""
    replace({update.path: update.after for update in found})
