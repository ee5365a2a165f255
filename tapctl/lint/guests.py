"""Which guests policies are about: by their type and, where they are of another tenant, by that one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tapctl.canonical import at, texts
from tapctl.evaluate.scene import EXTERNAL_TYPES
from tapctl.lint.policy import Policy

GUESTS: Final = "GuestsOrExternalUsers"
"""The older word for guests of every type and tenant."""
_PARTNERS: Final = frozenset({"serviceProvider"})
_TYPES: Final = (EXTERNAL_TYPES | {"internalGuest"}) - _PARTNERS
_EVERY: Final = frozenset({"*"})


def guests_left(found: Policy, others: Sequence[Policy]) -> Iterator[str]:
    """The types that a policy excludes and that no other takes in, of some tenant at least.

    Partners who administer the tenant are asked at home, by Microsoft's own rule for them.
    """
    for excluded in found.guests("exclude") - _PARTNERS:
        left = [
            (kind, tenant)
            for kind in (_TYPES if excluded == GUESTS else {excluded})
            for tenant in _tenants(found, "exclude", kind)
        ]
        if not all(any(_takes(other, kind, tenant) for other in others) for kind, tenant in left):
            yield excluded


def external_guests(found: Policy) -> frozenset[str]:
    """The types of guests from other organisations whom a policy is about, of some tenant at least. Partners
    are asked at home; guests of the tenant's own hold passes like members."""
    return frozenset(
        kind
        for kind in EXTERNAL_TYPES - _PARTNERS
        if (found.includes_everyone or _tenants(found, "include", kind))
        and not _tenants(found, "exclude", kind) & _EVERY
    )


def is_for_any_tenant(found: Policy, kinds: Iterable[str]) -> bool:
    """Whether guests of those types may be of no Entra tenant: the policy names none."""
    return found.includes_everyone or any("*" in _tenants(found, "include", kind) for kind in kinds)


def _takes(found: Policy, kind: str, tenant: str) -> bool:
    """Whether a policy is about those guests, all of them."""
    out = _tenants(found, "exclude", kind)
    if out & {tenant, *_EVERY} or (out and tenant in _EVERY):
        return False
    return found.includes_everyone or bool(_tenants(found, "include", kind) & {tenant, *_EVERY})


def _tenants(found: Policy, side: str, kind: str) -> frozenset[str]:
    """The tenants of which guests of that type are on that side; those without one are of every tenant."""
    named = found.guests(side)
    if not named & {kind, GUESTS}:
        return frozenset()
    path = ("conditions", "users", f"{side}GuestsOrExternalUsers", "externalTenants")
    is_some = at(found.spec, *path, "membershipKind") == "enumerated" and kind in EXTERNAL_TYPES
    return frozenset(texts(found.spec, *path, "members")) if is_some and GUESTS not in named else _EVERY
