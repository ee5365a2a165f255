"""Stages, gone through without a tenant → the steps that would expose a break-glass account on the way. Pure.

The phases are safe unless one group both takes an account out of a policy and brings it into another that
has yet to change. No order helps there, and the plan is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy

from tapctl.canonical import at, texts
from tapctl.comparing.scope import state
from tapctl.guard.break_glass import Subject, excludes, is_user_policy, subjects
from tapctl.guard.membership import Membership
from tapctl.match import Matched, Pair
from tapctl.model import Address, Finding, JsonObject, Snapshot, Workspace
from tapctl.order.steps import Step

_SAFE, _OPEN, _REACHED = range(3)


def rehearse(
    stages: Iterable[Sequence[Step]], matched: Matched, snapshot: Snapshot, workspace: Workspace
) -> tuple[Finding, ...]:
    """An error for each policy that, between two writes, excludes less than before and after the plan."""
    scene = _Scene(matched, snapshot, workspace)
    steps = [step for stage in stages for step in stage]
    found = {finding.address: finding for step in steps for finding in scene.take(step)}
    return tuple(found.values())


class _Scene:
    """The tenant as it is after the steps so far, as far as break-glass is concerned."""

    def __init__(self, matched: Matched, snapshot: Snapshot, workspace: Workspace) -> None:
        own = workspace.settings.break_glass.policies
        self._workspace = workspace
        self._known = {
            pair.address: "members" not in pair.left_as_is
            for pair in matched.pairs
            if pair.kind.name == "Group"
        }
        self._membership = Membership(matched, snapshot, "before")
        self._subjects = subjects(workspace, self._membership)
        policies = [pair for pair in matched.policies() if pair.address.name not in own]
        self._exempt = own
        self._policies = {_key(pair): pair.before or {} for pair in policies}
        starts = {address: self._levels(spec) for address, spec in self._policies.items()}
        end = copy(self)
        end._membership = Membership(matched, snapshot)
        end._subjects = subjects(workspace, end._membership)
        ends = {_key(pair): end._levels(pair.result or {}) for pair in policies}
        self._worst = {
            address: [max(pair) for pair in zip(starts[address], ends[address], strict=True)]
            for address in self._policies
        }

    def take(self, step: Step) -> Iterator[Finding]:
        """What a step exposes."""
        after = None if step.action == "delete" else step.after
        if step.address.kind == "ConditionalAccessPolicy" and step.address.name not in self._exempt:
            self._policies[step.address] = after or {}
            yield from self._exposed([step.address], step)
        if step.address.kind == "Group":
            known = self._known[step.address]
            self._membership = self._membership.changed(step.address, after, are_known=known)
            subjects_now = subjects(self._workspace, self._membership)
            if subjects_now != self._subjects:
                self._subjects = subjects_now
                yield from self._exposed(self._policies, step)

    def _exposed(self, addresses: Iterable[Address], step: Step) -> Iterator[Finding]:
        for address in addresses:
            levels = self._levels(self._policies[address])
            for subject, level, worst in zip(self._subjects, levels, self._worst[address], strict=True):
                if level > worst:
                    yield _finding(address, subject, step)

    def _levels(self, spec: JsonObject) -> list[int]:
        if state(spec) == "disabled" or not is_user_policy(spec):
            return [_SAFE] * len(self._subjects)
        return [self._level(spec, subject) for subject in self._subjects]

    def _level(self, spec: JsonObject, subject: Subject) -> int:
        if excludes(spec, subject, self._membership):
            return _SAFE
        users = at(spec, "conditions", "users")
        people, groups = texts(users, "includeUsers"), texts(users, "includeGroups")
        reached = {self._membership.reference(text, ("User",)) for text in people if text != "All"}
        reached |= {self._membership.reference(text, ("Group",)) for text in groups}
        is_meant = bool(reached & {subject.node, *subject.groups})
        is_meant |= not all(map(self._membership.is_certain, reached))
        has_others = any(at(users, name) for name in ("includeRoles", "includeGuestsOrExternalUsers"))
        return _REACHED if is_meant or has_others or "All" in people else _OPEN


def _key(pair: Pair) -> Address:
    """Unmanaged policies may share a name with each other and with ours."""
    is_ours = pair.desired is not None or pair.is_owned
    return pair.address if is_ours else Address(pair.kind.name, f"{pair.address.name} ({pair.id})")


def _finding(address: Address, subject: Subject, step: Step) -> Finding:
    is_itself = address == step.address
    when = "once it is changed" if is_itself else f"between the change of {step.address} and its own"
    return Finding(
        rule="no-safe-order",
        severity="error",
        message=f"{address} would not exclude break-glass {subject.address.name} for a moment, {when}",
        help=f"Make the change of {step.address} in an apply of its own, or exclude the account by its name.",
        address=address,
    )
