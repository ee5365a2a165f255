"""CA050 to CA052 and CA055: groups, applications and devices that are less certain than they look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tapctl.evaluate.applications import app_key
from tapctl.lint.context import Context
from tapctl.lint.example import document, policy, stream
from tapctl.lint.item import Hit
from tapctl.lint.policy import Policy
from tapctl.lint.rule import rule

_GRAPH: Final = app_key("Microsoft Graph")
_OFFICE_PARTS: Final = {
    app_key(name): name
    for name in (
        "Office 365 Exchange Online",
        "Office 365 SharePoint Online",
        "Microsoft Teams Services",
        "Skype for Business Online",
        "Microsoft Planner",
        "Microsoft Stream Portal",
    )
}
_OWN_ATTRIBUTES: Final = re.compile(
    r"user\.(?:mobile|mobilePhone|otherMails|preferredLanguage|streetAddress)\b", re.IGNORECASE
)
"""What people can change about themselves: https://learn.microsoft.com/entra/fundamentals/users-default-permissions"""
_BY_LANGUAGE: Final = "{membershipRule: 'user.preferredLanguage -eq \"de\"'}"
_BY_DEPARTMENT: Final = "{membershipRule: 'user.department -eq \"HR\"'}"
_USERS: Final = "{includeGroups: [Germans], excludeGroups: [Break glass]}"
_CLOUD_APPS: Final = (
    "https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-cloud-apps"
)


@rule(
    id="CA050",
    name="ca-group-self-service",
    severity="error",
    what="A policy or the pass configuration rests on a group that people can walk out of by themselves.",
    why="A dynamic group follows its attributes, and its members can change this one in their own profile.",
    fix="Build the group on an attribute that only human resources or an administrator writes.",
    source="https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership",
    good=stream(policy(users=_USERS), document("Group", "Germans", _BY_DEPARTMENT)),
    bad=stream(policy(users=_USERS), document("Group", "Germans", _BY_LANGUAGE)),
)
def group_self_service(context: Context) -> Iterator[Hit]:
    for item in context.of("Group"):
        text = item.at("membershipRule")
        found = _OWN_ATTRIBUTES.search(text) if isinstance(text, str) else None
        if found and (user := _rests_on(context, item.address.name)):
            message = f"{user} rests on {item.address.name}, whose members can change their {found[0]}"
            yield item.hit(message, "membershipRule")


def _rests_on(context: Context, group: str) -> str:
    around = context.groups.around(group)
    for found in context.on:
        if (found.users("includeGroups") | found.users("excludeGroups")) & around:
            return found.name
    scope = context.methods.scope("temporaryAccessPassOneTime")
    return "the pass configuration" if scope and (scope.include | scope.exclude) & around else ""


@rule(
    id="CA051",
    name="ca-office-parts",
    severity="warning",
    what="A policy names single Office applications instead of the suite.",
    why="They depend on each other: people are asked at odd moments, and one part is a way around another.",
    fix="Include Office365.",
    source=_CLOUD_APPS,
    good=policy(applications="{includeApplications: [Office365]}"),
    bad=policy(applications="{includeApplications: [Office 365 Exchange Online]}"),
)
def office_parts(context: Context) -> Iterator[Hit]:
    for found in context.on:
        apps = {app_key(app): app for app in found.applications()}
        if apps.keys() & {"all", "office365"} or _is_for_parts_alone(found):
            continue
        if parts := sorted(apps.keys() & _OFFICE_PARTS.keys()):
            names = " and ".join(_OFFICE_PARTS[key] for key in parts)
            message = f"{found.name} is about {names}, which other Office applications lead to"
            yield found.hit(
                message, "conditions", "applications", "includeApplications", value=apps[parts[0]]
            )


def _is_for_parts_alone(found: Policy) -> bool:
    """ActiveSync is Exchange's; token protection and app-enforced restrictions work for some parts only."""
    return found.clients == {"exchangeActiveSync"} or any(
        found.session(name, "isEnabled") is True
        for name in ("secureSignInSession", "applicationEnforcedRestrictions")
    )


@rule(
    id="CA052",
    name="ca-identifier-graph",
    severity="error",
    what="Microsoft Graph is listed as a target.",
    why="Entra does not take it alone: what is asked for is the application behind it.",
    fix="Include the resources themselves, or All.",
    source=_CLOUD_APPS,
    good=policy(),
    bad=policy(applications="{includeApplications: [Microsoft Graph]}"),
)
def graph_target(context: Context) -> Iterator[Hit]:
    for found in context.policies:
        for side in ("include", "exclude"):
            for app in sorted(found.applications(side)):
                if app_key(app) == _GRAPH:
                    path = ("conditions", "applications", f"{side}Applications")
                    yield found.hit(f"{found.name} names Microsoft Graph as a target", *path, value=app)


@rule(
    id="CA055",
    name="ca-compliant-inprivate",
    severity="note",
    what="Browsers are asked for a compliant device.",
    why="Private windows, and browsers without the extension for it, show no device and are stopped.",
    fix="Tell people which browsers work, or accept a strong method as well.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-grant",
    good=policy(grant="{operator: OR, builtInControls: [compliantDevice, mfa]}"),
    bad=policy(grant="{operator: OR, builtInControls: [compliantDevice]}"),
)
def compliant_browser(context: Context) -> Iterator[Hit]:
    """Of people: workloads and agents have no windows."""
    for found in context.on:
        has_way_out = found.operator == "OR" and len(found.demands) > 1
        if "compliantDevice" not in found.controls or has_way_out or not found.includes_somebody:
            continue
        if found.has_any_client or "browser" in found.clients:
            message = f"{found.name} stops private windows and some browsers, which show no device"
            yield found.hit(message, "grantControls", "builtInControls", value="compliantDevice")
