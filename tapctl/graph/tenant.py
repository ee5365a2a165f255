"""A real tenant as a gateway: endpoint and the token's tenant are checked before anything is sent."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from tapctl.graph.clouds import allowed_hosts, check_endpoint, cloud_named
from tapctl.graph.credentials import TenantTokens, sign_in
from tapctl.graph.gateway import Caller, Gateway
from tapctl.graph.pace import Progress
from tapctl.graph.retry import Patience
from tapctl.graph.ways import Setting


async def connect_tenant(
    *,
    environment: str,
    tenant_id: str,
    cloud: str = "global",
    graph_endpoint: str | None = None,
    ca_requests_per_second: float = 1,
    passes_per_second: float = 0.5,
    progress: Progress | None = None,
    environ: Mapping[str, str] | None = None,
) -> Gateway:
    """A gateway to the tenant of an environment.

    Raises Refused for an endpoint that may not see a token, CredentialsError when no way to sign in works or
    the token is another tenant's, UsageError for an unknown cloud.
    """
    setting = tenant_setting(
        environment=environment,
        tenant_id=tenant_id,
        cloud=cloud,
        graph_endpoint=graph_endpoint,
        environ=os.environ if environ is None else environ,
    )
    tokens, caller = await sign_in(setting)
    return tenant_gateway(
        setting,
        tokens,
        caller,
        ca_requests_per_second=ca_requests_per_second,
        passes_per_second=passes_per_second,
        progress=progress,
    )


def tenant_setting(
    *,
    environment: str,
    tenant_id: str,
    cloud: str,
    graph_endpoint: str | None,
    environ: Mapping[str, str],
) -> Setting:
    """Where to sign in for what. Raises Refused for an endpoint that may not see a token, UsageError for an
    unknown cloud."""
    microsoft = cloud_named(cloud)
    return Setting(
        environment=environment,
        tenant_id=tenant_id,
        cloud=microsoft,
        endpoint=check_endpoint(graph_endpoint or microsoft.graph, microsoft, allowed_hosts(environ)),
        environ=environ,
        is_terminal=sys.stdin.isatty() and sys.stderr.isatty(),
    )


def tenant_gateway(
    setting: Setting,
    tokens: TenantTokens,
    caller: Caller,
    *,
    ca_requests_per_second: float,
    passes_per_second: float,
    progress: Progress | None = None,
    patience: Patience | None = None,
) -> Gateway:
    """A gateway for whoever has signed in; closing it closes the tokens too."""
    from tapctl.graph.sdk import SdkWire, client_for

    return Gateway(
        SdkWire(client_for(setting.endpoint), tokens, setting.endpoint),
        base_url=setting.endpoint,
        environment=setting.environment,
        tenant_id=setting.tenant_id,
        caller=caller,
        ca_requests_per_second=ca_requests_per_second,
        passes_per_second=passes_per_second,
        patience=patience,
        progress=progress,
    )
