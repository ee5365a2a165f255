"""What one apply knows and does on its way: names that got ids, and how long it waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from tapctl.match import Matched, Pair
from tapctl.model import Address, JsonObject, Plan
from tapctl.order.steps import Step
from tapctl.record import Record

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway

_LONGEST_WAIT: Final = 15.0

StepResult: TypeAlias = Literal["done", "refused", "unknown"]
"""Whether Graph did what it was asked to: it said so or it reads back; it said no; or neither."""


@dataclass(slots=True, kw_only=True)
class Waits:
    """Longer and longer waits, in seconds, until none is `left`."""

    left: float
    sleep: Callable[[float], Awaitable[None]]
    next: float = 1.0

    async def again(self) -> bool:
        """Wait, and whether to look again; False at once when the time is used up."""
        if self.left <= 0:
            return False
        await self.sleep(self.next)
        self.left, self.next = self.left - self.next, min(self.next * 2, _LONGEST_WAIT)
        return True


@dataclass(slots=True, kw_only=True)
class Run:
    """One apply under way. `patience` is how long a write may take to read back, in seconds; `waiting` is
    told how many changes do not yet, and how long that may still take. `done`, `failed` and `skipped` are the
    verdicts; `begun` and `written` are for an account of what was interrupted. `answers` are those to the
    requests of the step under way, and `results` what is known of the last step of each object; `unanswered`
    says why no answer came to the last write of an object that got none."""

    gateway: Gateway
    plan: Plan
    matched: Matched
    record: Record
    patience: float = 120.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    watch: Callable[[Step], None] = lambda _: None
    waiting: Callable[[int, float], None] = lambda changes, seconds: None
    pairs: dict[Address, Pair] = field(init=False)
    ids: dict[Address, str] = field(init=False)
    done: dict[Address, JsonObject] = field(default_factory=dict)
    failed: dict[Address, str] = field(default_factory=dict)
    skipped: dict[Address, str] = field(default_factory=dict)
    begun: set[Address] = field(default_factory=set)
    written: set[Address] = field(default_factory=set)
    answers: list[StepResult] = field(default_factory=list)
    results: dict[Address, StepResult] = field(default_factory=dict)
    unanswered: dict[Address, str] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    created: set[str] = field(default_factory=set)
    tightening: set[Address] = field(default_factory=set)
    covering: set[Address] = field(default_factory=set)

    def __post_init__(self) -> None:
        ours = (pair for pair in self.matched.pairs if pair.desired is not None or pair.is_owned)
        self.pairs = {pair.address: pair for pair in ours}
        self.ids = {address: pair.id for address, pair in self.pairs.items() if pair.id is not None}

    def bind(self, address: Address, object_id: str, event: str = "created") -> None:
        """From here on the name has an id."""
        self.ids[address] = object_id
        self.created.add(object_id)
        self.record.write(event, address=str(address), id=object_id)
        directory = self.matched.directory.with_id(address, object_id.lower())
        self.matched = replace(self.matched, directory=directory)

    def begin(self, step: Step) -> None:
        """From here on requests of this step go out."""
        self.begun.add(step.address)
        self.written.discard(step.address)
        self.results.pop(step.address, None)
        self.answers.clear()
        self.watch(step)
        after = None if step.action == "delete" else step.after
        address = str(step.address)
        self.record.write("step", address=address, phase=step.phase, after=after, renamed=step.renamed)

    def result(self, step: Step, result: StepResult) -> None:
        """What is known of a step by now, which may be more than what its answers said."""
        if self.results.get(step.address) != result:
            self.results[step.address] = result
            self.record.write("result", address=str(step.address), phase=step.phase, result=result)

    def begin_waiting(self) -> Waits:
        """For one thing that is not there yet."""
        return Waits(left=self.patience, sleep=self.sleep)
