"""Which people of the directory facts a policy reaches."""

from __future__ import annotations

from collections.abc import Iterator

from tapctl.evaluate.facts import Person
from tapctl.evaluate.match import reaches_person
from tapctl.evaluate.policy import read_policy
from tapctl.evaluate.scene import Scene, index
from tapctl.evaluate.situation import SignIn
from tapctl.lint.context import Context
from tapctl.lint.policy import Policy


def reached(context: Context, policy: Policy) -> Iterator[tuple[str, Person]]:
    """Everybody known who is in the policy's scope for certain, by name, in the order of the names."""
    read, known = read_policy(policy.name, policy.spec), index(context.facts)
    for user, person in sorted(context.facts.users.items()):
        scene = Scene(known, SignIn(user=user, as_of=context.as_of))
        if reaches_person(read, scene) is True:
            yield user, person
