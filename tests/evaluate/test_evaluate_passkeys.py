"""Who is sent to register a passkey: it takes a second factor, shown before or on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest
from evaluate_tools import FACTS, ONE_TIME, REGISTER, decided, policy, sign_in

from tapctl.evaluate.facts import Facts, Person
from tapctl.model import JsonObject

RESISTANT = "00000000-0000-0000-0000-000000000004"
NEW = Person(registered=frozenset({"password"}), held_pass="none")
WITH_PUSH = replace(NEW, registered=frozenset({"password", "microsoftAuthenticatorPush"}))
LOST = replace(WITH_PUSH, reachable=frozenset({"password"}))
WORK, MFA = policy(strength=RESISTANT), policy("mfa")
NEEDS = ("passkey-needs-second-factor",)
NO_KEYS = replace(
    FACTS, methods={mode: scope for mode, scope in (FACTS.methods or {}).items() if mode != "fido2"}
)


def guard(*controls: str, strength: str = "") -> JsonObject:
    """A policy on registration."""
    return policy(*controls, strength=strength, target={"includeUserActions": [REGISTER]})


@pytest.mark.parametrize("auth", [("password",), ("password", "microsoftAuthenticatorPush")])
def test_who_has_a_second_factor_shows_it_and_registers_a_passkey(auth: tuple[str, ...]) -> None:
    asked = sign_in("somebody", *auth, person=WITH_PUSH)
    assert decided(WORK, asked=asked).verdict == "register"


def test_mfa_beside_the_strength_is_no_hindrance() -> None:
    assert decided(MFA, WORK, asked=sign_in("somebody", person=WITH_PUSH)).verdict == "register"


@pytest.mark.parametrize(
    ("person", "facts", "inferences", "strictly"),
    [
        (NEW, FACTS, NEEDS, "unknown"),
        (LOST, FACTS, NEEDS, "unknown"),
        (NEW, NO_KEYS, (), "unsatisfiable"),
        (WITH_PUSH, NO_KEYS, (), "unsatisfiable"),
    ],
)
def test_that_nobody_registers_a_passkey_without_a_second_factor_is_a_reading(
    person: Person, facts: Facts, inferences: tuple[str, ...], strictly: str
) -> None:
    asked = sign_in("somebody", person=person)
    found = decided(WORK, asked=asked, facts=facts)

    assert (found.verdict, found.inferences) == ("unsatisfiable", inferences)
    assert decided(WORK, asked=asked, facts=facts, strict=True).verdict == strictly


def test_what_policies_on_registration_ask_for_can_be_shown_on_the_way() -> None:
    asked = sign_in("somebody", person=WITH_PUSH)
    found = decided(WORK, guard("mfa"), asked=asked)

    assert found.verdict == "register"
    assert "second-factor-on-the-way" in found.inferences
    assert decided(WORK, guard("mfa"), asked=asked, strict=True).verdict == "unknown"


def test_a_pass_is_not_asked_for_on_the_way() -> None:
    asked = sign_in("somebody", person=replace(WITH_PUSH, held_pass=ONE_TIME))
    found = decided(WORK, guard(strength="Any pass"), asked=asked)

    assert (found.verdict, found.inferences) == ("unsatisfiable", ("same-credential",))
