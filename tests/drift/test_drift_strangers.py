"""Ids of deleted accounts and groups, which stand where they stood."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from audit_records import record
from drift_tenants import AUDITS, DOCUMENTS, POLICIES, Base, named, one
from test_drift_reading import Refusing

from tapctl.drift.news import news
from tapctl.drift.strangers import strange_ids
from tapctl.model import Finding
from tapctl.sandbox import create_app

MIA = "mia.larsen@nordwind.example"
DELETED = "directory/deletedItems"
NOBODY = "99999999-0000-4000-8000-000000000001"


@pytest.fixture
def naming(base: Base, tmp_path: Path) -> Base:
    """The workspace in which the enforced policy excludes somebody by name."""
    folder = tmp_path / "policies"
    (folder / "environments").mkdir(parents=True)
    for name in ("tapctl.yaml", "environments/sandbox.yaml"):
        (folder / name).write_text((base.root / name).read_text("utf-8"), "utf-8")
    excluding = DOCUMENTS.replace(
        "includeUsers: [All],", f"includeUsers: [All], excludeUsers: [{MIA}],"
    ).replace(f"  members: [{MIA}]\n", "")
    (folder / "all.yaml").write_text(excluding, "utf-8")
    return Base(folder, base.tenant)


def deleted(base: Base, *, is_kept: bool = True) -> dict[str, Any]:
    """A tenant in which she was deleted, and the policy still holds her id."""
    tenant = base.changed()
    mia = next(user for user in tenant["users"] if user["userPrincipalName"] == MIA)
    tenant["users"].remove(mia)
    named(tenant, "groups", "Pilots")["members"] = []
    named(tenant, POLICIES, "Enforced")["conditions"]["users"]["excludeUsers"] = [mia["id"]]
    gone = {**mia, "userPrincipalName": mia["id"].replace("-", "") + MIA}
    tenant[DELETED] = [{**gone, "deletedDateTime": "2026-11-22T08:00:00Z"}] if is_kept else []
    target = {"id": mia["id"], "displayName": None, "type": "User", "modifiedProperties": []}
    tenant[AUDITS] = [
        record({}, {}, activity="Delete user", when="2026-11-22T08:00:00Z", targetResources=[target])
    ]
    return tenant


def about(base: Base, tenant: dict[str, Any]) -> list[Finding]:
    rules = ("drift-named-deleted", "drift-id-of-deleted", "broken-reference", "drift-weaker")
    return [finding for finding in base.news(tenant).findings if finding.rule in rules]


def test_an_account_that_documents_name_is_said_to_be_deleted_once(naming: Base) -> None:
    found = naming.news(deleted(naming))
    (finding,) = about(naming, deleted(naming))

    assert found.drifted == ()
    assert not found.is_clean
    assert finding.message.startswith(
        f"User/{MIA}, which documents name, is no longer in the tenant: deleted by"
    )
    assert "can be restored until 2026-12-22" in finding.message
    assert finding.message.endswith("its id still stands in 'Enforced'")


def test_an_id_that_came_and_is_a_deleted_account_s_says_so(base: Base) -> None:
    tenant = deleted(base)
    deletion, weaker = about(base, tenant)  # a document names her as a member of Pilots

    assert deletion.message.startswith(f"User/{MIA}, which documents name, is no longer in the tenant")
    assert deletion.place is not None
    assert weaker.message.endswith(f"users.excludeUsers gains {MIA}")


@pytest.mark.parametrize(
    ("is_kept", "said"), [(True, "the id of User/max@x.example: by whom"), (False, "nobody's id")]
)
def test_an_id_that_no_document_means_is_explained(base: Base, is_kept: bool, said: str) -> None:
    tenant = base.changed()
    for name in ("Enforced", "Reported"):
        named(tenant, POLICIES, name)["conditions"]["users"]["excludeUsers"] = [NOBODY]
    gone = {"id": NOBODY, "userPrincipalName": "max@x.example", "deletedDateTime": "2026-11-22T08:00:00Z"}
    tenant[DELETED] = [gone] if is_kept else []
    (finding,) = [item for item in about(base, tenant) if item.rule == "drift-id-of-deleted"]

    assert finding.message.startswith(f"'Enforced', 'Reported' hold {NOBODY}, ")
    assert said in finding.message
    assert [f"id:{NOBODY}"] == one(base.news(tenant), "Reported").fields[0].line.after


@pytest.mark.parametrize("refused", ["deletedItems", "batch"])
def test_what_cannot_be_read_is_unknown(base: Base, refused: str) -> None:
    tenant = base.changed()
    named(tenant, POLICIES, "Enforced")["conditions"]["users"]["excludeUsers"] = [NOBODY]
    refusals = {"$batch": 404, "deletedItems": 403} if refused == "deletedItems" else {"$batch": 403}
    compared, evidence = base.compared(tenant, lambda store: Refusing(create_app(store), refusals))
    found = news(compared, base.checked(), evidence, base.news(base.changed()).since)

    (finding,) = [item for item in found.findings if item.rule == "drift-id-of-deleted"]
    assert "and whether it was deleted is unknown: " in finding.message


def test_a_group_that_policies_name_and_nobody_declares_is_one_too(naming: Base) -> None:
    (naming.root / "more.yaml").write_text(
        DOCUMENTS.split("---\n")[-1].replace("Reported", "Hires").replace("[Pilots]", "[New hires]"), "utf-8"
    )
    tenant = naming.changed()
    hires = named(tenant, "groups", "New hires")
    policy = {**named(tenant, POLICIES, "Reported"), "id": NOBODY, "displayName": "Hires"}
    users = {"includeGroups": [hires["id"]], "excludeGroups": policy["conditions"]["users"]["excludeGroups"]}
    tenant[POLICIES].append({**policy, "conditions": {**policy["conditions"], "users": users}})
    tenant["groups"].remove(hires)
    tenant[DELETED] = [{**hires, "deletedDateTime": "2026-11-22T08:00:00Z"}]

    messages = [item.message for item in about(naming, tenant) if item.rule == "drift-named-deleted"]

    assert messages[0].startswith(
        "Group/New hires, which documents name, is no longer in the tenant: by whom"
    )
    assert one(naming.news(tenant), "Enforced")


def test_what_a_document_says_itself_is_strange_to_nobody(base: Base) -> None:
    compared, _ = base.compared(base.changed())

    assert strange_ids(compared) == {}


def test_where_ids_cannot_be_named_none_is_called_nobody_s(base: Base) -> None:
    tenant = base.changed()
    named(tenant, POLICIES, "Enforced")["conditions"]["users"]["excludeUsers"] = [NOBODY]

    compared, evidence = base.compared(tenant, lambda store: Refusing(create_app(store), {"getByIds": 403}))

    assert (strange_ids(compared), evidence.strangers) == ({}, ())
