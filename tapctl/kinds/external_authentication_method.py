"""ExternalAuthenticationMethod: another maker's second factor, the only method that can be added."""

from __future__ import annotations

from tapctl.kind import Kind, Lookup
from tapctl.kinds._authentication_method import CONFIGURATIONS, METHODS_POLICY, READ, WRITE, target_rules

KIND = Kind(
    name="ExternalAuthenticationMethod",
    path=CONFIGURATIONS,
    rules=target_rules,
    documentation="https://learn.microsoft.com/graph/api/resources/externalauthenticationmethodconfiguration",
    read_permission=READ,
    write_permissions=(WRITE,),
    lookup=Lookup(kind="ExternalAuthenticationMethod", path=CONFIGURATIONS, by="list", permission=READ),
    odata_type="#microsoft.graph.externalAuthenticationMethodConfiguration",
    inside=METHODS_POLICY,
)
