"""Laws for objects of every kind, made from the schemas themselves: import, apply, and a second plan.

The suite tries a few examples of each; `HYPOTHESIS_PROFILE=thorough pytest tests/test_schema_laws.py` tries
thousands.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from schema_tenant import company, few, fill, held
from trial import Tenant, folder, plan

from tapctl.kinds import kinds
from tapctl.match import match
from tapctl.model import errors_in
from tapctl.observe import observe
from tapctl.pipeline import check
from tapctl.sandbox import dump
from tapctl.workspace.folder import files_in, write_documents, write_pins
from tapctl.workspace.importing import propose


def adopt(root: Path, tenant: Tenant) -> None:
    """`tapctl import --kind` for every kind."""
    asyncio.run(_adopt(root, tenant))


async def _adopt(root: Path, tenant: Tenant) -> None:
    checked = check(root, None)
    async with tenant.connection() as gateway:
        snapshot = await observe(gateway, checked.workspace, checked.desired, checked.resolved, set(kinds()))
    matched = match(checked.workspace, checked.desired, snapshot)
    proposal = propose(matched, snapshot, taken_files=files_in(root))
    write_pins(root, "sandbox", proposal.pins)
    write_documents(root, proposal.documents)


@few
@given(held())
def test_what_was_imported_is_valid_and_needs_no_change(objects: dict[str, list[dict[str, Any]]]) -> None:
    tenant, root = company(), folder(Path(tempfile.mkdtemp()), [], settings={}, pins={})
    fill(tenant, objects)
    before = dump(tenant.store)

    adopt(root, tenant)

    assert [finding.message for finding in errors_in(check(root, None).findings)] == []
    planned = plan(root, tenant)
    assert [finding.message for finding in errors_in(planned.plan.findings)] == []
    assert {str(change.address): change.fields for change in planned.plan.pending} == {}
    assert dump(tenant.store) == before
