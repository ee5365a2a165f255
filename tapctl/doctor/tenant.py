"""What the tenant answered → Checks of itself: licences, security defaults, migration, clock. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from email.utils import parsedate_to_datetime
from typing import Final

from tapctl.doctor.check import Check, Status
from tapctl.doctor.probes import DEFAULTS, LICENCES, METHODS, Answers
from tapctl.errors import GraphError
from tapctl.graph.tokens import CLOCK_SKEW
from tapctl.licences import LICENCES as ALL
from tapctl.licences import Licence, needing, service_plans
from tapctl.model import JsonObject
from tapctl.needed import Purpose
from tapctl.validate import Desired

_NOTICEABLE: Final = 60  # seconds
_POLICIES: Final = "ConditionalAccessPolicy"


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
    plans = service_plans(answer.get("value"))
    for licence in ALL:
        if count := needing(licence, policies):
            yield _licence(licence, plans, count)


def _licence(licence: Licence, plans: Collection[str], count: int) -> Check:
    name = licence.name
    if licence.is_in(plans):
        found = ", ".join(sorted(plan for plan in plans if plan.startswith(licence.plan)))
        what = f"policies that ask {licence.asking}" if licence.asking else "Conditional Access"
        return _check(name, "ok", f"for {what}: {found}")
    need = f"ask {licence.asking}" if licence.asking else "need it"
    message = f"no subscription brings it, and {count} declared policies {need}"
    return _check(name, "failed", message, licence.remedy)


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
