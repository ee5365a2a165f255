"""A decision in words, line by line and escaped: what was decided, by whom, what would open it, and why.

Used for a single question and for the failing steps of sign-in tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from tapctl.evaluate.decision import Applied, Decision, TraceStep
from tapctl.evaluate.rules import RULES
from tapctl.evaluate.situation import REGISTER, SignIn
from tapctl.model import Finding, Json, Path, Place
from tapctl.simulate.words import as_given
from tapctl.text.escape import named, spelled

Where = Callable[[str, Path], "Place | None"]
"""A policy's name and a path inside its spec → where that is written."""

_OUT_OF_SCOPE: Final = ("notEnabled", "notApplied", "reportOnlyNotApplied")
_RESULTS: Final = {
    "applied": "applies",
    "unknown": "may apply, or asks for what nobody knows here",
    "reportOnlySuccess": "report-only: would be met",
    "reportOnlyFailure": "report-only: would stop this",
    "reportOnlyInterrupted": "report-only: would ask",
}


def finding_lines(finding: Finding) -> Iterator[str]:
    """A mistake with its place, and what to do about it."""
    place = f"{spelled(str(finding.place))}: " if finding.place else ""
    yield f"{place}{spelled(finding.message)}"
    if finding.help:
        yield f"  {spelled(finding.help)}"


def asked(sign_in: SignIn) -> str:
    """The question in a sentence."""
    who = spelled(sign_in.user)
    groups = sorted(sign_in.person.groups) if sign_in.person else []
    if groups:
        who += f" (in {', '.join(map(spelled, groups))})"
    target = sign_in.action or ", ".join(sign_in.apps) or f"context {sign_in.context}"
    if sign_in.action == REGISTER:
        target = "register security information"
    how = (
        "methods that are not given" if sign_in.auth is None else ", ".join(sorted(sign_in.auth)) or "nothing"
    )
    return f"{who}, to {spelled(target)}, with {spelled(how)}"


def sentence(decision: Decision) -> str:
    """The decision in a sentence."""
    unmet = spelled(", ".join(decision.unmet))
    match decision.verdict:
        case "allow" if any(item.result == "applied" for item in decision.policies):
            return "Allowed: everything that is asked for is met."
        case "allow":
            return "Allowed: no enforced policy applies."
        case "block":
            return "Blocked."
        case "challenge":
            return f"Asked for {unmet}, which the user can do now."
        case "register":
            return f"Sent to register what is asked for ({unmet}), which is let through."
        case "unsatisfiable" if not unmet:
            return "Stopped: at this risk nobody registers a method (53004)."
        case "unsatisfiable":
            return f"Stopped: {unmet} is asked for, and there is no way to it from here."
        case "refusedBeforePolicy":
            return f"Refused before any policy is looked at: {spelled(decision.reason)}."
        case _:
            return f"Not known: {missing(decision)}."


def missing(decision: Decision) -> str:
    """What an unknown lacks; with --strict, what it rests on may be all there is."""
    if decision.by_application:
        return f"its applications are treated differently ({spelled(', '.join(applications(decision)))})"
    if decision.inferences and not decision.missing:
        return f"it rests on what Microsoft does not document ({', '.join(decision.inferences)})"
    if not decision.missing:
        return "it depends on what no fact tells here"
    if decision.missing == ("asOf",):
        return f"on that day a change is being rolled out ({spelled(', '.join(decision.switches))})"
    return f"it depends on {spelled(', '.join(map(as_given, decision.missing)))}, which is not given"


def applications(decision: Decision) -> Iterator[str]:
    """What becomes of each application of a suite, where they are treated differently."""
    for name, verdict in decision.by_application.items():
        yield f"{name}: {verdict}"


def inferences(decision: Decision) -> Iterator[str]:
    """The rules without which the decision would be another, and which nobody documents."""
    for rule in decision.inferences:
        yield f"{rule}: {RULES[rule].says} ({RULES[rule].source})"


def controls(session: Mapping[str, Json]) -> Iterator[str]:
    """Each session control, and how it is set."""
    for name, value in session.items():
        members = value.items() if isinstance(value, dict) else ()
        said = ", ".join(f"{key} {member}" for key, member in members if key != "isEnabled")
        yield spelled(f"{name}: {said}" if said else name)


def deciding(decision: Decision, where: Where) -> Iterator[str]:
    """Each policy that decided, and where it is written."""
    for name in decision.by:
        place = where(name, ())
        yield f"{spelled(str(place))}: {named(name)}" if place else named(name)


def trace(decision: Decision, where: Where) -> Iterator[str]:
    """Every step about policies that apply or may, and a line for each of the others.

    Then the same for the registration that the person would be sent to.
    """
    results = {item.policy: item for item in decision.policies}
    steps: dict[str, list[TraceStep]] = {}
    for step in decision.trace:
        steps.setdefault(step.policy, []).append(step)
    for policy, found in steps.items():
        yield from _policy(policy, found, results.get(policy), where)
    if decision.inner is not None:
        yield f"Registration, to which the user would be sent: {decision.inner.verdict}"
        yield from (f"  {line}" for line in trace(decision.inner, where))


def _policy(policy: str, steps: Iterable[TraceStep], item: Applied | None, where: Where) -> Iterator[str]:
    if item is not None and item.result in _OUT_OF_SCOPE:
        yield f"{named(policy)}: does not apply ({spelled(', '.join(item.reasons))})"
        return
    yield f"{named(policy)}: {_RESULTS[item.result] if item else 'a demand of the platform'}"
    for step in steps:
        place = where(policy, step.path)
        at = f"{spelled(str(place))}: " if place else ""
        yield f"  {at}{spelled(step.says)} ({spelled(step.fact)}) [{step.grade}: {step.rule}]"
