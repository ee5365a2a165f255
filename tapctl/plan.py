"""Pairs → a Plan: what becomes of every declared or owned object, and why. Pure."""

from __future__ import annotations

from dataclasses import replace

from tapctl.dangling import dangling
from tapctl.diff import field_changes
from tapctl.digest import checksum, fingerprint
from tapctl.match import Matched, Pair
from tapctl.model import Change, Plan, Snapshot
from tapctl.obstacles import obstacles
from tapctl.resolve import Resolved


def plan_changes(matched: Matched, resolved: Resolved, snapshot: Snapshot) -> Plan:
    """Decide on every pair. The findings are those that only the tenant could show."""
    changes = tuple(_change(pair) for pair in matched.pairs if pair.desired is not None or pair.is_owned)
    findings = (
        *matched.findings,
        *dangling(resolved, matched, snapshot),
        *obstacles(changes, matched, snapshot),
    )
    plan = Plan(
        environment=snapshot.environment,
        tenant_id=snapshot.tenant_id,
        is_sandbox=snapshot.is_sandbox,
        changes=changes,
        unmanaged=tuple(pair.address for pair in matched.pairs if pair.desired is None and not pair.is_owned),
        findings=findings,
        fingerprint=fingerprint(matched.pairs),
    )
    return replace(plan, checksum=checksum(plan))


def _change(pair: Pair) -> Change:
    change = _decide(pair)
    if change.action == "delete" or pair.after is None:
        return change
    left = _left_as_is(pair)
    return replace(change, fields=field_changes(pair.before or {}, pair.after), left_as_is=left)


def _left_as_is(pair: Pair) -> tuple[str, ...]:
    """Of what the document does not own, what the tenant may hold: a value that was read, or members."""
    if pair.before is None:
        return ()
    before, properties = pair.before, pair.kind.field.properties
    return tuple(name for name in pair.left_as_is if name in before or properties[name].type == "array")


def _decide(pair: Pair) -> Change:
    place = pair.desired.resource.place() if pair.desired else None
    change = Change(
        address=pair.address,
        action="no-op",
        reason="",
        before=pair.before,
        after=pair.after,
        id=pair.id,
        place=place,
    )
    if pair.desired is None:
        reason = "the settings own its name and no document declares it"
        return replace(change, action="delete", reason=reason, after=None)
    if pair.after is None:
        gone = pair.observed is None
        return replace(
            change,
            action="no-op" if gone else "delete",
            reason="already absent" if gone else "ensure: absent",
        )
    if pair.before is None and pair.restores is not None:
        reason = f"comes back from Graph's deleted items with its id {pair.restores}"
        return replace(change, action="create", reason=reason, restores=pair.restores)
    if pair.before is None:
        return replace(change, action="create", reason="declared, and not in the tenant")
    if pair.former_name is not None:
        reason = f"renamed from {pair.former_name!r}"
        return replace(change, action="update", reason=reason, former_name=pair.former_name)
    if pair.before != pair.after:
        return replace(change, action="update", reason="the tenant differs from the document")
    return replace(change, reason="as declared")
