"""A FactsSnapshot → the text of a file: JSON as schemas/facts-snapshot.schema.json says."""

from __future__ import annotations

import json

from tapctl.facts.snapshot import VERSION, FactsSnapshot, SeenGroup, SeenPerson, SeenRole
from tapctl.model import Json, JsonObject


def to_json(snapshot: FactsSnapshot) -> JsonObject:
    """Everything, sorted, so that two snapshots can be compared line by line."""
    roles = snapshot.roles
    return {
        "version": VERSION,
        "environment": snapshot.environment,
        "tenantId": snapshot.tenant_id,
        "sandbox": snapshot.is_sandbox,
        "takenAt": snapshot.taken_at,
        "names": {kind: {**dict(sorted(names.items()))} for kind, names in sorted(snapshot.names.items())},
        "groups": {key: _group(group) for key, group in sorted(snapshot.groups.items())},
        "absentGroups": [*sorted(snapshot.absent_groups)],
        "roles": None if roles is None else {key: _role(role) for key, role in sorted(roles.items())},
        "people": {key: _person(person) for key, person in sorted(snapshot.people.items())},
        "objects": {str(address): spec for address, spec in sorted(snapshot.objects.items())},
        "methodsRead": snapshot.are_methods_read,
        "securityDefaults": snapshot.security_defaults,
        "joinNeedsMfa": snapshot.join_needs_mfa,
        "licensed": snapshot.is_licensed,
        "notRead": [{"what": item.what, "why": item.why} for item in snapshot.unread],
    }


def _group(group: SeenGroup) -> JsonObject:
    return {
        "users": [*sorted(group.users)],
        "groups": [*sorted(group.groups)],
        "complete": group.is_complete,
    }


def _role(role: SeenRole) -> JsonObject:
    return {
        "active": [*sorted(role.active)],
        "eligible": None if role.eligible is None else [*sorted(role.eligible)],
    }


def _person(person: SeenPerson) -> JsonObject:
    return {
        "type": person.type,
        "enabled": person.is_enabled,
        "methods": None if person.methods is None else [*person.methods],
    }


def written(snapshot: FactsSnapshot) -> str:
    """The text of a file: one line for each group, role, person and object."""
    parts = [f"  {json.dumps(key)}: {_lines(value)}" for key, value in to_json(snapshot).items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _lines(value: Json) -> str:
    if not isinstance(value, dict) or not value:
        return json.dumps(value, ensure_ascii=False)
    inner = (
        f"    {json.dumps(key, ensure_ascii=False)}: {json.dumps(item, ensure_ascii=False)}"
        for key, item in value.items()
    )
    return "{\n" + ",\n".join(inner) + "\n  }"
