"""Published exports of real tenants, with a directory for the ids in them, and what a dump of one says."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
POLICIES = "identity/conditionalAccess/policies"
LOCATIONS = "identity/conditionalAccess/namedLocations"
CONTEXTS = "identity/conditionalAccess/authenticationContextClassReferences"
STRENGTHS = "policies/authenticationStrengthPolicies"
MANAGED = (POLICIES, LOCATIONS, STRENGTHS, CONTEXTS, "policies/authenticationMethodsPolicy")
COLLECTIONS = {"ca-policy": POLICIES, "named-location": LOCATIONS, "auth-strength": STRENGTHS}
FILES = ("conditional-access-policies", "named-locations", "authentication-strengths")
GLASS = {
    "id": "6b000000-0000-4000-8000-000000000001",
    "userPrincipalName": "glass@example.com",
    "accountEnabled": True,
}

Tenant = dict[str, list[dict[str, Any]]]

# Where a policy holds ids, and of what: the collection in which the sandbox looks for them.
REFERRED = {
    "Users": "users",
    "Groups": "groups",
    "Roles": "directoryRoleTemplates",
    "Applications": "servicePrincipals",
    "ServicePrincipals": "servicePrincipals",
    "Locations": LOCATIONS,
    "AuthenticationContextClassReferences": CONTEXTS,
    "termsOfUse": "identityGovernance/termsOfUse/agreements",
}
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
TRUSTED_IPS = "00000000-0000-0000-0000-000000000000"  # a legacy location that no list shows


def exports() -> dict[str, Tenant]:
    """Each tenant's objects by Graph collection; of objects with one id, the first."""
    found: defaultdict[str, defaultdict[str, dict[str, dict[str, Any]]]]
    found = defaultdict(lambda: defaultdict(dict))
    for name in FILES if CORPUS.is_dir() else ():
        for line in (CORPUS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if record["origin"] == "tenant-export" and record["object"].get("policyType") != "builtIn":
                tenant = record["source"].partition("@")[0]
                collection = found[tenant][COLLECTIONS[record["kind"]]]
                collection.setdefault(record["object"]["id"], record["object"])
    return {
        tenant: {path: list(objects.values()) for path, objects in collections.items()}
        for tenant, collections in found.items()
    }


def with_directory(tenant: Tenant) -> Tenant:
    """The export, a break-glass account, and an object for every id that it mentions and does not have."""
    found = {path: {item["id"].lower(): item for item in items} for path, items in tenant.items()}
    found.setdefault("users", {})[GLASS["id"]] = GLASS
    for policy in tenant.get(POLICIES, []):
        for collection, object_id in mentioned(policy):
            found.setdefault(collection, {}).setdefault(object_id.lower(), made(collection, object_id))
        strength = (policy.get("grantControls") or {}).get("authenticationStrength") or {}
        if strength and strength.get("policyType") != "builtIn":
            found.setdefault(STRENGTHS, {}).setdefault(strength["id"].lower(), strength)
    return {path: list(items.values()) for path, items in found.items()}


def mentioned(policy: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The ids in a policy, and the collections that they belong to."""
    blocks = [*(policy.get("conditions") or {}).values(), policy.get("grantControls")]
    for block in filter(lambda block: isinstance(block, dict), blocks):
        for name, values in block.items():
            collection = REFERRED.get(re.sub("^(include|exclude)", "", name))
            for value in values if collection and isinstance(values, list) else ():
                if (GUID.fullmatch(value) or collection == CONTEXTS) and value != TRUSTED_IPS:
                    yield str(collection), value


def made(collection: str, object_id: str) -> dict[str, Any]:
    """An object of the collection, called by its id."""
    named = {"id": object_id, "displayName": f"{collection.rpartition('/')[2]} {object_id}"}
    match collection:
        case "users":
            return {"id": object_id, "userPrincipalName": f"{object_id}@example.com", "accountEnabled": True}
        case "groups":
            return {**named, "groupTypes": [], "securityEnabled": True}
        case "servicePrincipals":
            return {**named, "appId": object_id}
        case "identity/conditionalAccess/namedLocations":
            ranges = [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24"}]
            return {**named, "@odata.type": "#microsoft.graph.ipNamedLocation", "ipRanges": ranges}
        case _:
            return named


# The only values that count as absent, and why a service that is told neither has the same policy.
# Numbers are sections of ../shared/graph-facts.md.
SAME: Mapping[str, tuple[Any, ...]] = {
    # Not in v1.0's schema, null in 129 and 30 of the exported policies; such keys are never sent back (7.6).
    "agents": (None,),
    "blockSensitiveActions": (None,),
    # v1.0 has only the device filter (7.2), which stands beside them; they hold nothing.
    # https://learn.microsoft.com/graph/api/resources/conditionalaccessdevices
    "includeDevices": ([],),
    "excludeDevices": ([],),
    "includeDeviceStates": ([],),
    "excludeDeviceStates": ([],),
    # Resilience defaults are on unless this is true.
    # https://learn.microsoft.com/graph/api/resources/conditionalaccesssessioncontrols
    "disableResilienceDefaults": (False, None),
    # No text: of the 14 exported strengths (9) two say "", and a service may say null instead (7.5).
    "description": ("", None),
    # Its default (8): one export of this type says false, where another service may say nothing.
    "compliantNetworkNamedLocation/isTrusted": (False,),
}


def _is_nothing(name: str, value: Any) -> bool:
    return any(value == nothing and type(value) is type(nothing) for nothing in SAME.get(name, ()))


_OF_SERVICE = {"id", "createdDateTime", "modifiedDateTime", "deletedDateTime", "templateId"}


def content(dump: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a dump says, by collection: names for the ids of managed objects, and nothing the service owns.

    Compared exactly: null, absent, empty and false differ, but for what `SAME` lists. Lists of words and ids
    have no order.
    """
    names = {
        item["id"].lower(): f"{path}: {item.get('displayName')}"
        for path in MANAGED
        for item in dump.get(path) or ()
        if isinstance(item, dict)
    }
    return {
        path: sorted(json.dumps(_said(item, names), sort_keys=True) for item in dump[path])
        for path in MANAGED
        if isinstance(dump.get(path), list)
    }


def _said(value: Any, names: Mapping[str, str], key: str = "") -> Any:
    match value:
        case dict():
            found = {
                name: _said(item, names, name)
                for name, item in value.items()
                if not _is_owned(name, item, key)
            }
            own = str(value.get("@odata.type")).rpartition(".")[2]
            return {
                name: item
                for name, item in found.items()
                if not (_is_nothing(name, item) or _is_nothing(f"{own}/{name}", item))
            }
        case list():
            return sorted((_said(item, names, key) for item in value), key=json.dumps)
        case str():
            return names.get(value.lower(), value)
        case _:
            return value


def _is_owned(name: str, value: Any, key: str) -> bool:
    """The id of a policy's strength is the policy's own; of types only those that say what a thing is."""
    if name == "id":
        return key != "authenticationStrength"
    if name == "@odata.type":
        return not str(value).endswith(("NamedLocation", "CidrRange", "ExternalTenants"))
    return name in _OF_SERVICE or name.startswith(("#", "@microsoft")) or "@odata." in name
