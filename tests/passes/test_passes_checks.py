from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tapctl.model import Finding, JsonObject, Place
from tapctl.passes.checks import Applicant, Rules, blocking, check, general
from tapctl.passes.graph import EVERYBODY, pass_of, policy_of
from tapctl.passes.roster import Wanted, wanted_in
from tapctl.passes.roster.row import Mistaken
from tapctl.passes.roster.row import Row as RosterRow
from tapctl.text.times import Zones

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
ZONES = Zones(here=ZoneInfo("Europe/Oslo"))
POLICY = policy_of(
    {
        "state": "enabled",
        "isUsableOnce": True,
        "includeTargets": [{"id": "new-hires"}],
        "excludeTargets": [{"id": "leavers"}],
    }
)
RULES = Rules(
    policy=POLICY,
    caller_id="ingrid",
    active={"tom": ("Global Administrator",), "it": ("Helpdesk Administrator", "Reports Reader")},
    eligible={"eve": ("User Administrator",)},
    role_groups={"it": "IT administrators"},
    owners={"olga": ("IT administrators",)},
    joinable={"jo": ('member of "IT"',), "crowd": ('owner of "IT"',)},
    break_glass=frozenset({"bg-1", "bg-group"}),
    feeders={"crowd": "Crowd"},
    names={"new-hires": "New hires", "leavers": "Leavers"},
)
MIA = Applicant(id="mia", name="mia@x.example", groups=frozenset({"new-hires"}))
WISH = Wanted(user="mia@x.example", lifetime=60)


def holding(reason: str = "EnabledByPolicy") -> Any:
    return pass_of(
        {
            "id": "p",
            "startDateTime": "2026-09-01T07:30:00Z",
            "lifetimeInMinutes": 60,
            "methodUsabilityReason": reason,
        }
    )


def found(person: Applicant | None = MIA, wish: Wanted = WISH, rules: Rules = RULES) -> list[Finding]:
    return check(wish, person, rules, NOW, ZONES)


def ids(findings: list[Finding]) -> list[str]:
    return [item.rule for item in findings]


def test_a_new_hire_in_the_policy_s_scope_may_have_a_pass() -> None:
    assert found() == []
    assert general(RULES) == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"is_external": True}, "external"),
        ({"is_enabled": False}, "disabled"),
        ({"is_enabled": None}, "enabled-unread"),
        ({"groups": frozenset(), "groups_unread": "GET users/mia: 403"}, "groups-unread"),
        ({"id": "ingrid"}, "self"),
        ({"groups": frozenset()}, "out-of-scope"),
        ({"groups": frozenset({"new-hires", "leavers"})}, "excluded"),
        ({"unread": "GET users/mia: 403"}, "pass-unread"),
    ],
)
def test_what_is_against_a_person_cannot_be_overruled(changes: dict[str, Any], rule: str) -> None:
    (only,) = blocking(found(replace(MIA, **changes)), {"--replace", "--privileged"})

    assert only.rule == rule
    assert only.message
    assert only.help


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "tom"}, "holds the role Global Administrator"),
        ({"id": "eve"}, "is eligible for the role User Administrator"),
        ({"id": "olga"}, 'owns the role-assignable group "IT administrators"'),
        ({"id": "jo"}, 'is eligible (PIM for Groups) to become member of "IT", a role-assignable group'),
        (
            {"groups": frozenset({"new-hires", "crowd"})},
            'is eligible (PIM for Groups) to become owner of "IT", a role-assignable group through',
        ),
        ({"id": "bg-1"}, "is a break-glass account"),
        ({"groups": frozenset({"new-hires", "bg-group"})}, "is a break-glass account"),
        (
            {"groups": frozenset({"new-hires", "it"})},
            'holds the role Helpdesk Administrator through the group "IT administrators"',
        ),
        ({"groups": frozenset({"new-hires", "it"})}, 'is in the role-assignable group "IT administrators"'),
    ],
)
def test_privileged_people_need_a_word(changes: dict[str, Any], said: str) -> None:
    findings = found(replace(MIA, **changes))

    assert any(item.message.startswith(said) for item in findings)
    assert set(ids(blocking(findings, set()))) == {"privileged"}
    assert blocking(findings, {"--privileged"}) == []


@pytest.mark.parametrize(
    ("reason", "rules"),
    [
        ("EnabledByPolicy", ["holds-pass"]),
        ("NotYetValid", ["holds-pass"]),
        ("OneTimeUsed", []),
        ("Expired", []),
    ],
)
def test_a_pass_that_still_works_is_destroyed_only_with_a_word(reason: str, rules: list[str]) -> None:
    findings = found(replace(MIA, holds=holding(reason)))

    assert ids(findings) == rules
    assert blocking(findings, {"--replace"}) == []


def test_the_pass_that_would_be_destroyed_is_told_in_every_zone() -> None:
    (only,) = found(replace(MIA, holds=holding()), replace(WISH, zone=ZoneInfo("Asia/Tokyo")))

    assert "until 2026-09-01 08:30 UTC (10:30 CEST here, 17:30 JST Asia/Tokyo)" in only.message


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"lifetime": 59}, ["lifetime"]),
        ({"lifetime": 481}, ["lifetime"]),
        ({"lifetime": None}, []),
        ({"is_usable_once": False}, ["multi-use"]),
        ({"start": NOW - timedelta(minutes=2)}, ["start-past"]),
        ({"start": NOW - timedelta(seconds=30)}, []),
        ({"start": NOW + timedelta(days=3)}, []),
    ],
)
def test_a_wish_has_to_fit_the_policy(changes: dict[str, Any], rules: list[str]) -> None:
    assert ids(found(wish=replace(WISH, **changes))) == rules


@pytest.mark.parametrize(
    ("minutes", "ahead", "rules"),
    [
        (10, 25, ["clocks-differ"]),
        (-10, -25, ["clocks-differ"]),
        (-30, -25, ["start-past"]),
        (30, 25, []),
    ],
)
def test_a_start_between_two_clocks_is_nobody_s_wish(minutes: int, ahead: int, rules: list[str]) -> None:
    wish = replace(WISH, start=NOW + timedelta(minutes=minutes))
    findings = check(wish, MIA, RULES, NOW, ZONES, ahead=timedelta(minutes=ahead))

    assert ids(findings) == rules


def test_a_disabled_account_may_have_a_pass_for_later() -> None:
    (only,) = found(replace(MIA, is_enabled=False), replace(WISH, start=NOW + timedelta(days=1)))

    assert (only.rule, only.severity) == ("disabled", "warning")


def test_an_account_that_may_be_disabled_may_have_a_pass_for_later() -> None:
    (only,) = found(replace(MIA, is_enabled=None), replace(WISH, start=NOW + timedelta(days=1)))

    assert (only.rule, only.severity) == ("enabled-unread", "warning")


def test_a_policy_of_an_old_tenant_may_be_about_single_people() -> None:
    mia: JsonObject = {"id": "mia", "targetType": "user"}
    reaching = policy_of({"state": "enabled", "includeTargets": [mia]})
    sparing = policy_of({"state": "enabled", "includeTargets": [{"id": EVERYBODY}], "excludeTargets": [mia]})

    assert found(rules=replace(RULES, policy=reaching)) == []
    assert reaching.groups == sparing.groups == frozenset()
    assert "excludes them by their own id" in found(rules=replace(RULES, policy=sparing))[0].message
    (other,) = found(replace(MIA, id="ida"), rules=replace(RULES, policy=reaching))
    assert "the pass policy reaches single people, and not this person" in other.message


def test_a_name_that_nobody_has_is_told_with_its_place() -> None:
    (only,) = found(None, replace(WISH, place=Place("roster.csv", 2, 1)))

    assert only.message == 'there is no user "mia@x.example" in the tenant'
    assert str(only.place) == "roster.csv:2:1"


def test_everybody_is_reached_by_a_policy_for_all() -> None:
    everybody = policy_of({"state": "enabled", "includeTargets": [{"id": EVERYBODY}]})

    assert found(replace(MIA, groups=frozenset()), rules=replace(RULES, policy=everybody)) == []


def test_a_policy_that_excludes_everybody_says_so() -> None:
    policy = policy_of({"state": "enabled", "excludeTargets": [{"id": EVERYBODY}]})

    assert "excludes everybody" in found(rules=replace(RULES, policy=policy))[0].message


def test_a_policy_without_targets_reaches_nobody() -> None:
    assert "reaches nobody" in found(rules=replace(RULES, policy=policy_of({"state": "enabled"})))[0].message


def test_what_is_wrong_for_everybody_is_said_once() -> None:
    findings = general(
        replace(RULES, policy=policy_of({"state": "disabled"}), unread=("403: no",), unpinned=("no pin",))
    )

    assert ids(findings) == ["policy-off", "privileges-unread", "privileges-unread"]
    assert ids(blocking(findings, {"--privileged"})) == ["policy-off"]


def test_the_groups_that_matter_are_the_policy_s_and_the_privileged() -> None:
    assert RULES.groups == {"new-hires", "leavers", "it", "crowd", "bg-1", "bg-group"}


VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
ERRORS = {"lifetime": "lifetime", "oneTimeRequired": "multi-use"}


def vectors() -> list[dict[str, Any]]:
    if not VECTORS.is_dir():
        return []
    return [v for v in json.loads((VECTORS / "vectors.json").read_text()) if v["family"] == "issue"]


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the published vectors are not beside the project")
def test_requests_are_judged_as_the_published_vectors_say() -> None:
    judged = 0
    for vector in vectors():
        given, request = vector["tapPolicy"], vector["request"]
        if "policyOnly" in request:
            continue  # the schema of TemporaryAccessPassPolicy judges it
        judged += 1
        policy = replace(
            POLICY,
            minimum=given["min"],
            maximum=given["max"],
            default=given["default"],
            is_usable_once=given["isUsableOnce"],
        )
        cells = {"user": vector["user"], "lifetime": str(request["lifetimeMinutes"])}
        cells |= {"oneTime": str(request["isUsableOnce"]).lower()}
        cells |= {"start": request["start"]} if "start" in request else {}
        wish = wanted_in(RosterRow(cells=cells, place=lambda _: Place("r", 1, 1)), WISH, ZONES)
        expected = vector["expect"]
        if isinstance(wish, Mistaken):
            assert expected["error"] == "offsetMissing"
            continue
        person = replace(MIA, holds=holding() if request.get("existing") == "valid" else None)
        findings = check(wish, person, replace(RULES, policy=policy), NOW, ZONES)
        if "replaces" in expected:
            assert ids(findings) == ["holds-pass"]
        elif not expected["accepted"]:
            assert ERRORS[expected["error"]] in ids(findings)
    assert judged
