"""What a tenant holds and no document declares → the documents, pins and hints that an import would write.

Pure: reading the tenant is observe's, writing the files is the command's.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from tapctl.canonical import references
from tapctl.directory import Directory, with_pins
from tapctl.kind import BUILT_IN
from tapctl.kinds import kinds, lookups
from tapctl.kinds.named_location import is_empty
from tapctl.load.environment import STATES
from tapctl.load.settings import CONTROL, MAX_NAME
from tapctl.match import Matched, Pair, as_observed
from tapctl.model import Address, Finding, Path, Settings, Snapshot
from tapctl.reference import parse
from tapctl.text.patterns import matches
from tapctl.text.words import counted
from tapctl.workspace.document import Draft, draft
from tapctl.workspace.emit import render
from tapctl.workspace.hints import hints
from tapctl.workspace.left_out import METHODS, holds_nothing, not_asked_for, of_no_kind
from tapctl.workspace.meant import meant
from tapctl.workspace.naming import file_names
from tapctl.workspace.unnamed import Unresolved, comments, told, unnamed

_GROUP = "Group"
_NAMELESS = "(no name)"
_SCHEMAS = "../schemas"  # from the workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One object that was taken in: its document's address, its file below the workspace, and the text."""

    address: Address
    file: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Everything an import would write. `findings` tell of what could not be named; `hints` are lines for a
    person to decide on; `declared` is what documents have already, and `is_asked` whether a person has to say
    first whose an object is."""

    documents: tuple[Imported, ...]
    pins: Mapping[Address, str]
    findings: tuple[Finding, ...]
    hints: tuple[str, ...]
    declared: tuple[Address, ...]
    is_asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be taken in, and what is there. No kinds are all of them, but groups only by name; `pattern`
    is one of names; what `settings` say already is not proposed. `unpinned` are the findings about
    break-glass without a pin, which it gets if just one object has the name; `updated` the ids without a name
    in what is updated; `elsewhere` what documents declare for other environments only; `cap` is the most that
    a policy's state may be in this one."""

    kinds: frozenset[str] = frozenset()
    pattern: str = "*"
    taken_files: frozenset[str] = frozenset()
    settings: Settings = field(default_factory=Settings)
    unpinned: tuple[Finding, ...] = ()
    updated: Unresolved = field(default_factory=dict)
    elsewhere: frozenset[Address] = frozenset()
    cap: str | None = None

    @property
    def written(self) -> frozenset[str]:
        """The kinds of which something new gets a document: a tenant's many groups only where asked for."""
        return self.kinds or frozenset(kinds()) - ({_GROUP} if self.pattern == "*" else set())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """The objects that were asked for, and the `others`: those that get a document are `new`, `empty` ones
    cannot have one, and of `spared` kinds none was asked for.
    `declared` are documents by kind and id, `pins` those of documents that it is clear by now whom they mean,
    and `unclear` asks about the others."""

    found: tuple[Pair, ...]
    others: tuple[Pair, ...]
    new: tuple[Pair, ...]
    empty: tuple[Address, ...]
    spared: tuple[Address, ...]
    declared: Mapping[tuple[str, str | None], Address]
    pins: Mapping[Address, str]
    unclear: tuple[Finding, ...]


def propose(matched: Matched, snapshot: Snapshot, request: Request) -> Proposal:
    """Documents for what is in the tenant and not in the folder."""
    chosen = _chosen(matched, snapshot, request)
    drafts = [
        (pair, _apart(item, request.elsewhere, snapshot.environment))
        for pair, item in _drafted(chosen, matched, snapshot)
    ]
    return _proposed(chosen, drafts, matched, snapshot, request)


def _chosen(matched: Matched, snapshot: Snapshot, request: Request) -> _Chosen:
    wanted = request.kinds or kinds().keys()
    declared = {_key(pair): pair.address for pair in matched.pairs if pair.desired is not None}
    asked, others = _parted(
        _observed(snapshot, matched.directory),
        lambda pair: pair.kind.name in wanted and matches(request.pattern, _shown_name(pair)),
    )
    empty = [pair for pair in asked if _key(pair) not in declared and _is_empty(pair)]
    found = [pair for pair in asked if _key(pair) in declared or not _is_empty(pair)]
    settled = meant(matched, found, snapshot)
    declared |= {_key(pair): address for address, pair in settled.chosen.items()}
    new = [pair for pair in found if _key(pair) not in declared and _key(pair) not in settled.unclear]
    return _Chosen(
        found=tuple(found),
        others=tuple(others),
        new=tuple(pair for pair in new if pair.kind.name in request.written),
        empty=tuple(pair.address for pair in empty),
        spared=tuple(pair.address for pair in new if pair.kind.name not in request.written),
        declared=declared,
        pins={address: str(pair.id) for address, pair in settled.chosen.items()},
        unclear=settled.findings,
    )


def _drafted(chosen: _Chosen, matched: Matched, snapshot: Snapshot) -> tuple[tuple[Pair, Draft], ...]:
    """What the documents say. Where pins tell namesakes apart, references to them are by these names too."""
    taken = {pair.address for pair in matched.pairs if pair.desired is not None}
    labelled = list(_labelled(chosen.new, taken | _well_known()))
    is_whole = bool(snapshot.tenant_id)
    drafts = tuple((pair, draft(pair, name=label, is_whole=is_whole)) for pair, label in labelled)
    told_apart = {**chosen.pins, **_pins(drafts, chosen.new)}
    if not snapshot.tenant_id or not told_apart:
        return drafts
    directory = with_pins(matched.directory, told_apart)
    again = [(as_observed(pair.kind, pair.observed or {}, directory), label) for pair, label in labelled]
    return tuple((pair, draft(pair, name=label)) for pair, label in again)


def _apart(item: Draft, elsewhere: Collection[Address], environment: str) -> Draft:
    """What other environments declare is theirs: this document is for its own environment only."""
    return replace(item, environments=(environment,)) if _address(item) in elsewhere else item


def _proposed(
    chosen: _Chosen,
    drafts: Sequence[tuple[Pair, Draft]],
    matched: Matched,
    snapshot: Snapshot,
    request: Request,
) -> Proposal:
    """The files and pins, and what a person has to know of them."""
    directory = matched.directory
    files = dict(file_names([_address(item) for _, item in drafts], request.taken_files))
    stayed = {
        _address(item): tuple(unnamed(pair.kind, item.spec, directory, snapshot)) for pair, item in drafts
    }
    namesakes = {**chosen.pins, **_pins(drafts, chosen.new), **_application_pins(drafts, directory)}
    made_up = {_address(item) for pair, item in drafts if _writable(_shown_name(pair)) != _shown_name(pair)}
    glass = {item.address: item for item in request.unpinned if item.address is not None}
    ids_of_glass = {address: directory.all_ids(address) for address in glass}
    found_glass = {address: ids[0] for address, ids in ids_of_glass.items() if len(ids) == 1}
    return Proposal(
        documents=tuple(
            _document(item, files[_address(item)], comments(stayed[_address(item)])) for _, item in drafts
        ),
        pins={**namesakes, **found_glass} if snapshot.tenant_id else {},
        findings=(
            *_nameless(drafts),
            *chosen.unclear,
            *(() if snapshot.tenant_id else _namesakes(namesakes.keys() - made_up)),
            *(_still_unpinned(glass[one], ids) for one, ids in ids_of_glass.items() if len(ids) != 1),
            *told({**request.updated, **stayed}, snapshot),
            *(of_no_kind(snapshot) if METHODS in (request.kinds or kinds()) else ()),
            *_capped([item for _, item in drafts], request.cap, snapshot.environment),
            *map(holds_nothing, chosen.empty),
            *not_asked_for(chosen.spared),
        ),
        hints=tuple(hints(chosen.found, chosen.others, request.settings)),
        declared=tuple(
            sorted(chosen.declared[_key(pair)] for pair in chosen.found if _key(pair) in chosen.declared)
        ),
        is_asked=bool(chosen.unclear),
    )


def _key(pair: Pair) -> tuple[str, str | None]:
    return pair.kind.name, pair.id


def _parted(pairs: Iterable[Pair], test: Callable[[Pair], bool]) -> tuple[list[Pair], list[Pair]]:
    """Those that pass, and the others."""
    passing: list[Pair] = []
    failing: list[Pair] = []
    for pair in pairs:
        (passing if test(pair) else failing).append(pair)
    return passing, failing


def _shown_name(pair: Pair) -> str:
    """What people call the object; a context is known by its id, and called otherwise."""
    name = (pair.observed or {}).get("displayName")
    return str(name) if pair.kind.key == "id" and name else pair.address.name


def _observed(snapshot: Snapshot, directory: Directory) -> Iterator[Pair]:
    """Every object of a kind of ours, sorted by name; what every tenant has built in is only referred to."""
    pairs = [
        as_observed(kind, item, directory)
        for kind in kinds().values()
        for item in snapshot.objects.get(kind.name, ())
    ]
    yield from sorted(
        (pair for pair in pairs if pair.managed_by != BUILT_IN), key=lambda pair: (pair.address, str(pair.id))
    )


def _labelled(pairs: Sequence[Pair], taken: set[Address]) -> Iterator[tuple[Pair, str]]:
    """A name for each document; a number tells namesakes apart."""
    for pair in pairs:
        name = _writable(_shown_name(pair))
        label, number = name, 1
        while Address(pair.kind.name, label) in taken:
            number += 1
            suffix = f" ({number})"
            label = f"{name[: MAX_NAME - len(suffix)]}{suffix}"
        taken.add(Address(pair.kind.name, label))
        yield pair, label


def _well_known() -> set[Address]:
    """Names that mean the same object in every tenant: another's document has another name."""
    found = ((kind.name, kind.lookup) for kind in kinds().values() if kind.lookup is not None)
    return {Address(name, word) for name, lookup in found for word in lookup.well_known}


def _writable(name: str) -> str:
    """A name that a document may have: visible characters, no more than fit, and something at all."""
    if any(unicodedata.category(character) in CONTROL for character in name):
        name = "".join(character for character in name if unicodedata.category(character) not in CONTROL)
    return name[:MAX_NAME] if name.strip() else _NAMELESS


def _address(item: Draft) -> Address:
    return Address(item.kind, item.name or item.kind)


def _pins(drafts: Sequence[tuple[Pair, Draft]], new: Sequence[Pair]) -> dict[Address, str]:
    """Namesakes are told apart by their pins."""
    count = Counter(pair.address for pair in new)
    return {
        _address(item): str(pair.id)
        for pair, item in drafts
        if item.display_name is not None or (count[pair.address] > 1 and not pair.kind.singleton)
    }


def _still_unpinned(finding: Finding, ids: Sequence[str]) -> Finding:
    """Nobody but a person says which of several it is."""
    found = f"{len(ids)} objects have its name: {', '.join(ids)}" if ids else "nothing found has its name"
    return replace(finding, message=f"{finding.message}, and {found}")


def _application_pins(drafts: Sequence[tuple[Pair, Draft]], directory: Directory) -> dict[Address, str]:
    """Anyone may give an application another's name: what documents call one has to be pinned."""
    found: dict[Address, str] = {}
    for pair, item in drafts:
        for _, spot, text in references(pair.kind.field, item.spec):
            reference = parse(text, spot.references, spot.words)
            address = Address(reference.kind, reference.text)
            is_ours = reference.text in lookups()["Application"].well_known or address in directory.pinned
            known = directory.id_of(address)
            if reference.form == "name" and reference.kind == "Application" and not is_ours and known:
                found[address] = known
    return found


def _document(item: Draft, file: str, comments: Mapping[Path, str]) -> Imported:
    depth = len(PurePosixPath(file).parts) - 1
    schema_path = f"{'../' * depth}{_SCHEMAS}/Document.schema.json"
    text = render(item, schema_path=schema_path, comments=comments)
    return Imported(address=_address(item), file=file, text=text)


def _nameless(drafts: Sequence[tuple[Pair, Draft]]) -> Iterator[Finding]:
    for pair, item in drafts:
        if not _shown_name(pair).strip():
            yield Finding(
                rule="no-name",
                severity="warning",
                message=f"{_address(item)} has no displayName: the name is made up",
                help="Give the document the name that the object is to have.",
                address=_address(item),
            )


def _capped(drafts: Sequence[Draft], cap: str | None, environment: str) -> Iterator[Finding]:
    """The tenant has more in force than its environment allows: applying the folder would take that off."""
    over = [
        _address(item)
        for item in drafts
        if cap is not None
        and item.kind == "ConditionalAccessPolicy"
        and item.spec.get("state") in STATES[STATES.index(cap) + 1 :]
    ]
    if over:
        yield Finding(
            rule="above-the-cap",
            severity="warning",
            message=f"{counted(len(over), 'policy', 'policies')} here, {over[0]} for one, have a state above "
            f"{cap!r}, the cap of environment {environment!r}: a plan lowers them",
            help=f"Take maxState out of environments/{environment}.yaml, or plan before anybody applies.",
            address=over[0],
        )


def _namesakes(pins: Collection[Address]) -> Iterator[Finding]:
    """An export says what is called alike, and nothing says yet which of a tenant's objects each will be."""
    if pins:
        yield Finding(
            rule="namesakes",
            severity="note",
            message=f"called like another object: {', '.join(map(str, sorted(pins)))}",
            help="Once they are in a tenant, pins in the environment's file tell them apart.",
        )


def _is_empty(pair: Pair) -> bool:
    return pair.kind.name == "NamedLocation" and is_empty(pair.before or {})
