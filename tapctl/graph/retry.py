"""Whether and when one request is repeated: outcome and history in, seconds out. Pure.

https://learn.microsoft.com/graph/best-practices-concept#handling-expected-errors (checked 2026-11).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime

from tapctl.graph.pace import Clock
from tapctl.graph.translate import error_of
from tapctl.graph.wire import Answer, ConnectionBroken

Outcome = Answer | ConnectionBroken

# After these nobody knows whether a write was carried out.
UNCLEAR = frozenset({500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to go on: waits in seconds, `total` over all waits for one request."""

    attempts: int = 8
    connection_attempts: int = 4
    first_wait: float = 1.0
    longest_wait: float = 30.0
    total: float = 300.0


@dataclass(slots=True, kw_only=True)
class Retries:
    """The history of one request. `repeatable`: doing it twice is the same as doing it once; `careful`:
    even a server that asks for a repetition is not taken at its word that it did nothing."""

    patience: Patience
    clock: Clock
    repeatable: bool
    careful: bool = False
    outcomes: list[Outcome] = field(default_factory=list)
    waited: float = 0.0

    @property
    def may_be_done(self) -> bool:
        """Whether an attempt may have been carried out although its answer was lost."""
        return any(is_unclear(outcome) for outcome in self.outcomes)

    def wait_before_repeating(self, outcome: Outcome) -> float | None:
        """Seconds until the next attempt; None when this outcome stands."""
        self.outcomes.append(outcome)
        if not self._may_repeat(outcome) or len(self.outcomes) >= self._attempts(outcome):
            return None
        wait = self._backoff() + (retry_after(outcome, self.clock.wall()) or 0.0)
        if self.waited + wait > self.patience.total:
            return None
        self.waited += wait
        return wait

    def _may_repeat(self, outcome: Outcome) -> bool:
        return may_repeat(outcome, self.repeatable) and not (self.careful and is_unclear(outcome))

    def _attempts(self, outcome: Outcome) -> int:
        broken = isinstance(outcome, ConnectionBroken)
        return self.patience.connection_attempts if broken else self.patience.attempts

    def _backoff(self) -> float:
        """Exponential with full jitter; on top of Retry-After, so that nobody comes back too early."""
        ceiling: float = self.patience.first_wait * 2 ** (len(self.outcomes) - 1)
        return min(ceiling, self.patience.longest_wait) * self.clock.chance()


def is_unclear(outcome: Outcome) -> bool:
    """Whether a write with this outcome may have been carried out."""
    if isinstance(outcome, ConnectionBroken):
        return outcome.sent
    return outcome.status in UNCLEAR


def may_repeat(outcome: Outcome, repeatable: bool) -> bool:
    """Nothing was done yet after 429, a concurrency conflict, 503 with Retry-After, or a failed connect."""
    if isinstance(outcome, ConnectionBroken):
        return repeatable or not outcome.sent
    match outcome.status:
        case 429:
            return True
        case 409:
            return error_of(outcome).code.casefold() == "directory_concurrencyviolation"
        case 503:
            return repeatable or "retry-after" in outcome.headers
        case status:
            return repeatable and status in UNCLEAR


def retry_after(outcome: Outcome, now: float) -> float | None:
    """What the answer asks for, in seconds; a number or an HTTP date (RFC 9110, 10.2.3)."""
    text = "" if isinstance(outcome, ConnectionBroken) else outcome.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    date = http_date(text)
    return None if date is None else max(0.0, date - now)


def http_date(text: str) -> float | None:
    """A date in a header, in seconds since 1970; None for what is none."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date.replace(tzinfo=date.tzinfo or UTC).timestamp()
