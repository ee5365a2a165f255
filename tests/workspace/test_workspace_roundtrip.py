"""Real tenants, loaded into the sandbox: adopted as documents, nothing is left to change."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tapctl.cli.main import run

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
COLLECTIONS = {
    "ca-policy": "identity/conditionalAccess/policies",
    "named-location": "identity/conditionalAccess/namedLocations",
    "auth-strength": "policies/authenticationStrengthPolicies",
}
FILES = ("conditional-access-policies", "named-locations", "authentication-strengths")


def exports() -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Each tenant's objects by Graph collection; of objects with one id, the first."""
    found: defaultdict[str, defaultdict[str, dict[str, dict[str, Any]]]]
    found = defaultdict(lambda: defaultdict(dict))
    for name in FILES if CORPUS.is_dir() else ():
        for line in (CORPUS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if record["origin"] == "tenant-export" and record["object"].get("policyType") != "builtIn":
                tenant = record["source"].partition("@")[0]
                collection = found[tenant][COLLECTIONS[record["kind"]]]
                collection.setdefault(record["object"]["id"], record["object"])
    return {
        tenant: {path: list(objects.values()) for path, objects in collections.items()}
        for tenant, collections in found.items()
    }


TENANTS = exports()
needs_corpus = pytest.mark.skipif(not TENANTS, reason="the published policies are not here")


Capture = pytest.CaptureFixture[str]


def tapctl(capsys: Capture, folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of a command on the folder's sandbox."""
    capsys.readouterr()
    code = run([*arguments, "-C", str(folder)])
    captured = capsys.readouterr()
    return code, captured.out or captured.err


def answer(capsys: Capture, folder: Path, *arguments: str) -> Any:
    return json.loads(tapctl(capsys, folder, *arguments, "--format", "json")[1])


def loaded(capsys: Capture, folder: Path, content: dict[str, Any]) -> None:
    folder.mkdir()
    (folder / "tapctl.yaml").write_text("defaultEnvironment: sandbox\n")
    (folder.parent / "tenant.json").write_text(json.dumps(content))
    assert tapctl(capsys, folder, "sandbox", "load", str(folder.parent / "tenant.json"))[0] == 0


def errors(document: Any) -> list[str]:
    return [item["message"] for item in document["findings"] if item["severity"] == "error"]


@needs_corpus
@pytest.mark.parametrize("name", sorted(TENANTS))
def test_an_adopted_tenant_has_nothing_to_change(name: str, capsys: Capture, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    loaded(capsys, folder, TENANTS[name])

    assert tapctl(capsys, folder, "import", "-e", "sandbox")[0] == 0

    planned = answer(capsys, folder, "plan")
    assert errors(answer(capsys, folder, "validate", "--no-lint")) == []
    assert errors(planned) == []
    assert [
        (item["address"], item["fields"]) for item in planned["changes"] if item["action"] != "no-op"
    ] == []


REFERRED = {
    "includeUsers": "users",
    "excludeUsers": "users",
    "includeGroups": "groups",
    "excludeGroups": "groups",
    "includeApplications": "servicePrincipals",
    "excludeApplications": "servicePrincipals",
    "includeServicePrincipals": "servicePrincipals",
    "excludeServicePrincipals": "servicePrincipals",
}
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def with_directory(content: dict[str, Any]) -> dict[str, Any]:
    """The export, and a directory object for every id that its policies mention."""
    found: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for policy in content.get(COLLECTIONS["ca-policy"], []):
        for block in ("users", "applications", "clientApplications"):
            for name, values in ((policy.get("conditions") or {}).get(block) or {}).items():
                for value in values if name in REFERRED and isinstance(values, list) else ():
                    if GUID.fullmatch(str(value)):
                        found[REFERRED[name]][value.lower()] = entry(REFERRED[name], value.lower())
    return {**content, **{name: list(objects.values()) for name, objects in found.items()}}


def entry(collection: str, object_id: str) -> dict[str, Any]:
    if collection == "users":
        return {"id": object_id, "userPrincipalName": f"{object_id}@example.com", "accountEnabled": True}
    named = {"id": object_id, "displayName": f"{collection} {object_id}"}
    if collection == "groups":
        return {**named, "groupTypes": [], "securityEnabled": True}
    return {**named, "appId": object_id}


@needs_corpus
@pytest.mark.parametrize("name", sorted(TENANTS))
def test_a_tenant_with_names_for_everything_is_adopted_by_them(
    name: str, capsys: Capture, tmp_path: Path
) -> None:
    folder = tmp_path / "policies"
    loaded(capsys, folder, with_directory(TENANTS[name]))

    assert tapctl(capsys, folder, "import", "-e", "sandbox")[0] == 0

    planned = answer(capsys, folder, "plan")
    assert errors(planned) == []
    assert [item["address"] for item in planned["changes"] if item["action"] != "no-op"] == []
