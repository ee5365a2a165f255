from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from lint_tools import context, findings

from tapctl.built_in import SYNCHRONISE, WATCHED
from tapctl.lint import rules
from tapctl.lint.administrators import _CONDITIONAL_ACCESS, _GLOBAL
from tapctl.lint.dead_ends_later import _ISSUERS
from tapctl.lint.example import policy, stream, tap
from tapctl.lint.pass_policy import _HIGHEST
from tapctl.lint.run import lint
from tapctl.model import Finding

MULTI = tap(isUsableOnce="false")


def ignoring(rule: str, until: str = "") -> str:
    day = f", until: {until}" if until else ""
    return f"{MULTI}lint: {{ignore: [{{rule: {rule}, because: Badge readers{day}}}]}}\n"


def of(found: tuple[Finding, ...], rule: str) -> list[Finding]:
    return [finding for finding in found if finding.rule == rule]


def test_a_finding_stands_on_its_line(tmp_path: Path) -> None:
    found = of(findings(tmp_path, MULTI).findings, "TAP001")

    assert [(item.name, item.severity) for item in found] == [("tap-multi-use", "error")]
    assert found[0].place
    assert found[0].place[1:] == (4, 3)


def test_elsewhere_than_in_production_it_is_less(tmp_path: Path) -> None:
    found = of(findings(tmp_path, f"environment: {{production: false}}\n---\n{MULTI}").findings, "TAP001")

    assert [item.severity for item in found] == ["warning"]


@pytest.mark.parametrize("name", ["tap-multi-use", "TAP001", "tap001"])
def test_ignored_by_name_or_id(tmp_path: Path, name: str) -> None:
    found = findings(tmp_path, ignoring(name, "2026-11-25")).findings

    assert not of(found, "TAP001")
    assert not [item for item in found if "ignore" in item.rule]


def test_an_ignore_that_ran_out_is_a_finding(tmp_path: Path) -> None:
    found = findings(tmp_path, ignoring("TAP001", "2026-11-24")).findings

    assert of(found, "TAP001")
    assert [item.severity for item in of(found, "expired-ignore")] == ["warning"]


def test_an_ignore_of_nothing_is_noted(tmp_path: Path) -> None:
    found = findings(tmp_path, ignoring("TAP001").replace("Once: false", "Once: true")).findings

    assert [item.severity for item in of(found, "unused-ignore")] == ["note"]


def test_an_unknown_rule_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    in_settings = "settings: {lint: {severities: {TAP0001: note, nonsense-of-mine: 'off'}}}\n---\n"
    found = of(findings(tmp_path, in_settings + ignoring("tap-multiuse")).findings, "unknown-rule")

    assert {item.severity for item in found} == {"error"}
    assert sorted(item.help for item in found)[:2] == ["Did you mean TAP001?", "Did you mean tap-multi-use?"]
    assert all(item.place for item in found)


@pytest.mark.parametrize("second", ["tap-multi-use", "tap001"])
def test_two_severities_for_one_rule_are_an_error(tmp_path: Path, second: str) -> None:
    settings = f"settings: {{lint: {{severities: {{TAP001: note, {second}: error}}}}}}\n---\n"
    (found,) = of(findings(tmp_path, settings + MULTI).findings, "listed-twice")

    assert found.message == f"{second!r} is TAP001 tap-multi-use, which has a severity already, as 'TAP001'"
    assert (found.severity, found.place is not None) == ("error", True)


@pytest.mark.parametrize(("said", "severity"), [("note", ["note"]), ("error", ["error"]), ("'off'", [])])
def test_settings_decide_the_severity(tmp_path: Path, said: str, severity: list[str]) -> None:
    settings = f"settings: {{lint: {{severities: {{tap-multi-use: {said}}}}}}}\n---\n"
    found = findings(tmp_path, settings + MULTI)

    assert [item.severity for item in of(found.findings, "TAP001")] == severity


def test_linting_twice_says_the_same(tmp_path: Path) -> None:
    made = context(tmp_path, MULTI)

    assert lint(made) == lint(made)


@pytest.mark.parametrize("name", ["TAP004", "tap-number-bounds"])
def test_an_ignore_of_a_rule_that_nothing_decides_is_told_why(tmp_path: Path, name: str) -> None:
    (found,) = of(findings(tmp_path, ignoring(name)).findings, "unknown-rule")

    assert found.message.startswith(f"nothing here decides '{name}'")
    assert "validate" in found.help


SYNC = (
    "facts: {users: {sync@x.example: {groups: [New hires], roles: [Directory Synchronization Accounts]}}}\n"
)


@pytest.mark.parametrize(
    ("read", "says"),
    [(None, True), (WATCHED, True), (WATCHED - {SYNCHRONISE[1]}, False), (frozenset(), False)],
)
def test_roles_that_were_read_in_part_leave_rules_about_them_in_the_note(
    tmp_path: Path, read: frozenset[str] | None, says: bool
) -> None:
    given = context(tmp_path, f"{SYNC}---\n{tap(includeTargets='[New hires]')}")

    found = lint(replace(given, facts=replace(given.facts, roles_read=read)))

    (note,) = of(found.about, "facts-missing")
    assert bool(of(found.findings, "TAP009")) is says
    assert ("TAP009" in note.message) is not says
    assert ("who holds which role" in note.help) is not says


def test_the_roles_that_rules_ask_about_are_watched() -> None:
    assert {key.removeprefix("id:") for key in {*_HIGHEST, *_ISSUERS} if "-" in key} <= WATCHED
    assert {_GLOBAL[1], _CONDITIONAL_ACCESS[1], SYNCHRONISE[1]} <= WATCHED


GLASS = "settings: {breakGlass: {accounts: [bg@example.com], groups: [Break glass]}}\n"


@pytest.mark.parametrize(
    ("users", "members", "is_hit", "is_told"),
    [
        ("{includeGroups: [Services]}", "", False, True),
        ("{includeGroups: [Services]}", "facts: {groups: {Services: [ada@example.com]}}\n", False, False),
        ("{includeGroups: [Services]}", "facts: {groups: {Services: [bg@example.com]}}\n", True, False),
        ("{includeGroups: [Services], excludeGroups: [Break glass]}", "", False, False),
        ("{includeUsers: [All]}", "", True, False),
    ],
)
def test_a_group_that_may_hold_emergency_accounts_is_told_once(
    tmp_path: Path, users: str, members: str, is_hit: bool, is_told: bool
) -> None:
    found = findings(tmp_path, stream(GLASS, members, policy("A", users=users), policy("B", users=users)))

    (note,) = of(found.about, "facts-missing")
    assert bool(of(found.findings, "CA001")) is is_hit
    assert ("CA001 says nothing of 'Services', whose members nobody knows" in note.message) is is_told


@pytest.mark.parametrize(
    ("users", "said"),
    [
        ("{includeGroups: [Services]}", ["CA001 says nothing of 'Services', whose members nobody knows"]),
        ("{includeGroups: [Break glass]}", []),
    ],
)
def test_a_rule_that_does_not_say_all_is_told_where_no_other_lacks_facts(
    tmp_path: Path, users: str, said: list[str]
) -> None:
    given = context(tmp_path, stream(GLASS, policy(users=users)))
    needing = {rule.id: "off" for rule in rules().values() if rule.needs}
    settings = replace(given.settings, severities=needing)

    notes = of(lint(replace(given, settings=settings)).about, "facts-missing")
    assert [note.message for note in notes] == said
    assert all(note.help.startswith("They need the members of groups.") for note in notes)
