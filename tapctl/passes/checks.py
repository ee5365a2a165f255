"""Whether somebody may be given a pass: a wish, a person, the tenant's rules → findings. Pure.

An error cannot be overruled; a brake needs the word in its `flag`; a warning is only told. Each says why, and
what would help.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tapctl.model import Finding, Severity
from tapctl.passes.graph import EVERYBODY, Pass, PassPolicy
from tapctl.passes.roster import Wanted
from tapctl.passes.starting import odds
from tapctl.text.times import Zones, length, shown, window

REPLACE, PRIVILEGED = "--replace", "--privileged"
UNKNOWN_USER = "unknown-user"
# A start may be this much earlier than now: clocks differ, and a command takes a moment to arrive.
SKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """Somebody in the directory; ids are in lower case. `groups` are those among the rules' groups that hold
    them, through other groups too; `groups_unread` and `unread` say why those or their pass could not be
    read. `is_enabled` None is what Graph did not say."""

    id: str
    name: str
    display_name: str = ""
    is_enabled: bool | None = True
    is_external: bool = False
    groups: frozenset[str] = frozenset()
    groups_unread: str = ""
    holds: Pass | None = None
    unread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for everybody. `active` and `eligible` name the roles of a user or group by id;
    `role_groups` are the role-assignable groups, `owners` what each user owns of them, and `joinable` what
    PIM for Groups lets a user or group make of itself there; `feeders` are the other groups that hold any of
    that or may take it. `unread` says what of all that could not be read, and `unasked` why a tenant cannot
    be asked about PIM for Groups. `break_glass` are the emergency accounts and groups; `unpinned` says which
    of them have no pin and cannot be told without one. `names` name the pass policy's groups; `policy_groups`
    are those that `doors` are about."""

    policy: PassPolicy
    caller_id: str = ""
    active: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    eligible: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    role_groups: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    joinable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    feeders: Mapping[str, str] = field(default_factory=dict)
    break_glass: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    policy_groups: frozenset[str] = frozenset()
    unread: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    unpinned: tuple[str, ...] = ()

    @property
    def groups(self) -> frozenset[str]:
        """The groups whose members matter."""
        privileged = self.role_groups.keys() | self.feeders.keys() | self.break_glass
        return self.policy.groups | privileged | self.policy_groups


def blocking(findings: Iterable[Finding], words: Set[str]) -> list[Finding]:
    """Those that stop a pass, given these words."""
    return [
        item
        for item in findings
        if item.severity == "error" or (item.severity == "brake" and item.flag not in words)
    ]


def general(rules: Rules) -> list[Finding]:
    """What is wrong for everybody, said once."""
    found: list[Finding] = []
    if not rules.policy.is_enabled:
        found.append(
            _finding(
                "policy-off",
                "the tenant's pass policy is turned off: nobody could use a pass",
                "let a TemporaryAccessPassPolicy document say `state: enabled`, and apply it",
            )
        )
    found += [
        _brake(
            "privileges-unread",
            f"who is privileged cannot be told: {why}",
            "mend that, or say --privileged if none of these people is",
            PRIVILEGED,
        )
        for why in (*rules.unread, *rules.unpinned)
    ]
    found += [
        _finding(
            "groups-on-demand",
            f"who is eligible for role-assignable groups (PIM for Groups) cannot be asked here: {why}",
            "nothing is to be done where the tenant has no Entra ID P2 or Governance licence",
            "note",
        )
        for why in rules.unasked
    ]
    return found


def check(
    wish: Wanted,
    person: Applicant | None,
    rules: Rules,
    now: datetime,
    zones: Zones,
    guess: str = "",
    *,
    ahead: timedelta = timedelta(),
) -> list[Finding]:
    """Everything that is to be said about one person and their wish; `guess` is a name like theirs, and
    Graph's clock is so far `ahead`."""
    if person is None:
        hint = f'; did you mean "{guess}"?' if guess else ""
        unknown = f'there is no user "{wish.user}" in the tenant{hint}'
        help_ = "write the userPrincipalName, which need not be the mail address, or the object id"
        return [_placed(wish, _finding(UNKNOWN_USER, unknown, help_))]
    mine = Zones(here=zones.here, there=wish.zone)
    found = [
        *_account(wish, person, rules, now),
        *_scope(person, rules),
        *_wish(wish, rules.policy),
        *_start(wish, now, ahead, mine),
        *_held(person, now, mine),
        *_privileges(person, rules),
    ]
    return [_placed(wish, item) for item in found]


def _account(wish: Wanted, person: Applicant, rules: Rules, now: datetime) -> Iterable[Finding]:
    if person.is_external:
        yield _finding(
            "external",
            "is a guest from another organisation, and Graph adds no pass to those",
            "they sign in with their own organisation's methods; an internal guest may have a pass",
        )
    is_now = wish.start is None or wish.start <= now
    if person.is_enabled is None:
        yield _finding(
            "enabled-unread",
            "whether the account is enabled cannot be told: Graph does not say",
            "get the permission User.Read.All, or let the pass start later"
            if is_now
            else "look at it by then",
            "error" if is_now else "warning",
        )
    elif not person.is_enabled and is_now:
        yield _finding(
            "disabled",
            "the account is disabled, and the pass would start now",
            "enable the account first, or let the pass start later",
        )
    elif not person.is_enabled:
        yield _finding(
            "disabled",
            "the account is disabled: until it is enabled, the pass opens nothing",
            "enable it before the pass starts",
            "warning",
        )
    if person.id == rules.caller_id:
        yield _finding("self", "nobody may make a pass for themselves", "ask another administrator")


def _scope(person: Applicant, rules: Rules) -> Iterable[Finding]:
    policy = rules.policy
    if person.groups_unread:
        yield _finding(
            "groups-unread",
            f"which groups they are in cannot be read: {person.groups_unread}",
            "get the permission: groups decide who may have a pass, and who is privileged",
        )
    elif person.id in policy.excluded:
        yield _finding(
            "excluded",
            "the pass policy excludes them by their own id, and exclusions win",
            "take them out of the policy's excludeTargets",
        )
    elif excluded := policy.excluded & (person.groups | {EVERYBODY}):
        yield _finding(
            "excluded",
            f"the pass policy excludes {_names(excluded, rules)}, and exclusions win",
            "take the person out of that group, or the group out of the policy's excludeTargets",
        )
    elif not policy.reaches(person.groups | {person.id}):
        yield _finding(
            "out-of-scope",
            f"the pass policy reaches {_names(policy.included, rules) or 'nobody'}, and not this person: "
            "sign-in would say that the pass is blocked by the user credential policy",
            "add the person to such a group (Graph may need some minutes), or the group to includeTargets",
        )


def _wish(wish: Wanted, policy: PassPolicy) -> Iterable[Finding]:
    lifetime = policy.default if wish.lifetime is None else wish.lifetime
    if not policy.minimum <= lifetime <= policy.maximum:
        yield _finding(
            "lifetime",
            f"a lifetime of {length(lifetime)} is outside the policy's range of {length(policy.minimum)} to "
            f"{length(policy.maximum)} ({policy.minimum} to {policy.maximum} minutes)",
            "wish for one in that range, or change the pass policy",
        )
    if policy.is_usable_once and not wish.is_usable_once:
        yield _finding(
            "multi-use",
            "the pass policy allows one-time passes only",
            "leave --multi-use out (in a roster: oneTime), or change the policy's isUsableOnce",
        )


def _start(wish: Wanted, now: datetime, ahead: timedelta, zones: Zones) -> Iterable[Finding]:
    if said := odds(wish.start, now, ahead):
        yield _finding(
            "clocks-differ",
            said,
            "set this machine's clock, or wish for a start that is to come by both",
        )
    elif wish.start is not None and wish.start < now - SKEW:
        yield _finding(
            "start-past",
            f"the start, {shown(wish.start, zones)}, is past",
            "leave the start out for a pass that is usable at once",
        )


def _held(person: Applicant, now: datetime, zones: Zones) -> Iterable[Finding]:
    if person.unread:
        yield _finding(
            "pass-unread",
            f"whether they hold a pass cannot be read: {person.unread}",
            "get the permission: a new pass would destroy a valid one",
        )
    held = person.holds
    if held is not None and held.is_outstanding(now):
        yield _brake(
            "holds-pass",
            f"holds a valid pass, {window(held.start, held.end, zones)}: a new one destroys it",
            "let them use it, or say --replace",
            REPLACE,
        )


def _privileges(person: Applicant, rules: Rules) -> Iterable[Finding]:
    held = {person.id} | person.groups
    reasons = [
        *_roles("holds", rules.active, person, rules),
        *_roles("is eligible for", rules.eligible, person, rules),
        *(
            f'is in the role-assignable group "{rules.role_groups[group]}"'
            for group in sorted(person.groups & rules.role_groups.keys())
        ),
        *(f'owns the role-assignable group "{name}"' for name in rules.owners.get(person.id, ())),
        *_joining(person, rules),
        *(["is a break-glass account"] if held & rules.break_glass else []),
    ]
    for reason in reasons:
        yield _brake(
            "privileged",
            f"{reason}: whoever gets this pass gets that",
            "privileged people register in person; say --privileged if this is meant",
            PRIVILEGED,
        )


def _joining(person: Applicant, rules: Rules) -> Iterable[str]:
    """What PIM for Groups lets them make of themselves."""
    for holder in (person.id, *sorted(person.groups & rules.joinable.keys())):
        through = "" if holder == person.id else f' through the group "{_name(holder, rules)}"'
        for way in rules.joinable.get(holder, ()):
            yield f"is eligible (PIM for Groups) to become {way}, a role-assignable group{through}"


def _roles(verb: str, roles: Mapping[str, tuple[str, ...]], person: Applicant, rules: Rules) -> Iterable[str]:
    """The person's own, and those of their groups."""
    for holder in (person.id, *sorted(person.groups & roles.keys())):
        through = "" if holder == person.id else f' through the group "{_name(holder, rules)}"'
        for role in roles.get(holder, ()):
            yield f"{verb} the role {role}{through}"


def _names(groups: Iterable[str], rules: Rules) -> str:
    return ", ".join(sorted({_name(group, rules) for group in groups}))


def _name(group: str, rules: Rules) -> str:
    if group == EVERYBODY:
        return "everybody"
    if group in rules.policy.users:
        return "single people"
    return rules.role_groups.get(group) or rules.feeders.get(group) or rules.names.get(group) or group


def _finding(rule: str, message: str, help_: str, severity: Severity = "error") -> Finding:
    return Finding(rule=rule, severity=severity, message=message, help=help_)


def _brake(rule: str, message: str, help_: str, flag: str) -> Finding:
    return Finding(rule=rule, severity="brake", message=message, help=help_, flag=flag)


def _placed(wish: Wanted, finding: Finding) -> Finding:
    return replace(finding, place=wish.place)
