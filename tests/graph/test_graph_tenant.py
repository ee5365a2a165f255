from __future__ import annotations

import asyncio

import pytest
from graph_servers import TENANT, jwt, serving
from graph_tools import Notes, Reply, Script, page

from tapctl.errors import CredentialsError, Refused, UsageError
from tapctl.graph.gateway import Gateway
from tapctl.graph.tenant import connect_tenant
from tapctl.model import JsonObject


async def connect(url: str | None, token: str = jwt(scp="x", upn="ada"), cloud: str = "global") -> Gateway:
    return await connect_tenant(
        environment="production",
        tenant_id=TENANT,
        cloud=cloud,
        graph_endpoint=url,
        ca_requests_per_second=0,
        progress=Notes(),
        environ={"TAPCTL_ACCESS_TOKEN": token, "PATH": ""},
    )


def test_a_server_on_loopback_is_read_with_the_token() -> None:
    app = Script(
        lambda seen: page({"id": "1"}, next_link=f"http://{seen.headers['host']}/v1.0/groups?p=2"), page()
    )

    async def main(url: str) -> list[JsonObject]:
        async with await connect(url) as gateway:
            assert (gateway.environment, gateway.tenant_id, gateway.is_sandbox) == (
                "production",
                TENANT,
                False,
            )
            assert gateway.caller.name == "ada"
            return await gateway.list("groups")

    with serving(app) as url:
        assert asyncio.run(main(url)) == [{"id": "1"}]
    assert app.seen[1].url == "/v1.0/groups?p=2"
    assert app.seen[1].headers["authorization"] == f"Bearer {jwt(scp='x', upn='ada')}"


def test_nothing_is_sent_with_the_token_of_another_tenant() -> None:
    app = Script(Reply())

    with serving(app) as url, pytest.raises(CredentialsError, match="other"):
        asyncio.run(connect(url, jwt(tid="other")))
    assert app.seen == []


def test_another_host_is_refused_before_signing_in() -> None:
    with pytest.raises(Refused, match="TAPCTL_ALLOWED_GRAPH_HOSTS"):
        asyncio.run(connect("https://evil.example", "opaque"))


def test_an_unknown_cloud_is_refused() -> None:
    with pytest.raises(UsageError, match="mars"):
        asyncio.run(connect(None, cloud="mars"))


def test_without_an_endpoint_it_is_the_cloud_s() -> None:
    async def main() -> str:
        async with await connect(None, cloud="usgov") as gateway:
            return gateway.base_url

    assert asyncio.run(main()) == "https://graph.microsoft.us"
