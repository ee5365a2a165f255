"""msgraph-sdk's request adapter as a wire. Imported only where a connection is made: it takes half a second.

The adapter comes from a built GraphServiceClient and keeps its authentication hook, claims challenges and
telemetry. Its retry is off (it repeats POST too, and hides the 429), and so is its redirect. Answers are
taken as they are and judged by the gateway: the adapter would hand over a redirect not followed as an empty
success, and its error model loses what Conditional Access says in nested errors (measured on 1.65.0).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Protocol, cast

import httpx
from kiota_abstractions.authentication import AuthenticationProvider
from kiota_abstractions.method import Method
from kiota_abstractions.native_response_handler import NativeResponseHandler
from kiota_abstractions.request_information import RequestInformation
from kiota_http.middleware.options import (
    ParametersNameDecodingHandlerOption,
    RedirectHandlerOption,
    ResponseHandlerOption,
    RetryHandlerOption,
)
from msgraph.graph_request_adapter import GraphRequestAdapter, options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory  # type: ignore[import-untyped]  # ships no types

from tapctl.errors import Refused
from tapctl.graph.clouds import is_loopback, origin
from tapctl.graph.wire import Answer, ConnectionBroken

TIMEOUT = httpx.Timeout(60.0, connect=15.0)
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Tokens(Protocol):
    async def token(self, claims: str | None = None) -> str:
        """A bearer token; `claims` when Graph has asked for more than the last one said."""

    async def close(self) -> None: ...


class CheckedBearer(AuthenticationProvider):
    """Puts the token on requests to one origin; kiota's own would send to another one without a token."""

    def __init__(self, tokens: Tokens, base_url: str) -> None:
        self._tokens, self._base_url = tokens, base_url

    async def authenticate_request(
        self, request: RequestInformation, additional_authentication_context: dict[str, Any] | None = None
    ) -> None:
        if origin(request.url) != self._base_url:
            raise Refused(f"a request to another server than {self._base_url} was stopped")
        claims = (additional_authentication_context or {}).get("claims")
        token = await self._tokens.token(base64.b64decode(claims).decode() if claims else None)
        request.headers.remove("Authorization")
        request.headers.add("Authorization", f"Bearer {token}")


class SdkWire:
    """A wire over the SDK's adapter and an httpx client; closes that and the credential."""

    def __init__(self, client: httpx.AsyncClient, tokens: Tokens, base_url: str) -> None:
        self._tokens = tokens
        # msgraph-core 1.5.2 wraps these in a transport whose aclose does nothing, so they are closed here.
        self._transports = [client._transport, *filter(None, client._mounts.values())]
        self._client = GraphClientFactory.create_with_default_middleware(client=client, options=options)
        adapter = GraphRequestAdapter(CheckedBearer(tokens, base_url), self._client)
        self._adapter = GraphServiceClient(request_adapter=adapter).request_adapter

    async def exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Send once. Raises ConnectionBroken, from which the token was removed."""
        information = _information(method, url, headers, body)
        try:
            # kiota declares no result, but a native response handler's comes back here.
            answer = await self._adapter.send_primitive_async(information, "bytes", {})
        except (httpx.RequestError, ConnectionError) as error:
            raise ConnectionBroken(_reason(error), sent=not isinstance(error, NEVER_SENT)) from _bare(error)
        response = cast(httpx.Response, answer)  # what NativeResponseHandler hands over
        return Answer(status=response.status_code, headers=dict(response.headers), body=response.content)

    async def close(self) -> None:
        await self._client.aclose()
        for transport in self._transports:
            await transport.aclose()
        await self._tokens.close()


def client_for(base_url: str) -> httpx.AsyncClient:
    """A client for a checked origin; nothing on loopback goes through a proxy."""
    local = is_loopback(base_url)
    return httpx.AsyncClient(timeout=TIMEOUT, http2=not local, trust_env=not local)


def client_of_app(app: Any) -> httpx.AsyncClient:
    """A client whose other end is an ASGI application in this process."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), timeout=TIMEOUT)


def _information(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> RequestInformation:
    information = RequestInformation(Method(method))
    information.url = url
    for name, value in headers.items():
        information.headers.add(name, value)
    if body is not None:
        information.set_stream_content(body, "application/json")
    information.add_request_options(
        [
            RetryHandlerOption(should_retry=False),
            RedirectHandlerOption(should_redirect=False),
            ParametersNameDecodingHandlerOption(enable=False),  # nextLinks go out as they came
            ResponseHandlerOption(NativeResponseHandler()),
        ]
    )
    return information


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _bare(error: Exception) -> Exception:
    """The error without its request, whose headers hold the token."""
    if isinstance(error, httpx.RequestError):
        request = error.request
        error.request = httpx.Request(request.method, request.url)
    return error
