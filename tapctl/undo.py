"""The record of an apply → documents that say what was there before it: the way back, to be planned.

What an apply created goes, what it changed becomes what it was, and what it deleted comes back: from Graph's
deleted items with its id, where it is still there, else as a new object. An object is known by its id,
whatever it is called by now, and only what the apply changed in it is changed back (taken_back.py). Pure:
what is still there and what can come back is asked in observe/undone.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from tapctl.canonical import canonical, expand, to_wire, unknown, with_values
from tapctl.diff import field_changes
from tapctl.kind import Kind
from tapctl.kinds import kinds
from tapctl.model import Address, Change, Finding, JsonObject, Resource, Snapshot, Source, dotted
from tapctl.past import Deed, Past
from tapctl.reference import parse, written
from tapctl.taken_back import Sides, take_back
from tapctl.validate import Desired

if TYPE_CHECKING:
    from tapctl.directory import Directory
    from tapctl.match import Matched, Pair
    from tapctl.schema import Field

OVERWRITES = "overwrites-later-changes"
_NAME = "displayName"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """What to plan instead of the folder: `called` says what the objects that are still there are called now,
    by kind and id; `restores` are the ids that come back from the deleted items, and `unread` says of which
    kinds these could not be read, and why."""

    past: Past
    called: Mapping[tuple[str, str], str]
    restores: Mapping[Address, str]
    unread: Mapping[str, str]

    def name_now(self, deed: Deed) -> str | None:
        """What the object that an apply wrote is called now; None if it is gone, or goes by its id."""
        return self.called.get((deed.address.kind, deed.id.lower())) if deed.id else None

    def address(self, deed: Deed) -> Address:
        """What the object is to be called: as it was, unless only others have renamed it."""
        was, now = _name_was(deed), self.name_now(deed)
        is_renamed_by_others = now is not None and was in (None, deed.address.name)
        name = now if is_renamed_by_others else was
        return deed.address if name is None else Address(deed.address.kind, name)


def _name_was(deed: Deed) -> str | None:
    """None for what was not there, and for what does not go by its name."""
    return str(deed.observed.get(_NAME)) if deed.observed is not None and is_named(deed) else None


def is_named(deed: Deed) -> bool:
    """Whether its object goes by a name of its own."""
    kind = kinds()[deed.address.kind]
    return not kind.singleton and kind.key == _NAME


def way_back(undo: Undo, declared: Iterable[Resource] = ()) -> tuple[Desired, ...]:
    """A document for each object that the apply may have touched. What the folder says of an object beside
    its spec (`declared`: why lint may be ignored) holds for it on the way back too."""
    deeds = [deed for deed in undo.past.deeds if deed.action != "create" or deed.id]
    names = {deed.id.lower(): undo.address(deed) for deed in deeds if deed.id and deed.action == "delete"}
    names = {one: name for one, name in names.items() if (name.kind, one) not in undo.called}
    ignores = {resource.address: resource.ignores for resource in declared}
    documents = [_desired(deed, undo, names, ignores.get(deed.address, ())) for deed in deeds]
    return tuple(_apart(documents))


def _desired(
    deed: Deed, undo: Undo, names: Mapping[str, Address], ignores: tuple[JsonObject, ...]
) -> Desired:
    kind, now, address = kinds()[deed.address.kind], undo.name_now(deed), undo.address(deed)
    resource = Resource(
        address=address,
        spec={},
        source=Source(places={(): deed.place}),
        ignores=ignores,
        former_names=(now,) if now not in (None, address.name) else (),
    )
    meant = None if kind.singleton else deed.id
    if deed.observed is None:
        return Desired(resource=replace(resource, ensure="absent"), kind=kind, spec={}, id=meant)
    spec = _spec(kind.field, kind.from_graph(deed.observed), names)
    kept = {path: value for path, value in unknown(kind.field, spec) if path not in (("id",), (_NAME,))}
    spec = {key: item for key, item in spec.items() if key in kind.field.properties}
    if is_named(deed):
        spec.pop(_NAME, None)  # the address says it
    return Desired(resource=replace(resource, spec=spec), kind=kind, spec=spec, newer=kept, id=meant)


def _apart(documents: Sequence[Desired]) -> Iterator[Desired]:
    """What goes may have the name of what comes back: then it goes by its id as well."""
    count = Counter(item.address for item in documents)
    for item in documents:
        kind, name = item.address
        is_shared = item.resource.ensure == "absent" and count[item.address] > 1
        resource = replace(item.resource, address=Address(kind, f"{name} ({item.id})"), former_names=(name,))
        yield replace(item, resource=resource) if is_shared else item


def _spec(field: Field, observed: JsonObject, names: Mapping[str, Address]) -> JsonObject:
    """What was observed, in which objects that come back go by their names: they may get other ids."""

    def named(spot: Field, text: str) -> str:
        reference = parse(text, spot.references, spot.words)
        address = names.get(reference.text) if reference.form == "id" else None
        if address is None or address.kind not in spot.references:
            return text
        return written(*address, spot.references, spot.words)

    spec = expand(field, to_wire(field, expand(field, observed), named))
    return spec if isinstance(spec, dict) else {}


def with_reason(change: Change) -> Change:
    """There is no document to differ from: what that apply did is the reason."""
    did = {
        "create": "that apply deleted it",
        "update": "that apply changed it",
        "delete": "that apply created it",
        "no-op": "nothing of that apply is left to undo",
    }[change.action]
    more = f"; it {change.reason}" if change.restores else ""
    more = f"; {change.reason}" if change.former_name is not None else more
    return replace(change, reason=did + more)


def settle(undo: Undo, matched: Matched, snapshot: Snapshot) -> tuple[Matched, tuple[Finding, ...]]:
    """The pairs as they are to become, where only what the apply changed is changed back and what is gone
    comes back with its id if Graph still has it; and what stands in the way."""
    pairs = {pair.desired.resource.place(): pair for pair in matched.pairs if pair.desired is not None}
    found: list[Finding] = []
    settled: dict[Address, Pair] = {}
    for deed in undo.past.deeds:
        if deed.action == "create" and deed.id is None:
            found.append(_unknown(deed))
            continue
        pair = pairs[deed.place]
        settled[pair.address], findings = _settled(deed, pair, undo, matched.directory)
        found += [*_namesakes(deed, pair, [*pairs.values()], snapshot), *findings]
    after = tuple(settled.get(pair.address, pair) for pair in matched.pairs)
    return replace(matched, pairs=after), tuple(found)


def _settled(deed: Deed, pair: Pair, undo: Undo, directory: Directory) -> tuple[Pair, list[Finding]]:
    if pair.before is None:
        restores = undo.restores.get(pair.address)
        is_made_anew = pair.after is not None and restores is None
        return replace(pair, restores=restores), [*_made_anew(deed, pair, undo)] if is_made_anew else []
    if deed.action == "update":
        return _changed_back(deed, pair, undo, directory)
    expected = _today(deed.after, pair, undo, directory) if deed.action == "create" else pair.after
    lost = [change.path for change in field_changes(expected or {}, _known(pair, expected))]
    if is_named(deed) and undo.name_now(deed) != deed.address.name:
        lost.insert(0, _NAME)
    return pair, [_overwrites(deed, pair, lost)] if lost else []


def _changed_back(deed: Deed, pair: Pair, undo: Undo, directory: Directory) -> tuple[Pair, list[Finding]]:
    """One value is the name, the others are the spec's."""
    was, now = _name_was(deed), undo.name_now(deed)
    made = deed.address.name if is_named(deed) else None
    name = take_back(None, Sides(was=was, made=made, now=now, back=was), (_NAME,))
    sides = Sides(
        was=_today(deed.before, pair, undo, directory),
        made=_today(deed.after, pair, undo, directory),
        now=pair.before,
        back=pair.after,
    )
    taken = take_back(pair.kind.field, sides)
    spec = _canonical(pair.kind, cast(JsonObject, taken.value or {}), directory)
    lost = [dotted(path) for path in (*name.lost, *taken.lost)]
    kept = [] if name.value == was else [_NAME]
    kept += [change.path for change in field_changes(pair.after or {}, spec)]
    findings = [_overwrites(deed, pair, lost)] if lost else []
    findings += [_keeps(deed, pair, kept)] if kept else []
    return replace(pair, after=spec), findings


def _today(spec: JsonObject | None, pair: Pair, undo: Undo, directory: Directory) -> JsonObject:
    """A spec from the record, in which the objects of that apply go by what they are called now."""
    ids = {deed.address: deed.id for deed in undo.past.deeds if undo.name_now(deed) is not None}

    def named(spot: Field, text: str) -> str:
        reference = parse(text, spot.references, spot.words)
        object_id = ids.get(Address(reference.kind, reference.text)) if reference.form == "name" else None
        return text if object_id is None else object_id

    field = pair.kind.field
    return _canonical(
        pair.kind, cast(JsonObject, expand(field, to_wire(field, spec or {}, named))), directory
    )


def _canonical(kind: Kind, spec: JsonObject, directory: Directory) -> JsonObject:
    strange = dict(unknown(kind.field, spec))
    return with_values(kind.normalise(canonical(kind.field, spec, directory.as_name)), strange)


def _namesakes(deed: Deed, pair: Pair, pairs: Sequence[Pair], snapshot: Snapshot) -> Iterator[Finding]:
    """Another object has the name that this one takes, and keeps it."""
    stays = {one.id: one.address for one in pairs if one.id is not None}
    is_shared = sum(one.address == pair.address for one in pairs) > 1
    takes_name = is_shared or pair.before is None or pair.former_name is not None
    for item in snapshot.objects.get(pair.kind.name, ()) if takes_name and is_named(deed) else ():
        object_id, is_called_so = str(item.get("id")), item.get(_NAME) == pair.address.name
        if is_called_so and object_id != pair.id and stays.get(object_id, pair.address) == pair.address:
            said = f"is another object now ({object_id}) than the one that apply wrote ({deed.id})"
            yield Finding(
                rule="undo-another-object",
                severity="error",
                message=f"{pair.address} {said}",
                help="Rename it or remove it in the tenant first, or bring back by hand what it replaced.",
                place=deed.place,
                address=pair.address,
            )


def _made_anew(deed: Deed, pair: Pair, undo: Undo) -> Iterator[Finding]:
    kind = pair.kind
    if kind.key == "id" or kind.singleton:
        return  # it is called by its id
    if kind.deleted_items is None:
        why = "is of a kind that Graph keeps no deleted items of"
    elif kind.name in undo.unread:
        why = f"cannot be looked for among Graph's deleted items ({undo.unread[kind.name]})"
    else:
        why = f"is not in the tenant by its id ({deed.id}), nor among Graph's deleted items, kept for 30 days"
    yield Finding(
        rule="comes-back-as-new",
        severity="warning",
        message=f"{pair.address} {why}: it is created with another id",
        help="What refers to it by its old id, outside of what is undone here, does not find it.",
        place=deed.place,
        address=pair.address,
    )


def _overwrites(deed: Deed, pair: Pair, paths: Sequence[str]) -> Finding:
    said = "was changed after that apply, which undoing it overwrites"
    return Finding(
        rule=OVERWRITES,
        severity="brake",
        message=f"{pair.address} {said}: {', '.join(paths)}",
        help="Compare what it is now with what it becomes.",
        flag=f"--allow-{OVERWRITES}",
        place=deed.place,
        address=pair.address,
    )


def _keeps(deed: Deed, pair: Pair, paths: Sequence[str]) -> Finding:
    return Finding(
        rule="undo-keeps-later-changes",
        severity="note",
        message=f"{pair.address} was changed after that apply, which undoing it keeps: {', '.join(paths)}",
        help="Only what that apply changed is changed back.",
        place=deed.place,
        address=pair.address,
    )


def _known(pair: Pair, spec: JsonObject | None) -> JsonObject:
    """What the object holds now, but for what that apply left as it was."""
    owned = {name for name, child in pair.kind.field.properties.items() if not child.is_unmanaged}
    return {key: item for key, item in (pair.before or {}).items() if key in (spec or {}) or key in owned}


def _unknown(deed: Deed) -> Finding:
    return Finding(
        rule="undo-unknown",
        severity="warning",
        message=f"whether {deed.address} was created is not known: it is left alone",
        help="Look for it in the tenant. If it is there and nobody needs it, declare it with ensure: absent.",
        place=deed.place,
        address=deed.address,
    )
