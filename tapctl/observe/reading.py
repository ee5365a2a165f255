"""What has been read of a tenant so far, and how to read on without asking twice."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from tapctl.errors import GraphError
from tapctl.model import JsonObject, TenantFacts

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway

T = TypeVar("T")


@dataclass(slots=True)
class Reading:
    """What has been read so far."""

    gateway: Gateway
    objects: dict[str, tuple[JsonObject, ...]] = field(default_factory=dict)
    entries: defaultdict[str, list[JsonObject]] = field(default_factory=lambda: defaultdict(list))
    parents: dict[str, frozenset[str]] = field(default_factory=dict)
    asked: dict[str, asyncio.Future[JsonObject]] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)
    deleted: set[tuple[str, str]] = field(default_factory=set)
    unread: dict[str, str] = field(default_factory=dict)
    facts: TenantFacts = field(default_factory=TenantFacts)

    async def get(self, path: str) -> JsonObject:
        """One object, asked for once however many want it."""
        if path not in self.asked:
            self.asked[path] = asyncio.ensure_future(self.gateway.get(path))
        return await self.asked[path]

    async def optional(self, what: str, reading: Awaitable[T]) -> T | None:
        """What `reading` answers, or None and the reason under `what`."""
        try:
            return await reading
        except GraphError as error:
            self.unread[what] = str(error)
            return None
