"""The doctor of a real tenant: what a token says is looked at before it is sent anywhere."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from graph_servers import TENANT, jwt, serving
from graph_tools import Reply, Script, Seen, error, gateway_to, page

from tapctl.doctor.check import Diagnosis
from tapctl.doctor.examine import Case, examine_tenant
from tapctl.errors import GraphError
from tapctl.graph.pace import Clock
from tapctl.model import Json
from tapctl.needed import Purpose
from tapctl.pipeline import check

DOCUMENT = """\
kind: TemporaryAccessPassPolicy
spec: {state: enabled, isUsableOnce: true, includeTargets: [New hires]}
"""
ROLES: list[Json] = ["Policy.Read.AuthenticationMethod", "GroupMember.Read.All"]


def diagnosed(
    root: Path, url: str, token: str | None, purpose: Purpose = "plan", tenant: str = TENANT
) -> Diagnosis:
    (root / "environments").mkdir(exist_ok=True)
    said = f"tenantId: {tenant}\n" if tenant else ""
    (root / "environments/production.yaml").write_text(f"{said}graphEndpoint: {url}\n", encoding="utf-8")
    (root / "all.yaml").write_text(DOCUMENT, encoding="utf-8")
    environ = {"PATH": ""} | ({"TAPCTL_ACCESS_TOKEN": token} if token else {})
    case = Case(checked=check(root, "production"), purpose=purpose)
    return asyncio.run(examine_tenant(case, environ))


def graph(seen: Seen) -> Reply:
    """A tenant that lets nobody read the audit log."""
    if "auditLogs" in seen.url:
        return error(403, "Authorization_RequestDenied")
    if "authenticationMethodConfigurations" in seen.url or "authenticationMethodsPolicy" in seen.url:
        return Reply(200, {"id": "authenticationMethodsPolicy", "policyMigrationState": "migrationComplete"})
    return page()


def status(found: Diagnosis, name: str) -> str:
    return next(item.status for item in found.checks if item.name.startswith(name))


def test_a_tenant_with_all_that_is_needed_is_well(tmp_path: Path) -> None:
    with serving(Script(graph)) as url:
        found = diagnosed(tmp_path, url, jwt(aud=url, idtyp="app", appid="a", roles=ROLES))

    assert found.of("failed") == ()
    assert status(found, "GET /auditLogs") == "warning"
    assert (found.headline.tenant_id, found.headline.caller) == (TENANT, "a")
    assert status(found, "clock") == "ok"


@pytest.mark.parametrize("claims", [{"tid": "other"}, {"exp": 1}, {"aud": "https://vault.azure.net"}])
def test_a_wrong_token_is_described_and_never_sent(tmp_path: Path, claims: dict[str, Json]) -> None:
    app = Script(graph)
    with serving(app) as url:
        found = diagnosed(tmp_path, url, jwt(**{"idtyp": "app", "roles": ROLES, **claims}))

    assert app.seen == []
    assert [item.area for item in found.of("failed")] == ["token"]
    assert status(found, "held") == "ok"


def test_what_is_no_jwt_is_said_without_repeating_it(tmp_path: Path) -> None:
    found = diagnosed(tmp_path, "http://localhost:1", "opaque-and-secret")

    assert status(found, "access token") == "failed"
    assert "opaque" not in str(found)


def test_without_any_way_to_sign_in_each_is_named(tmp_path: Path) -> None:
    found = diagnosed(tmp_path, "http://localhost:1", None)

    assert status(found, "any way") == "failed"
    assert [item.status for item in found.checks if item.area == "sign-in"].count("skipped") == 8
    assert all(item.is_held is None for item in found.permissions)


def test_a_server_that_is_not_there_is_one_failure(tmp_path: Path) -> None:
    found = diagnosed(tmp_path, "http://localhost:1", jwt(idtyp="app", roles=ROLES))

    assert [item.name for item in found.of("failed")] == ["http://localhost:1"]


def test_an_answer_s_date_is_kept_for_the_clock() -> None:
    async def main() -> tuple[str, str]:
        async with gateway_to(Script(Reply(200, {}, {"date": "today"}), Reply(200, {}))) as gateway:
            before = gateway.date
            await gateway.get("one")
            await gateway.get("two")
            return before, gateway.date

    assert asyncio.run(main()) == ("", "today")


def test_graph_s_clock_is_told_by_the_last_answer_with_a_date() -> None:
    async def main() -> timedelta:
        replies = (
            Reply(200, {}, {"date": "Tue, 01 Sep 2026 08:25:00 GMT"}),
            Reply(200, {}, {"date": "today"}),
        )
        async with gateway_to(Script(*replies)) as gateway:
            gateway.clock = Clock(wall=lambda: datetime(2026, 9, 1, 8, tzinfo=UTC).timestamp())
            await gateway.get("one")
            await gateway.get("two")
            return gateway.ahead

    assert asyncio.run(main()) == timedelta(minutes=25)


@pytest.mark.parametrize(
    ("status", "date", "is_misdated"),
    [
        (400, "Tue, 01 Sep 2026 08:50:00 GMT", False),
        (503, "Tue, 01 Sep 2026 08:50:00 GMT", False),
        (200, "Thu, 03 Sep 2026 08:00:00 GMT", True),
        (200, "Fri, 31 Dec 9999 23:59:59 GMT", True),
        (200, "Thu, 01 Jan 1970 00:00:00 GMT", True),
        (200, "Tue, 01 Sep 20262026202620262026 08:25:00 GMT", False),
    ],
)
def test_a_date_that_is_not_to_be_believed_moves_no_clock(status: int, date: str, is_misdated: bool) -> None:
    async def main() -> tuple[timedelta, str]:
        good = Reply(200, {}, {"date": "Tue, 01 Sep 2026 08:25:00 GMT"})
        async with gateway_to(Script(good, Reply(status, {}, {"date": date}))) as gateway:
            gateway.clock = Clock(wall=lambda: datetime(2026, 9, 1, 8, tzinfo=UTC).timestamp())
            await gateway.get("one")
            with suppress(GraphError):
                await gateway.send("POST", "two", {}, careful=True)
            return gateway.ahead, gateway.misdated

    assert asyncio.run(main()) == (timedelta(minutes=25), date if is_misdated else "")


def test_an_environment_without_a_tenant_asks_nobody(tmp_path: Path) -> None:
    found = diagnosed(tmp_path, "http://localhost:1", jwt(), tenant="")

    assert status(found, "environment") == "failed"


def test_a_server_that_may_see_no_token_asks_nobody(tmp_path: Path) -> None:
    found = diagnosed(tmp_path, "https://evil.example", jwt())

    (failed,) = found.of("failed")
    assert "TAPCTL_ALLOWED_GRAPH_HOSTS" in failed.message


def test_mistakes_in_the_folder_are_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("kind: Nonsense\n", encoding="utf-8")
    found = diagnosed(tmp_path, "http://localhost:1", None)

    assert status(found, "documents") == "failed"
    assert status(found, "any way") == "failed"
