"""Documents one by one, and all held together → the same with conveniences expanded, and every mistake.

The schema says what is allowed (schemas/<Kind>.schema.json); verdicts.py says what it has against a value.
Checks across fields are the kind's own (`Kind.rules`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import starmap
from typing import cast

from tapctl.canonical import canonical, expand, references, unknown, with_values, without
from tapctl.kind import Kind, Strange
from tapctl.kinds import kinds
from tapctl.model import Address, Finding, Json, JsonObject, Path, Resource, Source, Verdict, dotted
from tapctl.reference import parse
from tapctl.schema import Field
from tapctl.validate.verdicts import nearest, shown, verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """One document ready for comparison: its spec expanded, in Graph's shape, still with names as written.

    `newer` are the values at the paths that the document lists under `newer:`; they pass unchanged. `id` is
    the object that is meant, whatever it is called, where that is known: on the way back from an apply.
    """

    resource: Resource
    kind: Kind
    spec: JsonObject
    newer: Mapping[Path, Json] = field(default_factory=dict)
    id: str | None = None

    @property
    def address(self) -> Address:
        """The document's address."""
        return self.resource.address

    @property
    def display_name(self) -> str:
        """What Graph calls the object: the document's name, unless `spec.displayName` says otherwise.

        That is how two objects of one name are declared: another name each, and a pin.
        """
        said = self.resource.spec.get("displayName")
        return (
            said if isinstance(said, str) and said and self.kind.key == "displayName" else self.address.name
        )


def validate(resources: Iterable[Resource]) -> tuple[tuple[Desired, ...], tuple[Finding, ...]]:
    """Every resource, prepared, and every finding about it."""
    checked = [_check(resource) for resource in resources]
    unique: dict[Address, Desired] = {}
    for desired, _ in checked:
        unique.setdefault(desired.address, desired)
    twice = (_twice_claimed(item, unique) for item, _ in checked if unique[item.address] is not item)
    found = (item for _, findings in checked for item in findings)
    return tuple(unique.values()), (*found, *twice, *_alike(unique.values()))


def _check(written: Resource) -> tuple[Desired, list[Finding]]:
    kind = kinds()[written.address.kind]
    resource = _identified(written) if kind.key == "id" else written
    spec = cast(JsonObject, expand(kind.field, kind.from_graph(resource.spec)))
    newer = {path: value for path, value in unknown(kind.field, spec) if dotted(path) in resource.newer}
    words = dict(_newer_words(kind, resource, spec))
    spec = with_values(spec, {path: f"id:{word}" for path, word in words.items()})
    desired = Desired(resource=resource, kind=kind, spec=spec, newer=newer)
    if resource.ensure == "absent":
        return desired, [*_lasting(kind, resource), *_misidentified(kind, written)]
    judged = [*_judged(kind, resource, spec), *starmap(_unknown_word, words.items())]
    findings = [_finding(resource, verdict) for verdict in judged]
    findings += [
        *_stale_newer(resource, spec, judged),
        *_read_only(kind.field, resource),
        *_blank(kind.field, resource),
        *_misidentified(kind, written),
    ]
    return desired, findings


def _identified(written: Resource) -> Resource:
    """Of a kind known by an id that people choose, the address holds that; the name is a property."""
    name = written.address.name
    address = Address(written.address.kind, str(written.spec.get("id", name)))
    own = written.spec if written.own is None else written.own
    spec = {"displayName": name, **written.spec}
    return replace(written, address=address, spec=spec, own=own, former_names=())


def _as_written(_: Field, text: str) -> str:
    return text


def _judged(kind: Kind, resource: Resource, spec: JsonObject) -> Iterator[Verdict]:
    """What the schema and the kind's rules have against an expanded spec."""
    known = spec
    strange = dict(unknown(kind.field, spec))
    for path in strange:
        known = without(known, path)
        yield _unknown(kind, path)
    yield from verdicts(kind, known)
    plain = canonical(kind.field, known, _as_written)
    yield from kind.rules(resource, kind.normalise(plain, Strange(said=strange)))


def _finding(resource: Resource, verdict: Verdict) -> Finding:
    """An error, unless the document lists the path as newer: tenants hold what nobody here expected."""
    is_listed = verdict.severity == "error" and dotted(verdict.path) in resource.newer
    return Finding(
        rule=verdict.rule,
        severity="warning" if is_listed else verdict.severity,
        message=verdict.message,
        help=_NEWER if is_listed else verdict.help,
        place=resource.place(*verdict.path),
        address=resource.address,
    )


def _unknown(kind: Kind, path: Path) -> Verdict:
    where = f" of {dotted(path[:-1])}" if path[1:] else f" of {kind.name}"
    return Verdict(
        path=path,
        rule="unknown-property",
        message=f"{path[-1]!r} is no property{where}",
        help=nearest(kind, path, _siblings(kind.field, path)),
    )


def _newer_words(kind: Kind, resource: Resource, spec: JsonObject) -> Iterator[tuple[Path, str]]:
    """What a document lists as newer in place of an id: a word of Graph's, and nobody's name."""
    for path, spot, text in references(kind.field, spec):
        if dotted(path) in resource.newer and parse(text, spot.references, spot.words).form == "name":
            yield path, text


def _unknown_word(path: Path, word: str) -> Verdict:
    said = f"{dotted(path)} is {shown(word)}, a word that tapctl does not know"
    return Verdict(path=path, rule="unknown-value", message=said, help=_NEWER)


def strange_paths(kind: Kind, name: str, spec: JsonObject) -> Mapping[str, str]:
    """Where a spec that a tenant holds has what would be an error in a document, and of which rule: what
    `newer:` is for. An empty path is the whole of it."""
    expanded = cast(JsonObject, expand(kind.field, kind.from_graph(spec)))
    resource = Resource(address=Address(kind.name, name), spec=spec, source=Source(places={}))
    found = _judged(kind, resource, expanded)
    return {dotted(item.path): item.rule for item in found if item.severity == "error"}


_NEWER = "It is listed under newer: and goes to Graph unchanged, unchecked."


def _siblings(node: Field, path: Path) -> tuple[str, ...]:
    for key in path[:-1]:
        node = node.properties[str(key)]
    return tuple(node.properties)


def _lasting(kind: Kind, resource: Resource) -> Iterator[Finding]:
    if kind.singleton:
        yield Finding(
            rule="cannot-be-absent",
            severity="error",
            message=f"every tenant has its {resource.address}: it cannot be absent",
            help="Write `spec: {state: disabled, ...}` to turn it off; without a document it is left alone.",
            place=resource.source.place("ensure"),
            address=resource.address,
        )


def _misidentified(kind: Kind, written: Resource) -> Iterator[Finding]:
    """Where the id says which object is meant: none, or two names for it."""
    if kind.key != "id":
        return
    if written.ensure == "absent" and "id" not in written.spec:
        said = f"{kind.name} is known by its id, and {written.address.name!r} gives none"
        yield Finding(
            rule="missing-property",
            severity="error",
            message=said,
            help="Say which goes: `spec: {id: ...}`.",
            place=written.place(),
            address=written.address,
        )
    if written.spec.get("displayName", written.address.name) != written.address.name:
        yield Finding(
            rule="two-names",
            severity="warning",
            message=f"displayName is {shown(written.spec['displayName'])}, and the document's name "
            f"{shown(written.address.name)}: people see the former",
            help="Remove displayName, unless another document has that name already.",
            place=written.place("displayName"),
            address=written.address,
        )


def _twice_claimed(desired: Desired, unique: Mapping[Address, Desired]) -> Finding:
    """Names differ, or loading would have found it: the id is the same."""
    address, first = desired.address, unique[desired.address].resource.place("id")
    return Finding(
        rule="duplicate-document",
        severity="error",
        message=f"{address.kind} {address.name} is declared a second time, first at {first}",
        help="Give one of the two another id, or remove it.",
        place=desired.resource.place("id"),
        address=address,
    )


def _alike(documents: Iterable[Desired]) -> Iterator[Finding]:
    """Names that Graph tells apart and people do not: by letter case, spaces around them, spelt accents."""
    seen: dict[Address, Desired] = {}
    for desired in documents:
        if desired.resource.ensure == "absent":
            continue
        plain = unicodedata.normalize("NFKC", desired.address.name).casefold().strip(" .")
        first = seen.setdefault(Address(desired.address.kind, plain), desired)
        if first is not desired:
            other = f"{shown(first.address.name)} at {first.resource.place()}"
            yield Finding(
                rule="names-alike",
                severity="warning",
                message=f"{shown(desired.address.name)} is hard to tell from {other}",
                help="To Graph they are two objects. Rename one, or remove the one too many.",
                place=desired.resource.source.place("name") or desired.resource.place(),
                address=desired.address,
            )


def _blank(root: Field, resource: Resource) -> Iterator[Finding]:
    """`members:` with nothing behind it: empty, or not ours? Both are possible and far apart."""
    for name, value in resource.spec.items():
        child = root.properties.get(name)
        if value is None and child is not None and child.is_unmanaged and child.type == "array":
            yield Finding(
                rule="blank-list",
                severity="error",
                message=f"{name} has nothing behind it",
                help=f"Write `{name}: []` if there shall be none, or leave {name} out to leave it as it is.",
                place=resource.place(name),
                address=resource.address,
            )


def _stale_newer(resource: Resource, spec: JsonObject, judged: Iterable[Verdict]) -> Iterator[Finding]:
    """A path under `newer:` at which the document holds nothing, and nothing is missing."""
    present = {*_dotted_paths(spec), *(dotted(verdict.path) for verdict in judged)}
    for path in sorted(resource.newer - present):
        yield Finding(
            rule="newer-names-nothing",
            severity="warning",
            message=f"newer: lists {path!r}, but the spec has nothing there",
            help="Remove the line.",
            place=resource.source.place("newer"),
            address=resource.address,
        )


def _dotted_paths(value: Json, path: Path = ()) -> Iterator[str]:
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, item in entries:
        yield dotted((*path, key))
        yield from _dotted_paths(item, (*path, key))


def _read_only(root: Field, resource: Resource) -> Iterator[Finding]:
    """A pasted export brings along what only the service sets."""
    found = [name for name in resource.spec if name in root.properties and root.properties[name].is_read_only]
    if resource.spec.get("displayName") != resource.address.name and "displayName" in found:
        found.remove("displayName")  # the name that Graph knows, beside the document's own
    if found:
        yield Finding(
            rule="service-owned",
            severity="warning",
            message=f"{', '.join(found)}: set by the service, and ignored here",
            help="Remove what only the service sets; `name` is the place for the display name.",
            place=resource.place(found[0]),
            address=resource.address,
        )
