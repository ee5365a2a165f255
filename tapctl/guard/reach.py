"""Whom a policy or a method is for, and who is in which group before a plan and after it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from tapctl.canonical import at, texts
from tapctl.evaluate.facts import Scope
from tapctl.guard.membership import Membership
from tapctl.match import Matched
from tapctl.model import JsonObject, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whom a policy or a method is for, by node. `is_in_doubt` where who else is meant is not known: by a
    role, as a guest, or by a group whose members no document says."""

    everybody: bool
    included: frozenset[str]
    excluded: frozenset[str]
    is_in_doubt: bool

    @classmethod
    def of_policy(cls, spec: JsonObject, membership: Membership) -> Self:
        users = at(spec, "conditions", "users")

        def named(side: str, kind: str) -> frozenset[str]:
            return frozenset(membership.reference(text, (kind,)) for text in texts(users, f"{side}{kind}s"))

        groups = named("include", "Group")
        return cls(
            everybody="All" in texts(users, "includeUsers"),
            included=groups | named("include", "User"),
            excluded=named("exclude", "Group") | named("exclude", "User"),
            is_in_doubt=bool(texts(users, "includeRoles") or at(users, "includeGuestsOrExternalUsers"))
            or not all(map(membership.knows, groups)),
        )

    @classmethod
    def of_method(cls, scope: Scope, membership: Membership) -> Self:
        def nodes(names: Iterable[str]) -> frozenset[str]:
            return frozenset(membership.reference(name, ("Group",)) for name in names)

        groups = nodes(scope.include)
        return cls(
            everybody=scope.everybody,
            included=groups,
            excluded=nodes(scope.exclude),
            is_in_doubt=not all(map(membership.knows, groups)),
        )

    def holds(self, around: frozenset[str]) -> bool:
        """Whether it is for somebody who is known by these nodes: their own, and their groups."""
        return self.may_hold(around) and self.includes(around)

    def may_hold(self, around: frozenset[str]) -> bool:
        """Whether nothing says that it is not."""
        return (self.is_in_doubt or self.includes(around)) and not around & self.excluded

    def includes(self, around: frozenset[str]) -> bool:
        """Whether they are meant for sure, unless they are excluded."""
        return self.everybody or bool(around & self.included)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Who is in which group before the plan and after it."""

    before: Membership
    after: Membership
    _known: dict[str, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, matched: Matched, snapshot: Snapshot) -> Self:
        return cls(before=Membership(matched, snapshot, "before"), after=Membership(matched, snapshot))

    def around(
        self, name: str, kinds: tuple[str, ...] = ("User", "Group")
    ) -> tuple[frozenset[str], frozenset[str]]:
        """By which nodes a member, as documents name it, is known before and after: its own, its groups."""
        node = self.after.reference(name, kinds)
        if node not in self._known:
            was, now = (frozenset({node}) | side.groups_of(node) for side in (self.before, self.after))
            self._known[node] = was, now
        return self._known[node]
