"""Who belongs to what: groups within groups, and the directory roles that people hold through them."""

from __future__ import annotations

from collections.abc import Iterator

from tapctl.sandbox.call import Call
from tapctl.sandbox.roles import TEMPLATES
from tapctl.sandbox.values import JsonObject, derived_id

GROUPS = "groups"
ROLES = "directoryRoles"
ASSIGNMENTS = "roleManagement/directory/roleAssignments"
TYPES = {"users": "user", GROUPS: "group", "servicePrincipals": "servicePrincipal", ROLES: "directoryRole"}


def find_object(call: Call, identifier: str) -> JsonObject | None:
    """A directory object of any kind, with its type."""
    for collection, kind in TYPES.items():
        objects = active_roles(call) if collection == ROLES else call.seen(collection)
        found = objects.get(identifier.lower())
        if found is not None:
            return {"@odata.type": f"#microsoft.graph.{kind}", **bare(found)}
    return None


def bare(item: JsonObject) -> JsonObject:
    """A group without the lists of its members and owners, which have addresses of their own."""
    return {name: value for name, value in item.items() if name not in ("members", "owners")}


def members_of(item: JsonObject) -> list[str]:
    return list(item.get("members") or [])


def transitive_members(call: Call, item: JsonObject) -> list[str]:
    groups = call.seen(GROUPS)
    found: dict[str, None] = {}
    waiting = members_of(item)
    while waiting:
        identifier = waiting.pop(0)
        if identifier.lower() not in found:
            found[identifier.lower()] = None
            waiting += members_of(groups.get(identifier.lower(), {}))
    return list(found)


def groups_of(call: Call, identifier: str) -> list[JsonObject]:
    """The groups and roles that have this object as a direct member."""
    wanted = identifier.lower()
    containers = [*call.seen(GROUPS).values(), *active_roles(call).values()]
    return [item for item in containers if wanted in (member.lower() for member in members_of(item))]


def transitive_groups_of(call: Call, identifier: str) -> list[JsonObject]:
    found: dict[str, JsonObject] = {}
    waiting = [identifier]
    while waiting:
        for item in groups_of(call, waiting.pop()):
            if item["id"] not in found:
                found[item["id"]] = item
                waiting.append(item["id"])
    return list(found.values())


def active_roles(call: Call) -> dict[str, JsonObject]:
    """Activated roles with their members: those in the data, and those that an assignment brings to life."""
    roles = {identifier: dict(role) for identifier, role in call.seen(ROLES).items()}
    by_template = {role.get("roleTemplateId"): role for role in roles.values()}
    for template, principal in _assignments(call):
        role = by_template.get(template) or _activated(template)
        by_template[template] = roles[role["id"].lower()] = role
        if principal not in members_of(role):
            role["members"] = [*members_of(role), principal]
    return roles


def _assignments(call: Call) -> Iterator[tuple[str, str]]:
    """An assignment for a unit or a single object makes nobody a member of the role."""
    for assignment in call.seen(ASSIGNMENTS).values():
        is_everywhere = assignment.get("directoryScopeId", "/") == "/"
        if is_everywhere and assignment.get("roleDefinitionId") in TEMPLATES:
            yield assignment["roleDefinitionId"], assignment.get("principalId", "")


def _activated(template: str) -> JsonObject:
    return {
        "id": derived_id(ROLES, template),
        "deletedDateTime": None,
        "description": f"Members hold the role {TEMPLATES[template]}.",
        "displayName": TEMPLATES[template],
        "roleTemplateId": template,
    }


def typed(item: JsonObject) -> JsonObject:
    kind = "directoryRole" if "roleTemplateId" in item else "group"
    return {"@odata.type": f"#microsoft.graph.{kind}", **bare(item)}
