from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
import pytest
from graph_tools import BASE, Reply, Script

from tapctl.errors import Refused
from tapctl.graph.sdk import SdkWire, client_for, client_of_app
from tapctl.graph.wire import Answer, ConnectionBroken

T = TypeVar("T")


@dataclass
class Tokens:
    asked: list[str | None] = field(default_factory=list)

    async def token(self, claims: str | None = None) -> str:
        self.asked.append(claims)
        return f"t{len(self.asked)}"

    async def close(self) -> None:
        self.asked.append("closed")


def over(
    client: httpx.AsyncClient, use: Callable[[SdkWire], Awaitable[T]], tokens: Tokens | None = None
) -> T:
    async def main() -> T:
        wire = SdkWire(client, tokens or Tokens(), BASE)
        try:
            return await use(wire)
        finally:
            await wire.close()

    return asyncio.run(main())


def get(wire: SdkWire, url: str = f"{BASE}/v1.0/me") -> Awaitable[Answer]:
    return wire.exchange("GET", url, {}, None)


def test_the_sdk_repeats_and_follows_nothing() -> None:
    app = Script(
        Reply(503, headers={"Retry-After": "1"}), Reply(302, headers={"Location": "https://evil.example"})
    )

    async def use(wire: SdkWire) -> list[int]:
        return [(await get(wire)).status, (await get(wire)).status]

    assert over(client_of_app(app), use) == [503, 302]
    assert len(app.seen) == 2


def test_an_encoded_link_goes_out_as_it_came() -> None:
    app = Script(Reply(200, {}))

    over(client_of_app(app), lambda wire: get(wire, f"{BASE}/v1.0/groups?%24skiptoken=A%2BB%2f&$top=1"))

    assert app.seen[0].url == "/v1.0/groups?%24skiptoken=A%2BB%2f&$top=1"


def test_a_claims_challenge_is_answered_with_a_new_token() -> None:
    claims = base64.b64encode(b'{"access_token":{}}').decode()
    challenge = Reply(401, headers={"WWW-Authenticate": f'Bearer error="x", claims="{claims}"'})
    app, tokens = Script(challenge, Reply(200, {})), Tokens()

    assert over(client_of_app(app), get, tokens).status == 200
    assert tokens.asked == [None, '{"access_token":{}}', "closed"]
    assert [seen.headers["authorization"] for seen in app.seen] == ["Bearer t1", "Bearer t2"]


def test_a_request_to_another_server_is_stopped_before_a_token_is_made() -> None:
    tokens = Tokens()

    with pytest.raises(Refused, match="another server"):
        over(client_of_app(Script(Reply())), lambda wire: get(wire, "https://evil.example/v1.0/me"), tokens)
    assert tokens.asked == ["closed"]


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (httpx.ConnectError("refused"), False),
        (httpx.ConnectTimeout(""), False),
        (httpx.ReadTimeout("slow"), True),
        (httpx.RemoteProtocolError("gone"), True),
    ],
)
def test_a_broken_connection_says_whether_the_request_had_left(error: Exception, sent: bool) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(ConnectionBroken, match=type(error).__name__) as caught:
        over(httpx.AsyncClient(transport=httpx.MockTransport(answer)), get)
    assert caught.value.sent is sent
    assert isinstance(caught.value.__cause__, httpx.RequestError)
    assert "authorization" not in caught.value.__cause__.request.headers


def test_telemetry_goes_to_graph() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    async def main() -> None:
        client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        wire = SdkWire(client, Tokens(), "https://graph.microsoft.com")
        await get(wire, "https://graph.microsoft.com/v1.0/me")
        await wire.close()

    asyncio.run(main())
    assert "client-request-id" in seen[0].headers
    assert "graph-python" in seen[0].headers["sdkversion"]


@pytest.mark.parametrize(
    ("url", "proxied"), [("http://127.0.0.1:8080", False), ("https://graph.example", True)]
)
def test_nothing_on_loopback_goes_through_a_proxy(
    url: str, proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    client = client_for(url)

    assert client.trust_env is proxied
    asyncio.run(client.aclose())
