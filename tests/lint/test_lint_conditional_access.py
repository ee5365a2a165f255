"""Where rules about Conditional Access keep quiet, and second ways in which they speak up."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
import yaml
from lint_tools import context, findings

from tapctl.lint.context import Context
from tapctl.lint.example import (
    ALL_RESOURCES,
    BLOCK,
    EVERYONE,
    JOIN,
    MFA,
    REGISTER,
    document,
    policy,
    stream,
    tap,
)
from tapctl.lint.run import lint
from tapctl.lint.whole_set import replaces

EVERY_TIME = "{signInFrequency: {isEnabled: true, frequencyInterval: everyTime}}"
OFFICE = "{includeApplications: [Office365]}"
NEVER = "{persistentBrowser: {isEnabled: true, mode: never}}"
EXCHANGE = "{includeApplications: [Office 365 Exchange Online]}"
NEW_HIRES = "{includeGroups: [New hires], excludeGroups: [Break glass]}"
GLASS = "settings: {breakGlass: {groups: [Break glass]}}\n"
OTHERS_TOO = "{includeGroups: [New hires, Staff], excludeGroups: [Break glass]}"
LESS = "locations: {{includeLocations: [All], excludeLocations: [{}]}}"
STRENGTH = "{operator: OR, authenticationStrength: Passwordless MFA}"
MFA_OR_DEVICE = "{operator: OR, builtInControls: [mfa, compliantDevice]}"
LESS_OFFICE = "{includeApplications: [All], excludeApplications: [Office365]}"
CHANGE = "{operator: AND, builtInControls: [mfa, passwordChange]}"
AT_RISK = "userRiskLevels: [high]"
PORTALS = "{includeApplications: [MicrosoftAdminPortals]}"
GPS = document(
    "NamedLocation", "Here", "{countriesAndRegions: [DE], countryLookupMethod: authenticatorAppGps}"
)
COMPLIANT = "{operator: OR, builtInControls: [compliantDevice]}"
ADMINS = "{{includeRoles: [{}]}}"
GLOBAL = ADMINS.format("Global Administrator")
OTHERS = (
    "Privileged Authentication Administrator, Authentication Administrator, Helpdesk Administrator, "
    "Conditional Access Administrator, Security Administrator"
)
RESISTANT = "{operator: OR, authenticationStrength: Phishing-resistant MFA}"
ADA = "ada@example.com: {roles: [Global Administrator]}"
NEWER = "newer: [conditions.brandNew]\nspec:"
RESISTANT = "{operator: OR, authenticationStrength: Phishing-resistant MFA}"
OURS = "{operator: OR, authenticationStrength: Ours}"
BOTH = document(
    "AuthenticationStrength", "Ours", "{allowedCombinations: [fido2, temporaryAccessPassOneTime]}"
)
DEVICE = "{operator: OR, builtInControls: [compliantDevice]}"
LESS_HIRES = "{includeUsers: [All], excludeGroups: [Break glass, New hires]}"
SELF_SERVICE = "{groupTypes: [DynamicMembership], membershipRule: 'user.mobilePhone -eq \"1\"'}"
OWN = "settings: {breakGlass: {accounts: [bg@example.com], policies: [theirs]}}\n"
ONLY_EXTERNAL = "facts: {groups: {New hires: []}, users: {ada@example.com: {registered: [externalMfa]}}}\n"


def hits(root: Path, rule: str, *documents: str) -> list[str]:
    """What one rule says of a folder."""
    found = findings(root, stream(*documents)).found
    return [finding.message for _, finding in found if finding.rule == rule]


PASSWORDLESS = "{operator: OR, authenticationStrength: Passwordless MFA}"
SOME_KEYS = document(
    "AuthenticationStrength",
    "Ours",
    "{allowedCombinations: [fido2, windowsHelloForBusiness, x509CertificateMultiFactor], "
    "combinationConfigurations: [{'@odata.type': '#microsoft.graph.fido2CombinationConfiguration', "
    "appliesToCombinations: [fido2], "
    "allowedAAGUIDs: [90a3ccdf-635c-4729-a248-9b709135078f]}]}",
)


def passkeys(state: str, target: str) -> str:
    """The configuration of passkeys."""
    return document("Fido2Policy", "", f"{{state: {state}, includeTargets: [{target}]}}")


@pytest.mark.parametrize(
    ("rule", "documents"),
    [
        ("CA001", [policy("Theirs", users="{includeUsers: [All]}"), OWN]),
        ("CA003", [policy(users="{includeUsers: [None]}")]),
        ("CA030", [policy(), ONLY_EXTERNAL]),
        ("CA042", [policy("A"), policy("B", users=NEW_HIRES, session=EVERY_TIME)]),
        ("REG005", [policy(applications=REGISTER, grant=BLOCK)]),
        ("CA004", [policy(grant="", conditions="brandNew: {is: there}").replace("spec:", NEWER)]),
        ("CA050", [document("Group", "Nobody's", SELF_SERVICE), policy()]),
        (
            "REG011",
            [
                passkeys("enabled", "all_users"),
                policy(users=NEW_HIRES, grant=RESISTANT),
                policy("In", applications=REGISTER, grant=OURS),
                BOTH,
            ],
        ),
        (
            "REG013",
            [
                policy(users="{includeGroups: [Pilots]}", grant=DEVICE),
                policy("In", users=NEW_HIRES, applications=REGISTER, grant=OURS),
                BOTH,
            ],
        ),
        ("DL023", [tap(), policy(users=LESS_HIRES, conditions="platforms: {includePlatforms: [iOS]}")]),
        ("CA003", [policy(users="{includeGroups: [A, B], excludeGroups: [A]}")]),
        (
            "CA015",
            [
                policy("Phones", conditions="platforms: {includePlatforms: [iOS]}"),
                policy("Others", applications=EXCHANGE),
                policy("Everywhere"),
            ],
        ),
        ("CA017", [policy(grant=BLOCK)]),
        ("CA018", [policy(grant=BLOCK)]),
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
        ("CA029", [policy(conditions=LESS.format("Here")), GPS, passkeys("disabled", "all_users")]),
        ("CA029", [policy(conditions=LESS.format("Here")), GPS, passkeys("enabled", "Executives")]),
        ("CA032", [policy(grant=STRENGTH)]),
        ("CA036", [policy(session="{signInFrequency: {isEnabled: false, frequencyInterval: everyTime}}")]),
        ("CA036", [policy(session=EVERY_TIME, conditions="signInRiskLevels: [high]")]),
        ("CA036", [policy(session=EVERY_TIME, users=NEW_HIRES, applications=EXCHANGE)]),
        (
            "CA036",
            [policy(session=EVERY_TIME, users=NEW_HIRES, applications=EXCHANGE), tap(isUsableOnce="false")],
        ),
        ("CA037", [policy()]),
        ("CA039", [policy(), policy("Admins", users=ADMINS.format(OTHERS))]),
        ("CA039", [policy("Global", users=GLOBAL), policy("Others", users=ADMINS.format(OTHERS))]),
        ("CA039", [policy(users=GLOBAL, grant=BLOCK)]),
        ("CA039", [policy(users=GLOBAL, conditions=AT_RISK)]),
        ("CA041", [policy(clients="[exchangeActiveSync]", applications=EXCHANGE)]),
        ("CA041", [policy(clients="[exchangeActiveSync]", grant=BLOCK)]),
        ("CA041", [policy(clients="[exchangeActiveSync, other]", applications=OFFICE, grant=BLOCK)]),
        ("CA041", [policy(clients="[exchangeActiveSync, browser]", applications=EXCHANGE)]),
        ("CA042", [policy("A", grant=BLOCK, users=NEW_HIRES), policy("B", session=EVERY_TIME)]),
        ("CA042", [policy("A", grant=BLOCK, users=OTHERS_TOO), policy("B", users=NEW_HIRES)]),
        ("CA042", [policy("A", grant=BLOCK), policy("B", grant=BLOCK, users=NEW_HIRES), GLASS]),
        ("CA042", [policy("A", grant=MFA_OR_DEVICE), policy("B", users=NEW_HIRES)]),
        ("CA042", [policy("A"), policy("B", users=NEW_HIRES, grant=MFA_OR_DEVICE.replace("OR", "AND"))]),
        ("CA042", [policy("A", grant="", session=EVERY_TIME), policy("B", users=NEW_HIRES)]),
        ("CA042", [policy("A", grant="{operator: OR, authenticationStrength: Ours}"), policy("B"), GPS]),
        ("CA042", [policy("A", grant=PASSWORDLESS), policy("B", users=NEW_HIRES, grant=RESISTANT)]),
        ("CA042", [policy("A", grant=RESISTANT), policy("B", users=NEW_HIRES, grant=OURS), SOME_KEYS]),
        ("CA042", [policy("A", grant=RESISTANT), policy("B", users=NEW_HIRES, grant=OURS)]),
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
        ("CA055", [policy(grant=COMPLIANT, users="{includeUsers: [None]}", conditions="agents: all")]),
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
            "CA029",
            [policy(conditions=LESS.format("Here"), grant=BLOCK), GPS, passkeys("enabled", "all_users")],
            "passkeys that are on",
        ),
        (
            "CA029",
            [policy(conditions=LESS.format("Here"), users=NEW_HIRES), GPS, passkeys("enabled", "New hires")],
            "passkeys that are on",
        ),
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
        (
            "CA042",
            [policy("A", grant=BLOCK, users=OTHERS_TOO), policy("B", grant=BLOCK, users=NEW_HIRES)],
            "B asks for nothing",
        ),
        ("CA042", [policy("A"), policy("B")], "B asks for nothing"),
        ("CA042", [policy("A", grant=RESISTANT), policy("B", grant=PASSWORDLESS)], "B asks for nothing"),
        ("CA042", [policy("A"), policy("B", users=NEW_HIRES, grant=MFA_OR_DEVICE)], "B asks for nothing"),
        (
            "CA013",
            [policy(applications=LESS_OFFICE, grant=CHANGE, conditions=AT_RISK)],
            "in a shape of its own",
        ),
        ("CA041", [policy(clients="[exchangeActiveSync]")], "knows no applications but Exchange Online"),
        (
            "CA041",
            [policy(clients="[exchangeActiveSync, browser]", applications=OFFICE)],
            "knows no applications but Exchange Online",
        ),
        ("CA034", [policy(applications=LESS_OFFICE, session=NEVER)], "leaves out Office365"),
        (
            "CA042",
            [policy("A", conditions="locations: {includeLocations: [All]}"), policy("B", users=NEW_HIRES)],
            "B asks for nothing that A",
        ),
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
        ("CA003", [policy(users="{includeUsers: [All], excludeUsers: [All]}")], "excludes everybody"),
        ("DEV001", [policy(applications=JOIN, clients="[browser]")], "knows no clientAppTypes"),
        (
            "CA048",
            [
                policy("Everybody", users="{includeUsers: [All]}", grant=BLOCK),
                policy("Pilots", users="{includeGroups: [Pilots]}", grant=BLOCK),
                f"facts: {{groups: {{Pilots: []}}, users: {{{ADA}}}}}\n",
            ],
            "Everybody leaves nobody",
        ),
    ],
)
def test_a_rule_speaks_up(tmp_path: Path, rule: str, documents: list[str], says: str) -> None:
    found = hits(tmp_path, rule, *documents)

    assert len(found) == 1
    assert says in found[0]


def test_redundant_is_what_every_pair_of_policies_says(tmp_path: Path) -> None:
    """The rule compares fewer pairs than there are, and finds the same."""
    people = [EVERYONE, NEW_HIRES, "{includeGroups: [New hires, Staff]}", "{includeUsers: [ada@example.com]}"]
    places = [ALL_RESOURCES, EXCHANGE, REGISTER, "{includeApplications: [None]}"]
    grants = [MFA, BLOCK, MFA_OR_DEVICE, MFA]
    kinds = product(people, places, grants)
    documents = [
        policy(f"P{7 * number % 64:02}", users=users, applications=where, grant=grant)
        for number, (users, where, grant) in enumerate(kinds)
    ]
    made = context(tmp_path, stream(*documents))

    found = [finding.message for _, finding in lint(made).found if finding.rule == "CA042"]

    assert sorted(found) == sorted(redundant_by_pairs(made))
    assert len(found) > 20


def redundant_by_pairs(made: Context) -> Iterator[str]:
    policies = sorted(made.enforced, key=lambda one: one.name)
    for one in policies:
        for other in policies:
            is_first = other.name < one.name or not replaces(made, one, other)
            if other is not one and replaces(made, other, one) and is_first:
                yield f"{one.name} asks for nothing that {other.name} does not ask already"
                break


def test_policies_that_say_the_same_leave_out_the_same(tmp_path: Path) -> None:
    glass = "settings: {breakGlass: {groups: [Break glass]}}\n"
    left = "{includeUsers: [All], excludeGroups: [Break glass, Contractors]}"
    found = hits(tmp_path, "CA008", policy("A", users=left), policy("B", users=left), glass)

    assert [message.partition(" is excluded")[0] for message in found] == ["Contractors", "Contractors"]


def test_the_emergency_accounts_are_no_administrators_to_count_on(tmp_path: Path) -> None:
    facts = "facts: {users: {bg@example.com: {roles: [Global Administrator]}}}\n"
    settings = "settings: {breakGlass: {accounts: [bg@example.com]}}\n"

    assert hits(tmp_path, "CA048", policy(users="{includeUsers: [All]}", grant=BLOCK), facts, settings) == []


def test_a_policy_that_was_renamed_is_not_new(tmp_path: Path) -> None:
    renamed = policy("New").replace("spec:", "formerNames: [Old]\nspec:", 1)
    old = [yaml.safe_load(policy("Old"))]

    assert hits(tmp_path / "1", "CA045", renamed, "before: []\n") != []
    assert hits(tmp_path / "2", "CA045", renamed, yaml.safe_dump({"before": old})) == []


ENROLMENT = "{includeApplications: [All], excludeApplications: [Microsoft Intune Enrollment]}"
ACCOUNT = "settings: {breakGlass: {accounts: [bg@example.com]}}\n"
LESS_BOTH = "{includeUsers: [All], excludeGroups: [Contractors, Robots]}"


@pytest.mark.parametrize(
    ("applications", "grant", "session", "count"),
    [
        (ENROLMENT, COMPLIANT, "", 0),
        (ENROLMENT, MFA, "", 1),
        (LESS_OFFICE, COMPLIANT, "", 1),
        (LESS_OFFICE, "", EVERY_TIME, 0),
    ],
)
def test_leaving_out_a_resource_matters_where_somebody_is_kept_out_of_it(
    tmp_path: Path, applications: str, grant: str, session: str, count: int
) -> None:
    found = hits(tmp_path, "CA021", policy(applications=applications, grant=grant, session=session))
    assert len(found) == count


def test_parts_of_office_in_one_policy_are_one_finding(tmp_path: Path) -> None:
    parts = "{includeApplications: [Office 365 Exchange Online, Office 365 SharePoint Online]}"

    (said,) = hits(tmp_path, "CA051", policy(applications=parts))
    assert "Exchange Online and Office 365 SharePoint Online" in said


def test_groups_that_one_policy_leaves_alone_are_one_finding(tmp_path: Path) -> None:
    (said,) = hits(tmp_path, "CA008", policy("Everybody", users=LESS_BOTH))

    assert said.startswith("Contractors, Robots are excluded from Everybody")


@pytest.mark.parametrize(("member", "count"), [("bg@example.com", 0), ("ada@example.com", 1)])
def test_emergency_accounts_are_out_with_a_group_that_holds_them(
    tmp_path: Path, member: str, count: int
) -> None:
    facts = f"facts: {{groups: {{Contractors: [{member}], Robots: []}}}}\n"
    assert len(hits(tmp_path, "CA001", policy(users=LESS_BOTH), ACCOUNT, facts)) == count


def test_the_groups_that_may_hold_the_emergency_accounts_are_named(tmp_path: Path) -> None:
    found = findings(tmp_path, stream(policy(users=LESS_BOTH), ACCOUNT)).findings

    (help_,) = [finding.help for finding in found if finding.rule == "CA001"]
    assert help_.startswith("If one of Contractors, Robots holds them, list it under breakGlass.groups")


@pytest.mark.parametrize(
    ("day", "controls", "says"),
    [
        ("2026-01-15", "approvedApplication", "from March 2026 on: nothing will be left"),
        ("2026-04-15", "approvedApplication", "since March 2026: nothing is left"),
        ("2026-04-15", "approvedApplication, mfa", "since March 2026: only mfa is left"),
    ],
)
def test_what_is_left_of_a_retired_control_is_said_for_the_day(
    tmp_path: Path, day: str, controls: str, says: str
) -> None:
    asked = policy(grant=f"{{operator: OR, builtInControls: [{controls}]}}")

    (said,) = hits(tmp_path, "CA014", asked, f"asOf: {day}\n")
    assert says in said


@pytest.mark.parametrize("rule", ["CA016", "CA017", "CA018", "REG001"])
def test_what_no_policy_does_is_said_of_the_workspace(tmp_path: Path, rule: str) -> None:
    found = findings(tmp_path, policy(clients="[browser]")).findings

    (place,) = [finding.place for finding in found if finding.rule == rule]
    assert "tapctl.yaml" in str(place)


@pytest.mark.parametrize("passes", [GPS, tap(state="disabled")])
def test_while_nobody_gets_passes_any_guard_of_registration_will_do(tmp_path: Path, passes: str) -> None:
    guard = policy(users=NEW_HIRES, applications=REGISTER)

    assert hits(tmp_path, "REG001", guard, passes) == []
    assert len(hits(tmp_path / "none", "REG001", policy(), passes)) == 1


ALL_ADMINS = ADMINS.format(f"Global Administrator, {OTHERS}")
MODERN = "[browser, mobileAppsAndDesktopClients]"


@pytest.mark.parametrize(
    "policies",
    [
        [policy(), policy("Global", users=GLOBAL)],
        [policy(), policy("Global", users=GLOBAL, grant=RESISTANT)],
        [policy("Admins", users=ALL_ADMINS, grant=RESISTANT), policy("Global", users=GLOBAL)],
        [policy("Global", users=GLOBAL, clients=MODERN)],
        [policy("Global", users=GLOBAL, grant=COMPLIANT)],
        [policy("Global", users=GLOBAL, applications=PORTALS)],
        [
            policy("Global", users=GLOBAL, grant=RESISTANT),
            policy("Others", users=ADMINS.format(OTHERS), grant=MFA),
        ],
    ],
)
def test_what_others_are_asked_is_no_role_on_the_list_of_a_policy(
    tmp_path: Path, policies: list[str]
) -> None:
    (said,) = hits(tmp_path, "CA039", *policies)
    assert said.startswith("Global is about administrators, and not about Privileged Authentication")


EVERYBODY = "{includeUsers: [All], excludeGroups: [Break glass]}"


def guard(users: str = EVERYBODY, conditions: str = "", clients: str = "[all]") -> str:
    """A policy on registration that asks for a strength."""
    return policy(
        "Guard",
        users=users,
        applications=REGISTER,
        grant=STRENGTH,
        conditions=conditions,
        clients=clients,
    )


@pytest.mark.parametrize(
    "found",
    [
        guard(conditions="signInRiskLevels: [high]"),
        guard(conditions="platforms: {includePlatforms: [windows]}"),
        guard(conditions="devices: {deviceFilter: {mode: exclude, rule: device.isCompliant -eq True}}"),
        guard(conditions="locations: {includeLocations: [Branch]}"),
        guard(clients="[browser]"),
    ],
)
def test_what_applies_under_conditions_is_no_guard_of_registration(tmp_path: Path, found: str) -> None:
    (said,) = hits(tmp_path, "REG001", tap(), found)
    assert said.endswith("members of New hires register security info; Guard only under conditions")


@pytest.mark.parametrize(
    "found", [guard(), guard(conditions=LESS.format("AllTrusted")), guard(clients=MODERN), guard(NEW_HIRES)]
)
def test_what_a_stranger_elsewhere_meets_is_a_guard_of_registration(tmp_path: Path, found: str) -> None:
    assert hits(tmp_path, "REG001", tap(), found) == []


@pytest.mark.parametrize(
    ("users", "who"),
    [
        ("{includeGroups: [New hires, Lost device]}", "people other than members of Lost device, New hires"),
        (
            "{includeUsers: [ada@example.com], includeRoles: [Global Reader]}",
            "people other than Global Reader, ",
        ),
        ("{includeGroups: [Staff], includeUsers: [GuestsOrExternalUsers]}", "members of Staff, Guests"),
    ],
)
def test_for_whom_nothing_guards_registration_is_said(tmp_path: Path, users: str, who: str) -> None:
    (said,) = hits(tmp_path, "REG001", tap(includeTargets="[all_users]"), guard(users))
    assert who in said


@pytest.mark.parametrize(("clients", "count"), [(MODERN, 1), ("[browser]", 1), ("[other]", 0)])
def test_a_block_of_the_portals_in_browsers_stops_who_has_to_approve(
    tmp_path: Path, clients: str, count: int
) -> None:
    wall = policy(applications=PORTALS, grant=BLOCK, clients=clients)
    found = hits(tmp_path, "CA049", wall, "settings: {breakGlass: {groups: [Break glass]}}\n")
    assert len(found) == count


FLOWS = "authenticationFlows: {transferMethods: [deviceCodeFlow, authenticationTransfer]}"


@pytest.mark.parametrize(("clients", "count"), [(MODERN, 0), ("[browser]", 1)])
def test_a_block_of_a_flow_need_not_be_about_legacy_clients(tmp_path: Path, clients: str, count: int) -> None:
    wall = policy(conditions=FLOWS, grant=BLOCK, clients=clients)
    assert [len(hits(tmp_path / rule, rule, wall)) for rule in ("CA017", "CA018")] == [count, count]


@pytest.mark.parametrize(("clients", "count"), [(MODERN, 1), ("[browser]", 0)])
def test_nobody_changes_policies_by_legacy_clients(tmp_path: Path, clients: str, count: int) -> None:
    wall = policy(grant=BLOCK, clients=clients)
    assert (
        len(hits(tmp_path, "CA048", wall, f"facts: {{groups: {{Break glass: []}}, users: {{{ADA}}}}}\n"))
        == count
    )


@pytest.mark.parametrize(
    ("clients", "applications", "severity"),
    [("[exchangeActiveSync]", OFFICE, "error"), ("[exchangeActiveSync, browser]", OFFICE, "warning")],
)
def test_other_clients_of_a_policy_for_activesync_are_as_it_says(
    tmp_path: Path, clients: str, applications: str, severity: str
) -> None:
    found = findings(tmp_path, policy(clients=clients, applications=applications)).found

    assert [finding.severity for _, finding in found if finding.rule == "CA041"] == [severity]


@pytest.mark.parametrize(
    ("applications", "severity"), [(LESS_OFFICE, "warning"), (EXCHANGE, "error"), (ALL_RESOURCES, "")]
)
def test_a_persistent_session_is_for_all_resources(tmp_path: Path, applications: str, severity: str) -> None:
    found = findings(tmp_path, policy(applications=applications, session=NEVER)).found

    assert [finding.severity for _, finding in found if finding.rule == "CA034"] == [severity] * bool(
        severity
    )


@pytest.mark.parametrize(
    ("role", "is_hit"),
    [
        ("id:62E90394-69f5-4237-9190-012177145e10", False),
        ("Global Administrator", False),
        ("Our own", False),
        ("id:10dae51f-b6af-4016-8d66-8c2a99b929b3", False),
        ("id:A92AED5D-d78a-4d16-b381-09adb37eb3b0", False),
        ("id:11111111-2222-4333-8444-555555555555", True),
    ],
)
def test_only_a_built_in_role_goes_by_its_id(tmp_path: Path, role: str, is_hit: bool) -> None:
    users = f"{{includeUsers: [All], excludeRoles: [{role}]}}"

    assert bool(hits(tmp_path, "CA038", policy(users=users))) is is_hit


HAD = (
    "before:\n- {kind: ConditionalAccessPolicy, name: A, spec: {state: enabled, conditions: {users: "
    "{includeUsers: [All], excludeGroups: [Old]}, applications: {includeApplications: [All]}, "
    "clientAppTypes: [all]}, grantControls: {operator: OR, builtInControls: [mfa]}}}\n"
)
IN_OLD = document("Group", "Old", "{members: [Eve@x.example, Group/Inner]}")


@pytest.mark.parametrize(
    ("excluded", "grown"),
    [
        ("excludeUsers: [eve@x.example]", []),
        ("excludeGroups: [Inner]", []),
        ("excludeUsers: [bob@x.example]", ["A now excludes bob@x.example"]),
        ("excludeGroups: [Others]", ["A now excludes Others"]),
    ],
)
def test_an_exclusion_that_moves_to_a_group_s_members_does_not_grow(
    tmp_path: Path, excluded: str, grown: list[str]
) -> None:
    now = policy("A", users=f"{{includeUsers: [All], {excluded}}}")
    had = HAD + "- {kind: Group, name: Old, spec: {members: [Eve@x.example, Group/Inner]}}\n"

    assert hits(tmp_path, "CA007", now, IN_OLD, had) == grown
