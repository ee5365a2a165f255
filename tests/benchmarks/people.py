"""A company with many people and passes, asked in this process: how many requests that takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tapctl.graph.gateway import Gateway
from tapctl.graph.sandbox import connect_sandbox
from tapctl.passes.applicants import Applicants, read_passes, read_rules
from tapctl.pipeline import check
from tapctl.sandbox import Store, create_app, reset


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
    await read_passes(gateway, [f"50000000-0000-4000-8000-{number:012}" for number in range(len(names))])
