"""A large tenant as people have it, made from numbers: the same every time."""

from __future__ import annotations

from typing import Any

from trial import LOCATIONS, POLICIES

Json = dict[str, Any]


def content(policies: int, locations: int, people: int, *, most_ranges: int = 2000) -> dict[str, list[Json]]:
    """What `tapctl sandbox load` takes. Of the directory objects, three fifths are users, all of them held by
    one policy or another."""
    users = [_user(number) for number in range(people * 3 // 5)]
    groups = [_group(number) for number in range(people * 3 // 10)]
    applications = [_application(number) for number in range(people - len(users) - len(groups))]
    sites = [_location(number, most_ranges) for number in range(locations)]
    held = [users, groups, applications, sites]
    return {
        "users": users,
        "groups": groups,
        "servicePrincipals": applications,
        LOCATIONS: sites,
        POLICIES: [_policy(number, *(some[number::policies] for some in held)) for number in range(policies)],
    }


def guid(kind: int, number: int) -> str:
    return f"{kind:08x}-0000-4000-8000-{number:012}"


def _user(number: int) -> Json:
    return {"id": guid(1, number), "userPrincipalName": f"user{number}@contoso.com", "accountEnabled": True}


def _group(number: int) -> Json:
    return {
        "id": guid(2, number),
        "displayName": f"Group {number}",
        "securityEnabled": True,
        "groupTypes": [],
    }


def _application(number: int) -> Json:
    return {"id": guid(3, number), "appId": guid(4, number), "displayName": f"Application {number}"}


def _location(number: int, most: int) -> Json:
    count = max(1, most // (1, 4, 20, 200)[number % 4])
    kind = "#microsoft.graph.iPv4CidrRange"
    ranges = [f"{20 + number % 100}.{index // 256}.{index % 256}.0/24" for index in range(count)]
    return {
        "@odata.type": "#microsoft.graph.ipNamedLocation",
        "id": guid(5, number),
        "displayName": f"Site {number}",
        "isTrusted": number % 2 == 0,
        "ipRanges": [{"@odata.type": kind, "cidrAddress": text} for text in ranges],
    }


def _policy(
    number: int, users: list[Json], groups: list[Json], applications: list[Json], sites: list[Json]
) -> Json:
    return {
        "id": guid(6, number),
        "displayName": f"CA{number:03} policy",
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "users": {
                "includeUsers": [item["id"] for item in users] or ["All"],
                "excludeGroups": [item["id"] for item in groups],
                "includeRoles": ["62e90394-69f5-4237-9190-012177145e10"],
            },
            "applications": {"includeApplications": [item["appId"] for item in applications] or ["All"]},
            "locations": {"includeLocations": ["All"], "excludeLocations": [item["id"] for item in sites]},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }
