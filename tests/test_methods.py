"""Methods, external methods and contexts, from a folder to the pretend tenant and back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from trial import (
    Message,
    Receive,
    Send,
    Tenant,
    Writes,
    absent,
    actions,
    finding,
    folder,
    plan,
    policy,
    rules,
    settle,
    statuses,
)

from tapctl.errors import NotPermitted
from tapctl.graph.sandbox import AsgiApp
from tapctl.pipeline import check, make_plan
from tapctl.sandbox import Misbehaviour
from tapctl.workspace.document import draft

pytestmark = pytest.mark.seeded

CONTEXTS = "identity/conditionalAccess/authenticationContextClassReferences"
METHODS = "policies/authenticationMethodsPolicy/authenticationMethodConfigurations"
EVERYBODY = {"state": "disabled", "includeTargets": ["all_users"]}
KINDS = ("Email", "SoftwareOath", "Voice", "X509Certificate", "VerifiableCredentials", "QRCodePin", "Fido2")


def method(kind: str, **spec: Any) -> dict[str, Any]:
    return {"kind": kind, "spec": {**EVERYBODY, **spec}}


def context(name: str = "Sensitive actions", **spec: Any) -> dict[str, Any]:
    return {"kind": "AuthenticationContext", "name": name, "spec": {"id": "c1", "isAvailable": True, **spec}}


def answering(name: str, *contexts: str) -> dict[str, Any]:
    """A policy that applies where one of these contexts is asked for."""
    applications = {"includeAuthenticationContextClassReferences": [*contexts]}
    return policy(name, "disabled", only={"conditions": {"applications": applications}})


def external(name: str = "Contoso MFA", **spec: Any) -> dict[str, Any]:
    setting = {"clientId": "entra", "discoveryUrl": "https://mfa.example.com/"}
    given = {**EVERYBODY, "appId": "797f4846-ba00-4fd7-ba43-dac1f8f63013", "openIdConnectSetting": setting}
    return {"kind": "ExternalAuthenticationMethod", "name": name, "spec": {**given, **spec}}


def requests_of(tenant: Tenant, root: Path) -> int:
    async def main() -> int:
        async with tenant.connection() as gateway:
            before = gateway.sent
            await make_plan(check(root, None), gateway)
            return gateway.sent - before

    return asyncio.run(main())


def test_all_methods_are_read_with_one_request(tenant: Tenant, tmp_path: Path) -> None:
    one = folder(tmp_path / "one", [method("Fido2Policy")])
    many = folder(tmp_path / "many", [method(f"{kind}Policy") for kind in KINDS])
    with_policy = folder(
        tmp_path / "all", [method("EmailPolicy"), {"kind": "AuthenticationMethodsPolicy", "spec": {}}]
    )

    assert requests_of(tenant, one) == requests_of(tenant, many) == requests_of(tenant, with_policy)


def test_every_method_settles(tenant: Tenant, tmp_path: Path) -> None:
    root = folder(tmp_path, [method(f"{kind}Policy", excludeTargets=["New hires"]) for kind in KINDS])

    assert set(statuses(settle(root, tenant)).values()) == {"applied"}
    assert actions(plan(root, tenant)) == {}


def test_an_external_method_comes_changes_and_goes(tenant: Tenant, tmp_path: Path) -> None:
    address = "ExternalAuthenticationMethod/Contoso MFA"
    created = settle(folder(tmp_path, [external()]), tenant)
    renamed = {**external("Nordwind MFA", state="enabled"), "formerNames": ["Contoso MFA"]}
    changed = settle(folder(tmp_path, [renamed]), tenant)
    (left,) = [item for item in tenant.store.objects(METHODS).values() if "appId" in item]
    gone = settle(folder(tmp_path, [absent("ExternalAuthenticationMethod", "Nordwind MFA")]), tenant)

    assert statuses(created) == {address: "applied"}
    assert (*statuses(changed).values(), *statuses(gone).values()) == ("applied", "applied")
    assert (left["displayName"], left["state"]) == ("Nordwind MFA", "enabled")
    assert not [item for item in tenant.store.objects(METHODS).values() if "appId" in item]


def test_an_external_method_nobody_declares_is_listed_alone(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [external()]), tenant)

    planned = plan(folder(tmp_path, [external("Fabrikam MFA", state="enabled")]), tenant)

    assert [*map(str, planned.plan.unmanaged)] == ["ExternalAuthenticationMethod/Contoso MFA"]


def test_a_context_is_there_before_the_policy_that_answers_to_it(tenant: Tenant, tmp_path: Path) -> None:
    root = folder(tmp_path, [answering("P", "c1"), context()])

    planned = plan(root, tenant)
    order = [step.address.kind for stage in planned.stages for step in stage]

    assert order == ["AuthenticationContext", "ConditionalAccessPolicy"]
    assert set(statuses(settle(root, tenant)).values()) == {"applied"}
    assert actions(plan(root, tenant)) == {}


def test_a_context_goes_after_the_policy_and_unpublished(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [answering("P", "c1"), context()]), tenant)
    writes = Writes()
    tenant.between.append(writes)
    gone = {**absent("AuthenticationContext", "Sensitive actions"), "spec": {"id": "c1"}}

    settle(folder(tmp_path, [absent("ConditionalAccessPolicy", "P"), gone]), tenant)

    assert [line.split("/")[0] for line in writes.seen] == [
        "DELETE identity",
        "PATCH identity",
        "DELETE identity",
    ]
    assert "c1" not in tenant.store.objects(CONTEXTS)


def test_a_context_that_a_policy_answers_to_stays(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [answering("P", "c1"), context()]), tenant)
    gone = {**absent("AuthenticationContext", "Sensitive actions"), "spec": {"id": "c1"}}

    planned = plan(folder(tmp_path, [gone]), tenant)

    assert rules(planned, "error") == ["still-used"]


def test_a_context_that_is_not_there_is_a_broken_reference(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(folder(tmp_path, [answering("P", "c7")]), tenant)

    assert "'c7', which is not in the tenant" in finding(planned, "broken-reference").message


def test_one_id_is_declared_once(tenant: Tenant, tmp_path: Path) -> None:
    planned = plan(folder(tmp_path, [context(), context("Payments")]), tenant)

    assert (
        "AuthenticationContext c1 is declared a second time" in finding(planned, "duplicate-document").message
    )


def test_contexts_are_owned_by_their_display_names(tenant: Tenant, tmp_path: Path) -> None:
    tenant.put(CONTEXTS, id="c5", displayName="NH-Old", description=None, isAvailable=False)
    settings = {"ownership": {"AuthenticationContext": ["NH-*"]}}

    planned = plan(folder(tmp_path, [context("NH-New")], settings=settings), tenant)

    assert actions(planned) == {"AuthenticationContext/c1": "create", "AuthenticationContext/c5": "delete"}


def test_an_override_finds_a_context_by_its_name(tmp_path: Path) -> None:
    override = {"kind": "AuthenticationContext", "name": "Sensitive actions", "spec": {"isAvailable": False}}

    checked = check(folder(tmp_path, [context()], overrides=[override]), None)

    assert checked.desired[0].spec["isAvailable"] is False


def test_a_context_is_made_though_its_answer_is_lost(tmp_path: Path) -> None:
    tenant = Tenant(misbehaviour=Misbehaviour(drop_answer_every=1, lag_reads=2))

    result = settle(folder(tmp_path, [context()]), tenant)

    assert set(statuses(result).values()) == {"applied"}


def test_contexts_are_read_only_where_documents_speak_of_them(tmp_path: Path) -> None:
    tenant = Tenant(misbehaviour=Misbehaviour(forbidden=(CONTEXTS,)))

    assert actions(plan(folder(tmp_path, [policy("P", "disabled")]), tenant))
    with pytest.raises(NotPermitted, match="AuthenticationContext"):
        plan(folder(tmp_path, [answering("P", "c1")]), tenant)


def test_what_the_policy_above_leaves_out_is_asked_for_by_itself(tmp_path: Path) -> None:
    tenant = Tenant(between=[without_configurations])

    planned = plan(folder(tmp_path, [method("EmailPolicy"), method("VoicePolicy")]), tenant)

    assert [change.action for change in planned.plan.changes] == ["no-op", "no-op"]


def without_configurations(app: AsgiApp) -> AsgiApp:
    """A Graph that does not expand the methods in the policy's answer."""

    async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
        async def shortened(message: Message) -> None:
            if message["type"] == "http.response.body" and message.get("body"):
                held = json.loads(message["body"])
                held.pop("authenticationMethodConfigurations", None)
                message = {**message, "body": json.dumps(held).encode()}
            await send(message)

        is_policy = str(scope.get("path")).endswith("/authenticationMethodsPolicy")
        await app(scope, receive, shortened if is_policy else send)

    return wrapped


@pytest.mark.parametrize(
    ("state", "more", "rule"),
    [
        ("migrationInProgress", [], ["migration-not-complete"]),
        ("migrationInProgress", [{"policyMigrationState": "migrationComplete"}], []),
        ("migrationComplete", [], []),
    ],
)
def test_legacy_policies_that_still_count_are_told_of(
    tenant: Tenant, tmp_path: Path, state: str, more: list[dict[str, str]], rule: list[str]
) -> None:
    above = "policies/authenticationMethodsPolicy"
    tenant.put(above, id="authenticationMethodsPolicy", policyMigrationState=state)
    documents = [{"kind": "AuthenticationMethodsPolicy", "spec": spec} for spec in more]
    changed = method("VoicePolicy", excludeTargets=["New hires"])

    planned = plan(folder(tmp_path, [policy("P", "disabled"), changed, *documents]), tenant)

    assert [item.rule for item in planned.plan.findings if "migration" in item.rule] == rule


def test_a_context_is_written_down_by_its_display_name(tenant: Tenant, tmp_path: Path) -> None:
    settle(folder(tmp_path, [context()]), tenant)
    pair = next(pair for pair in plan(tmp_path, tenant).matched.pairs if pair.address.name == "c1")

    written = draft(pair)

    assert (written.name, written.spec) == ("Sensitive actions", {"id": "c1", "isAvailable": True})
