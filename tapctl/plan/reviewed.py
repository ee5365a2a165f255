"""What was reviewed, against what is planned now → why they are not the same. Pure.

A saved plan and a checksum say the same thing, one with its contents. Whoever applies plans anew and does
what that yields, if it is equal; a plan that was saved decides on nothing but whether to go on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tapctl.diff import field_changes
from tapctl.model import Change, Json, Plan
from tapctl.plan.digest import brakes_reviewed

_MOST_LINES: Final = 40
_LONGEST_VALUE: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What a person approved: a plan, its checksum, or both; nothing where nobody asked for a review."""

    saved: Plan | None = None
    checksum: str | None = None


def misplaced(reviewed: Reviewed, environment: str, tenant_id: str | None) -> str:
    """Why the reviewed plan is for somewhere else; empty if it is not, as far as is known."""
    plan = reviewed.saved
    if plan is not None and plan.environment != environment:
        return f"the plan was saved for environment {plan.environment!r}, not {environment!r}"
    if plan is not None and tenant_id and plan.tenant_id != tenant_id:
        return f"the plan was saved for tenant {plan.tenant_id}, not {tenant_id}"
    return ""


def objection(reviewed: Reviewed, plan: Plan) -> str:
    """Why `plan` is not what was reviewed; empty if it is."""
    if elsewhere := misplaced(reviewed, plan.environment, plan.tenant_id):
        return elsewhere
    claimed = [reviewed.checksum] if reviewed.checksum is not None else []
    claimed += [reviewed.saved.checksum] if reviewed.saved else []
    wrong = [claim for claim in claimed if claim.lower() != plan.checksum]
    if not wrong:
        return ""
    said = (
        f"this is not the plan that was reviewed: its checksum is {plan.checksum}, not {wrong[0]}. "
        "Review what is shown here, and give its checksum"
    )
    found = [*_differences(reviewed.saved, plan)] if reviewed.saved else []
    more = [f"and {len(found) - _MOST_LINES} more differences"] if len(found) > _MOST_LINES else []
    return "\n  ".join([said, *found[:_MOST_LINES], *more])


def _differences(reviewed: Plan, plan: Plan) -> Iterator[str]:
    old = {change.address: change for change in reviewed.pending}
    new = {change.address: change for change in plan.pending}
    for address in sorted(old.keys() | new.keys()):
        if address not in new:
            yield f"{address}: {old[address].action} was reviewed, and there is nothing to do now"
        elif address not in old:
            yield f"{address}: {new[address].action} was not reviewed"
        else:
            yield from _between(old[address], new[address])
    before, after = set(brakes_reviewed(reviewed.findings)), set(brakes_reviewed(plan.findings))
    for rule, about in sorted(after - before):
        yield f"brake {rule} was not reviewed{f': {about}' if about else ''}"
    for rule, about in sorted(before - after):
        yield f"brake {rule} was reviewed and is gone{f': {about}' if about else ''}"


def _between(old: Change, new: Change) -> Iterator[str]:
    address = new.address
    for what, was, now in (
        ("action", old.action, new.action),
        ("id", old.id, new.id),
        ("former name", old.former_name, new.former_name),
        ("restored id", old.restores, new.restores),
    ):
        if was != now:
            yield f"{address}: {what} is {_quoted(now)}, and was {_quoted(was)} when reviewed"
    yield from _renamed(old, new)
    for what, was_spec, now_spec in (
        ("in the tenant", old.before, new.before),
        ("planned", old.after, new.after),
    ):
        for field in field_changes(was_spec or {}, now_spec or {}):
            said = f"{_quoted(field.after)} is {what} now, {_quoted(field.before)} when reviewed"
            yield f"{address}: {field.path}: {said}"


def _renamed(old: Change, new: Change) -> Iterator[str]:
    """A name that stands in both, and means something else."""
    for name in sorted(old.named.keys() & new.named.keys()):
        was, now = old.named[name], new.named[name]
        if was != now:
            said = f"the name {_quoted(name)} means another object now: {now}, and {was} when reviewed"
            yield f"{new.address}: {said}"


def _quoted(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
