"""Real tenants, loaded into the sandbox: adopted as documents, nothing is left to change."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from real_tenants import GLASS, MANAGED, Tenant, content, exports, with_directory

from tapctl.cli.main import run

TENANTS = exports()
needs_corpus = pytest.mark.skipif(not TENANTS, reason="the published policies are not here")

LOCATIONS = "identity/conditionalAccess/namedLocations"

Capture = pytest.CaptureFixture[str]


def tapctl(capsys: Capture, folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of a command on the folder's sandbox."""
    capsys.readouterr()
    code = run([*arguments, "-C", str(folder)])
    captured = capsys.readouterr()
    return code, captured.out or captured.err


def answer(capsys: Capture, folder: Path, *arguments: str) -> Any:
    return json.loads(tapctl(capsys, folder, *arguments, "--format", "json")[1])


def loaded(capsys: Capture, folder: Path, tenant: Tenant) -> None:
    folder.mkdir()
    (folder / "tapctl.yaml").write_text("defaultEnvironment: sandbox\n")
    load(capsys, folder, tenant)


def load(capsys: Capture, folder: Path, tenant: Tenant) -> None:
    (folder.parent / "tenant.json").write_text(json.dumps(tenant))
    assert tapctl(capsys, folder, "sandbox", "load", str(folder.parent / "tenant.json"))[0] == 0


def errors(document: Any) -> list[str]:
    return [item["message"] for item in document["findings"] if item["severity"] == "error"]


@needs_corpus
@pytest.mark.parametrize("name", sorted(TENANTS))
def test_an_adopted_tenant_has_nothing_to_change(name: str, capsys: Capture, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    loaded(capsys, folder, TENANTS[name])

    assert tapctl(capsys, folder, "import", "-e", "sandbox")[0] == 0

    assert errors(answer(capsys, folder, "validate", "--no-lint")) == []
    assert pending(answer(capsys, folder, "plan")) == []


@needs_corpus
@pytest.mark.parametrize("name", sorted(TENANTS))
def test_a_tenant_that_lost_everything_is_made_again_from_its_documents(
    name: str, capsys: Capture, tmp_path: Path
) -> None:
    folder = tmp_path / "policies"
    loaded(capsys, folder, with_directory(TENANTS[name]))
    declare_break_glass(folder)
    before = json.loads(tapctl(capsys, folder, "sandbox", "dump")[1])
    assert tapctl(capsys, folder, "import", "-e", "sandbox")[0] == 0
    assert errors(answer(capsys, folder, "validate", "--no-lint")) == []
    assert pending(answer(capsys, folder, "plan")) == []

    load(capsys, folder, {path: held for path, held in before.items() if path not in MANAGED})
    applied(capsys, folder)

    after = json.loads(tapctl(capsys, folder, "sandbox", "dump")[1])
    assert content(after) == content(before)
    assert pending(answer(capsys, folder, "plan")) == []


def declare_break_glass(folder: Path) -> None:
    account, pin = GLASS["userPrincipalName"], GLASS["id"]
    settings = f"defaultEnvironment: sandbox\nbreakGlass: {{accounts: [{account}]}}\n"
    (folder / "tapctl.yaml").write_text(settings)
    (folder / "environments").mkdir()
    (folder / "environments" / "sandbox.yaml").write_text(f"pins: {{User/{account}: {pin}}}\n")


def applied(capsys: Capture, folder: Path) -> None:
    """Apply, with a word for each brake that asks for one."""
    words: list[str] = []
    for _ in range(2):
        code, output = tapctl(capsys, folder, "apply", "--yes", "--format", "json", *words)
        if code == 0:
            return
        words = sorted(set(re.findall(r"--allow[a-z-]+", output)))
    raise AssertionError(output)


def pending(document: Any) -> list[str]:
    """What a plan would change, and its errors."""
    changes = [item["address"] for item in document["changes"] if item["action"] != "no-op"]
    return [*changes, *errors(document)]


def test_host_bits_come_back_as_they_were(capsys: Capture, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    texts = ["203.0.113.9/24", "203.0.113.7/24", "2001:DB8::1/32", "198.51.100.0/24"]
    ranges = [
        {"@odata.type": f"#microsoft.graph.iPv{6 if ':' in t else 4}CidrRange", "cidrAddress": t}
        for t in texts
    ]
    office = {"id": "50000000-0000-4000-8000-000000000001", "displayName": "Office", "ipRanges": ranges}
    typed = {"@odata.type": "#microsoft.graph.ipNamedLocation", "isTrusted": True, **office}
    loaded(capsys, folder, {LOCATIONS: [typed]})
    assert tapctl(capsys, folder, "import", "-e", "sandbox")[0] == 0
    assert pending(answer(capsys, folder, "plan")) == []

    load(capsys, folder, {})
    applied(capsys, folder)

    (found,) = json.loads(tapctl(capsys, folder, "sandbox", "dump")[1])[LOCATIONS]
    assert sorted(item["cidrAddress"] for item in found["ipRanges"]) == sorted(texts)
    assert pending(answer(capsys, folder, "plan")) == []
