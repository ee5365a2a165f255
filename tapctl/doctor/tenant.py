"""What the tenant answered → Checks of itself: licences, security defaults, migration, clock. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime
from typing import Final

from tapctl.doctor.check import Check, Status
from tapctl.doctor.probes import DEFAULTS, LICENCES, METHODS, Answers
from tapctl.errors import GraphError
from tapctl.graph.tokens import CLOCK_SKEW
from tapctl.model import JsonObject
from tapctl.needed import Purpose
from tapctl.shapes import as_objects
from tapctl.validate import Desired

_NOTICEABLE: Final = 60  # seconds
_POLICIES: Final = "ConditionalAccessPolicy"
_RISKS: Final = ("userRiskLevels", "signInRiskLevels", "insiderRiskLevels")
# https://learn.microsoft.com/graph/api/resources/subscribedsku: the others are over, or were never paid.
_VALID: Final = ("Enabled", "Warning")


def tenant_checks(answers: Answers, desired: Sequence[Desired], purpose: Purpose) -> tuple[Check, ...]:
    """Only of what was asked for; what could not be read is said to be unknown."""
    policies = [item.spec for item in desired if item.address.kind == _POLICIES]
    checks: list[Check] = []
    if LICENCES in answers and policies:
        checks.extend(_licences(answers[LICENCES], policies))
    if DEFAULTS in answers and policies:
        checks.append(_defaults(answers[DEFAULTS], policies, purpose))
    if METHODS in answers:
        checks.append(_migration(answers[METHODS]))
    return tuple(checks)


def _licences(answer: JsonObject | GraphError, policies: Sequence[JsonObject]) -> Iterator[Check]:
    if isinstance(answer, GraphError):
        yield _check("licences", "skipped", f"not readable ({answer.status or 'no answer'})")
        return
    plans = set(_plans(answer))
    premium = {name for name in plans if name.startswith("AAD_PREMIUM")}
    if premium:
        yield _check("Entra ID P1", "ok", f"for Conditional Access: {', '.join(sorted(premium))}")
    else:
        message = f"no subscription brings it, and {len(policies)} declared policies need it"
        yield _check("Entra ID P1", "failed", message, "buy or try Microsoft Entra ID P1 for the tenant")
    if risky := sum(map(_asks_about_risk, policies)):
        if "AAD_PREMIUM_P2" in plans:
            yield _check("Entra ID P2", "ok", "for policies that ask about risk")
        else:
            message = f"no subscription brings it, and {risky} declared policies ask about risk"
            todo = "take the risk conditions out, or buy or try Microsoft Entra ID P2"
            yield _check("Entra ID P2", "failed", message, todo)


def _plans(answer: JsonObject) -> Iterator[str]:
    for sku in as_objects(answer.get("value")):
        if sku.get("capabilityStatus", "Enabled") in _VALID:
            yield from (str(plan.get("servicePlanName")) for plan in as_objects(sku.get("servicePlans")))


def _asks_about_risk(spec: JsonObject) -> bool:
    conditions = spec.get("conditions")
    return isinstance(conditions, dict) and any(conditions.get(name) for name in _RISKS)


def _defaults(answer: JsonObject | GraphError, policies: Sequence[JsonObject], purpose: Purpose) -> Check:
    if isinstance(answer, GraphError):
        return _check("security defaults", "skipped", f"not readable ({answer.status or 'no answer'})")
    if answer.get("isEnabled") is not True:
        return _check("security defaults", "ok", "off, as Conditional Access needs it")
    enabled = sum(spec.get("state") == "enabled" for spec in policies)
    status: Status = "failed" if enabled and purpose == "apply" else "warning"
    message = f"on: Graph enables no policy beside them, and {enabled} of the declared ones are enabled"
    todo = (
        "have policies ready that do what the defaults do, then turn the defaults off (Entra admin center, "
        "Overview, Properties); until then only report-only works"
    )
    return _check("security defaults", status, message, todo)


def _migration(answer: JsonObject | GraphError) -> Check:
    name = "methods migration"
    if isinstance(answer, GraphError):
        return _check(name, "skipped", f"not readable ({answer.status or 'no answer'})")
    state = answer.get("policyMigrationState")
    if state == "migrationComplete":
        return _check(name, "ok", "complete: only the authentication methods policy counts")
    message = (
        f"policyMigrationState is {state}: the legacy MFA and self-service password reset settings count "
        "too, so turning a method off here may not turn it off"
    )
    todo = "finish the migration: declare policyMigrationState in an AuthenticationMethodsPolicy document"
    return _check(name, "warning", message, todo)


def clock_check(date: str, now: float) -> Check:
    """`date` is an HTTP Date header, `now` this machine's Unix time when it arrived."""
    try:
        off = now - parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return _check("clock", "skipped", "no answer said what time it is there")
    if abs(off) <= _NOTICEABLE:
        return _check("clock", "ok", f"within {_NOTICEABLE} seconds of the server's")
    status: Status = "failed" if abs(off) > CLOCK_SKEW else "warning"
    message = f"this machine is {abs(off):.0f} seconds {'ahead of' if off > 0 else 'behind'} the server"
    return _check("clock", status, message, "set the clock (NTP): tokens look expired, or not valid yet")


def _check(name: str, status: Status, message: str, todo: str = "") -> Check:
    return Check(area="tenant", name=name, status=status, message=message, todo=todo)
