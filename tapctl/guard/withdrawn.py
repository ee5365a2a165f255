"""Method configurations that are on for fewer → what that means for policies whose strength they meet. Pure.

A strength that stays as it is can be met by fewer all the same: whoever has nothing but a security key is
out once security keys are off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from tapctl.built_in import BUILT_IN_STRENGTHS, MFA
from tapctl.canonical import at, texts
from tapctl.comparing.keys import fewer_keys
from tapctl.evaluate.enabled_methods import CONFIGURATIONS, PASSES, Methods
from tapctl.evaluate.facts import Scope
from tapctl.guard.membership import Membership
from tapctl.guard.ripple import Ripple
from tapctl.match import Matched, Pair
from tapctl.model import JsonObject

_MFA: Final = "mfa"
_ONE_TIME, _MULTI_USE = PASSES
_FIRST: Final = {"password", "federatedSingleFactor"}
_LASTING: Final = frozenset(
    modes - _FIRST for modes in BUILT_IN_STRENGTHS[MFA] if not modes & {*PASSES, "federatedMultiFactor"}
)
"""What people who stay can show for multifactor authentication, besides a password."""
_NAMES_ANYBODY: Final = ("includeUsers", "includeRoles")


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """One configuration that is on for fewer, or admits fewer keys, and what happens to it. Groups, by
    node: those it is taken from, those that keep it, and those that are newly excluded; None stands for
    everybody."""

    pair: Pair
    modes: frozenset[str]
    said: str
    taken: frozenset[str] | None
    kept: frozenset[str] | None
    excluded: frozenset[str]
    is_in_part: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawals:
    """All of a plan's, with what the strengths accept and which methods are on after it."""

    found: tuple[Withdrawn, ...]
    strengths: Mapping[str, frozenset[frozenset[str]]]
    methods: Methods

    def felt_by(self, policy: JsonObject, membership: Membership) -> Iterator[Ripple]:
        """What they mean for a policy that is enforced before and after."""
        name, accepted = self._asked(policy)
        for gone in self.found:
            if not any(gone.modes & modes for modes in accepted) or not _may_reach(policy, gone, membership):
                continue
            if gone.modes == {_MULTI_USE} and {_ONE_TIME} in accepted:
                continue  # a pass is still enough, made anew
            others = [modes for modes in accepted if gone.is_in_part or not gone.modes & modes]
            if name == _MFA and any(map(self._is_for_everybody, others)):
                continue
            said = f"{gone.pair.address}, which {name!r} accepts, {gone.said}; {self._left(others)}"
            yield Ripple(changed=gone.pair, said=said, is_strength=True)

    def _asked(self, policy: JsonObject) -> tuple[str, frozenset[frozenset[str]]]:
        """The strength it asks for, or mfa, and what that accepts. So much is accepted as mfa that it is
        felt only where nothing else is sure to be on."""
        if name := at(policy, "grantControls", "authenticationStrength", "id"):
            return str(name), self.strengths.get(str(name), frozenset())
        is_asked = _MFA in texts(policy, "grantControls", "builtInControls")
        return _MFA, _LASTING if is_asked else frozenset()

    def _is_for_everybody(self, modes: Iterable[str]) -> bool:
        """Whether everybody can use them, by a document. Who has Windows Hello or a token is not known."""
        scopes = [self.methods.scope(mode) for mode in modes]
        return all(scope is not None and scope.is_for_all for scope in scopes)

    def _left(self, others: Iterable[frozenset[str]]) -> str:
        """What else is accepted, as far as it is on. A method that no document declares is not read."""
        ways = [modes for modes in others if not any(map(self.methods.is_off, modes))]
        unsaid = [modes for modes in ways if any(map(self._is_unsaid, modes))]
        on = [f"{_way(modes)}{self._for_whom(modes)}" for modes in ways if modes not in unsaid]
        left = f"what is left is {', '.join(sorted(on))}" if on else "nothing is left"
        doubt = f"no document says whether {', '.join(sorted(map(_way, unsaid)))} can be used"
        if not unsaid:
            return left
        return f"{left}; {doubt}" if on else f"{left} for sure: {doubt}"

    def _is_unsaid(self, mode: str) -> bool:
        return mode in CONFIGURATIONS and self.methods.scope(mode) is None

    def _for_whom(self, modes: Iterable[str]) -> str:
        scopes = [scope for mode in modes if (scope := self.methods.scope(mode))]
        return (
            "" if all(scope.everybody and not scope.exclude for scope in scopes) else " (not for everybody)"
        )


def _way(modes: Iterable[str]) -> str:
    return ",".join(sorted(modes))


def withdrawals(matched: Matched, membership: Membership) -> Withdrawals:
    """Of this plan."""
    strengths = {
        pair.address.name: frozenset(
            frozenset(text.split(",")) for text in texts(pair.after or pair.before, "allowedCombinations")
        )
        for pair in matched.pairs
        if pair.kind.name == "AuthenticationStrength"
    }
    methods = {pair.kind.name: pair.after or pair.before or {} for pair in _configurations(matched)}
    return Withdrawals(
        found=tuple(gone for pair in _configurations(matched) for gone in _withdrawn(pair, membership)),
        strengths={**BUILT_IN_STRENGTHS, **strengths},
        methods=Methods(items=methods),
    )


def _configurations(matched: Matched) -> list[Pair]:
    return [pair for pair in matched.pairs if pair.kind.name in CONFIGURATIONS.values()]


def _withdrawn(pair: Pair, membership: Membership) -> Iterator[Withdrawn]:
    """By what happens: the Authenticator's two ways may be taken from different people."""
    modes = [mode for mode, kind in CONFIGURATIONS.items() if kind == pair.kind.name]
    scopes: dict[tuple[Scope, Scope], list[str]] = {}
    for mode in modes:
        before, after = (_scope(pair, spec, mode) for spec in (pair.before, pair.after))
        if before is not None and after is not None and before.is_enabled:
            scopes.setdefault((before, after), []).append(mode)
    for (before, after), alike in scopes.items():
        by = "" if alike == modes else f" ({', '.join(alike)})"
        yield from _narrowed(pair, frozenset(alike), (before, after), by, membership)
        if after.is_enabled and (keys := fewer_keys(pair.before or {}, pair.after or {})):
            yield Withdrawn(
                pair=pair,
                modes=frozenset(alike),
                said=keys,
                taken=None if after.everybody else _nodes(after.include, membership),
                kept=frozenset(),
                excluded=frozenset(),
                is_in_part=True,
            )


def _narrowed(
    pair: Pair, modes: frozenset[str], scopes: tuple[Scope, Scope], by: str, membership: Membership
) -> Iterator[Withdrawn]:
    before, after = scopes
    has = after if after.is_enabled else replace(before, everybody=False, include=frozenset())
    excluded = has.exclude - before.exclude
    taken = None if before.everybody else before.include - has.include
    if has.everybody:
        taken = frozenset()
    if taken is None or taken or excluded:
        yield Withdrawn(
            pair=pair,
            modes=modes,
            said=_said(after, taken, excluded) + by,
            taken=None if taken is None else _nodes(taken, membership),
            kept=None if has.everybody else _nodes(has.include, membership),
            excluded=_nodes(excluded, membership),
        )


def _nodes(names: Iterable[str], membership: Membership) -> frozenset[str]:
    return frozenset(membership.reference(name, ("Group",)) for name in names)


def _said(after: Scope, taken: frozenset[str] | None, excluded: frozenset[str]) -> str:
    if not after.is_enabled:
        return "is turned off"
    fewer = "all users" if taken is None else ", ".join(sorted(taken | excluded))
    return f"is no longer for {fewer}"


def _scope(pair: Pair, spec: JsonObject | None, mode: str) -> Scope | None:
    """Where all passes are one-time, those that are not are refused, also if they are out already."""
    methods = Methods(items={} if spec is None else {pair.kind.name: spec})
    scope = methods.scope(mode)
    is_refused = mode == _MULTI_USE and methods.passes_are_once is True
    return replace(scope, is_enabled=False) if scope is not None and is_refused else scope


def _may_reach(policy: JsonObject, gone: Withdrawn, membership: Membership) -> bool:
    """Whether the policy may be about somebody who loses the method: groups that hold each other share
    people, and whom a policy names otherwise may be in any."""
    users = at(policy, "conditions", "users")
    named = {membership.reference(text, ("Group",)) for text in texts(users, "includeGroups")}
    return any(texts(users, side) for side in _NAMES_ANYBODY) or any(
        _loses(group, gone, membership) for group in named
    )


def _loses(group: str, gone: Withdrawn, membership: Membership) -> bool:
    around = {group} | membership.groups_of(group)

    def share(groups: frozenset[str]) -> bool:
        return bool(around & groups) or any(group in membership.groups_of(one) for one in groups)

    is_kept = gone.kept is None or bool(around & gone.kept)
    return share(gone.excluded) or (not is_kept and (gone.taken is None or share(gone.taken)))
