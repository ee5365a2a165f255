"""Graph's error answers → errors of ours.

The body is {"error": {code, message, innerError}}, see https://learn.microsoft.com/graph/errors (checked
2026-11), but innerError may be spelled innererror, may nest and carry the better code, code may be empty, and
what stands between (a proxy, a gateway) answers with HTML or nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tapctl.errors import AnswerLost, GraphError, NotFound, NotPermitted, Throttled
from tapctl.graph.advice import advice_for
from tapctl.graph.wire import Answer, ConnectionBroken
from tapctl.model import Json, JsonObject

LONGEST_TEXT = 1000

LOOK_FIRST = "it may or may not have been carried out: look before repeating it; planning again shows"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceError:
    """What an error answer says; `number` is the four digits before a message of Conditional Access."""

    code: str = ""
    message: str = ""
    number: str = ""
    request_id: str = ""


def error_of(answer: Answer) -> ServiceError:
    levels = list(_levels(_json_object(answer.body).get("error")))
    messages = [text for level in levels if (text := _text(level, "message"))]
    return ServiceError(
        code=_first(_text(level, "code") for level in levels),
        message=messages[0] if messages else _not_json(answer),
        number=_first(match[1] for text in messages if (match := re.match(r"\s*(\d{4})\b", text))),
        request_id=_first(_text(level, "request-id") for level in levels)
        or answer.headers.get("request-id", "")[:LONGEST_TEXT],
    )


def graph_error(
    method: str, path: str, answer: Answer, *, lost: bool = False, may_be_done: bool = False
) -> GraphError:
    """The error for an answer that stands; `lost` for a write of which nobody knows whether it happened. An
    earlier attempt `may_be_done` although the last one was refused."""
    said = error_of(answer)
    advice = advice_for(
        method, path, status=answer.status, code=said.code, message=said.message, number=said.number
    )
    return _class_of(answer.status, lost)(
        request=f"{method} {path}",
        status=answer.status,
        code=said.code,
        message=said.message,
        request_id=said.request_id,
        advice=LOOK_FIRST if lost else advice,
        may_be_done=may_be_done,
    )


def connection_error(
    method: str, path: str, broken: ConnectionBroken, *, lost: bool, may_be_done: bool = False
) -> GraphError:
    """The error for a request without an answer."""
    return (AnswerLost if lost else GraphError)(
        request=f"{method} {path}",
        status=0,
        message=str(broken)[:LONGEST_TEXT],
        advice=LOOK_FIRST if lost else "see that this machine reaches the host: network, proxy, certificates",
        may_be_done=may_be_done,
    )


def misshapen(method: str, path: str, answer: Answer, what: str) -> GraphError:
    """The error for a successful answer whose shape is not understood; only what was read is shown."""
    shown = f"; it begins: {answer.body[:200].decode(errors='replace')}" if method == "GET" else ""
    return GraphError(
        request=f"{method} {path}",
        status=answer.status,
        message=what + shown,
        may_be_done=method != "GET",
        request_id=answer.headers.get("request-id", ""),
        advice="the answer is not what Microsoft documents: is graphEndpoint a server that speaks Graph?",
    )


def _class_of(status: int, lost: bool) -> type[GraphError]:
    match status:
        case _ if lost:
            return AnswerLost
        case 401 | 403:
            return NotPermitted
        case 404:
            return NotFound
        case 429:
            return Throttled
        case _:
            return GraphError


def _levels(error: Json) -> Iterator[JsonObject]:
    """The error object and those nested in it, outermost first."""
    if isinstance(error, str):  # a token service in between answers so
        yield {"code": error}
    while isinstance(error, dict):
        yield error
        error = error.get("innerError", error.get("innererror"))


def _text(level: JsonObject, key: str) -> str:
    value = level.get(key)
    return value[:LONGEST_TEXT] if isinstance(value, str) else ""


def _first(texts: Iterator[str]) -> str:
    return next(filter(None, texts), "")


def _json_object(body: bytes) -> JsonObject:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _not_json(answer: Answer) -> str:
    if not answer.body:
        return "the answer has no content"
    if _json_object(answer.body):
        return ""
    kind = answer.headers.get("content-type", "of no stated type")[:100]
    return f"the answer is not JSON but {kind}, as from a proxy or gateway"
