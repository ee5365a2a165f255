from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from following_tools import CHLOE, IDS, JONAS, MIA, YUSUF, Company
from pass_values import EXPIRED, MADE, PASS, USED

from tapctl.errors import NotPermitted
from tapctl.graph.gateway import Gateway
from tapctl.passes.graph import Pass
from tapctl.passes.list import Holder, read_holders
from tapctl.passes.methods import Registered
from tapctl.passes.people import Person, people_named
from tapctl.passes.sweep import Known, Verdict, Wants, judge, read_known, sweep_notes
from tapctl.passes.trail import SignIns

NOW = MADE + timedelta(minutes=30)
HIRE = Person(id="A", name="hire@contoso.example")
ONLY_SERVED = Wants()
EVERYTHING = Wants(expired=True, used=True)
UNREAD = Known(failures={"A": NotPermitted(request="GET x", status=403)})


def method(kind: str, standing: Any, created: datetime | None = None) -> Registered:
    return Registered(
        id=kind, type=kind, name="", created=created or MADE + timedelta(minutes=5), standing=standing
    )


KEY, OLD_KEY = method("fido2", "permanent"), method("fido2", "permanent", MADE - timedelta(days=1))
UNDATED_KEY = replace(KEY, created=None)
STRANGE = method("brainwave", "unknown")
PHONE = method("phone", "other")


def verdict(
    held: Pass, *methods: Registered, wants: Wants = ONLY_SERVED, known: Known | None = None
) -> Verdict:
    return judge(Holder(person=HIRE, held=held), known or Known(methods={"A": methods}), wants, NOW)


@pytest.mark.parametrize(
    ("held", "methods", "goes", "reason"),
    [
        (PASS, [KEY], True, "registered"),
        (PASS, [OLD_KEY, KEY], True, "registered"),
        (USED, [KEY, PHONE], True, "registered"),
        (EXPIRED, [KEY], True, "registered"),
        (PASS, [], False, "no-method"),
        (PASS, [PHONE], False, "no-method"),
        (PASS, [method("microsoftAuthenticator", "undecided")], False, "no-method"),
        (PASS, [OLD_KEY], False, "older-method"),
        (PASS, [UNDATED_KEY], False, "undated-method"),
        (PASS, [STRANGE], False, "unknown-method"),
        (PASS, [KEY, STRANGE], False, "unknown-method"),
        (replace(PASS, created=None), [KEY], False, "undated-method"),
        (USED, [], False, "no-method"),
        (EXPIRED, [], False, "no-method"),
    ],
)
def test_a_pass_goes_when_a_newer_permanent_method_is_there(
    held: Pass, methods: list[Registered], goes: bool, reason: str
) -> None:
    found = verdict(held, *methods)

    assert (found.goes, found.reason) == (goes, reason)


@pytest.mark.parametrize(
    ("held", "methods", "goes", "reason"),
    [
        (EXPIRED, [], True, "expired"),
        (EXPIRED, [STRANGE], False, "unknown-method"),
        (USED, [STRANGE], False, "unknown-method"),
        (replace(USED, lifetime=20), [], True, "expired"),
        (USED, [], False, "undated-use"),
        (USED, [KEY], True, "registered"),
        (PASS, [], False, "no-method"),
        (replace(PASS, is_usable=False, reason="DisabledByPolicy"), [], False, "no-method"),
    ],
)
def test_expired_and_used_ones_go_on_request(
    held: Pass, methods: list[Registered], goes: bool, reason: str
) -> None:
    found = verdict(held, *methods, wants=EVERYTHING)

    assert (found.goes, found.reason) == (goes, reason)


@pytest.mark.parametrize(("ago", "goes"), [(11, True), (10, True), (9, False)])
def test_a_pass_used_minutes_ago_stays_for_its_owner_may_be_registering(ago: int, goes: bool) -> None:
    known = Known(sign_ins=SignIns(last={"a": NOW - timedelta(minutes=ago)}))

    assert verdict(USED, wants=EVERYTHING, known=known).goes is goes


def test_a_pass_of_whose_use_no_sign_in_tells_stays_until_it_is_over() -> None:
    over = replace(USED, lifetime=30)

    assert verdict(replace(USED, lifetime=31), wants=EVERYTHING).reason == "undated-use"
    assert verdict(over, wants=Wants(used=True)).reason == "used"


def test_a_pass_that_was_made_minutes_ago_was_used_minutes_ago() -> None:
    fresh = replace(USED, start=NOW - timedelta(minutes=5))

    assert verdict(fresh, wants=EVERYTHING).reason == "window-open"


def test_methods_that_could_not_be_read_keep_a_pass() -> None:
    found = [verdict(held, known=UNREAD, wants=EVERYTHING) for held in (PASS, EXPIRED, USED)]

    assert [(one.goes, one.reason) for one in found] == [(False, "unread-methods")] * 3


def test_methods_that_were_read_are_evidence_although_others_were_not() -> None:
    known = replace(UNREAD, methods={"A": (KEY,)})

    assert verdict(PASS, known=known).reason == "registered"


def test_types_that_nobody_knows_are_named() -> None:
    found = verdict(PASS, KEY, STRANGE)

    assert found.unknown == ("brainwave",)
    assert "brainwave" in found.why


def judged(company: Company, wants: Wants = ONLY_SERVED, *names: str) -> dict[str, Verdict]:
    async def ask(gateway: Gateway) -> list[Verdict]:
        listing = await read_holders(gateway, await people_named(gateway, names))
        known = await read_known(gateway, listing.holders, wants)
        return [judge(holder, known, wants, company.now) for holder in listing.holders]

    return {one.holder.person.name: one for one in company.ask(ask)}


def test_phone_sign_in_counts_and_notifications_do_not() -> None:
    company = Company()
    for name, chosen in ((MIA, "phoneSignIn"), (YUSUF, "microsoftAuthenticator")):
        company.issue(name)
        company.wait(minutes=1)
        company.sign_in(name, chosen)

    found = judged(company, ONLY_SERVED, MIA, YUSUF)

    assert (found[MIA].goes, found[MIA].why) == (True, "registered phone sign-in after the pass was made")
    assert (found[YUSUF].goes, found[YUSUF].reason) == (False, "no-method")


def test_what_was_there_before_the_pass_is_no_evidence() -> None:
    company = Company()
    company.give(MIA, "fido2")
    company.wait(days=1)
    company.issue(MIA)

    assert judged(company, ONLY_SERVED, MIA)[MIA].reason == "older-method"


def test_sign_ins_are_read_only_for_passes_that_are_used_up() -> None:
    company = Company()
    company.issue(MIA, isUsableOnce=True)
    company.issue(YUSUF, isUsableOnce=True)
    company.wait(minutes=20)
    company.sign_in(MIA)
    company.wait(minutes=5)

    found = judged(company, EVERYTHING, MIA, YUSUF)

    assert (found[MIA].reason, found[YUSUF].reason) == ("window-open", "no-method")
    company.wait(minutes=5)
    assert judged(company, EVERYTHING, MIA)[MIA].reason == "used"


def test_whoever_has_registered_need_not_have_their_sign_ins_read() -> None:
    company = Company()
    for name in (MIA, YUSUF):
        company.issue(name, isUsableOnce=True)
        company.wait(minutes=1)
        company.sign_in(name, "fido2")
    company.misbehave(forbidden=("auditLogs",))

    async def ask(gateway: Gateway) -> list[Known]:
        listing = await read_holders(gateway, await people_named(gateway, [MIA, YUSUF]))
        return [await read_known(gateway, listing.holders, wants) for wants in (EVERYTHING, ONLY_SERVED)]

    assert [sweep_notes(known) for known in company.ask(ask)] == [(), ()]


def test_without_the_sign_in_log_used_passes_stay_and_a_note_says_what_is_not_known() -> None:
    company = Company()
    company.issue(MIA, isUsableOnce=True)
    company.wait(minutes=20)
    company.sign_in(MIA)
    company.misbehave(forbidden=("auditLogs",))

    async def ask(gateway: Gateway) -> Known:
        listing = await read_holders(gateway, await people_named(gateway, [MIA]))
        return await read_known(gateway, listing.holders, EVERYTHING)

    known = company.ask(ask)

    assert judged(company, EVERYTHING, MIA)[MIA].reason == "undated-use"
    assert "AuditLog.Read.All" in sweep_notes(known)[0]
    assert sweep_notes(Known()) == ()


def test_one_person_s_methods_may_be_out_of_reach() -> None:
    company = Company()
    for name in (MIA, JONAS, CHLOE):
        company.issue(name)
    company.misbehave(forbidden=(f"users/{IDS[JONAS]}/authentication/methods",))

    found = judged(company, ONLY_SERVED, MIA, JONAS)

    assert (found[MIA].reason, found[JONAS].reason) == ("no-method", "unread-methods")


def test_an_authenticator_that_does_not_answer_is_not_taken_for_none() -> None:
    company = Company()
    company.issue(MIA)
    company.wait(minutes=1)
    company.sign_in(MIA, "phoneSignIn")
    company.misbehave(forbidden=(f"users/{IDS[MIA]}/authentication/microsoftAuthenticatorMethods",))

    found = judged(company, ONLY_SERVED, MIA)[MIA]

    assert (found.goes, found.reason) == (False, "unread-methods")
    assert "UserAuthenticationMethod.Read.All" in found.why
