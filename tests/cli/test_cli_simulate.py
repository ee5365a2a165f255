from __future__ import annotations

import json
import shlex
import sys
from typing import Any

import pytest
from cli_tools import DOCUMENTS, ENFORCED, PASSKEYS, Cli
from jsonschema import Draft202012Validator

from tapctl import schema

PILOT = ("--group", "Pilots", "--registered", "password,fido2", "--app", "Office365", "--method", "password")
BLOCK: dict[str, Any] = {
    "id": "P1",
    "state": "enabled",
    "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
    "grantControls": {"operator": "OR", "builtInControls": ["block"]},
}
SITUATION: dict[str, Any] = {
    "id": "S1",
    "policies": [BLOCK],
    "user": "bob",
    "signIn": {"apps": ["x"], "auth": ["password"]},
}


@pytest.fixture
def enforced(cli: Cli) -> Cli:
    cli.write("all.yaml", ENFORCED + PASSKEYS)
    return cli


def write(cli: Cli, name: str, value: Any) -> str:
    (cli.root / name).write_text(json.dumps(value), encoding="utf-8")
    return name


def test_a_suite_of_which_a_part_is_blocked_is_not_known(cli: Cli) -> None:
    target = {"includeApplications": ["00000002-0000-0ff1-ce00-000000000000"]}
    block = {**BLOCK, "conditions": {**BLOCK["conditions"], "applications": target}}
    file = write(
        cli, "s.json", {**SITUATION, "policies": [block], "signIn": {"apps": ["Office365"], "auth": []}}
    )

    (found,) = cli("simulate", file, "--format", "json").json["answers"]

    assert (found["decision"], found["missing"]) == ("unknown", ["apps"])
    assert found["byApplication"] == {"Office365": "allow", "Office 365 Exchange Online": "block"}


def test_a_question_is_answered_with_who_decided_and_where(enforced: Cli) -> None:
    result = enforced("simulate", *PILOT)

    assert result.code == 0
    assert "Asked for mfa, which the user can do now." in result.out
    assert "policies/all.yaml:17:1: NH-20 Passwordless" in result.out
    assert "[documented: users]" in result.out


@pytest.mark.parametrize(
    ("said", "decision"),
    [
        ((), "unknown"),
        (("--group", "none"), "allow"),
        (("--user", "kim@nordwind.example"), "allow"),  # the document of Pilots names its members: not Kim
        (("--user", "mia.larsen@nordwind.example"), "challenge"),
    ],
)
def test_groups_that_are_not_said_are_not_known(cli: Cli, said: tuple[str, ...], decision: str) -> None:
    cli.write("all.yaml", ENFORCED.replace(", excludeGroups: [Break glass]", "") + PASSKEYS)
    found = cli("simulate", *said, *PILOT[2:], "--format", "json").json

    assert found["answers"][0]["decision"] == decision


ADMINISTRATORS = """\
---
kind: ConditionalAccessPolicy
name: NH-90 Administrators stay out
spec:
  state: enabled
  conditions:
    users: {includeRoles: [Global Administrator]}
    applications: {includeApplications: [All]}
    clientAppTypes: [all]
  grantControls: {operator: OR, builtInControls: [block]}
"""


@pytest.mark.parametrize(("said", "decision"), [((), "unknown"), (("--group", "none"), "allow")])
def test_roles_are_none_only_where_the_groups_are_said(
    cli: Cli, said: tuple[str, ...], decision: str
) -> None:
    cli.write("all.yaml", ADMINISTRATORS)
    found = cli("simulate", *said, *PILOT[2:], "--format", "json").json

    assert found["answers"][0]["decision"] == decision


def test_what_was_proved_is_not_known_unless_it_is_said(enforced: Cli) -> None:
    answer = enforced("simulate", *PILOT[:-2], "--format", "json").json["answers"][0]

    assert (answer["decision"], answer["missing"]) == ("unknown", ["auth"])


GUESTS = ADMINISTRATORS.replace(
    "includeRoles: [Global Administrator]", "includeUsers: [GuestsOrExternalUsers]"
)
NAMED = ADMINISTRATORS.replace(
    "includeRoles: [Global Administrator]", "includeUsers: [mia.larsen@nordwind.example]"
)


@pytest.mark.parametrize(
    ("said", "decision"),
    [
        ((), "unknown"),
        (("--user", "kim@nordwind.example"), "unknown"),
        (("--group", "none"), "allow"),  # somebody described, who would have been said to be a guest
        (("--user-type", "member"), "allow"),
        (("--user-type", "internalGuest"), "block"),
    ],
)
def test_a_type_that_is_not_said_is_not_a_member_s(cli: Cli, said: tuple[str, ...], decision: str) -> None:
    cli.write("all.yaml", GUESTS)
    found = cli("simulate", *said, *PILOT[2:], "--format", "json").json

    assert found["answers"][0]["decision"] == decision


@pytest.mark.parametrize(("said", "decision"), [((), "unknown"), (("--group", "none"), "allow")])
def test_nobody_in_particular_may_be_whom_a_policy_names(
    cli: Cli, said: tuple[str, ...], decision: str
) -> None:
    cli.write("all.yaml", NAMED)
    found = cli("simulate", *said, *PILOT[2:], "--format", "json").json

    assert found["answers"][0]["decision"] == decision


@pytest.mark.parametrize("said", [(), ("--registered", "password")])
def test_a_user_whom_given_facts_do_not_know_is_a_mistake(cli: Cli, said: tuple[str, ...]) -> None:
    cli("facts", "--out", "facts.json")
    asked = ("--user", "mia.larson@nordwind.example", *said, "--app", "Office365")

    result = cli("simulate", *asked, "--facts", "facts.json")

    assert result.code == 1
    assert 'did you mean "mia.larsen@nordwind.example"?' in result.err
    assert cli("simulate", *asked, "--group", "none", "--facts", "facts.json").code == 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((), "say who signs in: --user"),
        (("--group", "none"), "say what is signed in to: --app, --action or --context"),
        (("--group", "none", "--app", "Office365", "--action", "join"), "only one of them"),
        (("--group", "Pilot", "--app", "Office365"), '--group names "Pilot", which is no Group'),
        (("--group", "none", "--app", "Office36"), '--app is "Office36"'),
        (("--group", "none", "--app", "Office365", "--risk", "high"), "Write `none`, or signIn=high"),
        (
            ("--group", "none", "--app", "Office365", "--risk", "signin=high"),
            "'signin' is no property of --risk",
        ),
        (("--user", "kim", "--app", "Office365"), "Say who it is: --group and --registered"),
        (("--group", "none", "--app", "Office365", "--client", "Browser"), "--client has no value 'Browser'"),
    ],
)
def test_a_mistake_is_told_in_the_words_of_the_options(cli: Cli, asked: tuple[str, ...], said: str) -> None:
    result = cli("simulate", *asked)

    assert result.code == 1
    assert said in result.err
    assert "given" not in result.err


GLOBAL = "62e90394-69f5-4237-9190-012177145e10"


@pytest.mark.parametrize("asked", ["Global Administrator", "global administrator", GLOBAL, GLOBAL.upper()])
@pytest.mark.parametrize("named", ["Global Administrator", GLOBAL])
def test_a_role_goes_by_its_name_and_by_its_template_id(cli: Cli, named: str, asked: str) -> None:
    cli.write("all.yaml", ADMINISTRATORS.replace("Global Administrator", named))

    assert "Blocked" in cli("simulate", "--role", asked, *PILOT[2:]).out


def test_no_role_is_said_with_none(cli: Cli) -> None:
    cli.write("all.yaml", ADMINISTRATORS)
    asked = ("--user", "kim@nordwind.example", *PILOT[2:], "--format", "json")

    unsaid, none = (cli("simulate", *more, *asked).json["answers"][0] for more in ((), ("--role", "none")))

    assert (unsaid["decision"], none["decision"]) == ("unknown", "allow")


def test_a_misspelt_role_is_not_taken_for_nobodys(cli: Cli) -> None:
    result = cli("simulate", "--role", "Global Administrater", *PILOT[2:])

    assert result.code == 1
    assert 'did you mean "Global Administrator"?' in result.err


def test_a_pinned_group_goes_by_its_name_and_by_its_id(cli: Cli) -> None:
    pinned = "20000000-0000-4000-8000-000000000001"
    cli.write("environments/sandbox.yaml", f"pins: {{Group/Break glass: {pinned}}}\n")
    cli.write(
        "all.yaml", ADMINISTRATORS.replace("includeRoles: [Global Administrator", f"includeGroups: [{pinned}")
    )

    assert "Blocked" in cli("simulate", "--group", "Break glass", *PILOT[2:]).out
    assert "Blocked" in cli("simulate", "--group", pinned, *PILOT[2:]).out


def test_a_pinned_location_goes_by_its_name_and_by_its_id(cli: Cli) -> None:
    pinned = "20000000-0000-4000-8000-000000000002"
    cli.write("environments/sandbox.yaml", f"pins: {{NamedLocation/Office: {pinned}}}\n")
    office = f"    locations: {{includeLocations: [{pinned}]}}\n    clientAppTypes"
    everybody = ADMINISTRATORS.replace("includeRoles: [Global Administrator]", "includeUsers: [All]")
    cli.write("all.yaml", everybody.replace("    clientAppTypes", office))

    assert "Blocked" in cli("simulate", "--location", "Office", *PILOT[2:], "--group", "none").out
    assert "Blocked" in cli("simulate", "--location", pinned, *PILOT[2:], "--group", "none").out


def test_a_policy_can_be_asked_about_as_if_it_were_enforced(cli: Cli) -> None:
    cli.write("all.yaml", DOCUMENTS + PASSKEYS)

    assert "Allowed" in cli("simulate", *PILOT).out
    assert "Asked for mfa" in cli("simulate", *PILOT, "--enforce", "NH-20 Passwordless").out


HOURLY = (
    ENFORCED
    + """---
kind: ConditionalAccessPolicy
name: Hourly
spec:
  state: enabled
  conditions:
    users: {includeUsers: [All]}
    applications: {includeApplications: [All]}
    clientAppTypes: [all]
    platforms: {includePlatforms: [iOS]}
  sessionControls:
    signInFrequency: {isEnabled: true, value: 1, type: hours}
    persistentBrowser: {isEnabled: true, mode: never}
    disableResilienceDefaults: true
"""
)


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        (("--platform", "iOS"), "Holds for the session"),
        ((), "May hold for the session: nobody knows whether its policy applies"),
    ],
)
def test_what_holds_for_the_session_is_told_from_what_may(
    cli: Cli, asked: tuple[str, ...], title: str
) -> None:
    cli.write("all.yaml", HOURLY)

    out = cli("simulate", *PILOT, *asked).out

    assert (
        f"{title}\n  disableResilienceDefaults\n  persistentBrowser: mode never\n  signInFrequency: " in out
    )
    assert "type hours, value 1\n" in out


def test_a_question_in_json_keeps_its_promise(enforced: Cli) -> None:
    found = enforced("simulate", *PILOT, "--format", "json").json

    Draft202012Validator(schema.read("simulate-output")).validate(found)
    assert found["environment"] == "sandbox"
    assert found["answers"][0]["decision"] == "challenge"


def test_a_question_in_markdown(enforced: Cli) -> None:
    assert (
        "**Asked for mfa, which the user can do now.**"
        in enforced("simulate", *PILOT, "--format", "markdown").out
    )


def test_every_option_is_understood(enforced: Cli) -> None:
    options = ["--role", "Global Administrator", "--user-type", "member", "--reachable", "password"]
    options += ["--pass", "none", "--country", "de", "--location", "none", "--ip", "203.0.113.7"]
    options += ["--platform", "windows", "--client", "browser", "--device", "compliant,joined"]
    options += ["--risk", "signIn=high", "--risk", "user=low", "--flow", "none", "--scope", "Mail.Read"]
    options += [
        "--as-of",
        "2026-09-01",
        "--now",
        "2026-09-01T08:00:00Z",
        "--user",
        "mia.larsen@nordwind.example",
    ]
    result = enforced("simulate", *PILOT, *options)

    assert (result.code, result.err) == (0, "")


def test_mistakes_in_a_question_are_named_all_at_once(enforced: Cli) -> None:
    result = enforced(
        "simulate", "--group", "Pilot", "--app", "Offce", "--method", "pasword", "--risk", "high"
    )

    assert result.code == 1
    for said in ('did you mean "Pilots"?', '"Offce"', 'did you mean "password"?', "Write `none`"):
        assert said in result.err


def test_a_question_to_a_folder_with_mistakes_is_not_answered(enforced: Cli) -> None:
    enforced.write("bad.yaml", "kind: Group\nname: Bad\nspec: {nonsense: 1}\n")
    result = enforced("simulate", *PILOT)

    assert (result.code, result.out) == (1, "")
    assert "nonsense" in result.err


def test_a_file_of_situations_needs_no_workspace(cli: Cli) -> None:
    name = write(cli, "s.json", [SITUATION])
    found = cli("simulate", name, "-C", "nowhere", "--format", "json").json

    Draft202012Validator(schema.read("simulate-output")).validate(found)
    assert [(answer["id"], answer["decision"]) for answer in found["answers"]] == [("S1", "block")]


@pytest.mark.parametrize("chosen", ["text", "markdown"])
def test_a_file_of_situations_for_a_person(cli: Cli, chosen: str) -> None:
    journey = {**SITUATION, "id": "J", "steps": [{"signIn": SITUATION["signIn"]}]}
    del journey["signIn"]
    held = {"id": "G", "user": "bob", "pass": "temporaryAccessPassOneTime"}
    request = {
        "id": "H",
        "user": "bob",
        "request": {"lifetimeMinutes": 1},
        "tapPolicy": {"isUsableOnce": True},
    }
    result = cli("simulate", write(cli, "s.json", [SITUATION, journey, held, request]), "--format", chosen)

    for said in ("S1: block; by P1", "J 1: block", "G: not known", "H: refused; outOfScope; lifetime"):
        assert said in result.out


def test_answers_about_passes_are_as_the_schema_says(cli: Cli) -> None:
    held = {"startDateTime": "2026-09-01T07:00:00Z", "lifetimeInMinutes": 60}
    asked = [{"id": "G", "user": "bob", "pass": held}, {"id": "H", "user": "bob", "request": {}}]
    found = cli("simulate", write(cli, "s.json", asked), "--format", "json").json
    text = cli("simulate", write(cli, "s.json", asked)).out

    Draft202012Validator(schema.read("simulate-output")).validate(found)
    assert [answer["missing"] for answer in found["answers"]] == [
        ["tapPolicy", "now"],
        ["tapPolicy", "user.type"],
    ]
    assert "G: not known; not given tapPolicy, now" in text


def test_what_cannot_be_read_is_an_error_and_the_rest_is_answered(cli: Cli) -> None:
    result = cli("simulate", write(cli, "s.json", [SITUATION, {**SITUATION, "id": "S2", "odd": 1}]))

    assert result.code == 1
    assert "S1: block" in result.out
    assert "S2: cannot be read: s.json:1:" in result.out
    assert result.err == ""


def test_what_cannot_be_read_is_told_beside_json(cli: Cli) -> None:
    odd = {**SITUATION, "odd": 1}
    result = cli("simulate", write(cli, "s.json", odd), "--format", "json")

    assert result.code == 1
    assert result.err.startswith("s.json:1:")
    assert "'odd' is no property" in result.err


def test_a_session_control_of_a_file_that_may_hold_is_named(cli: Cli) -> None:
    conditions = {**BLOCK["conditions"], "platforms": {"includePlatforms": ["iOS"]}}
    hourly = {
        **BLOCK,
        "conditions": conditions,
        "grantControls": None,
        "sessionControls": {"signInFrequency": {}},
    }
    file = write(cli, "s.json", {**SITUATION, "policies": [hourly]})

    assert cli("simulate", file).out == "S1: allow; may hold for the session signInFrequency\n"


def test_an_unknown_of_a_file_says_what_it_lacks(cli: Cli) -> None:
    risky = {**BLOCK, "conditions": {**BLOCK["conditions"], "signInRiskLevels": ["high"]}}
    request = {"id": "R", "user": "bob", "request": {"lifetimeMinutes": 60}}
    result = cli("simulate", write(cli, "s.json", [{**SITUATION, "policies": [risky]}, request]))

    assert "S1: unknown; by P1; unmet block; not given signInRisk" in result.out
    assert "R: not known; not given tapPolicy, user.type" in result.out  # by what policy, nobody said


def test_a_fixture_is_read_along(cli: Cli) -> None:
    policy = {**BLOCK, "conditions": {**BLOCK["conditions"], "users": {"includeGroups": ["staff"]}}}
    name = write(cli, "s.json", {**SITUATION, "policies": [policy]})
    fixture = write(cli, "f.json", {"groups": {"staff": ["u:bob"]}, "users": {"bob": {"has": ["password"]}}})

    assert "S1: block" in cli("simulate", name, "--fixture", fixture).out
    assert "S1: unknown" in cli("simulate", name).out


def test_a_fixture_with_mistakes_is_refused(cli: Cli) -> None:
    name, fixture = write(cli, "s.json", SITUATION), write(cli, "f.json", {"grups": {}})
    result = cli("simulate", name, "--fixture", fixture)

    assert (result.code, result.out) == (1, "")
    assert "f.json:1:2" in result.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("simulate",), "say who signs in"),
        (("simulate", "--fixture", "f.json"), "--fixture goes with FILE.json"),
        (("simulate", "missing.json"), "missing.json cannot be read: No such file"),
        (("simulate", "s.json", "--user", "x@y"), "the questions are in the file"),
    ],
)
def test_a_question_that_cannot_be_is_refused(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    result = cli(*arguments)

    assert result.code == 1
    assert said in result.err


MIA = ("--user", "mia.larsen@nordwind.example", "--app", "Exchange Online", "--method", "password")


def test_without_facts_nobody_knows_somebody_the_folder_does_not_name(enforced: Cli) -> None:
    user = ("--user", "omar.haddad@nordwind.example", *MIA[2:])

    assert enforced("simulate", *user).code == 1
    assert enforced("simulate", *user, "--facts", "live").code == 0


def test_facts_say_what_somebody_registered_and_is_in(enforced: Cli) -> None:
    enforced("facts", "--out", "facts.json")

    live, stored = (
        enforced("simulate", *MIA, "--facts", source, "--format", "json").json["answers"][0]
        for source in ("live", "facts.json")
    )

    assert live["decision"] == stored["decision"] == "register"
    assert enforced("simulate", *MIA, "--format", "json").json["answers"][0]["decision"] == "unknown"


def test_who_is_let_in_by_facts_is_so_as_far_as_per_user_mfa_is_off(cli: Cli) -> None:
    asked = ("simulate", *MIA[:2], "--app", "SharePoint Online", *MIA[4:], "--facts", "live")

    allowed = cli(*asked).out
    assert "Allowed" in allowed
    assert "per-user-mfa-unread" in allowed
    assert "Not known" in cli(*asked, "--strict").out


def test_a_pass_that_is_read_live_is_judged_by_the_clock(enforced: Cli) -> None:
    command = shlex.join([sys.executable, "-c", "import sys; sys.stdin.read()"])
    assert enforced("pass", "issue", MIA[1], "--to-command", command, "--despite-policies").code == 0
    ask = ("simulate", *MIA[:-1], "pass", "--facts", "live", "--format", "json")

    now, some_day = (enforced(*ask, *more).json["answers"][0] for more in ((), ("--as-of", "2026-11-01")))

    assert (now["decision"], now["reason"]) == ("allow", None)
    assert (some_day["decision"], some_day["missing"]) == ("unknown", ["now"])


def test_the_tenant_is_asked_for_its_own_opinion(enforced: Cli) -> None:
    situation = ["--client", "browser", "--platform", "windows", "--location", "none", "--country", "de"]
    situation += ["--risk", "none", "--flow", "none", "--device", "unregistered"]

    found = enforced("simulate", *MIA, *situation, "--compare", "--format", "json").json

    Draft202012Validator(schema.read("simulate-output")).validate(found)
    assert {item["finding"] for item in found["comparison"]["policies"]} == {"same"}
    assert found["comparison"]["onlyHere"] == ["NH-20 Passwordless"]


def test_a_comparison_is_shown_below_the_answer(enforced: Cli) -> None:
    text = enforced("simulate", *MIA, "--compare").out
    markdown = enforced("simulate", *MIA, "--compare", "--format", "markdown").out

    assert "Compared with the tenant's own What-If, 3 live policies" in text
    assert "#### Compared with" in markdown
    assert "Not in the tenant, and so not asked about: NH-20 Passwordless" in text


def test_a_comparison_needs_somebody_whom_the_tenant_knows(enforced: Cli) -> None:
    assert "--compare needs --user" in enforced("simulate", *PILOT, "--compare").err


@pytest.mark.parametrize("option", [("--compare",), ("--facts", "live")])
def test_situations_of_a_file_bring_their_own_facts(cli: Cli, option: tuple[str, ...]) -> None:
    result = cli("simulate", write(cli, "one.json", SITUATION), *option)

    assert result.code == 1
    assert "brings its own facts" in result.err
