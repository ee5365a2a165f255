"""Whether a Temporary Access Pass can be used, and whether one can be had: the service's rules, pure.

https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass
https://learn.microsoft.com/graph/api/authentication-post-temporaryaccesspassmethods
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from tapctl.evaluate.facts import Pass, PassPolicy
from tapctl.evaluate.truth import Truth, but_not

LENGTHS: Final = range(8, 49)
LIFETIMES: Final = range(10, 43201)
"""Characters and minutes, both as Graph accepts them."""

Reason = Literal["EnabledByPolicy", "DisabledByPolicy", "Expired", "NotYetValid", "OneTimeUsed", ""]
InGroups = Callable[[frozenset[str]], Truth]
"""Whether the person is in one of these groups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassState:
    """Whether the pass works now, and Graph's methodUsabilityReason; unknown where a fact is missing.
    `lacks` is the fact about time that is missing: what time it is, or how long the pass lives."""

    is_usable: Truth
    reason: Reason
    lacks: Literal["now", "user.pass", ""] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRequest:
    """A wish for a pass. None is "as the policy says"; `start` is as written, without it the pass starts now.

    `existing` is the pass the person has already, if it is known to have one; `is_external_guest` is None
    where nobody said of which type the person is.
    """

    lifetime_minutes: int | None = None
    is_usable_once: bool | None = None
    start: str = ""
    existing: str = ""
    is_external_guest: Truth = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`errors` are all that is certainly wrong with a request; `missing` the facts, named as a situation
    names them, without which nobody knows of more; `replaces` is what it would destroy."""

    errors: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    replaces: str = ""

    @property
    def is_accepted(self) -> Truth:
        """None where nothing is wrong that is known, and something is not known."""
        return False if self.errors else None if self.missing else True


def in_scope(policy: PassPolicy, in_groups: InGroups) -> Truth:
    """Whether the policy lets a person use passes at all: on, included, and not excluded."""
    if not policy.scope.is_enabled:
        return False
    included = True if policy.scope.everybody else in_groups(policy.scope.include)
    return but_not(included, in_groups(policy.scope.exclude))


def pass_state(held: Pass, policy: PassPolicy | None, in_groups: InGroups, *, now: str) -> PassState:
    """Whether a pass works at a time. `now` is ISO 8601; without it, nobody knows of a pass with a start.

    A policy that allows one-time passes only also refuses multi-use passes that are out already.
    """
    allowed: Truth = None
    if policy is not None:
        allowed = in_scope(policy, in_groups)
        if policy.is_usable_once and not held.is_usable_once:
            allowed = False
    if allowed is False:
        return PassState(is_usable=False, reason="DisabledByPolicy")
    if held.is_used and held.is_usable_once:
        return PassState(is_usable=False, reason="OneTimeUsed")
    if held.lifetime_minutes is not None and held.aged_minutes >= held.lifetime_minutes:
        return PassState(is_usable=False, reason="Expired")
    if held.start and not now:
        return PassState(is_usable=None, reason="", lacks="now")
    if held.start:
        match _out_of_time(held, policy, now):
            case None:
                return PassState(is_usable=None, reason="", lacks="user.pass")
            case "Expired" | "NotYetValid" as wrong:
                return PassState(is_usable=False, reason=wrong)
    return PassState(is_usable=allowed, reason="EnabledByPolicy" if allowed else "")


def _out_of_time(held: Pass, policy: PassPolicy | None, now: str) -> Reason | None:
    """None where it may have ended: a lifetime that nobody said is one that the policy allows."""
    begins = moment(held.start)
    if moment(now) < begins:
        return "NotYetValid"
    allowed = (LIFETIMES[0], LIFETIMES[-1]) if policy is None else (policy.minimum, policy.maximum)
    shortest, longest = allowed if held.lifetime_minutes is None else (held.lifetime_minutes,) * 2
    if moment(now) >= begins + timedelta(minutes=longest):
        return "Expired"
    return "" if moment(now) < begins + timedelta(minutes=shortest) else None


def policy_errors(policy: PassPolicy) -> tuple[str, ...]:
    """What Graph would refuse about the policy itself."""
    lifetimes = (policy.minimum, policy.maximum, policy.default)
    found = {
        "policyLength": policy.length not in LENGTHS,
        "policyLifetime": any(lifetime not in LIFETIMES for lifetime in lifetimes),
        "policyDefault": not policy.minimum <= policy.default <= policy.maximum,
    }
    return tuple(name for name, is_wrong in found.items() if is_wrong)


def judge_request(
    request: PassRequest, policy: PassPolicy | None, in_groups: InGroups, *, now: str
) -> Judgement:
    """Whether a pass like this can be created, and what that would destroy.

    Errors: what `policy_errors` says; `policyDisabled`, `outOfScope`, `externalGuest`, `lifetime`,
    `oneTimeRequired`, `offsetMissing`, `startInPast`.
    """
    is_on = policy is not None and policy.scope.is_enabled
    allowed = in_scope(policy, in_groups) if policy is not None and is_on else None
    is_past = _is_past(request.start, now)
    found = {
        "policyDisabled": policy is not None and not is_on,
        "outOfScope": allowed is False,
        "externalGuest": request.is_external_guest,
        "lifetime": policy is not None and not _fits(request.lifetime_minutes, policy),
        "oneTimeRequired": policy is not None and policy.is_usable_once and request.is_usable_once is False,
        "offsetMissing": bool(request.start) and not has_offset(request.start),
        "startInPast": is_past,
    }
    lacking = {
        "tapPolicy": policy is None,
        "user.groups": is_on and allowed is None,
        "user.type": request.is_external_guest is None,
        "now": is_past is None,
    }
    wrong_policy = () if policy is None else policy_errors(policy)
    return Judgement(
        errors=(*wrong_policy, *(name for name, is_wrong in found.items() if is_wrong)),
        missing=tuple(name for name, is_lacking in lacking.items() if is_lacking),
        replaces=request.existing,
    )


def _fits(lifetime: int | None, policy: PassPolicy) -> bool:
    return policy.minimum <= (policy.default if lifetime is None else lifetime) <= policy.maximum


def has_offset(text: str) -> bool:
    """Whether a time says which moment it means."""
    return moment(text).tzinfo is not None


def moment(text: str) -> datetime:
    """A time as Graph writes it. Raises ValueError."""
    return datetime.fromisoformat(text)


def _is_past(start: str, now: str) -> Truth:
    """None where nobody said what time it is; a pass without a start begins now."""
    if not start or not has_offset(start):
        return False
    return moment(start) < moment(now) if now else None
