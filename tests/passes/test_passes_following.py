"""Listing, following and deleting passes, against the seeded company."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from following_tools import CHLOE, IDS, INGRID, JONAS, MIA, NEW_HIRES, YUSUF, Company

from tapctl.errors import GraphError, Refused
from tapctl.graph.gateway import Gateway
from tapctl.model import Json
from tapctl.passes import holdings
from tapctl.passes.deleting import Deletion, Objection, Outcome, delete_passes, nothing_to_recheck
from tapctl.passes.graph import Pass
from tapctl.passes.holdings import Holdings, decided, read_methods, read_passes
from tapctl.passes.list import Listing, list_passes, now_of, read_holders
from tapctl.passes.revoke import deletions_of, without_a_pass
from tapctl.passes.status import Following, follow
from tapctl.passes.sweep import Wants, recheck_owners
from tapctl.passes.who import Wish, choose
from tapctl.record import NoRecord


class Kept:
    """A record in memory."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Json]]] = []

    def write(self, event: str, **facts: Json) -> None:
        self.events.append((event, facts))


def listed(company: Company, *names: str, group: str | None = None) -> Listing:
    async def ask(gateway: Gateway) -> Listing:
        chosen = await choose(gateway, Wish(names=names, group=group), {}, company.now)
        return await list_passes(gateway, chosen)

    return company.ask(ask)


def test_a_list_tells_whose_passes_work_and_who_made_them() -> None:
    company = Company()
    company.issue(CHLOE, lifetimeInMinutes=60)
    company.wait(hours=2)
    company.issue(YUSUF, startDateTime=f"{company.now + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}")
    company.issue(MIA)

    found = listed(company, group="New hires")

    assert [(one.person.name, one.held.reason) for one in found.holders] == [
        (MIA, "EnabledByPolicy"),
        (CHLOE, "Expired"),
        (YUSUF, "NotYetValid"),
    ]
    assert {one.made.actor if one.made else "" for one in found.holders} == {INGRID}


def test_who_has_no_pass_is_counted() -> None:
    company = Company()
    company.issue(MIA)

    found = listed(company, group="New hires")

    assert (len(found.holders), found.without, found.looked_at) == (1, 2, 3)


def test_without_passes_the_audit_log_is_not_read() -> None:
    company = Company()
    company.misbehave(forbidden=("auditLogs",))

    assert listed(company, MIA).notes == ()
    company.issue(MIA)
    assert "AuditLog.Read.All" in listed(company, MIA).notes[0]


def test_everybody_s_log_is_read_once() -> None:
    company = Company()
    company.issue(MIA)

    async def ask(gateway: Gateway) -> tuple[Listing, int]:
        chosen = await choose(gateway, Wish(), {}, company.now)
        before = gateway.sent
        return await list_passes(gateway, chosen), gateway.sent - before

    found, requests = company.ask(ask)

    assert requests == 1
    assert found.holders[0].made is not None


def test_one_person_out_of_reach_does_not_hide_the_others() -> None:
    company = Company()
    company.issue(MIA)
    company.misbehave(forbidden=(f"users/{IDS[JONAS]}/authentication",))

    found = listed(company, MIA, JONAS)

    assert [one.person.name for one in found.holders] == [MIA]
    assert [person.name for person, _ in found.failures] == [JONAS]


@pytest.mark.parametrize(
    ("names", "named"),
    [((MIA, JONAS), f"the passes of {MIA}, {JONAS} may not"), (tuple(IDS), f"{CHLOE} and 2 more may not")],
)
def test_if_nobody_s_pass_may_be_read_it_is_the_permission(names: tuple[str, ...], named: str) -> None:
    company = Company()
    company.misbehave(forbidden=("users/",))

    with pytest.raises(Refused, match=rf"{named} be read\n(.|\n)*UserAuthMethod-TAP\.Read\.All"):
        listed(company, *names)


def test_people_who_left_are_no_failures() -> None:
    company = Company()
    company.issue(MIA)

    async def ask(gateway: Gateway) -> Listing:
        chosen = await choose(gateway, Wish(from_logs=True), {}, company.now)
        gone = replace(chosen.people[0], id="10000000-0000-4000-8000-00000000dead")
        return await read_holders(gateway, [*chosen.people, gone])

    found = company.ask(ask)

    assert (len(found.holders), len(found.gone), found.failures) == (1, 1, ())


@pytest.mark.parametrize(("forbidden", "is_there"), [((), True), (("users",), False)])
def test_people_who_are_there_are_not_gone_where_a_path_is_not(
    monkeypatch: pytest.MonkeyPatch, forbidden: tuple[str, ...], is_there: bool
) -> None:
    company = Company()
    company.misbehave(forbidden=forbidden)
    monkeypatch.setattr(holdings, "passes_path", lambda user: f"groups/{user}/members")  # no such group

    found = company.ask(lambda gateway: read_passes(gateway, [IDS[MIA]]))

    assert (found.gone, found.failures[IDS[MIA]].status) == (frozenset(), 404)
    assert ("the person is there" in str(found.failures[IDS[MIA]])) == is_there


def test_a_thousandth_pass_is_read_with_nineteen_others() -> None:
    company = Company()
    people = [*IDS.values(), *(f"nobody-{n}" for n in range(95))]

    async def ask(gateway: Gateway) -> int:
        before = gateway.sent
        await read_passes(gateway, people)
        return gateway.sent - before

    assert company.ask(ask) == 5 + 1  # and one asks who of those without an answer is there


def test_a_bulk_reading_survives_throttling() -> None:
    company = Company()
    company.issue(MIA)
    company.misbehave(throttle_other_every=4, retry_after=0)

    found = listed(company, *IDS)

    assert (found.looked_at, len(found.holders), found.failures) == (5, 1, ())


def test_an_answer_that_is_not_understood_is_a_failure_of_one() -> None:
    company = Company()
    company.give(MIA, "fido2", createdDateTime="yesterday")
    company.give(YUSUF, "fido2")

    found = company.ask(lambda gateway: read_methods(gateway, [IDS[MIA], IDS[YUSUF]]))

    assert [*found.failures] == [IDS[MIA]]
    assert str(found.failures[IDS[MIA]]).startswith(f"GET users/{IDS[MIA]}/authentication/methods: 200")
    assert [method.type for method in found.found[IDS[YUSUF]]] == ["password", "fido2"]


def with_silent_phones(*kinds: str) -> Company:
    """Mia's methods, where Graph does not say whether Authenticator signs in without a password."""
    company = Company()
    for kind in kinds:
        company.give(MIA, kind, device={"id": "d"})
    company.misbehave(forbidden=(f"users/{IDS[MIA]}/authentication/microsoftAuthenticatorMethods",))
    return company


@pytest.mark.parametrize("others", [[], ["fido2"]])
def test_an_authenticator_that_does_not_answer_is_a_failure_unless_another_method_counts(
    others: list[str],
) -> None:
    company = with_silent_phones("microsoftAuthenticator", *others)

    async def ask(gateway: Gateway) -> Any:
        held = await read_methods(gateway, [IDS[MIA]])
        return await decided(gateway, held, {IDS[MIA]: company.now - timedelta(days=1)})

    found = company.ask(ask)

    assert [method.standing for method in found.found[IDS[MIA]]][:2] == ["other", "undecided"]
    assert [*found.failures] == ([] if others else [IDS[MIA]])


def test_whoever_has_a_silent_authenticator_is_not_said_to_have_no_method() -> None:
    company = with_silent_phones("microsoftAuthenticator")

    found = followed(company, Wish(names=(MIA,)))

    assert found.people[0].facts.methods is None
    assert "UserAuthenticationMethod.Read.All" in str(found.failures[0][1])


def followed(
    company: Company,
    wish: Wish | None = None,
    due: Mapping[str, Any] | None = None,
    folder: Path = Path("none"),
) -> Following:
    async def ask(gateway: Gateway) -> Following:
        chosen = await choose(gateway, wish or Wish(group="New hires"), {}, company.now)
        return await follow(gateway, chosen, due or {}, company.now, folder)

    return company.ask(ask)


def stages(found: Following) -> dict[str, str]:
    return {one.facts.person.name: one.stage for one in found.people}


def test_people_are_followed_to_the_end() -> None:
    company = Company()
    for name in (MIA, YUSUF, CHLOE):
        company.issue(name, isUsableOnce=False)
    company.wait(minutes=1)
    company.sign_in(MIA, "fido2")
    company.sign_in(YUSUF)

    assert stages(followed(company)) == {MIA: "registered", YUSUF: "signed-in", CHLOE: "issued"}
    held = company.passes(MIA)[0]["id"]
    company.send("DELETE", f"users/{MIA}/authentication/temporaryAccessPassMethods/{held}")
    found = followed(company)
    mia = found.people[0]

    assert stages(found)[MIA] == "done"
    assert mia.method is not None
    assert mia.facts.deleted is not None
    assert (mia.method.type, mia.facts.deleted.actor, mia.is_settled_in_group) == ("fido2", INGRID, True)


def test_a_roster_s_people_are_looked_for_in_the_groups_of_the_pass_policy() -> None:
    company = Company()
    company.give(MIA, "fido2")
    company.give(INGRID, "fido2")
    kind = "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration"
    path = "policies/authenticationMethodsPolicy/authenticationMethodConfigurations/TemporaryAccessPass"
    targets = [{"id": NEW_HIRES, "targetType": "group"}]
    company.send("PATCH", path, {"@odata.type": kind, "includeTargets": targets})

    found = followed(company, Wish(names=(MIA, INGRID), roster="r.csv"))

    assert [one.facts.in_groups for one in found.people] == [("New hires",), ()]
    assert stages(found) == {MIA: "done", INGRID: "done"}


def test_where_the_policy_reaches_everybody_there_is_no_group_to_leave() -> None:
    found = followed(Company(), Wish(names=(MIA,)))

    assert found.people[0].facts.in_groups is None
    assert "reaches everybody" in found.notes[0]


def test_what_cannot_be_read_is_said_and_not_concluded() -> None:
    company = Company()
    company.issue(MIA)
    company.misbehave(
        forbidden=("auditLogs", "policies/", f"users/{IDS[YUSUF]}/authentication/methods"),
    )

    found = followed(company, Wish(names=(MIA, YUSUF)))

    assert [text.partition(",")[0].partition(":")[0] for text in found.notes] == [
        "passes that are gone are not known",
        "who signed in is known only of used passes",
        "who is still in a new-hire group is not known",
    ]
    assert [person.name for person, _ in found.failures] == [YUSUF]
    assert found.people[1].facts.methods is None


def test_people_whose_passes_cannot_be_read_stand_nowhere() -> None:
    company = Company()
    company.misbehave(forbidden=(f"users/{IDS[YUSUF]}/authentication/temporaryAccessPassMethods",))

    found = followed(company, Wish(names=(MIA, YUSUF)))

    assert [*stages(found)] == [MIA]
    assert len(found.failures) == 1


def test_a_roster_tells_when_a_pass_was_due() -> None:
    company = Company()

    found = followed(
        company, Wish(names=(MIA, YUSUF), roster="r"), {MIA: company.now, IDS[YUSUF]: company.now}
    )

    assert [one.overdue for one in found.people] == ["no pass was issued in time"] * 2


def test_phone_sign_in_counts_also_where_nobody_knows_of_a_pass() -> None:
    company = Company()
    company.give(MIA, "microsoftAuthenticator", device={"id": "d"})

    assert stages(followed(company))[MIA] == "done"


def deleted(
    company: Company, deletions: Sequence[Deletion], record: Any = None, recheck: Any = nothing_to_recheck
) -> list[Outcome]:
    done: list[Outcome] = []
    company.ask(lambda gateway: delete_passes(gateway, deletions, recheck, record or NoRecord(), done))
    return done


def revoked(company: Company, *names: str) -> tuple[Deletion, ...]:
    return deletions_of(listed(company, *names))


def statuses(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {one.deletion.person.name: one.status for one in outcomes}


def test_passes_are_deleted_and_the_record_knows_before_it_happens() -> None:
    company, record = Company(), Kept()
    held = company.issue(MIA)
    company.issue(YUSUF)

    done = deleted(company, revoked(company, MIA), record)

    assert statuses(done) == {MIA: "deleted"}
    assert (company.passes(MIA), len(company.passes(YUSUF))) == ([], 1)
    assert [event for event, _ in record.events] == ["deleting", "outcome"]
    assert record.events[1][1]["passId"] == held


def test_a_pass_that_was_replaced_meanwhile_is_left() -> None:
    company = Company()
    company.issue(MIA)
    deletions = revoked(company, MIA)
    company.issue(MIA)

    assert statuses(deleted(company, deletions)) == {MIA: "left"}
    assert len(company.passes(MIA)) == 1


def test_a_pass_that_is_gone_is_no_failure() -> None:
    company = Company()
    held = company.issue(MIA)
    deletions = revoked(company, MIA)
    company.send("DELETE", f"users/{MIA}/authentication/temporaryAccessPassMethods/{held}")

    assert statuses(deleted(company, deletions)) == {MIA: "gone"}


def test_a_pass_that_goes_between_the_look_and_the_deletion_is_no_failure() -> None:
    company = Company()
    held = company.issue(MIA)

    async def recheck(deletions: Sequence[Deletion], passes: Holdings[Pass]) -> Mapping[str, Objection]:
        await company.sent("DELETE", f"users/{MIA}/authentication/temporaryAccessPassMethods/{held}")
        return {}

    assert statuses(deleted(company, revoked(company, MIA), recheck=recheck)) == {MIA: "gone"}


def test_a_refused_deletion_does_not_stop_the_others() -> None:
    company = Company()
    company.issue(MIA)
    company.issue(YUSUF)
    deletions = revoked(company, MIA, YUSUF)
    company.misbehave(
        forbidden=(f"users/{IDS[MIA]}/authentication/temporaryAccessPassMethods/{deletions[0].held.id}",)
    )

    done = deleted(company, deletions)

    assert statuses(done) == {MIA: "failed", YUSUF: "deleted"}
    assert "UserAuthMethod-TAP.ReadWrite.All" in next(one.why for one in done if one.status == "failed")


def test_what_cannot_be_looked_at_afresh_is_not_deleted() -> None:
    company = Company()
    for name in (MIA, YUSUF):
        company.issue(name)
    deletions = revoked(company, MIA, YUSUF)

    company.misbehave(forbidden=(f"users/{IDS[MIA]}/authentication/temporaryAccessPassMethods",))
    assert statuses(deleted(company, deletions)) == {MIA: "failed", YUSUF: "deleted"}
    company.misbehave(forbidden=("users/",))
    assert statuses(deleted(company, deletions)) == {MIA: "failed", YUSUF: "failed"}
    assert len(company.passes(MIA)) == 1


def test_a_lost_answer_is_asked_for_again() -> None:
    company = Company()
    company.issue(MIA)
    deletions = revoked(company, MIA)
    company.misbehave(drop_answer_every=2)

    assert statuses(deleted(company, deletions)) == {MIA: "deleted"}
    assert company.passes(MIA) == []


def test_what_a_sweep_rests_on_is_looked_at_afresh() -> None:
    company = Company()
    for name in (MIA, YUSUF):
        company.issue(name)
        company.wait(minutes=1)
        company.sign_in(name, "fido2")
    deletions = tuple(replace(one, reason="registered") for one in revoked(company, MIA, YUSUF))
    key = company.send("GET", f"users/{MIA}/authentication/fido2Methods")["value"][0]["id"]
    company.send("DELETE", f"users/{MIA}/authentication/fido2Methods/{key}")

    async def run(gateway: Gateway) -> list[Outcome]:
        done: list[Outcome] = []

        async def recheck(some: Sequence[Deletion], passes: Holdings[Pass]) -> Mapping[str, Objection]:
            return await recheck_owners(gateway, some, passes, Wants(), company.now)

        await delete_passes(gateway, deletions, recheck, NoRecord(), done)
        return done

    done = company.ask(run)

    assert statuses(done) == {MIA: "left", YUSUF: "deleted"}
    assert "no permanent passwordless method yet" in next(one.why for one in done if one.status == "left")


def test_what_a_sweep_rests_on_and_cannot_be_read_now_is_a_failure() -> None:
    company = Company()
    company.issue(MIA)
    deletions = revoked(company, MIA)
    company.misbehave(forbidden=(f"users/{IDS[MIA]}/authentication/methods",))

    async def run(gateway: Gateway) -> list[Outcome]:
        done: list[Outcome] = []

        async def recheck(some: Sequence[Deletion], passes: Holdings[Pass]) -> Mapping[str, Objection]:
            return await recheck_owners(gateway, some, passes, Wants(), company.now)

        await delete_passes(gateway, deletions, recheck, NoRecord(), done)
        return done

    (done,) = company.ask(run)

    assert (done.status, "methods could not be read" in done.why) == ("failed", True)


def test_a_recheck_that_fails_deletes_nothing() -> None:
    company = Company()
    company.issue(MIA)

    async def recheck(some: Sequence[Deletion], passes: Holdings[Pass]) -> Mapping[str, Objection]:
        raise GraphError(request="POST $batch", status=503)

    assert statuses(deleted(company, revoked(company, MIA), recheck=recheck)) == {MIA: "failed"}
    assert len(company.passes(MIA)) == 1


def test_people_without_a_pass_are_mentioned() -> None:
    assert [without_a_pass(Listing(holders=(), without=count)) for count in (0, 1, 2)] == [
        "",
        "one person has no pass",
        "2 people have no pass",
    ]


def test_the_time_is_the_gateway_s() -> None:
    company = Company()

    async def ask(gateway: Gateway) -> bool:
        return abs(now_of(gateway).timestamp() - gateway.clock.wall()) < 5

    assert company.ask(ask)
