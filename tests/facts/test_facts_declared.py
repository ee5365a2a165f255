"""What documents say by themselves, as facts for the evaluator."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from facts_tools import checked, policy

from tapctl.evaluate.evaluator import decide
from tapctl.evaluate.facts import EVERYBODY, NOT_KNOWN, Facts, Group, Location, PassPolicy, Person, Scope
from tapctl.evaluate.rulebook import rulebook
from tapctl.evaluate.situation import SignIn
from tapctl.facts.counts import count_of, people_in
from tapctl.facts.merge import facts_for
from tapctl.facts.methods import either
from tapctl.facts.specs import specs_of, spelled
from tapctl.pipeline import check

OFF = Scope(is_enabled=False)
ID = "20000000-0000-4000-8000-0000000000aa"


def facts(folder: Path, documents: str) -> Facts:
    return facts_for(checked(folder, documents))


def group(name: str, members: str) -> str:
    return f"---\nkind: Group\nname: {name}\nspec: {{members: [{members}]}}\n"


def method(kind: str, **spec: str) -> str:
    wanted = {"state": "enabled", "includeTargets": "[all_users]", **spec}
    return f"---\nkind: {kind}\nspec:\n" + "".join(f"  {key}: {value}\n" for key, value in wanted.items())


def scope(folder: Path, mode: str, documents: str) -> Scope:
    methods = facts(folder, documents).methods
    assert methods is not None
    return methods[mode]


def test_facts_are_spelled_as_the_policies_of_the_example_spell_them() -> None:
    found = check(Path("policies"), None)

    specs, known = specs_of(found), facts_for(found)

    conditions = specs.policies["NH-60 New hires start in a country we hire in"]["conditions"]
    assert isinstance(conditions, dict)
    assert conditions["locations"] == {
        "includeLocations": ["All"],
        "excludeLocations": list(known.locations)[1:],
    }
    assert known.strengths["New-hire bootstrap"].combinations == {
        frozenset({mode})
        for mode in (
            "fido2",
            "temporaryAccessPassOneTime",
            "windowsHelloForBusiness",
            "x509CertificateMultiFactor",
        )
    }


def test_the_example_says_who_may_use_which_method() -> None:
    known = facts_for(check(Path("policies"), None))

    assert known.methods is not None
    assert known.methods["temporaryAccessPassOneTime"] == Scope(
        include=frozenset({"New hires", "Lost device"})
    )
    assert known.methods["temporaryAccessPassMultiUse"] == known.methods["voice"] == OFF
    assert known.methods["sms"] == Scope(everybody=True, exclude=frozenset({"New hires"}))
    assert known.methods["fido2"] == known.methods["deviceBasedPush"] == EVERYBODY
    assert known.methods["softwareOath"] == known.methods["hardwareOath"] == NOT_KNOWN
    assert known.pass_policy == PassPolicy(
        scope=known.methods["temporaryAccessPassOneTime"],
        is_usable_once=True,
        minimum=30,
        maximum=480,
        default=120,
        length=12,
    )


def test_without_documents_only_what_nothing_governs_is_known(tmp_path: Path) -> None:
    known = facts(tmp_path, policy("P"))

    assert known.methods is not None
    assert {mode for mode, found in known.methods.items() if found.is_known} == {
        "password",
        "windowsHelloForBusiness",
        "federatedSingleFactor",
        "federatedMultiFactor",
    }
    assert known.pass_policy is None
    assert known.migration_is_complete is None


def test_members_of_declared_groups_are_known_through_nesting(tmp_path: Path) -> None:
    documents = group("Outer", "Inner, a@x.example") + group("Inner", "b@x.example")

    known = facts(tmp_path, documents)

    assert known.groups["Outer"] == Group(users=frozenset({"a@x.example"}), groups=frozenset({"Inner"}))
    assert people_in(known, "Outer") == frozenset({"a@x.example", "b@x.example"})


def test_a_group_that_declares_nobody_is_empty(tmp_path: Path) -> None:
    assert count_of(facts(tmp_path, group("Empty", "")), "Empty") == 0


@pytest.mark.parametrize(
    "members",
    ["Undeclared", f"'{ID}'", "Undeclared, a@x.example"],
)
def test_nobody_counts_a_group_with_members_that_are_not_known(tmp_path: Path, members: str) -> None:
    known = facts(tmp_path, group("Outer", members))

    assert count_of(known, "Outer") is None


@pytest.mark.parametrize(
    "spec",
    ["{description: x}", "{membershipRule: 'user.department -eq \"X\"', groupTypes: [DynamicMembership]}"],
)
def test_without_members_a_group_may_hold_anybody(tmp_path: Path, spec: str) -> None:
    known = facts(tmp_path, f"kind: Group\nname: G\nspec: {spec}\n")

    assert known.groups["G"] == Group(is_complete=False)


def test_groups_that_policies_and_methods_name_are_there_without_members(tmp_path: Path) -> None:
    documents = policy("P", "includeGroups: [Sales], excludeGroups: [Break glass]")
    documents += method("VoicePolicy", includeTargets="[Phones]", excludeTargets=f"['{ID}']")

    known = facts(tmp_path, documents)

    assert set(known.groups) == {"Sales", "Break glass", "Phones", f"id:{ID}"}
    assert count_of(known, "Sales") is count_of(known, "Never heard of") is None


def test_groups_that_hold_each_other_are_counted_once(tmp_path: Path) -> None:
    known = Facts(groups={"A": Group(groups=frozenset({"B"})), "B": Group(groups=frozenset({"A"}))})

    assert count_of(known, "A") == 0


def test_locations_hold_ranges_or_countries(tmp_path: Path) -> None:
    documents = """
kind: NamedLocation
name: Office
spec: {isTrusted: true, ipRanges: [203.0.113.0/24]}
---
kind: NamedLocation
name: North
spec:
  countriesAndRegions: [se, NO]
  includeUnknownCountriesAndRegions: true
  countryLookupMethod: authenticatorAppGps
"""

    assert facts(tmp_path, documents).locations == {
        "Office": Location(kind="ip", is_trusted=True, ranges=("203.0.113.0/24",)),
        "North": Location(
            kind="country", countries=frozenset({"NO", "SE"}), includes_unknown=True, is_gps=True
        ),
    }


def test_what_narrows_a_strength_is_known(tmp_path: Path) -> None:
    documents = """
kind: AuthenticationStrength
name: Black keys
spec:
  allowedCombinations: [fido2, x509CertificateMultiFactor, "password, sms"]
  combinationConfigurations:
    - "@odata.type": "#microsoft.graph.fido2CombinationConfiguration"
      appliesToCombinations: [fido2]
      allowedAAGUIDs: [90A3CCDF-635C-4729-A248-9B709135078F]
    - "@odata.type": "#microsoft.graph.x509CertificateCombinationConfiguration"
      appliesToCombinations: [x509CertificateMultiFactor]
      allowedPolicyOIDs: [1.2.3]
"""

    found = facts(tmp_path, documents).strengths["Black keys"]

    assert frozenset({"password", "sms"}) in found.combinations
    assert found.fido2_aaguids == {"90a3ccdf-635c-4729-a248-9b709135078f"}
    assert found.restricts_certificates


def test_the_app_pushes_with_or_without_a_password_as_each_target_says(tmp_path: Path) -> None:
    targets = "[{id: A, authenticationMode: push}, {id: B, authenticationMode: deviceBasedPush}, {id: C}]"
    documents = method("MicrosoftAuthenticatorPolicy", includeTargets=targets)

    assert scope(tmp_path, "microsoftAuthenticatorPush", documents).include == {"A", "C"}
    assert scope(tmp_path, "deviceBasedPush", documents).include == {"B", "C"}


@pytest.mark.parametrize(("once", "multi"), [("true", OFF), ("false", Scope(include=frozenset({"G"})))])
def test_multi_use_passes_are_usable_only_where_the_policy_allows_them(
    tmp_path: Path, once: str, multi: Scope
) -> None:
    documents = method("TemporaryAccessPassPolicy", includeTargets="[G]", isUsableOnce=once)

    assert scope(tmp_path, "temporaryAccessPassOneTime", documents).include == {"G"}
    assert scope(tmp_path, "temporaryAccessPassMultiUse", documents) == multi


SINGLE = "{x509CertificateAuthenticationDefaultMode: x509CertificateSingleFactor"
RULE = (
    ", rules: [{x509CertificateRuleType: policyOID, identifier: '1.2',"
    " x509CertificateAuthenticationMode: x509CertificateMultiFactor}]"
)


@pytest.mark.parametrize(
    ("spec", "single", "multi"),
    [
        ({"authenticationModeConfiguration": SINGLE + "}"}, EVERYBODY, OFF),
        ({"authenticationModeConfiguration": SINGLE + RULE + "}"}, EVERYBODY, EVERYBODY),
        ({}, NOT_KNOWN, NOT_KNOWN),
        ({"state": "disabled"}, OFF, OFF),
    ],
)
def test_a_certificate_counts_as_its_configuration_says(
    tmp_path: Path, spec: dict[str, str], single: Scope, multi: Scope
) -> None:
    documents = method("X509CertificatePolicy", **spec)

    assert scope(tmp_path, "x509CertificateSingleFactor", documents) == single
    assert scope(tmp_path, "x509CertificateMultiFactor", documents) == multi


OATH_OFF = method("SoftwareOathPolicy", state="disabled")
APP = "MicrosoftAuthenticatorPolicy"


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        (OATH_OFF, NOT_KNOWN),
        (OATH_OFF + method(APP), NOT_KNOWN),
        (OATH_OFF + method(APP, state="disabled"), OFF),
        (OATH_OFF + method(APP, isSoftwareOathEnabled="false"), OFF),
        (OATH_OFF + method(APP, isSoftwareOathEnabled="true"), EVERYBODY),
        (method("SoftwareOathPolicy"), EVERYBODY),
        (
            method("SoftwareOathPolicy", includeTargets="[A]") + method(APP, state="disabled"),
            Scope(include=frozenset({"A"})),
        ),
        (method(APP, state="disabled"), NOT_KNOWN),
        (
            method("SoftwareOathPolicy", includeTargets="[A]")
            + method(APP, includeTargets="[B]", isSoftwareOathEnabled="true"),
            Scope(include=frozenset({"A", "B"})),
        ),
        (
            method("SoftwareOathPolicy", includeTargets="[A]", excludeTargets="[C]")
            + method(APP, includeTargets="[B]", isSoftwareOathEnabled="true"),
            NOT_KNOWN,
        ),
    ],
)
def test_codes_come_from_any_app_or_from_microsofts(tmp_path: Path, documents: str, expected: Scope) -> None:
    assert scope(tmp_path, "softwareOath", documents) == expected


def test_of_external_methods_others_may_be_in_the_tenant(tmp_path: Path) -> None:
    external = """
kind: ExternalAuthenticationMethod
name: E
spec:
  state: enabled
  appId: 00000000-0000-4000-8000-000000000123
  includeTargets: [TARGET]
  openIdConnectSetting: {clientId: c, discoveryUrl: "https://idp.example/.well-known/openid-configuration"}
"""

    assert scope(tmp_path, "externalMfa", external.replace("TARGET", "all_users")) == EVERYBODY
    assert scope(tmp_path, "externalMfa", external.replace("TARGET", "G")) == NOT_KNOWN


def test_a_method_for_single_users_is_not_known(tmp_path: Path) -> None:
    documents = method("VoicePolicy", includeTargets=f"[{{id: '{ID}', targetType: user}}]")

    assert scope(tmp_path, "voice", documents) == NOT_KNOWN


@pytest.mark.parametrize(
    ("state", "expected"),
    [("migrationComplete", True), ("migrationInProgress", False), ("preMigration", False)],
)
def test_the_migration_is_complete_or_not(tmp_path: Path, state: str, expected: bool) -> None:
    documents = f"kind: AuthenticationMethodsPolicy\nspec: {{policyMigrationState: {state}}}\n"

    assert facts(tmp_path, documents).migration_is_complete is expected


def test_a_location_with_the_name_of_a_word_is_spelled_out() -> None:
    assert spelled("NamedLocation", "All") == "name:All"


def test_the_built_in_strengths_are_known_by_every_name_and_by_id() -> None:
    known = facts_for(check(Path("policies"), None)).strengths

    names = ("Phishing-resistant MFA", "Phishing resistant MFA", "id:00000000-0000-0000-0000-000000000004")
    assert len({known[name] for name in names}) == 1
    assert {frozenset({"temporaryAccessPassOneTime"})} < known["Multifactor authentication"].combinations


def test_a_sign_in_is_unknown_where_nobody_knows_who_may_use_the_method(tmp_path: Path) -> None:
    asks = policy("P").replace("builtInControls: [mfa]", "authenticationStrength: Phishing-resistant MFA")
    person = Person(registered=frozenset({"password", "fido2"}), held_pass="none")
    sign_in = SignIn(
        user="a@x.example",
        person=person,
        apps=("Exchange Online",),
        auth=frozenset({"password"}),
        client_app="browser",
        as_of=date(2026, 11, 1),
    )

    def verdict(documents: str) -> str:
        found = checked(tmp_path, documents)
        return decide(rulebook(specs_of(found).policies, facts_for(found)), sign_in).verdict

    assert verdict(asks) == "unknown"
    assert verdict(asks + method("Fido2Policy")) == "challenge"


def test_a_scope_that_is_off_adds_nothing_to_another() -> None:
    some = Scope(include=frozenset({"A"}))

    assert either(some, OFF) == either(OFF, some) == some
