"""CA008, CA010, CA015 and CA016: whom another policy has to reach, to stand in for one."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_tools import findings

from tapctl.lint.example import BLOCK, policy, stream

GLASS = "settings: {breakGlass: {accounts: [bg@example.com], groups: [Break glass]}}\n"
NO_ACCOUNTS = "settings: {breakGlass: {groups: [Break glass]}}\n"
MEMBERS = "facts: {groups: {Break glass: [bg2@example.com], Staff: [ceo@example.com]}}\n"
KINDS = "guestOrExternalUserTypes: [{}], externalTenants: {{membershipKind: all}}"
GUESTS = KINDS.format("b2bCollaborationGuest")
PARTNERS = KINDS.format("serviceProvider")
REPORTS = "enabledForReportingButNotEnforced"
PHONES = "platforms: {includePlatforms: [iOS]}"
THE_REST = "platforms: {includePlatforms: [all], excludePlatforms: [iOS]}"


EMERGENCY = "kind: Group\nname: Emergency\nspec: {{members: [{}]}}\n"


def hits(root: Path, rule: str, *documents: str) -> list[str]:
    """What one rule says of a folder."""
    found = findings(root, stream(*documents)).found
    return [finding.message for _, finding in found if finding.rule == rule]


def less(exclude: str) -> str:
    """Everybody but some."""
    return f"{{includeUsers: [All], {exclude}}}"


CEO = policy(users=less("excludeUsers: [ceo@example.com]"))
NO_ADMINS = less("excludeRoles: [Global Administrator]")
NO_GUESTS = less(f"excludeGuestsOrExternalUsers: {{{GUESTS}}}")


@pytest.mark.parametrize(
    ("documents", "says"),
    [
        ([CEO], "ceo@example.com is"),
        ([CEO, policy("B", users=less("excludeUsers: [ceo@example.com, x@example.com]"))], "ceo@example.com"),
        ([CEO, policy("Staff", users="{includeGroups: [Others]}"), "facts: {groups: {Others: []}}\n"], "ceo"),
        ([policy(users=NO_ADMINS)], "Global Administrator is"),
        ([policy(users=NO_ADMINS), policy("B", users=NO_ADMINS)], "Global Administrator is"),
        ([policy(users=NO_GUESTS)], "b2bCollaborationGuest is"),
        (
            [policy(users=NO_GUESTS), policy("B", users=less("excludeUsers: [GuestsOrExternalUsers]"))],
            "Guest",
        ),
        ([policy(users=less("excludeUsers: [GuestsOrExternalUsers]"))], "GuestsOrExternalUsers is"),
        (
            [policy(users=less("excludeGroups: [Emergency]")), EMERGENCY.format("x@example.com")],
            "Emergency is",
        ),
        ([policy(users=less("excludeGroups: [Emergency]")), EMERGENCY.format("")], "Emergency is"),
        (
            [
                policy(users=less("excludeGroups: [Emergency]")),
                EMERGENCY.format("bg@example.com, x@example.com"),
            ],
            "Emergency is",
        ),
        ([policy(users=less("excludeGroups: [A, B, C, D, E, F, G]"))], "A, B, C, D, E and 2 more are"),
    ],
)
def test_whoever_a_baseline_leaves_out_is_named(tmp_path: Path, documents: list[str], says: str) -> None:
    assert says in hits(tmp_path, "CA008", *documents, GLASS)[0]


@pytest.mark.parametrize(
    "documents",
    [
        [CEO, NO_ACCOUNTS],
        [CEO, policy("Staff", users="{includeGroups: [Staff]}"), MEMBERS, GLASS],
        [CEO, policy("Staff", users="{includeGroups: [Nobody knows]}"), GLASS],
        [policy(users=less("excludeUsers: [BG@example.com, bg2@example.com]")), MEMBERS, GLASS],
        [policy(users=NO_ADMINS), policy("Admins", users="{includeRoles: [Global Administrator]}"), GLASS],
        [policy(users=less("excludeRoles: [Directory Synchronization Accounts]")), GLASS],
        [
            policy(users=NO_GUESTS),
            policy("G", users=f"{{includeGuestsOrExternalUsers: {{{GUESTS}}}}}"),
            GLASS,
        ],
        [policy(users=NO_GUESTS), policy("G", users="{includeUsers: [GuestsOrExternalUsers]}"), GLASS],
        [policy(users=less(f"excludeGuestsOrExternalUsers: {{{PARTNERS}}}")), GLASS],
        [policy(users=less("excludeGroups: [Emergency]")), EMERGENCY.format("bg@example.com"), GLASS],
        [
            policy(users=less("excludeGroups: [Emergency]")),
            EMERGENCY.format("bg2@example.com"),
            MEMBERS,
            GLASS,
        ],
    ],
)
def test_whoever_is_asked_elsewhere_or_is_to_be_spared_is_not(tmp_path: Path, documents: list[str]) -> None:
    assert hits(tmp_path, "CA008", *documents) == []


def guests(types: str, *tenants: str) -> str:
    """Guests of those types, of all tenants or of some."""
    of = (
        f"{{membershipKind: enumerated, members: [{', '.join(tenants)}]}}"
        if tenants
        else "{membershipKind: all}"
    )
    return f"GuestsOrExternalUsers: {{guestOrExternalUserTypes: [{types}], externalTenants: {of}}}"


ONE, TWO = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"
B2B = "b2bCollaborationGuest"
EXTERNAL = f"{B2B}, b2bCollaborationMember, b2bDirectConnectUser, otherExternalUser"
EVERY_GUEST = "excludeUsers: [GuestsOrExternalUsers]"


@pytest.mark.parametrize(
    ("left", "asked", "count"),
    [
        (EVERY_GUEST, [f"include{guests(f'internalGuest, {EXTERNAL}')}"], 0),
        (EVERY_GUEST, [f"include{guests(EXTERNAL)}", f"include{guests('internalGuest')}"], 0),
        (EVERY_GUEST, [f"include{guests(EXTERNAL)}"], 1),
        (EVERY_GUEST, [f"include{guests(f'internalGuest, {EXTERNAL}', ONE)}"], 1),
        (f"exclude{guests(B2B, ONE)}", [f"include{guests(B2B, TWO)}"], 1),
        (f"exclude{guests(B2B, ONE)}", [f"include{guests(B2B, ONE, TWO)}"], 0),
        (f"exclude{guests(B2B, ONE)}", [f"include{guests(B2B)}"], 0),
        (f"exclude{guests(B2B, ONE)}", ["includeUsers: [GuestsOrExternalUsers]"], 0),
        (f"exclude{guests(B2B, ONE)}", [f"includeUsers: [All], exclude{guests(B2B, TWO)}"], 0),
        (f"exclude{guests(B2B, ONE, TWO)}", [f"include{guests(B2B, ONE)}"], 1),
        (f"exclude{guests(B2B, ONE, TWO)}", [f"include{guests(B2B, ONE)}", f"include{guests(B2B, TWO)}"], 0),
        (f"exclude{guests(B2B)}", [f"include{guests(B2B, ONE, TWO)}"], 1),
        (f"exclude{guests(B2B)}", [f"include{guests(B2B)}, exclude{guests(B2B, ONE)}"], 1),
        (f"exclude{guests('internalGuest', ONE)}", [f"include{guests('internalGuest', TWO)}"], 0),
    ],
)
def test_guests_are_asked_by_what_is_about_their_type_and_tenant(
    tmp_path: Path, left: str, asked: list[str], count: int
) -> None:
    others = [policy(f"Guests {number}", users=f"{{{users}}}") for number, users in enumerate(asked)]
    found = hits(tmp_path, "CA008", policy("Everybody", users=less(left)), *others, GLASS)
    assert len([message for message in found if "from Everybody" in message]) == count


MEDIUM, HIGH = "signInRiskLevels: [medium]", "signInRiskLevels: [high]"


@pytest.mark.parametrize(
    ("other", "count"),
    [
        (policy("High", conditions=HIGH, grant=BLOCK), 0),
        (policy("High", conditions=HIGH, state=REPORTS), 1),
        (policy("High", conditions=HIGH, users="{includeGroups: [Pilots]}"), 1),
        (policy("High", conditions=HIGH, applications="{includeApplications: [Office365]}"), 1),
        (policy("High", conditions=f"{HIGH}\n{PHONES}"), 1),
    ],
)
def test_a_level_is_covered_by_what_holds_for_the_same_people(tmp_path: Path, other: str, count: int) -> None:
    assert len(hits(tmp_path, "CA010", policy("Medium", conditions=MEDIUM), other)) == count


PAIR = "{includeGroups: [Pilots, Sales], excludeGroups: [Break glass]}"
PILOTS = "{includeGroups: [Pilots]}"
ONLY_SALES = "{includeGroups: [Sales]}"
TWO = "{includeApplications: [Office365, Yammer]}"
YAMMER = "{includeApplications: [Yammer]}"


@pytest.mark.parametrize(
    ("others", "count"),
    [
        ([{"users": PILOTS}], 1),
        ([{"users": PILOTS}, {"users": ONLY_SALES}], 0),
        ([{"users": PILOTS}, {"users": ONLY_SALES, "state": REPORTS}], 1),
        ([{"users": PILOTS, "applications": TWO}, {"users": ONLY_SALES}], 0),
        ([{"users": PILOTS, "applications": YAMMER}, {"users": ONLY_SALES}], 1),
        ([{"applications": YAMMER}, {"applications": "{includeApplications: [Office365]}"}], 0),
        (
            [
                {"users": PILOTS, "applications": YAMMER},
                {"users": PILOTS, "applications": "{includeApplications: [Office365]}"},
                {"users": ONLY_SALES},
            ],
            0,
        ),
        ([{"users": "{includeUsers: [None]}"}, {"users": PILOTS}], 1),
    ],
)
def test_several_policies_add_up_to_one(tmp_path: Path, others: list[dict[str, str]], count: int) -> None:
    whole = {"users": PAIR, "applications": TWO}
    high = [policy(f"High {n}", conditions=HIGH, **{**whole, **over}) for n, over in enumerate(others)]
    rest = [
        policy(f"Rest {n}", conditions=THE_REST, grant=BLOCK, **{**whole, **over})
        for n, over in enumerate(others)
    ]

    assert len(hits(tmp_path, "CA010", policy("Medium", conditions=MEDIUM, **whole), *high)) == count
    assert len(hits(tmp_path, "CA015", policy("Phones", conditions=PHONES, **whole), *rest)) == count


@pytest.mark.parametrize(
    ("other", "count"),
    [
        (policy("Rest", conditions=THE_REST, grant=BLOCK), 0),
        (policy("Rest", conditions=THE_REST, grant=BLOCK, state=REPORTS), 1),
        (policy("Rest", conditions=THE_REST, grant=BLOCK, users="{includeGroups: [Pilots]}"), 1),
        (policy("Rest", conditions=THE_REST), 1),
        (policy("Rest", conditions=THE_REST.replace("[iOS]", "[iOS, linux]"), grant=BLOCK), 1),
        (policy("Rest", conditions=f"{THE_REST}\n{HIGH}", grant=BLOCK), 1),
        (policy("All", conditions=f"platforms: {{includePlatforms: [all]}}\n{HIGH}", grant=BLOCK), 1),
        (policy("Everywhere", conditions=HIGH), 1),
        (policy("Nothing asked", grant="", session="{persistentBrowser: {isEnabled: true, mode: never}}"), 1),
    ],
)
def test_other_platforms_are_stopped_by_what_holds_for_the_same_people(
    tmp_path: Path, other: str, count: int
) -> None:
    assert len(hits(tmp_path, "CA015", policy("Phones", conditions=PHONES), other)) == count


@pytest.mark.parametrize(
    ("risks", "count"), [("signInRiskLevels: [medium, high]", 0), (HIGH, 0), (MEDIUM, 1)]
)
def test_what_every_platform_is_asked_under_a_risk_holds_for_that_risk(
    tmp_path: Path, risks: str, count: int
) -> None:
    phones = policy("Phones", conditions=f"{PHONES}\n{HIGH}")
    assert len(hits(tmp_path, "CA015", phones, policy("All", conditions=risks))) == count


def asks(*controls: str, operator: str = "OR", more: str = "") -> str:
    """A grant of built-in controls, and what else."""
    return f"{{operator: {operator}, builtInControls: [{', '.join(controls)}]{more}}}"


def strength(name: str) -> str:
    """A grant of an authentication strength."""
    return f"{{operator: OR, authenticationStrength: {{id: {name}}}}}"


BOTH = asks("mfa", "compliantDevice", operator="AND")
DEVICE, JOINED, MFA = asks("compliantDevice"), asks("domainJoinedDevice"), asks("mfa")
HARD, ANY_MFA = strength("Phishing-resistant MFA"), strength("Multifactor authentication")


@pytest.mark.parametrize(
    ("phones", "everywhere", "count"),
    [
        (DEVICE, [MFA], 1),
        (DEVICE, ["{operator: OR, termsOfUse: [Terms]}"], 1),
        (DEVICE, [asks("mfa", "compliantDevice")], 1),
        (DEVICE, [asks("compliantApplication")], 1),
        (DEVICE, [JOINED], 0),
        (DEVICE, [BOTH], 0),
        (DEVICE, [BLOCK], 0),
        (asks("compliantApplication"), [MFA], 1),
        (asks("compliantApplication"), [DEVICE], 0),
        (asks("mfa", "compliantDevice"), [MFA], 0),
        (BOTH, [MFA], 1),
        (BOTH, [MFA, DEVICE], 0),
        (HARD, [MFA], 1),
        (HARD, [ANY_MFA], 1),
        (HARD, [HARD], 0),
        (ANY_MFA, [MFA], 0),
        (MFA, [HARD], 0),
        (strength("Ours"), [strength("Ours")], 0),
        (strength("Ours"), [strength("Theirs")], 1),
        (MFA, [strength("Ours")], 0),
        (MFA, [DEVICE], 1),
    ],
)
def test_what_every_platform_is_asked_for_has_to_be_as_much(
    tmp_path: Path, phones: str, everywhere: list[str], count: int
) -> None:
    others = [policy(f"Everywhere {number}", grant=grant) for number, grant in enumerate(everywhere)]
    assert len(hits(tmp_path, "CA015", policy("Phones", conditions=PHONES, grant=phones), *others)) == count


@pytest.mark.parametrize(
    ("platforms", "count"),
    [
        ("{includePlatforms: [linux]}", 0),
        ("{includePlatforms: [all], excludePlatforms: [windows]}", 0),
        ("{includePlatforms: [all], excludePlatforms: [linux]}", 1),
        ("{includePlatforms: [all]}", 1),
    ],
)
def test_a_platform_that_a_block_spares_is_asked_by_a_policy_of_its_own(
    tmp_path: Path, platforms: str, count: int
) -> None:
    rest = policy("Rest", conditions=THE_REST.replace("[iOS]", "[iOS, linux]"), grant=BLOCK)
    linux = policy("Linux", conditions=f"platforms: {platforms}", grant=MFA)

    found = hits(tmp_path, "CA015", policy("Phones", conditions=PHONES, grant=DEVICE), rest, linux)
    assert len([message for message in found if message.startswith("Phones")]) == count


REGISTER = '{includeUserActions: ["urn:user:registersecurityinfo"]}'
CONTEXT = "{includeAuthenticationContextClassReferences: [c1]}"


@pytest.mark.parametrize(
    ("medium", "high", "count"), [(REGISTER, REGISTER, 0), (REGISTER, CONTEXT, 1), (CONTEXT, REGISTER, 1)]
)
def test_policies_on_actions_and_contexts_do_not_stand_in_for_each_other(
    tmp_path: Path, medium: str, high: str, count: int
) -> None:
    policies = (
        policy("Medium", conditions=MEDIUM, applications=medium),
        policy("High", conditions=HIGH, applications=high),
    )
    assert len(hits(tmp_path, "CA010", *policies)) == count


NO_SALES = "{includeUsers: [All], excludeGroups: [Break glass, Sales]}"
NO_OFFICE = "{includeApplications: [All], excludeApplications: [Office365]}"
OFFICE = "{includeApplications: [Office365]}"
SALES = "{includeGroups: [Sales], excludeGroups: [Break glass]}"
NO_X = "{includeUsers: [All], excludeGroups: [Break glass], excludeUsers: [x@example.com]}"
NO_EMERGENCY = NO_SALES.replace("Sales", "Emergency")
NO_BG = "{includeUsers: [All], excludeUsers: [BG@example.com]}"
STAFF = "{includeGroups: [Staff]}"


KNOWN = "facts: {groups: {Break glass: [bg@example.com]}}\n"


def facts(**groups: str) -> str:
    """Who is in which group."""
    return f"facts: {{groups: {{{', '.join(f'{name}: [{who}]' for name, who in groups.items())}}}}}\n"


@pytest.mark.parametrize(
    ("whole", "others", "more", "count"),
    [
        ({}, [{"applications": NO_OFFICE}], [], 1),
        ({}, [{"applications": NO_OFFICE}, {"applications": OFFICE}], [], 0),
        ({}, [{"applications": NO_OFFICE}, {"applications": OFFICE, "state": REPORTS}], [], 1),
        ({}, [{"applications": NO_OFFICE}, {"applications": OFFICE, "users": SALES}], [], 1),
        ({}, [{"users": NO_SALES}, {"users": SALES, "applications": OFFICE}], [GLASS], 1),
        ({}, [{"users": NO_X}, {"users": "{includeUsers: [x@example.com]}"}], [GLASS, KNOWN], 0),
        ({"applications": NO_OFFICE}, [{"applications": NO_OFFICE}], [], 0),
        ({"applications": OFFICE}, [{"applications": NO_OFFICE}], [], 1),
        ({"applications": "{includeApplications: [Yammer]}"}, [{"applications": NO_OFFICE}], [], 0),
        ({}, [{"users": NO_SALES}], [GLASS], 1),
        ({}, [{"users": NO_SALES}], [], 0),
        ({}, [{"users": NO_SALES}], [GLASS, facts(Sales="")], 0),
        ({}, [{"users": NO_SALES}, {"users": SALES}], [GLASS], 0),
        ({"users": NO_SALES}, [{"users": NO_SALES}], [GLASS], 0),
        ({"users": STAFF}, [{"users": NO_SALES}], [GLASS], 0),
        ({}, [{"users": NO_EMERGENCY}], [GLASS, EMERGENCY.format("bg@example.com")], 0),
        ({}, [{"users": NO_X}], [GLASS, KNOWN], 1),
        ({}, [{"users": NO_X}], [GLASS], 0),
        ({}, [{"users": NO_BG}], [GLASS], 0),
    ],
)
def test_what_a_stand_in_leaves_out_is_left_to_another(
    tmp_path: Path,
    whole: dict[str, str],
    others: list[dict[str, str]],
    more: list[str],
    count: int,
) -> None:
    phones = policy("Phones", conditions=PHONES, **whole)
    rest = [policy(f"Rest {n}", conditions=THE_REST, grant=BLOCK, **over) for n, over in enumerate(others)]
    medium = policy("Medium", conditions=MEDIUM, **whole)
    high = [policy(f"High {n}", conditions=HIGH, **over) for n, over in enumerate(others)]

    assert len(hits(tmp_path, "CA015", phones, *rest, *more)) == count
    assert len(hits(tmp_path, "CA010", medium, *high, *more)) == count


LEGACY = "[exchangeActiveSync, other]"
NO_LEGACY = policy("No legacy", users=NO_SALES, clients=LEGACY, grant=BLOCK)


@pytest.mark.parametrize(
    ("policies", "says"),
    [
        ([policy()], "legacy clients (exchangeActiveSync, other) for everybody"),
        ([policy(clients=LEGACY, grant=BLOCK, state=REPORTS)], "(exchangeActiveSync, other)"),
        ([policy(clients="[exchangeActiveSync]", grant=BLOCK)], "legacy clients (other) for everybody"),
        ([policy(clients=LEGACY, grant=BLOCK, users=SALES)], "(exchangeActiveSync, other)"),
        ([NO_LEGACY, policy("Sales", users=SALES)], "leaves legacy clients open to members of Sales"),
    ],
)
def test_only_a_block_of_everybody_closes_the_door_to_legacy_clients(
    tmp_path: Path, policies: list[str], says: str
) -> None:
    (said,) = hits(tmp_path, "CA016", *policies, GLASS)
    assert says in said


@pytest.mark.parametrize(
    "more",
    [
        [GLASS],
        [policy("Sales", users=SALES)],
        [policy("Sales", users=SALES), GLASS, facts(Sales="bg@example.com")],
        [policy("Sales", users=SALES, grant=BLOCK), GLASS],
        [policy("Sales", users=SALES, clients=LEGACY, grant=BLOCK), GLASS],
    ],
)
def test_who_is_an_exception_or_blocked_elsewhere_leaves_no_door_to_legacy_clients(
    tmp_path: Path, more: list[str]
) -> None:
    assert hits(tmp_path, "CA016", NO_LEGACY, *more) == []


NO_EXEC = "excludeGroups: [Break glass, Executives]"
INTERNALS = policy("Internals", users=f"{{includeGroups: [Internals], {NO_EXEC}}}")
ADMIN_ROLE = "includeRoles: [Global Administrator]"
ADMINS = policy("Admins", users=f"{{{ADMIN_ROLE}, {NO_EXEC}}}", grant=HARD)
EXECUTIVES = "{includeGroups: [Executives], excludeGroups: [Break glass]}"
NO_INTERNALS = policy("Others", users=less("excludeGroups: [Break glass, Internals]"))
EVERY_KIND = f"includeGuestsOrExternalUsers: {{{KINDS.format(EXTERNAL)}}}"
GUEST_MFA = policy("Guests", users=f"{{{EVERY_KIND}, {NO_EXEC}}}")
MODERN = "[browser, mobileAppsAndDesktopClients]"


@pytest.mark.parametrize(
    ("documents", "says"),
    [
        ([INTERNALS], "Executives is excluded from Internals"),
        ([INTERNALS, policy("Everybody", state=REPORTS)], "Executives is excluded from Internals"),
        ([INTERNALS, NO_INTERNALS], "Executives is excluded from Internals"),
        (
            [INTERNALS, facts(Internals="x@example.com, y@example.com", Executives="x@example.com")],
            "Executives is",
        ),
        ([INTERNALS.replace("state: enabled", f"state: {REPORTS}")], "Executives is excluded from Internals"),
        ([policy(users=less(NO_EXEC), clients=MODERN)], "Executives is"),
        ([policy(users=less(NO_EXEC)), policy("E", users=EXECUTIVES, conditions=HIGH, grant=BLOCK)], "Exec"),
        ([ADMINS], "Executives is excluded from Admins"),
        ([ADMINS, policy("Everybody")], "Executives is excluded from Admins"),
        ([policy("Ada", users=f"{{includeUsers: [ada@example.com], {NO_EXEC}}}")], "Executives is"),
        ([GUEST_MFA], "Executives is excluded from Guests"),
        (
            [policy("I", users="{includeGroups: [Internals], excludeRoles: [Global Administrator]}")],
            "Global Administrator is excluded from I",
        ),
        (
            [
                policy("G", users=f"{{{EVERY_KIND}, excludeGuestsOrExternalUsers: {{{GUESTS}}}}}"),
            ],
            "b2bCollaborationGuest is excluded from G",
        ),
    ],
)
def test_whom_the_policy_of_a_persona_leaves_out_is_named(
    tmp_path: Path, documents: list[str], says: str
) -> None:
    (said,) = [said for said in hits(tmp_path, "CA008", *documents, GLASS) if "Others" not in said]
    assert says in said


@pytest.mark.parametrize(
    "documents",
    [
        [INTERNALS, policy("Everybody")],
        [INTERNALS, policy("Everybody", clients=MODERN)],
        [INTERNALS, policy("Executives", users=EXECUTIVES)],
        [INTERNALS, policy("Executives", users=EXECUTIVES, grant=BLOCK)],
        [INTERNALS, facts(Internals="x@example.com", Executives="y@example.com")],
        [policy("Broken", users="{includeGroups: [Executives], excludeGroups: [Executives]}")],
        [ADMINS, policy("Everybody", grant=HARD)],
        [ADMINS, policy("Executives", users=EXECUTIVES)],
        [GUEST_MFA, policy("Everybody")],
        [GUEST_MFA, policy("More guests", users="{includeUsers: [GuestsOrExternalUsers]}")],
        [GUEST_MFA, policy("More guests", users=f"{{{EVERY_KIND}}}")],
        [policy("I", users=f"{{includeGroups: [Internals], excludeGuestsOrExternalUsers: {{{GUESTS}}}}}")],
        [policy(users=less(NO_EXEC), clients="[browser]")],
        [policy(users=less(NO_EXEC), clients="[other]", grant=BLOCK)],
    ],
)
def test_who_has_another_policy_of_the_kind_is_not(tmp_path: Path, documents: list[str]) -> None:
    assert hits(tmp_path, "CA008", *documents, GLASS) == []


def test_a_block_of_everybody_stands_for_no_baseline(tmp_path: Path) -> None:
    wall = policy("Wall", users="{includeUsers: [All]}", grant=BLOCK)

    (said,) = hits(tmp_path, "CA008", policy("Everybody", users=less(NO_EXEC)), wall, GLASS)
    assert said.startswith("Executives is excluded from Everybody")


@pytest.mark.parametrize(("others", "count"), [([], 0), ([policy("Office", applications=OFFICE)], 1)])
def test_while_no_emergency_account_is_declared_a_group_that_is_out_of_all_may_be_theirs(
    tmp_path: Path, others: list[str], count: int
) -> None:
    found = hits(tmp_path, "CA008", INTERNALS, *others)
    assert [message.split(" is ")[0] for message in found] == ["Executives"] * count


ON_REST, ON_PHONES = (f"platforms: {{includePlatforms: {some}}}" for some in ("[linux]", "[android, iOS]"))
LESS_LINUX = "platforms: {includePlatforms: [all], excludePlatforms: [linux]}"
LESS_PHONES = "platforms: {includePlatforms: [all], excludePlatforms: [android, iOS]}"
APPLICATION = asks("compliantApplication")


@pytest.mark.parametrize(
    ("spared", "others", "said"),
    [
        (LESS_LINUX, [], "linux"),
        ("platforms: {excludePlatforms: [linux]}", [], "linux"),
        (LESS_PHONES, [], "android, iOS"),
        (LESS_PHONES, [{"conditions": PHONES, "grant": APPLICATION}], "android"),
        (LESS_PHONES, [{"conditions": ON_PHONES, "grant": APPLICATION, "users": SALES}], "android, iOS"),
        (
            LESS_PHONES,
            [{"conditions": ON_PHONES, "grant": APPLICATION, "clients": "[browser]"}],
            "android, iOS",
        ),
        (LESS_PHONES, [{"conditions": f"{ON_PHONES}\n{HIGH}", "grant": BLOCK}], "android, iOS"),
        (LESS_PHONES, [{"conditions": ON_PHONES, "grant": BLOCK, "state": REPORTS}], "android, iOS"),
        (LESS_LINUX, [{"grant": MFA}], "linux"),
        (LESS_LINUX, [{"conditions": LESS_LINUX, "grant": MFA}], "linux"),
    ],
)
def test_a_platform_that_a_demand_spares_is_a_hole(
    tmp_path: Path, spared: str, others: list[dict[str, str]], said: str
) -> None:
    more = [policy(f"Other {number}", **other) for number, other in enumerate(others)]
    found = hits(tmp_path, "CA015", policy("Devices", conditions=spared, grant=DEVICE), *more)
    assert f"Devices asks for nothing on {said}, which anybody can claim" in found


@pytest.mark.parametrize(
    ("spared", "others"),
    [
        (LESS_LINUX, [{"grant": BLOCK, "conditions": ON_REST}]),
        (LESS_LINUX, [{"grant": MFA, "conditions": ON_REST}]),
        (LESS_LINUX, [{"grant": BLOCK}]),
        (LESS_LINUX, [{"grant": JOINED}]),
        (LESS_PHONES, [{"conditions": ON_PHONES, "grant": APPLICATION, "clients": MODERN}]),
        (LESS_PHONES, [{"conditions": THE_REST, "grant": MFA}, {"conditions": PHONES, "grant": MFA}]),
        ("platforms: {includePlatforms: [all]}", []),
    ],
)
def test_a_platform_that_a_demand_spares_may_have_its_own(
    tmp_path: Path, spared: str, others: list[dict[str, str]]
) -> None:
    more = [policy(f"Other {number}", **other) for number, other in enumerate(others)]
    found = hits(tmp_path, "CA015", policy("Devices", conditions=spared, grant=DEVICE), *more)
    assert [message for message in found if message.startswith("Devices")] == []


EVERY_TIME = "{signInFrequency: {isEnabled: true, frequencyInterval: everyTime}}"


@pytest.mark.parametrize(
    ("medium", "always", "is_note"),
    [
        ({}, {}, True),
        ({"grant": BLOCK}, {}, False),
        ({"session": EVERY_TIME}, {}, False),
        ({"session": EVERY_TIME}, {"session": EVERY_TIME}, True),
        ({}, {"conditions": PHONES}, False),
        ({}, {"users": PILOTS}, False),
        ({}, {"users": "{includeUsers: [All]}", "grant": BLOCK}, False),
    ],
)
def test_a_missing_level_is_a_note_where_as_much_is_asked_anyway(
    tmp_path: Path, medium: dict[str, str], always: dict[str, str], is_note: bool
) -> None:
    at_medium = policy("Medium", conditions=MEDIUM, **medium)
    found = findings(tmp_path, stream(at_medium, policy("Always", **always))).findings

    (severity,) = [finding.severity for finding in found if finding.rule == "CA010"]
    assert severity == ("note" if is_note else "warning")


def workloads(level: str, *, included: str = "ServicePrincipalsInMyTenant", excluded: str = "") -> str:
    """A block of workloads at a risk."""
    some = f"includeServicePrincipals: [{included}], excludeServicePrincipals: [{excluded}]"
    conditions = f"servicePrincipalRiskLevels: [{level}]\nclientApplications: {{{some}}}"
    return policy(f"At {level}", users="{includeUsers: [None]}", conditions=conditions, grant=BLOCK)


@pytest.mark.parametrize(
    ("others", "count"),
    [
        ([], 1),
        ([workloads("high")], 0),
        ([workloads("high", included="robot")], 1),
        ([workloads("high", excluded="robot")], 1),
        ([policy("High", conditions="servicePrincipalRiskLevels: [high]", grant=BLOCK)], 1),
    ],
)
def test_levels_of_workloads_are_covered_by_policies_for_workloads(
    tmp_path: Path, others: list[str], count: int
) -> None:
    assert len(hits(tmp_path, "CA010", workloads("medium"), *others)) == count


def test_a_block_of_everybody_hides_nothing(tmp_path: Path) -> None:
    wall = policy("Wall", users="{includeUsers: [All]}", grant=BLOCK)
    phones = policy("Phones", conditions=PHONES)

    for rule in ("CA016", "CA017", "CA018"):
        (said,) = hits(tmp_path / rule, rule, wall, phones)
        assert said.endswith("for everybody, but Wall, which blocks everything")
    assert len(hits(tmp_path, "CA015", wall, phones)) == 1
    assert hits(tmp_path / "redundant", "CA042", wall, phones) == []


@pytest.mark.parametrize("role", ["Global Administrator", "id:62e90394-69f5-4237-9190-012177145e10"])
def test_a_role_is_found_where_it_was_written_by_name_or_id(tmp_path: Path, role: str) -> None:
    synchronising = "id:d29b2b05-8046-44ba-8758-1e26182fcf32"
    roles = f"excludeRoles:\n      - {synchronising}\n      - {role}\n"
    text = policy(users="\n      includeUsers: [All]\n      " + roles)

    (place,) = [
        item.place for item in findings(tmp_path, stream(text, GLASS)).findings if item.rule == "CA008"
    ]
    assert place is not None
    assert text.splitlines()[place.line - 1].endswith(role)
