"""How what the policies demand is weighed together."""

from __future__ import annotations

import pytest
from evaluate_tools import FACTS, decided, policy, results, sign_in

from tapctl.evaluate.evaluator import decide
from tapctl.evaluate.rulebook import rulebook


def test_without_policies_everybody_gets_in() -> None:
    assert decided(asked=sign_in()).verdict == "allow"


def test_a_block_wins_over_a_control_that_is_met() -> None:
    decision = decided(
        policy("mfa"), policy("block"), asked=sign_in("bob", "password", "microsoftAuthenticatorPush")
    )

    assert (decision.verdict, decision.by) == ("block", ("P2",))


def test_a_report_only_block_is_reported_and_blocks_nobody() -> None:
    decision = decided(policy("block", state="enabledForReportingButNotEnforced"), asked=sign_in())

    assert (decision.verdict, results(decision)) == ("allow", ["reportOnlyFailure"])


def test_of_two_controls_joined_by_or_the_easier_one_is_asked_for() -> None:
    decision = decided(policy("mfa", "domainJoinedDevice", operator="OR"), asked=sign_in())

    assert (decision.verdict, decision.unmet) == ("unknown", ("mfa", "domainJoinedDevice"))


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        (sign_in("bob", "password", "sms", locations=()), "allow"),
        (sign_in("bob", "password", locations=()), "unknown"),
    ],
)
def test_a_missing_fact_matters_only_where_the_answer_hangs_on_it(asked: object, verdict: str) -> None:
    risky = policy("mfa", signInRiskLevels=["high"])

    assert decide(rulebook({"P1": risky}, FACTS), asked).verdict == verdict  # type: ignore[arg-type]


def test_a_certain_dead_end_is_one_whatever_is_unknown() -> None:
    device, risky = policy("compliantDevice"), policy("block", signInRiskLevels=["high"])
    decision = decided(device, risky, asked=sign_in(flow="deviceCodeFlow"))

    assert decision.verdict == "unsatisfiable"


def test_inferences_that_matter_only_together_are_named_together() -> None:
    mail = policy("mfa", apps=["mail"])
    decision = decided(mail, asked=sign_in("alice", apps=("mail",)))

    assert (decision.verdict, decided(mail, asked=sign_in("alice", apps=("mail",)), strict=True).verdict) == (
        "register",
        "unknown",
    )
    assert decision.inferences == ("one-app-does-not-reach-registration", "proof-up-without-strength")


def test_an_inference_that_may_as_well_be_relied_on_is_not_named_with_the_others() -> None:
    sometimes = policy("mfa", apps=["mail"], times={"allDay": True})
    decision = decided(policy("mfa", apps=["mail"]), sometimes, asked=sign_in("alice", apps=("mail",)))

    assert decision.verdict == "register"
    assert decision.inferences == ("one-app-does-not-reach-registration", "proof-up-without-strength")


def test_what_rests_on_inference_is_named_and_unknown_when_strict() -> None:
    mfa, asked = policy("mfa"), sign_in("alice", apps=("app-x",))

    assert decided(mfa, asked=asked).inferences == ("proof-up-without-strength",)
    assert decided(mfa, asked=asked, strict=True).verdict == "unknown"
