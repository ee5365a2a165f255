"""Group: security groups, assigned or dynamic, that policies include and exclude."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from tapctl.kind import DeletedItems, Kind, Lookup, Request, Write, changed_properties
from tapctl.kinds._verdicts import wrong
from tapctl.model import Json, JsonObject, Resource, Verdict

_LINKS = ("members", "owners")
_DYNAMIC = "DynamicMembership"


def mail_nickname(name: str) -> str:
    """A nickname that the same name always gives: readable ASCII and a short digest, under 64 characters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    readable = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower()[:50] or "group"
    return f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def is_dynamic(spec: JsonObject) -> bool:
    """Whether Entra computes the members from a rule."""
    kinds = spec.get("groupTypes")
    return isinstance(kinds, list) and _DYNAMIC in kinds


def _from_graph(raw: JsonObject) -> JsonObject:
    """A rule makes a group dynamic; documents need not say it twice."""
    kinds = raw.get("groupTypes")
    listed: list[Json] = list(kinds) if isinstance(kinds, list) else []
    if raw.get("membershipRule") and _DYNAMIC not in listed:
        return {**raw, "groupTypes": [*listed, _DYNAMIC]}
    return raw


def _rules(resource: Resource, spec: JsonObject) -> Iterable[Verdict]:
    if is_dynamic(spec) and "members" in resource.spec:
        yield wrong(
            ("members",),
            "a dynamic group cannot have declared members",
            "Entra computes them from membershipRule: remove one of the two.",
            rule="dynamic-group-members",
        )
    if is_dynamic(spec) and not spec.get("membershipRule"):
        yield wrong(
            ("groupTypes",),
            "a dynamic group needs a membershipRule",
            "Add the rule, or leave groupTypes out for an assigned group.",
            rule="dynamic-group-rule",
        )
    if is_dynamic(spec) and spec.get("isAssignableToRole") is True:
        yield wrong(
            ("isAssignableToRole",),
            "a group that can hold roles cannot be dynamic",
            "Leave isAssignableToRole out, or assign the members.",
            rule="dynamic-group-role",
        )


def _service_managed(observed: JsonObject) -> str:
    """Graph refuses changes of what a directory on premises is the source of."""
    return "synchronised from on-premises" if observed.get("onPremisesSyncEnabled") is True else ""


def _refusal(before: JsonObject, after: JsonObject, observed: JsonObject) -> str:
    if is_dynamic(before) != is_dynamic(after):
        return "an assigned group cannot become dynamic, or back: declare it under a new name"
    for name in ("isAssignableToRole", "securityEnabled", "mailEnabled"):
        if before.get(name) != after.get(name):
            return f"{name} cannot be changed after creation: declare the group under a new name"
    return ""


def _uncreatable(after: JsonObject) -> str:
    """Graph creates security groups and Microsoft 365 groups (API page group-post-groups)."""
    is_security_group = after.get("securityEnabled") is True and after.get("mailEnabled") is not True
    return "" if is_security_group else "Graph makes no new group that is mail-enabled or no security group"


def _requests(kind: Kind, write: Write) -> list[Request]:
    """Members and owners are links of their own, one request each (API page group-post-members)."""
    path = kind.object_path(write.id)
    match write.action:
        case "create":
            post = Request(method="POST", path=kind.path, body=_creation(kind, write))
            return [post, *_links(kind, write, f"{kind.path}/{{id}}")]
        case "update":
            plain = [name for name in changed_properties(write) if name not in _LINKS]
            body = kind.body(write, plain)
            patch = [Request(method="PATCH", path=path, body=body)] if body else []
            return [*patch, *_links(kind, write, path)]
        case "delete":
            return [Request(method="DELETE", path=path)]
        case _:
            return []


def _creation(kind: Kind, write: Write) -> JsonObject:
    """Graph requires these four of every new group; a rule does nothing until its processing is on.

    isAssignableToRole takes a permission of its own to set, so what is false anyway is not said.
    """
    plain = [name for name in write.after if name not in _LINKS]
    body = kind.body(write, plain)
    if body.get("isAssignableToRole") is not True:
        body.pop("isAssignableToRole", None)
    body.setdefault("mailNickname", mail_nickname(write.address.name))
    body.setdefault("groupTypes", [])
    if is_dynamic(write.after):
        body.setdefault("membershipRuleProcessingState", "On")
    return body


def _links(kind: Kind, write: Write, path: str) -> Iterable[Request]:
    """Whoever is added comes before whoever goes: a group is never emptier than it has to be."""
    for link in _LINKS:
        if link not in write.after and link not in write.before:
            continue
        wanted, had = (_ids(kind, write, spec, link) for spec in (write.after, write.before))
        for member in wanted:
            if member not in had:
                body: JsonObject = {"@odata.id": write.reference_url(member)}
                yield Request(method="POST", path=f"{path}/{link}/$ref", body=body)
        for member in had:
            if member not in wanted:
                yield Request(method="DELETE", path=f"{path}/{link}/{member}/$ref")


def _ids(kind: Kind, write: Write, spec: JsonObject, link: str) -> list[str]:
    ids = write.wire(kind.field.properties[link], spec.get(link, []))
    return [str(item) for item in ids] if isinstance(ids, list) else []


KIND = Kind(
    name="Group",
    path="groups",
    documentation="https://learn.microsoft.com/graph/api/resources/group",
    read_permission="Group.Read.All",
    write_permissions=("Group.ReadWrite.All",),
    deleted_items=DeletedItems(
        path="directory/deletedItems", listed="directory/deletedItems/microsoft.graph.group"
    ),
    lookup=Lookup(
        kind="Group",
        path="groups",
        by="filter",
        types=("group",),
        permission="GroupMember.Read.All",
        select=(
            "id",
            "displayName",
            "description",
            "groupTypes",
            "isAssignableToRole",
            "mailEnabled",
            "mailNickname",
            "onPremisesSyncEnabled",
            "membershipRule",
            "membershipRuleProcessingState",
            "securityEnabled",
            "visibility",
        ),
    ),
    from_graph=_from_graph,
    rules=_rules,
    refusal=_refusal,
    uncreatable=_uncreatable,
    service_managed=_service_managed,
    requests=_requests,
)
