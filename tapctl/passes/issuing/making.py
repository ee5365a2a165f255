"""One pass: asked for once, its answer understood, and looked for where the answer was lost."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tapctl.errors import AnswerLost, GraphError
from tapctl.model import JsonObject
from tapctl.passes.delivery import Made
from tapctl.passes.graph import Pass, answering, made_of, pass_of, passes_path
from tapctl.passes.issuing.worklist import Entry
from tapctl.passes.secret import Secret

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway

# Seconds between looks for a pass whose answer was lost: a new one may take some to be seen.
LOOKS: Final = (0.0, 2.0, 4.0, 8.0)
_CODE: Final = "temporaryAccessPass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A pass that Graph has just made, when by its own clock, and its passcode."""

    made: Made
    at: datetime | None
    secret: Secret


async def create(gateway: Gateway, entry: Entry) -> Created:
    """Ask for one pass, once, as the entry notes it. Raises GraphError; `is_unclear` tells whether there may
    be one."""
    path = passes_path(entry.recipient.id)
    answer = _inside(await gateway.send("POST", path, _body(entry), careful=True) or {})
    secret = _taken(answer)
    if secret is None:
        raise AnswerLost(request=f"POST {path}", status=201, message="the answer holds no passcode")
    found = _understood(answer, entry)
    return Created(made=_made(entry, found), at=found.created, secret=secret)


def _inside(answer: JsonObject) -> JsonObject:
    """Some of Graph's answers hold the object as `value`."""
    inside = answer.get("value")
    return inside if isinstance(inside, dict) and _CODE not in answer else answer


def _understood(answer: JsonObject, entry: Entry) -> Pass:
    """What an answer leaves out, or says in a way that nobody understands, is as it was asked for: a passcode
    that is there is not thrown away for that, since its pass has destroyed the one before."""
    start = entry.asked or (None if answer.get("createdDateTime") else entry.begun)
    asked: JsonObject = {**_body(entry), "startDateTime": start.isoformat() if start else None}
    told = {name: value for name, value in answer.items() if value is not None}
    try:
        return made_of({**asked, **told})
    except GraphError:
        since = entry.asked or entry.begun
        return made_of({**asked, "id": told.get("id"), "startDateTime": since.isoformat() if since else None})


def _taken(answer: JsonObject) -> Secret | None:
    """The passcode, which is in the answer no longer: what fails from here on has nothing to show."""
    code = answer.pop(_CODE, None)
    return Secret(code) if isinstance(code, str) and code else None


def _body(entry: Entry) -> JsonObject:
    body: JsonObject = {"lifetimeInMinutes": entry.lifetime, "isUsableOnce": entry.is_usable_once}
    if entry.asked is not None:
        body["startDateTime"] = f"{entry.asked:%Y-%m-%dT%H:%M:%SZ}"
    return body


def _made(entry: Entry, found: Pass) -> Made:
    return Made(
        recipient=entry.recipient,
        pass_id=found.id,
        start=found.start,
        end=found.end,
        is_usable_once=found.is_usable_once,
    )


def is_unclear(error: GraphError) -> bool:
    """Whether the pass may have been made: the answer was lost, came from a server in trouble or a proxy that
    gave up, or says that it was made and cannot be understood."""
    return isinstance(error, AnswerLost) or error.status >= 500 or error.status in (200, 201, 204, 408)


async def look(gateway: Gateway, entry: Entry, seen: Set[str]) -> Pass | None:
    """What they hold: a pass that was not seen before, given some time to appear, or one that was. Raises
    GraphError."""
    held: list[Pass] = []
    for wait in LOOKS:
        await gateway.clock.sleep(wait)
        held = await _held(gateway, passes_path(entry.recipient.id))
        if new := [found for found in held if found.id not in seen]:
            return new[0]
    return held[0] if held else None


async def _held(gateway: Gateway, path: str) -> list[Pass]:
    answer = await gateway.list(path)
    try:
        return [pass_of(item) for item in answer]
    except GraphError as error:
        raise answering(error, path) from error
