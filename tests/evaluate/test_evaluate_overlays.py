"""What Entra asks for besides Conditional Access."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from evaluate_tools import FACTS, JOIN, REGISTER, decided, policy, sign_in

from tapctl.evaluate.applications import AZURE_CLI, AZURE_MANAGEMENT, AZURE_PORTAL
from tapctl.evaluate.dated import APPROVED_APP, BASELINE_SCOPES, HELLO, PORTALS, TOOLS, Switch, is_on
from tapctl.evaluate.facts import Person

EMERGENCY = Person(registered=frozenset({"password", "fido2"}), roles=frozenset({"Global Administrator"}))
NEW = Person(registered=frozenset({"password"}), held_pass="none")


def test_nobody_is_excluded_from_mfa_at_the_portals() -> None:
    asked = sign_in("emergency-1", person=EMERGENCY, apps=(AZURE_PORTAL,))
    decision = decided(policy("mfa", users={"includeGroups": ["Staff"]}), asked=asked)

    assert (decision.verdict, decision.by) == ("challenge", ("mandatory MFA",))
    assert decision.switches == ("mandatory-mfa-portals",)


def test_the_suite_of_the_portals_needs_mfa_as_they_do() -> None:
    asked = sign_in("emergency-1", person=EMERGENCY, apps=("MicrosoftAdminPortals",))

    assert decided(asked=asked).by == ("mandatory MFA",)


@pytest.mark.parametrize(
    ("client", "as_of", "verdict"),
    [
        ("", date(2026, 8, 1), "unknown"),
        ("", date(2024, 1, 1), "allow"),
        (AZURE_PORTAL, date(2026, 8, 1), "challenge"),
        ("app-x", date(2026, 8, 1), "allow"),
    ],
)
def test_the_client_decides_whether_managing_azure_needs_mfa(client: str, as_of: date, verdict: str) -> None:
    asked = sign_in("emergency-1", person=EMERGENCY, apps=(AZURE_MANAGEMENT,), client=client, as_of=as_of)

    assert decided(asked=asked).verdict == verdict


@pytest.mark.parametrize(
    ("is_write", "as_of", "verdict"),
    [
        (True, date(2026, 8, 1), "challenge"),
        (False, date(2026, 8, 1), "allow"),
        (None, date(2026, 8, 1), "unknown"),
        (True, date(2026, 1, 1), "unknown"),
        (True, date(2025, 1, 1), "allow"),
    ],
)
def test_changes_through_the_command_line_need_mfa(is_write: Any, as_of: date, verdict: str) -> None:
    asked = sign_in("emergency-1", person=EMERGENCY, client=AZURE_CLI, is_write=is_write, as_of=as_of)

    assert decided(asked=asked).verdict == verdict


@pytest.mark.parametrize(
    ("auth", "strict", "verdict", "inferences"),
    [
        ({"password"}, False, "allow", ("per-user-mfa-unread",)),
        ({"password"}, True, "unknown", ("per-user-mfa-unread",)),
        ({"password", "fido2"}, True, "allow", ()),
    ],
)
def test_that_per_user_mfa_which_nobody_reads_is_off_is_an_inference(
    auth: set[str], strict: bool, verdict: str, inferences: tuple[str, ...]
) -> None:
    asked = sign_in("x", person=replace(EMERGENCY, per_user_mfa="unread"), auth=frozenset(auth))
    found = decided(asked=asked, strict=strict)

    assert (found.verdict, found.inferences) == (verdict, inferences)


@pytest.mark.parametrize(
    ("said", "strict", "verdict", "missing", "inferences"),
    [
        ("unread", False, "unknown", ("securityDefaults",), ()),
        (None, False, "allow", (), ("security-defaults-unsaid",)),
        (None, True, "unknown", (), ("security-defaults-unsaid",)),
        (False, True, "allow", (), ()),
    ],
)
def test_security_defaults_that_nobody_knows_are_not_simply_off(
    said: Any, strict: bool, verdict: str, missing: tuple[str, ...], inferences: tuple[str, ...]
) -> None:
    facts = replace(FACTS, security_defaults=said)
    found = decided(asked=sign_in("bob"), facts=facts, strict=strict)

    assert (found.verdict, found.missing, found.inferences) == (verdict, missing, inferences)


@pytest.mark.parametrize("said", ["unread", None])
def test_beside_an_enforced_policy_security_defaults_are_off(said: Any) -> None:
    facts = replace(FACTS, security_defaults=said)
    elsewhere = policy(users={"includeUsers": ["somebody else"]})

    found = decided(elsewhere, asked=sign_in("bob"), facts=facts, strict=True)

    assert (found.verdict, found.missing) == ("allow", ())


def test_per_user_mfa_asks_at_every_sign_in() -> None:
    asked = sign_in("somebody", person=replace(EMERGENCY, per_user_mfa=True))

    assert decided(asked=asked).by == ("per-user MFA",)


@pytest.mark.parametrize(
    ("person", "client", "verdict"),
    [
        (EMERGENCY, "browser", "challenge"),
        (EMERGENCY, "other", "block"),
        (replace(EMERGENCY, roles=frozenset()), "browser", "unknown"),
        (replace(EMERGENCY, roles=None), "browser", "unknown"),
    ],
)
def test_security_defaults_ask_administrators_and_block_legacy_clients(
    person: Person, client: str, verdict: str
) -> None:
    facts = replace(FACTS, security_defaults=True)

    assert decided(asked=sign_in("x", person=person, client_app=client), facts=facts).verdict == verdict


@pytest.mark.parametrize(
    ("needs_mfa", "target", "by"),
    [
        (True, {"action": JOIN}, ("device settings",)),
        (False, {"action": JOIN}, ()),
        (None, {"action": REGISTER}, ()),
        (True, {"action": REGISTER}, ()),
        (True, {"apps": ("app-x",)}, ()),
    ],
)
def test_the_device_settings_may_ask_for_mfa_to_join(
    needs_mfa: bool | None, target: dict[str, Any], by: tuple[str, ...]
) -> None:
    facts = replace(FACTS, join_needs_mfa=needs_mfa)

    assert decided(asked=sign_in("bob", **target), facts=facts).by == by


@pytest.mark.parametrize(
    ("needs_mfa", "strict", "verdict", "missing", "inferences"),
    [
        (None, False, "unknown", ("joinNeedsMfa",), ()),
        (None, True, "unknown", ("joinNeedsMfa",), ()),
        ("unsaid", False, "allow", (), ("device-settings-unsaid",)),
        ("unsaid", True, "unknown", (), ("device-settings-unsaid",)),
    ],
)
def test_device_settings_that_nobody_knows_are_no_settings_that_ask_for_nothing(
    needs_mfa: Any, strict: bool, verdict: str, missing: tuple[str, ...], inferences: tuple[str, ...]
) -> None:
    facts = replace(FACTS, join_needs_mfa=needs_mfa)
    found = decided(asked=sign_in("bob", action=JOIN), facts=facts, strict=strict)

    assert (found.verdict, found.missing, found.inferences) == (verdict, missing, inferences)


@pytest.mark.parametrize(("needs_mfa", "fact"), [(None, "joinNeedsMfa: not given"), (True, "the tenant")])
def test_a_demand_that_nobody_knows_of_says_which_fact_is_missing(needs_mfa: bool | None, fact: str) -> None:
    facts = replace(FACTS, join_needs_mfa=needs_mfa)
    found = decided(asked=sign_in("bob", action=JOIN), facts=facts, traced=True)

    assert [step.fact for step in found.trace if step.rule == "device-settings"] == [fact]


def test_who_has_proved_mfa_joins_whatever_the_device_settings_say() -> None:
    asked = sign_in("bob", action=JOIN, auth=frozenset({"password", "microsoftAuthenticatorPush"}))

    assert decided(asked=asked, facts=replace(FACTS, join_needs_mfa=None)).verdict == "allow"


def test_setting_up_hello_needs_mfa_by_itself() -> None:
    asked = sign_in("bob", action=REGISTER, via="windowsHelloProvisioning", as_of=date(2026, 1, 1))

    assert decided(asked=asked).by == ("Windows Hello",)


def test_registering_for_an_overlay_is_evaluated_too() -> None:
    wall = policy("block", target={"includeUserActions": [REGISTER]})
    asked = sign_in("new", person=NEW, apps=(AZURE_PORTAL,))

    assert decided(asked=asked).verdict == "register"
    assert decided(wall, asked=asked).verdict == "unsatisfiable"


@pytest.mark.parametrize(
    "asked",
    [
        {"apps": (AZURE_MANAGEMENT,), "client": AZURE_PORTAL},
        {"apps": (AZURE_MANAGEMENT,), "client": AZURE_CLI, "is_write": True},
        {"person": replace(NEW, per_user_mfa=True)},
    ],
    ids=["portal", "command line", "per-user MFA"],
)
def test_who_is_sent_to_registration_is_not_asked_there_for_what_is_missing(asked: Any) -> None:
    asked = sign_in("new", **{"person": NEW, **asked})

    assert decided(asked=asked).verdict == "register"


@pytest.mark.parametrize(
    ("person", "verdict"),
    [(NEW, "allow"), (replace(NEW, registered=None), "unknown"), (EMERGENCY, "challenge")],
)
def test_per_user_mfa_does_not_guard_the_first_method(person: Person, verdict: str) -> None:
    asked = sign_in("new", person=replace(person, per_user_mfa=True), action=REGISTER)

    assert decided(asked=asked).verdict == verdict


def test_a_portal_that_led_to_registration_asks_for_nothing_there() -> None:
    assert decided(asked=sign_in("new", person=NEW, action=REGISTER, client=AZURE_PORTAL)).verdict == "allow"


def test_setting_up_hello_asks_for_mfa_of_who_registers_the_first_method_too() -> None:
    asked = sign_in(
        "new", person=NEW, action=REGISTER, via="windowsHelloProvisioning", as_of=date(2026, 1, 1)
    )

    assert decided(asked=asked).verdict == "unsatisfiable"


def test_the_trace_says_what_brings_a_demand_on_and_that_it_is_set_aside() -> None:
    asked = sign_in("new", person=replace(NEW, per_user_mfa=True), action=REGISTER)
    (step,) = decided(asked=asked, traced=True).trace

    assert (step.fact, step.says, step.rule) == ("the user", "mfa is met", "proof-up-without-strength")


def test_a_workload_meets_no_overlay() -> None:
    assert decided(asked=sign_in("sp:app", "clientSecret", apps=(AZURE_PORTAL,))).verdict == "allow"


SWITCHES = (APPROVED_APP, BASELINE_SCOPES, HELLO, PORTALS, TOOLS)


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.id)
def test_a_switch_is_off_before_it_begins_and_on_once_it_is_complete(switch: Switch) -> None:
    assert switch.begins <= switch.complete
    assert is_on(switch, date(2020, 1, 1)) is False
    assert is_on(switch, switch.complete) is True
