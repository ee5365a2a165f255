"""A run against the pretend tenant: whom it is for, where passcodes go, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, TypeAlias

from trial import Message, Receive, Send, Tenant

from tapctl.errors import NotDelivered
from tapctl.graph.sandbox import AsgiApp
from tapctl.model import JsonObject
from tapctl.passes.delivery import Made, Recipient
from tapctl.passes.delivery.file import EncryptedFiles
from tapctl.passes.issuing.issue import issue
from tapctl.passes.issuing.journal import Journal
from tapctl.passes.issuing.journal_lines import About
from tapctl.passes.issuing.noting import Run
from tapctl.passes.issuing.runs import begin, resume
from tapctl.passes.issuing.worklist import Entry, Worklist
from tapctl.passes.secret import Secret
from tapctl.sandbox.seed import PEOPLE

Around: TypeAlias = Callable[[AsgiApp], AsgiApp]
"""What is put around the tenant, to misbehave in its place."""
DOMAIN = "nordwind.example"
NAMES = ("mia.larsen", "yusuf.demir", "chloe.martin")
PATH = "authentication/temporaryAccessPassMethods"
ABOUT = About(environment="sandbox", tenant_id="t", by="ingrid", delivery="kept")


def recipient(name: str) -> Recipient:
    return Recipient(id=PEOPLE[name], name=f"{name}@{DOMAIN}")


def entries(*names: str, **wishes: Any) -> list[Entry]:
    return [
        Entry(number=number, recipient=recipient(name), lifetime=60, is_usable_once=True, **wishes)
        for number, name in enumerate(names or NAMES)
    ]


@dataclass
class Kept:
    """A place for passcodes in this process; `fails` for these names, `busy` until it is set."""

    kind = "kept"
    at_once = 4
    waits_for_a_person = False
    passcodes: dict[str, list[str]] = field(default_factory=dict)
    refuses: str = ""
    fails: str = ""
    closed: list[str] = field(default_factory=list)
    hold: Callable[[], Awaitable[None]] | None = None

    def prove(self) -> None: ...

    def objection(self, recipient: Recipient) -> str:
        return ""

    async def open(self, recipient: Recipient, void: str = "") -> Keeping:
        if recipient.name == self.refuses:
            raise NotDelivered("the place is full")
        return Keeping(self, recipient)


@dataclass
class Keeping:
    kept: Kept
    recipient: Recipient
    target = "a list"
    proof = ""

    async def deliver(self, made: Made, secret: Secret) -> None:
        if self.kept.hold:
            await self.kept.hold()
        if self.recipient.name == self.kept.fails:
            raise NotDelivered("the place is gone")
        self.kept.passcodes.setdefault(self.recipient.name, []).append(secret.reveal())

    async def close(self) -> None:
        self.kept.closed.append(self.recipient.name)


@dataclass
class Trial:
    """A run and what is around it; `go` may be called again, which continues it."""

    folder: Path
    tenant: Tenant = field(default_factory=Tenant)
    kept: Kept = field(default_factory=Kept)
    files: EncryptedFiles | None = None
    words: frozenset[str] = frozenset()
    run: str = ""
    worklist: Worklist = field(default_factory=Worklist)
    stopped: str = ""
    was_interrupted: bool = False
    is_recorded: bool = True
    seen: list[tuple[int, int]] = field(default_factory=list)
    also: list[Made] = field(default_factory=list)
    later: timedelta = timedelta()
    doubting: Callable[[int], None] = lambda count: None

    def go(
        self, people: Iterable[Entry] = (), *, during: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        asyncio.run(self._go(people, during))

    async def _go(self, people: Iterable[Entry], during: Callable[[], Awaitable[None]] | None) -> None:
        journal = self._journal(people)
        async with self.tenant.connection() as gateway:
            run = Run(
                gateway=gateway,
                worklist=self.worklist,
                journal=journal,
                delivery=self.files or self.kept,
                words=self.words,
                watch=lambda done, total: self.seen.append((done, total)),
                also=self.also.append,
                now=lambda: datetime.now(UTC) + self.later,
                doubting=lambda count: self.doubting(count),
            )
            task = asyncio.create_task(issue(run))
            if during:
                await during()
                task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            self.stopped, self.was_interrupted = run.stopped, run.was_interrupted
            self.is_recorded = run.is_recorded
        journal.close()

    def stop_after_asking(self, name: str) -> None:
        """A run that was killed right before or after its request was sent: nobody knows."""
        journal = self._journal(entries(name))
        journal.note(self.worklist, self.worklist.get(0), "begun")
        journal.close()

    def _journal(self, people: Iterable[Entry]) -> Journal:
        if self.run:
            self.worklist.close()
            journal, _, self.worklist = resume(self.folder, self.run)
            return journal
        journal = begin(self.folder, ABOUT)
        self.run = journal.run
        for entry in people or entries():
            self.worklist.add(entry)
        journal.plan(self.worklist)
        return journal

    @property
    def states(self) -> list[str]:
        return [entry.state for entry in self.worklist.entries()]

    @property
    def works(self) -> dict[str, bool]:
        """Whether the last passcode that each person was given is the one that opens their account."""
        from tapctl.sandbox.passes import find_pass, is_code

        found = {}
        for name, codes in self.kept.passcodes.items():
            held = find_pass(self.tenant.store, PEOPLE[name.partition("@")[0]])
            found[name] = held is not None and is_code(held, codes[-1])
        return found

    @property
    def record(self) -> str:
        return (self.folder / f"{self.run}.issue.jsonl").read_text(encoding="utf-8")


def is_creation(scope: Message) -> bool:
    return scope.get("method") == "POST" and str(scope.get("path")).endswith(PATH)


def losing(count: int, *, is_made: bool = True) -> Around:
    """The answers to the first creations never come, whether the service made a pass or not."""

    async def lose(send: Send) -> None:
        raise ConnectionResetError("the answer was lost")

    return _instead(count, lose, is_made=is_made)


def _instead(count: int, answer: Callable[[Send], Awaitable[None]], *, is_made: bool) -> Around:
    """The first creations get another answer, whether the service made a pass or not."""
    left = [count]

    def wrap(app: AsgiApp) -> AsgiApp:
        async def odd(scope: Message, receive: Receive, send: Send) -> None:
            if not is_creation(scope) or not left[0]:
                await app(scope, receive, send)
                return
            left[0] -= 1
            if is_made:
                await app(scope, receive, _nowhere)
            await answer(send)

        return odd

    return wrap


def late(app: AsgiApp) -> AsgiApp:
    """The first creation is only carried out after the second."""
    first: list[tuple[Message, Message]] = []
    count = [0]

    async def slow(scope: Message, receive: Receive, send: Send) -> None:
        if not is_creation(scope):
            await app(scope, receive, send)
            return
        count[0] += 1
        if count[0] == 1:
            first.append((scope, {**await receive(), "more_body": False}))
            raise ConnectionResetError("the answer was lost")
        await app(scope, receive, send)
        for kept, body in first:

            async def again(body: Message = body) -> Message:
                return body

            await app(kept, again, _nowhere)

    return slow


@dataclass
class HeldBack:
    """The first creation gets no answer, and is carried out when it is let go."""

    app: AsgiApp | None = None
    kept: list[tuple[Message, Message]] = field(default_factory=list)

    def __call__(self, app: AsgiApp) -> AsgiApp:
        self.app = app

        async def slow(scope: Message, receive: Receive, send: Send) -> None:
            if not is_creation(scope) or self.kept:
                await app(scope, receive, send)
                return
            self.kept.append((scope, {**await receive(), "more_body": False}))
            raise ConnectionResetError("the answer was lost")

        return slow

    async def let_go(self) -> None:
        scope, body = self.kept[0]

        async def again() -> Message:
            return body

        assert self.app is not None
        await self.app(scope, again, _nowhere)


def stealing(app: AsgiApp) -> AsgiApp:
    """The first creation never arrives, and somebody else's does."""
    left = [1]

    async def other(scope: Message, receive: Receive, send: Send) -> None:
        if not is_creation(scope) or not left[0]:
            await app(scope, receive, send)
            return
        left[0] -= 1
        await receive()
        body = b'{"lifetimeInMinutes": 90, "isUsableOnce": true}'

        async def theirs() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await app(scope, theirs, _nowhere)
        raise ConnectionResetError("the answer was lost")

    return other


def dated(ahead: timedelta) -> Around:
    """Answers have a date, by a clock that is so far ahead."""

    def wrap(app: AsgiApp) -> AsgiApp:
        async def odd(scope: Message, receive: Receive, send: Send) -> None:
            async def with_date(message: Message) -> None:
                if message["type"] == "http.response.start":
                    date = format_datetime(datetime.now(UTC) + ahead, usegmt=True)
                    message = {**message, "headers": [*message["headers"], (b"date", date.encode())]}
                await send(message)

            await app(scope, receive, with_date)

        return odd

    return wrap


def nameless(app: AsgiApp) -> AsgiApp:
    """Passes are listed without their ids."""

    async def odd(scope: Message, receive: Receive, send: Send) -> None:
        async def without(message: Message) -> None:
            body = message.get("body", b"")
            await send({**message, "body": body.replace(b'"id"', b'"iD"')} if body else message)

        is_list = scope.get("method") == "GET" and str(scope.get("path")).endswith(PATH)
        await app(scope, receive, without if is_list else send)

    return odd


async def _nowhere(message: Message) -> None: ...


def answering(status: int, count: int = 1, body: bytes = b"{}", *, is_made: bool = False) -> Around:
    """The first creations are answered so."""

    async def answer(send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return _instead(count, answer, is_made=is_made)


async def make(tenant: Tenant, name: str, lifetime: int = 60) -> str:
    """Somebody else makes a pass; its passcode."""
    async with tenant.connection() as gateway:
        body: JsonObject = {"lifetimeInMinutes": lifetime, "isUsableOnce": True}
        answer = await gateway.send("POST", f"users/{PEOPLE[name]}/{PATH}", body)
        return str((answer or {})["temporaryAccessPass"])


def by_hand(tenant: Tenant, name: str, lifetime: int = 60) -> str:
    return asyncio.run(make(tenant, name, lifetime))
