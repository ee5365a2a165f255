from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from trial import (
    LOCATIONS,
    POLICIES,
    Document,
    Message,
    Receive,
    Send,
    Tenant,
    Writes,
    absent,
    actions,
    carry_out,
    change_of,
    failing,
    finding,
    folder,
    group,
    location,
    plan,
    policy,
    rules,
    settle,
    statuses,
    strength,
)

from tapctl.errors import GraphError
from tapctl.graph.sandbox import AsgiApp
from tapctl.model import Address
from tapctl.pipeline import Planned, check, make_undo
from tapctl.record import FileRecord
from tapctl.sandbox import Settings
from tapctl.sandbox.seed import numbered
from tapctl.undo.past import read_record

Folder = Callable[[list[Document]], Path]
KARIN = "karin.holm@nordwind.example"
CHANGING = {"modifiedDateTime", "createdDateTime"}


@pytest.fixture
def written(tmp_path: Path) -> Folder:
    return lambda documents: folder(tmp_path / "folder", documents)


def recorded(root: Path, tenant: Tenant, records: Path) -> Path:
    """Apply, and keep the record."""
    record = FileRecord(records, "sandbox")
    carry_out(plan(root, tenant), tenant, record, patience=3)
    record.close()
    return record.path


def way_back(root: Path, tenant: Tenant, record: Path) -> Planned:
    past = read_record(record.read_bytes(), str(record))

    async def undo() -> Planned:
        async with tenant.connection() as gateway:
            return await make_undo(check(root, None), past, gateway)

    return asyncio.run(undo())


def content(tenant: Tenant) -> dict[str, Any]:
    """Everything in the tenant that an apply may change, by id."""
    return {
        f"{collection}/{identifier}": {key: item for key, item in value.items() if key not in CHANGING}
        for collection in (POLICIES, LOCATIONS, "groups", "policies/authenticationStrengthPolicies")
        for identifier, value in tenant.store.objects(collection).items()
    }


BEFORE = [
    location("Office", "203.0.113.0/24", isTrusted=True),
    group("Pilots", ["mia.larsen@nordwind.example"], description="First"),
    policy(
        "P-1",
        only={"conditions": {"locations": {"includeLocations": ["All"], "excludeLocations": ["Office"]}}},
    ),
    policy("P-2", "disabled", includeGroups=["Pilots"], excludeGroups=["Break glass"]),
    policy("P-3", "disabled"),
]


def test_everything_comes_back_as_it_was(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written(BEFORE), tenant)
    before = content(tenant)
    after = [
        absent("NamedLocation", "Office"),
        absent("Group", "Pilots"),
        absent("ConditionalAccessPolicy", "P-1"),
        absent("ConditionalAccessPolicy", "P-2"),
        {**policy("P-3 renamed"), "formerNames": ["P-3"]},
        policy("P-4", includeGroups=["Testers"], excludeGroups=["Break glass"]),
        group("Testers", []),
    ]
    root = written(after)
    record = recorded(root, tenant, tmp_path)
    assert content(tenant) != before

    undone = way_back(root, tenant, record)
    result = carry_out(undone, tenant)

    assert set(statuses(result).values()) == {"applied"}
    assert content(tenant) == before
    assert way_back(root, tenant, record).plan.pending == ()


def test_what_comes_back_keeps_its_id_and_its_state_is_said_again(written: Folder, tmp_path: Path) -> None:
    tenant, writes = Tenant(), Writes()
    settle(written([policy("P")]), tenant)
    before = tenant.one(POLICIES, "P")
    record = recorded(written([absent("ConditionalAccessPolicy", "P")]), tenant, tmp_path)
    # Whether Graph brings a policy back with its state is not documented.
    tenant.store.put(
        "identity/conditionalAccess/deletedItems/policies",
        {**tenant.one("identity/conditionalAccess/deletedItems/policies", "P"), "state": "disabled"},
    )
    undone = way_back(tmp_path / "folder", tenant, record)
    tenant.between = [writes]
    carry_out(undone, tenant)

    assert change_of(undone, "P").restores == before["id"]
    assert change_of(undone, "P").reason == (
        f"that apply deleted it; it comes back from Graph's deleted items with its id {before['id']}"
    )
    assert rules(undone) == ["creates-enabled"]
    assert (tenant.one(POLICIES, "P")["id"], tenant.one(POLICIES, "P")["state"]) == (before["id"], "enabled")
    assert writes.seen[0].endswith(f"deletedItems/policies/{before['id']}/restore")


def test_what_comes_back_with_more_loses_it_where_blocks_are_merged(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant(sandbox=Settings(merges_blocks=True))
    session = {"secureSignInSession": {"isEnabled": True}}
    settle(written([policy("P", only={"sessionControls": session})]), tenant)
    record = recorded(written([absent("ConditionalAccessPolicy", "P")]), tenant, tmp_path)
    deleted = "identity/conditionalAccess/deletedItems/policies"
    more = {**session, "persistentBrowser": {"isEnabled": True, "mode": "never"}}
    tenant.store.put(deleted, {**tenant.one(deleted, "P"), "sessionControls": more})

    result = carry_out(way_back(tmp_path / "folder", tenant, record), tenant)

    assert statuses(result) == {"ConditionalAccessPolicy/P": "applied"}
    assert tenant.one(POLICIES, "P")["sessionControls"]["persistentBrowser"] is None


def test_the_reason_is_what_that_apply_did(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written([policy("P", "disabled"), policy("Q", "disabled")]), tenant)
    record = recorded(written([policy("P"), policy("Q"), policy("R")]), tenant, tmp_path)
    edit(tenant, POLICIES, "Q", state="disabled")
    undone = way_back(tmp_path / "folder", tenant, record)

    assert {change.address.name: change.reason for change in undone.plan.changes} == {
        "P": "that apply changed it",
        "Q": "nothing of that apply is left to undo",
        "R": "that apply created it",
    }


def test_what_lint_may_ignore_holds_on_the_way_back(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written([policy("P")]), tenant)
    ignore = {"ignore": [{"rule": "any", "because": "It is meant.", "until": "2099-01-01"}]}
    root = written([{**policy("P", "disabled"), "lint": ignore}])
    record = recorded(root, tenant, tmp_path)
    pair = way_back(root, tenant, record).matched.pair(Address("ConditionalAccessPolicy", "P"))

    assert pair is not None
    assert pair.desired is not None
    assert pair.desired.resource.ignores == tuple(ignore["ignore"])


def test_what_is_gone_for_good_is_made_anew(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    documents = [location("Office", "203.0.113.0/24"), strength("Strong", "fido2")]
    using = policy(
        "P",
        "disabled",
        only={
            "conditions": {"locations": {"includeLocations": ["Office"]}},
            "grantControls": {"operator": "OR", "authenticationStrength": "Strong"},
        },
    )
    settle(written([*documents, using]), tenant)
    old = tenant.one(LOCATIONS, "Office")["id"]
    gone = [absent(item["kind"], item["name"]) for item in (*documents, using)]
    record = recorded(written(gone), tenant, tmp_path)
    tenant.clear("identity/conditionalAccess/deletedItems/namedLocations")
    undone = way_back(tmp_path / "folder", tenant, record)
    carry_out(undone, tenant)

    new = tenant.one(LOCATIONS, "Office")["id"]
    assert rules(undone, "warning") == ["comes-back-as-new", "comes-back-as-new"]
    assert new != old
    assert tenant.one(POLICIES, "P")["conditions"]["locations"]["includeLocations"] == [new]


@pytest.fixture
def made_anew(written: Folder, tmp_path: Path) -> tuple[Tenant, Path, Path]:
    """An apply deleted things and changed one; its undo made the purged ones anew, with other ids."""
    tenant = Tenant()
    pilots = group("Pilots", ["mia.larsen@nordwind.example"])
    settle(written([location("Office", "203.0.113.0/24"), pilots, using_both("P"), policy("Q")]), tenant)
    gone = [
        absent("NamedLocation", "Office"),
        absent("Group", "Pilots"),
        absent("ConditionalAccessPolicy", "P"),
    ]
    root = written([*gone, policy("Q", "disabled")])
    record = recorded(root, tenant, tmp_path)
    for collection in ("identity/conditionalAccess/deletedItems/namedLocations", *PURGED):
        tenant.clear(collection)
    carry_out(way_back(root, tenant, record), tenant)
    return tenant, root, record


PURGED = ("identity/conditionalAccess/deletedItems/policies", "directory/deletedItems")


def using_both(name: str) -> Document:
    places = {"conditions": {"locations": {"includeLocations": ["Office"]}}}
    return policy(name, "disabled", only=places, includeGroups=["Pilots"])


def test_what_an_undo_made_anew_is_undone(made_anew: tuple[Tenant, Path, Path]) -> None:
    tenant, root, record = made_anew
    again = way_back(root, tenant, record)

    assert (rules(again), again.plan.pending) == ([], ())
    assert len(again.plan.changes) == 4


def test_an_undo_that_got_halfway_goes_on(made_anew: tuple[Tenant, Path, Path]) -> None:
    tenant, root, record = made_anew
    edit(tenant, POLICIES, "Q", state="disabled")
    again = way_back(root, tenant, record)

    assert [str(change.address) for change in again.plan.pending] == ["ConditionalAccessPolicy/Q"]
    assert rules(again, "error", "warning") == []


def test_what_differs_from_it_is_another_object_and_listed_once(made_anew: tuple[Tenant, Path, Path]) -> None:
    tenant, root, record = made_anew
    edit(tenant, POLICIES, "P", state="enabledForReportingButNotEnforced")
    again = way_back(root, tenant, record)

    assert rules(again, "error") == ["undo-another-object"]
    assert "make it so by hand" in finding(again, "undo-another-object").help
    assert [str(change.address) for change in again.plan.pending] == ["ConditionalAccessPolicy/P"]


def test_only_what_the_apply_touched_is_undone(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written([policy("A"), policy("B")]), tenant)
    root = written([policy("A", "disabled"), policy("B", "disabled")])
    tenant.between = [failing(1)]
    record = recorded(root, tenant, tmp_path)
    tenant.between = []
    tenant.put(POLICIES, **{**tenant.one(POLICIES, "A"), "id": "7" * 8 + "-0000-0000-0000-000000000000"})
    undone = way_back(root, tenant, record)

    assert "ConditionalAccessPolicy/CA-01 Require MFA for administrators" not in actions(undone)
    assert undone.plan.unmanaged == ()


def test_what_others_changed_since_needs_a_word(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written([group("Pilots", description="First")]), tenant)
    root = written([group("Pilots", description="Second")])
    record = recorded(root, tenant, tmp_path)
    tenant.store.put("groups", {**tenant.one("groups", "Pilots"), "description": "Third"})
    undone = way_back(root, tenant, record)

    assert rules(undone) == ["overwrites-later-changes"]
    assert "undoing it overwrites: description" in finding(undone, "overwrites-later-changes").message
    assert str(finding(undone, "overwrites-later-changes").place).startswith(str(record))


def test_what_others_made_of_a_new_object_needs_a_word(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    root = written([group("Pilots", description="First")])
    record = recorded(root, tenant, tmp_path)
    tenant.store.put("groups", {**tenant.one("groups", "Pilots"), "description": "Third"})

    assert rules(way_back(root, tenant, record)) == ["overwrites-later-changes"]


def test_another_object_of_the_name_is_not_touched(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    root = written([group("Pilots")])
    record = recorded(root, tenant, tmp_path)
    tenant.store.remove("groups", tenant.one("groups", "Pilots")["id"])
    settle(root, tenant)
    undone = way_back(root, tenant, record)

    assert rules(undone) == ["undo-another-object"]
    assert undone.stages == ()


def test_a_creation_without_an_answer_is_left_alone(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    tenant.between = [failing(1, 503)]
    root = written([group("Pilots")])
    record = recorded(root, tenant, tmp_path)

    assert rules(way_back(root, tenant, record), "warning") == ["undo-unknown"]
    assert way_back(root, tenant, record).plan.changes == ()


def without_a_list(app: AsgiApp) -> AsgiApp:
    """Graph does not say what has these ids."""

    async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
        if not str(scope.get("path")).endswith("/getByIds"):
            await app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    return wrapped


def test_what_cannot_be_read_is_not_taken_for_gone(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    record = recorded(written([group("Pilots")]), tenant, tmp_path)
    tenant.between = [without_a_list]

    with pytest.raises(GraphError, match="the answer has no list of objects"):
        way_back(tmp_path / "folder", tenant, record)


def test_undoing_the_undoing_goes_forward_again(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written([policy("P")]), tenant)
    root = written([absent("ConditionalAccessPolicy", "P")])
    first = recorded(root, tenant, tmp_path)
    undo = FileRecord(tmp_path, "undo")
    carry_out(way_back(root, tenant, first), tenant, undo)
    undo.close()
    carry_out(way_back(root, tenant, undo.path), tenant)

    assert tenant.named(POLICIES, "P") == []


def test_a_context_comes_back_under_its_id(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    context = {
        "kind": "AuthenticationContext",
        "name": "Sensitive",
        "spec": {"id": "c9", "isAvailable": True},
    }
    settle(written([context]), tenant)
    gone = {"kind": "AuthenticationContext", "name": "Sensitive", "spec": {"id": "c9"}, "ensure": "absent"}
    root = written([gone])
    record = recorded(root, tenant, tmp_path)
    undone = way_back(root, tenant, record)
    carry_out(undone, tenant)

    assert rules(undone, "warning") == []
    assert [*way_back(root, tenant, record).plan.pending] == []


def test_a_setting_goes_back(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    targets = [{"id": "New hires", "targetType": "group"}]

    def passes(*, once: bool) -> Document:
        spec = {"state": "enabled", "isUsableOnce": once, "includeTargets": targets}
        return {"kind": "TemporaryAccessPassPolicy", "spec": spec}

    settle(written([passes(once=True)]), tenant)
    root = written([passes(once=False)])
    record = recorded(root, tenant, tmp_path)
    undone = way_back(root, tenant, record)

    assert [field.path for field in change_of(undone, "TemporaryAccessPassPolicy").fields] == ["isUsableOnce"]


def test_deleted_items_that_may_not_be_read_are_said(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written([policy("P")]), tenant)
    root = written([absent("ConditionalAccessPolicy", "P")])
    record = recorded(root, tenant, tmp_path)
    tenant.misbehaviour = type(tenant.misbehaviour)(forbidden=("identity/conditionalAccess/deletedItems",))

    message = finding(way_back(root, tenant, record), "comes-back-as-new").message
    assert "cannot be looked for" in message
    assert "\n" not in message


def test_a_lost_answer_to_a_restore_is_read_and_one_that_never_shows_fails(
    written: Folder, tmp_path: Path
) -> None:
    tenant = Tenant()
    settle(written([policy("P")]), tenant)
    root = written([absent("ConditionalAccessPolicy", "P")])
    record = recorded(root, tenant, tmp_path)
    undone = way_back(root, tenant, record)
    tenant.between = [failing(1, 504)]
    result = carry_out(undone, tenant, patience=3)

    assert statuses(result) == {"ConditionalAccessPolicy/P": "failed"}
    assert "does not read back" in result.outcomes[0].why


def edit(tenant: Tenant, collection: str, name: str, **changes: Any) -> None:
    """Change an object by hand, as somebody does in the portal."""
    tenant.store.put(collection, {**tenant.one(collection, name), **changes})


def test_an_object_that_was_renamed_since_is_known_by_its_id(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written([policy("P"), group("Pilots", description="First")]), tenant)
    root = written([policy("P", "disabled"), group("Pilots", description="Second")])
    record = recorded(root, tenant, tmp_path)
    edit(tenant, POLICIES, "P", displayName="Q", state="enabledForReportingButNotEnforced")
    edit(tenant, "groups", "Pilots", displayName="Testers")
    undone = way_back(root, tenant, record)
    carry_out(undone, tenant)

    assert actions(undone) == {"ConditionalAccessPolicy/Q": "update", "Group/Testers": "update"}
    assert rules(undone) == ["enforces", "overwrites-later-changes"]
    assert "overwrites: state" in finding(undone, "overwrites-later-changes").message
    assert (tenant.one(POLICIES, "Q")["state"], tenant.named(POLICIES, "P")) == ("enabled", [])
    assert tenant.one("groups", "Testers")["description"] == "First"


def test_records_are_undone_in_any_order(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written([policy("P")]), tenant)
    root = written([{**policy("Q"), "formerNames": ["P"]}])
    renamed = recorded(root, tenant, tmp_path)
    edited = recorded(written([policy("Q", "disabled")]), tenant, tmp_path)
    first = way_back(root, tenant, renamed)
    carry_out(first, tenant)
    second = way_back(root, tenant, edited)
    carry_out(second, tenant)

    assert (rules(first), change_of(first, "P").fields) == ([], ())
    assert "keeps: state" in finding(first, "undo-keeps-later-changes").message
    assert "keeps: displayName" in finding(second, "undo-keeps-later-changes").message
    assert (rules(second), actions(second)) == (["enforces"], {"ConditionalAccessPolicy/P": "update"})
    assert (tenant.one(POLICIES, "P")["state"], tenant.named(POLICIES, "Q")) == ("enabled", [])


def test_a_name_that_others_changed_again_needs_a_word(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written([policy("P")]), tenant)
    root = written([{**policy("Q"), "formerNames": ["P"]}])
    record = recorded(root, tenant, tmp_path)
    edit(tenant, POLICIES, "Q", displayName="R")
    undone = way_back(root, tenant, record)

    assert "overwrites: displayName" in finding(undone, "overwrites-later-changes").message
    assert change_of(undone, "P").former_name == "R"
    assert change_of(undone, "P").reason == "that apply changed it; renamed from 'R'"


def test_what_an_apply_made_goes_whatever_it_is_called_now(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    root = written([group("Pilots", description="First")])
    record = recorded(root, tenant, tmp_path)
    edit(tenant, "groups", "Pilots", displayName="Testers")
    undone = way_back(root, tenant, record)

    assert actions(undone) == {"Group/Testers": "delete"}
    assert "overwrites: displayName" in finding(undone, "overwrites-later-changes").message


def test_what_somebody_else_has_brought_back_is_no_new_object(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written([policy("P", "disabled")]), tenant)
    before = tenant.one(POLICIES, "P")
    root = written([absent("ConditionalAccessPolicy", "P")])
    record = recorded(root, tenant, tmp_path)
    tenant.store.put(POLICIES, before)
    same = way_back(root, tenant, record)
    edit(tenant, POLICIES, "P", displayName="Q")

    assert (rules(same, "brake", "error", "warning"), same.plan.pending) == ([], ())
    assert (
        "overwrites: displayName"
        in finding(way_back(root, tenant, record), "overwrites-later-changes").message
    )


def test_a_name_that_another_object_has_by_now_is_not_taken(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written([policy("P")]), tenant)
    root = written([{**policy("Q"), "formerNames": ["P"]}])
    record = recorded(root, tenant, tmp_path)
    other = tenant.put(POLICIES, **{**tenant.one(POLICIES, "Q"), "id": numbered(8, 1), "displayName": "P"})
    undone = way_back(root, tenant, record)

    assert rules(undone) == ["undo-another-object"]
    assert f"is another object now ({other})" in finding(undone, "undo-another-object").message


def test_two_objects_of_one_name_are_told_apart_by_their_ids(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written([policy("P", "disabled")]), tenant)
    root = written([policy("P", "enabledForReportingButNotEnforced"), policy("New", "disabled")])
    record = recorded(root, tenant, tmp_path)
    new = tenant.one(POLICIES, "New")["id"]
    edit(tenant, POLICIES, "P", displayName="New")
    undone = way_back(root, tenant, record)
    carry_out(undone, tenant)

    kind = "ConditionalAccessPolicy"
    assert (rules(undone), actions(undone)) == (
        [],
        {f"{kind}/New": "update", f"{kind}/New ({new})": "delete"},
    )
    assert tenant.one(POLICIES, "New")["state"] == "disabled"


def test_two_objects_that_have_the_same_name_by_now_are_left_alone(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written([policy("P", "disabled"), policy("Q", "disabled")]), tenant)
    root = written([policy(name, "enabledForReportingButNotEnforced") for name in ("P", "Q")])
    record = recorded(root, tenant, tmp_path)
    edit(tenant, POLICIES, "P", displayName="Q")

    assert rules(way_back(root, tenant, record)) == ["undo-another-object", "undo-another-object"]


def test_exclusions_that_others_added_since_stay(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    groups = [group("Ours"), group("Theirs")]
    users = {"includeUsers": ["All"]}
    settle(written([*groups, policy("P", "disabled", **users, excludeGroups=["Break glass"])]), tenant)
    root = written([*groups, policy("P", "disabled", **users, excludeGroups=["Break glass", "Ours"])])
    record = recorded(root, tenant, tmp_path)
    held = tenant.one(POLICIES, "P")
    conditions = held["conditions"]
    mixed = [*conditions["users"]["excludeGroups"], tenant.one("groups", "Theirs")["id"]]
    edit(
        tenant,
        POLICIES,
        "P",
        conditions={**conditions, "users": {**conditions["users"], "excludeGroups": mixed}},
    )
    undone = way_back(root, tenant, record)
    spec = change_of(undone, "P").after or {}

    assert rules(undone) == []
    assert spec["conditions"]["users"]["excludeGroups"] == ["Break glass", "Theirs"]  # type: ignore[index,call-overload]
    assert "keeps: conditions.users.excludeGroups" in finding(undone, "undo-keeps-later-changes").message


def test_a_group_that_the_same_apply_renamed_is_the_same_group(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    users = {"includeUsers": ["All"]}
    settle(written([group("Ours"), policy("P", "disabled", **users)]), tenant)
    before = content(tenant)
    after = [
        {**group("Ours now"), "formerNames": ["Ours"]},
        policy("P", "disabled", **users, excludeGroups=["Ours now"]),
    ]
    root = written(after)
    record = recorded(root, tenant, tmp_path)
    undone = way_back(root, tenant, record)
    carry_out(undone, tenant)

    assert rules(undone) == []
    assert content(tenant) == before


def excluding(*names: str) -> Document:
    return policy("P", "disabled", includeUsers=["All"], excludeGroups=["Break glass", *names])


def taken_out(written: Folder, tmp_path: Path, tenant: Tenant, between: Writes) -> tuple[Path, Path]:
    """The files take a group out of a policy's exclusions, and something is wrong with the writes."""
    settle(written([group("VIP"), excluding("VIP")]), tenant)
    root = written([group("VIP"), excluding()])
    tenant.between = [between]
    record = recorded(root, tenant, tmp_path)
    tenant.between = []
    return root, record


def test_what_graph_refused_is_not_undone_when_somebody_did_it_by_hand(
    written: Folder, tmp_path: Path
) -> None:
    tenant = Tenant()
    root, record = taken_out(written, tmp_path, tenant, failing(1, 400))
    settle(root, tenant)

    assert way_back(root, tenant, record).plan.changes == ()


@pytest.mark.parametrize("does_it", [True, False])
def test_what_may_have_been_done_is_undone_with_a_word(
    written: Folder, tmp_path: Path, *, does_it: bool
) -> None:
    tenant = Tenant()
    root, record = taken_out(
        written, tmp_path, tenant, Writes(instead=lambda number, _: None if does_it and number > 1 else 503)
    )
    before = way_back(root, tenant, record)
    settle(root, tenant)
    undone = way_back(root, tenant, record)

    assert (before.plan.pending == ()) is not does_it
    assert rules(undone) == ([] if does_it else ["overwrites-later-changes"])
    if not does_it:
        said = finding(undone, "overwrites-later-changes").message
        assert "is not known from its record" in said
        assert "conditions.users.excludeGroups" in said
        assert change_of(undone, "P").reason == "that apply may have changed it"


def test_a_retry_that_was_refused_proves_nothing(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    root, record = taken_out(
        written, tmp_path, tenant, Writes(instead=lambda number, _: {1: 503, 2: 400}.get(number))
    )
    settle(root, tenant)

    assert rules(way_back(root, tenant, record)) == ["overwrites-later-changes"]


def test_of_a_change_in_steps_only_what_was_done_goes_back(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(
        written([policy("P", "disabled"), group("Pilots", [KARIN, "mia.larsen@nordwind.example"])]), tenant
    )
    root = written([policy("P", "disabled"), group("Pilots", [KARIN, "henrik.dahl@nordwind.example"])])
    writes = failing(2)
    tenant.between = [writes]
    record = recorded(root, tenant, tmp_path)
    tenant.between = []
    settle(root, tenant)
    undone = way_back(root, tenant, record)

    assert len(writes.seen) == 2
    assert rules(undone, "brake", "note") == ["undo-keeps-later-changes"]


def test_what_others_deleted_since_comes_back_with_a_word(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written([policy("P")]), tenant)
    root = written([policy("P", "disabled")])
    record = recorded(root, tenant, tmp_path)
    settle(written([absent("ConditionalAccessPolicy", "P")]), tenant)
    undone = way_back(root, tenant, record)

    assert rules(undone) == ["creates-enabled", "overwrites-later-changes"]
    assert "was deleted after that apply" in finding(undone, "overwrites-later-changes").message
    assert change_of(undone, "P").reason.startswith(
        "that apply changed it, and it was deleted since; it comes"
    )


def test_a_deletion_without_an_answer_is_known_by_what_is_there(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written([policy("P", "disabled")]), tenant)
    root = written([absent("ConditionalAccessPolicy", "P")])
    tenant.between = [Writes(instead=lambda number, _: 503)]
    record = recorded(root, tenant, tmp_path)
    tenant.between = []
    edit(tenant, POLICIES, "P", state="enabledForReportingButNotEnforced")
    there = way_back(root, tenant, record)
    settle(root, tenant)
    gone = way_back(root, tenant, record)

    assert (there.plan.pending, rules(there)) == ((), [])
    assert rules(gone) == ["overwrites-later-changes"]
    assert change_of(gone, "P").reason.startswith("that apply may have deleted it; it comes back")


def cut_off(record: Path, event: str) -> None:
    """Nothing was written from the first such line on."""
    text = record.read_text(encoding="utf-8")
    record.write_text(text[: text.index(f'{{"event": "{event}"')], encoding="utf-8")


def test_a_new_object_of_an_apply_that_broke_off_goes(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    root = written([policy("P", "disabled")])
    record = recorded(root, tenant, tmp_path)
    cut_off(record, "result")
    undone = way_back(root, tenant, record)

    assert (rules(undone), change_of(undone, "P").reason) == ([], "that apply created it")


def test_what_may_have_been_brought_back_by_others_goes_with_a_word(written: Folder, tmp_path: Path) -> None:
    tenant = Tenant()
    settle(written([policy("P", "disabled")]), tenant)
    root = written([absent("ConditionalAccessPolicy", "P")])
    record = recorded(root, tenant, tmp_path)
    undo = FileRecord(tmp_path, "undo")
    carry_out(way_back(root, tenant, record), tenant, undo)
    undo.close()
    cut_off(undo.path, "result")

    message = finding(way_back(root, tenant, undo.path), "overwrites-later-changes").message
    assert message.startswith("whether that apply or somebody else created ConditionalAccessPolicy/P is not")
