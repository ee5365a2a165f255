"""One request as the handlers see it, its answer, and the table entries that lead to a handler."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tapctl.sandbox.misbehave import Lag
from tapctl.sandbox.store import Store
from tapctl.sandbox.values import Json, JsonObject, Settings, bad_request, timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who the token speaks for; the audit log names them."""

    id: str
    name: str
    is_app: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int = 200
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)


NO_CONTENT = Answer(status=204)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    store: Store
    settings: Settings
    lag: Lag
    actor: Actor
    base: str  # https://host/v1.0, for links and contexts
    path: str
    keys: Mapping[str, str]
    options: Mapping[str, str]
    headers: Mapping[str, str]
    body: Json = None

    def key(self, name: str = "id") -> str:
        return self.keys[name]

    def seen(self, collection: str) -> Mapping[str, JsonObject]:
        """The collection as this replica knows it; the store itself is always up to date."""
        return self.lag.seen(collection, self.store.objects(collection))

    def put(self, collection: str, value: JsonObject) -> None:
        self.lag.note(collection, value["id"], self.store.get(collection, value["id"]))
        self.store.put(collection, value)

    def remove(self, collection: str, identifier: str) -> None:
        self.lag.note(collection, identifier, self.store.get(collection, identifier))
        self.store.remove(collection, identifier)

    def now(self) -> str:
        return timestamp(self.store.clock())

    def context(self, fragment: str) -> JsonObject:
        return {"@odata.context": f"{self.base}/$metadata#{fragment}"}

    def object(self) -> JsonObject:
        """The body, which has to be a JSON object."""
        if not isinstance(self.body, dict):
            raise bad_request("Unable to read JSON request payload. A JSON object is expected.")
        return self.body

    @property
    def wants_newer_members(self) -> bool:
        return "include-unknown-enum-members" in self.headers.get("prefer", "")

    @property
    def is_advanced(self) -> bool:
        """Does the call ask for the directory's eventually consistent index?"""
        return self.headers.get("consistencylevel", "").lower() == "eventual"


def reader(store: Store, actor: Actor | None = None) -> Call:
    """A call that nobody sent: it sees everything, newer enum members included."""
    return Call(
        store=store,
        settings=Settings(),
        lag=Lag(),
        actor=actor or Actor(id="", name=""),
        base="",
        path="",
        keys={},
        options={},
        headers={"prefer": "include-unknown-enum-members"},
    )


Handler: TypeAlias = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    handler: Handler
    options: frozenset[str]


def route(method: str, path: str, handler: Handler, options: str = "") -> Route:
    """`options` names the query options that this path takes, without their dollar signs."""
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.replace(".", r"\."))
    return Route(
        method=method,
        pattern=re.compile(pattern, re.IGNORECASE),
        handler=handler,
        options=frozenset(f"${name}" for name in (*options.split(), "skiptoken")),
    )
