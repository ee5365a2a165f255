"""A folder, a pretend tenant, and what stands between them: for the tests of planning and applying."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tapctl.apply import Result, Run, apply
from tapctl.checked import Checked
from tapctl.graph.gateway import Caller, Gateway
from tapctl.graph.pace import Clock
from tapctl.graph.retry import Patience
from tapctl.graph.sandbox import SANDBOX_URL, AsgiApp, SandboxTokens, _introduce
from tapctl.graph.sdk import SdkWire, client_of_app
from tapctl.kinds import kinds
from tapctl.match import match
from tapctl.model import Change, Finding
from tapctl.observe import observe
from tapctl.pipeline import Planned, check, make_plan
from tapctl.record import NoRecord, Record
from tapctl.sandbox import Misbehaviour, Settings, Store, create_app, reset
from tapctl.sandbox.seed import PEOPLE, numbered
from tapctl.workspace.folder import files_in, write_documents, write_pins
from tapctl.workspace.importing import Request, propose

POLICIES = "identity/conditionalAccess/policies"
LOCATIONS = "identity/conditionalAccess/namedLocations"
DOMAIN = "nordwind.example"
FIRST, SECOND = f"emergency-1@{DOMAIN}", f"emergency-2@{DOMAIN}"
DRAFT = "NH-10 Draft"  # a policy of the seed
EMERGENCY = {PEOPLE["emergency-1"]: FIRST, PEOPLE["emergency-2"]: SECOND}
SELF = f"ingrid.solberg@{DOMAIN}"
SETTINGS = {"breakGlass": {"accounts": [FIRST, SECOND]}}
PINS = {f"User/{FIRST}": PEOPLE["emergency-1"], f"User/{SECOND}": PEOPLE["emergency-2"]}

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Document = dict[str, Any]
T = TypeVar("T")


def policy(name: str, state: str = "enabled", /, **users: Any) -> Document:
    """A policy that asks for a second factor; `users` are its conditions.users, `only=` more of its spec."""
    more = users.pop("only", {})
    conditions = {
        "users": users or {"includeUsers": ["All"], "excludeGroups": ["Break glass"]},
        "applications": {"includeApplications": ["All"]},
        "clientAppTypes": ["all"],
    }
    conditions |= more.pop("conditions", {})
    grant = {"operator": "OR", "builtInControls": ["mfa"]}
    spec = {"state": state, "conditions": conditions, "grantControls": grant, **more}
    return {"kind": "ConditionalAccessPolicy", "name": name, "spec": spec}


def group(name: str, members: list[str] | None = None, **spec: Any) -> Document:
    """A group whose members are left as they are, or owned."""
    owned = {} if members is None else {"members": members}
    return {"kind": "Group", "name": name, "spec": {**owned, **spec}}


def location(name: str, *ranges: str, **spec: Any) -> Document:
    """A location of IP ranges."""
    return {"kind": "NamedLocation", "name": name, "spec": {"ipRanges": list(ranges), **spec}}


def strength(name: str, *combinations: str) -> Document:
    """An authentication strength."""
    spec = {"allowedCombinations": list(combinations)}
    return {"kind": "AuthenticationStrength", "name": name, "spec": spec}


def absent(kind: str, name: str) -> Document:
    """A document that says an object goes."""
    return {"kind": kind, "name": name, "ensure": "absent"}


def folder(
    root: Path,
    documents: Iterable[Document],
    *,
    settings: Mapping[str, Any] | None = None,
    pins: Mapping[str, str] | None = None,
    **environment: Any,
) -> Path:
    """A workspace with these documents and nothing else. JSON is YAML."""
    (root / "environments").mkdir(parents=True, exist_ok=True)
    _write(root / "tapctl.yaml", SETTINGS if settings is None else settings)
    _write(root / "environments" / "sandbox.yaml", {"pins": dict(PINS, **(pins or {})), **environment})
    text = "\n---\n".join(json.dumps(document, ensure_ascii=False) for document in documents)
    (root / "documents.yaml").write_text(text, encoding="utf-8")
    return root


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


async def at_once(seconds: float) -> None:
    """Waiting costs nothing here."""
    await asyncio.sleep(0)


@dataclass(slots=True)
class Tenant:
    """A pretend tenant; `between` is what stands between it and its clients, innermost first."""

    store: Store = field(default_factory=Store)
    misbehaviour: Misbehaviour = field(default_factory=Misbehaviour)
    between: list[Callable[[AsgiApp], AsgiApp]] = field(default_factory=list)
    sandbox: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        reset(self.store)

    def ask(self, question: Callable[[Gateway], Awaitable[T]]) -> T:
        """What somebody who is connected finds out."""

        async def main() -> T:
            async with self.connection() as gateway:
                return await question(gateway)

        return asyncio.run(main())

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Gateway]:
        app: AsgiApp = create_app(self.store, misbehaviour=self.misbehaviour, settings=self.sandbox)
        for wrap in self.between:
            app = wrap(app)
        gateway = Gateway(
            SdkWire(client_of_app(app), SandboxTokens(), SANDBOX_URL),
            base_url=SANDBOX_URL,
            environment="sandbox",
            tenant_id="",
            caller=Caller(kind="unknown", id="", name="", tenant_id=""),
            is_sandbox=True,
            patience=Patience(first_wait=0.05, longest_wait=1.0, total=30.0),
            clock=Clock(sleep=at_once),
        )
        async with gateway:
            await _introduce(gateway)
            yield gateway

    def put(self, collection: str, **value: Any) -> str:
        """Add an object by hand, as somebody does in the portal."""
        identifier = value.setdefault("id", numbered(7, len(self.store.objects(collection)) + 1))
        self.store.put(collection, value)
        return str(identifier)

    def named(self, collection: str, name: str) -> list[dict[str, Any]]:
        found = self.store.objects(collection).values()
        return [item for item in found if item.get("displayName") == name]

    def one(self, collection: str, name: str) -> dict[str, Any]:
        (found,) = self.named(collection, name)
        return found

    def clear(self, *collections: str) -> None:
        for collection in collections or (POLICIES, LOCATIONS):
            for identifier in list(self.store.objects(collection)):
                self.store.remove(collection, identifier)


def copy_of(tenant: Tenant, name: str, **changes: Any) -> str:
    """Somebody makes another policy like this one in the portal."""
    return tenant.put(POLICIES, **{**tenant.one(POLICIES, name), "id": numbered(4, 70), **changes})


def plan(root: Path, tenant: Tenant) -> Planned:
    """A plan of the folder for the tenant."""
    return asyncio.run(_plan(check(root, None), tenant))


async def _plan(checked: Checked, tenant: Tenant) -> Planned:
    async with tenant.connection() as gateway:
        return await make_plan(checked, gateway)


def adopt(root: Path, tenant: Tenant, wanted: Iterable[str] = tuple(kinds())) -> int:
    """What `tapctl import` does, by default with a --kind for every kind; the number of requests."""
    return asyncio.run(_adopt(root, tenant, wanted))


async def _adopt(root: Path, tenant: Tenant, wanted: Iterable[str]) -> int:
    checked = check(root, None)
    async with tenant.connection() as gateway:
        snapshot = await observe(
            gateway, checked.workspace, checked.desired, checked.resolved, set(wanted), are_adopted=True
        )
        requests = gateway.sent
    matched = match(checked.workspace, checked.desired, snapshot)
    proposal = propose(
        matched, snapshot, Request(kinds=frozenset(wanted), taken_files=frozenset(files_in(root)))
    )
    write_pins(root, "sandbox", proposal.pins)
    write_documents(root, proposal.documents)
    return requests


def carry_out(
    planned: Planned, tenant: Tenant, record: Record | None = None, patience: float = 120
) -> Result:
    """Apply a plan, whatever its findings say."""
    return asyncio.run(carry(planned, tenant, record, patience))


async def carry(
    planned: Planned, tenant: Tenant, record: Record | None = None, patience: float = 120
) -> Result:
    async with tenant.connection() as gateway:
        run = Run(
            gateway=gateway,
            plan=planned.plan,
            matched=planned.matched,
            record=record or NoRecord(),
            sleep=at_once,
            patience=patience,
        )
        return await apply(run, planned.stages)


def settle(root: Path, tenant: Tenant) -> Result:
    """Plan and apply."""
    return carry_out(plan(root, tenant), tenant)


def actions(planned: Planned) -> dict[str, str]:
    """What becomes of each address that changes."""
    return {str(change.address): change.action for change in planned.plan.pending}


def change_of(planned: Planned, name: str) -> Change:
    (found,) = [change for change in planned.plan.changes if change.address.name == name]
    return found


def rules(planned: Planned, *severities: str) -> list[str]:
    """The rules of the plan's findings, by default of errors and brakes."""
    wanted = severities or ("error", "brake")
    return sorted(item.rule for item in planned.plan.findings if item.severity in wanted)


def finding(planned: Planned, rule: str) -> Finding:
    (found,) = [item for item in planned.plan.findings if item.rule == rule]
    return found


def statuses(result: Result) -> dict[str, str]:
    return {str(outcome.address): outcome.status for outcome in result.outcomes}


def reasons(result: Result) -> dict[str, str]:
    return {str(outcome.address): outcome.why for outcome in result.outcomes if outcome.why}


def is_write(scope: Message) -> bool:
    method, path = str(scope.get("method")), str(scope.get("path"))
    return method not in ("GET", "None") and not path.endswith("/getByIds")


@dataclass(slots=True)
class Writes:
    """Counts writes on their way to the tenant, and lets a test act on each: before, instead, or after it.

    `instead` answers with a status and does not pass the write on, if it gives one.
    """

    before: Callable[[int, Message], object] = lambda number, scope: None
    instead: Callable[[int, Message], int | None] = lambda number, scope: None
    after: Callable[[int, Message], object] = lambda number, scope: None
    seen: list[str] = field(default_factory=list)

    def __call__(self, app: AsgiApp) -> AsgiApp:
        async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
            if not is_write(scope):
                await app(scope, receive, send)
                return
            self.seen.append(f"{scope['method']} {str(scope['path']).removeprefix('/v1.0/')}")
            number = len(self.seen)
            self.before(number, scope)
            if (status := self.instead(number, scope)) is not None:
                await _refuse(status, send)
                return
            await app(scope, receive, send)
            self.after(number, scope)

        return wrapped


async def _refuse(status: int, send: Send) -> None:
    body = json.dumps({"error": {"code": "Refused", "message": "refused by the test"}}).encode()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def failing(at: int, status: int = 400) -> Writes:
    """The write of this number fails, the others do not."""
    return Writes(instead=lambda number, _: status if number == at else None)


@dataclass(slots=True)
class Exposure:
    """A break-glass account and a policy, enabled or report-only, from which nothing takes it out.

    `reached` are those that the policy includes; `unprotected` all that it does not exclude.
    """

    reached: frozenset[tuple[str, str]]
    unprotected: frozenset[tuple[str, str]]


def exposure(store: Store) -> Exposure:
    """Read from the tenant's own data, with none of tapctl's code."""
    inside = {account: _groups_of(store, account) for account in EMERGENCY}
    reached, unprotected = set(), set()
    for found in store.objects(POLICIES).values():
        users = (found.get("conditions") or {}).get("users") or {}
        if found["state"] == "disabled" or users.get("includeUsers") == ["None"]:
            continue
        for account, groups in inside.items():
            if not _names(users, "exclude", account, groups):
                unprotected.add((found["displayName"], account))
                if _names(users, "include", account, groups):
                    reached.add((found["displayName"], account))
    return Exposure(reached=frozenset(reached), unprotected=frozenset(unprotected))


def _groups_of(store: Store, account: str) -> set[str]:
    found: set[str] = set()
    waiting = [account]
    while waiting:
        held = waiting.pop()
        for item in store.objects("groups").values():
            if held in (item.get("members") or []) and item["id"] not in found:
                found.add(item["id"])
                waiting.append(item["id"])
    return found


def _names(users: Mapping[str, Any], side: str, account: str, groups: set[str]) -> bool:
    people = users.get(f"{side}Users") or []
    return "All" in people or account in people or bool(groups & set(users.get(f"{side}Groups") or []))


@dataclass(slots=True)
class Watch:
    """Holds the safety law after every single write: nobody newly exposed, nothing enabled blindly."""

    store: Store
    start: Exposure = field(init=False)
    policies: dict[str, dict[str, Any]] = field(init=False)
    violations: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = exposure(self.store)
        self.policies = dict(self.store.objects(POLICIES))

    def after(self, number: int, scope: Message) -> None:
        what = f"write {number} ({scope['method']} {scope['path']})"
        found = exposure(self.store)
        newly = (found.unprotected - self.start.unprotected) | (found.reached - self.start.reached)
        for name, account in sorted(newly):
            verb = "reaches" if (name, account) in found.reached else "no longer excludes"
            self.violations.append(f"after {what} {name!r} {verb} {EMERGENCY[account]}")
        now = dict(self.store.objects(POLICIES))
        for identifier, item in now.items():
            before = self.policies.get(identifier)
            if item["state"] == "enabled" and (before is None or before["state"] != "enabled"):
                had = before and before["conditions"]["users"]
                if had != item["conditions"]["users"]:
                    self.violations.append(f"{what} enables {item['displayName']!r} with new users")
        self.policies = now


def watched(tenant: Tenant, writes: Writes | None = None) -> Watch:
    """Put a watch on the tenant, beneath what may fail."""
    watch = Watch(tenant.store)
    tenant.between = [Writes(after=watch.after), *([writes] if writes else [])]
    return watch
