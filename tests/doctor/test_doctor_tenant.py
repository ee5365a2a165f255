from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, formatdate
from pathlib import Path

import pytest

from tapctl.doctor.check import Check
from tapctl.doctor.probes import DEFAULTS, LICENCES, METHODS, Answers, Probe, reading_checks
from tapctl.doctor.tenant import clock_check, tenant_checks
from tapctl.errors import GraphError, NotPermitted, Throttled
from tapctl.model import JsonObject
from tapctl.needed import Purpose
from tapctl.pipeline import check
from tapctl.validate import Desired

POLICY = """\
kind: ConditionalAccessPolicy
name: NH-10
spec:
  state: %s
  conditions:
    users: {includeUsers: [All]}
    applications: {includeApplications: [All]}
    clientAppTypes: [all]
    %s
  grantControls: {operator: OR, builtInControls: [mfa]}
"""
REFUSED = NotPermitted(request="GET x", status=403, code="Forbidden", advice="ask for it")
SILENT = GraphError(request="GET x", status=0, message="ConnectError", advice="see the network")


def sku(*plans: str, status: str = "Enabled") -> JsonObject:
    return {"capabilityStatus": status, "servicePlans": [{"servicePlanName": plan} for plan in plans]}


def licensed(*skus: JsonObject) -> JsonObject:
    return {"value": [*skus]}


def judged(
    root: Path, answers: Answers, state: str = "disabled", more: str = "", purpose: Purpose = "plan"
) -> dict[str, Check]:
    (root / "all.yaml").write_text(POLICY % (state, more), encoding="utf-8")
    desired: tuple[Desired, ...] = check(root, "sandbox").desired
    assert len(desired) == 1
    return {found.name: found for found in tenant_checks(answers, desired, purpose)}


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (licensed(sku("AAD_PREMIUM")), "ok"),
        (licensed(sku("EXCHANGE"), sku("AAD_PREMIUM", status="Warning")), "ok"),
        (licensed(sku("AAD_PREMIUM", status="Suspended")), "failed"),
        (licensed(), "failed"),
        ({"value": "?"}, "failed"),
    ],
)
def test_policies_take_a_licence_that_is_still_good(tmp_path: Path, answer: JsonObject, status: str) -> None:
    assert judged(tmp_path, {LICENCES: answer})["Entra ID P1"].status == status


def test_risk_takes_the_bigger_licence(tmp_path: Path) -> None:
    risky = "userRiskLevels: [high]"
    small = judged(tmp_path, {LICENCES: licensed(sku("AAD_PREMIUM"))}, more=risky)
    large = judged(tmp_path, {LICENCES: licensed(sku("AAD_PREMIUM_P2"))}, more=risky)

    assert (small["Entra ID P2"].status, large["Entra ID P2"].status) == ("failed", "ok")
    assert large["Entra ID P1"].status == "ok"


def test_workloads_take_a_licence_of_their_own(tmp_path: Path) -> None:
    about = "clientApplications: {includeServicePrincipals: [ServicePrincipalsInMyTenant]}"
    without = judged(tmp_path, {LICENCES: licensed(sku("AAD_PREMIUM_P2"))}, more=about)
    having = judged(tmp_path, {LICENCES: licensed(sku("AAD_PREMIUM_P2", "AAD_WRKLDID_P2"))}, more=about)

    name = "Entra Workload ID Premium"
    assert (without[name].status, having[name].status) == ("failed", "ok")


def test_what_could_not_be_read_is_unknown(tmp_path: Path) -> None:
    found = judged(tmp_path, {LICENCES: REFUSED, DEFAULTS: REFUSED, METHODS: SILENT})

    assert {item.status for item in found.values()} == {"skipped"}
    assert found["methods migration"].message == "not readable (no answer)"


@pytest.mark.parametrize(
    ("state", "purpose", "status"),
    [("enabled", "apply", "failed"), ("disabled", "apply", "warning"), ("enabled", "plan", "warning")],
)
def test_security_defaults_stand_in_the_way_of_enabling(
    tmp_path: Path, state: str, purpose: Purpose, status: str
) -> None:
    found = judged(tmp_path, {DEFAULTS: {"isEnabled": True}}, state, purpose=purpose)

    assert found["security defaults"].status == status


def test_an_unfinished_migration_is_a_warning(tmp_path: Path) -> None:
    unfinished = judged(tmp_path, {METHODS: {"policyMigrationState": "preMigration"}})
    finished = judged(tmp_path, {METHODS: {"policyMigrationState": "migrationComplete"}})

    assert unfinished["methods migration"].status == "warning"
    assert finished["methods migration"].status == "ok"


@pytest.mark.parametrize(
    ("off", "status"), [(0, "ok"), (59, "ok"), (-120, "warning"), (301, "failed"), (-301, "failed")]
)
def test_the_clock_is_held_against_the_server_s(off: int, status: str) -> None:
    assert clock_check(formatdate(1_800_000_000, usegmt=True), 1_800_000_000 + off).status == status


def test_which_way_the_clock_is_wrong_is_said() -> None:
    then = datetime(2026, 11, 25, 12, tzinfo=UTC)

    assert "behind" in clock_check(format_datetime(then, usegmt=True), then.timestamp() - 900).message
    assert "ahead of" in clock_check(format_datetime(then, usegmt=True), then.timestamp() + 900).message


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_without_a_date_nobody_knows(date: str) -> None:
    assert clock_check(date, 0).status == "skipped"


def test_a_server_that_is_silent_is_said_once() -> None:
    wanted = (Probe(path="a", what="A"), Probe(path="b", what="B"))

    (found,) = reading_checks(wanted, {"a": SILENT, "b": SILENT}, "https://graph.example")

    assert (found.status, found.todo) == ("failed", "see the network")
    assert found.message == "https://graph.example does not answer: ConnectError"


def test_what_cannot_be_read_fails_unless_it_is_optional_or_may_pass() -> None:
    wanted = (
        Probe(path="a", what="A"),
        Probe(path="b", what="B", is_optional=True),
        Probe(path="c", what="C"),
        Probe(path="subscribedSkus", what="D"),
        Probe(path="nowhere", what="E"),
    )
    bare = NotPermitted(request="GET x", status=401)
    throttled = Throttled(request="GET c", status=429)

    found = reading_checks(
        wanted, {"a": REFUSED, "b": SILENT, "c": throttled, "subscribedSkus": bare, "nowhere": bare}, "x"
    )

    assert [item.status for item in found] == ["failed", "warning", "warning", "failed", "failed"]
    assert found[0].message == "A cannot be read: 403 Forbidden"
    assert "LicenseAssignment.Read.All" in found[3].todo
    assert found[4].todo == ""
