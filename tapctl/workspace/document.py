"""A Pair as observed → the document that declares it: names for ids, no defaults, in the schema's order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from tapctl.canonical import default, expand, references, spelled, spellings, with_values
from tapctl.match import Pair
from tapctl.model import Json, JsonObject, Path, dotted
from tapctl.reference import GUID, parse
from tapctl.schema import Field
from tapctl.validate import strange_paths

_BROKEN = ("missing-property", "wrong-type")  # no tenant's: an export was cut off, or is a template
_MEMBERSHIP = ("members", "owners")  # people are not configuration: left as they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One document to be written: `spec` in the writer's shape, `newer` the paths that no schema knows. It is
    for all environments, unless it names some."""

    kind: str
    name: str | None
    spec: JsonObject
    environments: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()
    display_name: str | None = None
    notes: tuple[str, ...] = ()


def draft(pair: Pair, *, name: str | None = None, is_whole: bool = True) -> Draft:
    """What declares this object exactly as it is. `name` is another name for the document, where the
    object's own is taken; with `is_whole` a tenant holds it like that, and nobody is asked for more."""
    root = pair.kind.field
    kept = {key: item for key, item in (pair.before or {}).items() if key not in _MEMBERSHIP}
    is_named_by_id = pair.kind.key == "id"
    kept = cast(JsonObject, spelled(root, kept, spellings(root, pair.observed)))
    own_name = kept.pop("displayName", None) if is_named_by_id else pair.address.name
    kept.pop("displayName", None)
    label = None if pair.kind.singleton else name or str(own_name or pair.address.name)
    is_other = label not in (None, own_name)
    shown: JsonObject = {"displayName": own_name} if is_other else {}
    spec = with_values({**shown, **_written_object(root, kept)}, pair.extra)
    spec = _complete(root, spec, expand(root, pair.kind.from_graph(pair.observed or {})))
    rules = strange_paths(pair.kind, label or pair.kind.name, spec)
    strange = {path for path, rule in rules.items() if path and (is_whole or rule not in _BROKEN)}
    newer = strange | {dotted(path) for path in _words(root, kept)}
    return Draft(
        kind=pair.kind.name,
        name=label,
        spec=spec,
        newer=tuple(sorted(newer)),
        display_name=pair.address.name if is_other and not is_named_by_id else None,
        notes=(f"{pair.managed_by}: {pair.kind.managed_rule}.",) if pair.managed_by else (),
    )


def _written(field: Field, value: Json) -> Json:
    if isinstance(value, dict):
        written = _written_object(field, value)
        shorthand = field.shorthand
        return written[shorthand] if shorthand and set(written) == {shorthand} else written
    if isinstance(value, list) and field.items is not None:
        return [_written(field.items, item) for item in value]
    if field.unit == "minutes" and isinstance(value, int) and not isinstance(value, bool):
        return duration(value)
    return _plain(field, value)


def _words(field: Field, value: JsonObject) -> Iterator[Path]:
    """Where a word newer than the schema stands in place of an id."""
    return (path for path, inner, text in references(field, value) if _plain(inner, text) != text)


def _plain(field: Field, value: Json) -> Json:
    """A word that Graph has by now is written as it is, and listed as newer; the canonical form has it as an
    id, which no GUID is."""
    if not field.references or not isinstance(value, str):
        return value
    reference = parse(value, field.references, field.words)
    return value if reference.form != "id" or GUID.fullmatch(reference.text) else reference.text


def _written_object(field: Field, value: JsonObject) -> JsonObject:
    """The properties in the schema's order, without those that have their default anyway."""
    return {
        name: _written(field.properties[name], value[name]) if name in field.properties else value[name]
        for name in _ordered(field, value)
        if name in field.required or not _is_default(field.properties.get(name), value[name])
    }


def _ordered(field: Field, value: JsonObject) -> list[str]:
    known = [name for name in field.properties if name in value]
    return known + [name for name in value if name not in field.properties]


def _complete(field: Field, value: JsonObject, observed: Json) -> JsonObject:
    """With what a document must say although the canonical form leaves it out: an empty list of targets, or
    the switch of a control that is off and holds something newer. What nobody said and no default is safe
    for stays out: validation asks for it."""
    found = observed if isinstance(observed, dict) else {}
    missing = [name for name in field.required if name in field.properties and name not in value]
    full = dict(value)
    for name in missing:
        said = _empty(field.properties[name]) if found.get(name) in (None, []) else found[name]
        if said is not None:
            full[name] = said
    for name, item in value.items():
        if isinstance(item, dict) and name in field.properties:
            full[name] = _complete(field.properties[name], item, found.get(name))
    return {name: full[name] for name in _ordered(field, full)}


def _empty(field: Field) -> Json:
    """The value that holds nothing; None where the schema takes none."""
    if field.type == "array":
        return None if field.min_items else []
    return {} if field.type == "object" else None


def _is_default(field: Field | None, value: Json) -> bool:
    """Whether the canonical form would put the value there by itself, and to leave it unsaid says as much."""
    return field is not None and not field.is_deliberate and default(field) == value


def duration(minutes: int) -> Json:
    """The largest whole unit: 480 → 8h, 1440 → 1d, 90 → 90m."""
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes and minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"
