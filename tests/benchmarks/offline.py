"""The pure stages on a tenant that is at hand, without a gateway."""

from __future__ import annotations

from pathlib import Path

from company import TENANT, guid

from tapctl.guard import guard, shields
from tapctl.match import match
from tapctl.model import JsonObject, Plan, Snapshot
from tapctl.order import order
from tapctl.pipeline import check
from tapctl.plan import plan_changes


def plan_offline(folder: Path, content: JsonObject) -> Plan:
    """Everything of `tapctl plan` that is not reading the tenant."""
    checked = check(folder, "bench")
    snapshot = snapshot_of(content)
    matched = match(checked.workspace, checked.desired, snapshot)
    plan = plan_changes(matched, checked.resolved, snapshot)
    guard(plan, matched, snapshot, checked.workspace)
    order(plan, shields(matched, snapshot, checked.workspace))
    return plan


def snapshot_of(content: JsonObject) -> Snapshot:
    """A Snapshot as reading this tenant would give it."""

    def objects(path: str) -> tuple[JsonObject, ...]:
        found = content[path]
        return tuple(item for item in found if isinstance(item, dict)) if isinstance(found, list) else ()

    kinds = {
        "ConditionalAccessPolicy": objects("identity/conditionalAccess/policies"),
        "NamedLocation": objects("identity/conditionalAccess/namedLocations"),
    }
    return Snapshot(
        environment="bench",
        tenant_id=TENANT,
        is_sandbox=False,
        objects=kinds,
        entries={**kinds, "Group": objects("groups"), "User": objects("users")},
        parents={guid(1, number): frozenset({guid(2, 0)}) for number in (1, 2)} | {guid(2, 0): frozenset()},
    )
