"""What a plan says of methods that are on for more: who may have passes, and what accepts a weak one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from trial import (
    FIRST,
    SECOND,
    SELF,
    Document,
    Tenant,
    absent,
    folder,
    group,
    plan,
    policy,
    settle,
    strength,
)

from tapctl.evaluate.facts import Facts, Group, Person
from tapctl.facts.merge import Known
from tapctl.facts.specs import specs_of
from tapctl.model import Finding
from tapctl.pipeline import Planned, check, make_plan
from tapctl.sandbox.seed import BREAK_GLASS

MIA = "mia.larsen@nordwind.example"
ADMIN = "62e90394-69f5-4237-9190-012177145e10"
PINNED = {"Group/Break glass": BREAK_GLASS}
UNKNOWN = "; whether others hold a role is not known here (--facts tells)"
THEN = "who may be given passes then"
REPORT = "enabledForReportingButNotEnforced"


def method(kind: str, *include: str, exclude: tuple[str, ...] = (), state: str = "enabled") -> Document:
    more = {"isUsableForSignIn": False} if kind == "SmsPolicy" else {}
    targets = {"includeTargets": [{"id": name, "targetType": "group", **more} for name in include]}
    left_out = {"excludeTargets": [{"id": name, "targetType": "group"} for name in exclude]}
    once = {"isUsableOnce": True} if kind == "TemporaryAccessPassPolicy" else {}
    return {"kind": kind, "spec": {"state": state, **once, **targets, **left_out}}


def passes(*include: str, exclude: tuple[str, ...] = (), state: str = "enabled") -> Document:
    return method("TemporaryAccessPassPolicy", *include, exclude=exclude, state=state)


def after(root: Path, tenant: Tenant, had: list[Document], has: list[Document]) -> Planned:
    """A plan for what was applied before."""
    settle(folder(root, had, pins=PINNED), tenant)
    return plan(folder(root, has, pins=PINNED), tenant)


def knowing(root: Path, tenant: Tenant, facts: Facts) -> Planned:
    """A plan of the folder by somebody who has read facts."""

    async def main() -> Planned:
        checked = check(root, None)
        async with tenant.connection() as gateway:
            return await make_plan(checked, gateway, known=Known(specs=specs_of(checked), facts=facts))

    return asyncio.run(main())


def said(planned: Planned, rule: str = "gains-pass") -> list[Finding]:
    return [item for item in planned.plan.findings if item.rule == rule]


def messages(planned: Planned, rule: str = "gains-pass") -> list[str]:
    return [item.message for item in said(planned, rule)]


@pytest.mark.parametrize(
    ("had", "has", "whom"),
    [
        (passes("New hires"), passes("New hires", "Lost device"), "Group/Lost device"),
        (passes("New hires"), passes("Lost device"), "Group/Lost device"),
        (passes("New hires"), passes("all_users"), f"all users, {THEN}, among them {FIRST} (break glass)"),
        (passes("New hires", state="disabled"), passes("New hires"), "Group/New hires"),
        (
            passes("all_users", exclude=("New hires", "Lost device")),
            passes("all_users", exclude=("Lost device",)),
            "Group/New hires",
        ),
        (
            passes("New hires", exclude=("Lost device",)),
            passes("New hires"),
            "whoever of Group/Lost device is among its targets",
        ),
    ],
)
def test_who_may_have_a_pass_now(
    tenant: Tenant, tmp_path: Path, had: Document, has: Document, whom: str
) -> None:
    (found,) = said(after(tmp_path, tenant, [had], [has]))

    assert found.message.startswith(f"TemporaryAccessPassPolicy would be on for {whom}")
    assert (found.severity, found.news, found.place is not None) == ("warning", "introduced", True)


@pytest.mark.parametrize(
    ("had", "has"),
    [
        (passes("New hires", "Lost device"), passes("New hires")),
        (passes("all_users"), passes("New hires")),
        (passes("New hires"), passes("New hires", "Lost device", state="disabled")),
        (passes("New hires"), passes("New hires", "Lost device", exclude=("Lost device",))),
        (passes("all_users", exclude=("Lost device",)), passes("New hires", exclude=("Lost device",))),
    ],
)
def test_nobody_gains_what_is_narrowed_or_off(
    tenant: Tenant, tmp_path: Path, had: Document, has: Document
) -> None:
    assert said(after(tmp_path, tenant, [had], [has])) == []


def test_a_group_inside_one_that_had_passes_gains_nothing(tenant: Tenant, tmp_path: Path) -> None:
    groups = [group("Inner", [MIA]), group("Outer", ["Inner"])]
    planned = after(tmp_path, tenant, [*groups, passes("Outer")], [*groups, passes("Outer", "Inner")])

    assert said(planned) == []


def test_break_glass_among_those_who_gain_passes(tenant: Tenant, tmp_path: Path) -> None:
    had = [passes("New hires"), group("Staff", [MIA, FIRST])]
    planned = after(tmp_path, tenant, had, [passes("New hires", "Staff"), had[1]])

    among = f"Group/Staff, {THEN}, among them {FIRST} (break glass)"
    assert messages(planned) == [f"TemporaryAccessPassPolicy would be on for {among}{UNKNOWN}"]


def test_administrators_among_those_who_gain_passes(tenant: Tenant, tmp_path: Path) -> None:
    """By the facts' groups, one inside the other, and by nothing that a document says otherwise."""
    had = [group("Owned", [MIA]), group("Staff"), passes("New hires")]
    settle(folder(tmp_path, had, pins=PINNED), tenant)
    facts = Facts(
        groups={
            "Staff": Group(groups=frozenset({"Inner"})),
            "Inner": Group(users=frozenset({"ada@x.example", "bob@x.example"})),
            "Owned": Group(users=frozenset({"eve@x.example"})),
        },
        users={
            "ada@x.example": Person(roles=frozenset({f"id:{ADMIN}", "Auditor"})),
            "bob@x.example": Person(roles=frozenset()),
            "eve@x.example": Person(roles=frozenset({ADMIN})),
        },
    )
    planned = knowing(
        folder(tmp_path, [*had[:2], passes("New hires", "Staff", "Owned")], pins=PINNED), tenant, facts
    )

    among = f"Group/Owned, Group/Staff, {THEN}, among them ada@x.example (Auditor, Global Administrator)"
    assert messages(planned) == [f"TemporaryAccessPassPolicy would be on for {among}"]


def test_facts_that_do_not_say_who_holds_a_role(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [passes("New hires")], pins=PINNED), tenant)
    facts = Facts(users={"ada@x.example": Person(roles=None)})
    planned = knowing(folder(tmp_path, [passes("New hires", "Lost device")], pins=PINNED), tenant, facts)

    (told,) = messages(planned)
    assert told.endswith("; whether others hold a role is not known here")


def test_whom_a_group_brings_under_passes(tenant: Tenant, tmp_path: Path) -> None:
    def groups(*members: str) -> list[Document]:
        return [
            group("Inner", [SECOND]),
            group("Pilots", [*members]),
            group("Others", [MIA]),
            passes("Pilots"),
        ]

    planned = after(tmp_path, tenant, groups(SELF), groups(MIA, "Inner", SELF))
    (found,) = said(planned)

    people = f"Inner, {MIA}, {THEN}, among them {SECOND} (break glass)"
    assert found.message == f"Group/Pilots would gain {people}{UNKNOWN}"
    assert (str(found.address), found.severity) == ("Group/Pilots", "warning")


def test_whom_a_group_lets_have_passes_by_losing_them(tenant: Tenant, tmp_path: Path) -> None:
    on = passes("all_users", exclude=("Without",))
    planned = after(tmp_path, tenant, [group("Without", [MIA, SELF]), on], [group("Without", [SELF]), on])

    assert messages(planned) == [f"Group/Without would lose {MIA}, {THEN}{UNKNOWN}"]


def test_who_had_passes_anyway_gains_none_by_a_group(tenant: Tenant, tmp_path: Path) -> None:
    def groups(*members: str) -> list[Document]:
        return [group("A", [*members]), group("B", [MIA]), group("C", [*members]), passes("A", "B")]

    assert said(after(tmp_path, tenant, groups(SELF), groups(SELF, MIA))) == []


def found_by(rule: str) -> Document:
    computed = {"membershipRule": rule, "membershipRuleProcessingState": "On"}
    return {"kind": "Group", "name": "Found", "spec": {"groupTypes": ["DynamicMembership"], **computed}}


@pytest.mark.parametrize(
    ("on", "is_said"),
    [
        (passes("Found"), True),
        (passes("all_users", exclude=("Found",)), True),
        (passes("all_users"), False),
        (passes("New hires"), False),
        (passes("Found", state="disabled"), False),
    ],
)
def test_a_rule_that_finds_others_for_passes(
    tenant: Tenant, tmp_path: Path, on: Document, is_said: bool
) -> None:
    had, has = found_by('user.department -eq "Ext"'), found_by("user.accountEnabled -eq true")
    planned = after(tmp_path, tenant, [had, on], [has, on])

    wanted = "the rule of Group/Found would change, and with it who may be given passes"
    assert messages(planned) == ([wanted] if is_said else [])


EVERYBODY = {"includeUsers": ["All"], "excludeGroups": ["Break glass"]}
CODES = strength("Codes", "password,sms", "email")


def asking(name: str, state: str = "enabled", accepting: str = "", **users: Any) -> Document:
    grant = {"operator": "OR", "authenticationStrength": accepting} if accepting else None
    more = {"only": {"grantControls": grant}} if grant else {}
    return policy(name, state, **(users or EVERYBODY), **more)


@pytest.mark.parametrize(
    ("kind", "policies", "accepting"),
    [
        ("SmsPolicy", [asking("P")], "'P' (mfa)"),
        ("VoicePolicy", [asking("P", REPORT)], "'P' (mfa, in report-only)"),
        ("SmsPolicy", [asking("P", accepting="Codes")], "'P' (the strength 'Codes')"),
        ("EmailPolicy", [asking("Q"), asking("P", accepting="Codes")], "'P' (the strength 'Codes')"),
        ("SmsPolicy", [asking("P", includeRoles=[ADMIN]), asking("Q")], "'P' (mfa), 'Q' (mfa)"),
        ("SmsPolicy", [asking("P", includeGroups=["New hires"])], "'P' (mfa)"),
        ("SmsPolicy", [asking("P", accepting="Phishing-resistant MFA")], None),
        ("SmsPolicy", [asking("P", "disabled")], None),
        ("SmsPolicy", [asking("P", includeGroups=["Lost device"])], None),
        ("SmsPolicy", [asking("P", includeUsers=["None"])], None),
        ("Fido2Policy", [asking("P")], None),
    ],
)
def test_what_accepts_a_weak_method_that_is_turned_on(
    tenant: Tenant, tmp_path: Path, kind: str, policies: list[Document], accepting: str | None
) -> None:
    tenant.clear()
    off, on = (method(kind, "New hires", state=state) for state in ("disabled", "enabled"))
    planned = after(tmp_path, tenant, [off, CODES, *policies], [on, CODES, *policies])

    wanted = [f"{kind} would be on for Group/New hires, and policies accept it: {accepting}"]
    assert messages(planned, "weak-method-on") == (wanted if accepting else [])


def test_policies_of_this_plan_and_of_nobody_accept_it(tenant: Tenant, tmp_path: Path) -> None:
    tenant.clear()
    off, on = (method("SmsPolicy", "all_users", state=state) for state in ("disabled", "enabled"))
    had, gone = [off, asking("Theirs"), asking("Gone")], absent("ConditionalAccessPolicy", "Gone")
    planned = after(tmp_path, tenant, had, [on, asking("New", REPORT), gone])

    (found,) = said(planned, "weak-method-on")
    accepting = "'New' (mfa, in report-only), 'Theirs' (mfa)"
    assert found.message == f"SmsPolicy would be on for all users, and policies accept it: {accepting}"
    assert (str(found.address), found.severity) == ("SmsPolicy", "warning")


def test_a_group_that_a_method_is_on_for_inside_the_policy_s(tenant: Tenant, tmp_path: Path) -> None:
    """And the other way round: the two share people."""
    tenant.clear()
    groups = [group("Inner", [MIA]), group("Outer", ["Inner"])]
    for number, (on_for, asked) in enumerate((("Inner", "Outer"), ("Outer", "Inner"))):
        off, on = (method("SmsPolicy", on_for, state=state) for state in ("disabled", "enabled"))
        kept = [*groups, asking("P", includeGroups=[asked])]
        planned = after(tmp_path / str(number), tenant, [off, *kept], [on, *kept])
        assert len(said(planned, "weak-method-on")) == 1
