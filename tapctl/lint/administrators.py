"""CA039, CA040, CA048 and CA049: administrators, and accounts that work for everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tapctl.built_in import SYNCHRONISE
from tapctl.evaluate.applications import app_key
from tapctl.evaluate.facts import STRANGER, Person
from tapctl.evaluate.truth import Truth
from tapctl.lint.as_much import asks_as_much
from tapctl.lint.context import Context
from tapctl.lint.emergency import emergency_accounts, is_emergency_group
from tapctl.lint.example import BLOCK, document, policy, stream
from tapctl.lint.item import Hit
from tapctl.lint.policy import DEVICE_CONTROLS, MODERN, Policy
from tapctl.lint.rule import rule
from tapctl.model import Severity

# Template ids: https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
_GLOBAL: Final = ("Global Administrator", "62e90394-69f5-4237-9190-012177145e10")
_CONDITIONAL_ACCESS: Final = ("Conditional Access Administrator", "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9")
_APPROVERS: Final = (
    _GLOBAL,
    _CONDITIONAL_ACCESS,
    ("Security Administrator", "194ae4cb-b126-40b2-bd5b-6091b380977d"),
)
"""Roles that can change, and take back, what a policy does."""
_OPEN_DOORS: Final[Mapping[str, str]] = {
    "Privileged Authentication Administrator": "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    "Authentication Administrator": "c4e39bd9-1100-46d3-8c65-fb160da0071f",
    "Helpdesk Administrator": "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "Conditional Access Administrator": "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
    "Security Administrator": "194ae4cb-b126-40b2-bd5b-6091b380977d",
}
"""Roles that can issue passes, reset methods, or change who is asked for what."""
_PORTALS: Final = frozenset(
    {"microsoftadminportals", app_key("Windows Azure Service Management API"), app_key("Azure Portal")}
)
_ALL_ADMINS: Final = (
    "{includeRoles: [Global Administrator, Privileged Authentication Administrator, "
    "Authentication Administrator, Helpdesk Administrator, Conditional Access Administrator, "
    "Security Administrator], excludeGroups: [Break glass]}"
)
_SOME_ADMINS: Final = "{includeRoles: [Global Administrator], excludeGroups: [Break glass]}"
_AT_PORTALS: Final = "{includeApplications: [MicrosoftAdminPortals]}"
_SYNC: Final = "sync@example.com: {roles: [Directory Synchronization Accounts]}"
_SYNC_FACTS: Final = f"facts: {{groups: {{Break glass: []}}, users: {{{_SYNC}}}}}\n"
_ADA: Final = "ada@example.com: {roles: [Conditional Access Administrator]}"
_ADMIN_FACTS: Final = f"facts: {{groups: {{Break glass: []}}, users: {{{_ADA}}}}}\n"


def _has(role: tuple[str, str], names: frozenset[str]) -> bool:
    """Whether a role is among names; one that nothing could name is there by its id."""
    name, template = role
    return name in names or template in {text.removeprefix("id:") for text in names}


def _holds(person: Person, *roles: tuple[str, str]) -> bool:
    return person.roles is not None and any(_has(role, person.roles) for role in roles)


@rule(
    id="CA039",
    name="ca-role-gap",
    severity="warning",
    what="A policy for administrators misses a role that can open doors for others.",
    why="Who can issue a pass or reset a method becomes anybody: attackers take the role that is not asked.",
    fix="Add the roles that are named, or a second policy for them that asks for as much.",
    source="https://learn.microsoft.com/entra/identity/role-based-access-control/privileged-roles-permissions",
    good=policy(users=_ALL_ADMINS),
    bad=policy(users=_SOME_ADMINS),
)
def role_gap(context: Context) -> Iterator[Hit]:
    """A policy that names the Global Administrator is about administrators as such, and its own list counts:
    what everybody is asked is no list of roles. Policies for other roles may go on with it."""
    asking = [found for found in context.on if _is_for_roles(found)]
    for found in asking:
        if not _has(_GLOBAL, found.users("includeRoles")):
            continue
        listed = found.users("includeRoles").union(
            *(other.users("includeRoles") for other in asking if _goes_on(context, other, found))
        )
        missing = [name for name, template in _OPEN_DOORS.items() if not _has((name, template), listed)]
        if missing:
            message = f"{found.name} is about administrators, and not about {', '.join(missing)}"
            yield found.hit(message, "conditions", "users", "includeRoles")


def _is_for_roles(found: Policy) -> bool:
    """Whether it asks roles, and not everybody, for a second factor or a device, wherever they are."""
    apps = {app_key(app) for app in found.applications()}
    return (
        not found.includes_everyone
        and bool(found.users("includeRoles"))
        and found.grants
        and (found.asks_for_mfa or bool(found.controls & DEVICE_CONTROLS))
        and (found.includes_all_resources or bool(apps & _PORTALS))
        and set(found.narrowing) <= {"clientAppTypes", "locations"}
        and (found.has_any_client or "browser" in found.clients)
    )


def _goes_on(context: Context, other: Policy, found: Policy) -> bool:
    """Whether another policy is the rest of this one: for roles beside the Global Administrator, of all that
    it is about, wherever it is at work, and with as much to show."""
    return (
        not _has(_GLOBAL, other.users("includeRoles"))
        and other.is_at_work_with(found)
        and other.includes_targets_of(found)
        and set(other.narrowing) <= set(found.narrowing)
        and asks_as_much(context, other, found)
    )


def _is_general(found: Policy) -> bool:
    return found.includes_all_resources and not found.narrowing


@rule(
    id="CA040",
    name="ca-sync-excluded",
    severity="warning",
    needs=("roles",),
    what="The account that synchronises the directory is asked for what it cannot show.",
    why="It signs in unattended: once MFA is asked of it, nobody's changes arrive any more.",
    fix="Exclude the role Directory Synchronization Accounts, and guard the account by its address.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/plan-conditional-access",
    good=stream(
        policy(users="{includeUsers: [All], excludeRoles: [Directory Synchronization Accounts]}"), _SYNC_FACTS
    ),
    bad=stream(policy(), _SYNC_FACTS),
)
def sync_excluded(context: Context) -> Iterator[Hit]:
    for found in context.on:
        if not found.grants or not _is_general(found):
            continue
        for user, person in context.people.reached(found):
            if _holds(person, SYNCHRONISE):
                yield found.hit(
                    f"{found.name} asks {user}, which synchronises the directory", "conditions", "users"
                )


@rule(
    id="CA048",
    name="ca-self-lockout",
    severity="error",
    needs=("roles",),
    brake="locks-out-caller",
    what="Everybody who could change Conditional Access is blocked, always and everywhere.",
    why="Nobody would be left to take the policies back but the emergency accounts.",
    fix="Leave somebody who holds Conditional Access Administrator out, or give the block a condition.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/plan-conditional-access",
    good=stream(policy(), _ADMIN_FACTS),
    bad=stream(policy(applications=_AT_PORTALS, grant=BLOCK), _ADMIN_FACTS),
)
def self_lockout(context: Context) -> Iterator[Hit]:
    emergency = {name.casefold() for name in context.settings.break_glass.accounts}
    administrators = {
        user
        for user, person in context.facts.users.items()
        if _holds(person, _GLOBAL, _CONDITIONAL_ACCESS) and user.casefold() not in emergency
    }
    walls = [found for found in context.enforced if _is_wall(found)]
    stopped = [{user for user, _ in context.people.reached(found)} & administrators for found in walls]
    if administrators and administrators == set().union(*stopped):
        for found, people in zip(walls, stopped, strict=True):
            if people:
                message = f"{found.name} leaves nobody who could change Conditional Access"
                yield found.hit(message, "grantControls", "builtInControls", value="block")


def _is_wall(found: Policy) -> bool:
    """Whether it always blocks the places where policies are changed; no legacy client changes any."""
    apps = {app_key(app) for app in found.applications()}
    open_to_some = {app_key(app) for app in found.applications("exclude")} & _PORTALS
    reaches = "all" in apps or bool(apps & _PORTALS)
    is_always = set(found.narrowing) <= {"clientAppTypes"} and (
        found.has_any_client or found.clients >= MODERN
    )
    return found.blocks and reaches and not open_to_some and is_always


@rule(
    id="CA049",
    name="ca-azure-management",
    severity="warning",
    what="The portals where changes are approved and taken back are blocked for those who administer.",
    why="Whoever has to approve or roll back a change is stopped with the rest.",
    fix="Exclude administrators by role or by a role-assignable group, or ask for a strong method instead.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-cloud-apps",
    good=stream(
        policy(
            applications=_AT_PORTALS,
            grant=BLOCK,
            users="{includeUsers: [All], excludeGroups: [Break glass, Administrators]}",
        ),
        document("Group", "Administrators", "{isAssignableToRole: true}"),
    ),
    bad=stream(
        policy(applications=_AT_PORTALS, grant=BLOCK), "settings: {breakGlass: {groups: [Break glass]}}\n"
    ),
)
def azure_management(context: Context) -> Iterator[Hit]:
    """A note where people are left out of whom nothing says whether they administer, and where only those are
    stopped who are somewhere else."""
    for found in context.enforced:
        apps = {app_key(app) for app in found.applications()}
        if not found.blocks or not apps & _PORTALS or not _is_for_browsers(found):
            continue
        whom, spared = _stopped(found), _spared(context, found)
        if whom and True not in spared.values():
            doubtful = sorted(name for name, administers in spared.items() if administers is None)
            places = sorted(found.condition("locations", "excludeLocations"))
            message = f"{found.name} blocks the administration portals for {whom}"
            message += f" outside {' and '.join(places)}" if places else ""
            message += f"; nothing says whether {' or '.join(doubtful)} may administer" if doubtful else ""
            severity: Severity | None = "note" if doubtful or places else None
            yield found.hit(message, "conditions", "applications", "includeApplications", severity=severity)


def _stopped(found: Policy) -> str:
    """Whom it includes of those who approve changes, in words; nobody where one of their roles is out."""
    if any(_has(role, found.users("excludeRoles")) for role in _APPROVERS):
        return ""
    if found.includes_everyone:
        return "everybody"
    return ", ".join(role[0] for role in _APPROVERS if _has(role, found.users("includeRoles")))


def _spared(context: Context, found: Policy) -> dict[str, Truth]:
    """Who is left out, and whether they may administer; the emergency accounts are no answer."""
    users = {name.casefold() for name in found.users("excludeUsers")} - emergency_accounts(context)
    groups = found.users("excludeGroups")
    return {
        **{name: _administers(context, name) for name in users},
        **{name: _may_administer(context, name) for name in groups if not is_emergency_group(context, name)},
    }


def _administers(context: Context, user: str) -> Truth:
    """Whether a person is known to administer, or not to."""
    people = {name.casefold(): person for name, person in context.facts.users.items()}
    person = people.get(user.casefold(), STRANGER)
    return None if person.roles is None else _holds(person, *_APPROVERS)


def _may_administer(context: Context, group: str) -> Truth:
    """Whether administrators may be in a group: some are known to be, or it may hold a role."""
    declared = context.find("Group", group)
    members = [_administers(context, user) for user in context.groups.users(group)]
    if True in members or (declared is not None and declared.at("isAssignableToRole") is True):
        return True
    is_known = context.groups.is_known(group) and None not in members
    return False if declared is not None or is_known else None


def _is_for_browsers(found: Policy) -> bool:
    """Whether it is at work in a browser, where people administer: always, or but for some places."""
    included = found.condition("locations", "includeLocations")
    return (
        set(found.narrowing) <= {"clientAppTypes", "locations"}
        and (found.has_any_client or "browser" in found.clients)
        and (not included or "All" in included)
    )
