"""Laws that hold for any two folders: never less safe on the way, and a second plan is empty."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from trial import (
    FIRST,
    SECOND,
    SELF,
    Document,
    Tenant,
    Writes,
    absent,
    actions,
    carry,
    carry_out,
    failing,
    folder,
    group,
    plan,
    policy,
    rules,
    settle,
    watched,
)

from tapctl.apply import Result
from tapctl.pipeline import Planned
from tapctl.sandbox import dump

GROUPS = ("Alpha", "Beta", "Gamma")
POLICIES = ("One", "Two")
ACCOUNTS = (FIRST, SECOND)
STATES = ("disabled", "enabledForReportingButNotEnforced", "enabled")
few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])

Draw = st.DrawFn
Members = Mapping[str, frozenset[str]]


@st.composite
def memberships(draw: Draw) -> dict[str, frozenset[str]]:
    """Who is in which of the groups that there are; a group holds only later ones."""
    names = [name for name in GROUPS if draw(st.integers(0, 3))]
    found = {}
    for index, name in enumerate(names):
        nested = [f"Group/{later}" for later in names[index + 1 :]]
        found[name] = frozenset(draw(st.sets(st.sampled_from([*ACCOUNTS, SELF, *nested]))))
    return found


def holders(account: str, members: Members) -> set[str]:
    """The groups that hold an account, nesting included."""
    found = {name for name, held in members.items() if account in held}
    while (
        more := {name for name, held in members.items() if held & {f"Group/{each}" for each in found}} - found
    ):
        found |= more
    return found


@st.composite
def folders(draw: Draw, is_safe: bool) -> list[Document]:
    """Groups and policies; in a safe folder every policy leaves both accounts out, one way or another."""
    members = draw(memberships())
    documents = [group(name, sorted(held)) for name, held in members.items()]
    for name in POLICIES:
        if draw(st.integers(0, 3)):
            documents.append(draw(policies(name, members, is_safe)))
    return documents


@st.composite
def policies(draw: Draw, name: str, members: Members, is_safe: bool) -> Document:
    some = st.lists(st.sampled_from(sorted(members)), unique=True) if members else st.just([])
    users: dict[str, Any] = {"excludeGroups": draw(some)}
    included = draw(some)
    users |= {"includeGroups": included} if included else {"includeUsers": ["All"]}
    excluded = {each for each in ACCOUNTS if draw(st.booleans())}
    if is_safe:
        excluded |= {each for each in ACCOUNTS if not holders(each, members) & set(users["excludeGroups"])}
    state = draw(st.sampled_from(STATES))
    controls = draw(st.sampled_from((["mfa"], ["block"], ["compliantDevice"])))
    only = {"grantControls": {"operator": "OR", "builtInControls": controls}}
    return policy(name, state, **users, excludeUsers=sorted(excluded), only=only)


@dataclass(frozen=True)
class Transition:
    before: list[Document]
    after: list[Document]

    def __repr__(self) -> str:
        return "\n".join(
            ["", *(f"  {side}: {item}" for side in ("before", "after") for item in getattr(self, side))]
        )


@st.composite
def transitions(draw: Draw) -> Transition:
    """From any folder to any safe one; what the second does not declare goes."""
    before = draw(folders(is_safe=draw(st.booleans())))
    after = draw(folders(is_safe=True))
    kept = {(item["kind"], item["name"]) for item in after}
    gone = [(item["kind"], item["name"]) for item in before]
    after += [absent(kind, name) for kind, name in gone if (kind, name) not in kept]
    return Transition(before, after)


def on_the_way(transition: Transition) -> tuple[Tenant, Path, Planned]:
    """A tenant that is as the first folder says, and a plan for the second."""
    tenant, root = Tenant(), Path(tempfile.mkdtemp())
    tenant.clear()
    settle(folder(root, transition.before), tenant)
    planned = plan(folder(root, transition.after), tenant)
    assert "break-glass-exposed" not in rules(planned)
    assume(not rules(planned, "error"))
    return tenant, root, planned


def assert_converges(root: Path, tenant: Tenant) -> None:
    """Planning again and applying leaves nothing to do."""
    tenant.between = []
    settle(root, tenant)
    again = plan(root, tenant)
    assert (actions(again), rules(again, "error")) == ({}, [])


@few
@given(transitions())
def test_no_write_exposes_a_break_glass_account(transition: Transition) -> None:
    tenant, root, planned = on_the_way(transition)
    watch = watched(tenant)

    result = carry_out(planned, tenant)

    assert watch.violations == []
    assert {outcome.status for outcome in result.outcomes} <= {"applied"}
    assert actions(plan(root, tenant)) == {}


@few
@given(transitions(), st.integers(1, 12), st.sampled_from([400, 500]))
def test_no_write_exposes_one_after_a_failure(transition: Transition, number: int, status: int) -> None:
    tenant, root, planned = on_the_way(transition)
    watch = watched(tenant, failing(number, status))

    carry_out(planned, tenant)

    assert watch.violations == []
    assert_converges(root, tenant)


@few
@given(transitions(), st.integers(1, 12), st.booleans())
def test_no_write_exposes_one_before_an_interruption(
    transition: Transition, number: int, is_carried_out: bool
) -> None:
    tenant, root, planned = on_the_way(transition)
    watch = watched(tenant, None)

    result = asyncio.run(interrupted(planned, tenant, number, is_carried_out))

    assert watch.violations == []
    assert len(result.outcomes) == len(planned.plan.pending)
    assert_converges(root, tenant)


async def interrupted(planned: Planned, tenant: Tenant, number: int, is_carried_out: bool) -> Result:
    """Ctrl-C while the write of this number is on its way, or just after it was carried out."""
    task = asyncio.ensure_future(carry(planned, tenant))

    def stop(seen: int, _: object) -> None:
        if seen == number:
            task.cancel()

    tenant.between.append(Writes(after=stop) if is_carried_out else Writes(before=stop))
    return await task


# Plans


@few
@given(transitions(), st.randoms(use_true_random=False))
def test_a_plan_does_not_depend_on_the_order_of_documents(transition: Transition, random: Any) -> None:
    tenant, root = Tenant(), Path(tempfile.mkdtemp())
    first = plan(folder(root, transition.after), tenant).plan
    shuffled = list(transition.after)
    random.shuffle(shuffled)

    second = plan(folder(root, shuffled), tenant).plan

    assert (first.checksum, first.fingerprint) == (second.checksum, second.fingerprint)
    assert [change.address for change in first.changes] == [change.address for change in second.changes]


@few
@given(transitions())
def test_a_checksum_says_what_would_be_done(transition: Transition) -> None:
    tenant, root = Tenant(), Path(tempfile.mkdtemp())
    tenant.clear()
    first = plan(folder(root, transition.before), tenant).plan
    second = plan(folder(root, transition.after), tenant).plan

    def done(made: Any) -> list[Any]:
        return [(change.address, change.action, change.after) for change in made.pending]

    assert (first.checksum == second.checksum) == (done(first) == done(second))


@few
@given(transitions())
def test_nothing_unmanaged_is_ever_touched(transition: Transition) -> None:
    tenant, root = Tenant(), Path(tempfile.mkdtemp())
    before = dump(tenant.store)

    first = settle(folder(root, transition.before), tenant)
    second = settle(folder(root, transition.after), tenant)

    done = [outcome.status for outcome in (*first.outcomes, *second.outcomes)]
    assume(done)
    assert {*done} == {"applied"}
    after = dump(tenant.store)
    for collection in ("identity/conditionalAccess/policies", "groups", "users"):
        assert [item for item in after[collection] if item["displayName"] not in (*GROUPS, *POLICIES)] == [
            item for item in before[collection] if item["displayName"] not in (*GROUPS, *POLICIES)
        ]
