"""A plan and the state that would result → what makes it dangerous. Pure.

Each brake stops apply until its own option is given; one without an option cannot be overridden.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from tapctl.canonical import at, references, texts
from tapctl.errors import UsageError
from tapctl.match import Matched, Pair
from tapctl.membership import Membership
from tapctl.model import Address, Change, Finding, JsonObject, Place, Plan, Snapshot, Workspace
from tapctl.reach import Sides
from tapctl.reference import parse
from tapctl.ripple import changed_objects, ripples
from tapctl.scope import blocks, is_in_force, state, widened
from tapctl.steps import Shields
from tapctl.withdrawn import withdrawals

_POLICIES = "ConditionalAccessPolicy"
_MODERN = {"all", "browser", "mobileAppsAndDesktopClients"}

INTRODUCES = "introduces-errors"
BRAKES: Mapping[str, str] = {
    "break-glass-exposed": "let a policy reach a break-glass account",
    "locks-out-caller": "let a blocking policy reach whoever applies",
    "many-deletions": "make more deletions than the limit",
    "many-updates": "make more updates than the limit",
    "creates-enabled": "create policies that are enforced at once",
    "enforces": "turn policies from report-only or off to enforced",
    "widens-scope": "let enforced policies reach more people, applications or situations",
    "tightens-strength": "accept less in strengths that enforced policies ask for, or turn their methods off",
    "moves-to-block": "turn enforced policies into ones that block",
    "another-object": "point a name at another object than the tenant's policy holds",
    "empties-group": "take the last members out of a group",
    "overwrites-later-changes": "undo an apply although others changed the same objects since",
    INTRODUCES: "bring about what lint calls an error",
}
"""Each brake, and what its option allows. The option is `--allow-` and the brake's name."""


def flag(brake: str) -> str:
    """The option that acknowledges a brake."""
    return f"--allow-{brake}"


def brakes_named(words: str) -> frozenset[str]:
    """Brakes in a list with commas or spaces, by name or option. Raises UsageError for what is none."""
    said = {word.removeprefix("--allow-") for word in words.replace(",", " ").split()}
    if unknown := sorted(said - BRAKES.keys()):
        raise UsageError(f'there is no brake "{unknown[0]}"; there are {", ".join(BRAKES)}')
    return frozenset(said)


def guard(plan: Plan, matched: Matched, snapshot: Snapshot, workspace: Workspace) -> tuple[Finding, ...]:
    """Every brake the plan trips, and every mistake in how break-glass is declared."""
    sides = Sides.of(matched, snapshot)
    membership = sides.after
    return (
        *_undeclared(plan, workspace),
        *_hollow(membership, workspace),
        *exposed(matched, membership, sides.before, workspace),
        *_locked_out(matched, sides, snapshot),
        *_too_many(plan, workspace),
        *(brake for pair in _policies(matched) for brake in _state_brakes(pair)),
        *_rippling(matched, sides),
        *_other_objects(matched),
        *_emptied(plan),
    )


def _brake(
    rule: str, message: str, help_text: str, about: Pair | Change | None = None, cause: str = ""
) -> Finding:
    return Finding(
        rule=rule,
        severity="brake",
        message=message,
        help=help_text,
        flag=flag(rule) if rule in BRAKES else "",
        address=about.address if about else None,
        place=_place(about),
        cause=cause,
        subject=about.address.name if about else "",
    )


def _place(about: Pair | Change | None) -> Place | None:
    if isinstance(about, Pair):
        return about.desired.resource.place() if about.desired else None
    return about.place if about else None


def _undeclared(plan: Plan, workspace: Workspace) -> Iterator[Finding]:
    """Nobody should apply to a real tenant without a way back in."""
    if plan.is_sandbox or workspace.settings.break_glass:
        return
    yield _brake(
        "no-break-glass",
        "no break-glass account is declared",
        "Name them in tapctl.yaml (breakGlass: {accounts: [...], groups: [...]}) and pin them in the "
        "environment's file. Until then apply to a real tenant is refused.",
    )


def _hollow(membership: Membership, workspace: Workspace) -> Iterator[Finding]:
    """Break-glass by groups alone needs somebody in them."""
    glass = workspace.settings.break_glass
    for name in glass.groups if not glass.accounts else ():
        if not membership.holds_anybody(membership.node(Address("Group", name))):
            yield _brake(
                "break-glass-exposed",
                f"break-glass Group/{name} is not known to hold anybody: excluding it protects nobody",
                "Put the emergency accounts into it, and name them under breakGlass.accounts as well.",
            )


def _policies(matched: Matched) -> list[Pair]:
    return [pair for pair in matched.pairs if pair.kind.name == _POLICIES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One break-glass account or group, and every group that will hold it."""

    address: Address
    node: str
    groups: frozenset[str]


def subjects(workspace: Workspace, membership: Membership) -> list[Subject]:
    """Whom every policy must exclude."""
    glass = workspace.settings.break_glass
    found = [Address("User", name) for name in glass.accounts] + [
        Address("Group", name) for name in glass.groups
    ]
    nodes = [(address, membership.node(address)) for address in found]
    return [Subject(address=address, node=node, groups=membership.groups_of(node)) for address, node in nodes]


def shields(matched: Matched, snapshot: Snapshot, workspace: Workspace) -> Shields:
    """How the break-glass accounts are kept out of the policies that result."""
    membership = Membership(matched, snapshot)
    nodes = {node for item in subjects(workspace, membership) for node in (item.node, *item.groups)}
    groups = {
        pair.address: {node, *membership.groups_of(node)}
        for pair in matched.pairs
        if pair.address.kind == "Group" and (node := membership.node(pair.address)) in nodes
    }

    def behind(spec: JsonObject) -> frozenset[Address]:
        named = texts(spec, "conditions", "users", "excludeGroups")
        excluded = {membership.reference(text, ("Group",)) for text in named}
        return frozenset(address for address, reach in groups.items() if reach & excluded)

    results = [spec for pair in _policies(matched) if (spec := pair.result) and state(spec) != "disabled"]
    return Shields(
        protects=lambda text, kinds: membership.reference(text, kinds) in nodes,
        behind=behind,
        in_use=frozenset(address for spec in results for address in behind(spec)),
    )


def excludes(spec: JsonObject, subject: Subject, membership: Membership) -> bool:
    """Whether a policy leaves this break-glass account or group out, for sure."""
    users = at(spec, "conditions", "users")
    named = {membership.reference(text, ("User",)) for text in texts(users, "excludeUsers")}
    groups = {membership.reference(text, ("Group",)) for text in texts(users, "excludeGroups")}
    own = {subject.node} if subject.address.kind == "Group" and membership.is_certain(subject.node) else set()
    return subject.node in named or bool(groups & (subject.groups | own))


def is_user_policy(spec: JsonObject) -> bool:
    """Whether the policy is about people at all, and not about workloads or nobody."""
    users = at(spec, "conditions", "users")
    included = (
        {key: value for key, value in users.items() if key.startswith("include")}
        if isinstance(users, dict)
        else {}
    )
    return included not in ({}, {"includeUsers": ["None"]})


def exposed(
    matched: Matched, membership: Membership, before: Membership, workspace: Workspace
) -> Iterator[Finding]:
    """The state that would result, unmanaged policies included."""
    for pair, caught in reaching(matched, membership, workspace):
        said = ", ".join(_caught(subject, pair, matched, membership, before) for subject in caught)
        which = "stay as they are" if pair.before == pair.result else "are new or change"
        yield _brake(
            "break-glass-exposed",
            f"{pair.address} does not exclude {said}",
            "Exclude the break-glass group, which must be assigned and hold the accounts. "
            "A policy made for them alone belongs under breakGlass.policies.",
            pair,
            f"policies that {which} do not exclude {said}",
        )


def _caught(
    subject: Subject, policy: Pair, matched: Matched, membership: Membership, before: Membership
) -> str:
    """Whom a policy does not exclude, and which of the groups that it does exclude they would leave."""
    named = texts(policy.result, "conditions", "users", "excludeGroups")
    left = before.groups_of(subject.node) - subject.groups
    groups = [text for text in named if membership.reference(text, ("Group",)) in left]
    away = f" (who would leave Group/{', Group/'.join(groups)}, which is excluded)" if groups else ""
    return f"{subject.address.name}{away}"


def reaching(
    matched: Matched, membership: Membership, workspace: Workspace
) -> Iterator[tuple[Pair, list[Subject]]]:
    """Each policy that would reach somebody of the break-glass accounts and groups, and whom."""
    wanted = subjects(workspace, membership)
    own = workspace.settings.break_glass.policies
    for pair in _policies(matched):
        spec = pair.result
        if spec is None or pair.address.name in own or state(spec) == "disabled" or not is_user_policy(spec):
            continue
        if caught := [subject for subject in wanted if not excludes(spec, subject, membership)]:
            yield pair, caught


def _rippling(matched: Matched, sides: Sides) -> Iterator[Finding]:
    """Policies that are enforced anyway and reach further, or ask for more, through what they refer to."""
    membership = sides.after
    changed, gone = changed_objects(matched, membership), withdrawals(matched, membership)
    for pair in _policies(matched) if changed or gone.found else ():
        after = pair.result
        if after is None or not (is_in_force(after) and is_in_force(pair.before or {})):
            continue
        for ripple in (*ripples(after, pair, changed, sides), *gone.felt_by(after, membership)):
            said = f"would {'ask for more' if ripple.is_strength else 'reach further'}: {ripple.said}"
            brake = _brake(
                "tightens-strength" if ripple.is_strength else "widens-scope",
                f"{pair.address}, which is enforced, {said}",
                "Make sure that everybody it reaches can meet it.",
                ripple.changed,
            )
            yield replace(brake, cause=f"enforced policies {said}", subject=pair.address.name)


def _locked_out(matched: Matched, sides: Sides, snapshot: Snapshot) -> Iterator[Finding]:
    """A blocking policy that would newly reach the person or service principal that applies, or may."""
    who = snapshot.identity
    is_known = who.kind != "unknown" and bool(who.id) and f"groups of {who.id}" not in snapshot.unread
    membership = sides.after
    groups = membership.groups_of(who.id)
    joins = groups != sides.before.groups_of(who.id)
    changed = changed_objects(matched, membership)
    for pair in _policies(matched):
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
            yield _brake(
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


def _too_many(plan: Plan, workspace: Workspace) -> Iterator[Finding]:
    limits = workspace.settings.limits
    for action, limit, rule in (
        ("delete", limits.deletions, "many-deletions"),
        ("update", limits.updates, "many-updates"),
    ):
        count = sum(change.action == action for change in plan.changes)
        if count > limit:
            what = "deletions" if action == "delete" else "updates"
            help_text = (
                f"The limit is limits.{what} in tapctl.yaml. Is this the right folder and environment?"
            )
            yield _brake(rule, f"{count} {what} at once, where the limit is {limit}", help_text)


def _state_brakes(pair: Pair) -> Iterator[Finding]:
    """What becomes stricter for people the moment the plan is applied."""
    after = pair.after if pair.desired is not None else None
    if after is None or not is_in_force(after):
        return
    before = pair.before
    if before is None:
        help_text = "Create it in report-only first and look at its effect in the sign-in logs."
        said = "would be created and enforced at once"
        yield _brake("creates-enabled", f"{pair.address} {said}", help_text, pair, f"policies {said}")
        return
    if not is_in_force(before):
        said = f"would go from {state(before)} to enabled"
        help_text = "Look at the effect in the sign-in logs first."
        yield _brake("enforces", f"{pair.address} {said}", help_text, pair, f"policies {said}")
        return
    if reach := widened(before, after):
        said = f"would reach further: {'; '.join(reach)}"
        help_text = "Make sure that everybody who is newly reached can meet it."
        yield _brake(
            "widens-scope",
            f"{pair.address}, which is enforced, {said}",
            help_text,
            pair,
            f"enforced policies {said}",
        )
    if blocks(after) and not blocks(before):
        said = "would block instead of asking"
        yield _brake(
            "moves-to-block",
            f"{pair.address}, which is enforced, {said}",
            "Nothing a person can do satisfies a block.",
            pair,
            f"enforced policies {said}",
        )


def _other_objects(matched: Matched) -> Iterator[Finding]:
    """The same name, but another object than the tenant's policy holds today."""
    for pair in matched.pairs:
        if pair.before is None or pair.after is None or pair.desired is None:
            continue
        wanted = {text for _, _, text in references(pair.kind.field, pair.after)}
        for _, spot, text in references(pair.kind.field, pair.before):
            held = parse(text, spot.references, spot.words)
            names = {matched.directory.names.get((kind, held.text)) for kind in spot.references}
            for name in sorted(names & wanted - {None}, key=str) if held.form == "id" else ():
                yield _brake(
                    "another-object",
                    f"{pair.address}: {name!r} is not what the tenant's policy holds ({held.text})",
                    "Somebody may have made a namesake. Pin the one you mean in the environment's file.",
                    pair,
                )


def _emptied(plan: Plan) -> Iterator[Finding]:
    for change in plan.changes:
        if change.address.kind != "Group" or change.action not in ("update", "delete"):
            continue
        had, will_have = (len(texts(spec, "members")) for spec in (change.before, change.after))
        if had and not will_have:
            said = f"{change.address} would lose {'its only member' if had == 1 else f'all {had} members'}"
            yield _brake(
                "empties-group", said, "Policies that include or exclude it change their meaning.", change
            )


def missing_words(findings: Iterable[Finding], given: Iterable[str]) -> tuple[Finding, ...]:
    """The brakes that have not been acknowledged by their option."""
    said = set(given)
    return tuple(
        item for item in findings if item.severity == "brake" and (not item.flag or item.rule not in said)
    )
