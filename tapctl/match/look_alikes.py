"""Documents that no object is recognised for, and the objects that they would duplicate. Pure.

A plan is stopped by them, and an import writes no second document for what they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tapctl.canonical import sort_key
from tapctl.kinds import lookups
from tapctl.match.pair import Matched, Pair
from tapctl.model import Finding, Snapshot

RENAMED = "renamed-in-tenant"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAlike:
    """What there is to say about a document, and the kinds and ids of the objects that it may mean."""

    finding: Finding
    objects: frozenset[tuple[str, str | None]]


def look_alikes(matched: Matched, snapshot: Snapshot) -> Iterator[LookAlike]:
    """Creations that would duplicate an object nobody declares: of a name that differs only in letter case,
    or the same in everything but the name."""
    by_spec: defaultdict[tuple[str, str], list[Pair]] = defaultdict(list)
    for pair in matched.pairs:
        if pair.desired is None and not pair.managed_by:
            by_spec[pair.kind.name, sort_key(pair.before)].append(pair)
    by_name = dict(_free_names(matched, snapshot))
    who = "the tenant has" if snapshot.tenant_id else "what was exported has"
    unclear = {finding.address for finding in matched.findings}
    for pair in matched.pairs:
        if pair.before is not None or pair.after is None or pair.address in unclear:
            continue
        name, object_id = by_name.get((pair.kind.name, pair.address.name.casefold()), (pair.address.name, ""))
        if name != pair.address.name:
            said = f"{who} {name!r}, which differs only in letter case"
            help_text = "Write the name as the tenant has it, or list that spelling under formerNames."
            yield _look_alike(pair, said, help_text, (object_id,))
        elif others := by_spec.get((pair.kind.name, sort_key(pair.after))):
            yield _same(pair, others, who)


def _free_names(matched: Matched, snapshot: Snapshot) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Kind and folded name → name and id, of what is in the tenant and no document means. A word that means
    the same in every tenant is no object."""
    claimed = {
        (pair.kind.name, str(pair.id).lower()) for pair in matched.pairs if pair.desired and pair.observed
    }
    for kind, lookup in lookups().items():
        for entry in snapshot.entries.get(kind, ()):
            name, object_id = str(entry.get(lookup.key) or ""), str(entry.get(lookup.id))
            if (kind, object_id.lower()) not in claimed:
                yield (kind, name.casefold()), (name, object_id)


def _same(pair: Pair, others: Sequence[Pair], who: str) -> LookAlike:
    names = [repr(other.address.name) for other in others]
    is_one = len(names) == 1
    said = f"{who} {' and '.join(names)}, which {'is' if is_one else 'are'} the same in everything"
    help_text = (
        f"Renamed in the tenant? Give the document that name to keep it, or rename it back with "
        f"formerNames: [{names[0]}]."
    )
    return _look_alike(pair, f"{said} but the name", help_text, tuple(str(other.id) for other in others))


def _look_alike(pair: Pair, message: str, help_text: str, ids: tuple[str, ...]) -> LookAlike:
    place = pair.desired.resource.place() if pair.desired else None
    finding = Finding(
        rule=RENAMED,
        severity="error",
        message=f"{pair.address}: {message}",
        help=help_text,
        place=place,
        address=pair.address,
    )
    return LookAlike(finding=finding, objects=frozenset((pair.kind.name, object_id) for object_id in ids))
