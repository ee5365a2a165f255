"""Questions that several resources ask about the tenant as a whole: what is there, and what is licensed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set

from tapctl.sandbox.roles import TEMPLATES
from tapctl.sandbox.store import Store
from tapctl.sandbox.strength_facts import BUILT_IN

POLICIES = "identity/conditionalAccess/policies"
LOCATIONS = "identity/conditionalAccess/namedLocations"
CONTEXTS = "identity/conditionalAccess/authenticationContextClassReferences"
STRENGTHS = "policies/authenticationStrengthPolicies"
AGREEMENTS = "identityGovernance/termsOfUse/agreements"
SECURITY_DEFAULTS = "policies/identitySecurityDefaultsEnforcementPolicy"
DEVICE_REGISTRATION = "policies/deviceRegistrationPolicy"
SKUS = "subscribedSkus"
COLLECTIONS = {
    "user": "users",
    "group": "groups",
    "service principal": "servicePrincipals",
    "named location": LOCATIONS,
    "authentication context": CONTEXTS,
    "terms of use": AGREEMENTS,
}


def known_ids(store: Store, kind: str) -> Collection[str]:
    """Lower-case ids of everything that a reference of this kind may name."""
    if kind == "role template":
        return role_templates(store).keys()
    if kind == "application":
        return {str(item.get("appId", "")).lower() for item in store.objects("servicePrincipals").values()}
    if kind == "authentication strength":
        return {*BUILT_IN, *store.objects(STRENGTHS)}
    return store.objects(COLLECTIONS[kind]).keys() if kind in COLLECTIONS else ()


def role_templates(store: Store) -> Mapping[str, str]:
    """The names of roles by template id: Microsoft's, and newer ones that a loaded tenant brought along."""
    loaded = store.objects("directoryRoleTemplates").items()
    return {**TEMPLATES, **{key: str(item.get("displayName", key)) for key, item in loaded}}


def is_licensed(store: Store) -> bool:
    """Is there Entra ID P1 in any subscription?"""
    return bool({"AAD_PREMIUM", "AAD_PREMIUM_P2"} & service_plans(store))


def service_plans(store: Store) -> Set[str]:
    return {
        plan.get("servicePlanName", "")
        for sku in store.objects(SKUS).values()
        if sku.get("capabilityStatus", "Enabled") == "Enabled"
        for plan in sku.get("servicePlans", [])
    }


def has_security_defaults(store: Store) -> bool:
    found = store.get(SECURITY_DEFAULTS, SECURITY_DEFAULTS_ID)
    return bool(found and found.get("isEnabled"))


SECURITY_DEFAULTS_ID = "00000000-0000-0000-0000-000000000005"
