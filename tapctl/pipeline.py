"""The stages joined up, on one page, for the commands.

load → validate → resolve → observe → match/diff → plan → guard → order → apply
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tapctl.checked import Checked
from tapctl.kinds import kinds
from tapctl.load import load_workspace
from tapctl.model import Finding, Former, Plan, Snapshot, Workspace, errors_in
from tapctl.resolve import resolve, unpinned
from tapctl.validate import validate

if TYPE_CHECKING:
    from tapctl.apply import Result
    from tapctl.facts.merge import Known
    from tapctl.graph.gateway import Gateway
    from tapctl.match import Matched
    from tapctl.order.steps import Step
    from tapctl.record import Record
    from tapctl.undo import Undo
    from tapctl.undo.past import Past


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan with what it rests on, and the stages in which it would be applied."""

    plan: Plan
    matched: Matched
    stages: tuple[tuple[Step, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What the tenant answered, and how it differs from the folder."""

    snapshot: Snapshot
    matched: Matched
    plan: Plan


def check(root: Path, environment: str | None, *, with_tests: bool = False) -> Checked:
    """Load and check a folder, offline. Raises WorkspaceError if there is none.

    `with_tests` reads the sign-in tests along, which are checked against the policies by whoever runs them.
    """
    known = {name: kind.singleton for name, kind in kinds().items()}
    workspace = load_workspace(root, environment, known_kinds=known, with_tests=with_tests)
    desired, found = validate(workspace.resources)
    resolved = resolve(desired, workspace.settings.break_glass)
    return Checked(
        workspace=workspace,
        desired=desired,
        resolved=resolved,
        findings=(*workspace.findings, *found, *resolved.findings, *unpinned(workspace)),
    )


def former_settings(checked: Checked, revision: str) -> Former:
    """The settings as of a revision. Raises UsageError where git does not have it."""
    from tapctl.load.former import read_former

    known = {name: kind.singleton for name, kind in kinds().items()}
    workspace = checked.workspace
    return read_former(Path(workspace.root), revision, workspace.environment.name, known)


async def compare(checked: Checked, gateway: Gateway, also: Collection[str] = ()) -> Compared:
    """Read the tenant and see what differs; nothing is guarded or ordered yet. Every object of the kinds in
    `also` is read, declared or not."""
    from tapctl.observe import observe

    snapshot = await observe(gateway, checked.workspace, checked.desired, checked.resolved, also)
    return compared_with(checked, snapshot)


def compared_with(checked: Checked, snapshot: Snapshot) -> Compared:
    """How what a tenant answered differs from the folder."""
    from tapctl.match import match
    from tapctl.plan import plan_changes

    matched = match(checked.workspace, checked.desired, snapshot)
    plan = plan_changes(matched, checked.resolved, snapshot)
    return Compared(snapshot=snapshot, matched=matched, plan=plan)


def linted(checked: Checked, as_of: date, known: Known | None = None) -> Checked:
    """The same with what the lint rules find, offline. A mistake that a rule explains is not said twice."""
    from tapctl.lint.context import offline
    from tapctl.lint.run import lint, without_doubles

    facts, directory = (known.facts, known.specs.directory) if known else (None, None)
    context = offline(checked.workspace, checked.desired, as_of=as_of, facts=facts, directory=directory)
    found = lint(context).findings
    return replace(checked, findings=(*without_doubles(checked.findings, found), *found))


async def make_undo(checked: Checked, past: Past, gateway: Gateway, as_of: date | None = None) -> Planned:
    """Read the tenant and plan the way back from an apply: only what that touched is declared or owned."""
    from tapctl.observe.undone import look_up
    from tapctl.undo import way_back, with_reason

    undo = await look_up(gateway, past)
    workspace, desired = checked.workspace, way_back(undo, checked.workspace.resources)
    pins = {name: pin for name, pin in workspace.environment.pins.items() if name not in undo.restores}
    instead = replace(
        workspace,
        resources=tuple(item.resource for item in desired),
        settings=replace(workspace.settings, ownership={}),
        environment=replace(workspace.environment, pins=pins),
    )
    resolved = resolve(desired, workspace.settings.break_glass)
    findings = (*resolved.findings, *unpinned(workspace))
    way = Checked(workspace=instead, desired=desired, resolved=resolved, findings=findings)
    planned = await make_plan(way, gateway, as_of, undo=undo)
    changes = tuple(with_reason(change, past) for change in planned.plan.changes)
    return replace(planned, plan=replace(planned.plan, unmanaged=(), changes=changes))


async def make_plan(
    checked: Checked,
    gateway: Gateway,
    as_of: date | None = None,
    *,
    known: Known | None = None,
    undo: Undo | None = None,
    former: Former | None = None,
) -> Planned:
    """Read the tenant and decide. The plan's findings are all findings, offline ones included; those of lint
    rules if there is a date to judge by, with `known` facts besides what a plan reads. `former` are the
    settings to which those of the folder are compared."""
    from tapctl.guard import guard, shields
    from tapctl.guard.gained import gained
    from tapctl.guard.lowered import lowered
    from tapctl.guard.rehearse import rehearse
    from tapctl.match import match
    from tapctl.observe import observe
    from tapctl.order import order
    from tapctl.plan import plan_changes
    from tapctl.plan.digest import checksum
    from tapctl.undo import settle

    workspace = checked.workspace
    asked = _also_about(former, workspace) if former else workspace
    snapshot = await observe(gateway, asked, checked.desired, checked.resolved)
    matched = match(workspace, checked.desired, snapshot)
    doubtful: tuple[Finding, ...] = ()
    if undo is not None:
        matched, doubtful = settle(undo, matched, snapshot)
    plan = plan_changes(matched, checked.resolved, snapshot)
    brakes = (*doubtful, *guard(plan, matched, snapshot, workspace, former))
    unwise = _unwise(matched, snapshot, workspace, brakes, as_of, known)
    glass = workspace.settings.break_glass
    told = (
        *(_looser(checked, former) if former else ()),
        *lowered(matched, snapshot, glass),
        *gained(matched, snapshot, glass, known.facts if known else None),
    )
    plan = replace(plan, findings=(*checked.findings, *plan.findings, *brakes, *told, *unwise))
    plan = replace(plan, checksum=checksum(plan))
    if errors_in(plan.findings):
        return Planned(plan=plan, matched=matched, stages=())  # a plan with errors has no order
    stages = order(plan, shields(matched, snapshot, workspace))
    if stops := rehearse(stages, matched, snapshot, workspace):
        plan, stages = replace(plan, findings=(*plan.findings, *stops)), ()
    return Planned(plan=plan, matched=matched, stages=stages)


def _also_about(former: Former, workspace: Workspace) -> Workspace:
    """The workspace for reading: with the pins of accounts that were break glass, as long as they had one.
    Which groups they are in tells whether they are declared all the same."""
    if former.settings is None or former.environment is None:
        return workspace
    accounts = {name.casefold() for name in former.settings.break_glass.accounts}
    had, has = former.environment.pins, workspace.environment.pins
    pins = {one: had[one] for one in had if one.kind == "User" and one.name.casefold() in accounts}
    return replace(workspace, environment=replace(workspace.environment, pins={**pins, **has}))


def _looser(checked: Checked, former: Former) -> tuple[Finding, ...]:
    """What the folder's settings stop no more, and which of the former ones are not known."""
    from tapctl.loosened import loosened

    used = {link.address for link in checked.resolved.links}
    used |= {item.address for item in checked.desired if item.resource.ensure == "present"}
    return (*loosened(checked.workspace, former, used), *former.findings)


def _unwise(
    matched: Matched,
    snapshot: Snapshot,
    workspace: Workspace,
    brakes: tuple[Finding, ...],
    as_of: date | None,
    known: Known | None,
) -> tuple[Finding, ...]:
    """What lint says of the state that would result."""
    if as_of is None:
        return ()
    from tapctl.lint.planned import plan_findings

    given = known.facts if known else None
    return plan_findings(matched, snapshot, workspace, brakes, as_of=as_of, given=given)


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
