"""One HTTP exchange as values: what the gateway asks of whatever carries its requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer; header names are in lower case. The body may hold a secret, so it is not shown."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class ConnectionBroken(Exception):
    """No answer came; `sent` unless it is certain that the request never left."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class Wire(Protocol):
    async def exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Send once, follow no redirect, repeat nothing; raises ConnectionBroken."""

    async def close(self) -> None: ...
