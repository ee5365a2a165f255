"""What an expectation says against what was decided."""

from __future__ import annotations

import pytest

from tapctl.evaluate.decision import Applied, Decision
from tapctl.model import JsonObject
from tapctl.testing.expect import differences

STOPPED = Decision(
    verdict="unsatisfiable",
    policies=(
        Applied(policy="A", result="applied"),
        Applied(policy="B", result="reportOnlyFailure", reasons=("users",)),
    ),
    by=("A",),
    unmet=("strength:Bootstrap",),
    needs=("fido2",),
    detail="53004",
)


@pytest.mark.parametrize(
    "expect",
    [
        {"decision": "unsatisfiable"},
        {"decisionAnyOf": ["block", "unsatisfiable"], "by": ["A"], "unmet": ["strength:Bootstrap"]},
        {"needs": ["Bootstrap", "FIDO2"], "detail": "53004"},
        {"policies": {"A": "applied"}, "reportOnly": {"B": "failure"}, "reasons": {"B": ["users"]}},
    ],
)
def test_what_was_expected_differs_in_nothing(expect: JsonObject) -> None:
    assert differences(expect, STOPPED) == ()


@pytest.mark.parametrize(
    ("expect", "says"),
    [
        ({"decision": "allow"}, "decision is unsatisfiable, not allow"),
        ({"by": ["B"]}, "by is [A], not [B]"),
        ({"reason": "Expired"}, "reason is nothing, not 'Expired'"),
        ({"needs": ["sms"]}, "needs does not hold 'sms'"),
        ({"policies": {"A": "notApplied"}}, "'A' is applied, not notApplied"),
        ({"reasons": {"C": ["users"]}}, "reasons of 'C' is [], not [users]"),
    ],
)
def test_what_differs_is_said(expect: JsonObject, says: str) -> None:
    (found,) = differences(expect, STOPPED)

    assert found.replace('"', "'").startswith(says)


def test_a_refused_sign_in_consulted_no_policy() -> None:
    refused = Decision(verdict="refusedBeforePolicy", reason="Expired")

    assert "was not consulted" in differences({"policies": {"A": "applied"}}, refused)[0]
