"""Whom the configuration of an authentication method reaches."""

from __future__ import annotations

from tapctl.sandbox import membership
from tapctl.sandbox.call import Call
from tapctl.sandbox.values import JsonObject


def targets_of(call: Call, configuration: JsonObject, user: JsonObject) -> list[JsonObject]:
    """The inclusions that reach somebody, through groups within groups; none where an exclusion does."""
    groups = membership.transitive_groups_of(call, user["id"])
    held = {user["id"], "all_users", *(group["id"] for group in groups)}
    if any(target["id"] in held for target in configuration.get("excludeTargets") or []):
        return []
    return [target for target in configuration.get("includeTargets") or [] if target["id"] in held]
