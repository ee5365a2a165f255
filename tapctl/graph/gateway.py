"""Paths and JSON in, JSON or our errors out: paging, pacing, repeating and translating in one place.

Nothing of the SDK is imported here; `tenant` and `sandbox` make a gateway over it.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Literal, Self, TypeAlias

from tapctl.graph.clouds import beyond_origin, origin
from tapctl.graph.odata import relative_url
from tapctl.graph.pace import (
    CONDITIONAL_ACCESS,
    FARTHEST,
    PASSES,
    Clock,
    NoProgress,
    Pacer,
    Progress,
    family_of,
)
from tapctl.graph.retry import Outcome, Patience, Retries, http_date, is_unclear
from tapctl.graph.translate import connection_error, graph_error, misshapen
from tapctl.graph.wire import Answer, ConnectionBroken, Wire
from tapctl.model import Json, JsonObject

Objects: TypeAlias = list[JsonObject]
WriteMethod = Literal["POST", "PATCH", "PUT", "DELETE"]

# Without it, enum members newer than v1.0's first publication read as unknownFutureValue:
# https://learn.microsoft.com/graph/best-practices-concept (checked 2026-11).
EVOLVABLE_ENUMS = "include-unknown-enum-members"
CONCURRENT_REQUESTS = 8
MOST_PAGES = 10_000
MOST_REDIRECTS = 5
FASTEST_PASSES = 10.0  # a second, where the tenant refuses none


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who the token speaks for: object id and name; `scopes` are a person's permissions, `roles` an app's."""

    kind: Literal["person", "application", "unknown"]
    id: str
    name: str
    tenant_id: str
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it goes out; `path` is what errors and progress call it."""

    method: str
    path: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None
    reads: bool = False
    careful: bool = False

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice is the same as once: a POST that creates is not."""
        return self.reads or self.method != "POST"


class Gateway:
    """Microsoft Graph v1.0 of one tenant, or the sandbox; an async context manager.

    `base_url` is an origin that was checked: requests, links and redirects go there and nowhere else.
    `sent` counts requests with their repetitions, `sent_by_family` the same for each of Graph's limits.
    `date` is the Date header of the latest answer, empty where no answer had one.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        base_url: str,
        environment: str,
        tenant_id: str,
        caller: Caller,
        is_sandbox: bool = False,
        ca_requests_per_second: float = 0,
        passes_per_second: float = 0,
        patience: Patience | None = None,
        clock: Clock | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.environment, self.tenant_id, self.caller = environment, tenant_id, caller
        self.base_url, self.is_sandbox = base_url, is_sandbox
        self.sent_by_family: Counter[str] = Counter()
        self.date = ""
        self.ahead = timedelta()  # of this machine's clock, by the last answer whose date is to be believed
        self.misdated = ""  # the last date that is not
        self._wire = wire
        self.patience, self.clock = patience or Patience(), clock or Clock()
        self.progress = progress or NoProgress()
        self._slots = asyncio.Semaphore(CONCURRENT_REQUESTS)
        self._pacers = {
            CONDITIONAL_ACCESS: self._paced(CONDITIONAL_ACCESS, ca_requests_per_second),
            PASSES: self._paced(PASSES, passes_per_second, FASTEST_PASSES),
        }

    def _paced(self, family: str, per_second: float, fastest: float = 0.0) -> Pacer:
        return Pacer(per_second, family=family, clock=self.clock, progress=self.progress, fastest=fastest)

    @property
    def sent(self) -> int:
        return self.sent_by_family.total()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._wire.close()

    async def list(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Objects:
        """All objects of a collection, over all pages; `headers` go with each page.

        Raises GraphError and its children, also for a link that leads elsewhere or in circles.
        """
        pages = self.pages(path, params, headers=headers)
        return [item async for page in pages for item in page]

    async def pages(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[Objects, None]:
        """The same page by page, for a collection that need not be held whole."""
        request = self._read(path, params, headers)
        visited: set[str] = set()
        while True:
            answer = await self._carry_out(request)
            page = _object(request, answer)
            objects = _objects(request, answer, page)
            self.progress.read(len(objects))
            yield objects
            if (link := page.get("@odata.nextLink")) is None:
                return
            url = self._followed(request, answer, link)
            if url in visited or len(visited) >= MOST_PAGES:
                raise misshapen("GET", path, answer, f"the pages do not end: {link} comes again")
            visited.add(url)
            request = _at(request, url)

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> JsonObject:
        """One object. Raises NotFound, NotPermitted and the rest of GraphError."""
        request = self._read(path, params, None)
        found = _object(request, await self._carry_out(request))
        found.pop("@microsoft.graph.tips", None)  # advice to people, added when $select is missing
        return found

    async def post_read(self, path: str, body: JsonObject) -> JsonObject:
        """A POST that only reads ($batch, evaluate) and may be repeated like a GET."""
        request = self._request("POST", path, body=body, headers={"Prefer": EVOLVABLE_ENUMS}, reads=True)
        return _object(request, await self._carry_out(request))

    async def post_list(self, path: str, body: JsonObject) -> Objects:
        """The objects that a POST which only reads answers with (getByIds); there is one page of them."""
        request = self._request("POST", path, body=body, headers={"Prefer": EVOLVABLE_ENUMS}, reads=True)
        answer = await self._carry_out(request)
        return _objects(request, answer, _object(request, answer))

    async def send(
        self, method: WriteMethod, path: str, body: JsonObject | None = None, *, careful: bool = False
    ) -> JsonObject | None:
        """A write; its answer, if it has a body.

        Raises AnswerLost when nobody knows whether it was carried out; a POST is never repeated then, and a
        `careful` one not even after a 503 that asks for it.
        A DELETE that finds nothing after such an attempt was carried out.
        """
        request = self._request(method, path, body=body, careful=careful)
        answer = await self._carry_out(request)
        return _object(request, answer) if answer.body and answer.status < 300 else None

    def _read(
        self, path: str, params: Mapping[str, str] | None, headers: Mapping[str, str] | None
    ) -> Request:
        wanted = dict(headers or {})
        prefer = ", ".join(filter(None, (EVOLVABLE_ENUMS, wanted.pop("Prefer", ""))))
        return self._request("GET", path, params=params, headers={**wanted, "Prefer": prefer}, reads=True)

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: JsonObject | None = None,
        reads: bool = False,
        careful: bool = False,
    ) -> Request:
        content = None if body is None else json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        return Request(
            method=method,
            path=path,
            url=f"{self.base_url}/v1.0/{relative_url(path, params)}",
            headers={"Accept": "application/json", **kind, **(headers or {})},
            body=content,
            reads=reads,
            careful=careful,
        )

    async def _carry_out(self, request: Request) -> Answer:
        """The successful answer, after redirects and repetitions; everything else is raised."""
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._settled(request)
            if answer.status not in range(300, 400) or request.method != "GET":
                break
            request = _at(request, self._followed(request, answer, answer.headers.get("location")))
        if answer.status in range(300, 400):
            raise misshapen(request.method, request.path, answer, "the server redirects this request")
        return answer

    async def _settled(self, request: Request) -> Answer:
        """Send, and repeat as long as that is safe and worthwhile."""
        retries = Retries(
            patience=self.patience,
            clock=self.clock,
            repeatable=request.repeatable,
            careful=request.careful,
        )
        while True:
            outcome = await self._attempt(request)
            wait = retries.wait_before_repeating(outcome)
            if wait is None:
                return _judged(request, outcome, retries)
            await self._wait(request, outcome, wait)

    async def _attempt(self, request: Request) -> Outcome:
        async with self._turn(request) as family:
            self.sent_by_family[family] += 1
            self.progress.request(request.method, request.path)
            try:
                answer = await self._wire.exchange(request.method, request.url, request.headers, request.body)
            except ConnectionBroken as broken:
                return broken
        self._note_date(answer.status, answer.headers.get("date", ""))
        if family in self._pacers and answer.status != 429:
            self._pacers[family].accepted()
        return answer

    def _note_date(self, status: int, text: str) -> None:
        """A refusal may come from a proxy on the way, which has a clock of its own."""
        self.date = text or self.date
        if status not in range(200, 300) or (seconds := http_date(text)) is None:
            return
        if abs(apart := seconds - self.clock.wall()) < FARTHEST:
            self.ahead = timedelta(seconds=apart)
        else:
            self.misdated = text

    @asynccontextmanager
    async def _turn(self, request: Request) -> AsyncIterator[str]:
        """The right to send one request: the pacer's for its family, one of the slots for all others."""
        family = family_of(request.path, request.method)
        pacer = self._pacers.get(family)
        if pacer is not None and pacer.is_on:
            await pacer.turn()
            yield family
        else:
            async with self._slots:
                yield family

    async def _wait(self, request: Request, outcome: Outcome, seconds: float) -> None:
        family = family_of(request.path, request.method)
        if family in self._pacers and isinstance(outcome, Answer) and outcome.status == 429:
            self._pacers[family].throttled(seconds)
        self.progress.waiting(family, seconds, 1)
        await self.clock.sleep(seconds)

    def _followed(self, request: Request, answer: Answer, link: Json) -> str:
        """Where a link leads, if it stays with the server that the token is for."""
        if isinstance(link, str) and self._is_ours(link):
            return self.base_url + beyond_origin(link)
        text = f"the link {str(link)[:200]!r} is not followed: it leads away from {self.base_url}"
        raise misshapen(request.method, request.path, answer, text)

    def _is_ours(self, link: str) -> bool:
        try:
            return origin(link) == self.base_url
        except ValueError:
            return False


def _judged(request: Request, outcome: Outcome, retries: Retries) -> Answer:
    """An outcome that stands: the answer, or our error."""
    lost = not request.reads and is_unclear(outcome)
    may_be_done = not request.reads and retries.may_be_done
    if isinstance(outcome, ConnectionBroken):
        raise connection_error(
            request.method, request.path, outcome, lost=lost, may_be_done=may_be_done
        ) from outcome
    if outcome.status < 400:
        return outcome
    if request.method == "DELETE" and outcome.status == 404 and retries.may_be_done:
        return outcome
    raise graph_error(request.method, request.path, outcome, lost=lost, may_be_done=may_be_done)


def _at(request: Request, url: str) -> Request:
    return Request(
        method=request.method, path=request.path, url=url, headers=request.headers, reads=request.reads
    )


def _object(request: Request, answer: Answer) -> JsonObject:
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise misshapen(request.method, request.path, answer, "the answer is not JSON") from error
    if not isinstance(value, dict):
        raise misshapen(request.method, request.path, answer, "the answer is not an object")
    return value


def _objects(request: Request, answer: Answer, page: JsonObject) -> Objects:
    """The objects of one page; a page may be empty and yet not be the last."""
    value = page.get("value")
    if not isinstance(value, list):
        raise misshapen(request.method, request.path, answer, "the answer has no list of objects")
    objects = [item for item in value if isinstance(item, dict)]
    if len(objects) < len(value):
        raise misshapen(request.method, request.path, answer, "the list holds something else than objects")
    return objects
