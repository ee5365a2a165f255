"""Security defaults that somebody switches on: no document says them, and drift says it all the same."""

from __future__ import annotations

from typing import Any

import pytest
from audit_records import record
from drift_tenants import AUDITS, POLICIES, SINCE, Base, named
from test_drift_reading import Refusing

from tapctl.drift.news import news
from tapctl.model import Finding
from tapctl.sandbox import create_app

DEFAULTS = "policies/identitySecurityDefaultsEnforcementPolicy"
ACTIVITY = "Update security defaults"


def switched_on(base: Base, *records: dict[str, Any]) -> dict[str, Any]:
    tenant = base.changed()
    tenant[DEFAULTS] = {**tenant[DEFAULTS], "isEnabled": True}
    tenant[AUDITS] = [*records]
    return tenant


def done(before: Any, after: Any, name: str = "SecurityDefaults", **changes: Any) -> dict[str, Any]:
    return record(before, after, name=name, activity=ACTIVITY, **changes)


def told(base: Base, tenant: dict[str, Any]) -> list[Finding]:
    return [item for item in base.news(tenant).findings if "security defaults" in item.message]


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        ({"isEnabled": False}, {"isEnabled": True, "id": "x"}, "SecurityDefaults"),
        ("False", "True", "IsEnabled"),
        ([False], [True], "isEnabled"),
    ],
)
def test_who_switched_them_on_beside_enforced_policies_is_said(
    base: Base, before: Any, after: Any, name: str
) -> None:
    tenant = switched_on(base, done(before, after, name), record({}, {}, when="2026-11-21T10:00:00Z"))
    (found,) = told(base, tenant)

    assert (found.rule, found.severity) == ("drift-security-defaults", "error")
    assert "enforced or should be ('Enforced')" in found.message
    assert "; switched on by alex@x.example, " in found.message
    assert not base.news(tenant).is_clean


def test_a_record_without_its_sides_is_a_suspect(base: Base) -> None:
    (found,) = told(base, switched_on(base, done(None, None)))

    assert "; perhaps switched on by alex@x.example, " in found.message
    assert found.message.endswith(": the record does not say which fields it changed")


def test_a_record_that_leaves_them_off_has_not_switched_them_on(base: Base) -> None:
    (found,) = told(base, switched_on(base, done({"isEnabled": True}, {"isEnabled": False})))

    assert "; switched on by whom is unknown: the newest record of it" in found.message


def test_that_nothing_is_enforced_any_more_is_said_beside_them_and_once(base: Base) -> None:
    tenant = switched_on(base)
    named(tenant, POLICIES, "Enforced")["state"] = "disabled"
    found = [item.rule for item in base.news(tenant).findings if item.severity != "note"]

    assert found[:2] == ["drift-security-defaults", "drift-not-enforced"]
    assert "security-defaults-on" not in found


def test_a_policy_that_is_enforced_beside_them_is_not_said_by_lint_again(base: Base) -> None:
    tenant = switched_on(base)
    named(tenant, POLICIES, "Reported")["state"] = "enabled"
    (found,) = told(base, tenant)

    assert "('Enforced', 'Reported')" in found.message


def test_where_nothing_is_enforced_and_nothing_should_be_they_may_be_on(base: Base) -> None:
    text = (base.root / "all.yaml").read_text(encoding="utf-8")
    reported = text.replace("state: enabled\n  conditions", "state: disabled\n  conditions")
    (base.root / "all.yaml").write_text(reported, encoding="utf-8")
    tenant = switched_on(base)
    named(tenant, POLICIES, "Enforced")["state"] = "disabled"
    found = told(base, tenant)
    (base.root / "all.yaml").write_text(text, encoding="utf-8")

    assert found == []


def test_defaults_that_may_not_be_read_are_a_note(base: Base) -> None:
    compared, evidence = base.compared(
        base.changed(), lambda store: Refusing(create_app(store), {DEFAULTS: 403})
    )
    found = news(compared, base.checked(), evidence, SINCE)

    (note,) = [item for item in found.findings if "security defaults" in item.message]
    assert (note.rule, note.severity) == ("not-read", "note")
