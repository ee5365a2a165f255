"""What tests of facts share: a workspace from a few lines of YAML."""

from __future__ import annotations

from pathlib import Path

from tapctl.pipeline import Checked, check

SETTINGS = "breakGlass: {groups: [Break glass]}\n"
PINS = "pins: {Group/Break glass: 20000000-0000-4000-8000-000000000001}\n"


def checked(folder: Path, documents: str, *, pins: str = PINS) -> Checked:
    (folder / "environments").mkdir(exist_ok=True)
    (folder / "tapctl.yaml").write_text(SETTINGS, encoding="utf-8")
    (folder / "environments/sandbox.yaml").write_text(pins, encoding="utf-8")
    (folder / "documents.yaml").write_text(documents, encoding="utf-8")
    found = check(folder, None)
    assert not found.has_errors, found.findings
    return found


def policy(
    name: str, users: str = "includeUsers: [All], excludeGroups: [Break glass]", more: str = ""
) -> str:
    return f"""---
kind: ConditionalAccessPolicy
name: {name}
spec:
  state: enabled
  conditions:
    users: {{{users}}}
    applications: {{includeApplications: [All]}}
    clientAppTypes: [all]
    {more}
  grantControls: {{operator: OR, builtInControls: [mfa]}}
"""
