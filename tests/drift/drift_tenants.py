"""A small workspace, a tenant that is what it says, and what somebody made of that tenant."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tapctl.checked import Checked
from tapctl.cli.main import run
from tapctl.drift.drifted import Drifted, Since
from tapctl.drift.news import News, news
from tapctl.drift.reading import read_evidence
from tapctl.drift.vanished import recognised
from tapctl.graph.sandbox import connect_sandbox
from tapctl.pipeline import Compared, check, compare
from tapctl.sandbox import Store, create_app, dump, load

POLICIES = "identity/conditionalAccess/policies"
DELETED = "identity/conditionalAccess/deletedItems/policies"
LOCATIONS = "identity/conditionalAccess/namedLocations"
AUDITS = "auditLogs/directoryAudits"
METHODS = "policies/authenticationMethodsPolicy"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SINCE = Since(moment=datetime(2026, 11, 20, tzinfo=UTC), said="--since")
OLD = {"createdDateTime": "2026-09-01T08:00:00Z", "modifiedDateTime": "2026-09-02T08:00:00Z"}
EMERGENCY = "emergency-1@nordwind.example"

SETTINGS = f"""\
breakGlass: {{accounts: [{EMERGENCY}], groups: [Break glass]}}
ownership: {{NamedLocation: ["Owned *"]}}
"""
ENVIRONMENT = """\
pins:
  User/emergency-1@nordwind.example: 10000000-0000-4000-8000-000000000901
  Group/Break glass: 20000000-0000-4000-8000-000000000001
"""
DOCUMENTS = """\
# about passes
kind: TemporaryAccessPassPolicy
spec:
  state: enabled
  isUsableOnce: true   # one only
  maximumLifetimeInMinutes: 8h
  includeTargets: [{id: New hires, targetType: group}]
---
kind: Group
name: Pilots
spec:
  description: People who try it first.
  members: [mia.larsen@nordwind.example]
---
kind: NamedLocation
name: Office
spec: {ipRanges: [198.51.100.0/24], isTrusted: true}
---
kind: ConditionalAccessPolicy
name: Enforced
spec:
  state: enabled
  conditions:
    users: {includeUsers: [All], excludeGroups: [Break glass, Pilots]}
    applications: {includeApplications: [All]}
    clientAppTypes: [all]
    locations: {includeLocations: [All], excludeLocations: [Office]}
  grantControls: {operator: OR, builtInControls: [mfa]}
---
kind: ConditionalAccessPolicy
name: Reported
spec:
  state: enabledForReportingButNotEnforced
  conditions:
    users: {includeGroups: [Pilots], excludeGroups: [Break glass]}
    applications: {includeApplications: [All]}
    clientAppTypes: [all]
  grantControls: {operator: OR, builtInControls: [mfa]}
"""


@dataclass(frozen=True)
class Base:
    """The workspace's folder, and the tenant as dumped after an apply."""

    root: Path
    tenant: dict[str, Any]

    def changed(self) -> dict[str, Any]:
        """A copy to make drift in; its audit log is empty."""
        return {**copy.deepcopy(self.tenant), AUDITS: []}

    def checked(self) -> Checked:
        return check(self.root, "sandbox")

    def compared(self, tenant: dict[str, Any], serve: Callable[[Store], Any] = create_app) -> Any:
        """What a plan sees, and the evidence."""
        return asyncio.run(self._read(tenant, serve))

    async def _read(self, tenant: dict[str, Any], serve: Callable[[Store], Any]) -> Any:
        store = Store()
        load(store, tenant)
        async with await connect_sandbox(serve(store), environment="sandbox") as gateway:
            compared = await compare(self.checked(), gateway)
            evidence = await read_evidence(gateway, compared, self.checked().workspace, NOW)
            return recognised(compared, self.checked(), evidence), evidence

    def news(self, tenant: dict[str, Any], since: Since = SINCE) -> News:
        compared, evidence = self.compared(tenant)
        assert isinstance(compared, Compared)
        return news(compared, self.checked(), evidence, since)


def make_base(root: Path) -> Base:
    folder = root / "policies"
    (folder / "environments").mkdir(parents=True)
    (folder / "tapctl.yaml").write_text(SETTINGS, encoding="utf-8")
    (folder / "environments/sandbox.yaml").write_text(ENVIRONMENT, encoding="utf-8")
    (folder / "all.yaml").write_text(DOCUMENTS, encoding="utf-8")
    words = [f"--allow-{brake}" for brake in ("creates-enabled", "break-glass-exposed")]
    assert run(["apply", "-C", str(folder), "-e", "sandbox", "--yes", *words]) == 0
    store = Store(folder / ".tapctl/sandbox.sqlite")
    tenant = json.loads(json.dumps(dump(store)))
    store.close()
    ours = ("Enforced", "Reported", "Office")
    for collection in (POLICIES, LOCATIONS):
        kept = [item for item in tenant[collection] if item["displayName"] in ours]
        tenant[collection] = [{**item, **OLD} for item in kept]
    named(tenant, "groups", "Break glass")["members"] = ["10000000-0000-4000-8000-000000000901"]
    return Base(folder, tenant)


def named(tenant: dict[str, Any], collection: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in tenant[collection] if item["displayName"] == name)
    return found


def pass_policy(tenant: dict[str, Any]) -> dict[str, Any]:
    methods = tenant[METHODS]["authenticationMethodConfigurations"]
    found: dict[str, Any] = next(item for item in methods if item["id"] == "TemporaryAccessPass")
    return found


def one(found: News, name: str) -> Drifted:
    return next(item for item in found.drifted if item.address.name == name)
