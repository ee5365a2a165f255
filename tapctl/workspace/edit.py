"""The text of a YAML file → the same text with one document changed, in the words of the file."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tapctl.errors import Refused, TapctlError
from tapctl.load.environment import VARIABLE, expanded
from tapctl.load.settings import Section, quoted
from tapctl.load.workspace import MAX_NODES
from tapctl.load.yaml12 import Allowance
from tapctl.model import Address, Json, JsonObject, Path, Source, dotted
from tapctl.workspace import emit
from tapctl.workspace.in_place import changed
from tapctl.workspace.layout import BOM, newline_of


def updated(
    text: str,
    index: int,
    spec: JsonObject,
    *,
    newer: Collection[str] | None = None,
    variables: Mapping[str, Json] | None = None,
    comments: Mapping[Path, str] | None = None,
) -> str:
    """`text` with the spec of its document number `index`, as the file's reader counts them, made `spec`, and
    `newer` what it lists as newer, where that is given.

    `spec` holds plain values; a value that is written with `${...}` stays where it comes to the same with
    `variables`, or where `spec` repeats it as it is written, and is refused where it would change.
    `comments` stand behind what is written anew at their paths in spec; a mapping in brackets has no room
    for any.
    """
    documents = emit.read_back(text)
    old = documents[index] if 0 <= index < len(documents) else None
    if not isinstance(old, dict):
        raise TapctlError(f"there is no document number {index + 1} to change")
    wanted = _written(old.get("spec"), spec, ("spec",), variables or {})
    kept = {key: item for key, item in old.items() if key != "newer"} | {"spec": wanted}
    listed = old.get("newer") if newer is None else _listed(old.get("newer"), newer)
    placed = emit.in_spec(spec, comments or {})
    return changed(text, index, {**kept, "newer": listed} if listed else kept, placed)


def _listed(old: Json, newer: Collection[str]) -> list[Json]:
    """The paths of `newer`, those that stay in the order of the file."""
    stay = [item for item in old if item in newer] if isinstance(old, list) else []
    return [*stay, *(emit.literal(path) for path in sorted(newer) if path not in stay)]


def with_pins(text: str | None, pins: Mapping[Address, str], *, are_renewed: bool = False) -> str:
    """An environment's file with these pins as well; one that names another object is refused, unless that
    is why they are written (`are_renewed`)."""
    documents = emit.read_back(text or "")
    held = [(index, document) for index, document in enumerate(documents) if document is not None]
    if len(held) > 1 or not all(isinstance(document, dict) for _, document in held):
        raise Refused("the environment's file is not one mapping of properties; correct it first")
    added: JsonObject = {str(address): pins[address] for address in sorted(pins)}
    for index, document in held:
        assert isinstance(document, dict)  # noqa: S101  # for mypy: checked above
        pinned = document.get("pins")
        kept = pinned if isinstance(pinned, dict) else {}
        for key, id_ in added.items():
            if not are_renewed and str(kept.get(key, id_)).lower() != str(id_).lower():
                raise Refused(
                    f"pins name {quoted(kept[key])} for {quoted(key)}, not {id_}; decide which is meant"
                )
        new = {key: id_ for key, id_ in added.items() if key not in kept or are_renewed}
        return changed(text or "", index, {**document, "pins": {**kept, **new}}, {}) if new else text or ""
    lines = emit.mapping_lines({"pins": added}, 0, {}, ())
    head = (text or "").rstrip("\r\n")
    return newline_of(text or "").join([*([head] if head.strip(BOM) else []), *lines, ""])


# What is meant, in the words of the file


def _written(old: Json, new: Json, path: Path, variables: Mapping[str, Json]) -> Json:
    """`new` as the file has to say it: variables that still fit stay, and a plain `${` is escaped."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() - new.keys():
            if _uses_variable(old[key]):
                raise _by_hand(old[key], (*path, key))
        return {
            key: _written(old[key], item, (*path, key), variables) if key in old else emit.literal(item)
            for key, item in new.items()
        }
    if not _uses_variable(old):
        return emit.literal(new)
    section = Section(value={"value": old}, source=Source(places={}), findings=[])
    meant = expanded(section, "", variables, Allowance(MAX_NODES))
    if emit.same(old, new) or (not section.findings and emit.same(meant.value["value"], new)):
        return old
    raise _by_hand(old, path)


def _uses_variable(value: Json) -> bool:
    match value:
        case str():
            return any(found["literal"] is None for found in VARIABLE.finditer(value))
        case list():
            return any(map(_uses_variable, value))
        case dict():
            return any(map(_uses_variable, value.values()))
        case _:
            return False


def _by_hand(value: Json, path: Path) -> Refused:
    return Refused(f"{dotted(path)} is written with a variable ({quoted(value)}); change it by hand")
