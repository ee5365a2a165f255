"""What a stage returned → its Report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tapctl.diff import field_changes
from tapctl.kinds import kinds
from tapctl.model import (
    Address,
    Change,
    FieldChange,
    Finding,
    Json,
    Outcome,
)
from tapctl.report.dependencies import edges

if TYPE_CHECKING:
    from tapctl.checked import Checked
    from tapctl.order.steps import Step
    from tapctl.pipeline import Planned
from tapctl.report.report import (
    SEVERITIES,
    Command,
    Entry,
    FieldLine,
    Headline,
    Planning,
    Report,
    Status,
    offline_headline,
    settings_file,
)


def checked_report(checked: Checked, command: Command, tenant_id: str = "") -> Report:
    """What could be said offline, with facts of the tenant where it is named."""
    return Report(
        command=command,
        headline=replace(
            offline_headline(checked.workspace.environment, tenant_id),
            settings=settings_file(checked.workspace.root),
        ),
        findings=_by_severity(checked.findings),
        documents=len(checked.workspace.resources),
    )


def plan_report(planned: Planned, command: Command, *, caller: str, requests: int, documents: int) -> Report:
    """What would change, and what it would mean."""
    plan = planned.plan
    whys = {pair.address: pair.desired.resource.why for pair in planned.matched.pairs if pair.desired}
    planning = Planning(
        entries=tuple(_entry(change, whys.get(change.address, "")) for change in plan.changes),
        unmanaged=tuple(sorted(plan.unmanaged)),
        order=_order(planned.stages),
        edges=edges(planned.matched.pairs, plan.changes),
        checksum=plan.checksum,
        fingerprint=plan.fingerprint,
    )
    headline = Headline(
        environment=plan.environment, tenant_id=plan.tenant_id, is_sandbox=plan.is_sandbox, caller=caller
    )
    return Report(
        command=command,
        headline=headline,
        findings=_by_severity(plan.findings),
        planning=planning,
        documents=documents,
        requests=requests,
    )


def applied_report(
    report: Report, outcomes: Sequence[Outcome], *, was_interrupted: bool, record: str, requests: int
) -> Report:
    """The same report once the plan has been carried out, as far as it was."""
    is_complete = all(outcome.status == "applied" for outcome in outcomes)
    status: Status = "applied" if is_complete else "incomplete"
    return replace(
        report,
        outcomes=tuple(outcomes),
        status="interrupted" if was_interrupted else status,
        record=record,
        requests=requests,
    )


def account(report: Report) -> Report:
    """Only what became of the plan, for whoever has seen the plan already."""
    return replace(report, planning=None, findings=())


def _by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


def _order(stages: Iterable[Iterable[Step]]) -> tuple[tuple[str, Address], ...]:
    return tuple((step.phase, step.address) for stage in stages for step in stage)


def _entry(change: Change, why: str) -> Entry:
    fields = change.fields
    if change.action == "delete":
        fields = field_changes(change.before or {}, {})
    return Entry(
        address=change.address,
        action=change.action,
        reason=change.reason,
        fields=tuple(field_line(change.address.kind, item) for item in fields),
        before=change.before,
        after=change.after,
        id=change.id,
        former_name=change.former_name,
        restores=change.restores,
        left_as_is=change.left_as_is,
        place=change.place,
        why=why,
    )


def field_line(kind: str, change: FieldChange) -> FieldLine:
    """One field of a change of this kind of object, ready to be shown."""
    return FieldLine(
        path=change.path,
        before=change.before,
        after=change.after,
        is_set=_is_set(kind, change.path) and all(_is_list(side) for side in (change.before, change.after)),
    )


def _is_set(kind: str, path: str) -> bool:
    """Whether the kind's schema says that the order of this list means nothing."""
    field = kinds()[kind].field
    for part in path.split("."):
        if part not in field.properties:
            return False
        field = field.properties[part]
    return field.is_set or field.is_flags


def _is_list(value: Json) -> bool:
    return value is None or isinstance(value, list)
