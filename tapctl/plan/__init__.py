"""Pairs → a Plan: what becomes of every declared or owned object, and why. Pure.

obstacles   what cannot, or must not, be done in this tenant
dangling    references that lead to nothing there, or to more than one object
digest      what a plan rests on and would do, as sums
saved       the file that a plan is kept in; `reviewed`: what was reviewed against what is planned now
"""

from __future__ import annotations

from tapctl.canonical import references
from tapctl.diff import field_changes
from tapctl.directory import Directory
from tapctl.match import Matched, Pair
from tapctl.model import Action, Address, Change, Plan, Snapshot
from tapctl.plan.dangling import dangling
from tapctl.plan.digest import fingerprint
from tapctl.plan.obstacles import obstacles
from tapctl.reference import parse
from tapctl.resolve import Resolved


def plan_changes(matched: Matched, resolved: Resolved, snapshot: Snapshot) -> Plan:
    """Decide on every pair. The findings are those that only the tenant could show; the checksum is made once
    the plan has all."""
    changes = tuple(
        _change(pair, matched.directory)
        for pair in matched.pairs
        if pair.desired is not None or pair.is_owned
    )
    findings = (
        *matched.findings,
        *dangling(resolved, matched, snapshot),
        *obstacles(changes, matched, snapshot),
    )
    return Plan(
        environment=snapshot.environment,
        tenant_id=snapshot.tenant_id,
        is_sandbox=snapshot.is_sandbox,
        changes=changes,
        unmanaged=tuple(pair.address for pair in matched.pairs if pair.desired is None and not pair.is_owned),
        findings=findings,
        fingerprint=fingerprint(matched.pairs),
    )


def _change(pair: Pair, directory: Directory) -> Change:
    action, reason = _decide(pair)
    return Change(
        address=pair.address,
        action=action,
        reason=reason,
        before=pair.before,
        after=pair.after,
        fields=field_changes(pair.before or {}, pair.after) if pair.after is not None else (),
        id=pair.id,
        former_name=pair.former_name if action == "update" else None,
        restores=pair.restores if action == "create" else None,
        named={} if action == "no-op" else _named(pair, directory),
        left_as_is=_left_as_is(pair),
        place=pair.desired.resource.place() if pair.desired is not None else None,
    )


def _named(pair: Pair, directory: Directory) -> dict[str, str]:
    """What the names in both specs mean today: a name is sent as an id, and another object may take it."""
    field = pair.kind.field
    texts = (found for spec in (pair.before, pair.after) for found in references(field, spec or {}))
    parsed = (parse(text, spot.references, spot.words) for _, spot, text in texts)
    addresses = (Address(found.kind, found.text) for found in parsed if found.form == "name")
    ids = {str(address): directory.id_of(address) for address in addresses}
    return {address: object_id for address, object_id in sorted(ids.items()) if object_id is not None}


def _decide(pair: Pair) -> tuple[Action, str]:
    """What becomes of the object, and why."""
    if pair.desired is None:
        return "delete", "the settings own its name and no document declares it"
    if pair.after is None:
        return ("no-op", "already absent") if pair.observed is None else ("delete", "ensure: absent")
    if pair.before is None and pair.restores is not None:
        return "create", f"comes back from Graph's deleted items with its id {pair.restores}"
    if pair.before is None and pair.candidates:
        return "create", "declared, and which of the tenant's objects is meant cannot be told"
    if pair.before is None:
        return "create", "declared, and not in the tenant"
    if pair.former_name is not None:
        return "update", f"renamed from {pair.former_name!r}"
    if pair.before != pair.after:
        return "update", "the tenant differs from the document"
    return "no-op", "as declared"


def _left_as_is(pair: Pair) -> tuple[str, ...]:
    """Of what the document does not own, what the tenant may hold: a value that was read, or members."""
    if pair.before is None or pair.after is None:
        return ()
    before, properties = pair.before, pair.kind.field.properties
    return tuple(name for name in pair.left_as_is if name in before or properties[name].type == "array")
