"""A tenant that holds objects made from the schemas, and everything that such objects refer to."""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from schema_objects import LISTED, SINGLE, Style, specs, texts
from trial import Tenant

from tapctl.kinds import kinds
from tapctl.sandbox.seed import GROUPS, PEOPLE, numbered

EXAMPLES = 3000 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 25
few = settings(
    max_examples=EXAMPLES,
    phases=set(Phase) - {Phase.shrink},  # shrinking objects this large takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

NOBODY = "9E000000-0000-4000-8000-00000000000A"
IDS = {
    "User": [*PEOPLE.values()][:3],
    "Group": [*GROUPS.values()][:4],
    "Role": ["62e90394-69f5-4237-9190-012177145e10", "194ae4cb-b126-40b2-bd5b-6091b380977d"],
    "Application": ["00000002-0000-0ff1-ce00-000000000000", "797f4846-ba00-4fd7-ba43-dac1f8f63013"],
    "ServicePrincipal": [numbered(3, 1), numbered(3, 2)],
    "NamedLocation": [numbered(5, 1), numbered(5, 2)],
    "AuthenticationStrength": [
        "00000000-0000-0000-0000-000000000002",
        "00000000-0000-0000-0000-000000000004",
    ],
    "AuthenticationContext": ["c1", "c2"],
    "TermsOfUse": [numbered(7, 1)],
}
CONTEXTS = "identity/conditionalAccess/authenticationContextClassReferences"
AGREEMENTS = "identityGovernance/termsOfUse/agreements"
METHODS = "policies/authenticationMethodsPolicy"


def company() -> Tenant:
    """The seeded tenant, with everything that drawn objects refer to and room for them."""
    tenant = Tenant()
    tenant.clear("identity/conditionalAccess/policies")
    for name in IDS["AuthenticationContext"]:
        tenant.put(CONTEXTS, id=name, displayName=f"Context {name}", isAvailable=True)
    tenant.put(AGREEMENTS, id=IDS["TermsOfUse"][0], displayName="House rules")
    return tenant


def by_id(wanted: Sequence[str]) -> st.SearchStrategy[str]:
    known = [object_id for kind in wanted for object_id in IDS[kind]]
    is_odd = "AuthenticationContext" in wanted or "AuthenticationStrength" in wanted
    return st.sampled_from(known if is_odd else [*known, known[0].upper(), NOBODY])


ANSWERS = Style(refer=by_id, is_answer=True)


@st.composite
def held(draw: st.DrawFn, names: Sequence[str] = ()) -> dict[str, list[dict[str, Any]]]:
    """Some objects of some kinds, as a tenant answers with them, under the first of `names` or any name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for kind in draw(st.lists(st.sampled_from((*LISTED, *SINGLE)), min_size=1, max_size=4, unique=True)):
        many = 1 if kinds()[kind].singleton else draw(st.integers(1, 3))
        found[kind] = [draw(specs(kind, ANSWERS)) for _ in range(many)]
        for number, item in enumerate(found[kind]):
            any_name = st.one_of(texts, st.sampled_from(("Same name", "same name")))
            item["displayName"] = names[number] if names else draw(any_name)
    return found


def fill(tenant: Tenant, objects: dict[str, list[dict[str, Any]]]) -> None:
    for name, items in objects.items():
        kind = kinds()[name]
        for number, item in enumerate(items):
            put(tenant, name, {"id": numbered(8, number + 1), **copy.deepcopy(item)}, kind.path)


def put(tenant: Tenant, name: str, item: dict[str, Any], path: str) -> None:
    """Where the sandbox keeps an object of the kind."""
    kind = kinds()[name]
    if name == "AuthenticationMethodsPolicy":
        before = tenant.store.get(METHODS, "authenticationMethodsPolicy") or {}
        tenant.store.put(METHODS, {**before, **item, "id": "authenticationMethodsPolicy"})
        return
    if kind.odata_type:
        item["@odata.type"] = kind.odata_type
    if kind.singleton:
        path, _, own = path.rpartition("/")
        item["id"] = own
    if name == "AuthenticationStrength":
        item["policyType"] = "custom"
        for number, restriction in enumerate(item.get("combinationConfigurations") or []):
            restriction["id"] = numbered(9, number + 1)
    tenant.store.put(path, item)
