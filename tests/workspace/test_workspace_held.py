"""What a tenant holds is no mistake of its documents, whatever a schema or a kind's rule has against it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tapctl import kinds
from tapctl.cli.main import run

Capture = pytest.CaptureFixture[str]
ERROR = re.compile(r'yield wrong\((?:(?!yield ).)*?rule="([a-z-]+)"', re.DOTALL)
GUID = "70000000-0000-4000-8000-0000000000{:02}".format
RISK = {"userRiskLevels": ["high"]}
FIDO = {
    "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
    "appliesToCombinations": ["fido2"],
    "allowedAAGUIDs": ["de1e552d-db1d-4423-a619-566b625cdc84"],
}
NOT_HELD = {
    "built-in-strength": "its document gets another name",
    "location-type": "the service says the type, and a location without content gets no document",
    "dynamic-group-members": "members are left as they are",
}


def policy(name: str, number: int, grant: Any = None, session: Any = None, **conditions: Any) -> Any:
    return {
        "id": GUID(number),
        "displayName": name,
        "state": "enabled",
        "conditions": {
            "users": {"includeUsers": ["All"]},
            "applications": {"includeApplications": ["All"]},
            "clientAppTypes": ["all"],
            **conditions,
        },
        "grantControls": {"operator": "AND", **(grant or {"builtInControls": ["mfa"]})},
        "sessionControls": session,
    }


STRENGTH = {"id": GUID(40), "displayName": "Phishing resistant MFA", "policyType": "custom"}
EVERY = {"isEnabled": True, "frequencyInterval": "timeBased", "type": "hours", "value": 0}
FILTER = {"deviceFilter": {"mode": "include", "rule": None}}
TENANT: Any = {
    "identity/conditionalAccess/policies": [
        policy("Both", 1, {"builtInControls": ["mfa"], "authenticationStrength": STRENGTH}),
        policy("Block and more", 2, {"builtInControls": ["block", "mfa"]}),
        policy("Changes passwords", 3, {"builtInControls": ["passwordChange"]}, **RISK),
        policy("No time", 4, session={"signInFrequency": EVERY}),
        policy("No rule", 5, devices=FILTER),
    ],
    "identity/conditionalAccess/namedLocations": [
        {
            "@odata.type": "#microsoft.graph.ipNamedLocation",
            "id": GUID(30),
            "displayName": "Half of it",
            "isTrusted": False,
            "ipRanges": [{"cidrAddress": "203.0.113.0/24"}, {"cidrAddress": "0.0.0.0/1"}],
        }
    ],
    "policies/authenticationStrengthPolicies": [
        {**STRENGTH, "allowedCombinations": ["fido2"]},
        {
            "id": GUID(41),
            "displayName": "Twice, and beside it",
            "policyType": "custom",
            "allowedCombinations": ["fido2"],
            "combinationConfigurations": [
                {**FIDO, "id": GUID(42)},
                {**FIDO, "id": GUID(43), "allowedAAGUIDs": [GUID(49)]},
                {**FIDO, "id": GUID(44), "appliesToCombinations": ["windowsHelloForBusiness"]},
            ],
        },
    ],
    "policies/authenticationMethodsPolicy/authenticationMethodConfigurations": [
        {
            "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration",
            "id": "TemporaryAccessPass",
            "state": "enabled",
            "isUsableOnce": False,
            "minimumLifetimeInMinutes": 600,
            "defaultLifetimeInMinutes": 60,
            "maximumLifetimeInMinutes": 480,
            "defaultLength": 4,
            "includeTargets": [{"id": "all_users", "targetType": "group"}],
        },
        {
            "@odata.type": "#microsoft.graph.voiceAuthenticationMethodConfiguration",
            "id": "Voice",
            "state": "disabled",
            "includeTargets": [{"id": "somebody", "targetType": "user"}],
        },
    ],
    "groups": [
        {
            "id": GUID(50),
            "displayName": "Dynamic, without a rule",
            "securityEnabled": True,
            "groupTypes": ["DynamicMembership"],
            "isAssignableToRole": True,
        }
    ],
}


def answer(capsys: Capture, folder: Path, *arguments: str) -> Any:
    capsys.readouterr()
    run([*arguments, "--format", "json", "-C", str(folder)])
    return json.loads(capsys.readouterr().out)


def adopted(capsys: Capture, folder: Path) -> None:
    folder.mkdir()
    (folder / "tapctl.yaml").write_text("defaultEnvironment: sandbox\n")
    (folder.parent / "tenant.json").write_text(json.dumps(TENANT))
    answer(capsys, folder, "sandbox", "load", str(folder.parent / "tenant.json"))
    answer(capsys, folder, "import")
    answer(capsys, folder, "import", "--kind", "Group")


def rules(document: Any, severity: str) -> set[str]:
    return {item["rule"] for item in document["findings"] if item["severity"] == severity}


def test_no_rule_of_a_kind_calls_an_error_what_a_tenant_holds(capsys: Capture, tmp_path: Path) -> None:
    modules = Path(kinds.__file__).parent.glob("*.py")
    of_kinds = {rule for path in modules for rule in ERROR.findall(path.read_text())}
    adopted(capsys, tmp_path / "policies")

    found = answer(capsys, tmp_path / "policies", "validate", "--no-lint")

    assert rules(found, "error") == set()
    assert of_kinds - set(NOT_HELD) <= rules(found, "warning")
    assert {"out-of-range", "missing-property"} <= rules(found, "warning")


def test_a_tenant_with_what_rules_forbid_has_nothing_to_change(capsys: Capture, tmp_path: Path) -> None:
    adopted(capsys, tmp_path / "policies")

    plan = answer(capsys, tmp_path / "policies", "plan")

    assert rules(plan, "error") == set()
    assert {change["action"] for change in plan["changes"]} == {"no-op"}
