from __future__ import annotations

from tapctl.directory import Directory
from tapctl.match import Matched
from tapctl.model import Address, Change, FieldChange, Finding, Json, Outcome, Plan
from tapctl.pipeline import Planned
from tapctl.report import FieldLine, Report
from tapctl.report.making import account, applied_report, plan_report

POLICY = Address("ConditionalAccessPolicy", "NH-10")


def report_of(*changes: Change, findings: tuple[Finding, ...] = ()) -> Report:
    plan = Plan(environment="sandbox", tenant_id="7", is_sandbox=True, changes=changes, findings=findings)
    nothing = Matched(pairs=(), directory=Directory(ids={}, names={}), findings=())
    planned = Planned(plan=plan, matched=nothing, stages=())
    return plan_report(planned, "plan", caller="ada", requests=1, documents=1)


def line(path: str, before: Json, after: Json) -> FieldLine:
    fields = (FieldChange(path=path, before=before, after=after),)
    report = report_of(Change(address=POLICY, action="update", reason="", fields=fields))
    assert report.planning is not None
    return report.planning.entries[0].fields[0]


def test_a_set_shows_who_joins_and_who_leaves() -> None:
    found = line("conditions.users.includeGroups", ["a", "b"], ["b", "c", "d"])

    assert found.is_set
    assert (found.added, found.removed, found.kept) == (("c", "d"), ("a",), 1)


def test_a_set_may_come_or_go() -> None:
    assert line("conditions.users.includeGroups", None, ["a"]).added == ("a",)
    assert line("conditions.users.includeGroups", ["a"], None).removed == ("a",)


def test_a_field_no_schema_knows_is_no_set() -> None:
    assert not line("conditions.brandNew", ["a"], ["b"]).is_set


def test_a_scalar_is_no_set() -> None:
    assert not line("state", "disabled", "enabled").is_set


def test_what_goes_with_a_deletion_is_shown() -> None:
    change = Change(address=POLICY, action="delete", reason="ensure: absent", before={"state": "enabled"})
    planning = report_of(change).planning

    assert planning is not None
    assert planning.entries[0].fields == (FieldLine(path="state", before="enabled", after=None),)


def test_no_ops_are_counted_and_not_pending() -> None:
    planning = report_of(
        Change(address=POLICY, action="no-op", reason=""),
        Change(address=Address("Group", "a"), action="create", reason="", after={}),
    ).planning

    assert planning is not None
    assert planning.counts == {"create": 1, "update": 0, "delete": 0, "no-op": 1}
    assert [kind for kind, _ in planning.by_kind] == ["Group"]


def test_errors_come_before_notes() -> None:
    note = Finding(rule="n", severity="note", message="")
    error = Finding(rule="e", severity="error", message="")

    assert report_of(findings=(note, error)).findings == (error, note)


def test_one_failure_makes_an_apply_incomplete() -> None:
    done = Outcome(address=POLICY, action="update", status="applied")
    failed = Outcome(address=POLICY, action="update", status="failed", why="no")

    def status(*outcomes: Outcome, was_interrupted: bool = False) -> str:
        found = applied_report(report_of(), outcomes, was_interrupted=was_interrupted, record="r", requests=2)
        assert account(found).planning is None
        return found.status

    assert status(done) == "applied"
    assert status(done, failed) == "incomplete"
    assert status(done, failed, was_interrupted=True) == "interrupted"
