"""Which people of the directory facts a policy reaches. Made when first asked.

Policies are asked about one person of each class: people whom no policy tells apart, because they are of the
same type and in the same of the groups and roles that policies name. A company has few classes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import date
from functools import cached_property

from tapctl.evaluate.audience import reaches_person
from tapctl.evaluate.facts import Facts, Person
from tapctl.evaluate.policy import UserClause, read_policy
from tapctl.evaluate.scene import Index, Scene, index
from tapctl.evaluate.situation import SignIn
from tapctl.lint.policy import Policy


class People:
    """The people of the facts, ready to be asked about these policies and no others."""

    def __init__(self, policies: Iterable[Policy], facts: Facts, as_of: date) -> None:
        self._policies, self._facts, self._as_of = policies, facts, as_of

    def reached(self, policy: Policy) -> list[tuple[str, Person]]:
        """Everybody known who is in the policy's scope for certain, by name, in the order of the names."""
        read = read_policy(policy.name, policy.spec)
        inside = (users for scene, users in self.classes if reaches_person(read, scene) is True)
        return [
            (user, self._facts.users[user]) for user in sorted(user for users in inside for user in users)
        ]

    @cached_property
    def known(self) -> Index:
        """The facts, ready to be asked."""
        return index(self._facts)

    def scene(self, user: str) -> Scene:
        """Somebody of the facts, signing in."""
        return Scene(self.known, SignIn(user=user, as_of=self._as_of))

    @cached_property
    def classes(self) -> list[tuple[Scene, list[str]]]:
        """One of each class, and all that are like it."""
        found: dict[Hashable, tuple[Scene, list[str]]] = {}
        for user in self._facts.users:
            scene = self.scene(user)
            found.setdefault(self._key(scene), (scene, []))[1].append(user)
        return list(found.values())

    def _key(self, scene: Scene) -> Hashable:
        """All that a clause asks of a person. Which groups they may be in follows from those they are in."""
        person, named = scene.person, self._named
        return (
            scene.user if scene.user in named.users else scene.is_workload,
            scene.groups & named.groups,
            None if scene.roles is None else scene.roles & named.roles,
            person.type,
            person.home_tenant.lower(),
            person.is_anybody,
        )

    @cached_property
    def _named(self) -> UserClause:
        """Everybody and everything that a policy names."""
        read = [read_policy(policy.name, policy.spec) for policy in self._policies]
        clauses = [clause for policy in read for clause in (policy.include, policy.exclude)]
        return UserClause(
            users=frozenset().union(*(clause.users for clause in clauses)),
            groups=frozenset().union(*(clause.groups for clause in clauses)),
            roles=frozenset().union(*(clause.roles for clause in clauses)),
        )
