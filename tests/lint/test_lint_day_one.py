"""TAP011: what somebody new cannot get past without a pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_tools import findings

from tapctl.lint.example import REGISTER, document, policy, stream, tap

OURS = "{operator: OR, authenticationStrength: Ours}"
OR_DEVICE = "{operator: OR, builtInControls: [compliantDevice], authenticationStrength: Ours}"
OFFICE = "locations: {includeLocations: [All], excludeLocations: [AllTrusted]}"
PASS, KEY, PARTNER = "temporaryAccessPassOneTime", "fido2", "federatedMultiFactor"


def rules(root: Path, *documents: str) -> set[str]:
    """Which rules speak up."""
    return {finding.rule for _, finding in findings(root, stream(*documents)).found}


def strength(*combinations: str) -> str:
    """The strength Ours."""
    return document("AuthenticationStrength", "Ours", f"{{allowedCombinations: [{', '.join(combinations)}]}}")


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
