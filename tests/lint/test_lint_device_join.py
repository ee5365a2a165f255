"""DEV003 and DEV004: what guards joining a device, beside the device settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_tools import findings

from tapctl.lint.example import JOIN, policy, stream

GUARD, OTHER = policy(applications=JOIN), policy()
REPORTS = policy(applications=JOIN, state="enabledForReportingButNotEnforced")
OFF = policy(applications=JOIN, state="disabled")


@pytest.mark.parametrize(
    ("document", "needs_mfa", "rules"),
    [
        (GUARD, "true", {"DEV003"}),
        (REPORTS, "true", {"DEV003"}),
        (OFF, "true", set()),
        (OTHER, "true", set()),
        (GUARD, "false", set()),
        (REPORTS, "false", {"DEV004"}),
        (OFF, "false", {"DEV004"}),
        (OTHER, "false", {"DEV004"}),
        (OTHER, "null", set()),
    ],
)
def test_either_a_policy_or_the_device_settings_guard_joining(
    tmp_path: Path, document: str, needs_mfa: str, rules: set[str]
) -> None:
    found = findings(tmp_path, stream(document, f"facts: {{joinNeedsMfa: {needs_mfa}}}\n")).findings
    assert {finding.rule for finding in found} & {"DEV003", "DEV004"} == rules
