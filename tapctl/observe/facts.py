"""What may stop a change before it starts: security defaults, migration state, licences."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from tapctl.kind import Kind
from tapctl.model import Json, TenantFacts
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
        is_licensed=None if licences is None else any(map(brings_premium, licences)),
    )


def brings_premium(licence: Mapping[str, Json]) -> bool:
    """Whether a subscription brings Entra ID P1 or P2."""
    plans = licence.get("servicePlans")
    names = (
        [plan.get("servicePlanName") for plan in plans if isinstance(plan, dict)]
        if isinstance(plans, list)
        else []
    )
    return any(str(name).startswith("AAD_PREMIUM") for name in names)
