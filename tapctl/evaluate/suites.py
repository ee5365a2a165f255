"""A sign-in to a suite (Office365, ...) → the sign-ins that policies can tell apart, and what becomes of all.

That is one to the suite as such, and one to each application of it that some policy names by itself. Where
these come to different decisions, nobody can say what becomes of a sign-in to the suite.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from tapctl.evaluate.applications import COVERS, SUITES, app_key, app_name
from tapctl.evaluate.decision import Applied, Decision, Result, TraceStep
from tapctl.evaluate.evaluator import decide
from tapctl.evaluate.rulebook import Rulebook
from tapctl.evaluate.session import merge_sessions, more
from tapctl.evaluate.situation import SignIn

_TARGET: Final = ("conditions", "applications")
_SPARED: Final = ("notApplied", "reportOnlyNotApplied", "notEnabled", None)


def each_application(book: Rulebook, sign_in: SignIn) -> Iterator[tuple[str, SignIn]]:
    """The sign-in itself, under an empty name, and one for each application that is treated by itself."""
    yield "", sign_in
    for suite in sign_in.apps:
        for app in _named_members(suite, book):
            name = app_name(app)
            yield name, replace(sign_in, apps=(*(other for other in sign_in.apps if other != suite), name))


def decide_suite(book: Rulebook, sign_in: SignIn, *, strict: bool = False, traced: bool = False) -> Decision:
    """`decide`, where it is the same for each application of a suite; else unknown, with what it is for the
    suite as such and for those applications. What becomes of a policy is unknown where only that differs; a
    session control that does not hold for all of them may hold."""
    found = {
        name: decide(book, one, strict=strict, traced=traced) for name, one in each_application(book, sign_in)
    }
    as_such, suite = found[""], ", ".join(sign_in.apps)
    results = {name or suite: _results(decision) for name, decision in found.items()}
    sessions = [decision.session for decision in found.values()]
    common = {
        name: value
        for name, value in as_such.session.items()
        if all(one.get(name) == value for one in sessions)
    }
    every = merge_sessions((*sessions, *(decision.session_perhaps for decision in found.values())))
    alike = replace(
        as_such,
        session=common,
        session_perhaps=more(every, common),
        policies=tuple(_joined(item, results) for item in as_such.policies),
        trace=tuple(_told(step, results) for step in as_such.trace),
    )
    if len({decision.verdict for decision in found.values()}) == 1:
        return alike
    return replace(
        alike,
        verdict="unknown",
        by=tuple(dict.fromkeys(name for decision in found.values() for name in decision.by)),
        missing=tuple(dict.fromkeys((*as_such.missing, "apps"))),
        by_application={name or suite: decision.verdict for name, decision in found.items()},
    )


def _results(decision: Decision) -> dict[str, Result]:
    return {item.policy: item.result for item in decision.policies}


def _joined(item: Applied, results: Mapping[str, Mapping[str, Result]]) -> Applied:
    """A policy's part, unknown where the applications differ."""
    if len({of_policies[item.policy] for of_policies in results.values()}) == 1:
        return item
    return Applied(policy=item.policy, result="unknown", reasons=("application",))


def _told(step: TraceStep, results: Mapping[str, Mapping[str, Result]]) -> TraceStep:
    """A step about the target of a policy that is not for all of them alike: for which it is."""
    found = [name for name, of_policies in results.items() if of_policies.get(step.policy) not in _SPARED]
    if step.path[:2] != _TARGET or len(found) in (0, len(results)):
        return step
    return replace(step, says=f"application matches for {', '.join(found)} only")


def _named_members(suite: str, book: Rulebook) -> list[str]:
    """The applications of a suite that policies name; none of what is no suite."""
    key = app_key(suite)
    members = {*SUITES.get(key, ()), *book.facts.suites.get(key, ())}
    on = [ready.policy for ready in book.ready if ready.policy.state != "disabled"]
    named = {app for policy in on for side in (policy.apps.include, policy.apps.exclude) for app in side}
    return sorted(members & named.union(*(COVERS.get(app, ()) for app in named)))
