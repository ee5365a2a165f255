"""A plan says when fewer accounts are kept out of policies as emergency accounts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from trial import (
    FIRST,
    PINS,
    SECOND,
    Document,
    Tenant,
    absent,
    finding,
    folder,
    plan,
    policy,
    rules,
    settle,
)

from tapctl.model import Address, BreakGlass, Environment, Former, Settings
from tapctl.pipeline import Planned, check, make_plan
from tapctl.sandbox.seed import BREAK_GLASS

FEWER: dict[str, Any] = {"breakGlass": {"accounts": [FIRST]}}
ALONE: dict[str, Any] = {"includeUsers": ["All"], "excludeUsers": [FIRST]}
GROUP_PIN = {"Group/Break glass": BREAK_GLASS}
RULE = "break-glass-shrinks"


@pytest.fixture
def safe(tmp_path: Path) -> Tenant:
    """A tenant whose policies leave out the group of the emergency accounts."""
    tenant = Tenant()
    tenant.clear()
    settle(folder(tmp_path, [policy("A"), policy("B")]), tenant)
    return tenant


def shrunk(tenant: Tenant, root: Path, *documents: Document) -> Planned:
    """A pull request that declares one account instead of two and their group."""
    return plan(folder(root, documents, settings=FEWER), tenant)


def since(former: Former, tenant: Tenant, root: Path, pins: Mapping[str, str], **glass: Any) -> list[str]:
    """What a pull request is asked that declares these and pins these."""
    folder(root, [policy("A"), policy("B")], settings={"breakGlass": {"accounts": [FIRST], **glass}})
    (root / "environments/sandbox.yaml").write_text(json.dumps({"pins": pins}), encoding="utf-8")
    checked = check(root, "sandbox")
    return told(tenant.ask(lambda gateway: make_plan(checked, gateway, former=former)))


def was(*, accounts: Sequence[str] = (FIRST,), groups: Sequence[str] = (), **pins: str) -> Former:
    """What was declared before the pull request, and pinned."""
    glass = BreakGlass(accounts=tuple(accounts), groups=tuple(groups))
    pinned = {Address(*name.split("__")): id_ for name, id_ in pins.items()}
    return Former(
        revision="HEAD^1",
        settings=Settings(break_glass=glass),
        environment=Environment(name="sandbox", pins=pinned) if pins else None,
    )


def told(planned: Planned) -> list[str]:
    return [item.message for item in planned.plan.findings if item.rule == RULE]


def test_an_account_that_is_declared_no_more_is_named(safe: Tenant, tmp_path: Path) -> None:
    planned = shrunk(safe, tmp_path, policy("A"), policy("B"))

    (message,) = told(planned)
    assert message.startswith(f"User/{SECOND} is pinned in the environment's file, and breakGlass does not")
    assert message.endswith("fewer accounts are declared as break glass")
    assert finding(planned, RULE).flag == "--allow-break-glass-shrinks"


def test_so_are_the_policies_that_exclude_them_no_more(safe: Tenant, tmp_path: Path) -> None:
    first, second = told(shrunk(safe, tmp_path, policy("A"), policy("B", **ALONE)))

    assert first.endswith("; not excluded any more by 'B'")
    assert second == (
        "every policy of the tenant that is on excludes Group/Break glass, breakGlass does not name it, and "
        "this is about to end: not excluded any more by 'B'"
    )


@pytest.mark.parametrize("other", [absent("ConditionalAccessPolicy", "B"), policy("B", "disabled", **ALONE)])
def test_a_policy_that_is_off_or_gone_reaches_nobody(safe: Tenant, tmp_path: Path, other: Document) -> None:
    (message,) = told(shrunk(safe, tmp_path, policy("A"), other))

    assert "by 'B'" not in message


def test_what_one_policy_excludes_is_no_sign(safe: Tenant, tmp_path: Path) -> None:
    staff = policy("A", includeUsers=["All"], excludeGroups=["Break glass", "New hires"])
    settle(folder(tmp_path, [staff, policy("B")]), safe)

    assert RULE not in rules(plan(folder(tmp_path, [policy("A"), policy("B")]), safe))


def test_nor_is_what_the_only_policy_excludes(tmp_path: Path) -> None:
    tenant = Tenant()
    tenant.clear()
    staff = policy("A", includeUsers=["All"], excludeGroups=["Break glass", "New hires"])
    settle(folder(tmp_path, [staff]), tenant)

    assert RULE not in rules(plan(folder(tmp_path, [policy("A")]), tenant))


def test_what_is_declared_has_a_brake_of_its_own(safe: Tenant, tmp_path: Path) -> None:
    settings = {"breakGlass": {"accounts": [FIRST, SECOND], "groups": ["Break glass"]}}
    root = folder(tmp_path, [policy("A"), policy("B", **ALONE)], settings=settings, pins=GROUP_PIN)
    planned = plan(root, safe)

    assert "break-glass-exposed" in rules(planned)
    assert RULE not in rules(planned)


ONE_PIN = {f"User/{FIRST}": PINS[f"User/{FIRST}"]}


def test_who_was_declared_before_is_asked_about_without_a_pin(safe: Tenant, tmp_path: Path) -> None:
    former = was(accounts=[FIRST, SECOND], groups=["Break glass"])

    assert since(former, safe, tmp_path, ONE_PIN) == [
        (
            f"User/{SECOND} is break glass in 'HEAD^1', and breakGlass does not name it any more: fewer "
            "accounts are declared as break glass"
        ),
        (
            "Group/Break glass is break glass in 'HEAD^1', and breakGlass does not name it any more: its "
            "members are declared one by one or not at all"
        ),
    ]


def test_and_once_where_the_pin_is_there(safe: Tenant, tmp_path: Path) -> None:
    (message,) = since(was(accounts=[FIRST, SECOND]), safe, tmp_path, PINS)

    assert "is pinned in the environment's file" in message


def test_who_is_declared_as_before_or_by_a_group_is_not_asked_about(safe: Tenant, tmp_path: Path) -> None:
    pins = {**ONE_PIN, **GROUP_PIN}
    former = was(accounts=[FIRST.upper(), SECOND], **{f"User__{SECOND}": PINS[f"User/{SECOND}"]})

    assert since(former, safe, tmp_path, pins, groups=["Break glass"]) == []
    assert since(Former(revision="HEAD^1"), safe, tmp_path, ONE_PIN) == []


def test_nor_is_what_is_declared_by_another_name(safe: Tenant, tmp_path: Path) -> None:
    former = was(groups=["Old name"], **{"Group__Old name": BREAK_GLASS})

    assert since(former, safe, tmp_path, {**ONE_PIN, **GROUP_PIN}, groups=["Break glass"]) == []
    assert len(since(was(groups=["Old name"]), safe, tmp_path, ONE_PIN)) == 1
