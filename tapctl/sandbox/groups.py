"""Groups: assigned and dynamic ones, their members and owners."""

from __future__ import annotations

import re

from tapctl.sandbox import audit, membership
from tapctl.sandbox.call import NO_CONTENT, Answer, Call, Route, route
from tapctl.sandbox.check import MismatchError, check_body
from tapctl.sandbox.directory import DIRECTORY_OBJECTS, EQUAL, LIST_OPTIONS, TEXT
from tapctl.sandbox.membership import GROUPS, bare, find_object
from tapctl.sandbox.newer import learned
from tapctl.sandbox.query import Listing, answer_list, answer_one
from tapctl.sandbox.values import Json, JsonObject, bad_request, missing_resource, new_id

DELETED = "directory/deletedItems"
LISTING = Listing(
    context="groups",
    resource="Group",
    filterable={
        "id": EQUAL,
        "displayName": TEXT,
        "description": "eq ne not ge le in startswith",
        "mailNickname": TEXT,
        "mail": TEXT,
        "uniqueName": EQUAL,
        "securityEnabled": EQUAL,
        "mailEnabled": EQUAL,
        "isAssignableToRole": EQUAL,
        "groupTypes": "any eq",
        "membershipRuleProcessingState": EQUAL,
        "hasMembersWithLicenseErrors": "eq",
        "assignedLicenses": "any",
        "assignedLicenses/skuId": "eq",
    },
)
NEEDED = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")
NICKNAME = re.compile(r"[!#$%&'*+\-./0-9=?A-Z^_`a-z{|}~]{1,64}")
LONGEST_NAME = 256
MOST_REFERENCES = 20  # in one `@odata.bind`, and members that $expand brings
REFERENCE = re.compile(r"https?://[^/]+/v1\.0/(?:directoryObjects|users|groups|servicePrincipals)/([^/]+)")
EXPANSION = re.compile(r"(members|owners)(?:\(\$select=([\w,]+)\))?")
DEFAULTS: JsonObject = {
    "deletedDateTime": None,
    "classification": None,
    "createdDateTime": None,
    "description": None,
    "groupTypes": [],
    "isAssignableToRole": None,
    "mail": None,
    "mailEnabled": False,
    "membershipRule": None,
    "membershipRuleProcessingState": None,
    "preferredLanguage": None,
    "proxyAddresses": [],
    "renewedDateTime": None,
    "securityEnabled": True,
    "securityIdentifier": None,
    "theme": None,
    "uniqueName": None,
    "visibility": None,
}


def list_groups(call: Call) -> Answer:
    return answer_list(call, (_shown(call, item) for item in call.seen(GROUPS).values()), LISTING)


def get_group(call: Call) -> Answer:
    return answer_one(call, _shown(call, _find(call)), LISTING)


def create_group(call: Call) -> Answer:
    body = _checked(call)
    missing = [name for name in NEEDED if body.get(name) in (None, "")]
    if missing:
        raise _invalid(f"Required properties are missing: {', '.join(missing)}.")
    now = call.now()
    group = _bound(call, {**DEFAULTS, "id": new_id(), "createdDateTime": now, "renewedDateTime": now}, body)
    _check_kind(group)
    if group["isAssignableToRole"] and _is_dynamic(group):
        raise _invalid("A group that roles can be assigned to cannot have dynamic membership.")
    call.put(GROUPS, group)
    _record(call, "Add group", group, None, bare(group))
    return Answer(status=201, body=answer_one(call, _shown(call, group), LISTING).body)


def update_group(call: Call) -> Answer:
    """Answers 404 until the replica has the group, which is how clients learn that it has arrived."""
    _find(call)
    before = {**DEFAULTS, **_truth(call)}
    body = _checked(call)
    for name in ("isAssignableToRole", "uniqueName", "mailEnabled"):
        if name in body and body[name] != before[name]:
            raise _invalid(f"The property '{name}' cannot be changed after a group is created.")
    if _is_dynamic(before) and "members@odata.bind" in body:
        raise _dynamic_refusal()
    after = _bound(call, before, body)
    _check_kind(after)
    call.put(GROUPS, after)
    _record(call, "Update group", after, bare(before), bare(after))
    return NO_CONTENT


def delete_group(call: Call) -> Answer:
    """The id stays in whatever refers to it, and leads nowhere."""
    before = _truth(call)
    call.remove(GROUPS, before["id"])
    deleted = {"@odata.type": "#microsoft.graph.group", **before, "deletedDateTime": call.now()}
    call.put(DELETED, deleted)
    _record(call, "Delete group", before, bare(before), None)
    return NO_CONTENT


def list_links(call: Call) -> Answer:
    """Members or owners, whichever the address names."""
    linked = _find(call).get(call.key("link").lower()) or []
    return _objects(call, linked)


def list_transitive_members(call: Call) -> Answer:
    return _objects(call, membership.transitive_members(call, _find(call)))


def add_link(call: Call) -> Answer:
    group, link = _truth(call), call.key("link").lower()
    _check_links_can_change(group, link)
    identifier = _referenced(call, call.object().get("@odata.id"))
    if find_object(call, identifier) is None:
        raise missing_resource(identifier)
    if identifier.lower() in (held.lower() for held in group.get(link) or []):
        raise _invalid(
            f"One or more added object references already exist for the following properties: '{link}'."
        )
    after = {**group, link: [*(group.get(link) or []), identifier]}
    call.put(GROUPS, after)
    _record(call, f"Add {link.removesuffix('s')} to group", after)
    return NO_CONTENT


def remove_link(call: Call) -> Answer:
    group, link = _truth(call), call.key("link").lower()
    _check_links_can_change(group, link)
    left = [held for held in group.get(link) or [] if held.lower() != call.key("member").lower()]
    if len(left) == len(group.get(link) or []):
        raise missing_resource(call.key("member"))
    after = {**group, link: left}
    call.put(GROUPS, after)
    _record(call, f"Remove {link.removesuffix('s')} from group", after)
    return NO_CONTENT


def list_deleted(call: Call) -> Answer:
    return answer_list(call, map(bare, call.seen(DELETED).values()), DIRECTORY_OBJECTS)


def get_deleted(call: Call) -> Answer:
    found = call.seen(DELETED).get(call.key())
    if found is None:
        raise missing_resource(call.key())
    return answer_one(call, found, DIRECTORY_OBJECTS)


def restore_group(call: Call) -> Answer:
    found = call.store.get(DELETED, call.key())
    if found is None:
        raise missing_resource(call.key())
    revived = {name: value for name, value in found.items() if name != "@odata.type"} | {
        "deletedDateTime": None
    }
    call.remove(DELETED, found["id"])
    call.put(GROUPS, revived)
    _record(call, "Restore Group", revived)
    return answer_one(call, {"@odata.type": found["@odata.type"], **bare(revived)}, DIRECTORY_OBJECTS)


def _shown(call: Call, group: JsonObject) -> JsonObject:
    return {**DEFAULTS, **bare(group), **_expanded(call, group)}


def _expanded(call: Call, group: JsonObject) -> JsonObject:
    """$expand brings no more than a handful of objects, and says nothing about the rest."""
    text = call.options.get("$expand")
    if not text:
        return {}
    match = EXPANSION.fullmatch(text)
    if match is None:
        raise bad_request(f"Unsupported $expand: {text}")
    link, chosen = match.groups()
    found = [find_object(call, identifier) for identifier in (group.get(link) or [])[:MOST_REFERENCES]]
    return {link: [_chosen(item, chosen) for item in found if item]}


def _chosen(item: JsonObject, names: str | None) -> JsonObject:
    kept = ("@odata.type", *(names or "").split(","))
    return {name: value for name, value in item.items() if name in kept} if names else item


def _objects(call: Call, identifiers: list[str]) -> Answer:
    found = [find_object(call, identifier) for identifier in identifiers]
    items = [item for item in found if item]
    wanted = call.keys.get("cast")
    if wanted:
        items = [
            item for item in items if item["@odata.type"].lower() == f"#microsoft.graph.{wanted.lower()}"
        ]
    return answer_list(call, items, DIRECTORY_OBJECTS)


def _find(call: Call) -> JsonObject:
    found = call.seen(GROUPS).get(call.key().lower())
    if found is None:
        raise missing_resource(call.key())
    return found


def _truth(call: Call) -> JsonObject:
    found = call.store.get(GROUPS, call.key())
    if found is None:
        raise missing_resource(call.key())
    return found


def _checked(call: Call) -> JsonObject:
    try:
        body = check_body(call.body, "group", learned(call.store))
    except MismatchError as error:
        raise _invalid(f"Invalid value or property specified for resource 'Group': {error}") from error
    if len(body.get("displayName", "")) > LONGEST_NAME:
        raise _invalid(f"displayName holds at most {LONGEST_NAME} characters.")
    if "mailNickname" in body and not NICKNAME.fullmatch(body["mailNickname"]):
        raise _invalid("Invalid value specified for property 'mailNickname' of resource 'Group'.")
    return body


def _bound(call: Call, group: JsonObject, body: JsonObject) -> JsonObject:
    """The group with the body's properties, and with the references in it added to its lists."""
    after = {**group, **{name: value for name, value in body.items() if "@odata." not in name}}
    for link in ("members", "owners"):
        added = body.get(f"{link}@odata.bind", [])
        if len(added) > MOST_REFERENCES:
            raise _invalid(f"At most {MOST_REFERENCES} {link} can be added in one request.")
        identifiers = [_existing(call, url) for url in added]
        if identifiers:
            after[link] = list(dict.fromkeys([*(group.get(link) or []), *identifiers]))
    return after


def _existing(call: Call, url: str) -> str:
    identifier = _referenced(call, url)
    if find_object(call, identifier) is None:
        raise _invalid(f"Invalid object reference: there is no object '{identifier}'.")
    return identifier


def _referenced(call: Call, url: Json) -> str:
    match = REFERENCE.fullmatch(url) if isinstance(url, str) else None
    if match is None:
        raise _invalid(f"Invalid URL format specified in @odata reference: {url}")
    return match[1]


def _check_kind(group: JsonObject) -> None:
    if not set(group["groupTypes"]) <= {"Unified", "DynamicMembership"}:
        raise _invalid("Invalid value specified for property 'groupTypes' of resource 'Group'.")
    if group["mailEnabled"] and "Unified" not in group["groupTypes"]:
        raise _invalid("Mail-enabled security groups and distribution lists cannot be managed here.")
    if not group["mailEnabled"] and not group["securityEnabled"]:
        raise _invalid("A group has to be mail-enabled or security-enabled.")
    has_rule = bool(group["membershipRule"]) and bool(group["membershipRuleProcessingState"])
    is_processed = group["membershipRuleProcessingState"] == "On"
    if _is_dynamic(group) and not has_rule:
        raise _invalid("Dynamic membership needs membershipRule and membershipRuleProcessingState.")
    if is_processed and not _is_dynamic(group):
        raise _invalid("A rule is only processed for a group whose groupTypes hold DynamicMembership.")


def _is_dynamic(group: JsonObject) -> bool:
    return "DynamicMembership" in (group.get("groupTypes") or [])


def _check_links_can_change(group: JsonObject, link: str) -> None:
    if link == "members" and _is_dynamic(group):
        raise _dynamic_refusal()


def _dynamic_refusal() -> Exception:
    return _invalid("Insufficient privileges to change the members of a group with dynamic membership.")


def _invalid(message: str) -> Exception:
    return bad_request(message, "Request_BadRequest")


def _record(
    call: Call,
    activity: str,
    target: JsonObject,
    before: JsonObject | None = None,
    after: JsonObject | None = None,
) -> None:
    name = "Group" if before or after else ""
    audit.record(
        call,
        audit.GROUPS,
        activity,
        target=target,
        target_type="Group",
        name=name,
        before=before,
        after=after,
    )


LINK = "groups/{id}/(?P<link>members|owners)"
CAST = r"microsoft.graph.(?P<cast>user|group|servicePrincipal)"
ROUTES: tuple[Route, ...] = (
    route("GET", GROUPS, list_groups, f"{LIST_OPTIONS} expand"),
    route("POST", GROUPS, create_group),
    route("GET", "groups/{id}", get_group, "select expand"),
    route("PATCH", "groups/{id}", update_group),
    route("DELETE", "groups/{id}", delete_group),
    route("GET", LINK, list_links, LIST_OPTIONS),
    route("GET", f"{LINK}/{CAST}", list_links, LIST_OPTIONS),
    route("GET", "groups/{id}/transitiveMembers", list_transitive_members, LIST_OPTIONS),
    route("GET", f"groups/{{id}}/transitiveMembers/{CAST}", list_transitive_members, LIST_OPTIONS),
    route("POST", rf"{LINK}/\$ref", add_link),
    route("DELETE", rf"{LINK}/{{member}}/\$ref", remove_link),
    route("GET", f"{DELETED}/microsoft.graph.group", list_deleted, "filter select top"),
    route("GET", f"{DELETED}/{{id}}", get_deleted),
    route("POST", f"{DELETED}/{{id}}/restore", restore_group),
)
