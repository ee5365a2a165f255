"""How many requests a plan takes, and how long it thinks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from trial import (
    DOMAIN,
    POLICIES,
    SELF,
    Message,
    Receive,
    Send,
    Tenant,
    adopt,
    folder,
    group,
    location,
    plan,
    policy,
    settle,
    strength,
)

from tapctl.errors import NotPermitted
from tapctl.graph.sandbox import AsgiApp
from tapctl.model import JsonObject, errors_in
from tapctl.observe.groups import dynamic_groups
from tapctl.pipeline import check, make_plan
from tapctl.sandbox import Misbehaviour
from tapctl.sandbox.seed import numbered


def requests_of(tenant: Tenant, root: Path) -> int:
    async def main() -> int:
        checked = check(root, None)
        async with tenant.connection() as gateway:
            before = gateway.sent
            await make_plan(checked, gateway)
            return gateway.sent - before

    return asyncio.run(main())


def many(tenant: Tenant, count: int) -> None:
    """The seeded draft, so many times, with its references."""
    draft = tenant.one(POLICIES, "NH-10 Draft")
    with tenant.store.transaction():
        for number in range(count):
            tenant.put(POLICIES, **{**draft, "id": numbered(7, number), "displayName": f"P{number}"})


def pages(count: int) -> int:
    return -(-count // 100)


def test_the_number_of_policies_only_turns_pages(tmp_path: Path) -> None:
    few, full = Tenant(), Tenant()
    many(few, 5)
    many(full, 150)

    counts = [
        requests_of(
            tenant,
            folder(tmp_path / str(count), [policy(f"P{number}", "disabled") for number in range(count)]),
        )
        - pages(len(tenant.store.objects(POLICIES)))
        for tenant, count in ((few, 5), (full, 150))
    ]

    assert counts[0] == counts[1]


def test_ids_are_named_a_thousand_at_a_time(tmp_path: Path) -> None:
    tenant = Tenant()
    draft = tenant.one(POLICIES, "NH-10 Draft")
    before = requests_of(tenant, folder(tmp_path, [policy("P")]))
    users = {**draft["conditions"]["users"], "excludeUsers": [numbered(1, 5000 + n) for n in range(1500)]}
    tenant.put(POLICIES, **{**draft, "conditions": {**draft["conditions"], "users": users}})

    assert requests_of(tenant, tmp_path) == before + 1


def test_what_is_no_id_is_not_looked_up_among_them(tmp_path: Path) -> None:
    users = {"excludeGroups": ["id:Pilots"], "excludeUsers": [f"id:{numbered(1, 5000)}"]}

    planned = plan(folder(tmp_path, [policy("P", **users)]), Tenant()).plan

    held = [found.message.split()[2] for found in planned.findings if found.rule == "id-of-nothing"]
    assert sorted(held) == [f"{numbered(1, 5000)},", "Pilots,"]


def test_names_are_asked_for_fifteen_at_a_time(tmp_path: Path) -> None:
    tenant = Tenant()
    names = [f"person-{number}@{DOMAIN}" for number in range(40)]
    with_names = folder(tmp_path / "names", [policy("P", excludeUsers=names)])

    few = requests_of(tenant, folder(tmp_path / "few", [policy("P", excludeUsers=[])]))

    assert requests_of(tenant, with_names) - few == 2


def test_without_policies_or_groups_little_is_read(tmp_path: Path) -> None:
    spec = {"state": "enabled", "isUsableOnce": True, "includeTargets": ["all_users"]}
    documents = [{"kind": "TemporaryAccessPassPolicy", "spec": spec}]

    assert requests_of(Tenant(), folder(tmp_path, documents)) < 20


@pytest.mark.parametrize("kind", ["Group", "Role"])
def test_ids_of_what_a_name_stands_beside_are_named_once(tmp_path: Path, kind: str) -> None:
    tenant = Tenant()
    users = {f"include{kind}s": ["New hires" if kind == "Group" else "Global Administrator"]}
    folder(tmp_path, [policy("P", **users, excludeGroups=["Break glass"]), group("New hires")])

    assert plan(tmp_path, tenant).plan.findings != ()


@pytest.mark.parametrize("owning", ["Staff", "Others"])
def test_of_two_groups_of_one_name_each_has_the_members_that_its_document_owns(
    tmp_path: Path, owning: str
) -> None:
    tenant = Tenant()
    pins = {f"Group/{name}": tenant.put("groups", displayName="Staff") for name in ("Staff", "Others")}
    named = [
        group(name, [SELF] if name == owning else None, displayName="Staff") for name in ("Others", "Staff")
    ]

    settle(folder(tmp_path, named, pins=pins), tenant)

    assert plan(tmp_path, tenant).plan.pending == ()
    assert [item for item in tenant.named("groups", "Staff") if item.get("members")]


def test_everything_that_is_not_permitted_is_told_at_once(tmp_path: Path) -> None:
    tenant = Tenant(
        misbehaviour=Misbehaviour(forbidden=("groups", "identity/conditionalAccess/namedLocations"))
    )

    with pytest.raises(NotPermitted) as caught:
        plan(folder(tmp_path, [policy("P", includeGroups=["New hires"])]), tenant)

    assert "GET groups" in str(caught.value)
    assert "namedLocations" in str(caught.value)


def leaving_out(name: str, asked: list[str]) -> Callable[[AsgiApp], AsgiApp]:
    """A tenant whose lists do not carry this property; `asked` gets the paths."""

    def wrap(app: AsgiApp) -> AsgiApp:
        async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
            asked.append(str(scope["path"]))

            async def edited(message: Message) -> None:
                if message["type"] == "http.response.body" and b'"value"' in message["body"]:
                    answer = json.loads(message["body"])
                    kept = [{k: v for k, v in item.items() if k != name} for item in answer["value"]]
                    message = {**message, "body": json.dumps({**answer, "value": kept}).encode()}
                headers = [pair for pair in message.get("headers", []) if pair[0] != b"content-length"]
                await send({**message, "headers": headers} if "headers" in message else message)

            await app(scope, receive, edited)

        return wrapped

    return wrap


def without_deleted_items(app: AsgiApp) -> AsgiApp:
    """A tenant whose Graph has no lists of deleted items."""

    async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
        if "deletedItems" not in scope["path"]:
            await app(scope, receive, send)
            return
        body = json.dumps({"error": {"code": "ResourceNotFound", "message": "no such segment"}}).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 404, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return wrapped


def test_without_a_list_of_deleted_items_what_is_gone_is_made_anew(tmp_path: Path) -> None:
    tenant, pin = Tenant(between=[without_deleted_items]), {"NamedLocation/HQ": numbered(7, 1)}
    root = folder(tmp_path, [location("HQ", "192.0.2.0/24")], pins=pin)

    planned = plan(root, tenant).plan

    assert [(change.action, change.restores) for change in planned.pending] == [("create", None)]
    assert errors_in(planned.findings) == ()
    (note,) = [found for found in planned.findings if found.rule == "not-read"]
    assert "404 ResourceNotFound: no such segment" in note.message
    assert "pin-to-nothing" in [found.rule for found in planned.findings]


def test_restrictions_that_the_list_leaves_out_are_read_by_themselves(tmp_path: Path) -> None:
    tenant, asked = Tenant(), list[str]()
    root = folder(tmp_path, [strength("S", "fido2")])
    settle(root, tenant)
    tenant.between.append(leaving_out("combinationConfigurations", asked))

    assert plan(root, tenant).plan.pending == ()
    assert [path for path in asked if path.endswith("/combinationConfigurations")] != []


def without_codes() -> Tenant:
    """A tenant of a cloud that does not offer QR codes."""

    def wrap(app: AsgiApp) -> AsgiApp:
        async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
            is_gone = str(scope["path"]).endswith("/QRCodePin")

            async def edited(message: Message) -> None:
                if message["type"] == "http.response.start":
                    kept = [pair for pair in message["headers"] if pair[0] != b"content-length"]
                    message = {**message, "headers": kept, **({"status": 404} if is_gone else {})}
                elif b"QRCodePin" in message["body"]:
                    answer = json.loads(message["body"])
                    held = answer.get("authenticationMethodConfigurations", ())
                    kept = [item for item in held if item["id"] != "QRCodePin"]
                    answer = (
                        {"error": {}} if is_gone else {**answer, "authenticationMethodConfigurations": kept}
                    )
                    message = {**message, "body": json.dumps(answer).encode()}
                await send(message)

            await app(scope, receive, edited)

        return wrapped

    tenant = Tenant()
    tenant.between.append(wrap)
    return tenant


def test_a_method_that_the_cloud_does_not_offer_is_not_imported(tmp_path: Path) -> None:
    root = folder(tmp_path, [])

    adopt(root, without_codes(), ("QRCodePinPolicy", "SmsPolicy"))

    assert [path.name for path in root.rglob("authentication-methods/*")] == ["sms-policy.yaml"]


def test_a_method_that_the_cloud_does_not_offer_cannot_be_turned_on(tmp_path: Path) -> None:
    spec = {"state": "enabled", "includeTargets": ["all_users"]}

    planned = plan(folder(tmp_path, [{"kind": "QRCodePinPolicy", "spec": spec}]), without_codes()).plan

    assert [found.rule for found in errors_in(planned.findings)] == ["cannot-be-created"]


@pytest.mark.parametrize(
    ("groups", "uncertain"),
    [
        ([{"id": "A", "displayName": "Staff", "groupTypes": []}], set()),
        ([{"id": "A", "displayName": "Staff", "groupTypes": ["DynamicMembership"]}], {"a"}),
        ([{"id": "A", "displayName": "Staff", "membershipRule": "user.x"}], {"a"}),
        ([{"@odata.type": "#microsoft.graph.group", "id": "A", "displayName": None}], {"a"}),
        ([{"id": "A"}, {"id": "A", "displayName": "Staff", "groupTypes": []}], set()),
    ],
)
def test_nobody_counts_on_groups_that_are_dynamic_or_hidden(
    groups: list[JsonObject], uncertain: set[str]
) -> None:
    assert dynamic_groups(groups) == uncertain
