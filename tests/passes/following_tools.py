"""The seeded company with its passes, asked through a gateway as the commands ask it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx

from tapctl.graph.gateway import Gateway
from tapctl.graph.sandbox import AsgiApp, connect_sandbox
from tapctl.model import JsonObject
from tapctl.sandbox import Misbehaviour, MovedClock, Store, create_app, load, register, reset, sign_in

T = TypeVar("T")
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
MIA, YUSUF, CHLOE, INGRID, JONAS = (
    f"{name}@nordwind.example"
    for name in ("mia.larsen", "yusuf.demir", "chloe.martin", "ingrid.solberg", "jonas.weber")
)
IDS = {
    MIA: "10000000-0000-4000-8000-000000000101",
    YUSUF: "10000000-0000-4000-8000-000000000102",
    CHLOE: "10000000-0000-4000-8000-000000000103",
    INGRID: "10000000-0000-4000-8000-000000000001",
    JONAS: "10000000-0000-4000-8000-000000000010",
}
NEW_HIRES = "20000000-0000-4000-8000-000000000002"
BASE = "https://graph.test/v1.0/"


class Company:
    """Its clock stands at noon and moves when it is told to; the gateway asks with the same clock."""

    def __init__(self, tenant: Mapping[str, Any] | None = None) -> None:
        self.clock = MovedClock(lambda: NOON)
        self.store = Store(clock=self.clock)
        if tenant is None:
            reset(self.store)
        else:
            load(self.store, tenant)
        self.app: AsgiApp = create_app(self.store)
        self.codes: dict[str, str] = {}

    @property
    def now(self) -> datetime:
        return self.clock()

    def wait(self, **time: float) -> None:
        self.clock.move_on(timedelta(**time))

    def misbehave(self, **how: Any) -> None:
        self.app = create_app(self.store, misbehaviour=Misbehaviour(**how))

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """What somebody else does meanwhile."""
        return asyncio.run(self.sent(method, path, body))

    async def sent(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": "Bearer sandbox"}
        transport = httpx.ASGITransport(create_app(self.store))
        async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as http:
            answer = await http.request(method, path, json=body)
            assert answer.status_code < 400, answer.text
            return answer.json() if answer.content else None

    def issue(self, name: str, **wishes: Any) -> str:
        """Somebody gets a pass; returns its id."""
        made = self.send("POST", f"users/{name}/authentication/temporaryAccessPassMethods", wishes)
        self.codes[name] = made["temporaryAccessPass"]
        return str(made["id"])

    def sign_in(self, name: str, method: str | None = None) -> None:
        """Somebody uses their pass, and registers a method."""
        session = sign_in(self.store, name, self.codes[name]).session
        assert session is not None
        if method is not None:
            register(self.store, session, method)

    def give(self, name: str, kind: str, **more: Any) -> None:
        """Somebody has a method, however they came by it."""
        item: JsonObject = {
            "@odata.type": f"#microsoft.graph.{kind}AuthenticationMethod",
            "id": f"{kind}-{name}",
            "createdDateTime": f"{self.now:%Y-%m-%dT%H:%M:%SZ}",
            **more,
        }
        self.store.put(f"users/{IDS[name]}/authentication/methods", item)

    def passes(self, name: str) -> list[Any]:
        return list(self.send("GET", f"users/{name}/authentication/temporaryAccessPassMethods")["value"])

    def ask(self, question: Callable[[Gateway], Awaitable[T]]) -> T:
        async def main() -> T:
            async with await connect_sandbox(self.app, environment="sandbox") as gateway:
                return await question(gateway)

        return asyncio.run(main())
