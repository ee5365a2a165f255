"""Whom methods are enabled for where no document says it: the facts do."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_tools import context, findings, messages

from tapctl.evaluate.enabled_methods import Methods
from tapctl.evaluate.facts import EVERYBODY, Facts, PassPolicy
from tapctl.lint.example import REGISTER, configuration, document, policy, stream, strength, tap
from tapctl.model import JsonObject

GLASS = "settings: {breakGlass: {accounts: [one@x.onmicrosoft.com], groups: [Break glass]}}\n"
OFF = "fido2: [], deviceBasedPush: []"
ON = "fido2: [all_users], deviceBasedPush: []"
BOOTSTRAP = "{operator: OR, authenticationStrength: Bootstrap}"
OURS = "{operator: OR, authenticationStrength: Ours}"


def facts(methods: str = "", registered: str = "password, fido2") -> str:
    said = f", methods: {{{methods}}}" if methods else ""
    people = f"{{one@x.onmicrosoft.com: {{registered: [{registered}]}}}}"
    return f"facts: {{groups: {{Break glass: [one@x.onmicrosoft.com]}}, users: {people}{said}}}\n"


def missing(root: Path, *documents: str) -> str:
    (said,) = messages(root, "facts-missing", *documents)
    return said


@pytest.mark.parametrize("rule", ["BG004", "TAP032"])
def test_what_the_tenant_turned_off_is_off(tmp_path: Path, rule: str) -> None:
    (said,) = messages(tmp_path, rule, GLASS, tap(), facts(OFF))

    assert said in (
        "one@x.onmicrosoft.com holds fido2, which is not enabled for it",
        "nothing lasting is enabled for New hires",
    )


@pytest.mark.parametrize("rule", ["BG004", "TAP032"])
def test_what_the_tenant_has_on_is_on(tmp_path: Path, rule: str) -> None:
    documents = (GLASS, tap(), facts(ON))

    assert messages(tmp_path, rule, *documents) == []
    assert rule not in missing(tmp_path, *documents)


@pytest.mark.parametrize("rule", ["BG004", "TAP032"])
def test_a_document_goes_before_what_the_tenant_has(tmp_path: Path, rule: str) -> None:
    on = configuration("Fido2Policy", is_on=True)
    off = configuration("Fido2Policy", is_on=False)

    assert messages(tmp_path / "on", rule, GLASS, tap(), on, facts(OFF)) == []
    assert messages(tmp_path / "off", rule, GLASS, tap(), off, facts(ON)) != []


@pytest.mark.parametrize("rule", ["BG004", "TAP032"])
@pytest.mark.parametrize("methods", ["", "softwareOath: []"])
def test_where_neither_says_so_the_rule_says_that_it_is_blind(
    tmp_path: Path, rule: str, methods: str
) -> None:
    documents = (GLASS, tap(), facts(methods))

    assert messages(tmp_path, rule, *documents) == []
    assert rule in missing(tmp_path, *documents)


@pytest.mark.parametrize(("groups", "is_blind"), [("all_users", False), ("Staff", True)])
def test_one_method_that_is_on_for_everybody_is_enough_to_know(
    tmp_path: Path, groups: str, is_blind: bool
) -> None:
    assert ("TAP032" in missing(tmp_path, tap(), facts(f"fido2: [{groups}]"))) is is_blind


@pytest.mark.parametrize(
    ("documents", "count", "is_blind"),
    [
        ([], 0, True),
        (["facts: {methods: {fido2: [all_users]}}\n"], 1, False),
        (["facts: {methods: {fido2: []}}\n"], 0, False),
    ],
)
def test_phones_loop_where_passkeys_are_known_to_be_on(
    tmp_path: Path, documents: list[str], count: int, is_blind: bool
) -> None:
    work = policy(grant="{operator: OR, authenticationStrength: Phishing-resistant MFA}")

    assert len(messages(tmp_path, "REG011", work, *documents)) == count
    assert ("REG011" in missing(tmp_path, work, *documents)) is is_blind


@pytest.mark.parametrize(
    ("accepted", "methods", "count", "is_blind"),
    [
        ("fido2", "", 0, True),
        ("windowsHelloForBusiness", "", 0, False),
        ("fido2", "fido2: []", 1, False),
        ("fido2", "fido2: [all_users]", 0, False),
    ],
)
def test_a_strength_is_out_of_reach_where_what_it_accepts_is_known_to_be_off(
    tmp_path: Path, accepted: str, methods: str, count: int, is_blind: bool
) -> None:
    documents = (policy(grant=OURS), strength("Ours", accepted), facts(methods))

    assert len(messages(tmp_path, "CA032", *documents)) == count
    assert ("CA032" in missing(tmp_path, *documents)) is is_blind


@pytest.mark.parametrize(("passes", "count"), [("", 0), ("[]", 1), ("[New hires]", 0)])
def test_passes_that_the_tenant_turned_off_are_missed_at_the_guard(
    tmp_path: Path, passes: str, count: int
) -> None:
    read = facts(f"temporaryAccessPassOneTime: {passes}" if passes else "")
    guard = policy(applications=REGISTER, grant=BOOTSTRAP)
    found = findings(tmp_path, stream(read, guard, strength("Bootstrap", "temporaryAccessPassOneTime"))).found

    shown = [item.address and item.address.name for _, item in found if item.rule == "TAP011"]
    assert shown == ["A policy"] * count


def test_who_holds_no_key_lacks_none(tmp_path: Path) -> None:
    assert "BG004" not in missing(tmp_path, GLASS, tap(), facts("", "password"))


@pytest.mark.parametrize(
    ("groups", "severities"), [("", ["warning"]), ("[]", ["error"]), ("[all_users]", [])]
)
def test_certificates_are_asked_about_before_they_are_taken_for_off(
    tmp_path: Path, groups: str, severities: list[str]
) -> None:
    read = f"facts: {{methods: {{x509CertificateMultiFactor: {groups}}}}}\n" if groups else ""
    guard = policy(applications=REGISTER, grant=OURS)
    found = findings(tmp_path, stream(read, guard, strength("Ours", "fido2", "x509CertificateMultiFactor")))

    assert [item.severity for _, item in found.found if item.rule == "REG003"] == severities


@pytest.mark.parametrize(("methods", "count"), [("fido2: []", 1), ("fido2: [all_users]", 0)])
def test_nothing_lands_where_the_tenant_turned_it_off(tmp_path: Path, methods: str, count: int) -> None:
    read = f"facts: {{methods: {{{methods}}}}}\n"
    documents = (tap(), policy(grant=OURS), strength("Ours", "fido2"), read)

    assert len(messages(tmp_path, "DL003", *documents)) == count


@pytest.mark.parametrize("migration", [None, True])
def test_a_document_of_the_migration_goes_before_what_was_read(
    tmp_path: Path, migration: bool | None
) -> None:
    kind = "AuthenticationMethodsPolicy"
    documents = [document(kind, "", "{policyMigrationState: migrationComplete}")] if migration else []

    assert context(tmp_path, stream(tap(), *documents)).what_if.facts.migration_is_complete is migration


def test_which_passes_a_tenant_issues_is_read_where_no_document_says_it() -> None:
    passes = PassPolicy(scope=EVERYBODY, is_usable_once=True)
    declared: dict[str, JsonObject] = {"TemporaryAccessPassPolicy": {"isUsableOnce": False}}

    assert Methods(items={}, facts=Facts(pass_policy=passes)).passes_are_once is True
    assert Methods(items=declared, facts=Facts(pass_policy=passes)).passes_are_once is False
    assert Methods(items={}).passes_are_once is None


def test_a_method_that_the_tenant_does_not_list_is_for_nobody() -> None:
    assert Methods(items={}, facts=Facts(methods={})).is_off("fido2")
