"""Desired documents and a Snapshot → Pairs: which object each document means, both canonical. Pure."""

from __future__ import annotations

import fnmatch
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from tapctl import directory as directories
from tapctl.canonical import canonical, expand, respelled, unknown, with_values
from tapctl.directory import Directory
from tapctl.kind import BUILT_IN, Kind
from tapctl.kinds import kinds, lookups
from tapctl.model import Address, Finding, Json, JsonObject, Path, Snapshot, Workspace
from tapctl.validate import Desired

SEVERAL = "several-in-tenant"
CLAIMED_TWICE = "claimed-twice"
DEAD_PIN = "pin-to-nothing"
MISMATCH = "pin-mismatch"
_NEW_PIN = "Write its id as the pin, or let `tapctl apply --write-pins` do it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One address: what the document wants and what the tenant has, either of which may be missing.

    `extra` are observed properties that no schema knows; `managed_by` says who else owns the object;
    `is_owned` that settings claim it by its name; `restores` is the id of a deleted object that comes back;
    `candidates` are the ids of what a document may mean where that cannot be told.
    """

    address: Address
    kind: Kind
    desired: Desired | None = None
    observed: JsonObject | None = None
    id: str | None = None
    before: JsonObject | None = None
    after: JsonObject | None = None
    former_name: str | None = None
    extra: Mapping[Path, Json] = field(default_factory=dict)
    left_as_is: tuple[str, ...] = ()
    managed_by: str = ""
    is_owned: bool = False
    restores: str | None = None
    candidates: tuple[str, ...] = ()

    @property
    def display_name(self) -> str:
        """What Graph calls the object."""
        return self.desired.display_name if self.desired is not None else self.address.name

    @property
    def result(self) -> JsonObject | None:
        """The object as it will be: None if it goes, and what it is if nobody touches it."""
        return self.after if self.desired is not None or self.is_owned else self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """All pairs, sorted by address, and the directory that translates their references."""

    pairs: tuple[Pair, ...]
    directory: Directory
    findings: tuple[Finding, ...]

    def pair(self, address: Address) -> Pair | None:
        """The pair of an address."""
        return next((pair for pair in self.pairs if pair.address == address), None)

    def policies(self) -> tuple[Pair, ...]:
        """The pairs of Conditional Access policies."""
        return tuple(pair for pair in self.pairs if pair.kind.name == "ConditionalAccessPolicy")


def match(workspace: Workspace, desired: Sequence[Desired], snapshot: Snapshot) -> Matched:
    """Recognise each document's object: by the id it means, else its pin, else its name, or a former name;
    where its pin names nothing, by what it made."""
    index = _Index(snapshot)
    found = [(item, _recognise(item, workspace, index)) for item in desired]
    directory = _directory(found, workspace, snapshot)
    while met := _met_again(found, workspace, index, directory):
        found = [(item, met.get(item.address, one)) for item, one in found]
        directory = _directory(found, workspace, snapshot)
    pairs = [
        replace(paired(item, one.observed, one.former_name, directory), candidates=one.candidates)
        for item, one in found
    ]
    pairs = [_restored(pair, workspace, snapshot) for pair in pairs]
    claimed = list(_claimed_twice(pairs))
    pairs = [_unsure(pair, claimed, workspace, snapshot, pairs) for pair in pairs]
    pairs += _apart(pairs, list(_undeclared(workspace, pairs, snapshot, directory)))
    findings = [finding for _, one in found for finding in one.findings]
    return Matched(
        pairs=tuple(sorted(pairs, key=lambda pair: pair.address)),
        directory=directory,
        findings=(*findings, *claimed, *_pin_findings(workspace, snapshot, pairs)),
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


def _directory(found: Iterable[_Found], workspace: Workspace, snapshot: Snapshot) -> Directory:
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
    if pair.before is not None or not is_pinned or _is_break_glass(pair.address, workspace):
        return pair
    return replace(pair, candidates=tuple(_namesakes(pair, workspace, snapshot, pairs)))


class _Index:
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


class _Recognised(NamedTuple):
    """The object that a document means, the former name by which it is known, and what is ambiguous."""

    observed: JsonObject | None
    former_name: str | None = None
    findings: tuple[Finding, ...] = ()
    candidates: tuple[str, ...] = ()


_Found: TypeAlias = tuple[Desired, _Recognised]


def _recognise(desired: Desired, workspace: Workspace, index: _Index) -> _Recognised:
    kind = desired.address.kind
    if desired.kind.singleton:
        return _Recognised(index.first.get(kind))
    if (pin := desired.id or workspace.environment.pins.get(desired.address)) is not None:
        pinned = index.by_id.get((kind, pin.lower()))
        name = None if pinned is None else str(pinned.get("displayName"))
        return _Recognised(pinned, name if name in desired.resource.former_names else None)
    named = index.by_name.get(Address(kind, desired.display_name), [])
    former = [
        (item, name)
        for name in desired.resource.former_names
        for item in index.by_name.get(Address(kind, name), [])
    ]
    if len(named) + len(former) > 1:
        several = [*named, *(item for item, _ in former)]
        ids = tuple(str(item["id"]) for item in several)
        return _Recognised(None, findings=(_several(desired, several),), candidates=ids)
    if former:
        return _Recognised(*former[0])
    return _Recognised(named[0] if named else None)


def _met_again(
    found: Iterable[_Found], workspace: Workspace, index: _Index, directory: Directory
) -> dict[Address, _Recognised]:
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
        item.address: _Recognised(index.by_id[kind, pin])
        for (kind, *ids), documents in alike.items()
        if len(ids) <= len(documents)
        for item, pin in zip(documents, ids, strict=False)
    }


def _is_said_whole(desired: Desired) -> bool:
    """Whether nobody in the object is left as they are: a stranger's group has members of its own."""
    is_open = any(child.is_unmanaged and child.refers for child in desired.kind.field.properties.values())
    return desired.resource.ensure != "absent" and not is_open


def _several(desired: Desired, found: Iterable[JsonObject]) -> Finding:
    known = ", ".join(f"{item.get('displayName')!r} ({item.get('id')})" for item in found)
    return Finding(
        rule=SEVERAL,
        severity="error",
        message=f"the tenant has more than one object that {desired.address} may mean: {known}",
        help=f"Say which: pins: {{{desired.address}: <id>}} in the environment's file.",
        place=desired.resource.place(),
        address=desired.address,
    )


def paired(desired: Desired, observed: JsonObject | None, former: str | None, directory: Directory) -> Pair:
    """A document and the object that it means."""
    kind = desired.kind
    before, extra = (
        (None, {}) if observed is None else observed_spec(kind, observed, desired.newer, directory)
    )
    after, left = (None, ()) if desired.resource.ensure == "absent" else _wanted(desired, before, directory)
    return Pair(
        address=desired.address,
        kind=kind,
        desired=desired,
        observed=observed,
        id=_id(kind, observed),
        before=before,
        after=after,
        former_name=former,
        extra=extra,
        left_as_is=left,
        managed_by=kind.service_managed(observed) if observed is not None else "",
    )


def is_as_said(desired: Desired, observed: JsonObject | None, directory: Directory) -> bool:
    """Whether an object is what a document says, by whatever name."""
    both = paired(desired, observed, None, directory)
    return both.before == both.after


def _id(kind: Kind, observed: JsonObject | None) -> str | None:
    if observed is None:
        return None
    return kind.path.rsplit("/", 1)[-1] if kind.singleton else str(observed["id"])


def observed_spec(
    kind: Kind, observed: JsonObject, newer: Mapping[Path, Json], directory: Directory
) -> tuple[JsonObject, dict[Path, Json]]:
    """The canonical spec of an observed object, with the newer values a document names, and the others.

    A plan and its apply both read objects this way: else what stands would count as changed in between.
    """
    expanded = expand(kind.field, kind.from_graph(observed))
    strange = dict(unknown(kind.field, expanded))
    for name in ("id", "displayName"):
        strange.pop((name,), None)
    spec = kind.normalise(canonical(kind.field, expanded, directory.of_graph))
    named = {path: value for path, value in strange.items() if path in newer}
    return with_values(spec, respelled(named, newer)), {
        path: value for path, value in strange.items() if path not in newer
    }


def _wanted(
    desired: Desired, before: JsonObject | None, directory: Directory
) -> tuple[JsonObject, tuple[str, ...]]:
    """The canonical spec of a document; what it does not own is taken over from the tenant."""
    kind = desired.kind
    spec = kind.normalise(canonical(kind.field, desired.spec, directory.as_name))
    left = tuple(
        name
        for name, child in kind.field.properties.items()
        if child.is_unmanaged and name not in desired.spec
    )
    kept = {name: before[name] for name in left if before is not None and name in before}
    spec = dict(sorted({**{key: value for key, value in spec.items() if key not in left}, **kept}.items()))
    return with_values(spec, desired.newer), left


def _undeclared(
    workspace: Workspace, pairs: Sequence[Pair], snapshot: Snapshot, directory: Directory
) -> Iterator[Pair]:
    """The objects of listed kinds that no document means, owned by pattern or left alone."""
    declared = {(pair.address.kind, pair.id) for pair in pairs}
    unclear = unclear_ids(pairs)
    for kind in kinds().values():
        if not kind.is_listed:
            continue
        for observed in snapshot.objects.get(kind.name, ()):
            is_ours = kind.service_managed(observed) != BUILT_IN
            if is_ours and (kind.name, str(observed["id"])) not in declared:
                pair = _stray(kind, observed, workspace, directory)
                is_unclear = (kind.name, pair.id) in unclear  # a document may mean it: nothing is deleted
                yield replace(pair, is_owned=pair.is_owned and not is_unclear)


def unclear_ids(pairs: Iterable[Pair]) -> frozenset[tuple[str, str | None]]:
    """Kinds and ids of the objects that documents may mean, where that cannot be told."""
    return frozenset((pair.kind.name, object_id) for pair in pairs for object_id in pair.candidates)


def _apart(declared: Sequence[Pair], strays: Sequence[Pair]) -> Iterator[Pair]:
    """An owned object shares its name with nobody, nor does one that a document may mean: namesakes are told
    apart by their ids."""
    unclear = unclear_ids(declared)
    count = Counter(pair.address for pair in (*declared, *strays))
    for pair in strays:
        name = f"{pair.address.name} ({pair.id})"
        is_told = pair.is_owned or (pair.kind.name, pair.id) in unclear
        is_shared = is_told and count[pair.address] > 1
        yield replace(pair, address=Address(pair.kind.name, name)) if is_shared else pair


def as_observed(kind: Kind, observed: JsonObject, directory: Directory) -> Pair:
    """An object with no document: only what the tenant has."""
    before, extra = observed_spec(kind, observed, {}, directory)
    return Pair(
        address=Address(kind.name, kind.name if kind.singleton else str(observed.get(kind.key) or "")),
        kind=kind,
        observed=observed,
        id=_id(kind, observed),
        before=before,
        extra=extra,
        managed_by=kind.service_managed(observed),
    )


def _stray(kind: Kind, observed: JsonObject, workspace: Workspace, directory: Directory) -> Pair:
    pair = as_observed(kind, observed, directory)
    name = Address(kind.name, str(observed.get("displayName") or ""))
    return replace(pair, is_owned=not pair.managed_by and _is_owned(name, workspace))


def _is_owned(address: Address, workspace: Workspace) -> bool:
    """Whether settings claim the name. A folder without documents owns nothing, and neither does one
    environment what a document declares for another."""
    patterns = workspace.settings.ownership.get(address.kind, ())
    matches = any(fnmatch.fnmatchcase(address.name, pattern) for pattern in patterns)
    return matches and bool(workspace.resources) and address not in workspace.elsewhere


def _pin_findings(workspace: Workspace, snapshot: Snapshot, pairs: Sequence[Pair]) -> Iterator[Finding]:
    """A pin must name an object that is there and goes by that name, or one that its document makes again or
    has done with."""
    gone = {pair.address: pair for pair in pairs if pair.before is None and pair.desired is not None}
    met = {pair.address: pair.id for pair in pairs if pair.before is not None and pair.desired is not None}
    for address, pin in workspace.environment.pins.items():
        lookup = lookups().get(address.kind)
        if lookup is None or address.kind not in snapshot.entries:
            continue
        names = {
            str(entry.get(lookup.key) or "")
            for entry in snapshot.entries[address.kind]
            if str(entry.get(lookup.id)).lower() == pin.lower()
        }
        if not names and address in gone and not _is_break_glass(address, workspace):
            yield from _of_nothing(gone[address], pin, workspace, snapshot)
        elif not names and address in met:
            said = (
                f"is pinned to {pin}, which the tenant does not have; {met[address]} has its name and is all"
            )
            finding = _pin_finding(workspace, address, f"{said} that it says, and is taken for it")
            yield replace(finding, rule=DEAD_PIN, severity="warning", help=_NEW_PIN)
        elif not names:
            yield _pin_finding(workspace, address, f"is pinned to {pin}, which the tenant does not have")
        elif not _is_called(address, names) and not _was(address, names, workspace):
            said = f"is pinned to {pin}, which the tenant calls {', '.join(sorted(names))!r}"
            finding = _pin_finding(workspace, address, said)
            absent = [one for one in workspace.resources if one.address == address and one.ensure == "absent"]
            shown = json.dumps(min(names), ensure_ascii=False)
            remedy = f"If it is what is to go, write `spec: {{displayName: {shown}}}` in its document."
            yield replace(finding, help=f"{remedy} Else correct the pin.") if absent else finding


def _is_break_glass(address: Address, workspace: Workspace) -> bool:
    """Who it is then, a person says."""
    return address.kind == "Group" and address.name in workspace.settings.break_glass.groups


def _namesakes(pair: Pair, workspace: Workspace, snapshot: Snapshot, pairs: Iterable[Pair]) -> Iterator[str]:
    """The ids of what has a name of the document and may be what it made: no document is pinned to it, or
    has made it although its pin names nothing."""
    desired = pair.desired
    assert desired is not None  # noqa: S101  # for mypy: only a document makes something
    names = {desired.display_name, *desired.resource.former_names}
    pins = workspace.environment.pins
    pinned = {(one.kind, other.lower()) for one, other in pins.items()}
    pinned |= {(one.kind.name, str(one.id).lower()) for one in pairs if one.desired and one.address in pins}
    for item in snapshot.entries[pair.kind.name]:
        is_free = (pair.kind.name, str(item["id"]).lower()) not in pinned
        is_ours = pair.kind.service_managed(item) != BUILT_IN
        if item.get("displayName") in names and is_free and is_ours:
            yield str(item["id"])


def _of_nothing(pair: Pair, pin: str, workspace: Workspace, snapshot: Snapshot) -> Iterator[Finding]:
    """Nothing has the pinned id. The document makes it anew, or nothing is left that it wants away, unless it
    may be there under another id."""
    gone = f"is pinned to {pin}, which the tenant does not have"
    if pair.candidates:
        has = "has its name" if len(pair.candidates) == 1 else "have its name"
        yield _pin_finding(workspace, pair.address, f"{gone}; {', '.join(pair.candidates)} {has}")
    elif pair.after is None:
        finding = _pin_finding(workspace, pair.address, f"{gone}: nothing is left to delete")
        help_text = "Remove its document and its pin, once no other environment needs the document."
        yield replace(finding, rule=DEAD_PIN, severity="warning", help=help_text)
    elif why := snapshot.unread.get(f"deleted items of {pair.kind.name}"):
        said, _, advice = why.partition("\n")
        text = f"{gone}; whether it was deleted cannot be read: {said}"
        finding = _pin_finding(workspace, pair.address, text)
        yield replace(finding, help=f"{advice.strip()} {finding.help}".strip())
    elif pair.restores is None:
        finding = _pin_finding(workspace, pair.address, f"{gone}: it is created with another id")
        help_text = "Apply says the new id; write it as the pin, or let apply --write-pins do it."
        yield replace(finding, rule=DEAD_PIN, severity="warning", help=help_text)


def _is_called(address: Address, names: set[str]) -> bool:
    """A userPrincipalName is the same in any letter case; display names are not."""
    if address.kind == "User":
        return address.name.casefold() in {name.casefold() for name in names}
    return address.name in names


def _was(address: Address, names: set[str], workspace: Workspace) -> bool:
    """Whether the pinned object goes by a former name of its document, or by the one it gives Graph."""
    return any(
        resource.address == address
        and names & {*resource.former_names, str(resource.spec.get("displayName"))}
        for resource in workspace.resources
    )


def _pin_finding(workspace: Workspace, address: Address, said: str) -> Finding:
    return Finding(
        rule=MISMATCH,
        severity="error",
        message=f"{address} {said}",
        help="Look the object up in the tenant and correct the pin: a pin decides who is meant.",
        place=workspace.environment.source.place("pins", str(address)),
        address=address,
    )
