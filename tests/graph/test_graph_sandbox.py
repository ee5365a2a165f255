from __future__ import annotations

import asyncio

import pytest
from graph_tools import Reply, Script, error, page

from tapctl.errors import NotFound
from tapctl.graph.sandbox import connect_sandbox


def test_the_sandbox_says_which_tenant_it_is_and_who_asks() -> None:
    app = Script(page({"id": "tenant"}), Reply(200, {"id": "7", "userPrincipalName": "ada@contoso.example"}))

    async def main() -> None:
        async with await connect_sandbox(app, environment="demo") as gateway:
            assert (gateway.environment, gateway.tenant_id, gateway.is_sandbox) == ("demo", "tenant", True)
            assert (gateway.caller.kind, gateway.caller.id) == ("person", "7")
            assert gateway.caller.name == "ada@contoso.example"

    asyncio.run(main())
    assert app.seen[0].headers["authorization"] == "Bearer sandbox"
    assert app.seen[0].headers["host"] == "sandbox.invalid"


def test_a_caller_without_a_principal_name_goes_by_the_display_name() -> None:
    app = Script(page({"id": "tenant"}), Reply(200, {"id": "7", "displayName": "Ada"}))

    async def main() -> str:
        async with await connect_sandbox(app, environment="demo") as gateway:
            return gateway.caller.name

    assert asyncio.run(main()) == "Ada"


def test_a_sandbox_that_knows_no_organization_is_an_error() -> None:
    with pytest.raises(NotFound):
        asyncio.run(connect_sandbox(Script(error(404)), environment="demo"))
