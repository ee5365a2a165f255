"""What tests of facts share: a workspace from a few lines of YAML."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trial import Message, Receive, Send, Tenant

from tapctl.checked import Checked
from tapctl.facts.reading import read_facts
from tapctl.facts.snapshot import FactsSnapshot
from tapctl.graph.sandbox import AsgiApp
from tapctl.pipeline import check

SETTINGS = "breakGlass: {groups: [Break glass]}\n"
PINS = "pins: {Group/Break glass: 20000000-0000-4000-8000-000000000001}\n"


def checked(folder: Path, documents: str, *, pins: str = PINS) -> Checked:
    (folder / "environments").mkdir(exist_ok=True)
    (folder / "tapctl.yaml").write_text(SETTINGS, encoding="utf-8")
    (folder / "environments/sandbox.yaml").write_text(pins, encoding="utf-8")
    (folder / "documents.yaml").write_text(documents, encoding="utf-8")
    found = check(folder, None)
    assert not found.has_errors, found.findings
    return found


def policy(
    name: str, users: str = "includeUsers: [All], excludeGroups: [Break glass]", more: str = ""
) -> str:
    return f"""---
kind: ConditionalAccessPolicy
name: {name}
spec:
  state: enabled
  conditions:
    users: {{{users}}}
    applications: {{includeApplications: [All]}}
    clientAppTypes: [all]
    {more}
  grantControls: {{operator: OR, builtInControls: [mfa]}}
"""


async def read(tenant: Tenant, checked: Checked) -> FactsSnapshot:
    async with tenant.connection() as gateway:
        return await read_facts(gateway, checked, now=lambda: datetime(2026, 11, 25, 14, tzinfo=UTC))


class Refusing:
    """Stands before a tenant and lets nobody read what lies under a path: also inside a batch."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __call__(self, app: AsgiApp) -> AsgiApp:
        async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
            query = "?" if scope["query_string"] else ""
            asked = scope["path"].removeprefix("/v1.0/") + query
            if asked.startswith("$batch"):
                await self._batch(app, scope, receive, send)
            elif asked.startswith(self.path):
                await _answer(send, 403, _DENIED)
            else:
                await app(scope, receive, send)

        return wrapped

    async def _batch(self, app: AsgiApp, scope: Message, receive: Receive, send: Send) -> None:
        requests = json.loads((await receive())["body"])["requests"]
        if not all(item["url"].lstrip("/").startswith(self.path) for item in requests):
            body = json.dumps({"requests": requests}).encode()

            async def again() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            await app(scope, again, send)
            return
        denied = [{"id": item["id"], "status": 403, "headers": {}, "body": _DENIED} for item in requests]
        await _answer(send, 200, {"responses": denied})


_DENIED = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges."}}


async def _answer(send: Send, status: int, body: Any) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
