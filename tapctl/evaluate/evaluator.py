"""Policies + facts + one sign-in → a decision with a trace, and the inferred rules that it rests on.

book = rulebook({"NH-20 ...": spec, ...}, facts)     # once for a set of policies
decision = decide(book, sign_in)                     # any number of times
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, NamedTuple

from tapctl.evaluate.decision import Decision, Verdict
from tapctl.evaluate.evaluation import Evaluation
from tapctl.evaluate.rulebook import Rulebook
from tapctl.evaluate.rules import RULES
from tapctl.evaluate.situation import SignIn

INFERRED: Final = frozenset(name for name, rule in RULES.items() if rule.grade == "inferred")


def decide(book: Rulebook, sign_in: SignIn, *, strict: bool = False, traced: bool = False) -> Decision:
    """What the policies decide. With `strict`, what rests on inference is unknown; with `traced`, the
    decision says step by step how it came about."""
    doubt = INFERRED if strict else frozenset()
    scene = book.scene(sign_in, doubt=doubt, traced=traced)
    decision = Evaluation(book, scene).decision()
    inferred = frozenset(scene.used & INFERRED)
    if strict and decision.verdict == "unknown" and inferred:
        plain = decide(book, sign_in)  # what is missing there is missing; the rest is doubt
        return replace(decision, missing=plain.missing, inferences=plain.inferences)
    if strict or not inferred:
        return decision
    return replace(decision, inferences=_relied_on(book, sign_in, decision.verdict, inferred))


def _relied_on(
    book: Rulebook, sign_in: SignIn, verdict: Verdict, inferred: frozenset[str]
) -> tuple[str, ...]:
    """Those inferred rules without which the verdict would be another: each by itself, or else those that
    only together make it so, because one is used where another is doubted."""
    found, rules = _without(book, sign_in, inferred), inferred
    while more := found.used - rules:
        rules |= more
        found = _without(book, sign_in, rules)
    if found.verdict == verdict:
        return ()
    alone = [rule for rule in sorted(rules) if _without(book, sign_in, [rule]).verdict != verdict]
    return tuple(alone or _least(book, sign_in, verdict, sorted(rules)))


def _least(book: Rulebook, sign_in: SignIn, verdict: Verdict, rules: list[str]) -> list[str]:
    """Without the rules that may as well be relied on."""
    for rule in tuple(rules):
        fewer = [other for other in rules if other != rule]
        if _without(book, sign_in, fewer).verdict != verdict:
            rules = fewer
    return rules


class _Doubted(NamedTuple):
    """A verdict without some inferred rules, and the inferred rules that it came upon."""

    verdict: Verdict
    used: frozenset[str]


def _without(book: Rulebook, sign_in: SignIn, doubt: Iterable[str]) -> _Doubted:
    scene = book.scene(sign_in, doubt=frozenset(doubt))
    verdict = Evaluation(book, scene).decision().verdict
    return _Doubted(verdict, frozenset(scene.used & INFERRED))
