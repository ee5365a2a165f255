"""The record of an apply → documents that say what was there before it: the way back, to be planned.

What an apply created goes, what it changed becomes what it was, and what it deleted comes back: from Graph's
deleted items with its id, where it is still there, else as a new object. Pure but for `restorable`, which
asks the tenant what can come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tapctl.canonical import expand, to_wire, unknown
from tapctl.diff import field_changes
from tapctl.errors import GraphError
from tapctl.kinds import kinds
from tapctl.model import Address, Finding, JsonObject, Resource, Source
from tapctl.past import Deed, Past
from tapctl.reference import parse, written
from tapctl.validate import Desired

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway
    from tapctl.match import Matched, Pair
    from tapctl.schema import Field

OVERWRITES = "overwrites-later-changes"
BRINGS_BACK = "brings-back-errors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """What to plan instead of the folder: `restores` are the ids that come back from the deleted items, and
    `unread` says of which kinds these could not be read, and why."""

    past: Past
    restores: Mapping[Address, str]
    unread: Mapping[str, str]


async def restorable(gateway: Gateway, past: Past) -> Undo:
    """Which of the objects that were there Graph has among its deleted items."""
    restores: dict[Address, str] = {}
    unread: dict[str, str] = {}
    for name in sorted({deed.address.kind for deed in past.deeds if deed.action != "create"}):
        if (deleted := kinds()[name].deleted_items) is None:
            continue
        try:
            ids = {str(item.get("id")).lower() for item in await gateway.list(deleted.listed)}
        except GraphError as error:
            unread[name] = str(error)
            continue
        ours = (deed for deed in past.deeds if deed.address.kind == name and deed.action != "create")
        restores |= {_address(deed): deed.id for deed in ours if deed.id and deed.id.lower() in ids}
    return Undo(past=past, restores=restores, unread=unread)


def way_back(past: Past, declared: Iterable[Resource] = ()) -> tuple[Desired, ...]:
    """A document for each object that the apply may have touched. What the folder says of an object beside
    its spec (`declared`: why lint may be ignored) holds for it on the way back too."""
    names = {deed.id.lower(): deed.address for deed in past.deeds if deed.action == "delete" and deed.id}
    ignores = {resource.address: resource.ignores for resource in declared}
    return tuple(
        _desired(deed, names, ignores.get(deed.address, ()))
        for deed in past.deeds
        if deed.action != "create" or deed.id
    )


def _desired(deed: Deed, names: Mapping[str, Address], ignores: tuple[JsonObject, ...]) -> Desired:
    kind, source = kinds()[deed.address.kind], Source(places={(): deed.place})
    if deed.observed is None:
        gone = Resource(address=deed.address, spec={}, source=source, ensure="absent")
        return Desired(resource=gone, kind=kind, spec={})
    spec = _spec(kind.field, kind.from_graph(deed.observed), names)
    kept = {
        path: value for path, value in unknown(kind.field, spec) if path not in (("id",), ("displayName",))
    }
    spec = {key: value for key, value in spec.items() if key in kind.field.properties}
    address = _address(deed)
    resource = Resource(
        address=address,
        spec=spec,
        source=source,
        ignores=ignores,
        former_names=(deed.address.name,) if address != deed.address else (),
    )
    return Desired(resource=resource, kind=kind, spec=spec, newer=kept)


def _address(deed: Deed) -> Address:
    """What the object was called before."""
    kind = kinds()[deed.address.kind]
    if deed.observed is None or kind.singleton or kind.key != "displayName":
        return deed.address
    return Address(kind.name, str(deed.observed.get("displayName")))


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


def doubts(undo: Undo, matched: Matched) -> Iterator[Finding]:
    """What stands in the way back: other objects of the same names, what others changed meanwhile, and what
    can only be made anew."""
    pairs = {pair.address: pair for pair in matched.pairs if pair.desired is not None}
    for deed in undo.past.deeds:
        pair = pairs.get(_address(deed))
        if deed.action == "create" and deed.id is None:
            yield _unknown(deed)
        elif pair is not None and pair.id is not None and deed.id is not None:
            yield from _about(deed, pair, deed.id)
        elif deed.action != "create" and _address(deed) not in undo.restores:
            yield from _made_anew(deed, undo)


def _made_anew(deed: Deed, undo: Undo) -> Iterator[Finding]:
    kind = kinds()[deed.address.kind]
    if kind.key == "id" or kind.singleton:
        return  # it is called by its id
    if kind.deleted_items is None:
        why = "is of a kind that Graph keeps no deleted items of"
    elif kind.name in undo.unread:
        why = f"cannot be looked for among Graph's deleted items ({undo.unread[kind.name]})"
    else:
        why = "is not among Graph's deleted items, which are kept for 30 days"
    yield Finding(
        rule="comes-back-as-new",
        severity="warning",
        message=f"{_address(deed)} {why}: it is created with another id",
        help="What refers to it by its old id, outside of what is undone here, does not find it.",
        place=deed.place,
        address=_address(deed),
    )


def _about(deed: Deed, pair: Pair, object_id: str) -> Iterator[Finding]:
    if pair.id is not None and pair.id.lower() != object_id.lower():
        said = f"is another object now ({pair.id}) than the one that apply wrote ({object_id})"
        yield Finding(
            rule="undo-another-object",
            severity="error",
            message=f"{pair.address} {said}",
            help="Rename it or remove it in the tenant first, or bring back by hand what it replaced.",
            place=deed.place,
            address=pair.address,
        )
    elif deed.action != "delete" and all(_known(pair, spec) != spec for spec in (deed.after, deed.before)):
        fields = field_changes(deed.after or {}, _known(pair, deed.after) or {})
        changed = ", ".join(item.path for item in fields)
        yield Finding(
            rule=OVERWRITES,
            severity="brake",
            message=f"{pair.address} was changed after that apply, which undoing it overwrites: {changed}",
            help="Compare what it is now with what it becomes.",
            flag=f"--allow-{OVERWRITES}",
            place=deed.place,
            address=pair.address,
        )


def _known(pair: Pair, spec: JsonObject | None) -> JsonObject | None:
    """What the object holds now, but for what that apply left as it was."""
    if pair.before is None or spec is None:
        return pair.before
    owned = {name for name, child in pair.kind.field.properties.items() if not child.is_unmanaged}
    return {key: item for key, item in pair.before.items() if key in spec or key in owned}


def _unknown(deed: Deed) -> Finding:
    return Finding(
        rule="undo-unknown",
        severity="warning",
        message=f"whether {deed.address} was created is not known: it is left alone",
        help="Look for it in the tenant. If it is there and nobody needs it, declare it with ensure: absent.",
        place=deed.place,
        address=deed.address,
    )


def asking(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings of lint, of which an error needs a word on the way back: what comes back was there before."""
    for finding in findings:
        if finding.severity != "error":
            yield finding
            continue
        yield replace(
            finding,
            rule=BRINGS_BACK,
            severity="brake",
            message=f"{finding.message} ({finding.rule} {finding.name}), once this apply is undone",
            flag=f"--allow-{BRINGS_BACK}",
            name="",
        )


def with_restores(matched: Matched, restores: Mapping[Address, str]) -> Matched:
    """Pairs of objects that are to come back, with the id under which Graph still has them."""

    def of(pair: Pair) -> Pair:
        is_missing = pair.observed is None and pair.after is not None
        return replace(pair, restores=restores.get(pair.address)) if is_missing else pair

    return replace(matched, pairs=tuple(map(of, matched.pairs)))
