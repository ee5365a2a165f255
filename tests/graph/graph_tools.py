"""The other end of the wire for tests: a scripted ASGI application, and a clock that nobody waits for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from tapctl.graph.gateway import Caller, Gateway
from tapctl.graph.pace import Clock
from tapctl.graph.sandbox import SandboxTokens
from tapctl.graph.sdk import SdkWire, client_of_app
from tapctl.model import Json

BASE = "https://graph.example"
CALLER = Caller(kind="person", id="1", name="ada@contoso.example", tenant_id="t")

Message = MutableMapping[str, Any]


@dataclass(frozen=True)
class Seen:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        value: Json = json.loads(self.body)
        return value


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: Json | bytes = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


def error(
    status: int, code: str = "x", message: str = "y", headers: Mapping[str, str] | None = None
) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message}}, headers or {})


def page(*objects: Json, next_link: str | None = None) -> Reply:
    link: dict[str, Json] = {} if next_link is None else {"@odata.nextLink": next_link}
    return Reply(200, {"value": list(objects), **link})


class Script:
    """An ASGI application that gives its replies in order, the last one for ever, and notes what it saw."""

    def __init__(self, *replies: Reply | Exception | Callable[[Seen], Reply]) -> None:
        self.replies = list(replies)
        self.seen: list[Seen] = []

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        query = scope["query_string"].decode()
        self.seen.append(
            Seen(
                method=scope["method"],
                url=scope["raw_path"].decode().partition("?")[0] + (f"?{query}" if query else ""),
                headers={name.decode(): value.decode() for name, value in scope["headers"]},
                body=await _body(receive),
            )
        )
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        if not isinstance(reply, Reply):
            reply = reply(self.seen[-1])
        headers = {"content-type": "application/json", **reply.headers}
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": pairs})
        await send({"type": "http.response.body", "body": reply.content})


async def _body(receive: Callable[[], Awaitable[Message]]) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


class Hours:
    """A clock that jumps instead of waiting."""

    def __init__(self, chance: float = 0.5) -> None:
        self.time = 0.0
        self.slept: list[float] = []
        self.clock = Clock(
            now=lambda: self.time, wall=lambda: self.time, sleep=self._sleep, chance=lambda: chance
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.time += seconds
        await asyncio.sleep(0)


@dataclass
class Notes:
    """Progress, written down."""

    waits: list[tuple[str, float, int]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)

    def read(self, objects: int) -> None:
        self.pages.append(objects)

    def waiting(self, family: str, seconds: float, queued: int) -> None:
        self.waits.append((family, round(seconds, 6), queued))

    def request(self, method: str, path: str) -> None:
        self.requests.append(f"{method} {path}")


def gateway_to(
    app: Script, hours: Hours | None = None, *, per_second: float = 0, notes: Notes | None = None
) -> Gateway:
    return Gateway(
        SdkWire(client_of_app(app), SandboxTokens(), BASE),
        base_url=BASE,
        environment="test",
        tenant_id="t",
        caller=CALLER,
        ca_requests_per_second=per_second,
        clock=(hours or Hours()).clock,
        progress=notes,
    )
