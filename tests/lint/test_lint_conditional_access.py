"""Where rules about Conditional Access keep quiet, and second ways in which they speak up."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from lint_tools import findings

from tapctl.lint.example import BLOCK, MFA, document, policy, stream, tap

EVERY_TIME = "{signInFrequency: {isEnabled: true, frequencyInterval: everyTime}}"
EXCHANGE = "{includeApplications: [Office 365 Exchange Online]}"
NEW_HIRES = "{includeGroups: [New hires], excludeGroups: [Break glass]}"
LESS = "locations: {{includeLocations: [All], excludeLocations: [{}]}}"
STRENGTH = "{operator: OR, authenticationStrength: Passwordless MFA}"
PORTALS = "{includeApplications: [MicrosoftAdminPortals]}"
GPS = document(
    "NamedLocation", "Here", "{countriesAndRegions: [DE], countryLookupMethod: authenticatorAppGps}"
)
ADA = "ada@example.com: {roles: [Global Administrator]}"


def hits(root: Path, rule: str, *documents: str) -> list[str]:
    """What one rule says of a folder."""
    found = findings(root, stream(*documents)).found
    return [finding.message for _, finding in found if finding.rule == rule]


@pytest.mark.parametrize(
    ("rule", "documents"),
    [
        ("CA025", [policy()]),
        ("CA026", [policy(conditions=LESS.format("Elsewhere"))]),
        ("CA026", [policy(conditions=LESS.format("AllTrusted"))]),
        (
            "CA026",
            [
                policy(conditions=LESS.format("Here"), grant=BLOCK),
                document("NamedLocation", "Here", "{countriesAndRegions: [DE]}"),
            ],
        ),
        ("CA027", [document("NamedLocation", "Here", "{isTrusted: false, ipRanges: [10.0.0.0/8]}")]),
        ("CA027", [document("NamedLocation", "Here", "{isTrusted: true, ipRanges: [nonsense]}")]),
        ("CA029", [policy(conditions=LESS.format("Here"), grant=MFA), GPS]),
        ("CA032", [policy(grant=STRENGTH)]),
        ("CA036", [policy(session="{signInFrequency: {isEnabled: false, frequencyInterval: everyTime}}")]),
        ("CA036", [policy(session=EVERY_TIME, conditions="signInRiskLevels: [high]")]),
        ("CA036", [policy(session=EVERY_TIME, users=NEW_HIRES, applications=EXCHANGE)]),
        (
            "CA036",
            [policy(session=EVERY_TIME, users=NEW_HIRES, applications=EXCHANGE), tap(isUsableOnce="false")],
        ),
        ("CA037", [policy()]),
        ("CA039", [policy(), policy("Admins", users="{includeRoles: [Global Administrator]}")]),
        ("CA041", [policy(clients="[exchangeActiveSync]", applications=EXCHANGE)]),
        ("CA042", [policy("A", grant=BLOCK, users=NEW_HIRES), policy("B", session=EVERY_TIME)]),
        ("CA042", [policy("A", grant="{operator: OR, authenticationStrength: Ours}"), policy("B"), GPS]),
        ("CA048", [policy(), f"facts: {{users: {{{ADA}}}}}\n"]),
        (
            "CA048",
            [
                policy(grant=BLOCK, conditions="platforms: {includePlatforms: [iOS]}"),
                f"facts: {{users: {{{ADA}}}}}\n",
            ],
        ),
        (
            "CA049",
            [policy(applications=PORTALS, grant=BLOCK, conditions="platforms: {includePlatforms: [iOS]}")],
        ),
        ("CA050", [document("Group", "G", "{membershipRule: 'user.mobile -eq \"1\"'}")]),
        ("CA051", [policy(applications=EXCHANGE, session="{secureSignInSession: {isEnabled: true}}")]),
        ("CA055", [policy(grant="{operator: OR, builtInControls: [compliantDevice]}", clients="[other]")]),
    ],
)
def test_a_rule_keeps_quiet(tmp_path: Path, rule: str, documents: list[str]) -> None:
    assert hits(tmp_path, rule, *documents) == []


@pytest.mark.parametrize(
    ("rule", "documents", "says"),
    [
        (
            "CA026",
            [
                policy(conditions=LESS.format("Here")),
                document("NamedLocation", "Here", "{countriesAndRegions: [DE]}"),
            ],
            "a country",
        ),
        (
            "CA027",
            [document("NamedLocation", "Here", "{isTrusted: true, ipRanges: [203.0.0.0/12]}")],
            "is wider than /16",
        ),
        ("CA029", [policy(conditions=LESS.format("Here"), grant=STRENGTH), GPS], "passwordless methods"),
        (
            "CA036",
            [policy(session=EVERY_TIME, users=NEW_HIRES, applications=EXCHANGE), tap()],
            "those whose pass works once",
        ),
        (
            "CA036",
            [policy(session=EVERY_TIME, applications=EXCHANGE), tap(includeTargets="[all_users]")],
            "those whose pass works once",
        ),
        (
            "CA037",
            [
                policy(
                    conditions="clientApplications: {includeServicePrincipals: [an-app]}",
                    grant=BLOCK,
                )
            ],
            "about workloads and about people",
        ),
        (
            "CA041",
            [
                policy(
                    clients="[exchangeActiveSync]",
                    applications="{includeApplications: [Microsoft Teams Services]}",
                )
            ],
            "knows no applications",
        ),
        ("CA042", [policy("A", grant=STRENGTH), policy("B")], "B asks for nothing that A does not ask"),
        ("CA042", [policy("A", grant=BLOCK), policy("B", grant=STRENGTH)], "B asks for nothing"),
        ("CA042", [policy("A"), policy("B")], "B asks for nothing"),
        (
            "CA044",
            [
                document(
                    "NamedLocation",
                    "Many",
                    "{ipRanges: [" + ", ".join(f"203.{i // 250}.{i % 250}.0/24" for i in range(1801)) + "]}",
                )
            ],
            "holds 1801 ranges",
        ),
        (
            "CA050",
            [tap(includeTargets="[G]"), document("Group", "G", "{membershipRule: 'user.mobile -eq \"1\"'}")],
            "the pass configuration rests on G",
        ),
    ],
)
def test_a_rule_speaks_up(tmp_path: Path, rule: str, documents: list[str], says: str) -> None:
    found = hits(tmp_path, rule, *documents)

    assert len(found) == 1
    assert says in found[0]


def test_the_emergency_accounts_are_no_administrators_to_count_on(tmp_path: Path) -> None:
    facts = "facts: {users: {bg@example.com: {roles: [Global Administrator]}}}\n"
    settings = "settings: {breakGlass: {accounts: [bg@example.com]}}\n"

    assert hits(tmp_path, "CA048", policy(users="{includeUsers: [All]}", grant=BLOCK), facts, settings) == []


def test_a_policy_that_was_renamed_is_not_new(tmp_path: Path) -> None:
    renamed = policy("New").replace("spec:", "formerNames: [Old]\nspec:", 1)
    old = [yaml.safe_load(policy("Old"))]

    assert hits(tmp_path / "1", "CA045", renamed, "before: []\n") != []
    assert hits(tmp_path / "2", "CA045", renamed, yaml.safe_dump({"before": old})) == []
