"""What is only looked up in the directory: people, applications, roles, the organisation."""

from __future__ import annotations

from collections.abc import Iterable

from tapctl.sandbox import membership
from tapctl.sandbox.call import Answer, Call, Route, route
from tapctl.sandbox.membership import active_roles, bare, find_object
from tapctl.sandbox.query import Listing, answer_list, answer_one
from tapctl.sandbox.tenant import AGREEMENTS, SKUS, role_templates
from tapctl.sandbox.values import JsonObject, bad_request, is_guid, missing_resource

EQUAL = "eq ne not in"
TEXT = f"{EQUAL} ge le startswith endswith"
BROUGHT_BY_SELECT = frozenset(
    {
        "accountEnabled",
        "assignedLicenses",
        "companyName",
        "createdDateTime",
        "department",
        "employeeHireDate",
        "employeeId",
        "employeeType",
        "externalUserState",
        "lastPasswordChangeDateTime",
        "mailNickname",
        "onPremisesSyncEnabled",
        "usageLocation",
        "userType",
    }
)
USERS = Listing(
    context="users",
    resource="User",
    filterable={
        "id": EQUAL,
        "displayName": TEXT,
        "givenName": TEXT,
        "surname": TEXT,
        "mail": TEXT,
        "mailNickname": TEXT,
        "userPrincipalName": TEXT,
        "userType": EQUAL,
        "accountEnabled": EQUAL,
        "department": TEXT,
        "jobTitle": TEXT,
        "employeeId": TEXT,
        "employeeHireDate": "eq ne not ge le in",
        "createdDateTime": "eq ne not ge le in",
    },
    hidden=BROUGHT_BY_SELECT,
)
APPLICATIONS = Listing(
    context="servicePrincipals",
    resource="ServicePrincipal",
    filterable={
        "id": EQUAL,
        "appId": EQUAL,
        "displayName": TEXT,
        "servicePrincipalType": EQUAL,
        "tags": "any eq",
        "appOwnerOrganizationId": EQUAL,
    },
)
# Who is signed in where a loaded tenant holds no people at all.
CARETAKER: JsonObject = {
    "id": "10000000-0000-4000-8000-000000000000",
    "displayName": "Sandbox caretaker",
    "userPrincipalName": "caretaker@sandbox.invalid",
}
DIRECTORY_OBJECTS = Listing(context="directoryObjects")
ROLES = Listing(context="directoryRoles", pages=False)
ROLE_TEMPLATES = Listing(context="directoryRoleTemplates", pages=False)
MOST_IDS = 1000
LIST_OPTIONS = "filter select top count orderby search"


def list_users(call: Call) -> Answer:
    return answer_list(call, call.seen("users").values(), USERS)


def get_user(call: Call) -> Answer:
    return answer_one(call, find_user(call), USERS)


def get_me(call: Call) -> Answer:
    return answer_one(call, find_me(call), USERS)


def find_me(call: Call) -> JsonObject:
    if call.actor.is_app:
        raise bad_request("/me request is only valid with delegated authentication flow.")
    if not call.actor.id:
        return CARETAKER
    found = call.seen("users").get(call.actor.id.lower())
    if found is None:
        raise missing_resource(call.actor.id)
    return found


def find_user(call: Call) -> JsonObject:
    """By id or by user principal name; where the address says /me, whoever is signed in."""
    if "id" not in call.keys:
        return find_me(call)
    found = find_by_name(call, call.key())
    if found is None:
        raise missing_resource(call.key())
    return found


def find_by_name(call: Call, name: str) -> JsonObject | None:
    for user in call.seen("users").values():
        if name.lower() in (user["id"].lower(), str(user.get("userPrincipalName", "")).lower()):
            return user
    return None


def member_of(call: Call) -> Answer:
    return _containers(call, membership.groups_of(call, find_user(call)["id"]))


def transitive_member_of(call: Call) -> Answer:
    return _containers(call, membership.transitive_groups_of(call, find_user(call)["id"]))


def group_member_of(call: Call) -> Answer:
    return _containers(call, membership.groups_of(call, _group_id(call)))


def group_transitive_member_of(call: Call) -> Answer:
    return _containers(call, membership.transitive_groups_of(call, _group_id(call)))


def _group_id(call: Call) -> str:
    found = call.seen("groups").get(call.key().lower())
    if found is None:
        raise missing_resource(call.key())
    return str(found["id"])


def _containers(call: Call, found: Iterable[JsonObject]) -> Answer:
    """A cast in the address keeps one type and drops the annotation that names it."""
    items = [membership.typed(item) for item in found]
    wanted = call.keys.get("cast")
    if wanted is None:
        return answer_list(call, items, DIRECTORY_OBJECTS)
    kept = [item for item in items if item["@odata.type"].lower() == f"#microsoft.graph.{wanted.lower()}"]
    untyped = ({name: value for name, value in item.items() if name != "@odata.type"} for item in kept)
    return answer_list(call, untyped, Listing(context=f"{wanted}s"))


def check_member_groups(call: Call) -> Answer:
    wanted = call.object().get("groupIds")
    if not isinstance(wanted, list) or len(wanted) > 20:
        raise bad_request("groupIds has to be a list of at most 20 ids.", "Request_BadRequest")
    held = {item["id"].lower() for item in membership.transitive_groups_of(call, find_user(call)["id"])}
    inside = [identifier for identifier in wanted if str(identifier).lower() in held]
    return Answer(body=call.context("Collection(Edm.String)") | {"value": inside})


def list_applications(call: Call) -> Answer:
    return answer_list(call, call.seen("servicePrincipals").values(), APPLICATIONS)


def get_application(call: Call) -> Answer:
    found = call.seen("servicePrincipals").get(call.key().lower())
    if found is None:
        raise missing_resource(call.key())
    return answer_one(call, found, APPLICATIONS)


def list_roles(call: Call) -> Answer:
    return answer_list(call, map(bare, active_roles(call).values()), ROLES)


def get_role(call: Call) -> Answer:
    return answer_one(call, bare(_role(call)), ROLES)


def list_role_members(call: Call) -> Answer:
    found = [find_object(call, identifier) for identifier in membership.members_of(_role(call))]
    return answer_list(call, [item for item in found if item], DIRECTORY_OBJECTS)


def _role(call: Call) -> JsonObject:
    wanted = call.keys.get("id", "").lower()
    for role in active_roles(call).values():
        if wanted == role["id"].lower() or call.keys.get("template", "").lower() == role.get(
            "roleTemplateId"
        ):
            return role
    raise missing_resource(wanted or call.key("template"))


def list_templates(call: Call) -> Answer:
    return answer_list(call, (_template(*role) for role in _roles(call)), ROLE_TEMPLATES)


def get_template(call: Call) -> Answer:
    return answer_one(call, _template(*_known_template(call)), ROLE_TEMPLATES)


def _roles(call: Call) -> Iterable[tuple[str, str]]:
    return role_templates(call.store).items()


def _known_template(call: Call) -> tuple[str, str]:
    found = dict(_roles(call)).get(call.key().lower())
    if found is None:
        raise missing_resource(call.key())
    return call.key().lower(), found


def _template(identifier: str, name: str) -> JsonObject:
    return {
        "id": identifier,
        "deletedDateTime": None,
        "description": f"The role {name}.",
        "displayName": name,
    }


DEFINITIONS = Listing(context="roleManagement/directory/roleDefinitions")


def list_definitions(call: Call) -> Answer:
    return answer_list(call, (_definition(*role) for role in _roles(call)), DEFINITIONS)


def get_definition(call: Call) -> Answer:
    return answer_one(call, _definition(*_known_template(call)), DEFINITIONS)


def _definition(identifier: str, name: str) -> JsonObject:
    return {
        "id": identifier,
        "description": f"The role {name}.",
        "displayName": name,
        "isBuiltIn": True,
        "isEnabled": True,
        "resourceScopes": ["/"],
        "templateId": identifier,
        "version": "1",
        "rolePermissions": [],
        "inheritsPermissionsFrom": [],
    }


def get_object(call: Call) -> Answer:
    found = find_object(call, call.key())
    if found is None:
        raise missing_resource(call.key())
    return answer_one(call, found, DIRECTORY_OBJECTS)


def get_by_ids(call: Call) -> Answer:
    """Ids that lead nowhere are missing from the answer; what is no id at all is refused."""
    body = call.object()
    wanted, types = body.get("ids"), body.get("types") or []
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= MOST_IDS:
        raise bad_request(f"ids has to be a list of 1 to {MOST_IDS} ids.", "Request_BadRequest")
    if strange := [identifier for identifier in wanted if not is_guid(identifier)]:
        raise bad_request(f"Invalid object identifier '{strange[0]}'.", "Request_BadRequest")
    found = [find_object(call, str(identifier)) for identifier in dict.fromkeys(wanted)]
    kinds = {f"#microsoft.graph.{kind}".lower() for kind in types}
    kept = [item for item in found if item and (not kinds or item["@odata.type"].lower() in kinds)]
    return Answer(body=call.context("directoryObjects") | {"value": kept})


def _plain(path: str, context: str, options: str = "") -> tuple[Route, Route]:
    """A collection that is only read, and has no rules of its own."""
    listing = Listing(context=context, pages="top" in options)

    def list_items(call: Call) -> Answer:
        return answer_list(call, call.seen(path).values(), listing)

    def get_item(call: Call) -> Answer:
        found = call.seen(path).get(call.key().lower())
        if found is None:
            raise missing_resource(call.key())
        return answer_one(call, found, listing)

    return route("GET", path, list_items, options), route("GET", f"{path}/{{id}}", get_item, "select")


CAST = r"microsoft.graph.(?P<cast>group|directoryRole)"
ROUTES: tuple[Route, ...] = (
    route("GET", "users", list_users, LIST_OPTIONS),
    route("GET", "me", get_me, "select"),
    route("GET", "users/{id}", get_user, "select"),
    *(
        entry
        for path in ("me", "users/{id}")
        for entry in (
            route("GET", f"{path}/memberOf", member_of, LIST_OPTIONS),
            route("GET", f"{path}/memberOf/{CAST}", member_of, LIST_OPTIONS),
            route("GET", f"{path}/transitiveMemberOf", transitive_member_of, LIST_OPTIONS),
            route("GET", f"{path}/transitiveMemberOf/{CAST}", transitive_member_of, LIST_OPTIONS),
            route("POST", f"{path}/checkMemberGroups", check_member_groups),
        )
    ),
    route("GET", "groups/{id}/memberOf", group_member_of, LIST_OPTIONS),
    route("GET", f"groups/{{id}}/memberOf/{CAST}", group_member_of, LIST_OPTIONS),
    route("GET", "groups/{id}/transitiveMemberOf", group_transitive_member_of, LIST_OPTIONS),
    route("GET", f"groups/{{id}}/transitiveMemberOf/{CAST}", group_transitive_member_of, LIST_OPTIONS),
    route("GET", "servicePrincipals", list_applications, LIST_OPTIONS),
    route("GET", "servicePrincipals/{id}", get_application, "select"),
    route("GET", "directoryRoles", list_roles, "filter select"),
    route("GET", r"directoryRoles\(roleTemplateId='(?P<template>[^']+)'\)", get_role, "select"),
    route(
        "GET", r"directoryRoles\(roleTemplateId='(?P<template>[^']+)'\)/members", list_role_members, "select"
    ),
    route("GET", "directoryRoles/{id}", get_role, "select"),
    route("GET", "directoryRoles/{id}/members", list_role_members, LIST_OPTIONS),
    route("GET", "directoryRoleTemplates", list_templates, "select"),
    route("GET", "directoryRoleTemplates/{id}", get_template, "select"),
    route("GET", "roleManagement/directory/roleDefinitions", list_definitions, "filter select top"),
    route("GET", "roleManagement/directory/roleDefinitions/{id}", get_definition, "select"),
    route("POST", "directoryObjects/getByIds", get_by_ids),
    route("GET", "directoryObjects/{id}", get_object, "select"),
    *_plain("organization", "organization", "select"),
    *_plain(SKUS, SKUS, "select"),
    *_plain(AGREEMENTS, AGREEMENTS, "filter select top"),
)
