"""Break-glass accounts that the tenant's policies reach → whether a policy let go of them, or their group.

Pure.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from tapctl.guard import Subject, excludes, reaching, subjects
from tapctl.match import Matched, Pair
from tapctl.membership import Membership
from tapctl.model import Address, Place, Snapshot, Workspace


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
class Exposure:
    """`absences` have one cause each, whatever the number of policies; `exposed` are policies that have lost
    the exclusion itself, and of whom."""

    absences: tuple[Absence, ...]
    exposed: tuple[tuple[Pair, tuple[Address, ...]], ...]


def exposure(matched: Matched, snapshot: Snapshot, workspace: Workspace) -> Exposure:
    """The tenant as it is, undeclared policies included."""
    as_it_is = replace(matched, pairs=tuple(map(_as_observed, matched.pairs)))
    membership = Membership(as_it_is, snapshot, "before")
    groups = [item for item in subjects(workspace, membership) if item.address.kind == "Group"]
    pairs = {pair.address: pair for pair in matched.pairs}
    absent: defaultdict[tuple[Subject, Subject], list[Address]] = defaultdict(list)
    exposed: defaultdict[Address, list[Address]] = defaultdict(list)
    for policy, caught in reaching(as_it_is, membership, workspace):
        declared = pairs[policy.address].after or {}
        spared = [group for group in groups if excludes(policy.before or {}, group, membership)]
        for subject in caught:
            is_known = subject.address.kind == "User" and f"groups of {subject.node}" not in snapshot.unread
            if spared and is_known and not excludes(declared, subject, membership):
                absent[subject, spared[0]].append(policy.address)
            else:
                exposed[policy.address].append(subject.address)
    return Exposure(
        absences=tuple(
            _absence(account, group, tuple(policies), pairs.get(group.address), workspace)
            for (account, group), policies in absent.items()
        ),
        exposed=tuple((pairs[address], tuple(accounts)) for address, accounts in exposed.items()),
    )


def _as_observed(pair: Pair) -> Pair:
    return replace(pair, desired=None, after=None, is_owned=False)


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
