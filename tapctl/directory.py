"""Names ↔ ids of one tenant: the only place where the two meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tapctl.kind import Lookup
from tapctl.kinds import lookups
from tapctl.model import Address, JsonObject
from tapctl.reference import parse, written
from tapctl.schema import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """`ids` are all ids a name has; `names` the name of a (kind, id); `pinned` the names that pins decide."""

    ids: Mapping[Address, tuple[str, ...]]
    names: Mapping[tuple[str, str], str]
    pinned: frozenset[Address] = frozenset()

    def id_of(self, address: Address) -> str | None:
        """The one id of a name; None if it has none, or several."""
        found = self.all_ids(address)
        return found[0] if len(found) == 1 else None

    def all_ids(self, address: Address) -> tuple[str, ...]:
        """Every id that this name has in the tenant."""
        return self.ids.get(_folded(address), ())

    def as_name(self, field: Field, text: str) -> str:
        """Any reference → its canonical text: the name if just one object has it, else `id:` and the id."""
        reference = parse(text, field.references, field.words)
        if reference.form == "word" or (reference.form == "id" and _go_by_ids(field)):
            return reference.text
        if reference.form == "id":
            return self._name_of(field.references, reference.text, field)
        found = self.id_of(Address(reference.kind, reference.text))
        if found is None:
            return written(reference.kind, reference.text, field.references, field.words)
        return self._name_of((reference.kind,), found, field)

    def of_graph(self, field: Field, text: str) -> str:
        """A reference as Graph answered it → its canonical text. It is a word or an id: what is neither (a
        word newer than the schema) stays, as an id. A name is only what an export's reader marked as one."""
        if text.startswith("name:"):
            return self.as_name(field, text)
        reference = parse(text, field.references, field.words)
        if reference.form == "word" or _go_by_ids(field):
            return reference.text
        object_id = reference.text if reference.form == "id" else text.strip()
        return self._name_of(field.references, object_id, field)

    def _name_of(self, kinds: Iterable[str], object_id: str, field: Field) -> str:
        for kind in kinds:
            name = self.names.get((kind, object_id))
            if name is not None and self.id_of(Address(kind, name)) == object_id:
                return written(kind, name, field.references, field.words)
        return f"id:{object_id}"

    def as_id(self, field: Field, text: str) -> str:
        """A canonical reference → what Graph wants. KeyError if the name has no id (yet)."""
        reference = parse(text, field.references, field.words)
        if reference.form != "name":
            return reference.text
        found = self.id_of(Address(reference.kind, reference.text))
        if found is None and lookups()[reference.kind].key == "id":
            return reference.text  # the name is the id
        if found is None:
            raise KeyError(Address(reference.kind, reference.text))
        return found

    def with_id(self, address: Address, object_id: str) -> Directory:
        """The same directory after an object was created."""
        return Directory(
            ids={**self.ids, _folded(address): (object_id,)},
            names={**self.names, (address.kind, object_id): address.name},
            pinned=self.pinned,
        )


def _go_by_ids(field: Field) -> bool:
    """Whether what is referred to is known by an id that people choose: documents write that."""
    return any(lookups()[kind].key == "id" for kind in field.references)


def with_pins(directory: Directory, pins: Mapping[Address, str]) -> Directory:
    """The same directory, in which pins decide what more names mean."""
    return Directory(
        ids={**directory.ids, **{_folded(address): (pin.lower(),) for address, pin in pins.items()}},
        names={
            **directory.names,
            **{(address.kind, pin.lower()): address.name for address, pin in pins.items()},
        },
        pinned=directory.pinned | pins.keys(),
    )


def build(
    entries: Mapping[str, Iterable[JsonObject]],
    pins: Mapping[Address, str],
    renamed: Mapping[tuple[str, str], str],
) -> Directory:
    """A Directory of looked-up entries. A pin decides what its name means; `renamed` gives an object
    that a document recognises (by a former name) the document's name. What nothing of this names goes by
    the name that it has everywhere."""
    ids: defaultdict[Address, list[str]] = defaultdict(list)
    names: dict[tuple[str, str], str] = {}
    for kind, lookup in lookups().items():
        _add(lookup.well_known.items(), kind, ids, names)
        found = {**_named(lookup, entries.get(kind, ())), **_of_kind(kind, renamed)}
        _add(((name, object_id) for object_id, name in found.items()), kind, ids, names)
    for address, pinned in pins.items():
        ids[_folded(address)] = [pinned.lower()]
        names[address.kind, pinned.lower()] = address.name
    for kind, lookup in lookups().items():
        for name, object_id in lookup.otherwise.items():
            names.setdefault((kind, object_id), name)
            if not ids[Address(kind, name)]:
                ids[Address(kind, name)] = [object_id]
    return Directory(
        ids={key: tuple(value) for key, value in ids.items() if value}, names=names, pinned=frozenset(pins)
    )


def _folded(address: Address) -> Address:
    """A userPrincipalName is the same in any letter case; display names are not."""
    return Address("User", address.name.lower()) if address.kind == "User" else address


def _named(lookup: Lookup, entries: Iterable[JsonObject]) -> dict[str, str]:
    return {
        str(entry[lookup.id]).lower(): str(entry[lookup.key])
        for entry in entries
        if entry.get(lookup.id) and entry.get(lookup.key)
    }


def _of_kind(kind: str, renamed: Mapping[tuple[str, str], str]) -> dict[str, str]:
    return {object_id: name for (other, object_id), name in renamed.items() if other == kind}


def _add(
    pairs: Iterable[tuple[str, str]],
    kind: str,
    ids: defaultdict[Address, list[str]],
    names: dict[tuple[str, str], str],
) -> None:
    """A name of blanks names nothing: no document and no pin can say it."""
    for name, object_id in pairs:
        known = ids[_folded(Address(kind, name))]
        if object_id not in known and name.strip():
            known.append(object_id)
        names.setdefault((kind, object_id), name)
