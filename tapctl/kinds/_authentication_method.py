"""What the authentication-method configurations share: one singleton each, PATCHed by what changed."""

from __future__ import annotations

from typing import Any

from tapctl.kind import Kind

_COLLECTION = "policies/authenticationMethodsPolicy/authenticationMethodConfigurations"


def method_configuration(name: str, method: str, odata_type: str, **irregular: Any) -> Kind:
    """The Kind of one method; `method` is its id in Graph.

    Include and exclude targets are always sent whole: whether PATCH merges them is not documented
    (authenticationmethodspolicies-overview, checked 2026-11). `@odata.type` must be in the body.
    """
    return Kind(
        name=name,
        path=f"{_COLLECTION}/{method}",
        documentation=f"https://learn.microsoft.com/graph/api/resources/{odata_type.lower()}",
        read_permission="Policy.Read.AuthenticationMethod",
        write_permissions=("Policy.ReadWrite.AuthenticationMethod",),
        singleton=True,
        odata_type=f"#microsoft.graph.{odata_type}",
        **irregular,
    )
