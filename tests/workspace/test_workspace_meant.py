"""An object gets a namesake after its document was written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tapctl.cli.main import run

Capture = pytest.CaptureFixture[str]
LOCATIONS = "identity/conditionalAccess/namedLocations"


def tapctl(capsys: Capture, root: Path, *arguments: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = run([*arguments, "-C", str(root), "--format", "json"])
    return code, json.loads(capsys.readouterr().out or "null")


def place(number: int, country: str) -> Any:
    return {
        "@odata.type": "#microsoft.graph.countryNamedLocation",
        "id": f"33333333-aaaa-4bbb-8ccc-00000000000{number}",
        "displayName": "HQ",
        "countriesAndRegions": [country],
        "includeUnknownCountriesAndRegions": False,
        "countryLookupMethod": "clientIpAddress",
    }


def load(capsys: Capture, root: Path, *places: Any) -> None:
    (root.parent / "tenant.json").write_text(json.dumps({LOCATIONS: places}))
    assert run(["sandbox", "load", str(root.parent / "tenant.json"), "-C", str(root)]) == 0
    capsys.readouterr()


@pytest.fixture
def root(capsys: Capture, tmp_path: Path) -> Path:
    """A folder that declares one location, without a pin."""
    root = tmp_path / "policies"
    root.mkdir()
    (root / "tapctl.yaml").write_text("defaultEnvironment: sandbox\n")
    load(capsys, root, place(2, "NO"))
    assert tapctl(capsys, root, "import")[0] == 0
    return root


def test_the_document_is_pinned_and_the_other_gets_its_own(capsys: Capture, root: Path) -> None:
    load(capsys, root, place(1, "SE"), place(2, "NO"))

    code, answer = tapctl(capsys, root, "import")

    assert (code, [item["address"] for item in answer["documents"]]) == (0, ["NamedLocation/HQ (2)"])
    assert answer["pins"] == {
        "NamedLocation/HQ": place(2, "")["id"],
        "NamedLocation/HQ (2)": place(1, "")["id"],
    }
    assert tapctl(capsys, root, "plan", "--detailed-exitcode")[0] == 0


@pytest.mark.parametrize("countries", [("NO", "NO"), ("SE", "DK")])
def test_what_is_not_clear_is_asked(capsys: Capture, root: Path, countries: tuple[str, str]) -> None:
    load(capsys, root, place(1, countries[0]), place(2, countries[1]))

    code, answer = tapctl(capsys, root, "import")

    (asked,) = [item for item in answer["findings"] if item["severity"] == "error"]
    assert (code, answer["documents"], answer["pins"]) == (1, [], {})
    assert all(place(number, "")["id"] in asked["message"] for number in (1, 2))
    assert "pins: {NamedLocation/HQ: <id>}" in asked["help"]


@pytest.mark.parametrize("chosen", ["text", "markdown"])
def test_what_is_asked_says_what_to_do_in_every_format(capsys: Capture, root: Path, chosen: str) -> None:
    load(capsys, root, place(1, "SE"), place(2, "DK"))

    assert run(["import", "-C", str(root), "--format", chosen]) == 1

    assert "pins: {NamedLocation/HQ: <id>}" in capsys.readouterr().out.replace("\\", "")


def test_one_object_is_not_chosen_for_two_documents(capsys: Capture, root: Path) -> None:
    text = "kind: NamedLocation\nname: {}\nspec: {{displayName: HQ, countriesAndRegions: [NO]}}\n"
    for path in (root / "named-locations").iterdir():
        path.unlink()
    for name in ("First", "Second"):
        (root / f"{name}.yaml").write_text(text.format(name))
    load(capsys, root, place(1, "SE"), place(2, "NO"))

    code, answer = tapctl(capsys, root, "import")

    assert (code, answer["documents"], answer["pins"]) == (1, [], {})


def test_of_what_is_to_go_none_is_chosen(capsys: Capture, root: Path) -> None:
    (document,) = (root / "named-locations").iterdir()
    held = yaml.safe_load(document.read_text())
    document.write_text(yaml.safe_dump({"kind": held["kind"], "name": held["name"], "ensure": "absent"}))
    load(capsys, root, place(1, "SE"), place(2, "NO"))

    assert tapctl(capsys, root, "import")[0] == 1


def test_what_was_not_asked_for_is_left_alone(capsys: Capture, root: Path) -> None:
    load(capsys, root, place(1, "SE"), place(2, "NO"))

    code, answer = tapctl(capsys, root, "import", "--kind", "AuthenticationStrength")

    assert (code, answer["pins"]) == (0, {})


RENAMED = "NamedLocation/HQ: the tenant has '{}', which is the same in everything but the name"


@pytest.mark.parametrize("arguments", [["--update", "--yes"], ["--name", "Head office"]])
def test_what_was_renamed_gets_no_second_document(capsys: Capture, root: Path, arguments: list[str]) -> None:
    load(capsys, root, {**place(2, "NO"), "displayName": "Head office"})

    code, answer = tapctl(capsys, root, "import", *arguments)

    (asked,) = [item for item in answer["findings"] if item["severity"] == "error"]
    assert (code, answer["documents"]) == (1, [])
    assert (asked["message"], "formerNames: ['Head office']" in asked["help"]) == (
        RENAMED.format("Head office"),
        True,
    )
    assert "renamed-in-tenant" in [item["rule"] for item in tapctl(capsys, root, "plan")[1]["findings"]]


def test_what_was_renamed_in_letter_case_gets_no_second_document(capsys: Capture, root: Path) -> None:
    load(capsys, root, {**place(2, "SE"), "displayName": "Hq"})

    code, answer = tapctl(capsys, root, "import")

    assert (code, answer["documents"]) == (1, [])
    assert "has 'Hq', which differs only in letter case" in json.dumps(answer["findings"])


def test_an_export_of_what_was_renamed_is_no_second_document(capsys: Capture, root: Path) -> None:
    export = root.parent / "export.json"
    export.write_text(json.dumps({**place(2, "NO"), "displayName": "Head office"}))

    code, answer = tapctl(capsys, root, "import", "--from", str(export))

    (asked,) = answer["findings"]
    assert (code, answer["documents"], asked["message"]) == (
        1,
        [],
        RENAMED.format("Head office").replace("the tenant has", "what was exported has"),
    )


def test_of_several_that_a_document_may_be_none_gets_one(capsys: Capture, root: Path) -> None:
    load(capsys, root, *({**place(number, "NO"), "displayName": f"HQ-{number}"} for number in (1, 2)))

    code, answer = tapctl(capsys, root, "import")

    assert (code, answer["documents"]) == (1, [])
    assert "has 'HQ-1' and 'HQ-2', which are the same" in json.dumps(answer["findings"])


def test_what_is_new_gets_its_document_though_another_was_renamed(capsys: Capture, root: Path) -> None:
    load(
        capsys, root, {**place(2, "NO"), "displayName": "Head office"}, {**place(1, "SE"), "displayName": "S"}
    )

    assert [item["address"] for item in tapctl(capsys, root, "import")[1]["documents"]] == ["NamedLocation/S"]
    code, answer = tapctl(capsys, root, "import", "--name", "S")
    assert (code, answer["findings"]) == (0, [])
