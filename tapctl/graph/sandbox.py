"""The pretend tenant as a gateway: the same requests, to an ASGI application in this process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack
from typing import Any

from tapctl.graph.gateway import Caller, Gateway
from tapctl.graph.pace import Progress
from tapctl.graph.retry import Patience
from tapctl.shapes import as_text

SANDBOX_URL = "https://sandbox.invalid"  # .invalid never resolves: RFC 2606
SANDBOX_PATIENCE = Patience(first_wait=0.05, longest_wait=1.0, total=30.0)

Message = MutableMapping[str, Any]
AsgiApp = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


class SandboxTokens:
    async def token(self, claims: str | None = None) -> str:
        return "sandbox"

    async def close(self) -> None: ...


async def connect_sandbox(app: AsgiApp, *, environment: str, progress: Progress | None = None) -> Gateway:
    """A gateway to `app`, which says itself which tenant it is and who is asking. Pacing is off."""
    from tapctl.graph.sdk import SdkWire, client_of_app

    gateway = Gateway(
        SdkWire(client_of_app(app), SandboxTokens(), SANDBOX_URL),
        base_url=SANDBOX_URL,
        environment=environment,
        tenant_id="",
        caller=Caller(kind="unknown", id="", name="", tenant_id=""),
        is_sandbox=True,
        patience=SANDBOX_PATIENCE,
        progress=progress,
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(gateway.close)
        await _introduce(gateway)
        stack.pop_all()  # it works: whoever asked for it closes it
    return gateway


async def _introduce(gateway: Gateway) -> None:
    organization = (await gateway.list("organization"))[0]
    me = await gateway.get("me")
    gateway.tenant_id = as_text(organization.get("id"))
    gateway.caller = Caller(
        kind="person",
        id=as_text(me.get("id")),
        name=as_text(me.get("userPrincipalName")) or as_text(me.get("displayName")),
        tenant_id=gateway.tenant_id,
    )
