"""Objects that no document means → Pairs: owned by the pattern of their name, or left alone. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tapctl.directory import Directory
from tapctl.kind import BUILT_IN, Kind
from tapctl.kinds import kinds
from tapctl.match.pair import Pair, as_observed, unclear_ids
from tapctl.model import Address, JsonObject, Snapshot, Workspace
from tapctl.text.patterns import matches


def undeclared(
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


def apart(declared: Sequence[Pair], strays: Sequence[Pair]) -> Iterator[Pair]:
    """An owned object shares its name with nobody, nor does one that a document may mean: namesakes are told
    apart by their ids."""
    unclear = unclear_ids(declared)
    count = Counter(pair.address for pair in (*declared, *strays))
    for pair in strays:
        name = f"{pair.address.name} ({pair.id})"
        is_told = pair.is_owned or (pair.kind.name, pair.id) in unclear
        is_shared = is_told and count[pair.address] > 1
        yield replace(pair, address=Address(pair.kind.name, name)) if is_shared else pair


def what_follows(kind: Kind, found: Iterable[JsonObject], workspace: Workspace) -> str:
    """What becomes of objects of a document's name that its pin does not mean: to be said before somebody
    writes one."""
    ours = [item for item in found if not kind.service_managed(item)]
    names = [Address(kind.name, str(item.get("displayName"))) for item in ours]
    if not any(_is_owned(name, workspace) for name in names):
        return ""
    return (
        " Ownership claims the name: what has it, and no document is pinned to, the next apply deletes. Give "
        "each that is to stay a document and a pin of its own first."
    )


def _stray(kind: Kind, observed: JsonObject, workspace: Workspace, directory: Directory) -> Pair:
    pair = as_observed(kind, observed, directory)
    name = Address(kind.name, str(observed.get("displayName") or ""))
    return replace(pair, is_owned=not pair.managed_by and _is_owned(name, workspace))


def _is_owned(address: Address, workspace: Workspace) -> bool:
    """Whether settings claim the name. A folder without documents owns nothing, and neither does one
    environment what a document declares for another."""
    patterns = workspace.settings.ownership.get(address.kind, ())
    is_claimed = any(matches(pattern, address.name) for pattern in patterns)
    return is_claimed and bool(workspace.resources) and address not in workspace.elsewhere
