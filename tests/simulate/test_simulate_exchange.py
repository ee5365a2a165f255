from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from tapctl.errors import UsageError
from tapctl.simulate.answer import answer
from tapctl.simulate.exchange import Question, read_fixture, read_questions
from tapctl.simulate.json_text import parse

TODAY = date(2026, 11, 25)
MFA = {
    "id": "P1",
    "state": "enabled",
    "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
    "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
}
SIGN_IN = {"apps": ["app-x"], "auth": ["password"]}
FIXTURE: dict[str, Any] = {
    "groups": {"staff": ["u:bob", "g:hires"], "hires": ["u:ann"]},
    "users": {
        "ann": {"has": ["password"], "tap": "temporaryAccessPassOneTime"},
        "bob": {"has": ["password"]},
    },
    "enabledMethods": ["password", "fido2", "temporaryAccessPassOneTime", "sms"],
}
TAP_POLICY = {"state": "enabled", "include": ["g:hires"], "isUsableOnce": True}


def questions(*situations: Any, fixture: Any = FIXTURE) -> tuple[Question, ...]:
    facts = None
    if fixture is not None:
        facts, mistakes = read_fixture(*parse(json.dumps(fixture).encode(), "f.json"))
        assert not mistakes
    text = json.dumps(situations[0] if len(situations) == 1 else situations, indent=1)
    return read_questions(*parse(text.encode(), "s.json"), facts, TODAY)


def one(fixture: Any = FIXTURE, **situation: Any) -> Any:
    (question,) = questions(situation, fixture=fixture)
    assert question.mistakes == ()
    return answer(question)


def wrong(fixture: Any = FIXTURE, **situation: Any) -> list[str]:
    (question,) = questions(situation, fixture=fixture)
    return [str(item.message) for item in question.mistakes]


def sign_in(**facts: Any) -> Any:
    (question,) = questions({"user": "bob", "signIn": {**SIGN_IN, **facts}})
    assert question.mistakes == ()
    return question.steps[0].sign_in


def test_an_answer_carries_the_question_s_id_or_its_position() -> None:
    asked = {"user": "bob", "signIn": SIGN_IN}
    found = questions({**asked, "id": "X"}, asked, {**asked, "id": 7})

    assert [question.id for question in found] == ["X", "2", "7"]


def test_policies_may_stand_in_an_object_by_name() -> None:
    found = one(user="bob", policies={"By name": MFA}, signIn=SIGN_IN)

    assert found["policies"] == {"By name": "applied"}


def test_a_step_of_the_trace_says_where_the_policy_stands_in_the_file() -> None:
    found = one(user="bob", policies=[MFA], signIn=SIGN_IN)

    assert {step["policy"] for step in found["trace"]} == {"P1"}
    assert all(step["place"]["file"] == "s.json" and step["place"]["line"] > 1 for step in found["trace"])


def test_null_is_an_unregistered_device_and_nothing_is_an_unknown_one() -> None:
    unregistered, unknown = sign_in(device=None).device, sign_in().device

    assert unknown is None
    assert not unregistered.is_registered


def test_both_spellings_of_a_device_that_is_looked_after_are_one() -> None:
    device = sign_in(device={"isManaged": True, "physicalIds": ["a"]}).device

    assert device.attributes == {"managed": True, "physicalIds": ("a",)}


@pytest.mark.parametrize(
    ("facts", "country"),
    [({}, None), ({"country": None}, None), ({"countryKnown": False}, ""), ({"country": "NL"}, "NL")],
)
def test_a_country_that_entra_does_not_know_is_not_one_that_nobody_gave(
    facts: dict[str, Any], country: str | None
) -> None:
    assert sign_in(**facts).country == country


def test_other_spellings_mean_the_same() -> None:
    found = sign_in(clientAppType="browser", devicePlatform="iOS", ipAddress="::1", transferMethod="none")

    assert (found.client_app, found.platform, found.ip, found.flow) == ("browser", "iOS", "::1", "none")


def test_modes_joined_by_commas_are_several() -> None:
    assert sign_in(auth="password,sms").auth == {"password", "sms"}


def test_a_day_of_the_sign_in_comes_before_the_situation_s() -> None:
    asked = {"user": "bob", "signIn": {**SIGN_IN, "asOf": "2026-02-01"}, "asOf": "2026-01-01"}
    (question,) = questions(asked)

    assert question.steps[0].sign_in.as_of == date(2026, 2, 1)


@pytest.mark.parametrize("user", ["anne", {"id": "anne"}, {"upn": "anne"}])
def test_a_user_of_whom_nothing_is_known_but_the_name_is_a_mistake(user: Any) -> None:
    (question,) = questions({"user": user, "signIn": SIGN_IN})

    (mistake,) = question.mistakes
    assert 'is "anne", whom the fixture does not know; did you mean "ann"?' in mistake.message


def test_a_user_who_is_described_need_not_be_in_the_fixture() -> None:
    (question,) = questions({"user": {"id": "anne", "registered": ["password"]}, "signIn": SIGN_IN})

    assert question.mistakes == ()


def decided(users: dict[str, Any], user: dict[str, Any], control: str = "block") -> str:
    """What one policy for these users decides about a user who is described in place."""
    grant = {"operator": "OR", "builtInControls": [control]}
    applications = {"includeApplications": ["All"]}
    spec = {**MFA, "conditions": {"users": users, "applications": applications}, "grantControls": grant}
    return str(one(policies=[spec], user=user, signIn=SIGN_IN)["decision"])


@pytest.mark.parametrize(
    ("said", "decision"),
    [
        ({}, "unknown"),
        ({"registered": ["password"]}, "register"),
        ({"has": []}, "register"),
        ({"tap": "oneTime"}, "challenge"),
    ],
)
def test_methods_that_nobody_said_are_not_known(said: dict[str, Any], decision: str) -> None:
    assert decided({"includeUsers": ["All"]}, {"type": "member", **said}, "mfa") == decision


@pytest.mark.parametrize(("said", "decision"), [({}, "unknown"), ({"type": "member"}, "allow")])
def test_a_type_that_nobody_said_is_not_known(said: dict[str, Any], decision: str) -> None:
    assert decided({"includeUsers": ["GuestsOrExternalUsers"]}, {"groups": ["staff"], **said}) == decision


def test_groups_and_roles_that_nobody_said_are_not_there() -> None:
    assert (
        decided({"includeGroups": ["unheard of"], "includeRoles": ["a role"]}, {"type": "member"}) == "allow"
    )


def test_a_user_described_in_place_adds_to_what_the_fixture_knows() -> None:
    (question,) = questions({"user": {"id": "ann", "registered": ["password", "fido2"]}, "signIn": SIGN_IN})

    assert question.person is not None
    assert question.person.registered == frozenset({"password", "fido2"})
    assert question.person.groups == {"hires"}
    assert question.person.held_pass != "none"


def test_a_situation_may_bring_its_own_directory() -> None:
    policy = {**MFA, "conditions": {**MFA["conditions"], "users": {"includeGroups": ["inline"]}}}  # type: ignore[dict-item]
    found = one(
        None,
        user="zoe",
        policies=[policy],
        signIn=SIGN_IN,
        users={"zoe": {"has": ["password", "sms"], "perUserMfa": "disabled"}},
        groups={"inline": ["u:zoe"]},
        enabledMethods=["password", "sms"],
        migrationComplete=True,
    )

    assert (found["decision"], found["unmet"]) == ("challenge", ["mfa"])


def test_of_a_user_without_a_fixture_nothing_is_known() -> None:
    policy = {**MFA, "conditions": {**MFA["conditions"], "users": {"includeGroups": ["staff"]}}}  # type: ignore[dict-item]

    assert one(None, user="zoe", policies=[policy], signIn=SIGN_IN)["decision"] == "unknown"


@pytest.mark.parametrize(
    ("said", "decision"), [({}, "unknown"), ({"auth": None}, "unknown"), ({"auth": []}, "challenge")]
)
def test_what_was_proved_is_not_known_unless_it_is_said(said: dict[str, Any], decision: str) -> None:
    sign_in = {"apps": ["app-x"], **said}
    asked = {"user": {"has": ["password", "sms"]}, "policies": [MFA]}

    assert one(**asked, signIn=sign_in)["decision"] == decision
    assert [step["decision"] for step in one(**asked, steps=[{"signIn": sign_in}])["steps"]] == [decision]


def test_a_journey_is_answered_step_by_step() -> None:
    effect = {"passUsed": True, "registers": "fido2", "leaves": ["g:hires"], "advances": "25h"}
    steps = [{"signIn": SIGN_IN, "effect": effect}, {"signIn": SIGN_IN}]
    policy = {**MFA, "conditions": {**MFA["conditions"], "users": {"includeGroups": ["hires"]}}}  # type: ignore[dict-item]
    found = one(user="ann", policies=[policy], steps=steps)

    assert [step["policies"]["P1"] for step in found["steps"]] == ["applied", "notApplied"]


ONCE, MANY = "temporaryAccessPassOneTime", "temporaryAccessPassMultiUse"
BLOCK = {**MFA, "grantControls": {"operator": "OR", "builtInControls": ["block"]}}


@pytest.mark.parametrize(
    ("user", "kind", "effect", "policies", "second"),
    [
        ("ann", ONCE, {}, [MFA], ("refusedBeforePolicy", "OneTimeUsed")),
        ("ann", ONCE, {"registers": ["fido2"]}, [MFA], ("refusedBeforePolicy", "OneTimeUsed")),
        ("ann", ONCE, {"passUsed": False}, [MFA], ("allow", None)),
        ("ann", ONCE, {}, [BLOCK], ("block", None)),
        ({"has": ["password"], "tap": MANY}, MANY, {}, [MFA], ("allow", None)),
        ({"has": ["password"], "tap": "none"}, ONCE, {}, [MFA], ("refusedBeforePolicy", "NoSuchPass")),
    ],
)
def test_a_one_time_pass_that_opened_something_opens_nothing_again(
    user: Any, kind: str, effect: dict[str, Any], policies: list[Any], second: tuple[str, str | None]
) -> None:
    sign_in = {"apps": ["app-x"], "auth": [kind]}
    steps = [{"signIn": sign_in, "effect": effect}, {"signIn": sign_in}]
    fixture = {**FIXTURE, "enabledMethods": [*FIXTURE["enabledMethods"], MANY]}
    found = one(fixture, user=user, policies=policies, steps=steps)["steps"][1]

    assert (found["decision"], found["reason"]) == second


@pytest.mark.parametrize(("needs_mfa", "by"), [(True, ["device settings"]), (False, []), (None, [])])
def test_the_device_settings_are_part_of_a_situation(needs_mfa: bool | None, by: list[str]) -> None:
    join = {"action": "urn:user:registerdevice", "auth": ["password"]}
    assert one(user="bob", policies=[], joinNeedsMfa=needs_mfa, signIn=join)["by"] == by


def test_device_settings_that_a_file_leaves_out_are_an_inference() -> None:
    join = {"action": "urn:user:registerdevice", "auth": ["password"]}
    asked: dict[str, Any] = {"user": "bob", "policies": [], "signIn": join}
    said = one({**FIXTURE, "joinNeedsMfa": False}, **asked)

    assert [found["inferences"] for found in (one(**asked), said)] == [["device-settings-unsaid"], []]
    assert one({**FIXTURE, "joinNeedsMfa": True}, **asked)["decision"] == "register"


def test_a_pass_is_judged_by_its_window_and_the_policy() -> None:
    held = {"startDateTime": "2026-09-01T07:00:00Z", "lifetimeInMinutes": 60, "isUsableOnce": True}
    asked = {"user": "ann", "pass": held, "tapPolicy": TAP_POLICY}

    assert one(**asked, now="2026-09-01T07:30:00Z")["usable"] is True
    assert one(**asked, now="2026-09-01T06:30:00Z")["reason"] == "NotYetValid"
    assert one(**{**asked, "user": "bob"})["reason"] == "DisabledByPolicy"
    assert (one(**asked)["usable"], one(**asked)["reason"]) == (None, None)


def test_an_external_guest_s_pass_works_nowhere() -> None:
    guest = {"id": "gil", "type": "b2bCollaborationGuest", "groups": ["hires"], "has": ["password"]}
    found = one(user=guest, tapPolicy=TAP_POLICY, **{"pass": {"isUsableOnce": True}})

    assert (found["usable"], found["reason"]) == (False, "DisabledByPolicy")


def test_how_long_a_pass_lives_is_what_the_policy_allows_where_nobody_said() -> None:
    held = {"startDateTime": "2026-09-01T07:00:00Z", "isUsableOnce": True}
    asked = {"user": "ann", "pass": held, "tapPolicy": TAP_POLICY}

    vague = one(**asked, now="2026-09-01T09:00:00Z")
    assert (vague["usable"], vague["missing"]) == (None, ["pass"])
    assert one(**asked, now="2026-09-02T09:00:00Z")["reason"] == "Expired"


def test_a_question_about_a_pass_says_which_facts_it_lacks() -> None:
    held = {"startDateTime": "2026-09-01T07:00:00Z", "lifetimeInMinutes": 60}
    asked: dict[str, Any] = {"user": "ann", "pass": held}
    vague = {"state": "enabled", "include": ["g:unheard of"]}

    assert one(**asked, tapPolicy=TAP_POLICY)["missing"] == ["now"]
    assert one(**asked, tapPolicy=vague)["missing"] == ["user.groups", "now"]
    assert one(**asked)["missing"] == ["tapPolicy", "now"]
    assert one(**asked, now="2026-09-01T09:00:00Z")["missing"] == []  # it has ended, whatever the policy


def test_a_request_says_so_where_nobody_knows_the_policy() -> None:
    assert one(user="ann", request={})["missing"] == ["tapPolicy"]
    assert one(user="ann", request={}, tapPolicy=TAP_POLICY)["missing"] == []


def test_a_pass_ends_on_the_way_whatever_the_time_is() -> None:
    held = {"startDateTime": "2026-09-01T07:00:00Z", "lifetimeInMinutes": 60, "isUsableOnce": True}
    step = {"signIn": {"apps": ["app-x"], "auth": ["temporaryAccessPassOneTime"]}}
    steps = one(
        user={"has": ["password"], "pass": held},
        policies=[],
        steps=[{**step, "effect": {"advances": "2h"}}, step],
    )["steps"]

    assert [(found["decision"], found["reason"]) for found in steps] == [
        ("unknown", None),
        ("refusedBeforePolicy", "Expired"),
    ]


def test_a_request_for_a_pass_is_judged_with_everything_wrong_about_it() -> None:
    request = {"lifetimeMinutes": 5000, "isUsableOnce": False, "existing": "none"}
    found = one(user="bob", request=request, tapPolicy=TAP_POLICY)

    assert found["accepted"] is False
    assert set(found["errors"]) == {"outOfScope", "lifetime", "oneTimeRequired"}
    assert found["replaces"] is None


def test_without_a_pass_policy_nobody_knows_whether_a_request_is_accepted() -> None:
    assert one(user="bob", request={"lifetimeMinutes": 60})["accepted"] is None


def test_a_request_of_somebody_in_an_unknown_group_is_neither_accepted_nor_refused() -> None:
    found = one(user="ann", request={"lifetimeMinutes": 60}, tapPolicy={**TAP_POLICY, "include": ["g:new"]})

    assert (found["accepted"], found["errors"], found["missing"]) == (None, [], ["user.groups"])


HELD = {"startDateTime": "2026-09-01T07:00:00Z", "lifetimeInMinutes": 60, "isUsableOnce": True}


@pytest.mark.parametrize(
    ("situation", "replaces"),
    [
        ({"user": "ann"}, "valid"),  # whose pass the fixture knows
        ({"user": "bob"}, None),
        ({"user": "ann", "request": {"existing": "none"}}, None),
        ({"user": "bob", "pass": HELD, "now": "2026-09-01T07:30:00Z"}, "valid"),
        ({"user": "bob", "pass": HELD, "now": "2026-09-01T09:00:00Z"}, "expired"),
        ({"user": "bob", "pass": HELD}, "valid"),
        ({"user": "ann", "request": {"policyOnly": True}}, None),
    ],
)
def test_a_request_says_which_pass_it_would_destroy(situation: dict[str, Any], replaces: str | None) -> None:
    everybody = {**TAP_POLICY, "include": ["all_users"]}

    assert one(**{"request": {}, "tapPolicy": everybody, **situation})["replaces"] == replaces


def test_a_guest_is_refused_a_pass_whatever_the_policy() -> None:
    guest = {"type": "b2bCollaborationGuest", "groups": ["g:hires"]}
    found = one(user=guest, request={}, tapPolicy=None)

    assert (found["accepted"], found["error"], found["missing"]) == (False, "externalGuest", [])


def test_somebody_of_no_type_may_be_a_guest_who_gets_no_pass() -> None:
    found = one(user={"groups": ["g:hires"]}, request={}, tapPolicy=TAP_POLICY)

    assert (found["accepted"], found["missing"]) == (None, ["user.type"])


def test_a_policy_alone_is_judged_without_a_person() -> None:
    alone = {"user": "ann", "request": {"policyOnly": True}}

    assert one(**alone, tapPolicy=TAP_POLICY)["accepted"] is True
    assert one(**alone)["missing"] == ["tapPolicy"]


def test_unknown_properties_and_wrong_types_are_named_all_at_once() -> None:
    found = wrong(user="bob", signIn={"aps": ["x"], "auth": 3, "device": {"colour": "red"}})

    assert len(found) == 3
    assert any("'aps' is no property of signIn" in message for message in found)


@pytest.mark.parametrize(
    ("situation", "said"),
    [
        ({"user": "bob"}, "asks nothing"),
        ({"signIn": SIGN_IN}, "user is missing"),
        ({"user": "bop", "signIn": SIGN_IN}, 'did you mean "bob"?'),
        ({"user": "bob", "signIn": {"auth": ["password"]}}, "exactly one of apps, action and authContext"),
        ({"user": "bob", "signIn": {**SIGN_IN, "asOf": "yesterday"}}, "which is not a day"),
        ({"user": "bob", "signIn": SIGN_IN, "now": "2026-09-01T08:00:00"}, "not a time with an offset"),
        ({"user": "bob", "steps": [{"signIn": SIGN_IN, "now": "noon"}]}, "not a time with an offset"),
        ({"user": "bob", "request": {"start": "noon"}}, "not a time with an offset"),
        ({"user": "zoe", "users": {"zoe": {"tap": {"start": "x"}}}, "signIn": SIGN_IN}, "not a time"),
        (
            {"user": "bob", "policies": [{"state": "enabled"}], "signIn": SIGN_IN},
            "neither id nor displayName",
        ),
        ({"user": "bob", "policies": [MFA, MFA], "signIn": SIGN_IN}, 'a second policy "P1"'),
        ({"user": "bob", "policies": {"P": 1}, "signIn": SIGN_IN}, "is not an object"),
    ],
)
def test_mistakes_are_said_in_words(situation: dict[str, Any], said: str) -> None:
    assert any(said in message for message in wrong(**situation))


def test_what_cannot_be_read_says_so_and_the_rest_is_answered() -> None:
    good = {"user": "bob", "signIn": SIGN_IN}
    first, second, third = map(answer, questions({**good, "id": "A", "odd": 1}, good, 5))

    assert [problem["place"]["line"] for problem in first["problems"]] == [13]  # type: ignore[index,call-overload,union-attr]
    assert second["decision"] == "allow"
    assert "is not an object" in str(third["problems"])


def test_a_fixture_s_mistakes_have_places() -> None:
    _, found = read_fixture(*parse(b'{"groups": {"a": 1},\n "usres": {}}', "f.json"))

    assert {str(item.place) for item in found} == {"f.json:1:13", "f.json:2:2"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"a": }', "s.json:1:7: is not JSON"),
        (b'{"a": 1, "a": 2}', 'holds "a" twice'),
        (b'{"a": NaN}', "NaN is no number that JSON has"),
        (b"\xff\xfe\xfd", "is not text"),
        (b"[" * 100_000, "nested more than 64 deep"),
        (b"[" * 65 + b"]" * 65, "nested more than 64 deep"),
    ],
)
def test_a_file_that_is_no_json_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("[", r"\[")):
        parse(data, "s.json")


def test_json_may_come_in_the_encodings_of_powershell() -> None:
    assert parse('\ufeff{"a": "ü"}'.encode("utf-16-le"), "s.json")[0] == {"a": "ü"}


def test_every_node_has_its_place() -> None:
    _, source = parse(b'{"a": [1, {"b": "]}", "c": {}},\n  []],\n "d\\u00e9": null}', "s.json")

    assert {path: str(place) for path, place in source.places.items()} == {
        (): "s.json:1:1",
        ("a",): "s.json:1:2",
        ("a", 0): "s.json:1:8",
        ("a", 1): "s.json:1:11",
        ("a", 1, "b"): "s.json:1:12",
        ("a", 1, "c"): "s.json:1:23",
        ("a", 2): "s.json:2:3",
        ("dé",): "s.json:3:2",
    }
    assert len(source.places) == 8


def test_a_strength_that_a_policy_holds_as_graph_gives_it_needs_no_fixture() -> None:
    whole = {
        "id": "s1",
        "allowedCombinations": ["fido2"],
        "combinationConfigurations": [{"allowedAAGUIDs": ["DE1E552D"], "appliesToCombinations": ["fido2"]}],
    }
    spec = {**MFA, "grantControls": {"operator": "OR", "authenticationStrength": whole}}
    asked = {"user": {"has": ["fido2"], "fido2Aaguids": ["another"]}, "policies": [spec]}
    found = [
        one(**asked, signIn={"apps": ["x"], "auth": ["fido2"], "fido2Aaguid": model})["decision"]
        for model in ("de1e552d", "another")
    ]
    assert found == ["allow", "register"]


def test_key_models_are_compared_whatever_their_case() -> None:
    strengths = {"black": {"allowed": ["fido2"], "fido2Aaguids": ["DE1E552D"]}}
    spec = {**MFA, "grantControls": {"operator": "OR", "authenticationStrength": {"id": "black"}}}
    user = {"has": ["password", "fido2"], "fido2Aaguids": ["De1e552D"]}

    asked = one(strengths=strengths, user=user, policies=[spec], signIn=SIGN_IN)
    assert asked["decision"] == "challenge"


def test_a_fixture_s_enabled_methods_are_all_there_are() -> None:
    voice = {"id": "z", "has": ["password", "voice"]}
    spec = {**MFA, "grantControls": {"operator": "OR", "authenticationStrength": {"id": "phone"}}}
    asked = {"user": voice, "policies": [spec], "signIn": SIGN_IN, "strengths": {"phone": ["password,voice"]}}

    assert one(**asked)["decision"] == "unsatisfiable"
    assert one(**asked, migrationComplete=False)["decision"] == "unknown"


@pytest.mark.parametrize("key", ["pass", "nothing"])
def test_a_group_that_nobody_describes_is_unknown_whatever_else_is_said_of_the_user(key: str) -> None:
    spec = {
        **MFA,
        "conditions": {
            "users": {"includeGroups": ["unheard of"]},
            "applications": {"includeApplications": ["All"]},
        },
    }
    extra = {"pass": "temporaryAccessPassOneTime"} if key == "pass" else {}

    assert one(user="ann", policies=[spec], signIn=SIGN_IN, **extra)["policies"] == {"P1": "unknown"}


def test_a_pass_for_a_group_that_nobody_describes_is_neither_usable_nor_not() -> None:
    policy = {"state": "enabled", "include": ["g:unheard of"]}
    asked = {"user": "ann", "tapPolicy": policy, "pass": {"isUsableOnce": True}}

    assert one(**asked)["usable"] is None


@pytest.mark.parametrize(
    ("fact", "message"),
    [
        ({"signInRisk": "hgih"}, 'signIn.signInRisk is "hgih"; did you mean "high"?'),
        ({"insiderRisk": "high"}, 'signIn.insiderRisk is "high"'),
        ({"clientApp": "brwoser"}, 'signIn.clientApp is "brwoser"; did you mean "browser"?'),
        ({"flow": "DEVICECODEFLOW"}, None),
        ({"auth": ["password", "fdo2"]}, 'signIn.auth[1] is "fdo2"; did you mean "fido2"?'),
        ({"auth": "Password"}, 'signIn.auth is "Password"; did you mean "password"?'),
        ({"auth": ["clientSecret"]}, None),
        ({"platform": "IOS"}, None),
        ({"platform": "widnows"}, 'signIn.platform is "widnows"; did you mean "windows"?'),
        ({"ip": "999.1.1.1"}, 'signIn.ip is "999.1.1.1", which is not an address'),
        ({"country": "Germany"}, 'signIn.country is "Germany", which is no ISO code'),
        ({"apps": [""]}, "signIn needs exactly one of apps, action and authContext"),
    ],
)
def test_a_word_that_nobody_knows_is_no_fact(fact: dict[str, Any], message: str | None) -> None:
    assert wrong(user="bob", signIn={**SIGN_IN, **fact}) == ([message] if message else [])


def test_the_words_of_a_fixture_and_of_effects_are_looked_at_too() -> None:
    fixture = {
        "users": {"bob": {"has": ["pasword"]}},
        "strengths": {"s": ["fdo2"]},
        "namedLocations": {"l": {"kind": "ip", "ranges": ["203.0.113.0/24", "999/4"]}},
    }
    _, mistakes = read_fixture(*parse(json.dumps(fixture).encode(), "f.json"))
    steps = [{"signIn": SIGN_IN, "effect": {"registers": "fdo2", "advances": "soon"}}]

    assert [str(item.message).split(" is ")[0] for item in mistakes] == [
        "users.bob.has[0]",
        "strengths.s[0]",
        "namedLocations.l.ranges[1]",
    ]
    assert [message.split(" is ")[0] for message in wrong(user="bob", steps=steps)] == [
        "steps[0].effect.registers",
        "steps[0].effect.advances",
    ]


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"conditions": ["x"]}, 'policies[0].conditions is ["x"], but must be an object or null'),
        ({"grantControls": "mfa"}, 'policies[0].grantControls is "mfa", but must be an object or null'),
        (
            {"conditions": {"users": {"includeUsers": [1]}}},
            "policies[0].conditions.users.includeUsers is [1], but must be a list of texts or null",
        ),
        ({"state": 3}, "policies[0].state is 3, but must be a text or null"),
    ],
)
def test_a_policy_of_another_shape_is_not_one_that_asks_for_nothing(
    part: dict[str, Any], message: str
) -> None:
    assert wrong(user="bob", signIn=SIGN_IN, policies=[{**MFA, **part}]) == [message]


@pytest.mark.parametrize("empty", [None, [], {}])
@pytest.mark.parametrize("condition", ["locations", "platforms", "devices", "authenticationFlows"])
def test_a_condition_that_is_null_or_empty_holds_for_everything(condition: str, empty: Any) -> None:
    spec = {**MFA, "conditions": {**MFA["conditions"], condition: empty}}  # type: ignore[dict-item]

    assert one(user="bob", policies=[spec], signIn=SIGN_IN)["policies"] == {"P1": "applied"}


def test_all_mistakes_are_told_at_once_with_the_place_of_their_situation() -> None:
    bad = {"id": "a", "user": "bob", "policies": [7, {}], "signIn": {**SIGN_IN, "platfrom": 1, "ip": "x"}}
    good = {"id": "a", "user": "bob", "signIn": SIGN_IN}

    messages = [[str(item.message) for item in found.mistakes] for found in questions(bad, good)]
    assert messages == [
        [
            "[0]: policies[0] is 7, but must be a mapping of properties",
            "[0]: 'platfrom' is no property of signIn",
            '[0].signIn.ip is "x", which is not an address',
            "[0].policies[1] has neither id nor displayName",
        ],
        ['[1].id is "a" a second time'],
    ]


def test_policies_by_name_are_objects() -> None:
    assert wrong(user="bob", signIn=SIGN_IN, policies={"P1": 3}) == [
        "policies.P1 is 3, which is not an object"
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"state": "enable"}, 'policies[0].state is "enable", which is no state; did you mean "enabled"?'),
        (
            {"grantControl": MFA},
            'policies[0].grantControl is no property of a policy; did you mean "grantControls"?',
        ),
        (
            {"conditions": {"users": {"includeUser": ["All"]}}},
            'users.includeUser is no property of a policy; did you mean "includeUsers"?',
        ),
        ({"conditions": {"platform": {"includePlatforms": ["iOS"]}}}, 'did you mean "platforms"?'),
        ({"grantControls": {"builtInControl": ["block"]}}, 'did you mean "builtInControls"?'),
    ],
)
def test_a_misspelt_property_is_not_taken_for_a_newer_one(changed: dict[str, Any], said: str) -> None:
    (found,) = wrong(policies=[{**MFA, **changed}], user="bob", signIn=SIGN_IN)

    assert said in found


@pytest.mark.parametrize(
    "changed",
    [
        {"conditions": {"weather": {"includeWeather": ["rain"]}}},
        {"state": "EnabledForReportingButNotEnforced"},
        {"state": "paused"},
        {
            "conditions": {
                "users": {
                    "includeGuestsOrExternalUsers": {
                        "guestOrExternalUserTypes": "serviceProvider",
                        "externalTenants": {"membershipKind": "neighbours"},
                    }
                }
            }
        },
    ],
)
def test_what_is_merely_newer_is_no_mistake(changed: dict[str, Any]) -> None:
    assert wrong(policies=[{**MFA, **changed}], user="bob", signIn=SIGN_IN) == []
