from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from drift_tenants import POLICIES, Base, named
from starlette.types import ASGIApp, Receive, Scope, Send

from tapctl.sandbox import Store, create_app


class Refusing:
    """The sandbox, but for requests whose URL holds a text: those are refused with a status."""

    def __init__(self, inner: ASGIApp, refusals: dict[str, int]) -> None:
        self.inner, self.refusals = inner, refusals
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        url = f"{scope['path']}?{scope['query_string'].decode()}"
        self.asked.append(url)
        status = next((status for text, status in self.refusals.items() if text in url), None)
        if status is None:
            await self.inner(scope, receive, send)
            return
        body = b'{"error": {"code": "Refused", "message": "no"}}'
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})


def drift(base: Base) -> dict[str, Any]:
    tenant = base.changed()
    named(tenant, POLICIES, "Enforced")["state"] = "disabled"
    tenant[POLICIES].remove(named(tenant, POLICIES, "Reported"))
    named(tenant, "groups", "Pilots")["description"] = "x"
    return tenant


def test_nothing_is_asked_where_nothing_differs(base: Base) -> None:
    _, evidence = base.compared(base.changed())

    assert (evidence.records, evidence.deleted, evidence.unread) == ((), {}, "")


def test_what_is_not_permitted_is_said_with_its_permission(base: Base) -> None:
    _, evidence = base.compared(drift(base), lambda store: Refusing(create_app(store), {"auditLogs": 403}))

    assert evidence.records == ()
    assert "AuditLog.Read.All" in evidence.unread


def test_deleted_objects_that_cannot_be_read_are_unknown(base: Base) -> None:
    _, evidence = base.compared(drift(base), lambda store: Refusing(create_app(store), {"deletedItems": 403}))

    assert "403" in evidence.undeleted["ConditionalAccessPolicy"]


@pytest.mark.parametrize("status", [400, 501])
def test_a_server_that_takes_no_filter_is_asked_without(base: Base, status: int) -> None:
    served: list[Refusing] = []

    def serve(store: Store) -> Refusing:
        served.append(
            Refusing(create_app(store), {"auditLogs/directoryAudits?$filter": status, "%24filter": status})
        )
        return served[0]

    base.compared(drift(base), serve)

    assert any(url.endswith("/auditLogs/directoryAudits?") for url in served[0].asked)


def test_a_group_that_vanished_is_looked_for_by_its_name(base: Base) -> None:
    tenant = base.changed()
    tenant["groups"].remove(named(tenant, "groups", "Pilots"))
    _, evidence = base.compared(tenant)

    assert evidence.deleted == {"Group": ()}


def test_a_pinned_group_that_vanished_is_looked_for_by_what_graph_called_it(
    base: Base, tmp_path: Path
) -> None:
    twin, tenant = "20000000-0000-4000-8000-000000000099", base.changed()
    gone = {**named(tenant, "groups", "Pilots"), "id": twin, "displayName": "Twins"}
    tenant["directory/deletedItems"] = [{**gone, "deletedDateTime": "2026-11-22T08:00:00Z"}]
    root = copytree(base.root, tmp_path / "with-twin")
    (root / "twin.yaml").write_text("{kind: Group, name: Twin, spec: {displayName: Twins}}", encoding="utf-8")
    with (root / "environments/sandbox.yaml").open("a", encoding="utf-8") as pins:
        pins.write(f"  Group/Twin: {twin}\n")

    _, evidence = replace(base, root=root).compared(tenant)

    assert [item["id"] for item in evidence.deleted["Group"]] == [twin]
