"""Policies + facts + one sign-in → a decision with a trace.

book = rulebook({"NH-20 ...": spec, ...}, facts)     # once for a set of policies
decision = decide(book, sign_in)                     # any number of times
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tapctl.evaluate.decision import Decision
from tapctl.evaluate.facts import Facts
from tapctl.evaluate.situation import SignIn
from tapctl.model import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Policies made ready for many sign-ins, with the facts they are read against."""

    facts: Facts


def rulebook(policies: Mapping[str, JsonObject], facts: Facts) -> Rulebook:
    """Make policies ready: name (or id) → spec, in Graph's shape or canonical. References are compared as
    text with the names in `facts` and in the sign-in."""
    raise NotImplementedError


def decide(book: Rulebook, sign_in: SignIn, *, strict: bool = False) -> Decision:
    """What the policies decide. With `strict`, what rests on inference is unknown."""
    raise NotImplementedError
