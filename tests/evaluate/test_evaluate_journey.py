"""What a step changes about a person."""

from __future__ import annotations

from dataclasses import replace

from evaluate_tools import FACTS, ONE_TIME, REGISTER, decided, policy, sign_in

from tapctl.evaluate.facts import Pass, Person
from tapctl.evaluate.journey import Effect, after, as_person, spent

NEW = Person(registered=frozenset({"password"}), held_pass=ONE_TIME, groups=frozenset({"New hires"}))


def test_day_one_ends_with_a_passkey_and_a_spent_pass() -> None:
    everything = policy(strength="Phishing-resistant MFA")
    guard = policy(target={"includeUserActions": [REGISTER]}, strength="Any pass")
    settled = after(NEW, Effect(pass_used=True, registers=frozenset({"fido2"})))
    tap = "temporaryAccessPassOneTime"

    def verdict(person: Person, auth: str, **target: object) -> str:
        return decided(everything, guard, asked=sign_in("ann", auth, person=person, **target)).verdict

    assert verdict(NEW, "password") == "unsatisfiable"
    assert verdict(NEW, tap, action=REGISTER) == "allow"
    assert verdict(settled, "fido2") == "allow"
    assert verdict(settled, tap, action=REGISTER) == "refusedBeforePolicy"
    assert verdict(settled, "password") == "challenge"


def test_methods_come_go_and_get_lost() -> None:
    keyed = after(NEW, Effect(registers=frozenset({"fido2"}), fido2_aaguids=frozenset({"blue"})))
    lost = after(keyed, Effect(loses=frozenset({"fido2"})))
    again = after(lost, Effect(deletes=frozenset({"fido2"}), registers=frozenset({"sms"})))

    assert keyed.fido2_aaguids == {"blue"}
    assert lost.reachable == frozenset({"password"})
    assert again.registered == again.reachable == frozenset({"password", "sms"})


def test_what_nobody_knows_stays_unknown() -> None:
    assert after(Person(), Effect(registers=frozenset({"fido2"}))).registered is None


def test_passes_are_used_deleted_and_replaced() -> None:
    many = Pass(is_usable_once=False)

    assert after(NEW, Effect(pass_deleted=True)).held_pass == "none"
    assert after(NEW, Effect(new_pass=many)).held_pass == many
    assert after(replace(NEW, held_pass="none"), Effect(pass_used=True)).held_pass == "none"


def test_who_has_used_a_one_time_pass_had_one() -> None:
    used = replace(ONE_TIME, is_used=True)

    assert spent(NEW).held_pass == spent(replace(NEW, held_pass=None)).held_pass == used
    assert spent(replace(NEW, held_pass="none")).held_pass == "none"


def test_groups_are_joined_and_left() -> None:
    moved = after(NEW, Effect(joins=frozenset({"Staff"}), leaves=frozenset({"New hires"})))

    assert moved.groups == {"Staff"}


def test_somebody_of_the_directory_can_go_on_a_journey() -> None:
    alice = as_person(FACTS, "alice")

    assert alice.groups == {"New hires"}
    assert alice.groups_are_complete is False  # nobody knows who is in Berlin
    assert as_person(FACTS, "nobody").roles is None
