"""What becomes of a sign-in to a suite whose applications are treated differently, or need others."""

from __future__ import annotations

from typing import Any

import pytest
from evaluate_tools import FACTS, decided, policy, sign_in

from tapctl.evaluate.applications import AZURE_PORTAL
from tapctl.evaluate.decision import Decision
from tapctl.evaluate.rulebook import rulebook
from tapctl.evaluate.suites import decide_suite, each_application
from tapctl.model import JsonObject

EXCHANGE = "Office 365 Exchange Online"
TEAMS = "Microsoft Teams Services"
OFFICE = sign_in(apps=("Office365",))


def whole(*policies: JsonObject, **options: Any) -> Decision:
    book = rulebook({f"P{number}": spec for number, spec in enumerate(policies, 1)}, FACTS)
    return decide_suite(book, OFFICE, **options)


def test_a_suite_of_which_one_application_is_blocked_is_not_known() -> None:
    found = whole(policy("block", apps=[EXCHANGE]), policy(apps=["payroll"]))

    assert (found.verdict, found.by, found.missing) == ("unknown", ("P1",), ("apps",))
    assert found.by_application == {"Office365": "allow", EXCHANGE: "block"}
    assert [(item.result, item.reasons) for item in found.policies] == [
        ("unknown", ("application",)),
        ("notApplied", ("application",)),
    ]


def test_a_suite_whose_applications_fare_alike_is_decided_as_such() -> None:
    found = whole(policy("block", apps=["Office365"]), policy("mfa", apps=[EXCHANGE]))

    assert (found.verdict, found.by_application) == ("block", {})


def test_a_session_control_that_is_for_a_part_of_a_suite_may_hold() -> None:
    never: JsonObject = {"persistentBrowser": {"mode": "never"}}
    hour: JsonObject = {"signInFrequency": {"value": 1, "type": "hours"}}
    found = whole(policy(apps=["Office365"], session=never), policy(apps=[EXCHANGE], session=hour))

    assert (found.session, found.session_perhaps) == (never, hour)


def test_a_policy_that_is_only_reported_for_a_part_is_not_known_though_all_fare_alike() -> None:
    found = whole(policy("block", apps=[EXCHANGE], state="enabledForReportingButNotEnforced"))

    assert (found.verdict, found.missing, found.by_application) == ("allow", (), {})
    assert [item.result for item in found.policies] == ["unknown"]


def test_the_trace_says_which_applications_a_policy_is_for() -> None:
    found = whole(
        policy("block", target={"includeApplications": ["All"], "excludeApplications": [EXCHANGE]}),
        traced=True,
    )

    assert "application matches for Office365 only" in [step.says for step in found.trace]


@pytest.mark.parametrize(
    ("named", "state", "expected"),
    [
        ([EXCHANGE], "enabled", ["", EXCHANGE]),
        ([EXCHANGE], "disabled", [""]),
        (["payroll"], "enabled", [""]),
    ],
)
def test_only_applications_of_the_suite_that_a_policy_names_are_apart(
    named: list[str], state: str, expected: list[str]
) -> None:
    book = rulebook({"P": policy(apps=named, state=state)}, FACTS)

    assert [name for name, _ in each_application(book, OFFICE)] == expected


def test_what_an_application_covers_is_named_with_it() -> None:
    book = rulebook({"P": policy(apps=["Windows Azure Service Management API"])}, FACTS)
    asked = sign_in(apps=("MicrosoftAdminPortals",))

    found = dict(each_application(book, asked))

    assert found["Azure Portal"].apps == ("Azure Portal",)
    assert decided(policy("block", apps=["Azure Portal"]), asked=sign_in(apps=(AZURE_PORTAL,))).by == ("P1",)


@pytest.mark.parametrize(
    ("app", "target", "expected"),
    [
        (TEAMS, {"includeApplications": [EXCHANGE]}, "block"),
        (TEAMS, {"includeApplications": ["Office 365 SharePoint Online"]}, "block"),
        (TEAMS, {"includeApplications": ["All"], "excludeApplications": [TEAMS]}, "block"),
        (TEAMS, {"includeApplications": ["All"], "excludeApplications": ["Office365"]}, "allow"),
        (TEAMS, {"includeApplications": ["payroll"]}, "allow"),
        (EXCHANGE, {"includeApplications": [TEAMS]}, "allow"),
        ("Microsoft Flow Portal", {"includeApplications": ["PowerApps Service"]}, "block"),
        ("Microsoft Flow Portal", {"includeApplications": [EXCHANGE]}, "allow"),
    ],
)
def test_what_an_application_needs_has_to_let_people_in_first(
    app: str, target: JsonObject, expected: str
) -> None:
    assert decided(policy("block", target=target), asked=sign_in(apps=(app,))).verdict == expected


def test_the_trace_names_what_is_needed() -> None:
    asked = sign_in(apps=(TEAMS,))
    target: JsonObject = {"includeUserActions": ["urn:user:registerdevice"]}
    step = decided(policy("block", apps=[EXCHANGE]), asked=asked, traced=True).trace[1]
    direct = decided(policy("block", apps=[TEAMS]), policy(target=target), asked=asked, traced=True).trace

    assert (step.rule, step.grade, step.says) == (
        "service-dependencies",
        "documented",
        "application matches",
    )
    assert step.fact == (
        f"apps: {TEAMS}, which needs Office 365 Exchange Online, Office 365 SharePoint Online, "
        "Skype for Business Online"
    )
    assert "service-dependencies" not in {item.rule for item in direct}
