"""What may stop a change before it starts: security defaults, migration state, licences."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from tapctl.kind import Kind
from tapctl.licences import service_plans
from tapctl.model import TenantFacts
from tapctl.observe.reading import Reading
from tapctl.observe.wanted import METHODS_POLICY

_POLICIES = "ConditionalAccessPolicy"


async def read_facts(reading: Reading, observed: Iterable[Kind]) -> None:
    """What may stop a change before it starts; read where permitted."""
    if not any(kind.name == _POLICIES for kind in observed):
        return
    gateway = reading.gateway
    defaults, methods, licences = await asyncio.gather(
        reading.optional(
            "security defaults", gateway.get("policies/identitySecurityDefaultsEnforcementPolicy")
        ),
        reading.optional("migration state", reading.get(METHODS_POLICY)),
        reading.optional("licences", gateway.list("subscribedSkus")),
    )
    reading.facts = TenantFacts(
        security_defaults=None if defaults is None else defaults.get("isEnabled") is True,
        migration_state=None if methods is None else str(methods.get("policyMigrationState")),
        service_plans=None if licences is None else service_plans([*licences]),
    )
