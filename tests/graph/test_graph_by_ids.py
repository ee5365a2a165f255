from __future__ import annotations

import asyncio
from collections.abc import Iterable

from graph_tools import Script, gateway_to, page

from tapctl.graph.by_ids import objects_by_ids
from tapctl.model import JsonObject


def asked(app: Script, ids: Iterable[str]) -> list[JsonObject]:
    async def main() -> list[JsonObject]:
        async with gateway_to(app) as gateway:
            return await objects_by_ids(gateway, ids, ("group",))

    return asyncio.run(main())


def test_ids_are_asked_for_a_thousand_at_a_time() -> None:
    app = Script(page({"id": "0000"}), page({"id": "1000"}))
    ids = [f"{number:04}" for number in range(1001)]

    found = asked(app, reversed(ids))

    assert found == [{"id": "0000"}, {"id": "1000"}]
    assert [seen.json for seen in app.seen] == [
        {"ids": ids[:1000], "types": ["group"]},
        {"ids": ids[1000:], "types": ["group"]},
    ]


def test_no_ids_need_no_request() -> None:
    app = Script()

    assert (asked(app, []), app.seen) == ([], [])
