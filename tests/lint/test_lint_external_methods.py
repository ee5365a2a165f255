"""CA030: a strength, and people whose second factor may be an external method."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_tools import findings

from tapctl.lint.example import configuration, document, policy, stream, strength

OURS = "{operator: OR, authenticationStrength: Ours}"
STAFF = "{includeGroups: [Staff], excludeGroups: [Break glass]}"
KEYS_OFF = configuration("Fido2Policy", is_on=False)
OTHER_KEYS = document("Fido2Policy", "", "{state: enabled, includeTargets: [Others]}")
KNOWN = "facts: {groups: {Break glass: []}, users: {eve@x.example: {registered: [password, fido2]}}}\n"
ASKS = "A policy asks for a strength, which Nordwind does not satisfy, of"
NOTHING, PERHAPS = "and nothing that it takes is enabled for them", "who may have nothing else"


def nordwind(to: str, state: str = "enabled") -> str:
    spec = (
        f"{{state: {state}, appId: 11111111-2222-4333-8444-555555555555, includeTargets: [{to}], "
        "openIdConnectSetting: {clientId: nordwind, discoveryUrl: 'https://mfa.example.com/x'}}"
    )
    return document("ExternalAuthenticationMethod", "Nordwind", spec)


def said(root: Path, *documents: str, users: str = STAFF) -> list[tuple[str, str]]:
    asking = stream(policy(users=users, grant=OURS), strength("Ours", "fido2"), *documents)
    found = findings(root, asking).findings
    return [(finding.severity, finding.message) for finding in found if finding.rule == "CA030"]


@pytest.mark.parametrize(
    ("documents", "severity", "says"),
    [
        ([nordwind("Staff"), KEYS_OFF], "error", f"members of Staff, {NOTHING}"),
        ([nordwind("Staff, Others"), OTHER_KEYS], "error", f"members of Staff, {NOTHING}"),
        ([nordwind("Staff, Others"), KEYS_OFF, KNOWN], "error", f"members of Staff, {NOTHING}"),
        ([nordwind("all_users"), KEYS_OFF], "error", f"members of Staff, {NOTHING}"),
        ([nordwind("Staff")], "note", f"members of Staff, {PERHAPS}"),
    ],
)
def test_a_group_s_external_method_does_not_satisfy_a_strength(
    tmp_path: Path, documents: list[str], severity: str, says: str
) -> None:
    assert said(tmp_path, *documents) == [(severity, f"{ASKS} {says}")]


@pytest.mark.parametrize(
    ("documents", "severity", "says"),
    [([KEYS_OFF], "error", NOTHING), ([OTHER_KEYS], "note", PERHAPS), ([], "note", PERHAPS)],
)
def test_everybody_s_external_method_does_not_satisfy_a_strength(
    tmp_path: Path, documents: list[str], severity: str, says: str
) -> None:
    found = said(tmp_path, nordwind("all_users"), *documents, users="{includeUsers: [All]}")
    assert found == [(severity, f"{ASKS} people, {says}")]


@pytest.mark.parametrize(
    "documents",
    [
        [],
        [KEYS_OFF],
        [nordwind("Others"), KEYS_OFF],
        [nordwind("Staff").replace("openId", "excludeTargets: [Staff], openId"), KEYS_OFF],
        [nordwind("Staff", state="disabled"), KEYS_OFF],
        [nordwind("Staff"), KNOWN],
    ],
)
def test_where_no_external_method_is_for_those_who_are_asked_nothing_is_said(
    tmp_path: Path, documents: list[str]
) -> None:
    assert said(tmp_path, *documents) == []
