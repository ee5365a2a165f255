"""TAP012: who is asked for a pass, or for what only a pass leads to, and cannot use one."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_tools import findings

from tapctl.lint.example import EVERYONE, MFA, REGISTER, document, policy, stream, strength, tap

STARTERS = "{includeGroups: [Starters], excludeGroups: [Break glass]}"
KIT = "{operator: OR, authenticationStrength: Kit}"
PASS, KEY, CARD = "temporaryAccessPassOneTime", "fido2", "x509CertificateMultiFactor"
LATER = "asks members of Starters for a pass or a method to register first; passes do not work for them"


def said(root: Path, guard: str, *documents: str, to: str = "[Others]", less: str = "") -> list[str]:
    configuration = tap(includeTargets=to, excludeTargets=less)
    found = findings(root, stream(guard, configuration, *documents)).findings
    return [finding.message for finding in found if finding.rule == "TAP012"]


def guard(users: str = STARTERS, grant: str = KIT, conditions: str = "") -> str:
    return policy("Guard", users=users, applications=REGISTER, grant=grant, conditions=conditions)


def cards(state: str, include: str, exclude: str = "") -> str:
    return document(
        "X509CertificatePolicy",
        "",
        f"{{state: {state}, includeTargets: [{include}], excludeTargets: [{exclude}]}}",
    )


def facts(*registered: str, group: str = "Starters") -> str:
    people = [f"a{number}@x.example" for number, _ in enumerate(registered)]
    users = ", ".join(
        f"{name}: {{registered: [{held}]}}" for name, held in zip(people, registered, strict=True)
    )
    return f"facts: {{groups: {{{group}: [{', '.join(people)}]}}, users: {{{users}}}}}\n"


@pytest.mark.parametrize(
    "documents",
    [
        [strength("Kit", PASS, KEY)],
        [strength("Kit", PASS, CARD)],
        [strength("Kit", PASS, CARD), cards("disabled", "all_users")],
        [strength("Kit", PASS, CARD), cards("enabled", "Others")],
        [strength("Kit", PASS, CARD), cards("enabled", "all_users", "Starters")],
        [strength("Kit", PASS, KEY), facts(KEY, "password")],
        [strength("Kit", PASS, KEY), facts()],
        [strength("Kit", PASS, KEY), facts(KEY), document("Group", "Starters", "{members: [Unread]}")],
    ],
)
def test_who_is_new_cannot_use_the_other_methods_yet(tmp_path: Path, documents: list[str]) -> None:
    assert said(tmp_path, guard(), *documents) == [f"Guard {LATER}"]


def test_an_excluded_group_is_asked_for_what_it_cannot_use(tmp_path: Path) -> None:
    found = said(tmp_path, guard(), strength("Kit", PASS, KEY), to="[all_users]", less="[Starters]")
    assert found == [f"Guard {LATER}"]


@pytest.mark.parametrize(
    "documents",
    [
        [strength("Kit", PASS, CARD), cards("enabled", "all_users")],
        [strength("Kit", PASS, CARD), cards("enabled", "Starters")],
        [strength("Kit", PASS, "federatedMultiFactor")],
        [strength("Kit", PASS, "federatedMultiFactor"), cards("enabled", "Others")],
        [strength("Kit", PASS, KEY), facts(KEY, f"password, {KEY}")],
        [strength("Kit", KEY)],
        [strength("Kit", PASS, KEY), "settings: {breakGlass: {groups: [Starters]}}\n"],
    ],
)
def test_who_has_another_way_needs_no_pass(tmp_path: Path, documents: list[str]) -> None:
    assert said(tmp_path, guard(), *documents) == []


@pytest.mark.parametrize(
    "asking",
    [
        guard("{includeRoles: [Global Administrator]}"),
        guard("{includeGroups: [Starters], excludeGroups: [Starters]}"),
        guard(grant=MFA),
        guard(grant="{operator: OR, builtInControls: [compliantDevice], authenticationStrength: Kit}"),
        guard(conditions="locations: {includeLocations: [All], excludeLocations: [AllTrusted]}"),
    ],
)
def test_a_guard_that_leaves_another_way_is_none_of_passes_only(tmp_path: Path, asking: str) -> None:
    assert said(tmp_path, asking, strength("Kit", PASS, KEY)) == []


@pytest.mark.parametrize("to", ["[all_users]", "[Starters]", "[Newer]"])
def test_who_can_use_a_pass_is_in_no_gap(tmp_path: Path, to: str) -> None:
    newer = document("Group", "Newer", "{members: [Starters]}")
    assert said(tmp_path, guard(), strength("Kit", PASS, KEY), newer, to=to) == []


ALL = guard(EVERYONE)
ONLY = strength("Kit", PASS)
EITHER = strength("Kit", PASS, KEY)
NOW = "Guard asks everybody for a pass"
GLASS = "settings: {breakGlass: {groups: [Break glass]}}\n"


def weighed(root: Path, *documents: str, to: str = "[Others]", less: str = "") -> list[tuple[str, str]]:
    found = findings(root, stream(tap(includeTargets=to, excludeTargets=less), *documents)).findings
    return [(finding.severity, finding.message) for finding in found if finding.rule == "TAP012"]


def test_everybody_is_asked_for_a_pass_that_works_for_some(tmp_path: Path) -> None:
    found = weighed(tmp_path, ALL, ONLY)
    assert found == [("error", f"{NOW}; passes work for members of Others only")]


def test_everybody_is_asked_for_a_pass_that_works_for_nobody(tmp_path: Path) -> None:
    gone = "Guard asks members of Others for a pass; passes do not work for them"
    found = weighed(tmp_path, ALL, ONLY, less="[Others]")
    assert found == [("error", gone), ("error", f"{NOW}; passes work for nobody")]


def test_who_is_new_and_in_no_group_with_passes_is_worth_a_note(tmp_path: Path) -> None:
    found = weighed(tmp_path, ALL, EITHER)
    assert found == [("note", f"{NOW} or a method to register first; passes work for members of Others only")]


@pytest.mark.parametrize("nested", [[], [document("Group", "Wider", "{members: [Others]}")]])
def test_who_is_to_use_passes_and_is_left_out_again_is_in_the_gap(tmp_path: Path, nested: list[str]) -> None:
    found = weighed(
        tmp_path, ALL, EITHER, *nested, to="[Others, More]", less="[Wider]" if nested else "[Others]"
    )
    lost = (
        "Guard asks members of Others for a pass or a method to register first; passes do not work for them"
    )
    assert ("error", lost) in found


@pytest.mark.parametrize(("kit", "severity"), [(ONLY, "error"), (EITHER, "note")])
def test_who_alone_may_use_no_pass_is_named(tmp_path: Path, kit: str, severity: str) -> None:
    found = weighed(tmp_path, ALL, kit, to="[all_users]", less="[Contractors]")
    assert [(said, "members of Contractors" in message) for said, message in found] == [(severity, True)]


@pytest.mark.parametrize(
    "documents",
    [
        [policy("Guard", users="{includeUsers: [All]}", applications=REGISTER, grant=KIT), ONLY, GLASS],
        [guard("{includeUsers: [All], excludeGroups: [Spared]}"), ONLY],
        [ALL, strength("Kit", PASS, CARD), cards("enabled", "all_users")],
        [
            guard(
                EVERYONE, "{operator: OR, builtInControls: [compliantDevice], authenticationStrength: Kit}"
            ),
            ONLY,
        ],
    ],
)
def test_nobody_is_in_a_gap_who_is_spared_or_has_another_way(tmp_path: Path, documents: list[str]) -> None:
    less = "[Break glass]" if GLASS in documents else "[Spared]"
    assert weighed(tmp_path, *documents, to="[all_users]", less=less) == []


def test_everybody_has_another_way_where_certificates_are_on(tmp_path: Path) -> None:
    assert weighed(tmp_path, ALL, strength("Kit", PASS, CARD), cards("enabled", "all_users")) == []
