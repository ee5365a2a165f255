"""What an import would write of a tenant that does not answer everything, and what it tells."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from trial import POLICIES, Tenant, folder

from tapctl.directory import Directory
from tapctl.match import Matched, match
from tapctl.model import Json, JsonObject, Snapshot
from tapctl.observe import observe
from tapctl.pipeline import check
from tapctl.sandbox import Misbehaviour
from tapctl.sandbox.seed import numbered
from tapctl.workspace.importing import Proposal, Request, propose

NOBODY = numbered(1, 5000)


def proposal(root: Path, tenant: Tenant) -> Proposal:
    """Of the tenant's policies, for a folder without documents."""
    checked = check(folder(root, []), None)

    async def read() -> Proposal:
        async with tenant.connection() as gateway:
            kinds = {"ConditionalAccessPolicy"}
            snapshot = await observe(
                gateway, checked.workspace, (), checked.resolved, kinds, are_adopted=True
            )
            return propose(match(checked.workspace, (), snapshot), snapshot, Request(kinds=frozenset(kinds)))

    return asyncio.run(read())


def excluding(tenant: Tenant, copies: int) -> None:
    """The seeded draft, so many times, each sparing somebody who is not there."""
    draft = tenant.one(POLICIES, "NH-10 Draft")
    users = {**draft["conditions"]["users"], "excludeUsers": [NOBODY]}
    for number in range(copies):
        changed = {"id": numbered(7, number), "displayName": f"P{number}"}
        tenant.put(POLICIES, **{**draft, **changed, "conditions": {**draft["conditions"], "users": users}})


@pytest.mark.parametrize(("copies", "said"), [(1, "held by ConditionalAccessPolicy/P0"), (7, "and 2 more")])
def test_an_id_of_nothing_is_told_once_with_the_documents_that_hold_it(
    tmp_path: Path, copies: int, said: str
) -> None:
    tenant = Tenant()
    excluding(tenant, copies)

    found = proposal(tmp_path, tenant)

    (told,) = found.findings
    assert (told.rule, NOBODY in told.message) == ("id-of-nothing", True)
    assert told.message.endswith(said)


def test_where_nobody_could_be_asked_an_id_is_not_said_to_be_nothing(tmp_path: Path) -> None:
    tenant = Tenant(misbehaviour=Misbehaviour(forbidden=("directoryObjects/getByIds",)))
    excluding(tenant, 2)

    found = proposal(tmp_path, tenant)

    (told,) = found.findings
    assert (told.rule, told.severity) == ("ids-not-looked-up", "warning")
    assert "ids stay ids: the names of directory objects could not be read (" in told.message
    assert "nothing in the tenant" not in "".join(document.text for document in found.documents)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ([{"id": "HardwareOath", "state": "enabled"}, {"id": "Sms"}, None], "of HardwareOath"),
        ([{"id": "x", "@odata.type": "#microsoft.graph.externalAuthenticationMethodConfiguration"}], ""),
        (None, ""),
    ],
)
def test_a_method_without_a_kind_is_named(held: list[JsonObject | None] | None, said: str) -> None:
    policy: JsonObject = {
        "id": "authenticationMethodsPolicy",
        "authenticationMethodConfigurations": [*held] if held else None,
    }
    objects = {"AuthenticationMethodsPolicy": (policy,)}
    snapshot = Snapshot(environment="e", tenant_id="t", is_sandbox=True, objects=objects, entries={})
    matched = Matched(pairs=(), directory=Directory(ids={}, names={}), findings=())

    found = propose(matched, snapshot, Request(kinds=frozenset({"AuthenticationMethodsPolicy"}))).findings

    assert [finding.message.partition("the tenant has ")[2] for finding in found] == ([said] if said else [])


@pytest.mark.parametrize(
    ("location", "is_left_out"),
    [
        ({"@odata.type": "#microsoft.graph.countryNamedLocation", "countriesAndRegions": []}, True),
        ({"@odata.type": "#microsoft.graph.ipNamedLocation", "ipRanges": []}, True),
        ({"@odata.type": "#microsoft.graph.ipNamedLocation", "ipRanges": [{"cidrAddress": ""}]}, True),
        ({"@odata.type": "#microsoft.graph.ipNamedLocation", "countriesAndRegions": ["DE"]}, True),
        ({"@odata.type": "#microsoft.graph.countryNamedLocation", "countriesAndRegions": ["DE"]}, False),
        ({"includeUnknownCountriesAndRegions": True}, False),
        ({}, False),
    ],
)
def test_a_location_that_holds_nothing_gets_no_document(location: JsonObject, is_left_out: bool) -> None:
    held = ({"id": NOBODY, "displayName": "L", **location},)
    snapshot = Snapshot(
        environment="e", tenant_id="t", is_sandbox=True, objects={"NamedLocation": held}, entries={}
    )
    matched = Matched(pairs=(), directory=Directory(ids={}, names={}), findings=())

    found = propose(matched, snapshot, Request(kinds=frozenset({"NamedLocation"})))

    assert [finding.rule for finding in found.findings] == ["location-holds-nothing"] * is_left_out
    assert len(found.documents) == (not is_left_out)


def test_a_location_that_holds_more_than_graph_takes_is_written_whole(tmp_path: Path) -> None:
    texts = [f"203.0.{number // 256}.{number % 256}/16" for number in range(2001)]
    ranges: list[Json] = [
        {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": text} for text in texts
    ]
    typed: JsonObject = {"@odata.type": "#microsoft.graph.ipNamedLocation", "isTrusted": True}
    held = ({"id": NOBODY, "displayName": "Large", "ipRanges": ranges, **typed},)
    snapshot = Snapshot(
        environment="e", tenant_id="t", is_sandbox=True, objects={"NamedLocation": held}, entries={}
    )

    matched = Matched(pairs=(), directory=Directory(ids={}, names={}), findings=())
    (document,) = propose(matched, snapshot, Request()).documents

    assert "newer: [ipRanges]" in document.text
    assert all(f"- {text}\n" in document.text for text in texts)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (
            {"countriesAndRegions": ["NO"], "includeUnknownCountriesAndRegions": False},
            ['countriesAndRegions: ["NO"]', "includeUnknownCountriesAndRegions: false"],
        ),
        ({"ipRanges": [{"cidrAddress": "203.0.113.0/24"}]}, ["ipRanges: [203.0.113.0/24]"]),
    ],
)
def test_a_decision_is_written_where_it_is_the_default_too(place: JsonObject, said: list[str]) -> None:
    held = ({"id": NOBODY, "displayName": "L", **place},)
    snapshot = Snapshot(
        environment="e", tenant_id="t", is_sandbox=True, objects={"NamedLocation": held}, entries={}
    )
    matched = Matched(pairs=(), directory=Directory(ids={}, names={}), findings=())
    (document,) = propose(matched, snapshot, Request()).documents

    spec = document.text.partition("spec:\n")[2].splitlines()
    assert [line.strip() for line in spec if "@odata.type" not in line] == said
