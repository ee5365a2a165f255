"""A document and the object that it means → a Pair: what is wanted and what there is, canonical. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tapctl.canonical import canonical, expand, respelled, unknown, with_values
from tapctl.directory import Directory
from tapctl.kind import Kind, Strange
from tapctl.model import Address, Finding, Json, JsonObject, Path
from tapctl.validate import Desired


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


def unclear_ids(pairs: Iterable[Pair]) -> frozenset[tuple[str, str | None]]:
    """Kinds and ids of the objects that documents may mean, where that cannot be told."""
    return frozenset((pair.kind.name, object_id) for pair in pairs for object_id in pair.candidates)


def paired(desired: Desired, observed: JsonObject | None, former: str | None, directory: Directory) -> Pair:
    """A document and the object that it means."""
    kind = desired.kind
    before, extra = (
        (None, {}) if observed is None else observed_spec(kind, observed, desired.newer, directory)
    )
    after, left = (
        (None, ()) if desired.resource.ensure == "absent" else _wanted(desired, before, extra, directory)
    )
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


def as_observed(kind: Kind, observed: JsonObject, directory: Directory) -> Pair:
    """An object with no document: only what the tenant has."""
    before, extra = observed_spec(kind, observed, None, directory)
    return Pair(
        address=Address(kind.name, kind.name if kind.singleton else str(observed.get(kind.key) or "")),
        kind=kind,
        observed=observed,
        id=_id(kind, observed),
        before=before,
        extra=extra,
        managed_by=kind.service_managed(observed),
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
    kind: Kind, observed: JsonObject, newer: Mapping[Path, Json] | None, directory: Directory
) -> tuple[JsonObject, dict[Path, Json]]:
    """The canonical spec of an observed object, with the newer values a document names, and the others;
    without a document (`newer` is None) all are the others, and the object says them.

    A plan and its apply both read objects this way: else what stands would count as changed in between.
    """
    expanded = expand(kind.field, kind.from_graph(observed))
    strange = dict(unknown(kind.field, expanded))
    for name in ("id", "displayName"):
        strange.pop((name,), None)
    spec = canonical(kind.field, expanded, directory.of_graph)
    if newer is None:
        return kind.normalise(spec, Strange(said=strange)), strange
    named = {path: value for path, value in strange.items() if path in newer}
    others = {path: value for path, value in strange.items() if path not in newer}
    even = kind.normalise(spec, Strange(said=named, kept=others))
    return with_values(even, respelled(named, newer)), others


def _wanted(
    desired: Desired, before: JsonObject | None, extra: Mapping[Path, Json], directory: Directory
) -> tuple[JsonObject, tuple[str, ...]]:
    """The canonical spec of a document; what it does not own is taken over from the tenant."""
    kind = desired.kind
    strange = Strange(said=desired.newer, kept=extra)
    spec = kind.normalise(canonical(kind.field, desired.spec, directory.as_name), strange)
    left = tuple(
        name
        for name, child in kind.field.properties.items()
        if child.is_unmanaged and name not in desired.spec
    )
    kept = {name: before[name] for name in left if before is not None and name in before}
    spec = dict(sorted({**{key: value for key, value in spec.items() if key not in left}, **kept}.items()))
    return with_values(spec, desired.newer), left
