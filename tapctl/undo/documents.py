"""What an apply did → documents that say what was there before it: the way back, to be planned.

What an apply created goes, what it changed becomes what it was, and what it deleted comes back: from Graph's
deleted items with its id, where it is still there, else as a new object. An object is known by its id,
whatever it is called by now, and only what the apply changed in it is changed back (taken_back.py). Pure:
what is still there and what can come back is asked in observe/undone.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tapctl.canonical import expand, to_wire, unknown
from tapctl.kinds import kinds
from tapctl.model import Action, Address, Change, JsonObject, Resource, Source
from tapctl.reference import parse, written
from tapctl.undo.past import Deed, Past
from tapctl.validate import Desired

if TYPE_CHECKING:
    from tapctl.schema import Field

_NAME = "displayName"
VERBS: Final = {"create": "created", "update": "changed", "delete": "deleted"}


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
        was, now = name_was(deed), self.name_now(deed)
        is_renamed_by_others = now is not None and was in (None, name_made(deed, is_renamed=deed.is_renamed))
        name = now if is_renamed_by_others else was
        return deed.address if name is None else Address(deed.address.kind, name)


def name_was(deed: Deed) -> str | None:
    """None for what was not there, and for what does not go by its name."""
    return str(deed.observed.get(_NAME)) if deed.observed is not None and is_named(deed) else None


def name_made(deed: Deed, *, is_renamed: bool) -> str | None:
    """What an apply left its object called, if it renamed it or not; None as for `name_was`."""
    return deed.address.name if is_renamed and is_named(deed) else name_was(deed)


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


def with_reason(change: Change, past: Past) -> Change:
    """There is no document to differ from: what that apply did is the reason."""
    deed = next(deed for deed in past.deeds if deed.place == change.place)
    did = "nothing of that apply is left to undo" if change.action == "no-op" else _did(deed, change.action)
    more = f"; it {change.reason}" if change.restores else ""
    more = f"; {change.reason}" if change.former_name is not None else more
    return replace(change, reason=did + more)


def _did(deed: Deed, action: Action) -> str:
    since = {("update", "create"): ", and it was deleted since", ("delete", "update"): ", and it is back"}
    may_have = "may have " if deed.is_open else ""
    return f"that apply {may_have}{VERBS[deed.action]} it{since.get((deed.action, action), '')}"
