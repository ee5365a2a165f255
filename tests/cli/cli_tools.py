"""The whole program in this process, standing beside a small workspace."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tapctl.cli.main import run

DOCUMENTS = """\
kind: TemporaryAccessPassPolicy
spec:
  state: enabled
  isUsableOnce: true
  maximumLifetimeInMinutes: 8h
  includeTargets: [{id: New hires, targetType: group}]
---
kind: Group
name: Pilots
spec:
  description: |-
    People who try it first.
    Ask the service desk.
  members: [mia.larsen@nordwind.example]
---
kind: ConditionalAccessPolicy
name: NH-20 Passwordless
spec:
  state: enabledForReportingButNotEnforced
  conditions:
    users: {includeGroups: [Pilots], excludeGroups: [Break glass]}
    applications: {includeApplications: [All]}
    clientAppTypes: [all]
  grantControls: {operator: OR, builtInControls: [mfa]}
"""
ENFORCED = DOCUMENTS.replace("enabledForReportingButNotEnforced", "enabled")
TENANT = "11111111-2222-3333-4444-555555555555"

PASSKEYS = """\
---
kind: Fido2Policy
spec: {state: enabled, isSelfServiceRegistrationAllowed: true, includeTargets: [all_users]}
"""


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Typed(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        return True


class Cli:
    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.root, self._capsys, self._patch = root, capsys, patch
        patch.chdir(root)
        self.write("all.yaml", DOCUMENTS)

    def __call__(self, *arguments: str, typed: str | None = None, piped: str = "") -> Result:
        self._patch.setattr(sys, "stdin", io.StringIO(piped) if typed is None else Typed(typed))
        code = run(arguments)
        found = self._capsys.readouterr()
        return Result(code, found.out, found.err)

    def write(self, name: str, text: str) -> None:
        file = self.root / "policies" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
