"""DL028: a method goes that was the only one which a strength takes of somebody."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_tools import findings

from tapctl.lint.example import configuration, document, policy, stream, strength

OURS = "{operator: OR, authenticationStrength: Ours}"
STAFF = "{includeGroups: [Staff], excludeGroups: [Break glass]}"
ON = "{kind: Fido2Policy, spec: {state: enabled, includeTargets: [all_users]}}"
CARDS = "{kind: X509CertificatePolicy, spec: {state: enabled, includeTargets: [all_users]}}"
OFF = configuration("Fido2Policy", is_on=False)
CARDS_ON = configuration("X509CertificatePolicy", is_on=True)
FOR_OTHERS = document("Fido2Policy", "", "{state: enabled, includeTargets: [Others]}")
BUT_STAFF = document(
    "Fido2Policy", "", "{state: enabled, includeTargets: [all_users], excludeTargets: [Staff]}"
)
KEYS, EITHER = strength("Ours", "fido2"), strength("Ours", "fido2", "x509CertificateMultiFactor")
WITH_HELLO = strength("Ours", "fido2", "windowsHelloForBusiness")


def said(root: Path, before: str, *documents: str, users: str = STAFF, grant: str = OURS) -> list[str]:
    asking = policy(users=users, grant=grant)
    found = findings(root, stream(f"before: [{before}]\n", asking, *documents)).findings
    return [finding.message for finding in found if finding.rule == "DL028"]


def facts(*registered: str) -> str:
    users = ", ".join(f"u{n}@x.example: {{registered: [{held}]}}" for n, held in enumerate(registered))
    members = ", ".join(f"u{n}@x.example" for n, _ in enumerate(registered))
    return f"facts: {{groups: {{Staff: [{members}], Others: [], Break glass: []}}, users: {{{users}}}}}\n"


@pytest.mark.parametrize(
    ("before", "documents", "gone"),
    [
        (ON, [OFF, KEYS], "fido2"),
        (ON, [FOR_OTHERS, KEYS], "fido2"),
        (ON, [BUT_STAFF, KEYS], "fido2"),
        (ON, [OFF, configuration("X509CertificatePolicy", is_on=False), EITHER], "fido2"),
        (
            f"{ON}, {CARDS}",
            [OFF, configuration("X509CertificatePolicy", is_on=False), EITHER],
            "fido2, x509CertificateMultiFactor",
        ),
    ],
)
def test_a_group_of_whom_a_strength_is_asked_loses_all_that_it_takes(
    tmp_path: Path, before: str, documents: list[str], gone: str
) -> None:
    assert said(tmp_path, before, *documents) == [f"{gone} was all that let members of Staff in"]


def test_everybody_loses_all_that_a_strength_takes(tmp_path: Path) -> None:
    found = said(tmp_path, ON, OFF, KEYS, users="{includeUsers: [All]}")
    assert found == ["fido2 was all that let people in"]


@pytest.mark.parametrize("after", [OFF, FOR_OTHERS, BUT_STAFF])
def test_somebody_loses_the_only_method_of_theirs_that_a_strength_takes(tmp_path: Path, after: str) -> None:
    held = facts("password, fido2", "password, fido2, windowsHelloForBusiness", "password")
    found = said(tmp_path, ON, after, WITH_HELLO, held)
    assert found == ["fido2 was all that let 1 person in"]


@pytest.mark.parametrize(
    ("before", "documents", "grant"),
    [
        (ON, [configuration("Fido2Policy", is_on=True), KEYS], OURS),
        (ON.replace("enabled", "disabled"), [OFF, KEYS], OURS),
        ("", [OFF, KEYS], OURS),
        (f"{ON}, {CARDS}", [OFF, CARDS_ON, EITHER], OURS),
        (ON, [OFF, WITH_HELLO], OURS),
        (ON, [OFF, KEYS], OURS.replace("OR", "OR, builtInControls: [compliantDevice]")),
        (ON, [OFF, WITH_HELLO, facts("password, windowsHelloForBusiness")], OURS),
        ("", [OFF, WITH_HELLO, facts("password, fido2")], OURS),
    ],
)
def test_another_way_or_none_before_is_no_loss(
    tmp_path: Path, before: str, documents: list[str], grant: str
) -> None:
    assert said(tmp_path, before, *documents, grant=grant) == []
