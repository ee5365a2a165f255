"""The stages joined up, on one page, for the commands.

load → validate → resolve → observe → match/diff → plan → guard → order → apply
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tapctl.kinds import kinds
from tapctl.load import load_workspace
from tapctl.model import Finding, Plan, Workspace, errors_in
from tapctl.resolve import Resolved, resolve, unpinned
from tapctl.validate import Desired, validate

if TYPE_CHECKING:
    from tapctl.apply import Result
    from tapctl.graph.gateway import Gateway
    from tapctl.match import Matched
    from tapctl.order import Step
    from tapctl.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A workspace as far as it can be checked offline."""

    workspace: Workspace
    desired: tuple[Desired, ...]
    resolved: Resolved
    findings: tuple[Finding, ...]

    @property
    def has_errors(self) -> bool:
        """Whether something in the folder is wrong."""
        return bool(errors_in(self.findings))


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan with what it rests on, and the stages in which it would be applied."""

    plan: Plan
    matched: Matched
    stages: tuple[tuple[Step, ...], ...]


def check(root: Path, environment: str | None) -> Checked:
    """Load and check a folder, offline. Raises WorkspaceError if there is none."""
    known = {name: kind.singleton for name, kind in kinds().items()}
    workspace = load_workspace(root, environment, known_kinds=known)
    desired, found = validate(workspace.resources)
    resolved = resolve(desired, workspace.settings.break_glass)
    return Checked(
        workspace=workspace,
        desired=desired,
        resolved=resolved,
        findings=(*workspace.findings, *found, *resolved.findings, *unpinned(workspace)),
    )


async def make_plan(checked: Checked, gateway: Gateway) -> Planned:
    """Read the tenant and decide. The plan's findings are all findings, offline ones included."""
    from tapctl.guard import guard, shields
    from tapctl.match import match
    from tapctl.observe import observe
    from tapctl.order import order
    from tapctl.plan import checksum, plan_changes
    from tapctl.rehearse import rehearse

    workspace = checked.workspace
    snapshot = await observe(gateway, workspace, checked.desired, checked.resolved)
    matched = match(workspace, checked.desired, snapshot)
    plan = plan_changes(matched, checked.resolved, snapshot)
    brakes = guard(plan, matched, snapshot, workspace)
    plan = replace(plan, findings=(*checked.findings, *plan.findings, *brakes))
    plan = replace(plan, checksum=checksum(plan))
    if errors_in(plan.findings):
        return Planned(plan=plan, matched=matched, stages=())  # a plan with errors has no order
    stages = order(plan, shields(matched, snapshot, workspace))
    if stops := rehearse(stages, matched, snapshot, workspace):
        plan, stages = replace(plan, findings=(*plan.findings, *stops)), ()
    return Planned(plan=plan, matched=matched, stages=stages)


async def carry_out(
    planned: Planned,
    gateway: Gateway,
    record: Record,
    watch: Callable[[Step], None],
    waiting: Callable[[int, float], None] = lambda changes, seconds: None,
) -> Result:
    """Apply a plan whose findings do not forbid it."""
    from tapctl.apply import Run, apply

    run = Run(
        gateway=gateway,
        plan=planned.plan,
        matched=planned.matched,
        record=record,
        watch=watch,
        waiting=waiting,
    )
    return await apply(run, planned.stages)
