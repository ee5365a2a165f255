"""What policies ask for → the licence that brings it, by the service plans that a tenant has. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tapctl.canonical import at
from tapctl.model import Json, JsonObject
from tapctl.shapes import as_objects

# https://learn.microsoft.com/graph/api/resources/subscribedsku: the others are over, or were never paid.
_VALID: Final = ("Enabled", "Warning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """What a subscription may bring: the service plans that begin with `plan` (names:
    https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference, checked 2026-11).

    Policies need it that have one of `conditions`, `asking` says of them; without any it is every policy.
    """

    name: str
    plan: str
    conditions: tuple[str, ...] = ()
    asking: str = ""

    @property
    def remedy(self) -> str:
        """What to do without it."""
        out = f"take {', '.join(self.conditions)} out, or " if self.conditions else ""
        return f"{out}buy or try Microsoft {self.name} for the tenant"

    def is_in(self, plans: Iterable[str]) -> bool:
        """Whether one of the tenant's service plans is this."""
        return any(plan.startswith(self.plan) for plan in plans)

    def is_needed(self, spec: Json) -> bool:
        """Whether a policy asks for what it brings."""
        return not self.conditions or any(at(spec, "conditions", name) for name in self.conditions)


P1: Final = Licence(name="Entra ID P1", plan="AAD_PREMIUM")
LICENCES: Final = (
    P1,
    # https://learn.microsoft.com/entra/id-protection/overview-identity-protection (licence requirements)
    Licence(
        name="Entra ID P2",
        plan="AAD_PREMIUM_P2",
        conditions=("userRiskLevels", "signInRiskLevels", "insiderRiskLevels"),
        asking="about risk",
    ),
    # https://learn.microsoft.com/entra/workload-id/workload-identities-faqs: part of no other product
    Licence(
        name="Entra Workload ID Premium",
        plan="AAD_WRKLDID_P",
        conditions=("clientApplications", "servicePrincipalRiskLevels"),
        asking="about workloads",
    ),
)


def service_plans(subscriptions: Json) -> frozenset[str]:
    """Of a tenant's subscribedSkus, what those bring that still hold."""
    return frozenset(
        str(plan.get("servicePlanName"))
        for sku in as_objects(subscriptions)
        if sku.get("capabilityStatus", "Enabled") in _VALID
        for plan in as_objects(sku.get("servicePlans"))
    )


def needing(licence: Licence, policies: Iterable[JsonObject]) -> int:
    """How many of these policies take the licence."""
    return sum(map(licence.is_needed, policies))
