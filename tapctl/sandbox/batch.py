"""$batch: up to twenty requests in one, each answered for itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

from tapctl.sandbox.service import Request
from tapctl.sandbox.values import Json, JsonObject, RefusedError, bad_request

LARGEST = 20
Send = Callable[[Request], Awaitable[JsonObject]]  # → {status, headers, body}


async def answer_batch(outer: Request, send: Send) -> JsonObject:
    """The answers come in no particular order; a client has to go by their ids."""
    items = _checked(outer.body)
    statuses: dict[str, int] = {}
    answers: list[JsonObject] = []
    for item in items:
        answer = await _answer(outer, item, statuses, send)
        statuses[item["id"].lower()] = answer["status"]
        answers.insert(0, {"id": item["id"], **answer})
    return {"responses": answers}


async def _answer(outer: Request, item: JsonObject, statuses: Mapping[str, int], send: Send) -> JsonObject:
    needed = [statuses.get(str(one).lower(), 0) for one in item.get("dependsOn") or []]
    if any(not 200 <= status < 300 for status in needed):
        return _failed_dependency()
    return await send(_request(outer, item))


def _failed_dependency() -> JsonObject:
    message = "The request was not sent because a request it depends on failed."
    error = {"code": "FailedDependency", "message": message}
    return {"status": 424, "headers": {"Content-Type": "application/json"}, "body": {"error": error}}


def _request(outer: Request, item: JsonObject) -> Request:
    """A request in a batch carries its own headers and the batch's authorization."""
    url = urlsplit(item["url"])
    headers = {name.lower(): str(value) for name, value in (item.get("headers") or {}).items()}
    return Request(
        method=item["method"].upper(),
        path=url.path,
        options=dict(parse_qsl(url.query, keep_blank_values=True)),
        headers={"authorization": outer.headers.get("authorization", ""), **headers},
        body=item.get("body"),
        base=outer.base,
    )


def _checked(body: Json) -> list[JsonObject]:
    items = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(items, list) or not items:
        raise bad_request("Invalid batch payload format.")
    if len(items) > LARGEST:
        raise bad_request(f"Number of batch request steps exceeds the max value of {LARGEST}.")
    for item in items:
        _check_item(item)
    identifiers = [item["id"].lower() for item in items]
    if len(set(identifiers)) != len(identifiers):
        raise bad_request("Request Ids must be unique in a batch.")
    return items


def _check_item(item: Json) -> None:
    if not isinstance(item, dict) or not all(
        isinstance(item.get(key), str) for key in ("id", "method", "url")
    ):
        raise bad_request("Every request of a batch needs id, method and url.")
    if urlsplit(item["url"]).scheme or item["url"].lstrip("/").startswith(("v1.0/", "beta/")):
        raise bad_request(f"The url of a request in a batch is relative and has no version: {item['url']}")
    headers = {name.lower() for name in item.get("headers") or {}}
    if "body" in item and "content-type" not in headers:
        raise RefusedError(400, "BadRequest", "A request with a body needs a Content-Type header.")
    if item["method"].upper() == "POST" and "body" not in item:
        raise bad_request("A POST in a batch needs a body, if only an empty object.")
