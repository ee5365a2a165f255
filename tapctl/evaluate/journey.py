"""Steps on a person's way: what one of them changes about the person before the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from tapctl.evaluate.facts import STRANGER, Facts, Pass, Person
from tapctl.evaluate.scene import mode_of
from tapctl.evaluate.situation import SignIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a step leaves behind. `registers` and `deletes` are modes; `loses` are modes that stay
    registered and are no longer at hand; `new_pass` replaces whatever pass there is. Whether the pass is used
    is None where the step does not say."""

    pass_used: bool | None = None
    pass_deleted: bool = False
    new_pass: Pass | None = None
    registers: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    loses: frozenset[str] = frozenset()
    joins: frozenset[str] = frozenset()
    leaves: frozenset[str] = frozenset()
    fido2_aaguids: frozenset[str] = frozenset()


def as_person(facts: Facts, user: str) -> Person:
    """Somebody of the directory as a value of its own, the groups it is directly in included.

    Of other groups as much is known as of somebody in the directory: no more than their lists say.
    """
    person = facts.users.get(user, STRANGER)
    direct = {name for name, group in facts.groups.items() if user in group.users}
    return replace(person, groups=person.groups | direct, groups_are_complete=False)


def older(person: Person, sign_in: SignIn, minutes: int) -> Person:
    """The person once time has passed: a pass that has begun, for it has no start or they signed in with it,
    has aged, whatever the time of day."""
    held = person.held_pass
    if not isinstance(held, Pass) or held.lifetime_minutes is None or not minutes:
        return person
    has_begun = not held.start or held.aged_minutes or mode_of(held) in (sign_in.auth or ())
    return (
        replace(person, held_pass=replace(held, aged_minutes=held.aged_minutes + minutes))
        if has_begun
        else person
    )


def after(person: Person, effect: Effect) -> Person:
    """The person once a step is done."""
    registered, reachable = person.registered, person.reachable
    if registered is not None:
        registered = (registered | effect.registers) - effect.deletes
    if reachable is not None or effect.loses:
        known = registered or frozenset()
        reachable = (
            ((known if reachable is None else reachable) | effect.registers) - effect.deletes - effect.loses
        )
    return replace(
        person,
        registered=registered,
        reachable=reachable,
        held_pass=_held(person, effect),
        groups=(person.groups | effect.joins) - effect.leaves,
        fido2_aaguids=person.fido2_aaguids | effect.fido2_aaguids,
    )


def spent(person: Person) -> Person:
    """The person once a one-time pass of theirs is used. Whoever used one had one."""
    held = Pass(is_usable_once=True) if person.held_pass is None else person.held_pass
    return replace(person, held_pass=replace(held, is_used=True)) if isinstance(held, Pass) else person


def _held(person: Person, effect: Effect) -> Pass | Literal["none"] | None:
    if effect.new_pass is not None:
        return effect.new_pass
    if effect.pass_deleted:
        return "none"
    if effect.pass_used and isinstance(person.held_pass, Pass):
        return replace(person.held_pass, is_used=True)
    return person.held_pass
