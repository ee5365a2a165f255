"""Methods that are on for more → who gains passes by that, and which policies accept a weak method. Pure.

None of it locks anybody out. But whoever may make a pass for somebody can sign in as them, and a weak method
is enough wherever it is accepted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tapctl.built_in import BUILT_IN_STRENGTHS, MFA
from tapctl.canonical import at, texts
from tapctl.comparing.scope import is_in_force, state
from tapctl.evaluate.enabled_methods import CONFIGURATIONS, PASSES
from tapctl.evaluate.facts import Facts, Scope
from tapctl.guard.escaped import Move, moves, scope_of, shortened
from tapctl.guard.lowered import Combinations, accepted, warning
from tapctl.guard.membership import Membership
from tapctl.guard.reach import Reach, Sides
from tapctl.guard.ripple import changes_rule
from tapctl.kinds._roles import ROLES
from tapctl.match import Matched, Pair
from tapctl.model import BreakGlass, Finding, JsonObject, Snapshot

_PASS: Final = PASSES[0]
_WEAK: Final = {CONFIGURATIONS[mode]: mode for mode in ("sms", "voice", "email")}
"""What is sent to a number or a mailbox, and can be read or talked out of somebody on the way
(https://practical365.com/stop-using-phone-based-mfa/, 2026-11)."""
_NOBODY: Final = Scope(is_enabled=False)
_MEMBERS: Final = ("User", "Group")
_MEANT: Final = (
    "Whoever makes a pass for somebody can sign in as them: make sure that each of them is meant, and leave "
    "administrators and break-glass accounts out (excludeTargets)."
)
_WEAKER: Final = (
    "A message or a call can be intercepted, and its code be talked out of somebody: have these policies ask "
    "for a strength that does without, or leave the method off."
)
_ROLE_NAMES: Final = {template: name for name, template in ROLES.items()}


def gained(
    matched: Matched, snapshot: Snapshot, glass: BreakGlass, known: Facts | None = None
) -> tuple[Finding, ...]:
    """About passes that would be on for more, groups that bring members under them, and weak methods that
    would be on for more while policies accept them. `known` are facts that say who holds roles."""
    sides = Sides.of(matched, snapshot)
    notables = Notables(glass, known, sides)
    return (*_passes(matched, sides, notables), *_weak(matched, sides))


@dataclass(frozen=True, slots=True, kw_only=True)
class Widened:
    """For whom a method is on before and after, and who is newly meant: in words, and by node (None is
    everybody)."""

    had: Reach
    has: Reach
    said: tuple[str, ...] = ()
    nodes: frozenset[str] | None = frozenset()

    def may_be(self, policy: JsonObject, membership: Membership) -> bool:
        """Whether a policy may be about somebody who is newly meant. Whom it names otherwise than by group
        may be in any."""
        users = at(policy, "conditions", "users")
        groups = {membership.reference(text, ("Group",)) for text in texts(users, "includeGroups")}
        others = {*texts(users, "includeUsers"), *texts(users, "includeRoles")} - {"None"}
        is_open = bool(others or at(users, "includeGuestsOrExternalUsers"))
        nodes = self.nodes
        return (
            nodes is None
            or is_open
            or any(
                ({group} | membership.groups_of(group)) & nodes
                or any(group in membership.groups_of(node) for node in nodes)
                for group in groups
            )
        )


class Notables:
    """People of whom a reviewer wants to hear: break glass, and whoever is known to hold a role."""

    def __init__(self, glass: BreakGlass, known: Facts | None, sides: Sides) -> None:
        self._glass, self._known, self._sides = glass, known or Facts(), sides

    def among(self, widened: Widened, through: Set[str] | None = None) -> str:
        """Those who are newly reached (`through` one of some nodes, if given), to go on a sentence with."""
        had, has = widened.had, widened.has
        found = [
            f"{name} ({why})"
            for name, why in self._whys.items()
            for was, now in [self._around(name)]
            if not had.holds(was) and has.holds(now) and (through is None or now & through)
        ]
        are_known = any(person.roles is not None for person in self._known.users.values())
        tells = "" if self._known.users else " (--facts tells)"
        doubt = "" if are_known else f"; whether others hold a role is not known here{tells}"
        return (f", among them {shortened(found)}" if found else "") + doubt

    @cached_property
    def _whys(self) -> dict[str, str]:
        """Break glass first."""
        roles = {name: person.roles for name, person in self._known.users.items() if person.roles}
        glass = dict.fromkeys(sorted(self._glass.accounts), "break glass")
        return glass | {
            name: ", ".join(sorted(_ROLE_NAMES.get(role.removeprefix("id:"), role) for role in held))
            for name, held in sorted(roles.items())
            if name not in glass
        }

    def _around(self, name: str) -> tuple[frozenset[str], frozenset[str]]:
        """By which nodes somebody is known before and after, by the facts as well."""
        known: set[str] = set()
        waiting = [name]
        while waiting:
            above = self._parents.get(waiting.pop(), frozenset()) - known
            known |= above
            waiting.extend(above)
        every = [self._sides.around(name), *(self._sides.around(group, ("Group",)) for group in known)]
        was, now = (frozenset[str]().union(*side) for side in zip(*every, strict=True))
        return was, now

    @cached_property
    def _parents(self) -> Mapping[str, frozenset[str]]:
        """The groups that the facts tell of, but for those whose members a document says."""
        found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
        for name, group in self._known.groups.items():
            if not self._sides.after.knows(self._sides.after.reference(name, ("Group",))):
                for member in group.users | group.groups:
                    found[member] |= {name}
        return found


def _passes(matched: Matched, sides: Sides, notables: Notables) -> Iterator[Finding]:
    for pair in matched.pairs:
        if pair.kind.name != CONFIGURATIONS[_PASS]:
            continue
        widened = _widened(pair, _PASS, sides)
        if widened.said:
            said = f"{pair.address} would be on for {shortened(widened.said)}, who may be given passes then"
            yield warning("gains-pass", pair, said + notables.among(widened), _MEANT)
        for move in moves(matched, ()):
            yield from _brought(move, widened, sides, notables)
        yield from _computed(matched, widened.has, sides)


def _brought(move: Move, widened: Widened, sides: Sides, notables: Notables) -> Iterator[Finding]:
    """Whom a group brings under the passes that are on: by joining one that they are on for, or leaving one
    that they are off for."""
    side = sides.after if move.joins else sides.before
    node = side.node(move.group.address)
    around = {node} | side.groups_of(node)
    if not around & (widened.has.included if move.joins else widened.had.excluded):
        return
    people = [name for name in move.people if _is_new(name, widened, sides)]
    if people:
        verb, nodes = (
            ("gain" if move.joins else "lose"),
            {sides.after.reference(one, _MEMBERS) for one in people},
        )
        said = f"{move.group.address} would {verb} {shortened(people)}, who may be given passes then"
        yield warning("gains-pass", move.group, said + notables.among(widened, nodes), _MEANT)


def _computed(matched: Matched, has: Reach, sides: Sides) -> Iterator[Finding]:
    """Groups whose rule changes, and with it whom passes are on for: whom it finds is not known."""
    meant = has.excluded if has.everybody else has.included | has.excluded
    for pair in matched.pairs:
        if pair.kind.name != "Group" or not pair.before or not pair.result:
            continue
        node = sides.after.node(pair.address)
        if changes_rule(pair.before, pair.result) and ({node} | sides.after.groups_of(node)) & meant:
            said = f"the rule of {pair.address} would change, and with it who may be given passes"
            yield warning("gains-pass", pair, said, _MEANT)


def _is_new(name: str, widened: Widened, sides: Sides) -> bool:
    was, now = sides.around(name)
    return not widened.had.holds(was) and widened.has.holds(now)


def _widened(pair: Pair, mode: str, sides: Sides) -> Widened:
    """Groups that hold only those who were meant before, or are excluded, are not newly meant."""
    had, has = (scope_of(spec, mode, pair.kind.name) or _NOBODY for spec in (pair.before, pair.result))
    before, after = Reach.of_method(had, sides.before), Reach.of_method(has, sides.after)
    if after.everybody and not before.everybody:
        return Widened(had=before, has=after, said=("all users",), nodes=None)
    around = {name: sides.around(name, ("Group",)) for name in (has.include | had.exclude) - has.exclude}
    new = {
        name: f"Group/{name}" if after.holds(now) else f"whoever of Group/{name} is among its targets"
        for name, (was, now) in sorted(around.items())
        if has.is_enabled and not before.holds(was)
        if after.holds(now) or (name in had.exclude and not now & after.excluded)
    }
    nodes = frozenset(sides.after.reference(name, ("Group",)) for name in new)
    return Widened(had=before, has=after, said=tuple(new.values()), nodes=nodes)


def _weak(matched: Matched, sides: Sides) -> Iterator[Finding]:
    strengths = _strengths(matched)
    policies = [(pair.address.name, pair.result or {}) for pair in matched.policies()]
    for pair in matched.pairs:
        if pair.kind.name not in _WEAK:
            continue
        mode = _WEAK[pair.kind.name]
        widened = _widened(pair, mode, sides)
        accepting = [
            f"{name!r} ({', '.join([*asked, *_reporting(spec)])})"
            for name, spec in policies
            if widened.said and state(spec) != "disabled" and widened.may_be(spec, sides.after)
            if (asked := [*_accepting(spec, mode, strengths)])
        ]
        if accepting:
            said = f"{pair.address} would be on for {shortened(widened.said)}, and policies accept it: "
            yield warning("weak-method-on", pair, said + shortened(accepting), _WEAKER)


def _strengths(matched: Matched) -> dict[str, Combinations]:
    """What each accepts once the plan is applied."""
    own = {
        pair.address.name: accepted(pair.result)
        for pair in matched.pairs
        if pair.kind.name == "AuthenticationStrength"
    }
    return {**BUILT_IN_STRENGTHS, **own}


def _accepting(spec: JsonObject, mode: str, strengths: Mapping[str, Combinations]) -> Iterator[str]:
    """By what a policy accepts a method."""
    name = str(at(spec, "grantControls", "authenticationStrength", "id"))
    if any(mode in modes for modes in strengths.get(name, ())):
        yield f"the strength {name!r}"
    if "mfa" in texts(spec, "grantControls", "builtInControls") and any(
        mode in modes for modes in BUILT_IN_STRENGTHS[MFA]
    ):
        yield "mfa"


def _reporting(spec: JsonObject) -> tuple[str, ...]:
    return () if is_in_force(spec) else ("in report-only",)
