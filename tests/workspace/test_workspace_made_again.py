"""Pinned objects that are gone: brought back, made anew with a new pin, or left to a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tapctl.cli.main import run

Capture = pytest.CaptureFixture[str]
LOCATIONS = "identity/conditionalAccess/namedLocations"
STRENGTHS = "policies/authenticationStrengthPolicies"
POLICIES = "identity/conditionalAccess/policies"


def tapctl(capsys: Capture, root: Path, *arguments: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = run([*arguments, "-C", str(root), "--format", "json"])
    return code, json.loads(capsys.readouterr().out or "null")


def load(capsys: Capture, root: Path, content: Any) -> None:
    (root.parent / "tenant.json").write_text(json.dumps(content))
    assert run(["sandbox", "load", str(root.parent / "tenant.json"), "-C", str(root)]) == 0
    capsys.readouterr()


def place(number: int, country: str, name: str = "HQ") -> Any:
    return {
        "@odata.type": "#microsoft.graph.countryNamedLocation",
        "id": f"33333333-aaaa-4bbb-8ccc-00000000000{number}",
        "displayName": name,
        "countriesAndRegions": [country],
        "includeUnknownCountriesAndRegions": False,
        "countryLookupMethod": "clientIpAddress",
    }


def policy() -> Any:
    held = {"includeLocations": [place(1, "")["id"]], "excludeLocations": [place(2, "")["id"]]}
    users, applications = {"includeUsers": ["All"]}, {"includeApplications": ["All"]}
    conditions = {"users": users, "applications": applications, "clientAppTypes": ["all"], "locations": held}
    return {
        "id": "11111111-aaaa-4bbb-8ccc-000000000001",
        "displayName": "Somewhere",
        "state": "disabled",
        "conditions": conditions,
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }


TWO = [place(1, "NO"), place(2, "SE")]


@pytest.fixture
def root(capsys: Capture, tmp_path: Path) -> Path:
    """A folder with two locations of one name, and the policy that tells them apart."""
    root = tmp_path / "policies"
    root.mkdir()
    (root / "tapctl.yaml").write_text("defaultEnvironment: sandbox\n")
    load(capsys, root, {LOCATIONS: TWO, POLICIES: [policy()]})
    assert tapctl(capsys, root, "import")[0] == 0
    return root


def pins(root: Path) -> Any:
    return yaml.safe_load((root / "environments" / "sandbox.yaml").read_text())["pins"]


def rules(answer: Any, severity: str) -> list[str]:
    return [item["rule"] for item in answer["findings"] if item["severity"] == severity]


def test_two_of_one_name_are_made_again(capsys: Capture, root: Path) -> None:
    load(capsys, root, {})

    planned = tapctl(capsys, root, "plan")[1]
    code, done = tapctl(capsys, root, "apply", "--yes", "--write-pins")

    assert "pin-to-nothing" in rules(planned, "warning")
    assert (code, done["status"]) == (0, "applied"), str(
        [done["outcomes"], [i["message"] for i in done["findings"] if i["severity"] == "error"]]
    )
    assert "pin-renewed" in rules(done, "note")
    assert not {place(1, "")["id"], place(2, "")["id"]} & {*pins(root).values()}
    assert tapctl(capsys, root, "plan", "--detailed-exitcode")[0] == 0


def test_without_being_asked_the_pins_are_only_said(capsys: Capture, root: Path) -> None:
    load(capsys, root, {})

    done = tapctl(capsys, root, "apply", "--yes")[1]

    (said,) = [item for item in done["findings"] if item["rule"] == "pin-renewed"]
    assert "NamedLocation/HQ (2): " in said["message"]
    assert "sandbox.yaml" in said["help"]
    assert pins(root)["NamedLocation/HQ"] == place(1, "")["id"]


def test_what_was_made_again_is_known_by_what_it_says(capsys: Capture, root: Path) -> None:
    load(capsys, root, {})
    assert tapctl(capsys, root, "apply", "--yes")[0] == 0

    code, planned = tapctl(capsys, root, "plan", "--detailed-exitcode")
    written = tapctl(capsys, root, "apply", "--yes", "--write-pins")[1]

    assert (code, rules(planned, "error"), written["status"]) == (0, [], "nothing-to-do")
    assert rules(planned, "warning").count("pin-to-nothing") == 2
    assert "pin-renewed" in rules(written, "note")
    assert "pin-to-nothing" not in rules(tapctl(capsys, root, "plan")[1], "warning")


def test_equal_twins_are_known_in_the_order_in_which_they_were_made(capsys: Capture, tmp_path: Path) -> None:
    root = tmp_path / "twins"
    root.mkdir()
    (root / "tapctl.yaml").write_text("defaultEnvironment: sandbox\n")
    load(capsys, root, {LOCATIONS: [place(1, "NO"), place(2, "NO")], POLICIES: [policy()]})
    assert tapctl(capsys, root, "import")[0] == 0
    load(capsys, root, {})
    assert tapctl(capsys, root, "apply", "--yes")[0] == 0

    assert tapctl(capsys, root, "plan", "--detailed-exitcode")[0] == 0


def test_two_policies_of_one_name_are_known_by_what_they_say(capsys: Capture, tmp_path: Path) -> None:
    root = tmp_path / "twins"
    root.mkdir()
    (root / "tapctl.yaml").write_text("defaultEnvironment: sandbox\n")
    other = {**policy(), "id": policy()["id"][:-1] + "2", "state": "enabledForReportingButNotEnforced"}
    load(capsys, root, {LOCATIONS: TWO, POLICIES: [policy(), other]})
    assert tapctl(capsys, root, "import")[0] == 0
    load(capsys, root, {LOCATIONS: TWO})
    words = ("--allow-creates-enabled", "--allow-introduces-errors", "--allow-break-glass-exposed")
    assert tapctl(capsys, root, "apply", "--yes", *words)[0] == 0

    assert tapctl(capsys, root, "plan", "--detailed-exitcode")[0] == 0


def test_a_strength_called_like_a_built_in_one_is_made_again(capsys: Capture, root: Path) -> None:
    strength = {
        "id": "70000000-0000-4000-8000-000000000040",
        "displayName": "Multifactor authentication",
        "policyType": "custom",
        "allowedCombinations": ["fido2"],
    }
    load(capsys, root, {LOCATIONS: TWO, POLICIES: [policy()], STRENGTHS: [strength]})
    assert tapctl(capsys, root, "import")[0] == 0
    load(capsys, root, {LOCATIONS: TWO, POLICIES: [policy()]})

    assert tapctl(capsys, root, "apply", "--yes")[0] == 0
    assert tapctl(capsys, root, "plan", "--detailed-exitcode")[0] == 0


def test_one_of_two_is_made_again_beside_the_other(capsys: Capture, root: Path) -> None:
    load(capsys, root, {LOCATIONS: [TWO[0]], POLICIES: [policy()]})

    assert tapctl(capsys, root, "apply", "--yes", "--write-pins")[0] == 0

    assert pins(root)["NamedLocation/HQ"] == place(1, "")["id"]
    assert tapctl(capsys, root, "plan", "--detailed-exitcode")[0] == 0


def test_a_namesake_that_nobody_pinned_is_not_taken_for_it(capsys: Capture, root: Path) -> None:
    load(capsys, root, {LOCATIONS: [place(7, "DK")]})

    code, planned = tapctl(capsys, root, "plan")

    assert code == 1
    assert set(rules(planned, "error")) == {"pin-mismatch"}
    assert place(7, "")["id"] in str(planned["findings"])


def test_an_import_writes_nothing_twice(capsys: Capture, root: Path) -> None:
    load(capsys, root, {})
    assert tapctl(capsys, root, "apply", "--yes")[0] == 0
    before = pins(root)

    code, answer = tapctl(capsys, root, "import")

    assert (code, answer["documents"], answer["pins"]) == (0, [], {})
    assert pins(root) == before


def test_an_import_asks_what_a_dead_pin_is_to_be(capsys: Capture, root: Path) -> None:
    load(capsys, root, {LOCATIONS: [TWO[0], place(7, "DK")]})

    code, answer = tapctl(capsys, root, "import")

    assert (code, answer["documents"], answer["pins"]) == (1, [], {})
    assert rules(answer, "error") == ["pin-mismatch"]


def test_a_twin_that_is_gone_is_made_again_beside_the_other(capsys: Capture, tmp_path: Path) -> None:
    root = tmp_path / "twins"
    root.mkdir()
    (root / "tapctl.yaml").write_text("defaultEnvironment: sandbox\n")
    load(capsys, root, {LOCATIONS: [place(1, "NO"), place(2, "NO")]})
    assert tapctl(capsys, root, "import")[0] == 0
    load(capsys, root, {LOCATIONS: [place(1, "NO")]})

    planned = tapctl(capsys, root, "plan")[1]

    assert rules(planned, "error") == []
    assert planned["summary"]["create"] == 1
    assert tapctl(capsys, root, "apply", "--yes", "--write-pins")[0] == 0
    assert tapctl(capsys, root, "plan", "--detailed-exitcode")[0] == 0


def test_what_has_a_former_name_may_be_what_was_pinned(capsys: Capture, root: Path) -> None:
    load(capsys, root, {LOCATIONS: [TWO[1], place(7, "NO", "Old")], POLICIES: []})
    document = root / "named-locations" / "hq.yaml"
    document.write_text(f"{document.read_text()}formerNames: [Old]\n")

    assert rules(tapctl(capsys, root, "plan")[1], "error") == ["pin-mismatch"]
    assert tapctl(capsys, root, "import")[1]["documents"] == []


def test_what_is_among_the_deleted_items_comes_back_with_its_id(capsys: Capture, root: Path) -> None:
    load(capsys, root, {LOCATIONS: [place(3, "FI", "Site")]})
    document = root / "site.yaml"
    document.write_text("kind: NamedLocation\nname: Site\nensure: absent\n")
    for name in ("named-locations/hq", "named-locations/hq-2", "conditional-access-policies/somewhere"):
        (root / f"{name}.yaml").unlink()
    environment = root / "environments" / "sandbox.yaml"
    environment.write_text("pins: {}\n")
    assert tapctl(capsys, root, "apply", "--yes")[0] == 0
    environment.write_text(f"pins: {{NamedLocation/Site: {place(3, '')['id']}}}\n")
    document.write_text("kind: NamedLocation\nname: Site\nspec: {countriesAndRegions: [FI]}\n")

    code, done = tapctl(capsys, root, "apply", "--yes")

    assert (code, done["outcomes"][0]["id"]) == (0, place(3, "")["id"])
    assert tapctl(capsys, root, "plan", "--detailed-exitcode")[0] == 0


def test_a_dead_pin_of_break_glass_stays_an_error(capsys: Capture, root: Path) -> None:
    (root / "tapctl.yaml").write_text("defaultEnvironment: sandbox\nbreakGlass: {groups: [Glass]}\n")
    (root / "glass.yaml").write_text("kind: Group\nname: Glass\nspec: {members: []}\n")
    environment = root / "environments" / "sandbox.yaml"
    pin = "  Group/Glass: 20000000-0000-4000-8000-000000000099\n"
    environment.write_text(f"{environment.read_text()}{pin}")

    planned = tapctl(capsys, root, "plan")[1]

    assert rules(planned, "error") == ["pin-mismatch"]
