"""Whom a baseline policy leaves out, and whether another one of its kind takes them in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from tapctl.built_in import SYNCHRONISE
from tapctl.lint.as_much import asks_as_much
from tapctl.lint.context import Context
from tapctl.lint.emergency import emergency_accounts, is_emergency_group
from tapctl.lint.guests import GUESTS, guests_left
from tapctl.lint.policy import LEGACY, MODERN, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """Who is in all of those groups and roles, and a guest of those types, if any."""

    groups: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    guests: frozenset[str] = frozenset()
    user: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A policy with what it is there for, and whom it includes and excludes, read once."""

    policy: Policy
    kinds: frozenset[str]
    is_enforced: bool
    everyone: bool
    included: Somebody
    excluded: Somebody

    @classmethod
    def of(cls, found: Policy) -> Self:
        """What is asked about many people."""
        return cls(
            policy=found,
            kinds=_kinds(found),
            is_enforced=found.is_enforced,
            everyone=found.includes_everyone,
            included=_side(found, "include"),
            excluded=_side(found, "exclude"),
        )

    def takes(self, who: Somebody) -> bool:
        """Whether the policy is about somebody, for all that is known of them."""
        inside, out = self.included, self.excluded
        is_in = self.everyone or (
            who.groups & inside.groups
            or who.roles & inside.roles
            or who.user & inside.user
            or (who.guests and (GUESTS in inside.guests or who.guests <= inside.guests))
        )
        return bool(is_in) and not (
            who.groups & out.groups or who.roles & out.roles or who.user & out.user or who.guests & out.guests
        )


def _side(found: Policy, side: str) -> Somebody:
    return Somebody(
        groups=found.users(f"{side}Groups"),
        roles=found.users(f"{side}Roles"),
        guests=found.guests(side),
        user=found.users(f"{side}Users") - {GUESTS, "None"},
    )


def baselines(context: Context) -> Iterator[tuple[Baseline, list[Baseline]]]:
    """The policies that somebody has to have one of, each with the others of its kind."""
    some = [found for found in map(Baseline.of, context.on) if found.kinds]
    for found in some:
        if len(found.kinds) == 1:
            yield found, [other for other in some if _is_like(other, found)]


def _is_like(other: Baseline, found: Baseline) -> bool:
    is_at_work = other.is_enforced or not found.is_enforced
    return found.kinds <= other.kinds and other is not found and is_at_work


def _kinds(found: Policy) -> frozenset[str]:
    """What a policy is there for: MFA everywhere, or no legacy clients. Those whom it blocks outright need
    neither; a block of everybody is a mistake (CA002), and stands for nothing."""
    if not found.includes_all_resources or not set(found.narrowing) <= {"clientAppTypes"}:
        return frozenset()
    if found.blocks:
        is_wall = not found.narrowing and not found.includes_everyone
        return frozenset({"mfa", "legacy"} if is_wall else {"legacy"} if found.clients >= LEGACY else ())
    # Whether MFA is asked of legacy clients too makes no difference: they are the other baseline.
    is_modern = found.has_any_client or found.clients >= MODERN
    return frozenset({"mfa"} if found.asks_for_mfa and is_modern else ())


def left_out(context: Context, found: Baseline, others: Sequence[Baseline]) -> dict[str, list[str]]:
    """Whom a baseline policy leaves out, by the lists of its users, and none of the others takes in."""
    sides = {side: sorted(of_side(context, found, others)) for side, of_side in _SIDES.items()}
    return {side: names for side, names in sides.items() if names}


def _enough(
    context: Context, found: Baseline, others: Sequence[Baseline], side: str, name: str
) -> list[Baseline]:
    """Those that do for somebody who is left out by name. What administrators are asked is more than what
    everybody is asked: it takes as much, or a policy that names them."""
    if not found.included.roles:
        return [*others]
    return [
        other
        for other in others
        if name in other.policy.users(f"include{side}") or asks_as_much(context, other.policy, found.policy)
    ]


def _groups_left(context: Context, found: Baseline, others: Sequence[Baseline]) -> Iterator[str]:
    for group in found.excluded.groups:
        if is_emergency_group(context, group) or _may_be_theirs(context, found, group):
            continue
        enough = _enough(context, found, others, "Groups", group)
        around = context.groups.around(group)
        people = [replace(who, groups=who.groups | around) for who in _included(context, found, group)]
        if not all(any(other.takes(who) for other in enough) for who in people):
            yield group


def _may_be_theirs(context: Context, found: Baseline, group: str) -> bool:
    """Whether a group is taken for the emergency accounts': none is declared, and all leave this one out."""
    is_told = bool(context.settings.break_glass) or found.everyone
    return not is_told and all(
        group in other.users("excludeGroups") for other in context.on if other.includes_somebody
    )


def _included(context: Context, found: Baseline, group: str = "") -> Iterator[Somebody]:
    """Whom a policy includes, by each of its entries. People of an included group who are known not to be in
    that other one are not meant."""
    if found.everyone:
        yield Somebody()
        return
    for included in found.included.groups:
        if not _are_apart(context, included, group):
            yield Somebody(groups=context.groups.around(included))
    for role in found.included.roles:
        yield Somebody(roles=frozenset({role}))
    for user in found.included.user:
        yield Somebody(user=frozenset({user}))
    if found.included.guests:
        yield Somebody(guests=found.included.guests)


def _are_apart(context: Context, one: str, other: str) -> bool:
    """Whether nobody is in both groups, for certain."""
    known = context.groups
    return known.is_known(one) and known.is_known(other) and not known.users(one) & known.users(other)


def _users_left(context: Context, found: Baseline, others: Sequence[Baseline]) -> Iterator[str]:
    """Where no emergency account is declared, whoever is excluded by name is taken to be one."""
    spared = emergency_accounts(context)
    for user in found.excluded.user - {"All"} if context.settings.break_glass.accounts else ():
        asked = {other.policy.name for other in _enough(context, found, others, "Users", user)}
        if user.casefold() not in spared and not context.what_if.reaching(user) & asked:
            yield user


def _roles_left(context: Context, found: Baseline, others: Sequence[Baseline]) -> Iterator[str]:
    """The accounts that synchronise a directory can answer nothing: see CA040."""
    for role in found.excluded.roles:
        if role.removeprefix("id:") in SYNCHRONISE:
            continue
        enough = _enough(context, found, others, "Roles", role)
        people = [replace(who, roles=who.roles | {role}) for who in _included(context, found)]
        if not all(any(other.takes(who) for other in enough) for who in people):
            yield role


def _guests_left(_: Context, found: Baseline, others: Sequence[Baseline]) -> Iterator[str]:
    """Of a policy for groups or roles nobody knows whether guests are in there."""
    is_known = found.everyone or found.included.guests
    return guests_left(found.policy, [other.policy for other in others]) if is_known else iter(())


_SIDES: Final[Mapping[str, Callable[[Context, Baseline, Sequence[Baseline]], Iterator[str]]]] = {
    "excludeGroups": _groups_left,
    "excludeUsers": _users_left,
    "excludeRoles": _roles_left,
    "excludeGuestsOrExternalUsers": _guests_left,
}
