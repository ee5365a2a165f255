"""Policies made ready for many sign-ins: read, cut into checks, equal conditions asked once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from tapctl.evaluate.decision import Applied, Result
from tapctl.evaluate.facts import Facts
from tapctl.evaluate.match import Ask, Matcher, Slots, checks_of
from tapctl.evaluate.policy import Policy, read_policy
from tapctl.evaluate.scene import Index, Scene, index
from tapctl.evaluate.situation import SignIn
from tapctl.model import JsonObject


class Ready(NamedTuple):
    """A policy, how it is matched, and its `Applied` for each of its results so far."""

    policy: Policy
    matcher: Matcher
    known: dict[tuple[Result, tuple[str, ...]], Applied]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Policies made ready for many sign-ins, with the facts they are read against."""

    facts: Facts
    ready: tuple[Ready, ...]
    asks: tuple[Ask, ...]
    known: Index

    def scene(self, sign_in: SignIn, **options: Any) -> Scene:
        """A sign-in set against these facts; `options` are Scene's."""
        return Scene(self.known, sign_in, **options)


def rulebook(policies: Mapping[str, JsonObject], facts: Facts) -> Rulebook:
    """Make policies ready: name (or id) → spec, in Graph's shape or canonical. References are compared as
    text with the names in `facts` and in the sign-in. Security defaults that nobody read are off beside an
    enforced policy: Entra enables none while they are on (fundamentals/security-defaults)."""
    read = [read_policy(name, spec) for name, spec in policies.items()]
    if facts.security_defaults in (None, "unread") and any(policy.state == "enabled" for policy in read):
        facts = replace(facts, security_defaults=False)
    return _made_ready(read, index(facts))


def fewer(book: Rulebook, holds: Callable[[Policy], bool]) -> Rulebook:
    """Only the policies for which that holds, read against the same facts."""
    return _made_ready((ready.policy for ready in book.ready if holds(ready.policy)), book.known)


def _made_ready(policies: Iterable[Policy], known: Index) -> Rulebook:
    slots = Slots()
    ready = tuple(Ready(policy, Matcher(checks_of(policy, slots)), {}) for policy in policies)
    return Rulebook(facts=known.facts, ready=ready, asks=tuple(slots.asks), known=known)
