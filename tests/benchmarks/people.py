"""A company with many people and passes, asked in this process: requests, and what long logs take."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tapctl.graph.gateway import Gateway
from tapctl.graph.sandbox import SANDBOX_URL, AsgiApp, connect_sandbox
from tapctl.model import JsonObject
from tapctl.passes.applicants import Applicants
from tapctl.passes.delivery import Made, Recipient
from tapctl.passes.doors import read_doors
from tapctl.passes.examine import Setting, examine
from tapctl.passes.holdings import look_at_passes
from tapctl.passes.issue_report import Account, json_of
from tapctl.passes.issuing.issue import issue
from tapctl.passes.issuing.journal_lines import About
from tapctl.passes.issuing.noting import Run
from tapctl.passes.issuing.runs import begin
from tapctl.passes.issuing.worklist import Entry, Worklist
from tapctl.passes.people import Person
from tapctl.passes.roster import Entry as Row
from tapctl.passes.roster import Wanted, read_roster
from tapctl.passes.rules import read_rules
from tapctl.passes.secret import Secret
from tapctl.passes.status import follow
from tapctl.passes.who import Chosen
from tapctl.pipeline import check
from tapctl.report import Headline
from tapctl.sandbox import Store, create_app, reset
from tapctl.sandbox.seed import PEOPLE
from tapctl.text.times import Zones

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def requests(people: int, ask: Callable[[Gateway, list[str]], Awaitable[object]]) -> int:
    """How many `ask` sends about so many people."""
    store = Store()
    reset(store)
    names = [f"u{number}@example.com" for number in range(people)]
    for number, name in enumerate(names):
        store.put("users", {"id": f"50000000-0000-4000-8000-{number:012}", "userPrincipalName": name})

    async def main() -> int:
        async with await connect_sandbox(create_app(store), environment="sandbox") as gateway:
            before = gateway.sent
            await ask(gateway, names)
            return gateway.sent - before

    return asyncio.run(main())


async def check_people(gateway: Gateway, names: list[str]) -> None:
    """What `pass issue` looks up before the first pass, policies aside."""
    workspace = check(Path("policies"), "sandbox").workspace
    applicants = Applicants(gateway=gateway, rules=await read_rules(gateway, workspace))
    await applicants.find(names, are_few=False)
    applicants.close()


async def ask_policies(gateway: Gateway, names: list[str]) -> None:
    """What `pass issue` reads to know whether a pass opens anything, whoever gets it."""
    await read_doors(check(Path("policies"), "sandbox"), gateway, datetime.now(UTC).date())


async def list_people(gateway: Gateway, names: list[str]) -> None:
    """The pass of each: Graph has no list of them."""
    await look_at_passes(gateway, [f"50000000-0000-4000-8000-{number:012}" for number in range(len(names))])


def examine_roster(rows: int) -> None:
    """Check a roster of so many rows, plan the run and give an account of it. For a process of its own."""
    workspace = check(Path("policies"), "sandbox").workspace

    async def main(folder: Path) -> None:
        roster = folder / "roster.csv"
        with roster.open("w") as file:
            file.write("user\n")
            file.writelines(f"u{number}@example.com\n" for number in range(rows))
        async with await connect_sandbox(with_anybody(_seeded()), environment="sandbox") as gateway:
            setting = Setting(now=datetime.now(UTC))
            examined = await examine(gateway, workspace, _rows(roster), setting)
            journal = begin(folder, About(environment="sandbox", tenant_id="", by="", delivery="file"))
            journal.plan(examined.worklist)
            headline = Headline(environment="sandbox", tenant_id="", is_sandbox=True)
            account = Account(status="checked", headline=headline, worklist=examined.worklist)
            length = sum(map(len, json_of(account)))
            journal.close()
            if examined.worklist.count() != rows or length < rows:
                raise RuntimeError("somebody is missing")
            examined.worklist.close()

    with tempfile.TemporaryDirectory() as name:
        asyncio.run(main(Path(name)))


def _seeded() -> AsgiApp:
    store = Store()
    reset(store)
    return create_app(store)


async def _rows(roster: Path) -> AsyncIterator[Row]:
    for row in read_roster(roster, Wanted(user=""), Zones()):
        yield row


def with_anybody(app: AsgiApp) -> AsgiApp:
    """The same tenant, in which everybody who is asked for is there and holds no pass."""

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if not str(scope["path"]).endswith("/$batch"):
            await app(scope, receive, send)
            return
        body = b""
        while (message := await receive()).get("more_body"):
            body += message["body"]
        body += message["body"]
        found = [_of_anybody(request["url"]) for request in json.loads(body)["requests"]]
        if None in found:
            await app(scope, _once(body), send)
            return
        answers = [
            {"id": request["id"], "status": 200, "headers": {}, "body": {"value": value}}
            for request, value in zip(json.loads(body)["requests"], found, strict=True)
        ]
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps({"responses": answers}).encode()})

    return answer


def _of_anybody(url: str) -> list[JsonObject] | None:
    if url.endswith("/temporaryAccessPassMethods"):
        return []
    numbers = re.findall(r"'u(\d+)@example\.com'", unquote(url))
    users: list[JsonObject] = [
        {
            "id": f"50000000-0000-4000-8000-{int(number):012}",
            "userPrincipalName": f"u{number}@example.com",
            "accountEnabled": True,
        }
        for number in numbers
    ]
    return users or None


def _once(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What making passes took, once everybody was checked."""

    in_flight: int
    requests: int
    a_second: float


def issuing(people: int) -> Issued:
    """So many passes, made without a pace by a service that takes 20 ms for each."""
    store = Store()
    reset(store)
    worklist = Worklist()
    for number in range(people):
        user, name = f"50000000-0000-4000-8000-{number:012}", f"u{number}@example.com"
        store.put("users", {"id": user, "userPrincipalName": name, "accountEnabled": True})
        recipient = Recipient(id=user, name=name)
        worklist.add(Entry(number=number, recipient=recipient, lifetime=60, is_usable_once=True))
    service = Service(create_app(store))

    async def main(folder: Path) -> Issued:
        async with await connect_sandbox(service, environment="sandbox") as gateway:
            journal = begin(folder, About(environment="sandbox", tenant_id="", by="", delivery="kept"))
            journal.plan(worklist)
            before, started = gateway.sent, time.perf_counter()
            await issue(Run(gateway=gateway, worklist=worklist, journal=journal, delivery=Kept()))
            seconds = time.perf_counter() - started
            journal.close()
            if worklist.count("delivered") != people:
                raise RuntimeError("somebody has no pass")
            return Issued(in_flight=service.most, requests=gateway.sent - before, a_second=people / seconds)

    with tempfile.TemporaryDirectory() as name:
        return asyncio.run(main(Path(name)))


class Service:
    """A tenant in which making a pass takes its time, and that counts how many are made at a time."""

    def __init__(self, app: AsgiApp) -> None:
        self._app, self._now, self.most = app, 0, 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        is_creation = scope["method"] == "POST" and str(scope["path"]).endswith("temporaryAccessPassMethods")
        self._now += is_creation
        self.most = max(self.most, self._now)
        try:
            await asyncio.sleep(0.02 if is_creation else 0)
            await self._app(scope, receive, send)
        finally:
            self._now -= is_creation


class Kept:
    """A place for passcodes that takes no time."""

    kind, at_once, waits_for_a_person = "kept", 4, False
    target = proof = ""

    def prove(self) -> None: ...

    def objection(self, recipient: Recipient) -> str:
        return ""

    async def open(self, recipient: Recipient, void: str = "") -> Kept:
        return self

    async def deliver(self, made: Made, secret: Secret) -> None: ...

    async def close(self) -> None: ...


def following(rows: int, *, is_traced: bool) -> float:
    """`pass status` in a tenant whose logs have so many records each: seconds of CPU, or peak MB."""
    store = Store()
    reset(store)
    mia = PEOPLE["mia.larsen"]

    async def main() -> float:
        app = with_long_logs(create_app(store), mia, rows)
        async with await connect_sandbox(app, environment="sandbox") as gateway:
            wish: JsonObject = {"lifetimeInMinutes": 60, "isUsableOnce": True}
            await gateway.send("POST", f"users/{mia}/authentication/temporaryAccessPassMethods", wish)
            chosen = Chosen(people=(Person(id=mia, name="mia"),), basis=())
            if is_traced:
                tracemalloc.start()
            started = time.thread_time()
            await follow(gateway, chosen, {}, datetime.now(UTC), Path("none"))
            seconds = time.thread_time() - started
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return peak / 2**20 if is_traced else seconds

    return asyncio.run(main())


def with_long_logs(app: AsgiApp, user: str, rows: int) -> AsgiApp:
    """The same tenant, whose logs have so many records about this user, a thousand a page."""

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        make = _RECORDS.get(str(scope["path"]).removeprefix("/v1.0/"))
        if make is None:
            await app(scope, receive, send)
            return
        found = re.search(rb"skiptoken=(\d+)", scope["query_string"])
        start = int(found[1]) if found else 0
        page: JsonObject = {"value": [make(user, number) for number in range(start, min(start + 1000, rows))]}
        if start + 1000 < rows:
            page["@odata.nextLink"] = f"{SANDBOX_URL}{scope['path']}?$skiptoken={start + 1000}"
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(page).encode()})

    return answer


def _audit(user: str, number: int) -> JsonObject:
    """Of somebody else: a busy tenant's log is mostly about others."""
    return {
        "id": f"a{number}",
        "activityDateTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "activityDisplayName": "Admin registered security info",
        "category": "UserManagement",
        "loggedByService": "Authentication Methods",
        "result": "success",
        "resultReason": "Create Temporary Access Pass method for user",
        "initiatedBy": {"user": {"id": "ada", "userPrincipalName": "ada@nordwind.example"}, "app": None},
        "targetResources": [{"id": f"{number}-{user}", "userPrincipalName": "somebody@nordwind.example"}],
    }


def _sign_in(user: str, number: int) -> JsonObject:
    return {
        "id": f"s{number}",
        "createdDateTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "userId": user,
        "userPrincipalName": "mia.larsen@nordwind.example",
        "appDisplayName": "Office 365",
        "deviceDetail": {"deviceId": "", "operatingSystem": "Windows", "browser": "Edge"},
        "location": {"city": "Oslo", "countryOrRegion": "NO"},
        "status": {"errorCode": 0, "failureReason": None},
    }


_RECORDS: dict[str, Callable[[str, int], JsonObject]] = {
    "auditLogs/directoryAudits": _audit,
    "auditLogs/signIns": _sign_in,
}

if __name__ == "__main__":
    examine_roster(int(sys.argv[1]))
