from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from trial import Tenant, folder, policy

from tapctl.doctor.check import Check
from tapctl.doctor.probes import ask, probes, reading_checks
from tapctl.needed import PURPOSES
from tapctl.pipeline import check

Message = MutableMapping[str, Any]
PASSES = {"kind": "TemporaryAccessPassPolicy", "spec": {"state": "disabled", "isUsableOnce": True}}


def readings(root: Path, answer: Any = None) -> list[Check]:
    """What came of every reading, where each is answered with `answer`, or by the sandbox."""
    checked = check(folder(root, [policy("P"), PASSES]), None)

    def saying(app: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def wrapped(scope: Message, receive: Any, send: Callable[[Message], Awaitable[None]]) -> None:
            if scope["path"].endswith(("/organization", "/me")):
                await app(scope, receive, send)
                return
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

        return wrapped

    async def asked() -> list[Check]:
        tenant = Tenant(between=[] if answer is None else [saying])
        async with tenant.connection() as gateway:
            wanted = probes(checked, "plan")
            return [*reading_checks(wanted, await ask(gateway, wanted), "graph.example")]

    return asyncio.run(asked())


def test_what_graph_answers_is_an_answer(tmp_path: Path) -> None:
    assert {found.status for found in readings(tmp_path)} == {"ok"}


@pytest.mark.parametrize(("settings", "count"), [("", 1), ("breakGlass: {groups: [G]}\n", 2)])
def test_what_drift_reads_of_deleted_objects_is_tried(tmp_path: Path, settings: str, count: int) -> None:
    root = folder(tmp_path, [policy("P"), PASSES])
    (root / "tapctl.yaml").write_text(settings, encoding="utf-8")
    checked = check(root, None)
    deleted = {
        purpose: [probe for probe in probes(checked, purpose) if "deletedItems" in probe.path]
        for purpose in PURPOSES
    }

    assert {purpose: len(found) for purpose, found in deleted.items()} == {
        "plan": count,
        "apply": 0,
        "passes": 0,
    }
    assert all(probe.is_optional for probe in deleted["plan"])


@pytest.mark.parametrize("answer", [{"value": "x"}, {"value": ["x"]}, [], {}])
def test_what_graph_would_never_answer_is_none(tmp_path: Path, answer: Any) -> None:
    found = readings(tmp_path, answer)

    assert {item.status for item in found} == {"failed", "warning"}
    assert all("is graphEndpoint a server that speaks Graph?" in item.todo for item in found)
