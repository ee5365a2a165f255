"""Break-glass accounts that the tenant's policies reach → whether a policy let go of them, or their group,
or whether account or group is gone.

Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tapctl.canonical import texts
from tapctl.guard.break_glass import Subject, excludes, reaching, subjects
from tapctl.guard.membership import Membership
from tapctl.match import Matched, Pair
from tapctl.model import Address, JsonObject, Place, Snapshot, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """An account that is not in a break-glass group, and the policies that reach it for that reason alone.
    `place` is where the group is declared, or named in the settings; `is_owned` says that a document has the
    group's members."""

    account: Subject
    group: Subject
    policies: tuple[Address, ...]
    place: Place | None
    is_owned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A break-glass account or group of which the tenant has no more than its pin says. `policies` are those
    that exclude a group and reach `accounts` for that reason; `namesakes` the ids of others of its name."""

    subject: Subject
    accounts: tuple[str, ...]
    policies: tuple[Address, ...]
    namesakes: tuple[str, ...]
    place: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """`losses` and `absences` have one cause each, whatever the number of policies; `exposed` are policies
    that have lost the exclusion itself, and of whom."""

    losses: tuple[Loss, ...]
    absences: tuple[Absence, ...]
    exposed: tuple[tuple[Pair, tuple[Address, ...]], ...]


def exposure(matched: Matched, snapshot: Snapshot, workspace: Workspace) -> Exposure:
    """The tenant as it is, undeclared policies included."""
    as_it_is = replace(matched, pairs=tuple(map(_as_observed, matched.pairs)))
    membership = Membership(as_it_is, snapshot, "before")
    everybody = subjects(workspace, membership)
    groups = [item for item in everybody if item.address.kind == "Group"]
    lost = [item for item in everybody if _is_lost(item, snapshot, workspace)]
    pairs = {pair.address: pair for pair in matched.pairs}
    absent: defaultdict[tuple[Subject, Subject], list[Address]] = defaultdict(list)
    exposed: defaultdict[Address, list[Address]] = defaultdict(list)
    bare: defaultdict[Subject, list[tuple[Subject, Address]]] = defaultdict(list)
    for policy, caught in reaching(as_it_is, membership, workspace):
        declared = pairs[policy.address].after or {}
        there = [group for group in groups if group not in lost]
        spared = [group for group in there if excludes(policy.before or {}, group, membership)]
        hollow = [group for group in lost if _holds(policy.before or {}, group, membership)]
        for subject in caught:
            if subject in lost:
                continue  # a loss, whatever reaches it
            if hollow and not spared and subject.address.kind == "User":
                bare[hollow[0]].append((subject, policy.address))
                continue
            is_known = subject.address.kind == "User" and f"groups of {subject.node}" not in snapshot.unread
            if spared and is_known and not excludes(declared, subject, membership):
                absent[subject, spared[0]].append(policy.address)
            else:
                exposed[policy.address].append(subject.address)
    return Exposure(
        losses=tuple(_loss(item, bare[item], snapshot, workspace) for item in lost),
        absences=tuple(
            _absence(account, group, tuple(policies), pairs.get(group.address), workspace)
            for (account, group), policies in absent.items()
        ),
        exposed=tuple((pairs[address], tuple(accounts)) for address, accounts in exposed.items()),
    )


def _as_observed(pair: Pair) -> Pair:
    return replace(pair, desired=None, after=None, is_owned=False)


def _is_lost(subject: Subject, snapshot: Snapshot, workspace: Workspace) -> bool:
    """A pin says its id, and nothing that was read has it."""
    kind = subject.address.kind
    there = {str(entry.get("id")).lower() for entry in snapshot.entries.get(kind, ())}
    return subject.address in workspace.environment.pins and subject.node not in there


def _holds(policy: JsonObject, group: Subject, membership: Membership) -> bool:
    """Whether a policy names a group among those it excludes, whatever has become of it."""
    named = texts(policy, "conditions", "users", "excludeGroups")
    return group.node in {membership.reference(text, ("Group",)) for text in named}


def _loss(
    subject: Subject, bare: Sequence[tuple[Subject, Address]], snapshot: Snapshot, workspace: Workspace
) -> Loss:
    kind, name = subject.address
    key = "userPrincipalName" if kind == "User" else "displayName"
    alike = [item for item in snapshot.entries.get(kind, ()) if str(item.get(key)).lower() == name.lower()]
    return Loss(
        subject=subject,
        accounts=tuple(dict.fromkeys(account.address.name for account, _ in bare)),
        policies=tuple(dict.fromkeys(policy for _, policy in bare)),
        namesakes=tuple(dict.fromkeys(str(item["id"]) for item in alike)),
        place=workspace.environment.source.place("pins", str(subject.address)),
    )


def _absence(
    account: Subject, group: Subject, policies: tuple[Address, ...], pair: Pair | None, workspace: Workspace
) -> Absence:
    source = workspace.settings.source
    declared = pair.desired if pair else None
    return Absence(
        account=account,
        group=group,
        policies=policies,
        place=declared.resource.place() if declared else source.place("breakGlass", "groups"),
        is_owned=declared is not None and "members" in declared.spec,
    )
