"""What can be wrong in a sign-in test, each said at its line with what to do."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tapctl import schema
from tapctl.model import Finding
from tapctl.pipeline import check
from tapctl.simulate.workspace import company_of
from tapctl.testing.case import read_cases
from tapctl.testing.run import run

FOLDER = """\
kind: ConditionalAccessPolicy
name: Everybody proves more
spec:
  state: enabled
  conditions:
    users: {includeUsers: [All]}
    applications: {includeApplications: [All]}
    clientAppTypes: [all]
  grantControls: {operator: OR, builtInControls: [mfa]}
---
kind: Group
name: Pilots
spec: {description: First}
---
kind: Group
name: Second
spec: {members: []}
---
kind: Group
name: Later
environments: [production]
spec: {description: Elsewhere}
---
kind: AuthenticationContext
name: Sensitive
spec: {id: c1, isAvailable: true}
---
kind: NamedLocation
name: Office
spec: {isTrusted: true, ipRanges: [203.0.113.0/24]}
"""
PERSON = {"user": {"groups": ["Pilots"], "registered": ["password", "fido2"]}}
ASKED = {**PERSON, "application": "Office365", "method": "fido2"}
ALLOWED = {"decision": "allow"}


def written(root: Path, *tests: dict[str, Any]) -> list[Finding]:
    """The mistakes in tests of a small workspace, one document a file."""
    (root / "tests").mkdir()
    (root / "environments").mkdir()
    (root / "environments" / "production.yaml").write_text("production: true\n")
    (root / "tapctl.yaml").write_text("defaultEnvironment: sandbox\n")
    (root / "all.yaml").write_text(FOLDER)
    for number, test in enumerate(tests):
        document = {"kind": "SignInTest", "name": "A test", **test}
        (root / "tests" / f"{number}.yaml").write_text(json.dumps(document))
    checked = check(root, None, with_tests=True)
    assert checked.findings == ()
    cases = read_cases(checked.workspace.tests, company_of(checked), date(2026, 11, 25))
    return [finding for case in cases for finding in case.mistakes]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"method": "fiddo2"}, 'given.method is "fiddo2"'),
        ({"method": ["password", "fiddo2"]}, 'given.method[1] is "fiddo2"'),
        ({"application": "Teams"}, 'did you mean "Microsoft Teams"?'),
        ({"application": " "}, 'given.application is " ", which is no well-known application'),
        ({"application": "Ofice365"}, 'given.application is "Ofice365", which is no well-known application'),
        ({"application": ["Office365", "Ofice365"]}, 'given.application[1] is "Ofice365"'),
        ({"context": "c1"}, "given says application and context"),
        ({"location": {"ip": "203.0.113"}}, 'given.location.ip is "203.0.113", which is not an address'),
        ({"location": {"named": ["Ofice"]}}, 'given.location.named[0] names "Ofice"'),
        ({"device": "complaint"}, 'given.device is "complaint"'),
        ({"device": ["compliant", "noncompliant"]}, 'is "noncompliant", which contradicts the words before'),
        ({"asOf": "2026-13-01"}, 'given.asOf is "2026-13-01", which is not a day'),
        ({"now": "2026-09-01T08:00:00"}, "which is not a time with an offset"),
        ({"user": {"groups": ["Pilot"]}}, 'given.user.groups[0] names "Pilot"'),
        ({"user": {"groups": ["Later"]}}, 'given.user.groups[0] names "Later"'),
        ({"user": {"groups": [], "pass": "twice"}}, 'given.user.pass is "twice"'),
        ({"user": "nobody@example.com"}, "whom neither the facts nor the workspace know"),
        (
            {"user": {"registered": ["sms"], "pass": {"isUsableOnce": True, "lifetimeInMinutes": "soon"}}},
            "given.user.pass.lifetimeInMinutes",
        ),
    ],
)
def test_a_wrong_word_is_shown_where_it_stands(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    found = written(tmp_path, {"given": {**ASKED, **changed}, "expect": ALLOWED})

    assert len(found) == 1
    assert said in found[0].message
    assert found[0].place is not None
    assert found[0].place.file.endswith("tests/0.yaml")


@pytest.mark.parametrize(
    "about", [{"user": {"roles": ["none"]}}, {"user": {"groups": ["none"]}}, {"location": {"named": "none"}}]
)
def test_who_writes_none_is_told_how_to_say_it(tmp_path: Path, about: dict[str, Any]) -> None:
    (found,) = written(tmp_path, {"given": {**ASKED, **about}, "expect": ALLOWED})

    assert found.help == "For none of them write an empty list: []."


@pytest.mark.parametrize("expect", [{}, {"decision": "allow", "decisionAnyOf": ["allow", "block"]}])
def test_an_expectation_says_one_thing(tmp_path: Path, expect: dict[str, Any]) -> None:
    assert written(tmp_path, {"given": ASKED, "expect": expect})


def test_who_signs_in_with_a_pass_has_one(tmp_path: Path) -> None:
    given = {"user": {"groups": []}, "application": "Office365", "method": "pass"}

    assert written(tmp_path, {"given": given, "expect": ALLOWED}) == []


def test_wrong_words_and_wrong_names_are_told_together(tmp_path: Path) -> None:
    given = {
        **ASKED,
        "user": {"groups": ["Pilot"], "registered": ["pasword"], "type": "guest"},
        "client": "Browser",
    }
    found = written(tmp_path, {"given": given, "expect": {"decision": "alow", "by": ["NH-1"]}})

    assert [item.message.split(" ")[0] for item in found] == [
        "given.user.groups[0]",
        "given.user.registered[0]",
        "given.user.type",
        "given.client",
        "expect.decision",
        "expect.by[0]",
    ]


def test_a_test_says_who_signs_in(tmp_path: Path) -> None:
    (found,) = written(tmp_path, {"given": {"application": "Office365"}, "expect": ALLOWED})

    assert found.message == "given says nothing of the user"


def test_an_action_is_one_that_there_is(tmp_path: Path) -> None:
    (found,) = written(tmp_path, {"given": {**PERSON, "action": "registr"}, "expect": ALLOWED})

    assert found.message.startswith('given.action is "registr"; did you mean')


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"clientApp": "browser"}, "It is called client here."),
        ({"signInRisk": "high"}, "It is called risk.signIn here."),
        ({"userRisk": "high"}, "It is called risk.user here."),
        ({"auth": ["password"]}, "It is called method here."),
        ({"country": "DE"}, "It belongs at given.location.country."),
        ({"user": {"has": ["password"]}}, "It is called registered here."),
        ({"has": ["password"]}, "It is called user.registered here."),
    ],
)
def test_a_fact_by_another_name_is_told_its_own(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    found = written(tmp_path, {"given": {**ASKED, **given}, "expect": ALLOWED})

    assert [item.help for item in found] == [said]
    assert str(found[0].place).startswith(str(tmp_path / "tests/0.yaml:1:"))


def test_a_property_of_no_test_is_not_said_to_be_newer(tmp_path: Path) -> None:
    (found,) = written(tmp_path, {"given": ASKED, "expect": {"zzz": 1}})

    assert found.help.startswith("Known here: decision,")
    assert "newer" not in found.help


_GIVEN = schema.fields("SignInTest").properties["given"]
_EFFECT = schema.fields("SignInTest").properties["steps"].items.properties["effect"]  # type: ignore[union-attr]
_SITUATION = schema.fields("Situation")
_NO_FACT = {"about", "rolesAuScoped", "rolesCustom", "rolesEligible"}
"""Of a situation's user: for people, and roles that no policy asks about."""


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (_GIVEN, _SITUATION.properties["signIn"]),
        (_GIVEN.properties["user"], _SITUATION.properties["user"]),
        (_GIVEN.properties["user"].properties["pass"], _SITUATION.properties["pass"]),
        (_EFFECT, _SITUATION.properties["steps"].items.properties["effect"]),  # type: ignore[union-attr]
    ],
)
def test_what_a_situation_calls_a_fact_is_known_to_tests(here: schema.Field, there: schema.Field) -> None:
    fields = [*schema.named_fields(here)]
    names = {path[-1] for path, _ in fields} | {name for _, field in fields for name in field.also_called}

    assert there.properties.keys() - names <= _NO_FACT


def test_a_context_is_named_or_given_by_its_id(tmp_path: Path) -> None:
    asked = {key: value for key, value in ASKED.items() if key != "application"}
    tests = [
        {"name": name, "given": {**asked, "context": name}, "expect": ALLOWED}
        for name in ("c1", "Sensitive", "c9")
    ]
    assert ["c9" in found.message for found in written(tmp_path, *tests)] == [True]


def test_what_is_declared_elsewhere_is_said_to_be(tmp_path: Path) -> None:
    (found,) = written(tmp_path, {"given": {**ASKED, "user": {"groups": ["Later"]}}, "expect": ALLOWED})
    assert "declared, but not for sandbox" in found.help


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ({"given": ASKED}, "expects nothing"),
        ({"given": ASKED, "expect": ALLOWED, "steps": [{"expect": ALLOWED}]}, "has both expect and steps"),
        ({"given": ASKED, "expect": {**ALLOWED, "decisionAnyOf": ["block"]}}, "decision and decisionAnyOf"),
        ({"given": ASKED, "expect": {**ALLOWED, "by": ["Nothing"]}}, 'expect.by[0] names "Nothing"'),
        ({"given": ASKED, "expect": {"policies": {"Nothing": "applied"}}}, 'expect.policies names "Nothing"'),
        (
            {"given": ASKED, "steps": [{"expect": ALLOWED}, {"given": PERSON, "expect": ALLOWED}]},
            "is another user, but a journey is one person's",
        ),
        (
            {
                "given": {**ASKED, "user": {"groups": ["Pilots"]}},
                "steps": [{"expect": ALLOWED, "effect": {"registers": ["sms"]}}],
            },
            "does not say which there are",
        ),
        ({"given": ASKED, "steps": [{"expect": ALLOWED, "effect": {"advances": "soon"}}]}, "not a duration"),
        ({"given": ASKED, "steps": [{"expect": ALLOWED, "effect": {"leaves": ["Pilot"]}}]}, 'names "Pilot"'),
    ],
)
def test_an_expectation_that_proves_nothing_is_a_mistake(
    tmp_path: Path, test: dict[str, Any], said: str
) -> None:
    assert [said in found.message for found in written(tmp_path, test)] == [True]


def journey(*effects: dict[str, Any], **user: Any) -> dict[str, Any]:
    """A test whose steps expect nothing that could go wrong."""
    given = {**ASKED, "user": user or PERSON["user"]}
    steps = [
        {"expect": {"decisionAnyOf": ["allow", "challenge", "register"]}, "effect": one} for one in effects
    ]
    return {"given": given, "steps": steps}


@pytest.mark.parametrize(
    ("effects", "said"),
    [
        ([{"leaves": ["Pilots"]}], []),
        ([{"joins": ["Second"]}, {"leaves": ["Second"]}], []),
        ([{"registers": ["sms"]}, {"deletes": ["sms"]}], []),
        ([{"registers": ["sms"], "deletes": ["sms"]}], []),
        ([{"leaves": ["Second"]}], ['steps[0].effect.leaves names "Second"']),
        ([{}, {"deletes": ["sms"]}], ['steps[1].effect.deletes names "sms"']),
        ([{"loses": ["sms"]}], ['steps[0].effect.loses names "sms"']),
        ([{"leaves": ["Pilots"]}, {"leaves": ["Pilots"]}], ['steps[1].effect.leaves names "Pilots"']),
        ([{"deletes": ["fido2"]}, {"deletes": ["fido2"]}], ['steps[1].effect.deletes names "fido2"']),
    ],
)
def test_nobody_gives_away_what_they_do_not_have(
    tmp_path: Path, effects: list[dict[str, Any]], said: list[str]
) -> None:
    found = written(tmp_path, journey(*effects))
    assert [item.message.partition(",")[0] for item in found] == said


@pytest.mark.parametrize(
    ("user", "group", "is_mistake"),
    [
        ({"upn": "ada@example.com"}, "Pilots", False),
        ({"upn": "ada@example.com"}, "Second", True),
        ({"registered": ["fido2"]}, "Second", False),
    ],
)
def test_who_may_be_in_a_group_may_leave_it(
    tmp_path: Path, user: dict[str, Any], group: str, is_mistake: bool
) -> None:
    assert bool(written(tmp_path, journey({"leaves": [group]}, **user))) is is_mistake


def test_a_name_stands_for_one_test(tmp_path: Path) -> None:
    test = {"given": ASKED, "expect": ALLOWED}
    (found,) = written(tmp_path, test, test)

    assert found.rule == "duplicate-document"
    assert "tests/0.yaml" in found.message


def test_every_word_of_a_situation_is_understood(tmp_path: Path) -> None:
    """One test with all of them; it runs, and nothing in it is a mistake."""
    situation = {
        **ASKED,
        "method": ["password", "pass"],
        "device": {"isCompliant": True, "physicalIds": ["[OrderId]:1"]},
        "location": {"named": ["Office"], "country": "unknown", "ip": "203.0.113.7"},
        "risk": {"signIn": "low"},
        "now": "2026-11-25T08:00:00Z",
        "user": {**PERSON["user"], "pass": {"isUsableOnce": True, "lifetimeInMinutes": "8h"}},
    }
    test = {"given": situation, "expect": {"decision": "allow"}}
    assert written(tmp_path, test) == []

    checked = check(tmp_path, None, with_tests=True)
    company = company_of(checked)
    (result,) = run(read_cases(checked.workspace.tests, company, date(2026, 11, 25)), company)
    assert result.status == "passed"
