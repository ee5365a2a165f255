"""What a plan rests on, and what it would do, as one sum each: to see whether it is still the same. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from tapctl.canonical import settled
from tapctl.match import Pair
from tapctl.model import Finding, Json, Plan, dotted


def fingerprint(pairs: Iterable[Pair]) -> str:
    """A digest of everything observed that the plan rests on."""
    return _digest([[*pair.address, pair.id, pair.before, _extra(pair)] for pair in pairs])


def _extra(pair: Pair) -> Json:
    return {dotted(path): settled(value) for path, value in pair.extra.items()}


def checksum(plan: Plan) -> str:
    """A digest of what would be done, and where: equal sums mean the same changes to the same objects, with
    references to the same objects, and the same brakes."""
    changes: list[Json] = [
        [
            *change.address,
            change.action,
            change.id,
            change.former_name,
            change.restores,
            change.before,
            change.after,
            {**change.named},
        ]
        for change in plan.pending
    ]
    brakes: list[Json] = [[*brake] for brake in brakes_reviewed(plan.findings)]
    return _digest([plan.environment, plan.tenant_id, plan.is_sandbox, changes, brakes])


def brakes_reviewed(findings: Iterable[Finding]) -> tuple[tuple[str, str], ...]:
    """Rule and address of the brakes that belong to a plan: a word given for one is none for another.

    One brake asks for all errors that a change introduces, so each of these counts as well. Who applies need
    not be who planned, so a brake about the caller is left out. It asks for its own word.
    """
    asked = (item for item in findings if item.severity == "brake" or item.flag)
    brakes = (item for item in asked if item.rule != "locks-out-caller")
    return tuple(sorted({(item.rule, str(item.address or "")) for item in brakes}))


def _digest(value: Json) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
