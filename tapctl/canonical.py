"""A spec as written or as Graph answered → the one form in which the two are compared, and back to Graph's.

Everything here follows the schema (see schema.py); what a single kind does differently is in its module.
The canonical form has no nulls, no empty lists or objects, defaults filled in, sets sorted, Graph's own
spelling of its words, lower-case GUIDs, network addresses in their standard spelling, and names for ids.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias, cast

from tapctl.model import Json, JsonObject, Path
from tapctl.schema import MISSING, Field

_Place: TypeAlias = tuple[int, int, int]
Refer: TypeAlias = Callable[[Field, str], str]

_ABSENT: Final = object()
_TYPE: Final = "@odata.type"
MODES: Final = (
    "password",
    "voice",
    "hardwareOath",
    "softwareOath",
    "sms",
    "fido2",
    "windowsHelloForBusiness",
    "microsoftAuthenticatorPush",
    "deviceBasedPush",
    "temporaryAccessPassOneTime",
    "temporaryAccessPassMultiUse",
    "email",
    "x509CertificateSingleFactor",
    "x509CertificateMultiFactor",
    "federatedSingleFactor",
    "federatedMultiFactor",
    "qrCodePin",
)
"""authenticationMethodModes, in the order in which Graph answers a combination of them."""
_MOST_RANGES: Final = 2000  # in one location, https://learn.microsoft.com/entra/identity/conditional-access
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?", re.IGNORECASE)


def is_noise(key: str) -> bool:
    """Whether Graph added this key for clients: control information and bound operations, not content."""
    return key.startswith(("@odata.", "#microsoft.graph.", "@microsoft.graph.")) or "@odata." in key


def is_of_newer_type(field: Field, value: JsonObject) -> bool:
    """Whether an object is of a type that its schema does not know, where Graph has several: the type then
    does not follow from the rest, and what the others require it need not have."""
    child, said = field.properties.get(_TYPE), value.get(_TYPE)
    return child is not None and isinstance(said, str) and said.lower() not in child.enum


def minutes(text: str) -> int | None:
    """`8h`, `1d`, `1h30m` or `90m` in minutes; None if it is none of these."""
    found = _DURATION.fullmatch(text.strip())
    if not found or not any(found.groups()):
        return None
    days, hours, rest = (int(part or 0) for part in found.groups())
    return (days * 24 + hours) * 60 + rest


def expand(field: Field, value: Json) -> Json:
    """Replace what is only convenience: durations, shorthands, joined flags, letter case; drop noise."""
    if isinstance(value, str):
        return _expand_text(field, value)
    if isinstance(value, list) and field.items is not None:
        return [expand(field.items, item) for item in value]
    if isinstance(value, dict):
        return {
            key: expand(field.properties[key], item) if key in field.properties else item
            for key, item in value.items()
            if key in field.properties or not is_noise(key)
        }
    return value


def _expand_text(field: Field, text: str) -> Json:
    if field.shorthand:
        return {field.shorthand: expand(field.properties[field.shorthand], text)}
    if field.is_flags and field.items is not None:
        return [expand(field.items, part.strip()) for part in text.split(",") if part.strip()]
    if field.unit == "minutes" and (length := minutes(text)) is not None:
        return length
    known = field.enum.get(text.strip().lower()) or field.words.get(text.strip().lower())
    if known is not None:
        return known
    return _format(field.format, text)


def _format(name: str, text: str) -> str:
    match name:
        case "guid":
            return text.strip().lower()
        case "country":
            return text.strip().upper()
        case "cidr":
            return _network(text)[0]
        case "rule":
            return text.rstrip("\r\n") or text  # a block scalar ends in one; a rule says the same without
        case "combination":
            parts = {part.strip() for part in text.split(",") if part.strip()}
            return ",".join(sorted(parts, key=_in_order_of(MODES)))
        case _:
            return text


def _in_order_of(known: Sequence[str]) -> Callable[[str], tuple[int, str]]:
    """For sorting flags as Graph does: in the order of its enum, newer ones last."""
    return lambda flag: (known.index(flag) if flag in known else len(known), flag)


@lru_cache(maxsize=2**18)
def _network(text: str) -> tuple[str, _Place]:
    """The standard spelling of a range (host bits cleared, IPv6 shortened), and where it stands among
    others: IPv4 first, by address, the wider one first. What is none stays as it is, at the end."""
    try:
        found = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return text, (9, 0, 0)
    return str(found), (found.version, int(found.network_address), found.prefixlen)


def canonical(field: Field, value: Json, refer: Refer) -> JsonObject:
    """The canonical form of a whole spec that has been expanded. Properties no schema knows are left out."""
    known, filled = _members(field, value if isinstance(value, dict) else {}, refer, in_list=False)
    return cast(JsonObject, dict(sorted({**filled, **known}.items())))


def _canonical(field: Field, value: Json, refer: Refer, *, in_list: bool = False) -> object:
    if value is None or (value in ([], {}, "") and field.type != "array"):
        return _default(field, refer)
    if isinstance(value, dict):
        known, filled = _members(field, value, refer, in_list=in_list)
        return dict(sorted({**filled, **known}.items())) if known else _ABSENT
    if isinstance(value, list):
        return _list(field, value, refer)
    if field.references and isinstance(value, str):
        return refer(field, value)
    return value


def default(field: Field) -> Json:
    """What the canonical form holds where a property is left out; None where that is nothing."""
    filled = _default(field, lambda _, text: text)
    return None if filled is _ABSENT else cast(Json, filled)


def _default(field: Field, refer: Refer) -> object:
    if field.default is MISSING or field.default is None:
        return _ABSENT
    return _canonical(field, cast(Json, field.default), refer)


def _members(
    field: Field, value: JsonObject, refer: Refer, *, in_list: bool
) -> tuple[dict[str, object], dict[str, object]]:
    """What an object holds, and the defaults of what it does not."""
    is_newer = is_of_newer_type(field, value)
    writable = {
        key: child
        for key, child in field.properties.items()
        if not child.is_read_only or (is_newer and key == _TYPE)
    }
    known = {
        key: _canonical(child, value[key], refer, in_list=in_list)
        for key, child in writable.items()
        if value.get(key) is not None
    }
    if in_list:
        known |= {
            key: item for key, item in value.items() if key not in field.properties and item is not None
        }
    known = {key: item for key, item in known.items() if item is not _ABSENT}
    defaults = {key: _default(child, refer) for key, child in writable.items() if key not in known}
    return known, {key: item for key, item in defaults.items() if item is not _ABSENT}


def _list(field: Field, values: list[Json], refer: Refer) -> object:
    if field.items is None:
        return values
    items = [
        item
        for value in values
        if (item := _canonical(field.items, value, refer, in_list=True)) is not _ABSENT
    ]
    if not items:
        return _ABSENT
    return as_set(field, cast("list[Json]", items)) if field.is_set or field.is_flags else items


def as_set(field: Field, items: Iterable[Json]) -> list[Json]:
    """Canonical entries of a set, each once: ranges by address, all others by their text."""
    by_text = {sort_key(item): item for item in items}
    found = [by_text[text] for text in sorted(by_text)]
    if field.items is not None and (name := _range_in(field.items)):
        found.sort(key=lambda item: _network(str(at(item, name)))[1])
    return found


def _range_in(field: Field) -> str:
    """The property of an entry that is a range of addresses; empty if none is."""
    return next((name for name, inner in field.properties.items() if inner.format == "cidr"), "")


def spellings(field: Field, value: Json) -> dict[str, tuple[str, ...]]:
    """The ranges of addresses and the rules in a spec as written or answered: of each, by its standard
    spelling, the texts that stand for it, with host bits and final line breaks."""
    found: dict[str, set[str]] = {}
    for spot, text in _spelt(field, value):
        found.setdefault(_format(spot.format, text), set()).add(text)
    return {standard: tuple(sorted(texts)) for standard, texts in found.items()}


def _spelt(field: Field, value: Json) -> Iterator[tuple[Field, str]]:
    if isinstance(value, list) and field.items is not None:
        for item in value:
            yield from _spelt(field.items, item)
    elif isinstance(value, dict):
        for key, child in field.properties.items():
            yield from _spelt(child, value.get(key))
    elif isinstance(value, str) and field.shorthand:
        yield from _spelt(field.properties[field.shorthand], value)
    elif isinstance(value, str) and field.format == "cidr":
        yield field, value.strip()
    elif isinstance(value, str) and field.format == "rule":
        yield field, value


def spelled(field: Field, value: Json, *known: Mapping[str, Sequence[str]]) -> Json:
    """A canonical value with its rules and its ranges of addresses as `known` has them: ranges as the first
    of several that is not more than Graph takes, or as the last, which says what was meant."""
    if isinstance(value, str) and field.format == "rule":
        return known[0].get(value, (value,))[0]
    if isinstance(value, dict):
        children = field.properties
        return {
            key: spelled(children[key], it, *known) if key in children else it for key, it in value.items()
        }
    name = _range_in(field.items) if field.items is not None else ""
    if not name or not isinstance(value, list):
        return value
    lists = [[entry for item in value for entry in _respelled(item, name, texts)] for texts in known]
    return next((full for full in lists if len(full) <= _MOST_RANGES), lists[-1])


def _respelled(item: Json, name: str, known: Mapping[str, Sequence[str]]) -> list[Json]:
    texts = known.get(str(at(item, name)))
    return [{**item, name: text} for text in texts] if texts and isinstance(item, dict) else [item]


def sort_key(value: object) -> str:
    """A text by which JSON values sort and by which equal ones are one."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def unknown(field: Field, value: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """The properties of an expanded spec that no schema knows and that hold something, with their paths.

    Annotations in them are left out; so are objects inside lists: canonical() keeps theirs.
    """
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if (child := field.properties.get(key)) is not None:
            yield from unknown(child, item, (*path, key))
        elif item not in (None, [], {}) and not is_noise(key):
            yield (*path, key), _unannotated(item)


def _unannotated(value: Json) -> Json:
    """Without what Graph adds for clients; a type belongs to the value."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if key == _TYPE or not is_noise(key)}
        return {key: _unannotated(item) for key, item in kept.items()}
    return [_unannotated(item) for item in value] if isinstance(value, list) else value


def settled(value: Json) -> Json:
    """What a value says that no schema describes: answers differ in what is null, empty or left out, and in
    the order of lists."""
    if isinstance(value, dict):
        inner = {key: settled(item) for key, item in value.items()}
        return {key: item for key, item in inner.items() if item not in (None, [], {})}
    return sorted(map(settled, value), key=sort_key) if isinstance(value, list) else value


def respelled(values: Mapping[Path, Json], written: Mapping[Path, Json]) -> dict[Path, Json]:
    """The values of `values` as `written` has them, where that says the same; so may be nothing at all."""
    same = {path: said for path, said in written.items() if _says(said) == _says(values.get(path))}
    return {**values, **same}


def _says(value: Json) -> Json:
    said = settled(value)
    return None if said in ([], {}) else said


def with_values(spec: JsonObject, values: Mapping[Path, Json]) -> JsonObject:
    """A copy of `spec` with each value put at its path; lists are long enough."""
    for path, value in values.items():
        spec = cast(JsonObject, _put(spec, path, value))
    return spec


def _put(whole: Json, path: Path, value: Json) -> Json:
    if not path:
        return value
    head, *rest = path
    if isinstance(whole, list) and isinstance(head, int):
        return [*whole[:head], _put(whole[head], tuple(rest), value), *whole[head + 1 :]]
    spec = whole if isinstance(whole, dict) else {}
    return {**spec, str(head): _put(spec.get(str(head)), tuple(rest), value)}


def without(spec: JsonObject, path: Path) -> JsonObject:
    """A copy of `spec` that has nothing at `path`."""
    head, *rest = path
    below = spec.get(str(head))
    kept = {key: item for key, item in spec.items() if key != head}
    return {**kept, str(head): without(below, tuple(rest))} if rest and isinstance(below, dict) else kept


def at(spec: Json, *path: str) -> Json:
    """The value at `path`, or None."""
    for key in path:
        if not isinstance(spec, dict):
            return None
        spec = spec.get(key)
    return spec


def texts(spec: Json, *path: str) -> tuple[str, ...]:
    """The strings of the list at `path`; empty if it is not there."""
    value = at(spec, *path)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def to_wire(field: Field, value: Json, id_of: Refer) -> Json:
    """A canonical value as Graph wants it: ids for names, flags joined by commas."""
    if isinstance(value, list):
        items = field.items
        parts = value if items is None else [to_wire(items, item, id_of) for item in value]
        known = [] if items is None else [*items.enum.values()]
        return ",".join(sorted(map(str, parts), key=_in_order_of(known))) if field.is_flags else parts
    if isinstance(value, dict):
        return {
            key: to_wire(field.properties[key], item, id_of) if key in field.properties else item
            for key, item in value.items()
        }
    if field.references and isinstance(value, str):
        return id_of(field, value)
    return value


def references(field: Field, value: Json, path: Path = ()) -> Iterator[tuple[Path, Field, str]]:
    """Every reference in an expanded spec: where it stands, its field, and its text."""
    if not field.refers:
        return
    if isinstance(value, dict):
        for key, child in field.properties.items():
            if key in value and not child.is_read_only:
                yield from references(child, value[key], (*path, key))
    elif isinstance(value, list) and field.items is not None:
        for index, item in enumerate(value):
            yield from references(field.items, item, (*path, index))
    elif isinstance(value, str) and field.references:
        yield path, field, value
