"""The whole output of `tapctl import`: what nothing resolves, namesakes, what is newer, and an update."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tapctl.cli.main import run

LOCATIONS = "identity/conditionalAccess/namedLocations"
POLICIES = "identity/conditionalAccess/policies"
GROUP = "2a000000-0000-4000-8000-000000000001"
SITE = {"@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "Sites"}


def site(number: int, country: str) -> dict[str, Any]:
    return {**SITE, "id": f"5a000000-0000-4000-8000-{number:012}", "countriesAndRegions": [country]}


def guard(number: int, name: str, **more: Any) -> dict[str, Any]:
    users = {"includeUsers": ["All"], "excludeGroups": [GROUP], "excludeUsers": [f"{number}" * 8 + GROUP[8:]]}
    return {
        "id": f"4a000000-0000-4000-8000-{number:012}",
        "displayName": name,
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "users": users,
            "applications": {"includeApplications": ["All"]},
            **more,
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }


TENANT = {
    "organization": [{"id": "7a000000-0000-4000-8000-000000000001", "displayName": "Golden"}],
    "groups": [{"id": GROUP, "displayName": "Emergency", "securityEnabled": True}],
    LOCATIONS: [site(1, "NO"), site(2, "SE")],
    POLICIES: [
        guard(1, "CA-01 Guard", agents={"include": ["All"]}),
        guard(2, "CA-02 | <b>Guard</b>\u001b[31m"),
        guard(3, "CA-03 Guard"),
    ],
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose sandbox is that tenant, with relative paths in what is said."""
    monkeypatch.chdir(tmp_path)
    Path("policies").mkdir()
    Path("tenant.json").write_text(json.dumps(TENANT), encoding="utf-8")
    assert run(["sandbox", "load", "tenant.json"]) == 0
    return tmp_path / "policies"


Golden = Callable[[str, str], None]
Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(("chosen", "suffix"), [("text", "txt"), ("json", "json"), ("markdown", "md")])
def test_the_whole_output(here: Path, golden: Golden, capsys: Capture, chosen: str, suffix: str) -> None:
    capsys.readouterr()

    assert run(["import", "-e", "sandbox", "--format", chosen]) == 0

    golden(f"import.{suffix}", capsys.readouterr().out)


def test_a_document_with_what_is_newer_and_what_is_gone(here: Path, golden: Golden, capsys: Capture) -> None:
    run(["import", "-e", "sandbox", "--name", "CA-01*"])

    golden("import-policy.yaml", (here / "conditional-access-policies" / "ca-01-guard.yaml").read_text())


def changed_by_hand(here: Path) -> Path:
    """One of the imported documents, which says something else by now."""
    run(["import", "-e", "sandbox"])
    document = here / "conditional-access-policies" / "ca-03-guard.yaml"
    text = document.read_text().replace("state: enabled", "state: disabled # soon")
    document.write_text(f"# Ours.\n{text}")
    return document


def test_an_update_that_nobody_is_asked_about_shows_the_difference_and_fails(
    here: Path, golden: Golden, capsys: Capture
) -> None:
    document = changed_by_hand(here)
    before = document.read_text()
    (here / "named-locations" / "sites.yaml").unlink()
    capsys.readouterr()

    assert run(["import", "-e", "sandbox", "--update"]) == 1

    said = capsys.readouterr()
    golden("import-update.txt", f"{said.err}---\n{said.out}")
    assert document.read_text() == before
    assert not (here / "named-locations" / "sites.yaml").exists()


@pytest.mark.parametrize(("chosen", "suffix"), [("text", "txt"), ("json", "json"), ("markdown", "md")])
def test_an_update_names_what_it_changed(
    here: Path, golden: Golden, capsys: Capture, chosen: str, suffix: str
) -> None:
    document = changed_by_hand(here)
    capsys.readouterr()

    assert run(["import", "-e", "sandbox", "--name", "CA-0*", "--update", "--yes", "--format", chosen]) == 0

    golden(f"import-updated.{suffix}", capsys.readouterr().out)
    assert "state: enabled # soon" in document.read_text()


MISSING = r"      excludeUsers:\n        - .*\n"


@pytest.mark.parametrize(
    "was",
    [
        "",
        "      excludeUsers: [mia@example.com]\n",
        "      excludeUsers:\n        - mia@example.com # ours\n        - tom@example.com\n",
    ],
)
def test_an_id_that_an_update_cannot_name_gets_a_comment_and_is_listed(
    here: Path, capsys: Capture, was: str
) -> None:
    run(["import", "-e", "sandbox"])
    document = here / "conditional-access-policies" / "ca-03-guard.yaml"
    before = document.read_text()
    document.write_text(re.sub(MISSING, was, before))
    capsys.readouterr()

    assert run(["import", "-e", "sandbox", "--update", "--yes"]) == 0

    assert sorted(document.read_text().splitlines()) == sorted(before.splitlines())
    nothing = "nothing in the tenant has the id 33333333-0000-4000-8000-000000000001, held by"
    assert f"  ! {nothing} ConditionalAccessPolicy/CA-03 Guard\n" in capsys.readouterr().out


def test_an_item_that_an_update_adds_gets_its_comment(here: Path) -> None:
    document = changed_by_hand(here)
    content = json.loads(Path("tenant.json").read_text())
    content[POLICIES][2]["conditions"]["users"]["excludeUsers"].append("4" * 8 + GROUP[8:])
    Path("tenant.json").write_text(json.dumps(content))
    run(["sandbox", "load", "tenant.json"])

    run(["import", "-e", "sandbox", "--update", "--yes"])

    for number in (3, 4):
        line = f"        - id:{str(number) * 8}{GROUP[8:]}  # nothing in the tenant has this id\n"
        assert document.read_text().count(line) == 1
