"""An Explanation → text, markdown or JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from tapctl.explain import Entry, Explanation, first_sentence
from tapctl.explain.fields import Facts
from tapctl.model import Json, JsonObject
from tapctl.render.gfm import code, fenced, text
from tapctl.render.json import VERSION, written
from tapctl.text.escape import visible

_TYPES: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "mapping",
}
_WIDEST: Final = 100  # columns; longer lines are hard to read


def render_text(found: Explanation, width: int = _WIDEST) -> str:
    """For a terminal of `width` columns."""
    return "\n".join(_text(found, min(width, _WIDEST))) + "\n"


def _text(found: Explanation, width: int) -> Iterator[str]:
    yield f"{found.name}: {found.title}" if found.name else found.title
    yield ""
    yield from _wrapped(found.description, width, "  ")
    facts = [*found.links, *(facts_in_words(found.facts) if found.facts else ())]
    if facts:
        yield ""
        wide = max(len(label) for label, _ in facts)
        for label, said in facts:
            yield from _wrapped(said, width, f"  {label:<{wide}}  ", " " * (wide + 4))
    for section, entries in _sections(found):
        yield ""
        yield section
        for entry in entries:
            yield from _wrapped(_summary(entry), width, "  ", "      ")
            yield from _wrapped(first_sentence(entry.description), width, "      ")
    for example in found.examples:
        yield ""
        yield "Example"
        yield from (f"  {line}" for line in _yaml(example))


def _wrapped(words: str, width: int, first: str, others: str | None = None) -> list[str]:
    return textwrap.wrap(
        visible(words),
        width,
        initial_indent=first,
        subsequent_indent=first if others is None else others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _sections(found: Explanation) -> Iterator[tuple[str, list[Entry]]]:
    for section, entries in groupby(found.entries, lambda entry: entry.section):
        yield section or "Fields", list(entries)


def _summary(entry: Entry) -> str:
    return f"{entry.name}: {_in_short(entry.facts)}" if entry.facts else entry.name


def _in_short(facts: Facts) -> str:
    parts = [_type_in_words(facts)]
    if facts.is_required:
        parts.append("required")
    if facts.default is not None:
        parts.append(f"default {facts.default}")
    if facts.is_read_only:
        parts.append("ignored")
    if facts.is_left_as_is:
        parts.append("left as is when not mentioned")
    return ", ".join(parts)


def facts_in_words(facts: Facts) -> Iterator[tuple[str, str]]:
    """What a schema says of a value, as labelled lines."""
    yield "value", _type_in_words(facts)
    if facts.values:
        yield "one of" if "array" not in facts.types else "any of", ", ".join(facts.values)
    if facts.refers_to:
        kinds = " or ".join(facts.refers_to)
        words = f", or one of Graph's words: {', '.join(facts.words)}" if facts.words else ""
        yield "names", f"a {kinds} by name, id, `name:` or `id:`{words}"
    if facts.minimum is not None or facts.maximum is not None:
        yield "range", _range(facts)
    if facts.is_set:
        yield "order", "means nothing"
    yield "if left out", _left_out(facts)


def _type_in_words(facts: Facts) -> str:
    if facts.unit:
        return f"{facts.unit}, or a duration such as 8h"
    return " or ".join(_TYPES[name] for name in facts.types if name != "null")


def _range(facts: Facts) -> str:
    unit = f" {facts.unit}" if facts.unit else ""
    if facts.maximum is None:
        return f"at least {facts.minimum:g}{unit}"
    return f"{facts.minimum or 0:g} to {facts.maximum:g}{unit}"


def _left_out(facts: Facts) -> str:
    if facts.is_read_only:
        return "the usual thing: the service decides it, and what is written here is ignored"
    if facts.is_left_as_is:
        return "left as it is in the tenant"
    if facts.is_required:
        return "an error: there is no safe guess"
    return f"{facts.default}" if facts.default is not None else "absent"


def _yaml(value: Json) -> list[str]:
    from tapctl.workspace.emit import mapping_lines

    if isinstance(value, dict):
        return mapping_lines(value, 0, {}, ())
    return [line.removeprefix("x: ") for line in mapping_lines({"x": value}, 0, {}, ()) if line != "x:"]


def render_markdown(found: Explanation) -> str:
    """For a page or a comment."""
    return "\n\n".join(_markdown(found)) + "\n"


def _markdown(found: Explanation) -> Iterator[str]:
    yield f"## {code(found.name)}: {text(found.title)}" if found.name else f"## {text(found.title)}"
    yield found.description  # a schema's words are ours, and Markdown already
    facts = [*found.links, *(facts_in_words(found.facts) if found.facts else ())]
    if facts:
        yield "\n".join(f"- {label}: {code(said)}" for label, said in facts)
    for section, entries in _sections(found):
        yield f"### {section}"
        yield "\n".join(_bullets(entries))
    for example in found.examples:
        yield fenced(_yaml(example), "yaml")


def _bullets(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        short = f" ({text(_in_short(entry.facts))})" if entry.facts else ""
        yield f"- {code(entry.name)}{short}: {entry.description}"


def render_json(found: Explanation) -> str:
    """As schemas/explain-output.schema.json promises."""
    return written(
        {
            "version": VERSION,
            "command": "explain",
            "name": found.name or None,
            "what": found.what,
            "title": found.title,
            "description": found.description,
            "facts": _facts_json(found.facts),
            "links": dict(found.links),
            "entries": [_entry_json(entry) for entry in found.entries],
            "examples": [*found.examples],
        }
    )


def _entry_json(entry: Entry) -> JsonObject:
    return {
        "name": entry.name,
        "section": entry.section or None,
        "description": entry.description,
        "facts": _facts_json(entry.facts),
    }


def _facts_json(facts: Facts | None) -> JsonObject | None:
    if facts is None:
        return None
    return {
        "types": [*facts.types],
        "required": facts.is_required,
        "default": facts.default,
        "values": [*facts.values],
        "minimum": facts.minimum,
        "maximum": facts.maximum,
        "unit": facts.unit,
        "refersTo": [*facts.refers_to],
        "words": [*facts.words],
        "orderMeansNothing": facts.is_set,
        "readOnly": facts.is_read_only,
        "leftAsIs": facts.is_left_as_is,
    }
