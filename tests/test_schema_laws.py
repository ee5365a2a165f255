"""Laws for objects of every kind, made from the schemas themselves: import, apply, and a second plan.

The suite tries a few examples of each; `HYPOTHESIS_PROFILE=thorough pytest tests/test_schema_laws.py` tries
thousands.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from schema_tenant import company, few, fill, held
from trial import adopt, folder, plan

from tapctl.model import errors_in
from tapctl.pipeline import check
from tapctl.sandbox import dump


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
