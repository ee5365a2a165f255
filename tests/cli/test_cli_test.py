from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from cli_tools import DOCUMENTS, ENFORCED, PASSKEYS, Cli
from jsonschema import Draft202012Validator

from tapctl import schema

TESTS = """\
kind: SignInTest
name: A pilot is asked for a second factor
why: Passwords are not enough.
given: {user: {groups: [Pilots], registered: [password, fido2]}, application: Office365, method: password}
expect: {decision: challenge, by: [NH-20 Passwordless], unmet: [mfa]}
---
kind: SignInTest
name: Somebody else is not
given: {user: {groups: [], registered: [password]}, application: Office365, method: password}
expect: {decision: allow}
"""
DATED = """\
kind: SignInTest
name: MFA is mandatory at the portals
given: {user: {registered: [password, fido2]}, application: Azure portal, method: password}
expect: {decision: challenge}
"""
FAILING = TESTS.replace("decision: challenge", "decision: block")


@pytest.fixture
def tested(cli: Cli) -> Cli:
    """The workspace with its policy enforced, and two tests."""
    cli.write("all.yaml", ENFORCED + PASSKEYS)
    cli.write("tests/pilots.yaml", TESTS)
    return cli


def test_tests_that_pass(tested: Cli) -> None:
    result = tested("test")

    assert result.code == 0
    assert "ok    A pilot is asked for a second factor" in result.out
    assert "2 tests: 2 passed, 0 failed" in result.out
    assert "SANDBOX: nothing real was changed" in result.out


def test_a_failing_test_shows_its_line_the_difference_and_the_trace(tested: Cli) -> None:
    tested.write("tests/pilots.yaml", FAILING)
    result = tested("test")

    assert result.code == 1
    assert "FAIL  A pilot is asked for a second factor" in result.out
    assert "policies/tests/pilots.yaml:5:1: decision is challenge, not block" in result.out
    assert "NH-20 Passwordless: applies" in result.out
    assert "policies/all.yaml:21:5: users matches" in result.out


ELSEWHERE = TESTS.replace("why: Passwords are not enough.", "environments: [sandbax]")


def test_a_test_for_an_unknown_environment_fails_alone(tested: Cli) -> None:
    tested.write("tests/pilots.yaml", ELSEWHERE)
    result = tested("test")

    assert result.code == 1
    assert (
        'policies/tests/pilots.yaml:3:16: environment "sandbax" has no file; did you mean "sandbox"?'
        in result.out
    )
    assert "ok    Somebody else is not" in result.out


def test_what_is_wrong_with_a_test_is_shown_with_what_is_wrong_around_it(tested: Cli) -> None:
    tested.write("tests/pilots.yaml", ELSEWHERE)
    tested.write("all.yaml", ENFORCED.replace("state: enabled", "state: on"))
    result = tested("validate", "--no-lint")

    assert result.code == 1
    assert 'environment "sandbax" has no file' in result.out
    assert "all.yaml" in result.out


def test_a_test_of_what_is_only_reported_says_so(tested: Cli) -> None:
    tested.write("all.yaml", DOCUMENTS + PASSKEYS)
    result = tested("test")

    assert result.code == 1
    assert "It would pass where NH-20 Passwordless is enforced" in result.out


def test_a_decision_that_nobody_knows_is_no_reason_for_a_hint(tested: Cli) -> None:
    tested.write("all.yaml", DOCUMENTS + PASSKEYS)
    said = ", method: password}\nexpect: {decision: challenge, by: [NH-20 Passwordless], unmet: [mfa]}"
    tested.write("tests/pilots.yaml", TESTS.replace(said, "}\nexpect: {decision: unknown}"))
    result = tested("test")

    assert "decision is allow, not unknown" in result.out
    assert "It would pass where" not in result.out


def test_only_the_named_tests_run(tested: Cli) -> None:
    assert "1 test: 1 passed" in tested("test", "somebody ELSE").out


def test_a_name_that_no_test_has_is_an_error_with_candidates(tested: Cli) -> None:
    result = tested("test", "Somebody els is not")

    assert result.code == 1
    assert 'did you mean "Somebody else is not"?' in result.err


@pytest.mark.parametrize("text", [TESTS, FAILING, TESTS.replace("Pilots", "Pilot"), "kind: SignInTest\n"])
def test_json_keeps_its_promise(tested: Cli, text: str) -> None:
    tested.write("tests/pilots.yaml", text)
    found = tested("test", "--format", "json").json

    Draft202012Validator(schema.read("test-output")).validate(found)
    assert sum(found["summary"].values()) == len(found["tests"])


def test_junit_is_xml_with_a_case_a_test(tested: Cli) -> None:
    tested.write("tests/pilots.yaml", FAILING)
    root = ET.fromstring(tested("test", "--format", "junit").out)  # noqa: S314  # our own

    assert root.attrib["tests"] == "2"
    assert root.attrib["failures"] == "1"
    assert [case.attrib["line"] for case in root.iter("testcase")] == ["2", "8"]


def test_markdown_shows_failures_first(tested: Cli) -> None:
    tested.write("tests/pilots.yaml", FAILING)
    out = tested("test", "--format", "markdown").out

    assert out.index("### A pilot") < out.index("Somebody else is not")
    assert "Passwords are not enough." in out


@pytest.mark.parametrize("chosen", ["text", "json", "markdown", "junit"])
def test_a_folder_with_mistakes_is_not_tested(tested: Cli, chosen: str) -> None:
    tested.write("bad.yaml", "kind: Group\nname: Bad\nspec: {nonsense: 1}\n")
    result = tested("test", "--format", chosen)

    assert result.code == 1
    assert "nonsense" in result.out
    assert "A pilot" not in result.out


@pytest.mark.parametrize("chosen", ["text", "json", "markdown", "junit"])
def test_hostile_tests_are_escaped(tested: Cli, chosen: str) -> None:
    tested.write(
        "tests/bad.yaml",
        'kind: SignInTest\nname: "x\\u202ey[red]"\nwhy: "\\u202e"\n'
        'given: {user: {groups: ["\\e]8;;evil\\a"]}, application: Office365}\nexpect: {decision: block}\n'
        '---\nkind: SignInTest\nname: "\\u202e2"\ngiven: {user: {}, application: Office365}\n'
        "expect: {decision: block}\n",
    )
    result = tested("test", "--format", chosen)

    assert result.code == 1
    assert not {"\x1b", "\x07", "\u202e"} & set(result.out + result.err)


def test_dated_rules_are_those_of_the_day(tested: Cli) -> None:
    day = "--as-of=2020-01-01"
    tested.write("tests/pilots.yaml", DATED)
    assert [tested("test").code, tested("test", day).code] == [0, 1]


OF_ALL_SORTS = """\
kind: SignInTest
name: A context rests on what nobody documents
given: {user: {groups: [Pilots], registered: [password]}, context: c1, method: password}
expect: {decision: allow}
---
kind: SignInTest
name: Of production
environments: [production]
given: {user: {groups: [Pilots], registered: [password]}, application: Office365, method: password}
expect: {decision: allow}
---
kind: SignInTest
name: A journey
given: {user: {groups: [Pilots], registered: [password, fido2]}, application: Office365, method: password}
steps: [{name: By password, expect: {decision: block}}, {expect: {decision: challenge}}]
"""


def test_what_a_test_is_beside_passed_is_said_in_every_format(tested: Cli) -> None:
    tested.write("environments/production.yaml", "production: true\n")
    tested.write("tests/pilots.yaml", OF_ALL_SORTS)
    tested.write("contexts.yaml", "kind: AuthenticationContext\nname: Sensitive\nspec: {id: c1}\n")
    text = tested("test").out
    suite = ET.fromstring(tested("test", "--format", "junit").out)  # noqa: S314  # ours

    assert "Of production (for production)" in text
    assert "step 1 (By password): decision is challenge, not block" in text
    assert text.count("rests on inference: all-resources-and-contexts") == 1
    assert "3 tests: 1 passed, 1 failed, 1 for other environments, 1 rests on inference" in text
    assert [case[0].tag for case in suite.iter("testcase")] == ["system-out", "skipped", "failure"]


TIMED = """\
kind: SignInTest
name: A pass that has begun
given:
  user:
    upn: mia.larsen@nordwind.example
    pass: {isUsableOnce: true, startDateTime: "2026-01-01T08:00:00Z", lifetimeInMinutes: 60}
  application: Office365
  method: pass
expect: {decision: unknown}
---
kind: SignInTest
name: The test's own time
given:
  user:
    upn: mia.larsen@nordwind.example
    pass: {isUsableOnce: true, startDateTime: "2026-01-01T08:00:00Z", lifetimeInMinutes: 60}
  application: Office365
  method: pass
  now: "2026-01-01T10:00:00Z"
expect: {decision: refusedBeforePolicy, reason: Expired}
"""


@pytest.mark.parametrize("source", ["live", "facts.json"])
def test_the_clock_decides_no_test(tested: Cli, source: str) -> None:
    tested("facts", "--out", "facts.json")
    tested.write("tests/pilots.yaml", TIMED)

    assert "2 tests: 2 passed, 0 failed" in tested("test", "--facts", source).out
