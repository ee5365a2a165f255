"""CA053 and REG008: which guests a policy asks, and for what none of them can show."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_tools import findings

from tapctl.lint.example import REGISTER, policy, stream, strength

OURS = "{operator: OR, authenticationStrength: Ours}"
PASS, KEY = "temporaryAccessPassOneTime", "fido2"
EVERY, SOME = "all", "enumerated, members: [11111111-2222-4333-8444-555555555555]"
PARTNERS = "{includeGroups: [Partners], excludeGroups: [Break glass]}"
GUS = "gus@x.example: {{type: {}}}"


def guests(side: str, kinds: str, tenants: str = EVERY) -> str:
    of = f"guestOrExternalUserTypes: [{kinds}], externalTenants: {{membershipKind: {tenants}}}"
    return f"{side}GuestsOrExternalUsers: {{{of}}}"


def everybody_but(kinds: str, tenants: str = EVERY) -> str:
    return f"{{includeUsers: [All], {guests('exclude', kinds, tenants)}}}"


def facts(kind: str) -> str:
    return (
        f"facts: {{groups: {{Partners: [gus@x.example], Break glass: []}}, users: {{{GUS.format(kind)}}}}}\n"
    )


def said(root: Path, rule: str, users: str, *documents: str, to: str = "") -> list[tuple[str, str]]:
    asking = policy(users=users, grant=OURS, **({"applications": to} if to else {}))
    found = findings(root, stream(asking, *documents)).findings
    return [
        (finding.severity, finding.message.partition(", which ")[2])
        for finding in found
        if finding.rule == rule
    ]


EXTERNAL = "b2bCollaborationGuest, b2bCollaborationMember, b2bDirectConnectUser, otherExternalUser"
NONE, SOME_CANNOT = (
    ("warning", "no guest can satisfy"),
    ("note", "those without an account at Entra cannot satisfy"),
)


@pytest.mark.parametrize(
    ("users", "documents", "expected"),
    [
        (f"{{{guests('include', 'b2bCollaborationGuest')}}}", [strength("Ours", PASS)], [NONE]),
        (everybody_but("internalGuest"), [strength("Ours", PASS)], [NONE]),
        (everybody_but("b2bCollaborationGuest"), [strength("Ours", PASS)], [NONE]),
        (everybody_but(EXTERNAL, SOME), [strength("Ours", PASS)], [NONE]),
        (PARTNERS, [strength("Ours", PASS), facts("b2bCollaborationMember")], [NONE]),
        (f"{{{guests('include', 'b2bCollaborationGuest')}}}", [strength("Ours", KEY)], [SOME_CANNOT]),
        ("{includeUsers: [All]}", [strength("Ours", KEY)], [SOME_CANNOT]),
        (everybody_but(EXTERNAL), [strength("Ours", PASS)], []),
        (f"{{{guests('include', 'internalGuest')}}}", [strength("Ours", PASS)], []),
        (f"{{{guests('include', 'serviceProvider')}}}", [strength("Ours", PASS)], []),
        (f"{{{guests('include', 'b2bCollaborationGuest', SOME)}}}", [strength("Ours", KEY)], []),
        (PARTNERS, [strength("Ours", PASS), facts("member")], []),
        (PARTNERS, [strength("Ours", KEY), facts("b2bCollaborationMember")], []),
    ],
)
def test_guests_are_asked_for_what_none_or_some_of_them_cannot_show(
    tmp_path: Path, users: str, documents: list[str], expected: list[tuple[str, str]]
) -> None:
    assert said(tmp_path, "CA053", users, *documents) == expected


@pytest.mark.parametrize(("kinds", "count"), [("internalGuest", 1), (EXTERNAL, 0)])
def test_guests_of_the_tenant_s_own_hold_passes(tmp_path: Path, kinds: str, count: int) -> None:
    found = said(tmp_path, "REG008", everybody_but(kinds), strength("Ours", PASS), to=REGISTER)
    assert len(found) == count
