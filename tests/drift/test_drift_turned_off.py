"""An emergency account that is disabled lets nobody in: drift looks."""

from __future__ import annotations

from typing import Any

import pytest
from audit_records import record
from drift_tenants import AUDITS, EMERGENCY, SINCE, Base
from test_drift_reading import Refusing

from tapctl.drift.news import news
from tapctl.model import Finding
from tapctl.sandbox import create_app

ID = "10000000-0000-4000-8000-000000000901"


def with_account(base: Base, **changes: Any) -> dict[str, Any]:
    tenant = base.changed()
    next(user for user in tenant["users"] if user["id"] == ID).update(changes)
    return tenant


def told(base: Base, tenant: dict[str, Any]) -> list[Finding]:
    return [item for item in base.news(tenant).findings if EMERGENCY in item.message]


@pytest.mark.parametrize(
    ("activity", "name", "value"),
    [("Disable account", "x", "[true]"), ("Update user", "AccountEnabled", "[false]")],
)
def test_who_disabled_an_emergency_account_is_said(base: Base, activity: str, name: str, value: str) -> None:
    tenant = with_account(base, accountEnabled=False)
    change = {"displayName": name, "oldValue": None, "newValue": value}
    targets = [{"id": ID, "type": "User", "modifiedProperties": [change]}]
    done = record({}, {}, activity=activity, targetResources=targets)
    tenant[AUDITS] = [{**done, "category": "UserManagement"}]
    (found,) = told(base, tenant)

    assert (found.rule, found.severity) == ("drift-break-glass-disabled", "error")
    assert "is disabled: nobody can sign in with it; disabled by alex@x.example" in found.message
    assert "tapctl.yaml" in str(found.place)


def test_a_disabled_account_without_a_record(base: Base) -> None:
    tenant = with_account(base, accountEnabled=False)
    (found,) = told(base, tenant)

    assert "; by whom is unknown: " in found.message
    assert not base.news(tenant).is_clean


def test_an_account_that_is_enabled_is_no_news(base: Base) -> None:
    assert told(base, base.changed()) == []


def test_an_account_of_which_graph_does_not_say_it_is_a_note(base: Base) -> None:
    (found,) = told(base, with_account(base, accountEnabled=None))

    assert (found.rule, found.severity) == ("drift-break-glass-unread", "note")
    assert found.message.endswith("is enabled is unknown: Graph does not say")


@pytest.mark.parametrize("refusals", [{"$batch": 404, "accountEnabled": 403}, {"$batch": 403}])
def test_what_cannot_be_read_of_an_account_is_a_note(base: Base, refusals: dict[str, int]) -> None:
    compared, evidence = base.compared(base.changed(), lambda store: Refusing(create_app(store), refusals))
    found = news(compared, base.checked(), evidence, SINCE)

    (note,) = [item for item in found.findings if EMERGENCY in item.message]
    assert "is enabled is unknown: " in note.message
    assert "403" in note.message


def test_of_an_account_that_is_gone_it_is_said_that_it_is_lost(base: Base) -> None:
    tenant = base.changed()
    tenant["users"] = [user for user in tenant["users"] if user["id"] != ID]

    assert [item.rule for item in told(base, tenant) if "enabled" in item.message] == []
