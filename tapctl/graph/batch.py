"""Many small reads in few requests: paths in, an answer or an error for each of them out, in their order.

Twenty reads share one $batch, and each of them is throttled by itself inside an answer of 200:
https://learn.microsoft.com/graph/json-batching (checked 2026-11). No limit is published for people's methods,
so the reading narrows to one batch at a time as soon as Graph asks for fewer, and goes on as long as any read
gets through.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from tapctl.errors import GraphError
from tapctl.graph.gateway import EVOLVABLE_ENUMS, Gateway, Objects
from tapctl.graph.odata import relative_url
from tapctl.graph.pace import family_of
from tapctl.graph.retry import UNCLEAR, Patience, retry_after
from tapctl.graph.translate import graph_error, misshapen
from tapctl.graph.wire import Answer
from tapctl.model import Json, JsonObject

BATCH = 20
BATCHES_AT_ONCE = 4
FEW = 4
PATH = "$batch"
_NO_BATCH = (404, 405, 501)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One GET; `params` are its OData options."""

    path: str
    params: Mapping[str, str] | None = None

    @property
    def url(self) -> str:
        return f"/{relative_url(self.path, self.params)}"


Found: TypeAlias = JsonObject | GraphError


async def read_each(gateway: Gateway, reads: Iterable[Read]) -> list[Found]:
    """What Graph answers to each read; an error is a value here, for one of many must not lose the others.

    Raises GraphError when a batch itself gets no usable answer. Other servers that speak Graph may have no
    $batch: they are asked one by one.
    """
    work = _Work(gateway, [*reads])
    try:
        while work.waiting:
            await work.round()
    except GraphError as error:
        if error.status not in _NO_BATCH or not error.request.endswith(PATH):
            raise
        return list(await asyncio.gather(*(_alone(gateway, read) for read in work.reads)))
    return work.found


async def _alone(gateway: Gateway, read: Read) -> Found:
    try:
        return await gateway.get(read.path, read.params)
    except GraphError as error:
        return error


async def list_each(gateway: Gateway, reads: Sequence[Read]) -> list[Objects | GraphError]:
    """The objects of each collection, over all its pages; they rarely have more than one."""
    found = await read_each(gateway, reads)
    return [await _listed(gateway, read, answer) for read, answer in zip(reads, found, strict=True)]


async def list_all(gateway: Gateway, reads: Sequence[Read]) -> list[Objects]:
    """The objects of each collection, a few by a request each and more of them in batches. Raises the first
    GraphError."""
    if len(reads) > FEW:
        return [_object_list(found) for found in await list_each(gateway, reads)]
    return list(await asyncio.gather(*(gateway.list(read.path, read.params) for read in reads)))


def _object_list(found: Objects | GraphError) -> Objects:
    if isinstance(found, GraphError):
        raise found
    return found


async def _listed(gateway: Gateway, read: Read, answer: Found) -> Objects | GraphError:
    if isinstance(answer, GraphError):
        return answer
    objects = answer.get("value")
    if "@odata.nextLink" in answer:
        return await gateway.list(read.path, read.params)
    if isinstance(objects, list) and all(isinstance(item, dict) for item in objects):
        return [item for item in objects if isinstance(item, dict)]
    return misshapen("GET", read.path, _answer({"status": 200}), "the answer has no list of objects")


@dataclass(slots=True)
class _Work:
    """Reads that wait, what was found for the others, and how hard Graph was asked lately."""

    gateway: Gateway
    reads: list[Read]
    waiting: deque[int] = field(init=False)
    found: list[Found] = field(init=False)
    failures: dict[int, int] = field(default_factory=dict)
    width: int = BATCHES_AT_ONCE
    in_vain: int = 0  # rounds in a row in which nothing got through

    def __post_init__(self) -> None:
        self.waiting = deque(range(len(self.reads)))
        self.found = [{} for _ in self.reads]

    async def round(self) -> None:
        """Send as many batches as may be under way together, and keep what has to be asked again."""
        batches = [self._next() for _ in range(self.width) if self.waiting]
        answers: dict[int, Answer] = {}
        for some in await asyncio.gather(*(self._send(numbers) for numbers in batches)):
            answers |= some
        is_in_vain = all(answer.status == 429 for answer in answers.values())
        self.in_vain = self.in_vain + 1 if is_in_vain else 0
        again = [number for number, answer in answers.items() if self._is_asked_again(number, answer)]
        for number in answers.keys() - again:
            self.found[number] = _result(self.reads[number], answers[number])
        self.waiting.extendleft(sorted(again, reverse=True))
        self.width = 1 if again else min(self.width + 1, BATCHES_AT_ONCE)
        if again:
            await self._pause([answers[number] for number in again])

    def _next(self) -> list[int]:
        return [self.waiting.popleft() for _ in range(min(BATCH, len(self.waiting)))]

    async def _send(self, numbers: list[int]) -> dict[int, Answer]:
        requests: list[Json] = [_request(number, self.reads[number]) for number in numbers]
        answer = await self.gateway.post_read(PATH, {"requests": requests})
        return _answers(numbers, answer)

    def _is_asked_again(self, number: int, answer: Answer) -> bool:
        """Being throttled counts against a read only when nobody gets through; a failing server always."""
        patience = self.gateway.patience
        if answer.status == 429:
            return self.in_vain < patience.attempts
        if answer.status not in UNCLEAR:
            return False
        self.failures[number] = self.failures.get(number, 0) + 1
        return self.failures[number] < patience.connection_attempts

    async def _pause(self, answers: list[Answer]) -> None:
        """As long as the most patient answer asks for, and a little more each time that it was in vain."""
        clock, patience = self.gateway.clock, self.gateway.patience
        asked = max(retry_after(answer, clock.wall()) or 0.0 for answer in answers)
        seconds = asked + _backoff(patience, self.in_vain) * clock.chance()
        self.gateway.progress.waiting(family_of(self.reads[0].path), seconds, len(self.waiting))
        await clock.sleep(seconds)


def _backoff(patience: Patience, in_vain: int) -> float:
    return float(min(patience.first_wait * 2**in_vain, patience.longest_wait))


def _request(number: int, read: Read) -> JsonObject:
    return {"id": str(number), "method": "GET", "url": read.url, "headers": {"Prefer": EVOLVABLE_ENUMS}}


def _answers(numbers: list[int], answer: JsonObject) -> dict[int, Answer]:
    """Each read's own answer: they come in any order. Raises GraphError if one is missing."""
    responses = answer.get("responses")
    items = [item for item in responses if isinstance(item, dict)] if isinstance(responses, list) else []
    by_id = {str(item.get("id")): item for item in items}
    if any(str(number) not in by_id for number in numbers):
        raise misshapen("POST", PATH, _answer({"status": 200}), "not every request of the batch was answered")
    return {number: _answer(by_id[str(number)]) for number in numbers}


def _answer(item: JsonObject) -> Answer:
    status, headers = item.get("status"), item.get("headers")
    named = headers.items() if isinstance(headers, dict) else ()
    return Answer(
        status=status if isinstance(status, int) else 0,
        headers={name.lower(): str(value) for name, value in named},
        body=json.dumps(item["body"]).encode() if item.get("body") is not None else b"",
    )


def _result(read: Read, answer: Answer) -> Found:
    if answer.status not in range(200, 300):
        return graph_error("GET", read.path, answer)
    body = json.loads(answer.body or b"null")
    return body if isinstance(body, dict) else misshapen("GET", read.path, answer, "the answer is no object")
