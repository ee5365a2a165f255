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
from tapctl.passes.sweep import Known, Verdict, Wants, judge, read_known

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


def test_a_used_pass_stays_until_it_is_over_for_its_owner_may_be_registering() -> None:
    over = replace(USED, lifetime=30)

    assert verdict(replace(USED, lifetime=31), wants=EVERYTHING).reason == "undated-use"
    assert verdict(over, wants=Wants(used=True)).reason == "used"


@pytest.mark.parametrize(("minutes", "goes"), [(14, False), (15, True)])
def test_a_pass_that_was_seen_used_before_is_no_longer_registered_with(minutes: int, goes: bool) -> None:
    seen = Wants(used=True, seen={USED.id: NOW - timedelta(minutes=minutes)})
    found = verdict(USED, wants=seen)

    assert (found.goes, found.reason) == (goes, "used" if goes else "undated-use")


def test_a_used_pass_that_stays_says_until_when() -> None:
    soon = verdict(USED, wants=Wants(used=True, seen={USED.id: NOW}))
    over = verdict(replace(USED, lifetime=31), wants=Wants(used=True))

    assert "it goes from 2026-11-02T09:45:00Z on" in soon.why
    assert "it goes from 2026-11-02T09:31:00Z on" in over.why
    assert soon.until == NOW + timedelta(minutes=15)


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
        known = await read_known(gateway, listing.holders)
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


def test_an_earlier_sign_in_by_other_means_does_not_date_the_use_of_a_pass() -> None:
    company = Company()
    company.issue(MIA, isUsableOnce=True)
    status = {"errorCode": 0}
    earlier = f"{company.now:%Y-%m-%dT%H:%M:%SZ}"
    company.wait(minutes=30)
    company.sign_in(MIA)
    entry = {"id": "x", "userId": IDS[MIA], "createdDateTime": earlier, "status": status}
    company.store.put("auditLogs/signIns", entry)

    assert judged(company, EVERYTHING, MIA)[MIA].reason == "undated-use"
    company.wait(minutes=30)
    assert judged(company, EVERYTHING, MIA)[MIA].goes


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
