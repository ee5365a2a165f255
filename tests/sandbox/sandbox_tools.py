"""A client for tests: a sandbox in process, asked synchronously."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from tapctl.sandbox import Misbehaviour, Settings, Store, create_app, load, reset

BASE = "https://graph.test/v1.0/"
POLICIES = "identity/conditionalAccess/policies"
LOCATIONS = "identity/conditionalAccess/namedLocations"
STRENGTHS = "policies/authenticationStrengthPolicies"
METHODS = "policies/authenticationMethodsPolicy/authenticationMethodConfigurations"
NEW_HIRES = "20000000-0000-4000-8000-000000000002"
BREAK_GLASS = "20000000-0000-4000-8000-000000000001"
ALL_STAFF = "20000000-0000-4000-8000-000000000004"
MIA = "10000000-0000-4000-8000-000000000101"
INGRID = "10000000-0000-4000-8000-000000000001"
JONAS = "10000000-0000-4000-8000-000000000010"
CA_01 = "40000000-0000-4000-8000-000000000001"
NH_10 = "40000000-0000-4000-8000-000000000002"
HEADQUARTERS = "50000000-0000-4000-8000-000000000001"
COUNTRIES = "50000000-0000-4000-8000-000000000002"
ADVANCED = {"ConsistencyLevel": "eventual"}
EVERY_MEMBER = {"Prefer": "include-unknown-enum-members"}


class Client:
    """The seeded company, or the tenant given; every answer is an httpx.Response."""

    def __init__(
        self,
        tenant: dict[str, Any] | None = None,
        *,
        store: Store | None = None,
        misbehaviour: Misbehaviour | None = None,
        settings: Settings | None = None,
        bearer: str = "sandbox",
    ) -> None:
        self.store = store or Store()
        if tenant is not None:
            load(self.store, tenant)
        elif self.store.is_empty:
            reset(self.store)
        self.app = create_app(
            self.store, misbehaviour=misbehaviour or Misbehaviour(), settings=settings or Settings()
        )
        self.headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        return asyncio.run(self._send(method, path, body, headers or {}))

    def get(self, path: str, headers: dict[str, str] | None = None) -> Any:
        return self.send("GET", path, headers=headers)

    def read(self, path: str, headers: dict[str, str] | None = None) -> Any:
        answer = self.get(path, headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> Any:
        return self.send("POST", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self.send("PATCH", path, body)

    def delete(self, path: str) -> Any:
        return self.send("DELETE", path)

    def post_text(self, path: str, text: str, content_type: str) -> Any:
        return asyncio.run(self._send("POST", path, text, {"Content-Type": content_type}))

    async def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=self.headers) as http:
            is_raw = isinstance(body, str) and "Content-Type" in headers
            content = {} if body is None else {"content" if is_raw else "json": body}
            return await http.request(method, path, headers=headers, **content)


def refusal(answer: Any) -> tuple[int, str]:
    """Status and message of an error, which has to be in Graph's format."""
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "innerError"}
    assert {"date", "request-id", "client-request-id"} <= set(error["innerError"])
    return answer.status_code, error["message"]


def policy(**changes: Any) -> dict[str, Any]:
    """A body that is accepted, with some properties changed."""
    return {
        "displayName": "Require MFA for new hires",
        "state": "disabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "users": {"includeGroups": [NEW_HIRES]},
            "applications": {"includeApplications": ["All"]},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    } | changes


def conditions(**changes: Any) -> dict[str, Any]:
    return dict(policy()["conditions"] | changes)
