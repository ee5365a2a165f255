"""Records shaped as Graph shapes them: what a service writes differs in case, depth and completeness."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tapctl.directory import Directory, build
from tapctl.drift.causes import Log
from tapctl.drift.events import Event, events_of
from tapctl.drift.versions import Version, versions
from tapctl.kinds import kinds
from tapctl.model import JsonObject

POLICY = "aaaaaaaa-0000-4000-8000-000000000001"
GROUP = "bbbbbbbb-0000-4000-8000-000000000001"
ALEX = "cccccccc-0000-4000-8000-000000000001"
KIM = "cccccccc-0000-4000-8000-000000000002"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LOG = Log(unread="", days_kept="30 days", now=NOW)


def directory() -> Directory:
    users: list[JsonObject] = [
        {"id": ALEX, "userPrincipalName": "alex@x.example"},
        {"id": KIM, "userPrincipalName": "kim@x.example"},
    ]
    return build({"User": users, "Group": [{"id": GROUP, "displayName": "Break glass"}]}, {}, {})


def policy(**changes: Any) -> dict[str, Any]:
    """A Conditional Access policy as the audit log holds it: all of it."""
    users = {"includeUsers": ["All"], "excludeUsers": [], "excludeGroups": [GROUP]} | changes.pop("users", {})
    return {
        "id": POLICY,
        "displayName": "NH-10",
        "state": "enabled",
        "conditions": {
            "users": users,
            "applications": {"includeApplications": ["All"]},
            "clientAppTypes": ["all"],
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
        "sessionControls": None,
    } | changes


def record(
    before: Any,
    after: Any,
    *,
    when: str = "2026-11-20T10:00:00.1234567Z",
    activity: str = "Update conditional access policy",
    target: str = POLICY,
    name: str = "ConditionalAccessPolicy",
    **changes: Any,
) -> dict[str, Any]:
    """One record; `before` and `after` become JSON inside a string."""
    old, new = (None if side is None else json.dumps(side) for side in (before, after))
    modified = [{"displayName": name, "oldValue": old, "newValue": new}]
    return {
        "id": f"Directory_{when}_{activity}",
        "category": "Policy",
        "correlationId": "dddddddd-0000-4000-8000-000000000001",
        "result": "success",
        "resultReason": None,
        "activityDisplayName": activity,
        "activityDateTime": when,
        "loggedByService": "Conditional Access",
        "operationType": "Update",
        "initiatedBy": {
            "app": None,
            "user": {
                "id": ALEX,
                "displayName": None,
                "userPrincipalName": "alex@x.example",
                "ipAddress": "203.0.113.7",
            },
        },
        "targetResources": [
            {
                "id": target,
                "displayName": "NH-10",
                "type": "Policy",
                "userPrincipalName": None,
                "groupType": None,
                "modifiedProperties": modified,
            }
        ],
        "additionalDetails": [],
    } | changes


def events(*records: dict[str, Any]) -> tuple[Event, ...]:
    return events_of(records)


def history(
    *records: dict[str, Any], kind: str = "ConditionalAccessPolicy", id_: str = POLICY
) -> tuple[Version, ...]:
    return versions(events_of(records), kinds()[kind], id_, directory())


def is_silent(version: Version) -> bool:
    """Whether nothing is known of it but that it was."""
    return not version.before.told and not version.after.told and () in version.after.dark
