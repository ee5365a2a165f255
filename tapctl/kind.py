"""What a kind is: data that says where it lives in Graph, and the stock behaviours it is put together from.

A kind performs no I/O. What is regular about it is in its schema; what is irregular, in its module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from tapctl import schema
from tapctl.canonical import with_values
from tapctl.model import Action, Address, Json, JsonObject, Path, Resource, Verdict
from tapctl.schema import Field

BUILT_IN = "built into Entra"
"""Why nobody manages an object that every tenant has: it is referred to, and neither listed nor changed."""

Effect: TypeAlias = Literal["tightens", "loosens"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """How an object that policies refer to is found by name, and how an id is named.

    `by` says what Graph offers: `filter` (`key in (...)`), or `list` (the whole, small collection).
    `well_known` are names of ours for ids that are the same in every tenant; `otherwise` likewise, of what
    the tenant says no name for. `types` are what directoryObjects/getByIds calls it, where ids can be named
    in bulk. `permission` is the least that reading it takes
    (https://learn.microsoft.com/graph/permissions-reference); `delegated_only`: Graph gives it to people
    only.
    """

    kind: str
    path: str
    by: Literal["filter", "list"]
    permission: str
    key: str = "displayName"
    id: str = "id"
    select: tuple[str, ...] = ("id", "displayName")
    well_known: Mapping[str, str] = field(default_factory=dict)
    otherwise: Mapping[str, str] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    delegated_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request as a value. `{id}` in `path` and `body` is the id that an earlier create answered.

    With `settle`, what was written has to read back before the next request goes out.
    """

    method: Literal["POST", "PATCH", "DELETE"]
    path: str
    body: JsonObject | None = None
    settle: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """What a kind turns into requests: one step of one change.

    `before` and `after` are canonical specs; `wire` puts a canonical value of a field into Graph's form;
    `extra` are observed properties that no schema knows and that have to go along in a block sent whole;
    `observed` is the object as Graph answered it.
    """

    action: Action
    address: Address
    id: str
    before: JsonObject
    after: JsonObject
    renamed: bool
    display_name: str
    wire: Callable[[Field, Json], Json]
    reference_url: Callable[[str], str]
    observed: JsonObject
    extra: Mapping[Path, Json]


class DeletedItems(NamedTuple):
    """Where Graph keeps deleted objects, for 30 days: the collection in which one is restored, and the list
    of those of this kind (https://learn.microsoft.com/graph/api/resources/policydeletableitem and
    https://learn.microsoft.com/graph/api/directory-deleteditems-list; checked 2026-11)."""

    path: str
    listed: str


class Strange(NamedTuple):
    """What no schema knows and stands in a spec, by its path: what the document says itself (or the object,
    where there is no document), and what is only kept because it was observed."""

    said: Mapping[Path, Json] = {}
    kept: Mapping[Path, Json] = {}


Requests: TypeAlias = "Callable[[Kind, Write], list[Request]]"


def no_rules(resource: Resource, spec: JsonObject) -> Iterable[Verdict]:
    """Nothing beyond the schema."""
    return ()


def as_it_is(spec: JsonObject) -> JsonObject:
    """Nothing irregular."""
    return spec


def even(spec: JsonObject, strange: Strange) -> JsonObject:
    """Graph rewrites nothing."""
    return spec


def never_refused(before: JsonObject, after: JsonObject, observed: JsonObject) -> str:
    """Everything can change in place."""
    return ""


def always_creatable(after: JsonObject) -> str:
    """Whatever the schema allows can be made anew."""
    return ""


def always_ours(observed: JsonObject) -> str:
    """Microsoft manages none of these."""
    return ""


def tightens(before: JsonObject, after: JsonObject) -> Effect:
    """Order does not matter for safety: with the creations."""
    return "tightens"


def stock_requests(kind: Kind, write: Write) -> list[Request]:
    """POST the whole, PATCH the changed top-level properties, DELETE."""
    match write.action:
        case "create":
            return [Request(method="POST", path=kind.path, body=kind.body(write, tuple(write.after)))]
        case "update":
            body = kind.body(write, changed_properties(write))
            return [Request(method="PATCH", path=kind.object_path(write.id), body=body)]
        case "delete":
            return [Request(method="DELETE", path=kind.object_path(write.id))]
        case _:
            return []


def changed_properties(write: Write) -> tuple[str, ...]:
    """The top-level properties in which `after` differs from `before`."""
    keys = sorted({*write.before, *write.after})
    return tuple(key for key in keys if write.before.get(key) != write.after.get(key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of object tapctl manages.

    `path` is the Graph collection, or the object itself for a singleton. `read_permission` is the least
    application permission for reading; writing takes all `write_permissions` together, or any one of
    `write_instead` (https://learn.microsoft.com/graph/permissions-reference, checked 2026-11).
    `lookup` says how its objects are found; without it they are found by reading `path`.
    `odata_type` goes into every body that needs it, and picks the kind's objects where a collection holds
    several types. `inside` is another singleton whose answer carries all of it, under the segment that
    follows in `path`. `contained` is a collection that
    belongs to each object and that lists may leave out. `deleted_items` is where deleted ones come back from.
    `from_graph` turns what Graph answers into the spec's own shape, before anything else looks at it;
    `normalise` evens out a canonical spec where Graph rewrites what it is given, and what stands beside
    it that no schema knows leaves no doubt. `refusal` says why a change cannot be made in place of what
    Graph answered, `uncreatable` why there are such objects and Graph makes no new ones;
    `service_managed` why an object is another's, of which only the paths that begin like one of
    `managed_fields` may change, as `managed_rule` says. `effect` classifies an update for the safe order.
    `rules` are checks across fields.
    """

    name: str
    path: str
    documentation: str
    read_permission: str
    write_permissions: tuple[str, ...]
    write_instead: tuple[str, ...] = ()
    deleted_items: DeletedItems | None = None
    family: Literal["conditionalAccess", "other"] = "other"
    singleton: bool = False
    lookup: Lookup | None = None
    odata_type: str = ""
    inside: str = ""
    contained: str = ""
    from_graph: Callable[[JsonObject], JsonObject] = as_it_is
    normalise: Callable[[JsonObject, Strange], JsonObject] = even
    to_graph: Callable[[JsonObject], JsonObject] = as_it_is
    rules: Callable[[Resource, JsonObject], Iterable[Verdict]] = no_rules
    refusal: Callable[[JsonObject, JsonObject, JsonObject], str] = never_refused
    uncreatable: Callable[[JsonObject], str] = always_creatable
    service_managed: Callable[[JsonObject], str] = always_ours
    managed_fields: tuple[str, ...] = ()
    managed_rule: str = "nothing about it may change here"
    effect: Callable[[JsonObject, JsonObject], Effect] = tightens
    requests: Requests = stock_requests

    @property
    def field(self) -> Field:
        """The root of the kind's schema."""
        return schema.fields(self.name)

    @property
    def is_listed(self) -> bool:
        """Whether a plan reads the whole collection (groups are found by name instead)."""
        return not self.singleton and (self.lookup is None or self.lookup.by == "list")

    @property
    def key(self) -> str:
        """Graph's property by which an object is recognised, and that its address holds."""
        return self.lookup.key if self.lookup is not None else "displayName"

    def ours(self, found: Iterable[JsonObject]) -> list[JsonObject]:
        """Of what `path` lists, the objects of this kind."""
        return [item for item in found if self.odata_type in ("", item.get("@odata.type"))]

    def object_path(self, object_id: str) -> str:
        """Where one object is."""
        return self.path if self.singleton else f"{self.path}/{object_id}"

    def body(self, write: Write, properties: Iterable[str]) -> JsonObject:
        """A request body with these top-level properties of `write.after`; an absent list is sent as [].

        A block goes whole, and what was observed in it and no schema knows goes along.
        """
        body: JsonObject = {"@odata.type": self.odata_type} if self.odata_type else {}
        if self.key == "displayName" and (write.renamed or write.action == "create"):
            body["displayName"] = write.display_name
        for name in properties:
            body[name] = self._sent(self.field.properties.get(name), write.after.get(name), write)
        kept = {path: item for path, item in write.extra.items() if path[1:] and body.get(str(path[0]))}
        return self.to_graph(with_values(body, kept))

    def _sent(self, child: Field | None, value: Json, write: Write) -> Json:
        if value is None:
            return empty(child)
        return value if child is None else complete(child, write.wire(child, value))


def empty(child: Field | None) -> Json:
    """What Graph takes for "nothing here": [] for a list, null otherwise."""
    return [] if child is not None and child.type == "array" else None


def complete(field: Field, value: Json) -> Json:
    """A block with its empty lists said: left out, Graph may keep what they held."""
    if not isinstance(value, dict):
        return value
    lists: JsonObject = {name: [] for name, child in field.properties.items() if child.type == "array"}
    known = {
        name: complete(field.properties[name], item)
        for name, item in value.items()
        if name in field.properties
    }
    return {**lists, **value, **known}
