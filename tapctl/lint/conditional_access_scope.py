"""CA001 to CA008 and CA038: whom policies reach, and whom they leave out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tapctl.canonical import sort_key
from tapctl.evaluate.audience import is_in_clause, reaches_person
from tapctl.evaluate.policy import read_policy
from tapctl.evaluate.scene import Index, Scene, index
from tapctl.evaluate.situation import SignIn
from tapctl.kinds._roles import NOT_GIVEN, ROLES
from tapctl.lint.context import Context
from tapctl.lint.example import BLOCK, document, policy, stream
from tapctl.lint.groups import Groups
from tapctl.lint.item import Hit
from tapctl.lint.left_out import baselines, left_out
from tapctl.lint.policy import Policy
from tapctl.lint.rule import rule

_GLASS: Final = "settings: {breakGlass: {accounts: [bg@example.com], groups: [Break glass]}}\n"
_EVERYBODY: Final = "{includeUsers: [All]}"
_LESS_ADMINS: Final = (
    "{includeUsers: [All], excludeGroups: [Break glass], excludeRoles: [Global Administrator]}"
)
_LESS_STAFF: Final = "{includeUsers: [All], excludeGroups: [Break glass, Contractors]}"
_BEFORE: Final = (
    "before:\n- kind: ConditionalAccessPolicy\n  name: A\n  spec: {state: enabled, "
    "conditions: {users: {includeUsers: [All], excludeGroups: [Break glass]}, "
    "applications: {includeApplications: [All]}, clientAppTypes: [all]}, "
    "grantControls: {operator: OR, builtInControls: [mfa]}}\n"
)
_USERS_GROUPS: Final = (
    "https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-users-groups"
)


def spares_emergency(context: Context, found: Policy) -> bool:
    """Whether the emergency accounts, one by one or as a group, are left out of the policy.

    That the groups of `breakGlass` hold the accounts is the guard's business: it asks the tenant.
    """
    glass = context.settings.break_glass
    around = {name for group in glass.groups for name in context.groups.around(group)}
    users = {name.casefold() for name in found.users("excludeUsers")}
    if around & found.users("excludeGroups"):
        return True
    return bool(glass.accounts) and {name.casefold() for name in glass.accounts} <= users


def reaches_emergency(context: Context, found: Policy) -> bool:
    """Whether the include side names the emergency accounts, for all that is known."""
    glass = context.settings.break_glass
    around = {name for group in glass.groups for name in context.groups.around(group)}
    users = {name.casefold() for name in found.users("includeUsers")}
    named = users & {name.casefold() for name in glass.accounts}
    is_admin = any("Global Administrator" in role or _GLOBAL in role for role in found.users("includeRoles"))
    return found.includes_everyone or bool(named or found.users("includeGroups") & around) or is_admin


_GLOBAL: Final = "62e90394-69f5-4237-9190-012177145e10"


def _may_hold_emergency(context: Context) -> frozenset[str]:
    """The groups of unknown members that a policy is about which would reach an emergency account in them."""
    known = index(context.what_if.facts)
    found = (policy for policy in _judged(context) if not reaches_emergency(context, policy))
    return frozenset(
        group
        for policy in found
        if not _are_out(context, policy, known)
        for group in policy.users("includeGroups")
        if not context.groups.is_known(group)
    )


def _judged(context: Context) -> Iterator[Policy]:
    """The policies that have to leave the emergency accounts out, and do not say so."""
    own = {name.casefold() for name in context.settings.break_glass.policies}
    for found in context.on if context.settings.break_glass else ():
        if found.name.casefold() not in own and found.demands and not spares_emergency(context, found):
            yield found


@rule(
    id="CA001",
    name="ca-break-glass-in",
    severity="error",
    blind=_may_hold_emergency,
    brake="break-glass-exposed",
    what="A policy that is on, or reports, reaches the emergency accounts.",
    why="They have to get in when everything else fails; a policy that only reports is switched on one day.",
    fix="Exclude the emergency accounts' group, or list the policy under breakGlass.policies as their own.",
    source="https://learn.microsoft.com/entra/identity/role-based-access-control/security-emergency-access",
    good=stream(policy(), _GLASS),
    bad=stream(policy(users=_EVERYBODY), _GLASS),
)
def emergency_in_scope(context: Context) -> Iterator[Hit]:
    """Accounts that a group is known to hold are out with it, though nobody declares it as theirs."""
    known = index(context.what_if.facts)
    for found in _judged(context):
        is_named = reaches_emergency(context, found)
        if (is_named and not _are_out(context, found, known)) or _is_known_in(context, found, known):
            message = f"{found.name} does not leave the emergency accounts out"
            yield found.hit(message, "conditions", "users", remedy=_remedy(context, found))


def _is_known_in(context: Context, found: Policy, known: Index) -> bool:
    """Whether an emergency account is in scope for certain, through whatever group."""
    read = read_policy(found.name, found.spec)
    return any(
        reaches_person(read, Scene(known, SignIn(user=name, as_of=context.as_of))) is True
        for name in context.settings.break_glass.accounts
    )


def _are_out(context: Context, found: Policy, known: Index) -> bool:
    """Whether each emergency account is out of scope for certain, by what is known of groups and roles."""
    accounts = context.settings.break_glass.accounts
    read = read_policy(found.name, found.spec)
    return bool(accounts) and all(
        reaches_person(read, Scene(known, SignIn(user=name, as_of=context.as_of))) is False
        for name in accounts
    )


def _remedy(context: Context, found: Policy) -> str:
    """Which of the groups that are out may be theirs, where nobody said which one is."""
    groups = sorted(found.users("excludeGroups"))
    if not groups or context.settings.break_glass.groups:
        return ""
    one = f"If {groups[0]} holds" if len(groups) == 1 else f"If one of {', '.join(groups)} holds"
    return f"{one} them, list it under breakGlass.groups in tapctl.yaml; otherwise exclude their group."


@rule(
    id="CA002",
    name="ca-block-everyone",
    severity="error",
    what="Everybody is blocked from everything, always.",
    why="Nobody can sign in any more; the portal refuses such a policy, and Graph may take it.",
    fix="Exclude somebody, name the applications, or add the condition that was meant.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-policies",
    good=policy(grant=BLOCK),
    bad=policy(users=_EVERYBODY, grant=BLOCK),
)
def block_everyone(context: Context) -> Iterator[Hit]:
    for found in context.on:
        if found.blocks_everybody:
            yield found.hit(
                f"{found.name} blocks everybody from everything", "grantControls", "builtInControls"
            )


@rule(
    id="CA003",
    name="ca-empty-population",
    severity="error",
    what="A policy is for nobody: whom it includes is excluded again, or its groups are empty.",
    why="An exclusion always wins: the policy never applies, and looks as if it did.",
    fix="Take the group or person out of one of the two lists, or give the group members.",
    source=_USERS_GROUPS,
    good=policy(users="{includeGroups: [Staff], excludeGroups: [Break glass]}"),
    bad=policy(users="{includeGroups: [Staff], excludeGroups: [Staff, Break glass]}"),
)
def empty_population(context: Context) -> Iterator[Hit]:
    known = index(context.what_if.facts)
    for found in context.policies:
        if found.is_workload or not found.includes_somebody:
            continue
        if _is_swallowed(context, found, known):
            yield found.hit(f"{found.name} {_said(found)}", "conditions", "users")


def _said(found: Policy) -> str:
    if found.excludes_somebody:
        return "excludes everybody whom it includes"
    return f"is for members of {', '.join(sorted(found.users('includeGroups')))}, and there are none"


def _is_swallowed(context: Context, found: Policy, known: Index) -> bool:
    """Whether nobody is left, for certain: of a group that is not known whole, somebody may be."""
    if "All" in found.users("excludeUsers"):
        return True
    if found.includes_everyone:
        return False
    excluded = read_policy(found.name, found.spec).exclude

    def is_out(user: str) -> bool:
        scene = Scene(known, SignIn(user=user, as_of=context.as_of))
        return is_in_clause(excluded, scene) is True

    def are_out(group: str) -> bool:
        members = context.groups.members.get(group)
        is_named = bool(context.groups.around(group) & excluded.groups)
        return is_named or (members is not None and members.is_complete and all(map(is_out, members.users)))

    return (
        found.users("includeRoles") <= found.users("excludeRoles")
        and found.guests("include") <= found.guests("exclude")
        and all(map(is_out, found.users("includeUsers") - {"GuestsOrExternalUsers"}))
        and all(
            are_out(inner) for group in found.users("includeGroups") for inner in context.groups.inside(group)
        )
    )


@rule(
    id="CA004",
    name="ca-incomplete",
    severity="error",
    covers=("policy-without-users", "policy-without-applications", "policy-without-controls"),
    what="A policy lacks whom it is about, what it is about, or what it asks for.",
    why="Entra ignores it (emptyPolicy) or refuses it; somebody may count on it.",
    fix="Add users, a target, and a grant or session control; or remove the policy.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-policies",
    good=policy(),
    bad=policy(grant=""),
)
def incomplete(context: Context) -> Iterator[Hit]:
    for found in context.policies:
        if read_policy(found.name, found.spec).unknown:
            continue  # what is newer than tapctl may be what it is about
        has_target = found.applications() or found.actions or found.contexts
        has_filter = found.item.at("conditions", "applications", "applicationFilter")
        lacks = [
            what
            for what, is_there in {
                "whom it is about": found.includes_somebody or found.is_workload,
                "what it is about": has_target or has_filter,
                "what it asks for": found.demands or found.spec.get("sessionControls"),
            }.items()
            if not is_there
        ]
        if lacks:
            yield found.hit(f"{found.name} does not say {', nor '.join(lacks)}")


@rule(
    id="CA006",
    name="ca-exclusion-unprotected",
    severity="warning",
    what="A group that opens doors can be changed by whoever administers groups.",
    why="Who may add members to an excluded group decides who is asked for nothing.",
    fix="Make it role-assignable (in a new group: it cannot be changed later), or restrict who manages it.",
    source=_USERS_GROUPS,
    good=stream(policy(users=_LESS_STAFF), document("Group", "Contractors", "{isAssignableToRole: true}")),
    bad=stream(policy(users=_LESS_STAFF), document("Group", "Contractors", "{description: People}")),
)
def exclusion_unprotected(context: Context) -> Iterator[Hit]:
    """One for each group, however many policies exclude it."""
    for item in context.of("Group"):
        name = item.address.name
        users = [found.name for found in context.on if name in found.users("excludeGroups")]
        if users and item.at("isAssignableToRole") is not True:
            where = users[0] if len(users) == 1 else f"{len(users)} policies"
            yield item.hit(f"{name} is excluded from {where}, and is not role-assignable")


@rule(
    id="CA007",
    name="ca-exclusion-grows",
    severity="warning",
    needs=("plan",),
    what="A change excludes more than before.",
    why="Exclusions are the usual way in which a policy wears away: one group, one application at a time.",
    fix="Say in `why` who decided it and until when; better, give the excluded a policy of their own.",
    source=_USERS_GROUPS,
    good=stream(policy("A"), _BEFORE),
    bad=stream(policy("A", users=_LESS_STAFF), _BEFORE),
)
def exclusion_grows(context: Context) -> Iterator[Hit]:
    """Whoever was in a group that was excluded is not newly so by a name of their own."""
    was = context.before or context
    before = {found.name: found for found in was.policies}
    for found in context.on:
        old = before.get(found.name)
        if old is None:
            continue
        held = _held(was.groups, old.users("excludeGroups"))
        for path in _EXCLUDED:
            added = found.condition(*path) - old.condition(*path)
            for name in sorted(added):
                if name.lower() not in held.get(path[-1], ()):
                    yield found.hit(f"{found.name} now excludes {name}", "conditions", *path, value=name)


def _held(groups: Groups, excluded: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Who is known to be in these groups, by the list that may name them."""
    names = [*excluded]
    return {
        "excludeUsers": frozenset(user for name in names for user in groups.users(name)),
        "excludeGroups": frozenset(one.lower() for name in names for one in groups.inside(name)),
    }


_EXCLUDED: Final = (
    ("users", "excludeUsers"),
    ("users", "excludeGroups"),
    ("users", "excludeRoles"),
    ("applications", "excludeApplications"),
    ("locations", "excludeLocations"),
)


@rule(
    id="CA008",
    name="ca-exclusion-no-fallback",
    severity="warning",
    what="People who are excluded from a baseline policy have no other policy of that kind.",
    why="They are asked for nothing, or as administrators for less: no MFA, or no stop for legacy clients.",
    fix="Give the excluded people a policy of their own that asks for what they can show.",
    source=_USERS_GROUPS,
    good=stream(
        policy("Everybody", users=_LESS_STAFF),
        policy("Contractors", users="{includeGroups: [Contractors], excludeGroups: [Break glass]}"),
        _GLASS,
    ),
    bad=stream(policy("Everybody", users=_LESS_ADMINS), _GLASS),
)
def exclusion_without_fallback(context: Context) -> Iterator[Hit]:
    """One hit for everybody whom a policy leaves out: they are mended together."""
    asked: dict[str, dict[str, list[str]]] = {}
    known = index(context.what_if.facts)
    for baseline, others in baselines(context):
        found = baseline.policy
        key = sort_key(found.spec)
        if key not in asked:  # of policies that say the same, all leave out the same
            is_empty = _is_swallowed(context, found, known)
            asked[key] = {} if is_empty else left_out(context, baseline, others)
        left = asked[key]
        if left:
            names = [name for some in left.values() for name in some]
            said = ", ".join(names[:_MOST_NAMES])
            more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
            who = f"{said}{more} {'is' if len(names) == 1 else 'are'}"
            message = f"{who} excluded from {found.name}, and no other policy does the same for them"
            value = names[0] if len(names) == 1 else ""
            yield found.hit(message, "conditions", "users", next(iter(left)), value=value)


_MOST_NAMES: Final = 5


@rule(
    id="CA038",
    name="ca-role-kind",
    severity="error",
    absence=True,
    what="A policy holds an id that is no built-in role's.",
    why="Only built-in roles count, by the ids of their templates: for any other it reaches nobody.",
    fix="Name the role; of a role of one's own, put the people into a group and name that.",
    source=_USERS_GROUPS,
    good=policy(users="{includeRoles: [62e90394-69f5-4237-9190-012177145e10]}"),
    bad=policy(users="{includeRoles: [11111111-2222-4333-8444-555555555555]}"),
)
def role_kind(context: Context) -> Iterator[Hit]:
    """A role that is newer than tapctl's list looks like that until a tenant was read that has it: only then
    it is an error."""
    for found in context.policies:
        for side in ("includeRoles", "excludeRoles"):
            for text in sorted(found.users(side)):
                template = text.removeprefix("id:").lower()
                if text.startswith("id:") and template not in NOT_GIVEN.union(ROLES.values()):
                    message = f"{found.name} names the role {template}, which is no built-in one's id"
                    yield found.hit(message, "conditions", "users", side, value=text)
