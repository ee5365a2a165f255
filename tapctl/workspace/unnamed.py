"""References that no name could be found for → the comments that say so in a document, and findings. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from tapctl.canonical import expand, references
from tapctl.directory import Directory
from tapctl.kind import Kind
from tapctl.model import Address, Finding, JsonObject, Path, Snapshot
from tapctl.reference import parse

_MANY = 5  # names in one message


class Unnamed(NamedTuple):
    """A reference that stayed an id. `name` is what others are called too; `was_asked` whether the tenant
    would have said a name."""

    path: Path
    text: str
    name: str
    was_asked: bool


Unresolved: TypeAlias = Mapping[Address, Sequence[Unnamed]]


def unnamed(kind: Kind, spec: JsonObject, directory: Directory, snapshot: Snapshot) -> Iterator[Unnamed]:
    for path, field, text in references(kind.field, expand(kind.field, spec)):
        reference = parse(text, field.references, field.words)
        if reference.form == "id":
            names = (directory.names.get((one, reference.text)) for one in field.references)
            name = next(filter(None, names), "")
            yield Unnamed(path, reference.text, name, snapshot.was_asked(field.references))


def comments(ids: Iterable[Unnamed]) -> dict[Path, str]:
    """Why an id stayed one, where that is known."""
    shared = {
        item.path: f"{item.name}, a name that others have too" if item.name.strip() else "its name is blank"
        for item in ids
        if item.name
    }
    nothing = "nothing in the tenant has this id"
    return shared | {item.path: nothing for item in ids if item.was_asked and not item.name}


def told(ids: Unresolved, snapshot: Snapshot) -> Iterator[Finding]:
    """The findings about what documents hold."""
    yield from _of_nothing(ids)
    yield from _not_asked(ids, snapshot)


def _not_asked(ids: Unresolved, snapshot: Snapshot) -> Iterator[Finding]:
    count = len({item.text for found in ids.values() for item in found if not item.was_asked})
    unread = {
        what: why.splitlines()[0] for what, why in snapshot.unread.items() if what.startswith("names of")
    }
    unnamed = [f"the {what} could not be read ({why})" for what, why in sorted(unread.items())]
    if count:
        yield Finding(
            rule="ids-not-looked-up",
            severity="warning" if unnamed else "note",
            message=f"{_counted(count, 'id stays an id', 'ids stay ids')}: "
            f"{'; '.join(unnamed) or 'an export does not say whose they are'}",
            help="Write names for them, or import from the tenant itself.",
        )


def _of_nothing(ids: Unresolved) -> Iterator[Finding]:
    """Each id that nothing has, with the documents that hold it."""
    holders: defaultdict[str, set[Address]] = defaultdict(set)
    for address, found in ids.items():
        for item in found:
            if item.was_asked and not item.name:
                holders[item.text].add(address)
    for object_id, addresses in sorted(holders.items()):
        yield Finding(
            rule="id-of-nothing",
            severity="warning",
            message=f"nothing in the tenant has the id {object_id}, held by {_some(sorted(addresses))}",
            help="A deleted object? It stays an id in the documents.",
        )


def _some(addresses: Sequence[Address]) -> str:
    names = ", ".join(map(str, addresses[:_MANY]))
    return f"{names} and {len(addresses) - _MANY} more" if len(addresses) > _MANY else names


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
