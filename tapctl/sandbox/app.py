"""The sandbox over HTTP: an ASGI application that answers below /v1.0 as Graph does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tapctl.sandbox.batch import answer_batch
from tapctl.sandbox.misbehave import (
    WELL_BEHAVED,
    AnswerDroppedError,
    Disturbance,
    Lag,
    Misbehaviour,
    parse_header,
    parse_misbehaviour,
)
from tapctl.sandbox.service import Request, Service
from tapctl.sandbox.store import Store
from tapctl.sandbox.values import Json, JsonObject, RefusedError, Settings, bad_request, new_id, utc_now

VERSION = "/v1.0"
JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
METHODS = ("GET", "POST", "PATCH", "DELETE", "PUT")
CONTROL = "/sandbox/misbehaviour"
MISBEHAVE = "x-sandbox-misbehave"  # for one request: `latency=0.2, throttle_other_every=1`


def create_app(
    store: Store, *, misbehaviour: Misbehaviour = WELL_BEHAVED, settings: Settings | None = None
) -> Starlette:
    sandbox = _Sandbox(store, misbehaviour, settings or Settings())
    routes = [
        Route(CONTROL, sandbox.read_misbehaviour, methods=["GET"]),
        Route(CONTROL, sandbox.set_misbehaviour, methods=["PUT"]),
        Route("/{path:path}", sandbox.answer, methods=METHODS),
    ]
    return Starlette(routes=routes)


@dataclass(frozen=True, slots=True)
class _Given:
    """An answer on its way out."""

    status: int
    body: Json
    headers: Mapping[str, str] = field(default_factory=dict)


class _Sandbox:
    def __init__(self, store: Store, misbehaviour: Misbehaviour, settings: Settings) -> None:
        self._plan = misbehaviour
        self._lag = Lag(misbehaviour)
        self._disturbance = Disturbance()
        self._service = Service(store=store, settings=settings, lag=self._lag)

    async def read_misbehaviour(self, _: HttpRequest) -> Response:
        return JSONResponse(asdict(self._plan))

    async def set_misbehaviour(self, http: HttpRequest) -> Response:
        try:
            self._plan = parse_misbehaviour(await _body(http))
        except RefusedError as error:
            return _respond(_given_error(error, {}), {})
        self._lag.plan = self._plan
        self._disturbance = Disturbance()
        return JSONResponse(asdict(self._plan))

    async def answer(self, http: HttpRequest) -> Response:
        headers = {name.lower(): value for name, value in http.headers.items()}
        try:
            request = Request(
                method=http.method,
                path=_path(http),
                options=dict(parse_qsl(http.url.query, keep_blank_values=True)),
                headers=headers,
                body=await _body(http),
                base=f"{http.url.scheme}://{http.url.netloc}{VERSION}",
            )
            plan = parse_header(headers[MISBEHAVE]) if MISBEHAVE in headers else self._plan
            given = await self._answer(request, plan)
            is_lost = given.status < 400 and self._disturbance.loses_answer(plan, request.method)
        except RefusedError as error:
            return _respond(_given_error(error, headers), headers)
        return _LostResponse() if is_lost else _respond(given, headers)

    async def _answer(self, request: Request, plan: Misbehaviour) -> _Given:
        await asyncio.sleep(plan.latency)
        if request.path.strip("/").lower() != "$batch":
            return self._answer_one(request, plan)
        if request.method != "POST":
            raise RefusedError(405, "BadRequest", "A batch is sent with POST.")

        async def send(item: Request) -> JsonObject:
            given = self._answer_one(item, plan)
            return {"status": given.status, "headers": dict(given.headers), "body": given.body}

        return _Given(200, await answer_batch(request, send))

    def _answer_one(self, request: Request, plan: Misbehaviour) -> _Given:
        try:
            self._disturbance.check(plan, request.path.strip("/"))
            answer = self._service.answer(request)
        except RefusedError as error:
            return _given_error(error, request.headers)
        return _Given(answer.status, answer.body, {"Content-Type": JSON, **answer.headers})


def _path(http: HttpRequest) -> str:
    """What comes after the version, still escaped: the names of guests hold a `#`."""
    raw = http.scope.get("raw_path") or http.url.path.encode()
    path: str = raw.decode("ascii").partition("?")[0]
    if not path.lower().startswith(f"{VERSION}/"):
        raise bad_request(f"Invalid version: {path.strip('/').partition('/')[0]}")
    return path[len(VERSION) + 1 :]


async def _body(http: HttpRequest) -> Json:
    content = await http.body()
    if not content:
        return None
    if not http.headers.get("content-type", "").lower().startswith("application/json"):
        raise RefusedError(415, "UnsupportedMediaType", "The body has to be application/json.")
    try:
        return json.loads(content)
    except ValueError as error:
        raise bad_request(
            "Unable to read JSON request payload. Please ensure that it is valid JSON."
        ) from error


def _given_error(error: RefusedError, headers: Mapping[str, str]) -> _Given:
    inner = {**error.inner, "date": f"{utc_now():%Y-%m-%dT%H:%M:%S}", **_ids(headers)}
    body = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
    return _Given(error.status, body, {"Content-Type": JSON, **error.headers})


def _respond(given: _Given, headers: Mapping[str, str]) -> Response:
    content = b"" if given.body is None else json.dumps(given.body).encode()
    response = Response(content, status_code=given.status)
    out = {**given.headers, **_ids(headers), "OData-Version": "4.0"}
    if "include-unknown-enum-members" in headers.get("prefer", ""):
        out["Preference-Applied"] = "include-unknown-enum-members"
    for name, value in out.items():
        if given.body is not None or name != "Content-Type":
            response.headers[name] = value
    return response


def _ids(headers: Mapping[str, str]) -> dict[str, str]:
    request_id = new_id()
    return {"request-id": request_id, "client-request-id": headers.get("client-request-id", request_id)}


class _LostResponse(Response):
    """Breaks the connection in the middle of an answer that the client never gets."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000000")]}
        )
        raise AnswerDroppedError("The connection was closed before the answer arrived.")
