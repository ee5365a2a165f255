"""Whether a pass works, and whether one can be had."""

from __future__ import annotations

from dataclasses import replace

import pytest
from evaluate_tools import FACTS, decided, policy, sign_in

from tapctl.evaluate.facts import Facts, Pass, PassPolicy, Person, Scope
from tapctl.evaluate.journey import older
from tapctl.evaluate.passes import PassRequest, judge_request, pass_state, policy_errors
from tapctl.evaluate.situation import UNREGISTERED
from tapctl.evaluate.truth import Truth

POLICY = PassPolicy(scope=Scope(include=frozenset({"New hires"})), is_usable_once=True)
HELD = Pass(is_usable_once=True, start="2026-09-01T07:00:00Z", lifetime_minutes=120)
AT_EIGHT = "2026-09-01T10:00:00+02:00"


def of(*groups: str) -> object:
    """Somebody in these groups."""
    return lambda names: not names.isdisjoint(groups)


def state(held: Pass, policy: PassPolicy | None = POLICY, now: str = AT_EIGHT) -> tuple[Truth, str]:
    found = pass_state(held, policy, of("New hires", "Staff"), now=now)  # type: ignore[arg-type]
    return found.is_usable, found.reason


@pytest.mark.parametrize(
    ("held", "now", "expected"),
    [
        (HELD, AT_EIGHT, (True, "EnabledByPolicy")),
        (HELD, "2026-09-01T06:59:59Z", (False, "NotYetValid")),
        (HELD, "2026-09-01T09:00:00Z", (False, "Expired")),
        (replace(HELD, lifetime_minutes=None), "2026-09-01T07:59:00Z", (True, "EnabledByPolicy")),
        (replace(HELD, lifetime_minutes=None), "2026-09-01T08:00:00Z", (None, "")),
        (replace(HELD, lifetime_minutes=None), "2026-09-01T15:00:00Z", (False, "Expired")),
        (replace(HELD, is_used=True), AT_EIGHT, (False, "OneTimeUsed")),
        (HELD, "", (None, "")),
        (replace(HELD, lifetime_minutes=None), "", (None, "")),
        (replace(HELD, start=""), "", (True, "EnabledByPolicy")),
        (replace(HELD, start="", aged_minutes=119), "", (True, "EnabledByPolicy")),
        (replace(HELD, start="", aged_minutes=120), "", (False, "Expired")),
        (replace(HELD, aged_minutes=120), "", (False, "Expired")),
        (replace(HELD, is_used=True), "", (False, "OneTimeUsed")),
    ],
)
def test_a_pass_works_within_its_time_and_its_uses(held: Pass, now: str, expected: tuple[Truth, str]) -> None:
    assert state(held, now=now) == expected


@pytest.mark.parametrize(
    ("policy", "held", "expected"),
    [
        (replace(POLICY, scope=Scope(is_enabled=False)), HELD, (False, "DisabledByPolicy")),
        (replace(POLICY, scope=Scope(include=frozenset({"Others"}))), HELD, (False, "DisabledByPolicy")),
        (
            replace(POLICY, scope=Scope(everybody=True, exclude=frozenset({"Staff"}))),
            HELD,
            (False, "DisabledByPolicy"),
        ),
        (POLICY, replace(HELD, is_usable_once=False), (False, "DisabledByPolicy")),
        (replace(POLICY, is_usable_once=False), HELD, (True, "EnabledByPolicy")),
        (
            replace(POLICY, is_usable_once=False),
            replace(HELD, is_usable_once=False, is_used=True),
            (True, "EnabledByPolicy"),
        ),
        (None, HELD, (None, "")),
    ],
)
def test_a_pass_works_within_its_policy(
    policy: PassPolicy | None, held: Pass, expected: tuple[Truth, str]
) -> None:
    assert state(held, policy) == expected


@pytest.mark.parametrize(
    ("request_", "errors"),
    [
        (PassRequest(), ()),
        (PassRequest(lifetime_minutes=600), ("lifetime",)),
        (PassRequest(lifetime_minutes=30), ("lifetime",)),
        (PassRequest(is_usable_once=False), ("oneTimeRequired",)),
        (PassRequest(start="2026-09-01T09:00:00"), ("offsetMissing",)),
        (PassRequest(start="2026-08-01T09:00:00+02:00"), ("startInPast",)),
        (PassRequest(start="2026-09-02T09:00:00+02:00"), ()),
        (PassRequest(is_external_guest=True, lifetime_minutes=1), ("externalGuest", "lifetime")),
    ],
)
def test_a_request_is_judged_on_everything_at_once(request_: PassRequest, errors: tuple[str, ...]) -> None:
    judged = judge_request(request_, POLICY, of("New hires"), now=AT_EIGHT)  # type: ignore[arg-type]

    assert judged.errors == errors
    assert judged.is_accepted is not bool(errors)


def test_a_request_names_what_it_would_destroy() -> None:
    judged = judge_request(PassRequest(existing="valid"), POLICY, of("New hires"), now="")  # type: ignore[arg-type]

    assert (judged.is_accepted, judged.replaces) == (True, "valid")


@pytest.mark.parametrize(
    ("request_", "policy", "missing"),
    [
        (PassRequest(), POLICY, ("user.groups",)),
        (PassRequest(), replace(POLICY, scope=Scope(everybody=True)), ()),
        (PassRequest(), None, ("tapPolicy",)),
        (PassRequest(is_external_guest=None), replace(POLICY, scope=Scope(everybody=True)), ("user.type",)),
        (PassRequest(start="2026-09-02T09:00:00Z"), replace(POLICY, scope=Scope(everybody=True)), ("now",)),
    ],
)
def test_a_request_is_not_accepted_on_a_fact_that_nobody_gave(
    request_: PassRequest, policy: PassPolicy | None, missing: tuple[str, ...]
) -> None:
    judged = judge_request(request_, policy, lambda names: None if names else False, now="")

    assert (judged.errors, judged.missing) == ((), missing)
    assert judged.is_accepted is (None if missing else True)


def test_what_is_certainly_wrong_is_not_made_unknown_by_a_missing_fact() -> None:
    judged = judge_request(PassRequest(lifetime_minutes=600), POLICY, lambda _: None, now="")

    assert (judged.is_accepted, judged.errors) == (False, ("lifetime",))


@pytest.mark.parametrize(
    ("policy", "errors"),
    [
        (replace(POLICY, length=7), ("policyLength",)),
        (replace(POLICY, minimum=5), ("policyLifetime",)),
        (replace(POLICY, default=500), ("policyDefault",)),
        (POLICY, ()),
    ],
)
def test_a_policy_has_limits_of_its_own(policy: PassPolicy, errors: tuple[str, ...]) -> None:
    assert policy_errors(policy) == errors


@pytest.mark.parametrize(
    ("scope", "errors"),
    [(Scope(is_enabled=False), ("policyDisabled",)), (Scope(include=frozenset({"x"})), ("outOfScope",))],
)
def test_who_is_out_of_scope_gets_no_pass(scope: Scope, errors: tuple[str, ...]) -> None:
    judged = judge_request(PassRequest(), replace(POLICY, scope=scope), of("New hires"), now="")  # type: ignore[arg-type]

    assert judged.errors == errors


TAP = "temporaryAccessPassOneTime"


@pytest.mark.parametrize(
    ("person", "auth", "facts", "reason"),
    [
        (Person(held_pass=replace(HELD, is_used=True)), TAP, FACTS, "OneTimeUsed"),
        (Person(held_pass=HELD), "temporaryAccessPassMultiUse", FACTS, "NoSuchPass"),
        (Person(held_pass="none"), TAP, FACTS, "NoSuchPass"),
        (Person(), TAP, replace(FACTS, methods={}), "DisabledByPolicy"),
        (Person(held_pass=HELD), TAP, replace(FACTS, pass_policy=POLICY), "DisabledByPolicy"),
        (Person(is_enabled=False), "password", FACTS, "AccountDisabled"),
        (Person(held_pass=HELD), TAP, FACTS, ""),
        (Person(), TAP, FACTS, ""),
        (Person(type="b2bCollaborationGuest", held_pass="none"), TAP, FACTS, ""),
    ],
)
def test_the_first_factor_is_refused_before_any_policy(
    person: Person, auth: str, facts: Facts, reason: str
) -> None:
    decision = decided(asked=sign_in("somebody", auth, person=person, now=AT_EIGHT), facts=facts)

    assert (decision.verdict == "refusedBeforePolicy", decision.reason) == (bool(reason), reason)


def test_a_workload_shows_no_pass() -> None:
    assert decided(asked=sign_in("sp:app", TAP)).verdict == "allow"


WITH_WINDOW = Person(registered=frozenset({"password"}), held_pass=HELD)
TAP = "temporaryAccessPassOneTime"


@pytest.mark.parametrize(
    ("controls", "verdict", "missing"),
    [
        ((), "unknown", ("now",)),
        (("mfa",), "unknown", ("now",)),
        (("compliantDevice",), "unknown", ("now", "device")),
        (("block",), "block", ()),
    ],
)
def test_without_the_time_nobody_knows_whether_a_pass_with_a_start_lets_in(
    controls: tuple[str, ...], verdict: str, missing: tuple[str, ...]
) -> None:
    decision = decided(policy(*controls), asked=sign_in("new", TAP, person=WITH_WINDOW), traced=True)

    assert (decision.verdict, decision.missing) == (verdict, missing)
    assert (decision.trace[0].fact, decision.trace[0].rule) == ("now: not given", "pass-state")


def test_a_dead_end_is_one_whatever_the_time_is() -> None:
    asked = sign_in("new", TAP, person=WITH_WINDOW, device=UNREGISTERED)

    assert decided(policy("compliantDevice"), asked=asked).verdict == "unsatisfiable"


def test_without_the_time_nobody_knows_whether_a_pass_with_a_start_can_be_asked_for() -> None:
    decision = decided(policy("mfa"), asked=sign_in("new", person=WITH_WINDOW))

    assert (decision.verdict, decision.missing) == ("unknown", ("now",))


@pytest.mark.parametrize(
    ("held", "method", "minutes", "aged"),
    [
        (HELD, TAP, 60, 60),
        (HELD, "password", 60, 0),
        (HELD, TAP, 0, 0),
        (replace(HELD, lifetime_minutes=None), TAP, 60, 0),
        (replace(HELD, start=""), "password", 60, 60),
        (replace(HELD, aged_minutes=5), "password", 60, 65),
    ],
)
def test_a_pass_that_has_begun_ages(held: Pass, method: str, minutes: int, aged: int) -> None:
    found = older(replace(WITH_WINDOW, held_pass=held), sign_in("new", method), minutes)

    assert found.held_pass == replace(held, aged_minutes=aged)


def test_who_has_no_pass_has_none_that_ages() -> None:
    person = replace(WITH_WINDOW, held_pass="none")

    assert older(person, sign_in(), 60) is person
