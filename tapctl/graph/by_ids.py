"""Ids of directory objects in, the objects that there are out: in bulk, of whatever type they may be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tapctl.model import Json, JsonObject

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway

# https://learn.microsoft.com/graph/api/directoryobject-getbyids (checked 2026-11)
_AT_ONCE = 1000


async def objects_by_ids(gateway: Gateway, ids: Iterable[str], types: Sequence[str]) -> list[JsonObject]:
    """Whatever the tenant does not have is not among them, nor what is of another type."""
    ordered, wanted = sorted(ids), list[Json](types)
    chunks = [ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE)]
    bodies: list[JsonObject] = [{"ids": [*chunk], "types": wanted} for chunk in chunks]
    answers = await asyncio.gather(*(gateway.post_list("directoryObjects/getByIds", body) for body in bodies))
    return [found for answer in answers for found in answer]
