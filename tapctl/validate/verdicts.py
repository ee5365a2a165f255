"""A schema's verdicts on a value, in words: where, which rule, what is wrong, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, cast

from tapctl import schema
from tapctl.canonical import is_noise, is_of_newer_type
from tapctl.kind import Kind
from tapctl.model import Json, JsonObject, Path, Verdict, dotted
from tapctl.schema import Field
from tapctl.validate.conforms import conforms

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError


def verdicts(kind: Kind, value: JsonObject) -> Iterator[Verdict]:
    """What the kind's schema has against a value, which is mostly nothing: jsonschema is not asked then."""
    if not conforms(schema.read(kind.name), value):
        for error in _validator(kind.name).iter_errors(value):
            yield from explain(kind, error)


@cache
def _validator(kind: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # slow to import: not for --help

    return Draft202012Validator(schema.read(kind))


def explain(kind: Kind, error: ValidationError) -> Iterator[Verdict]:
    """What one error of the validator means."""
    path = tuple(error.absolute_path)
    rules = cast(JsonObject, error.schema)
    in_words = _EXPLANATIONS.get(str(error.validator), _other)
    yield from in_words(kind, path, error, rules)


def _unknown_property(kind: Kind, path: Path, error: ValidationError, rules: JsonObject) -> Iterator[Verdict]:
    known = cast(JsonObject, rules.get("properties", {}))
    for name in cast(JsonObject, error.instance):
        if name in known or is_noise(name):
            continue
        where = f" of {dotted(path)}" if path else f" of {kind.name}"
        yield Verdict(
            path=(*path, name),
            rule="unknown-property",
            message=f"{name!r} is no property{where}",
            help=nearest(kind, (*path, name), known),
        )


def nearest(kind: Kind, path: Path, known: Iterable[str]) -> str:
    """What the property at `path`, beside the known ones, was probably meant to be, or where it belongs."""
    name = str(path[-1])
    for place, field in schema.named_fields(_holder(kind.field, path)):
        if name in field.also_called:
            return f"It is called {dotted(place)} here."
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]}?"
    for place, field in schema.named_fields(kind.field):
        if place[-1] == name or name in field.also_called:
            return f"It belongs at {dotted(place)}."
    newer = " If Graph has it already, list its path under newer:." if kind.path else ""
    return f"Known here: {', '.join(known)}.{newer}"


def _holder(node: Field, path: Path) -> Field:
    """The object that a property stands in, lists seen through; of objects by any name, what holds them."""
    for part in path[:-1]:
        node = node if isinstance(part, int) else node.properties.get(part, node)
        node = node.items or node
    return node


def _missing(kind: Kind, path: Path, error: ValidationError, rules: JsonObject) -> Iterator[Verdict]:
    instance = cast(JsonObject, error.instance)
    if is_of_newer_type(_holder(kind.field, (*path, "")), instance):
        return
    missing = [name for name in cast("list[str]", error.validator_value) if name not in instance]
    properties = cast("dict[str, JsonObject]", rules.get("properties", {}))
    for name in missing:
        about = properties.get(name, {})
        example = cast("list[Json]", about.get("examples", [])) or [""]
        help_text = f"Add it; it has no default that is safe for everyone. {about.get('title', '')}."
        help_text += f" Example: {name}: {example[0]}" if example[0] != "" else ""
        yield Verdict(
            path=(*path, name),
            rule="missing-property",
            message=f"{dotted((*path, name))} is required of a {kind.name}",
            help=help_text,
        )


def _type(kind: Kind, path: Path, error: ValidationError, rules: JsonObject) -> Iterator[Verdict]:
    wanted = cast("str | list[str]", error.validator_value)
    names = [_TYPES[name] for name in ([wanted] if isinstance(wanted, str) else wanted)]
    said = f"{dotted(path)} is {shown(error.instance)}, but must be {' or '.join(names)}"
    yield Verdict(path=path, rule="wrong-type", message=said, help=str(rules.get("description", "")))


_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping of properties",
    "null": "nothing",
}


def _enum(kind: Kind, path: Path, error: ValidationError, rules: JsonObject) -> Iterator[Verdict]:
    known = [str(value) for value in cast("list[Json]", error.validator_value)]
    close = difflib.get_close_matches(str(error.instance), known, n=1, cutoff=0.5)
    help_text = f"Did you mean {close[0]}? " if close else ""
    said = f"{dotted(path)} has no value {shown(error.instance)}"
    yield Verdict(
        path=path, rule="unknown-value", message=said, help=f"{help_text}Known: {', '.join(known)}."
    )


def _range(kind: Kind, path: Path, error: ValidationError, rules: JsonObject) -> Iterator[Verdict]:
    unit = f" {rules['x-unit']}" if "x-unit" in rules else ""
    low, high = rules.get("minimum"), rules.get("maximum")
    span = (
        f"from {low} to {high}"
        if None not in (low, high)
        else f"at least {low}"
        if high is None
        else f"at most {high}"
    )
    said = f"{dotted(path)} is {shown(error.instance)}, outside its range"
    yield Verdict(path=path, rule="out-of-range", message=said, help=f"It must be {span}{unit}.")


def _size(kind: Kind, path: Path, error: ValidationError, rules: JsonObject) -> Iterator[Verdict]:
    instance = cast("list[Json] | str", error.instance)
    what = "characters" if isinstance(instance, str) else "entries"
    bound = {"min": "at least", "max": "at most"}[str(error.validator)[:3]]
    said = f"{dotted(path)} has {len(instance)} {what}"
    yield Verdict(
        path=path, rule="out-of-range", message=said, help=f"It must have {bound} {error.validator_value}."
    )


def _pattern(kind: Kind, path: Path, error: ValidationError, rules: JsonObject) -> Iterator[Verdict]:
    example = cast("list[Json]", rules.get("examples", []))
    help_text = str(rules.get("description", "")) + (f" Example: {example[0]}" if example else "")
    yield Verdict(
        path=path,
        rule="wrong-format",
        message=f"{dotted(path)} cannot be {shown(error.instance)}",
        help=help_text,
    )


def _twice(kind: Kind, path: Path, error: ValidationError, rules: JsonObject) -> Iterator[Verdict]:
    yield Verdict(
        path=path,
        rule="listed-twice",
        message=f"{dotted(path)} names something twice",
        help="Remove the repetition.",
        severity="warning",
    )


def _other(kind: Kind, path: Path, error: ValidationError, rules: JsonObject) -> Iterator[Verdict]:
    yield Verdict(
        path=path,
        rule="invalid",
        message=f"{dotted(path) or kind.name}: {error.message}",
        help=str(rules.get("description", "")),
    )


def shown(value: object) -> str:
    """A value quoted, and cut where it is long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


_EXPLANATIONS: dict[str, Callable[[Kind, Path, ValidationError, JsonObject], Iterator[Verdict]]] = {
    "additionalProperties": _unknown_property,
    "required": _missing,
    "type": _type,
    "enum": _enum,
    "minimum": _range,
    "maximum": _range,
    "minLength": _size,
    "maxLength": _size,
    "minItems": _size,
    "maxItems": _size,
    "pattern": _pattern,
    "uniqueItems": _twice,
}
