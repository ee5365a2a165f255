"""TAP011, DL003 and REG011: what somebody new cannot get past, and what only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_tools import findings, messages

from tapctl.lint.example import BLOCK, REGISTER, configuration, document, policy, stream, tap

OURS = "{operator: OR, authenticationStrength: Ours}"
OR_DEVICE = "{operator: OR, builtInControls: [compliantDevice], authenticationStrength: Ours}"
OFFICE = "locations: {includeLocations: [All], excludeLocations: [AllTrusted]}"
NEW_HIRES = "{includeGroups: [New hires]}"
PASS, KEY, PARTNER = "temporaryAccessPassOneTime", "fido2", "federatedMultiFactor"
CERTIFICATE = "x509CertificateMultiFactor"
KEYS_ON = configuration("Fido2Policy", is_on=True)
NO_KEYS = document("Fido2Policy", "", "{state: disabled, includeTargets: [all_users]}")


def rules(root: Path, *documents: str) -> set[str]:
    """Which rules speak up."""
    return {finding.rule for _, finding in findings(root, stream(*documents)).found}


def strength(*combinations: str) -> str:
    """The strength Ours."""
    return document("AuthenticationStrength", "Ours", f"{{allowedCombinations: [{', '.join(combinations)}]}}")


def control(name: str, operator: str = "OR") -> str:
    """A grant that asks for a control."""
    return f"{{operator: {operator}, builtInControls: [{name}]}}"


@pytest.mark.parametrize(
    ("guard", "accepted", "is_said"),
    [
        (policy(applications=REGISTER, grant=OURS), (PASS, KEY), True),
        (policy(applications=REGISTER, grant=OURS, conditions=OFFICE), (PASS,), True),
        (policy(applications=REGISTER, grant=OURS, conditions=OFFICE), (PASS, KEY), False),
        (policy(applications=REGISTER, grant=OURS), (PASS, PARTNER), False),
        (policy(applications=REGISTER, grant=OURS), (KEY,), False),
        (policy(applications=REGISTER, grant=OR_DEVICE), (PASS, KEY), False),
    ],
)
def test_passes_that_are_off_are_missed_where_somebody_new_has_nothing_else(
    tmp_path: Path, guard: str, accepted: tuple[str, ...], is_said: bool
) -> None:
    found = rules(tmp_path, tap(state="disabled"), guard, strength(*accepted))
    assert ("TAP011" in found) == is_said


def certificates(state: str = "enabled", include: str = "all_users", exclude: str = "") -> str:
    """For whom certificates are."""
    spec = f"{{state: {state}, includeTargets: [{include}], excludeTargets: [{exclude}]}}"
    return document("X509CertificatePolicy", "", spec)


STAFF = policy(users="{includeGroups: [New hires, Staff]}", applications=REGISTER, grant=OURS)


@pytest.mark.parametrize(
    ("configured", "guard", "is_said"),
    [
        (certificates("disabled"), policy(applications=REGISTER, grant=OURS), True),
        (certificates(exclude="New hires"), policy(users=NEW_HIRES, applications=REGISTER, grant=OURS), True),
        (certificates(), policy(applications=REGISTER, grant=OURS), False),
        (certificates(include="Staff"), policy(applications=REGISTER, grant=OURS), False),
        (certificates(include="Staff"), STAFF, False),
        (certificates(include="Others"), STAFF, True),
        (certificates(exclude="New hires, Staff"), STAFF, True),
    ],
)
def test_a_certificate_is_a_way_in_where_certificates_are_on(
    tmp_path: Path, configured: str, guard: str, is_said: bool
) -> None:
    found = rules(tmp_path, tap(state="disabled"), configured, guard, strength(PASS, KEY, CERTIFICATE))
    assert ("TAP011" in found) == is_said


@pytest.mark.parametrize(
    ("configured", "severities"),
    [((), ["warning"]), ((certificates("disabled"),), ["error"]), ((certificates(),), [])],
)
def test_a_strength_of_certificates_lets_nobody_new_register_unless_they_are_on(
    tmp_path: Path, configured: tuple[str, ...], severities: list[str]
) -> None:
    guard = policy(applications=REGISTER, grant=OURS)
    found = findings(tmp_path, stream(*configured, guard, strength(KEY, CERTIFICATE))).found

    assert [finding.severity for _, finding in found if finding.rule == "REG003"] == severities


def test_that_nobody_says_whether_certificates_are_on_is_said(tmp_path: Path) -> None:
    guard = policy(applications=REGISTER, grant=OURS)
    found = messages(tmp_path, "TAP011", tap(state="disabled"), guard, strength(PASS, KEY, CERTIFICATE))

    assert "certificates, which it takes, are off unless a tenant turns them on" in found[0]


@pytest.mark.parametrize(
    ("users", "who"),
    [
        ("{includeUsers: [All]}", ["all"]),
        ("{includeGroups: [New hires]}", ["members of New hires"]),
        ("{includeGroups: [Lost device]}", ["members of Lost device"]),
        ("{includeGroups: [Break glass]}", []),
        ("{includeGroups: [Staff]}", []),
    ],
)
def test_without_passes_nobody_new_gets_in_who_is_in_a_group_that_is_asked_for_more(
    tmp_path: Path, users: str, who: list[str]
) -> None:
    guarded = "{includeGroups: [New hires, Lost device, Break glass]}"
    guard = policy("Guard", users=guarded, applications=REGISTER, grant=OURS)
    work = policy("Work", users=users, grant=OURS)
    glass = "settings: {breakGlass: {groups: [Break glass]}}\n"
    found = messages(tmp_path, "DL001", tap(state="disabled"), guard, work, strength(PASS, KEY), glass)

    ends = "who have a password only, and passes are off"
    assert found == [f"Work keeps out {one} {ends}" for one in who]


@pytest.mark.parametrize(
    ("grant", "is_said"),
    [
        (OURS, True),
        (control("domainJoinedDevice"), False),
        (control("compliantDevice"), False),
        (control("compliantApplication"), False),
        (control("domainJoinedDevice, mfa", "AND"), False),
        (BLOCK, False),
    ],
)
def test_nothing_lands_where_a_method_is_missing_and_not_a_device(
    tmp_path: Path, grant: str, is_said: bool
) -> None:
    asked = policy(users=NEW_HIRES, applications="{includeApplications: [Office365]}", grant=grant)

    assert ("DL003" in rules(tmp_path, tap(), NO_KEYS, asked, strength(KEY))) == is_said


@pytest.mark.parametrize(
    ("configured", "accepted", "is_said"),
    [
        (tap(), PASS, False),
        (tap(), "temporaryAccessPassMultiUse", True),
        (tap(isUsableOnce="false"), "temporaryAccessPassMultiUse", False),
        (tap(state="disabled"), PASS, True),
    ],
)
def test_a_pass_that_nobody_is_issued_is_no_way_to_a_passkey(
    tmp_path: Path, configured: str, accepted: str, is_said: bool
) -> None:
    resistant = policy("Work", grant="{operator: OR, authenticationStrength: Phishing-resistant MFA}")
    way = policy("Register", applications=REGISTER, grant=OURS)

    assert ("REG011" in rules(tmp_path, KEYS_ON, configured, resistant, way, strength(accepted))) == is_said


def test_a_policy_for_other_platforms_loops_on_no_phone(tmp_path: Path) -> None:
    work = policy("Work", grant=OURS, conditions="platforms: {includePlatforms: [windows]}")
    assert "REG011" not in rules(tmp_path, KEYS_ON, tap(), work, strength(KEY))


@pytest.mark.parametrize(
    ("accepted", "is_said"),
    [
        ((KEY,), True),
        ((KEY, CERTIFICATE), True),
        ((CERTIFICATE,), False),
        (("windowsHelloForBusiness",), False),
    ],
)
def test_a_strength_loops_on_phones_only_where_it_asks_for_a_passkey(
    tmp_path: Path, accepted: tuple[str, ...], is_said: bool
) -> None:
    work = policy("Work", grant=OURS)
    assert ("REG011" in rules(tmp_path, KEYS_ON, tap(), work, strength(*accepted))) == is_said


@pytest.mark.parametrize(
    ("controls", "state", "is_said"),
    [("mfa", "enabled", False), ("mfa", "disabled", True), ("compliantDevice", "enabled", True)],
)
def test_plain_mfa_on_registration_takes_a_pass_that_somebody_is_issued(
    tmp_path: Path, controls: str, state: str, is_said: bool
) -> None:
    resistant = policy("Work", grant="{operator: OR, authenticationStrength: Phishing-resistant MFA}")
    way = policy("Register", applications=REGISTER, grant=f"{{operator: OR, builtInControls: [{controls}]}}")

    assert ("REG011" in rules(tmp_path, KEYS_ON, tap(state=state), resistant, way)) == is_said


@pytest.mark.parametrize(
    ("users", "is_said"),
    [
        ("{includeUsers: [All]}", False),
        ("{includeRoles: [Global Administrator]}", False),
        ("{includeRoles: [Global Reader]}", True),
        ("{includeGroups: [Pilots]}", True),
    ],
)
def test_a_way_to_a_passkey_for_others_is_none_for_administrators(
    tmp_path: Path, users: str, is_said: bool
) -> None:
    resistant = "{operator: OR, authenticationStrength: Phishing-resistant MFA}"
    admins = policy("Admins", users="{includeRoles: [Global Administrator]}", grant=resistant)
    way = policy("Register", users=users, applications=REGISTER)

    assert ("REG011" in rules(tmp_path, KEYS_ON, tap(), admins, way)) == is_said


def test_what_is_so_for_two_groups_is_said_once(tmp_path: Path) -> None:
    resistant = "{operator: OR, authenticationStrength: Phishing-resistant MFA}"
    found = findings(
        tmp_path, stream(tap(includeTargets="[New hires, Pilots]"), policy(grant=resistant))
    ).found

    assert [finding.rule for _, finding in found].count("DL007") == 1


BEFORE = "before: [{{kind: TemporaryAccessPassPolicy, spec: {{state: enabled, isUsableOnce: true, {}}}}}]\n"
TO_HIRES = "includeTargets: [New hires]"


@pytest.mark.parametrize(
    ("before", "grant", "is_said"),
    [
        (BEFORE.format(TO_HIRES), OURS, True),
        (BEFORE.format("includeTargets: [Pilots]"), OURS, False),
        ("before: []\n", OURS, False),
        (BEFORE.format(TO_HIRES), BLOCK, False),
    ],
)
def test_a_method_that_goes_matters_to_whoever_landed_with_it(
    tmp_path: Path, before: str, grant: str, is_said: bool
) -> None:
    found = rules(tmp_path, before, tap(), NO_KEYS, policy(grant=grant), strength(KEY))
    assert ("DL028" in found) == is_said


WALL = (
    "{kind: ConditionalAccessPolicy, name: Wall, spec: {state: enabled, conditions: {users: {includeUsers: "
    "[All]}, applications: {includeApplications: [Office365]}}, grantControls: "
    "{operator: OR, builtInControls: [block]}}}"
)


def test_a_method_that_goes_does_not_matter_to_whoever_never_landed(tmp_path: Path) -> None:
    before = BEFORE.format(TO_HIRES).replace("}}]", f"}}}}, {WALL}]")

    assert "DL028" not in rules(tmp_path, before, tap(), NO_KEYS, policy(grant=OURS), strength(KEY))


def test_what_is_asked_for_everywhere_is_named_and_not_a_wall_around_some_places(tmp_path: Path) -> None:
    countries = document("NamedLocation", "Hiring", "{countriesAndRegions: [DE]}")
    wall = "locations: {includeLocations: [All], excludeLocations: [Hiring]}"
    guard = policy("Guard", applications=REGISTER, grant=OURS)
    found = findings(
        tmp_path,
        stream(
            tap(),
            policy("A wall", conditions=wall, grant=BLOCK),
            guard,
            countries,
            strength("temporaryAccessPassMultiUse"),
        ),
    )

    said = [finding.message for _, finding in found.found if finding.rule == "DL002"]
    assert len(said) == 1
    assert said[0].startswith("Guard keeps")


@pytest.mark.parametrize(
    ("configured", "is_said"),
    [((), True), ((certificates("disabled"),), True), ((certificates(include="New hires"),), False)],
)
def test_nobody_registers_the_certificate_that_is_asked_for_later(
    tmp_path: Path, configured: tuple[str, ...], is_said: bool
) -> None:
    later = policy("Later", users="{includeUsers: [All], excludeGroups: [New hires]}", grant=OURS)
    found = rules(tmp_path, tap(), *configured, later, strength(CERTIFICATE))

    assert ("DL024" in found) == is_said
