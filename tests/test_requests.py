"""How many requests it takes to adopt a large tenant and to plan it: counted, not timed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from adopted_tenant import content
from trial import Tenant, adopt, folder

from tapctl.kinds import kinds
from tapctl.pipeline import check, make_plan
from tapctl.sandbox import load

CONFIGURATION = [name for name in kinds() if name != "Group"]


def filled(policies: int, people: int) -> Tenant:
    tenant = Tenant()
    load(tenant.store, content(policies, 195, people, most_ranges=8))
    return tenant


def requests_of_plan(root: Path, tenant: Tenant) -> int:
    async def planned() -> int:
        async with tenant.connection() as gateway:
            made = await make_plan(check(root, None), gateway)
            assert made.plan.pending == ()
            return gateway.sent

    return asyncio.run(planned())


def requests(root: Path, policies: int, people: int) -> Mapping[str, int]:
    tenant = filled(policies, people)
    folder(root, [], settings={}, pins={})
    return {"import": adopt(root, tenant, CONFIGURATION), "plan": requests_of_plan(root, tenant)}


def test_policies_cost_nothing_but_their_pages(tmp_path: Path) -> None:
    few, many = (requests(tmp_path / str(count), count, 1000) for count in (20, 240))

    more_pages = 2  # of 100 policies
    assert many == {what: count + more_pages for what, count in few.items()}


def test_five_thousand_names_take_a_dozen_requests(tmp_path: Path) -> None:
    few, many = (requests(tmp_path / str(count), 240, count) for count in (10, 5000))

    ids = 4  # more look-ups of 1,000 user and group ids
    batches = 7  # of 20 look-ups of 15 names each: 1,500 groups, to see namesakes, and 500 applications
    assert many["plan"] - few["plan"] <= ids + batches
    assert many["import"] - few["import"] <= ids + batches
    assert max(many.values()) < 30
