"""A real tenant as a gateway: endpoint and the token's tenant are checked before anything is sent."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from tapctl.graph.clouds import allowed_hosts, check_endpoint, cloud_named
from tapctl.graph.credentials import sign_in
from tapctl.graph.gateway import Gateway
from tapctl.graph.pace import Progress
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
    environ = os.environ if environ is None else environ
    microsoft = cloud_named(cloud)
    base_url = check_endpoint(graph_endpoint or microsoft.graph, microsoft, allowed_hosts(environ))
    tokens, caller = await sign_in(
        Setting(
            environment=environment,
            tenant_id=tenant_id,
            cloud=microsoft,
            endpoint=base_url,
            environ=environ,
            is_terminal=sys.stdin.isatty() and sys.stderr.isatty(),
        )
    )
    from tapctl.graph.sdk import SdkWire, client_for

    return Gateway(
        SdkWire(client_for(base_url), tokens, base_url),
        base_url=base_url,
        environment=environment,
        tenant_id=tenant_id,
        caller=caller,
        ca_requests_per_second=ca_requests_per_second,
        passes_per_second=passes_per_second,
        progress=progress,
    )
