"""How the sandbox can be told to misbehave: slow, throttled, unavailable, losing answers, lagging behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace

import httpx

from tapctl.sandbox.values import Json, JsonObject, RefusedError, bad_request, forbidden

# These share about one request a second per tenant, and their 429 carries no Retry-After.
CONDITIONAL_ACCESS = (
    "identity/conditionalaccess/policies",
    "identity/conditionalaccess/namedlocations",
    "identity/conditionalaccess/deleteditems/",
    "policies/conditionalaccesspolicies",
)


class AnswerDroppedError(httpx.ReadError):
    """The request was carried out and nobody will hear of it: a broken connection, in process too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Misbehaviour:
    """`every` means every n-th request of that sort; 0 is never."""

    latency: float = 0  # seconds before each answer
    conditional_access_per_second: float = 0  # enforced rate of the Conditional Access family
    throttle_conditional_access_every: int = 0  # 429 without Retry-After
    throttle_other_every: int = 0  # 429 with Retry-After
    retry_after: int = 1
    unavailable_every: int = 0  # 503
    drop_answer_every: int = 0  # of writes
    lag_reads: int = 0  # that many reads of a changed object are old
    lag_seconds: float = 0
    forbidden: tuple[str, ...] = ()  # path prefixes answered with 403


WELL_BEHAVED = Misbehaviour()


def parse_misbehaviour(wanted: Json) -> Misbehaviour:
    """From a JSON object with the fields above; what is left out is well-behaved."""
    known = {item.name for item in fields(Misbehaviour)}
    if not isinstance(wanted, dict) or not wanted.keys() <= known:
        raise bad_request(f"Expected an object with some of: {', '.join(sorted(known))}")
    chosen: JsonObject = {**wanted, "forbidden": tuple(wanted.get("forbidden", ()))}
    return replace(WELL_BEHAVED, **chosen)


def parse_header(text: str) -> Misbehaviour:
    """From `latency=0.2, throttle_other_every=3`."""
    pairs = [pair.partition("=") for pair in text.split(",")]
    try:
        numbers = {key.strip(): float(value) for key, _, value in pairs}
    except ValueError as error:
        raise bad_request(f"Not a list of name=number pairs: {text}") from error
    return parse_misbehaviour(numbers)


def is_conditional_access(path: str) -> bool:
    return path.lower().startswith(CONDITIONAL_ACCESS)


@dataclass(slots=True)
class Disturbance:
    """Counts requests and decides which of them suffer."""

    timer: Callable[[], float] = time.monotonic
    _counts: dict[str, int] = field(default_factory=dict)
    _next_allowed: float = float("-inf")

    def check(self, plan: Misbehaviour, path: str) -> None:
        """Raise the refusal that this request meets, if any."""
        if any(path.lower().startswith(prefix.lower()) for prefix in plan.forbidden):
            raise forbidden(
                "Insufficient privileges to complete the operation.", "Authorization_RequestDenied"
            )
        if self._is_due("unavailable", plan.unavailable_every):
            raise RefusedError(503, "ServiceUnavailable", "The service is temporarily unavailable.")
        if is_conditional_access(path):
            self._check_conditional_access(plan)
        elif self._is_due("other", plan.throttle_other_every):
            raise too_many_requests({"Retry-After": str(int(plan.retry_after))})

    def loses_answer(self, plan: Misbehaviour, method: str) -> bool:
        return method != "GET" and self._is_due("drop", plan.drop_answer_every)

    def _check_conditional_access(self, plan: Misbehaviour) -> None:
        if self._is_due("conditional access", plan.throttle_conditional_access_every):
            raise too_many_requests()
        if plan.conditional_access_per_second:
            if self.timer() < self._next_allowed:
                raise too_many_requests()
            self._next_allowed = self.timer() + 1 / plan.conditional_access_per_second

    def _is_due(self, name: str, every: float) -> bool:
        if not every:
            return False
        self._counts[name] = self._counts.get(name, 0) + 1
        return self._counts[name] % every == 0


def too_many_requests(headers: Mapping[str, str] | None = None) -> RefusedError:
    inner: JsonObject = {"code": "429", "message": "Please retry after", "status": "429"}
    return RefusedError(429, "TooManyRequests", "Please retry again later.", headers=headers, inner=inner)


@dataclass(slots=True)
class Stale:
    before: JsonObject | None
    until: float
    reads: int


@dataclass(slots=True)
class Lag:
    """Reads after a write that still answer what was there before it."""

    plan: Misbehaviour = WELL_BEHAVED
    timer: Callable[[], float] = time.monotonic
    _stale: dict[str, dict[str, Stale]] = field(default_factory=dict)

    def note(self, collection: str, identifier: str, before: JsonObject | None) -> None:
        """Remember what readers go on seeing; of several changes, the oldest state."""
        if not self.plan.lag_reads and not self.plan.lag_seconds:
            return
        stale = self._stale.setdefault(collection, {})
        first = stale.get(identifier.lower())
        stale[identifier.lower()] = Stale(
            before=first.before if first else before,
            until=self.timer() + self.plan.lag_seconds,
            reads=int(self.plan.lag_reads),
        )

    def seen(self, collection: str, objects: Mapping[str, JsonObject]) -> Mapping[str, JsonObject]:
        stale = self._stale.get(collection)
        if not stale:
            return objects
        view = dict(objects)
        for identifier, old in list(stale.items()):
            if old.reads <= 0 and self.timer() >= old.until:
                del stale[identifier]
            else:
                old.reads -= 1
                _show(view, identifier, old.before)
        return view


def _show(view: dict[str, JsonObject], identifier: str, before: JsonObject | None) -> None:
    if before is None:
        view.pop(identifier, None)
    else:
        view[identifier] = before
