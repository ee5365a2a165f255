"""A kind, a file or a field → an Explanation, from the schema that decides it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Final, cast

from tapctl import schema
from tapctl.errors import UsageError
from tapctl.explain.explanation import Entry, Explanation, did_you_mean
from tapctl.explain.fields import Node, children, facts_of, fields_by_path
from tapctl.kind import Kind
from tapctl.kinds import kinds
from tapctl.model import Json, JsonObject

FILES: Final[Mapping[str, str]] = {
    "Document": "what stands around a spec",
    "Environment": "environments/<name>.yaml",
    "Settings": "tapctl.yaml",
    "SignInTest": "tests/**/*.yaml",
}
"""The schemas that are no kind's, and what they are about."""

_MOST_EXAMPLES: Final = 3


def of_schema(name: str, path: str) -> Explanation:
    """A kind's field may be written as in a document: below `spec`, or beside it. Raises UsageError."""
    if not path:
        return _root(name)
    node = fields_by_path(name).get(path)
    if node is None and name in kinds():
        node = fields_by_path(name).get(path.removeprefix("spec."))
        if node is None and path in fields_by_path("Document"):
            return of_field("Document", fields_by_path("Document")[path])
    if node is None:
        known = {item.path.lower(): item.path for item in fields_by_path(name).values()}
        close = difflib.get_close_matches(path, known, n=3)
        raise UsageError(
            f'{name} has no field "{path}"; {did_you_mean([f"{name}.{known[item]}" for item in close])}'
        )
    return of_field(name, node)


def _root(name: str) -> Explanation:
    keywords = schema.read(name)
    kind = kinds().get(name)
    return Explanation(
        name=name,
        what="kind" if kind else "file",
        title=str(keywords["title"]),
        description=str(keywords["description"]),
        links=tuple(_links(kind)) if kind else (("file", FILES[name]),),
        entries=tuple(map(_field_entry, children(keywords, ""))),
        examples=(_example(kind, keywords),) if kind else (),
    )


def _links(kind: Kind) -> Iterator[tuple[str, str]]:
    yield "in Graph", f"/{kind.path}"
    yield "page", kind.documentation
    yield "to read", kind.read_permission
    yield "to write", _written_with(kind)
    yield "known by", _identity(kind)


def _written_with(kind: Kind) -> str:
    """Several are needed together: one of them alone is refused."""
    instead = f", or {' or '.join(kind.write_instead)} instead" if kind.write_instead else ""
    return " and ".join(kind.write_permissions) + instead


def _identity(kind: Kind) -> str:
    if kind.singleton:
        return "its kind: a tenant has one"
    return "its name" if kind.key == "displayName" else f"spec.{kind.key}"


def _example(kind: Kind, keywords: JsonObject) -> JsonObject:
    """A document: the schema's own example, or every required field as its schema shows it."""
    needed = {node.path: _first_example(node.keywords) for node in children(keywords, "") if node.is_required}
    spec = _first_example(keywords) or needed
    name: JsonObject = {} if kind.singleton else {"name": f"An example of {keywords['title']}"}
    return {"kind": kind.name, **name, "spec": spec}


def _first_example(keywords: JsonObject) -> Json:
    return cast("list[Json]", keywords.get("examples", [keywords.get("default")]))[0]


def of_field(name: str, node: Node) -> Explanation:
    keywords = node.keywords
    return Explanation(
        name=f"{name}.{node.path}",
        what="field",
        title=str(keywords["title"]),
        description=_whole_description(keywords),
        facts=facts_of(node),
        entries=tuple(map(_field_entry, node.children)),
        examples=tuple(cast("list[Json]", keywords.get("examples", []))[:_MOST_EXAMPLES]),
    )


def _whole_description(keywords: JsonObject) -> str:
    """A list's own words, and those about what stands in it."""
    items = keywords.get("items")
    said = [str(keywords["description"])]
    if isinstance(items, dict) and "description" in items:
        said.append(f"Each: {items['description']}")
    return " ".join(said)


def _field_entry(node: Node) -> Entry:
    return Entry(name=node.path, description=str(node.keywords["description"]), facts=facts_of(node))
