"""How break-glass is declared, whom it means, and the policies that would reach them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tapctl.canonical import at, texts
from tapctl.comparing.scope import state
from tapctl.guard.brakes import brake
from tapctl.guard.membership import Membership
from tapctl.match import Matched, Pair
from tapctl.model import Address, Finding, JsonObject, Plan, Snapshot, Workspace
from tapctl.order.steps import Shields


def undeclared(plan: Plan, workspace: Workspace) -> Iterator[Finding]:
    """Nobody should apply to a real tenant without a way back in."""
    if plan.is_sandbox or workspace.settings.break_glass:
        return
    yield brake(
        "no-break-glass",
        "no break-glass account is declared",
        "Name them in tapctl.yaml (breakGlass: {accounts: [...], groups: [...]}) and pin them in the "
        "environment's file. Until then apply to a real tenant is refused.",
    )


def hollow(membership: Membership, workspace: Workspace) -> Iterator[Finding]:
    """Break-glass by groups alone needs somebody in them."""
    glass = workspace.settings.break_glass
    for name in glass.groups if not glass.accounts else ():
        if not membership.holds_anybody(membership.node(Address("Group", name))):
            yield brake(
                "break-glass-exposed",
                f"break-glass Group/{name} is not known to hold anybody: excluding it protects nobody",
                "Put the emergency accounts into it, and name them under breakGlass.accounts as well.",
            )


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

    results = [spec for pair in matched.policies() if (spec := pair.result) and state(spec) != "disabled"]
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
        yield brake(
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
    for pair in matched.policies():
        spec = pair.result
        if spec is None or pair.address.name in own or state(spec) == "disabled" or not is_user_policy(spec):
            continue
        if caught := [subject for subject in wanted if not excludes(spec, subject, membership)]:
            yield pair, caught
