"""What the evaluator answers: the decision, each policy's part in it, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from tapctl.model import Json, Path

Verdict: TypeAlias = Literal[
    "refusedBeforePolicy", "block", "allow", "challenge", "register", "unsatisfiable", "unknown"
]
Result: TypeAlias = Literal[
    "notEnabled",
    "notApplied",
    "applied",
    "unknown",
    "reportOnlyNotApplied",
    "reportOnlySuccess",
    "reportOnlyFailure",
    "reportOnlyInterrupted",
]
Grade: TypeAlias = Literal["documented", "reported", "inferred"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceStep:
    """One thing that was looked at. `path` is its place in the policy's spec; `rule` an id of rules.py.

    `says` is a sentence: what the policy asks and which fact answered it.
    """

    policy: str
    path: Path
    fact: str
    says: str
    rule: str
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """One policy's part in a decision. `reasons` are Graph's conditionalAccessWhatIfReasons: every condition
    that did not match, not the first; for an unknown result, every condition whose fact is missing."""

    policy: str
    result: Result
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The outcome of one sign-in.

    `by` are the policies that decided it; `unmet` the controls that are still asked for (`mfa`,
    `strength:NAME`, `termsOfUse:ID`, ...); `needs` says in words what would open the door; `reason` is why
    the first factor was refused; `skipped_for_proof_up` the policies whose strengths the registration action
    set aside; `inferences` the ids of the rules this rests on that Microsoft does not document; `missing` the
    facts that an unknown lacks; `switches` the dated rules that took part. `inner` is the registration that
    the person would be sent to, where one was evaluated. `by_application` is the verdict on a suite as such,
    and on each application of it that policies treat by itself, where they differ. `session` is what
    holds for the session; `session_perhaps` what holds besides, or instead, if those policies apply of which
    nobody knows whether they do.
    """

    verdict: Verdict
    policies: tuple[Applied, ...] = ()
    by: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    reason: str = ""
    detail: str = ""
    skipped_for_proof_up: tuple[str, ...] = ()
    session: Mapping[str, Json] = field(default_factory=dict)
    session_perhaps: Mapping[str, Json] = field(default_factory=dict)
    inferences: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()
    trace: tuple[TraceStep, ...] = ()
    inner: Decision | None = None
    by_application: Mapping[str, Verdict] = field(default_factory=dict)
