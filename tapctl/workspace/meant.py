"""Documents whose name several objects have, or none, or whose pin names none → what each has meant so far.
Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tapctl.match import MISMATCH, SEVERAL, Matched, Pair, is_as_said
from tapctl.match.look_alikes import look_alikes
from tapctl.model import Address, Finding, Snapshot
from tapctl.validate import Desired


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """`chosen` is the object of each document that just one equals; `unclear` are the objects of which a
    person has to say whose they are, and `findings` ask."""

    chosen: Mapping[Address, Pair]
    unclear: frozenset[tuple[str, str | None]]
    findings: tuple[Finding, ...]


def meant(matched: Matched, found: Iterable[Pair], snapshot: Snapshot) -> Meant:
    """Which of the objects in `found` each document meant that names several. Nothing is guessed: it
    meant what is as it says, if nothing else is, and no other document says the same. What a pin is to
    be that names nothing any more, a person says, and whether an object that a document would duplicate is
    its own under another name."""
    asked = {item.address: item for item in matched.findings if item.rule in (SEVERAL, MISMATCH)}
    declared = [pair for pair in matched.pairs if pair.desired is not None]
    taken = {(pair.kind.name, pair.id) for pair in declared}
    free = [one for one in found if (one.kind.name, one.id) not in taken]
    documents = [
        pair.desired for pair in declared if pair.desired and pair.observed is None and pair.address in asked
    ]
    alike = {item.address: [one for one in free if _is_called_like(item, one)] for item in documents}
    equal = {
        item.address: [
            one for one in alike[item.address] if is_as_said(item, one.observed, matched.directory)
        ]
        for item in documents
        if asked[item.address].rule == SEVERAL
    }
    claims = Counter(one.id for ones in equal.values() for one in ones)
    chosen = {
        address: ones[0] for address, ones in equal.items() if len(ones) == 1 and claims[ones[0].id] == 1
    }
    unclear = {address: ones for address, ones in alike.items() if ones and address not in chosen}
    ids = {(one.kind.name, one.id) for one in free}
    doubles = [one for one in look_alikes(matched, snapshot) if ids & one.objects]
    return Meant(
        chosen=chosen,
        unclear=frozenset((one.kind.name, one.id) for ones in unclear.values() for one in ones).union(
            *(one.objects for one in doubles)
        ),
        findings=(*(asked[address] for address in unclear), *(one.finding for one in doubles)),
    )


def _is_called_like(document: Desired, one: Pair) -> bool:
    names = (document.display_name, *document.resource.former_names)
    return document.kind.name == one.kind.name and one.address.name in names
