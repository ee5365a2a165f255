"""Laws that hold for any two folders: never less safe on the way, and a second plan is empty.

`HYPOTHESIS_PROFILE=thorough pytest tests/test_laws.py` tries hundreds of each.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from trial import (
    FIRST,
    LOCATIONS,
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
    location,
    plan,
    policy,
    rules,
    settle,
    strength,
    watched,
)

from tapctl.apply import Result
from tapctl.pipeline import Planned
from tapctl.sandbox import dump
from tapctl.sandbox.seed import numbered

GROUPS = ("Alpha", "Beta", "Gamma")
POLICIES = ("One", "Two")
ACCOUNTS = (FIRST, SECOND)
STATES = ("disabled", "enabledForReportingButNotEnforced", "enabled")
EXAMPLES = 1000 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 15
few = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])

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


# What else a folder declares


def asking(name: str, state: str = "enabled", /, **only: Any) -> Document:
    users = only.pop("users", {"includeUsers": ["All"]})
    return policy(name, state, **users, excludeGroups=["Break glass"], only=only)


def keys(state: str) -> Document:
    spec = {"state": state, "isSelfServiceRegistrationAllowed": True, "includeTargets": ["all_users"]}
    return {"kind": "Fido2Policy", "spec": spec}


def granted(**control: Any) -> dict[str, Any]:
    return {"grantControls": {"operator": "OR", **control}}


def outside(name: str) -> dict[str, Any]:
    return {"conditions": {"locations": {"includeLocations": ["All"], "excludeLocations": [name]}}}


WORLD = [
    group("Old", []),
    group("Outer", ["Group/Old"]),
    location("Office", "192.0.2.0/24", isTrusted=True),
    location("Lab", "198.51.100.0/24", "203.0.113.0/24"),
    strength("Ours", "fido2", "windowsHelloForBusiness"),
    keys("enabled"),
    asking("Blocked", users={"includeGroups": ["Outer"]}, **granted(builtInControls=["block"])),
    asking("Trusting", **outside("AllTrusted")),
    asking("Elsewhere", **outside("Lab"), **granted(builtInControls=["block"])),
    asking("Inside", conditions={"locations": {"includeLocations": ["AllTrusted"]}}),
    asking("Resistant", **granted(authenticationStrength="Phishing-resistant MFA")),
    asking("Strong", **granted(authenticationStrength="Ours")),
    asking("Waiting", STATES[1]),
]
CHANGES = {
    "a group gains somebody": group("Old", [SELF]),
    "and another name": {**group("New", [SELF]), "formerNames": ["Old"]},
    "a location is trusted no more": location("Office", "192.0.2.0/24"),
    "goes": absent("NamedLocation", "Office"),
    "comes": location("Fresh", "192.0.2.128/25", isTrusted=True),
    "shrinks": location("Lab", "198.51.100.0/24"),
    "a strength accepts less": strength("Ours", "fido2"),
    "a method is turned off": keys("disabled"),
    "a policy is enforced": asking("Waiting"),
}


@cache
def world() -> Tenant:
    """A tenant that is as those documents say. Planning changes nothing in it."""
    tenant = Tenant()
    tenant.clear()
    settle(folder(Path(tempfile.mkdtemp()), WORLD), tenant)
    return tenant


@cache
def brakes(*documents: str) -> set[tuple[str, str]]:
    planned = plan(folder(Path(tempfile.mkdtemp()), map(json.loads, documents)), world())
    assert rules(planned, "error") == []
    return {(item.rule, str(item.address)) for item in planned.plan.findings if item.severity == "brake"}


def beside(changed: Document) -> list[str]:
    """The world's other documents, in which a group that has another name goes by that."""
    former = changed.get("formerNames", ())
    others = [
        one for one in WORLD if (one["kind"], one.get("name")) != (changed["kind"], changed.get("name"))
    ]
    texts = [json.dumps(one) for one in others if one.get("name") not in former]
    for name in former:
        texts = [text.replace(f'/{name}"', f'/{changed["name"]}"') for text in texts]
    return texts


@pytest.mark.parametrize("change", CHANGES)
@settings(few, max_examples=EXAMPLES // 5)
@given(st.data())
def test_the_guard_says_the_same_whatever_else_the_folder_declares(change: str, data: st.DataObject) -> None:
    changed, others = json.dumps(CHANGES[change]), beside(CHANGES[change])
    some = data.draw(st.lists(st.sampled_from(others), unique=True))

    alone = brakes(changed)

    assert alone == brakes(changed, *some) == brakes(changed, *others)
    assert alone


# Which object a document means

THERE = {"North": numbered(5, 71), "South": numbered(5, 72)}
NAMES = (*THERE, "West")


@st.composite
def meanings(draw: Draw) -> dict[str, tuple[Document, str | None]]:
    """Locations that mean an object by name, former name or pin, each with its pin."""
    found = {}
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1)):
        pinned, former = draw(
            st.sampled_from([(None, None), *((one, None) for one in THERE), (None, "North")])
        )
        found[name] = meaning(name, pinned, former, is_gone=draw(st.booleans()))
    return found


def meaning(
    name: str, pinned: str | None = None, former: str | None = None, *, is_gone: bool = False
) -> tuple[Document, str | None]:
    called = {} if pinned in (None, name) else {"displayName": pinned}
    gone = {**absent("NamedLocation", name), **({"spec": called} if called else {})}
    here = {**location(name, "192.0.2.0/24", **called), **({"formerNames": [former]} if former else {})}
    return (gone if is_gone else here), THERE.get(pinned or "")


@few
@given(meanings())
@example({"North": meaning("North", is_gone=True), "West": meaning("West", "North")})
def test_every_id_belongs_to_one_document(meant: dict[str, tuple[Document, str | None]]) -> None:
    tenant = Tenant()
    tenant.clear()
    for name, object_id in THERE.items():
        kind = {"@odata.type": "#microsoft.graph.ipNamedLocation", "isTrusted": False, "ipRanges": []}
        tenant.put(LOCATIONS, id=object_id, displayName=name, **kind)
    pins = {f"NamedLocation/{name}": pin for name, (_, pin) in meant.items() if pin}
    documents = [document for document, _ in meant.values()]

    planned = plan(folder(Path(tempfile.mkdtemp()), documents, pins=pins), tenant)

    held = [change.id for change in planned.plan.changes if change.id]
    assert rules(planned, "error") or sorted(held) == sorted(set(held))
