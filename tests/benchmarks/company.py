"""A tenant and the workspace that declares it, of any size, made from numbers: the same every time."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from pathlib import Path

from tapctl.model import Json, JsonObject

TENANT = "7e000000-0000-4000-8000-000000000001"
_CONTROLS = (["mfa"], ["compliantDevice"], ["mfa", "compliantDevice"], ["block"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of each there is."""

    policies: int
    locations: int
    groups: int


def guid(kind: int, number: int) -> str:
    """A readable id."""
    return f"{kind}e000000-0000-4000-8000-{number:012}"


def tenant(size: Size) -> JsonObject:
    """What `tapctl sandbox load` takes."""
    accounts: list[Json] = [
        {
            "id": guid(1, number),
            "userPrincipalName": f"emergency-{number}@example.com",
            "accountEnabled": True,
        }
        for number in (1, 2)
    ]
    groups: list[Json] = [
        {"id": guid(2, number), "displayName": f"Group {number}", "securityEnabled": True, "groupTypes": []}
        for number in range(1, size.groups)
    ]
    glass: JsonObject = {
        "id": guid(2, 0),
        "displayName": "Break glass",
        "groupTypes": [],
        "securityEnabled": True,
    }
    return {
        "organization": [{"id": TENANT, "displayName": "Benchmark"}],
        "users": accounts,
        "groups": [{**glass, "members": [guid(1, 1), guid(1, 2)]}, *groups],
        "identity/conditionalAccess/namedLocations": [_location(number) for number in range(size.locations)],
        "identity/conditionalAccess/policies": [_policy(number, size) for number in range(size.policies)],
    }


def _location(number: int) -> JsonObject:
    return {
        "@odata.type": "#microsoft.graph.ipNamedLocation",
        "id": guid(5, number),
        "displayName": f"Office {number}",
        "isTrusted": number % 2 == 0,
        "ipRanges": [
            {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": f"10.{number % 256}.0.0/16"}
        ],
    }


def _policy(number: int, size: Size) -> JsonObject:
    return {
        "id": guid(4, number),
        "displayName": f"Policy {number:04}",
        "state": "enabled" if number % 3 else "enabledForReportingButNotEnforced",
        "conditions": {
            "clientAppTypes": ["all"],
            "users": {
                "includeGroups": [
                    guid(2, 1 + (5 * number + offset) % (size.groups - 1)) for offset in range(5)
                ],
                "excludeGroups": [guid(2, 0)],
            },
            "applications": {"includeApplications": ["All"]},
            "locations": {
                "includeLocations": ["All"],
                "excludeLocations": [guid(5, number % size.locations)],
            },
        },
        "grantControls": {"operator": "OR", "builtInControls": list(_CONTROLS[number % len(_CONTROLS)])},
    }


def write_workspace(folder: Path, size: Size, endpoint: str) -> None:
    """Documents that say what the tenant has, one file a policy, for the environment `bench`."""
    (folder / "environments").mkdir(parents=True)
    (folder / "policies").mkdir()
    (folder / "tapctl.yaml").write_text(
        "defaultEnvironment: bench\n"
        "breakGlass: {accounts: [emergency-1@example.com, emergency-2@example.com], groups: [Break glass]}\n"
    )
    (folder / "environments" / "bench.yaml").write_text(
        f"tenantId: {TENANT}\ngraphEndpoint: {endpoint}\ncaRequestsPerSecond: 0\npins:\n"
        f"  User/emergency-1@example.com: {guid(1, 1)}\n  User/emergency-2@example.com: {guid(1, 2)}\n"
        f"  Group/Break glass: {guid(2, 0)}\n"
    )
    locations = "".join(_location_document(number) for number in range(size.locations))
    (folder / "locations.yaml").write_text(locations)
    for number in range(size.policies):
        (folder / "policies" / f"{number:04}.yaml").write_text(_policy_document(number, size))


def write_methods(folder: Path, groups: int) -> None:
    """Passes for so many groups, and what they may register."""
    listed = ", ".join(f"Group {number}" for number in range(1, groups + 1))
    passes = f"{{state: enabled, isUsableOnce: true, includeTargets: [{listed}]}}"
    documents = [f"kind: TemporaryAccessPassPolicy\nspec: {passes}\n"]
    for kind in ("Fido2Policy", "MicrosoftAuthenticatorPolicy", "SmsPolicy"):
        documents.append(f"kind: {kind}\nspec: {{state: enabled, includeTargets: [{{id: all_users}}]}}\n")
    (folder / "methods.yaml").write_text("---\n".join(documents))


def write_alike(folder: Path, count: int) -> None:
    """So many policies for everybody that differ in nothing but their names."""
    (folder / "tapctl.yaml").write_text("{}\n")
    documents = (
        f"""kind: ConditionalAccessPolicy
name: Alike {number:04}
spec:
  state: enabled
  conditions:
    users: {{includeUsers: [All], excludeGroups: [Break glass]}}
    applications: {{includeApplications: [All]}}
    clientAppTypes: [all]
  grantControls: {{operator: OR, builtInControls: [mfa]}}
"""
        for number in range(count)
    )
    (folder / "all.yaml").write_text("---\n".join(documents))


def write_sign_in_tests(folder: Path, count: int, size: Size) -> None:
    """Tests of people in different groups, on different applications, each about one sign-in."""
    (folder / "tests").mkdir()
    documents = (
        "---\nkind: SignInTest\n"
        f"name: Sign-in {number}\n"
        "given:\n"
        f"  user: {{groups: [Group {1 + number % (size.groups - 1)}], registered: [password, fido2]}}\n"
        "  application: Office365\n  method: fido2\n  client: browser\n  platform: windows\n"
        "  risk: none\n  flow: none\n  device: unregistered\n"
        f"  location: {{country: DE, named: [Office {number % size.locations}]}}\n"
        "expect: {decisionAnyOf: [allow, challenge, register, block, unsatisfiable]}\n"
        for number in range(count)
    )
    (folder / "tests" / "all.yaml").write_text("".join(documents))


def _location_document(number: int) -> str:
    trusted = "true" if number % 2 == 0 else "false"
    return (
        f"---\nkind: NamedLocation\nname: Office {number}\n"
        f"spec: {{isTrusted: {trusted}, ipRanges: [10.{number % 256}.0.0/16]}}\n"
    )


def _policy_document(number: int, size: Size) -> str:
    state = "enabled" if number % 3 else "enabledForReportingButNotEnforced"
    groups = ", ".join(f"Group {1 + (5 * number + offset) % (size.groups - 1)}" for offset in range(5))
    return f"""kind: ConditionalAccessPolicy
name: Policy {number:04}
why: A benchmark has no reasons.
spec:
  state: {state}
  conditions:
    users: {{includeGroups: [{groups}], excludeGroups: [Break glass]}}
    applications: {{includeApplications: [All]}}
    clientAppTypes: [all]
    locations: {{includeLocations: [All], excludeLocations: [Office {number % size.locations}]}}
  grantControls: {{operator: OR, builtInControls: [{", ".join(_CONTROLS[number % len(_CONTROLS)])}]}}
"""


def access_token() -> str:
    """A token for the benchmark tenant, which no service but the sandbox would accept."""
    claims = {
        "tid": TENANT,
        "oid": guid(3, 1),
        "idtyp": "app",
        "appid": guid(3, 2),
        "exp": int(time.time()) + 3600,
    }
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return ".".join([*encoded, "none"])
