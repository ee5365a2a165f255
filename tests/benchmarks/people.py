"""A company with many people and passes, asked in this process: requests, and what long logs take."""

from __future__ import annotations

import asyncio
import json
import re
import time
import tracemalloc
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tapctl.graph.gateway import Gateway
from tapctl.graph.sandbox import SANDBOX_URL, AsgiApp, connect_sandbox
from tapctl.model import JsonObject
from tapctl.passes.applicants import Applicants
from tapctl.passes.holdings import look_at_passes
from tapctl.passes.people import Person
from tapctl.passes.rules import read_rules
from tapctl.passes.status import follow
from tapctl.passes.who import Chosen
from tapctl.pipeline import check
from tapctl.sandbox import Store, create_app, reset
from tapctl.sandbox.seed import PEOPLE

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


async def list_people(gateway: Gateway, names: list[str]) -> None:
    """The pass of each: Graph has no list of them."""
    await look_at_passes(gateway, [f"50000000-0000-4000-8000-{number:012}" for number in range(len(names))])


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
            await follow(gateway, chosen, {}, datetime.now(UTC))
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
