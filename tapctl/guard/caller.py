"""Whoever applies a plan → the policies by which they would lock themselves out. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from tapctl.canonical import at, texts
from tapctl.comparing.scope import blocks, is_in_force
from tapctl.guard.brakes import brake
from tapctl.guard.membership import Membership
from tapctl.guard.reach import Sides
from tapctl.guard.ripple import changed_objects, ripples
from tapctl.match import Matched
from tapctl.model import Finding, JsonObject, Snapshot

_MODERN = {"all", "browser", "mobileAppsAndDesktopClients"}


def locked_out(matched: Matched, sides: Sides, snapshot: Snapshot) -> Iterator[Finding]:
    """A blocking policy that would newly reach the person or service principal that applies, or may."""
    who = snapshot.identity
    is_known = who.kind != "unknown" and bool(who.id) and f"groups of {who.id}" not in snapshot.unread
    membership = sides.after
    groups = membership.groups_of(who.id)
    joins = groups != sides.before.groups_of(who.id)
    changed = changed_objects(matched, membership)
    for pair in matched.policies():
        before, after = pair.before or {}, pair.result or {}
        is_news = after != before or joins or bool(ripples(after, pair, changed, sides))
        if not (is_in_force(after) and blocks(after)) or not is_news:
            continue
        if not is_known and who.kind != "application":
            reached, verb = _may_reach(after, who.id, membership), "may"
        else:
            reaches = _reaches_workload if who.kind == "application" else _reaches_person
            reached, verb = reaches(after, snapshot, groups, membership), "would"
        if reached:
            said = f"{verb} block {who.name or who.id or 'you'}, who applies this plan"
            yield brake(
                "locks-out-caller",
                f"{pair.address} {said}",
                "Exclude yourself, or let somebody apply who stays outside the policy.",
                pair,
                f"policies {said}",
            )


def _may_reach(spec: JsonObject, caller: str, membership: Membership) -> bool:
    """For a caller who is not known, or not known by groups: anybody in some group or role may be meant."""
    users = at(spec, "conditions", "users")
    excluded = {membership.reference(text, ("User",)) for text in texts(users, "excludeUsers")}
    included = texts(users, "includeUsers")
    named = {membership.reference(text, ("User",)) for text in included}
    in_some = bool(texts(users, "includeGroups") or texts(users, "includeRoles"))
    is_meant = "All" in included or caller in named or in_some
    return _meets_browser(spec) and is_meant and caller not in excluded


def _reaches_workload(
    spec: JsonObject, snapshot: Snapshot, groups: frozenset[str], membership: Membership
) -> bool:
    who = snapshot.identity
    clients = at(spec, "conditions", "clientApplications")
    named = [
        {membership.reference(text, ("ServicePrincipal",)) for text in texts(clients, side)}
        for side in ("includeServicePrincipals", "excludeServicePrincipals")
    ]
    every = "ServicePrincipalsInMyTenant" in texts(clients, "includeServicePrincipals")
    return (every or who.id in named[0]) and who.id not in named[1]


def _reaches_person(
    spec: JsonObject, snapshot: Snapshot, groups: frozenset[str], membership: Membership
) -> bool:
    """Whether the block may meet this person at a browser: a condition on the situation is not counted on,
    but legacy clients, risk and special flows are not how a person applies a plan."""
    is_named = (_names_person(spec, snapshot, groups, membership, side) for side in ("include", "exclude"))
    return _meets_browser(spec) and next(is_named) and not next(is_named)


def _meets_browser(spec: JsonObject) -> bool:
    conditions = at(spec, "conditions")
    special = ("authenticationFlows", "signInRiskLevels", "userRiskLevels")
    return (
        bool(_MODERN & set(texts(conditions, "clientAppTypes")))
        and not any(at(conditions, name) for name in special)
        and bool(texts(conditions, "applications", "includeApplications"))
    )


def _names_person(
    spec: JsonObject, snapshot: Snapshot, groups: frozenset[str], membership: Membership, side: str
) -> bool:
    users = at(spec, "conditions", "users")
    who = snapshot.identity
    named = texts(users, f"{side}Users")
    people = {membership.reference(text, ("User",)) for text in named}
    in_groups = {membership.reference(text, ("Group",)) for text in texts(users, f"{side}Groups")}
    roles = {membership.reference(text, ("Role",)) for text in texts(users, f"{side}Roles")}
    return "All" in named or who.id in people or bool(groups & in_groups) or bool(who.roles & roles)
