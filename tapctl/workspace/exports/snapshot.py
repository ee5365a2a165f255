"""Exported objects → the Snapshot of a tenant that holds them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tapctl.model import JsonObject, Snapshot
from tapctl.workspace.exports import Exported

_NO_NAMES: Final[Mapping[str, Sequence[JsonObject]]] = {}


def snapshot_of(
    exported: Iterable[Exported], environment: str, named: Mapping[str, Sequence[JsonObject]] = _NO_NAMES
) -> Snapshot:
    """A Snapshot of exported objects: nothing can be named but they, and what is `named` beside them."""
    found: defaultdict[str, list[JsonObject]] = defaultdict(list)
    for number, item in enumerate(exported):
        identified = item.object if item.object.get("id") else {**item.object, "id": f"exported-{number}"}
        found[item.kind].append(identified)
    held = {kind: tuple(items) for kind, items in found.items()}
    entries = {kind: (*named.get(kind, ()), *held.get(kind, ())) for kind in (*named, *held)}
    return Snapshot(environment=environment, tenant_id="", is_sandbox=False, objects=held, entries=entries)
