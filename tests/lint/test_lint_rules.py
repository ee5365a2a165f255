"""Every rule's examples are its tests, and the catalogue is covered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lint_tools import findings, mistakes

from tapctl.lint import by_name, rules
from tapctl.lint.out_of_reach import OUT_OF_REACH
from tapctl.lint.out_of_reach import by_name as out_of_reach
from tapctl.lint.rule import Rule
from tapctl.model import errors_in

RULES = list(rules().values())
IDS = [rule.id for rule in RULES]
SHARED = Path(__file__).parents[3] / "shared" / "vectors"


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_the_bad_example_is_found(rule: Rule, tmp_path: Path) -> None:
    found = [finding for _, finding in findings(tmp_path, rule.bad).found if finding.rule == rule.id]

    assert found
    assert all(finding.severity in (rule.severity, rule.elsewhere, "warning", "error") for finding in found)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_the_good_example_is_not(rule: Rule, tmp_path: Path) -> None:
    assert rule.id not in {finding.rule for finding in findings(tmp_path, rule.good).findings}


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_the_good_example_is_one_that_graph_takes(rule: Rule, tmp_path: Path) -> None:
    wrong = [
        item for item in errors_in(mistakes(tmp_path, rule.good)) if item.rule != "break-glass-not-pinned"
    ]

    assert wrong == []


def test_ids_and_names_are_taken_once() -> None:
    assert len(by_name()) == 2 * len(rules())
    assert not set(rules()) & set(OUT_OF_REACH)
    assert not set(by_name()) & set(out_of_reach())


@pytest.mark.parametrize("file", ["rules.json", "deadlocks.json"])
def test_the_whole_catalogue_is_checked_or_says_why_not(file: str) -> None:
    if not (SHARED / file).is_file():
        pytest.skip(f"there is no {file} beside the project")
    named = {entry["id"]: entry["name"] for entry in json.loads((SHARED / file).read_text())}

    assert set(named) - set(rules()) - set(OUT_OF_REACH) == set()
    ours = {rule.id: rule.name for rule in RULES} | {id_: rule.name for id_, rule in OUT_OF_REACH.items()}
    assert {id_: name for id_, name in ours.items() if named.get(id_, name) != name} == {}
