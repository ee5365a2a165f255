"""Every case in kinds/<kind>/*.yaml: a document and what the tenant holds → the change and its requests.

A case says `desired` (name, spec ...), `observed` (what Graph answers; left out: nothing is there), `names`
(kind → name → id), and what comes of it: `action`, `changes` (path → [before, after]), `requests`
([method and path, body]; none of what is refused) and `findings` (rules). Left out, each of the last four is
empty. `effect`, whether an update lets through more than before, is checked where it stands.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest
from jsonschema import Draft202012Validator

from tapctl import schema
from tapctl.canonical import to_wire
from tapctl.kind import Kind, Request, Write, no_rules, stock_requests
from tapctl.kinds import kinds, lookups
from tapctl.load.yaml12 import Allowance, parse
from tapctl.match import Matched, match
from tapctl.model import (
    Action,
    Address,
    Change,
    Environment,
    Finding,
    Json,
    JsonObject,
    Resource,
    Settings,
    Snapshot,
    Source,
    Workspace,
)
from tapctl.plan import plan_changes
from tapctl.resolve import resolve
from tapctl.validate import validate

HERE = Path(__file__).parent
ROOT = HERE.parent
CASES = sorted((HERE / "kinds").glob("*/*.yaml"))
REFUSALS = ("cannot-change-in-place", "service-managed")
ACTIONS: tuple[Action, ...] = ("create", "update", "delete")
FIXED_ID = "99999999-0000-4000-8000-000000000001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the stages made of a case."""

    change: Change
    findings: tuple[Finding, ...]
    requests: tuple[Request, ...]


def read(path: Path) -> JsonObject:
    (document,), findings = parse(path.read_bytes(), path.name, Allowance(nodes=10_000))
    assert not findings, path
    return cast(JsonObject, document.value)


def folded(kind: str) -> str:
    """`NamedLocation` → `named_location`, `QRCodePinPolicy` → `qr_code_pin_policy`: module and folder."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind)
    return words.lower()


def kind_of(path: Path) -> str:
    return next(name for name in kinds() if folded(name) == path.parent.name)


def resource(kind: str, desired: JsonObject) -> Resource:
    name = str(desired.get("name", kind))
    return Resource(
        address=Address(kind, name),
        spec=cast(JsonObject, desired.get("spec", {})),
        source=Source(places={}),
        ensure="absent" if desired.get("ensure") == "absent" else "present",
        former_names=tuple(map(str, cast("list[Json]", desired.get("formerNames", [])))),
        newer=frozenset(map(str, cast("list[Json]", desired.get("newer", [])))),
    )


def snapshot(kind: str, case: JsonObject) -> Snapshot:
    entries: dict[str, tuple[JsonObject, ...]] = {}
    for other, names in cast("dict[str, dict[str, str]]", case.get("names", {})).items():
        lookup = lookups()[other]
        entries[other] = tuple({lookup.id: found, lookup.key: name} for name, found in names.items())
    observed = case.get("observed")
    objects = {kind: (observed,)} if isinstance(observed, dict) else {}
    return Snapshot(environment="case", tenant_id="", is_sandbox=True, objects=objects, entries=entries)


def run(kind: str, case: JsonObject) -> Result:
    document = resource(kind, cast(JsonObject, case["desired"]))
    workspace = Workspace(
        root="",
        settings=Settings(),
        environment=Environment(name="case"),
        resources=(document,),
        findings=(),
    )
    desired, findings = validate([document])
    resolved = resolve(desired, workspace.settings.break_glass)
    matched = match(workspace, desired, tenant := snapshot(kind, case))
    plan = plan_changes(matched, resolved, tenant)
    change = next(change for change in plan.changes if change.address == desired[0].address)
    findings = (*findings, *resolved.findings, *plan.findings)
    is_refused = any(finding.rule in REFUSALS for finding in findings)
    return Result(
        change=change,
        findings=findings,
        requests=() if is_refused else tuple(requests(matched, change)),
    )


def requests(matched: Matched, change: Change) -> list[Request]:
    """The change in one step (steps.py may take several for the sake of safety)."""
    kind, pair = kinds()[change.address.kind], matched.pair(change.address)
    assert pair is not None
    write = Write(
        action=change.action,
        address=change.address,
        id=pair.id or "{id}",
        before=change.before or {},
        after=change.after or {},
        renamed=change.former_name is not None,
        display_name=pair.display_name,
        wire=lambda field, value: to_wire(field, value, matched.directory.as_id),
        reference_url=lambda object_id: f"https://graph.example/v1.0/directoryObjects/{object_id}",
        observed=pair.observed or {},
        extra=pair.extra,
    )
    return kind.requests(kind, write)


def as_json(value: object) -> Json:
    """For comparison: true is not 1, and a failing case shows as text."""
    return cast(Json, json.loads(json.dumps(value)))


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", CASES, ids=named)
def test_the_case_comes_out_as_written(path: Path) -> None:
    case = read(path)

    result = run(kind_of(path), case)

    changes = {change.path: [change.before, change.after] for change in result.change.fields}
    sent = [[f"{sent.method} {sent.path}", *([sent.body] if sent.body else [])] for sent in result.requests]
    assert sorted(finding.rule for finding in result.findings) == case.get("findings", [])
    assert result.change.action == case.get("action", "no-op")
    assert as_json(changes) == case.get("changes", {})
    assert as_json(sent) == case.get("requests", [])
    assert case.get("effect", effect(result.change)) == effect(result.change)


def effect(change: Change) -> str:
    return kinds()[change.address.kind].effect(change.before or {}, change.after or {})


@pytest.mark.parametrize("path", CASES, ids=named)
def test_nothing_the_service_owns_is_sent_back(path: Path) -> None:
    service_owned = {
        "id",
        "createdDateTime",
        "modifiedDateTime",
        "deletedDateTime",
        "templateId",
        "partialEnablementStrategy",
    }

    bodies = [request.body or {} for request in run(kind_of(path), read(path)).requests]

    assert not [name for body in bodies for name in body if name in service_owned]
    assert not [key for body in bodies for key in keys(body) if "@odata." in key and not key.startswith("@")]


def keys(value: Json) -> list[str]:
    if isinstance(value, list):
        return [key for item in value for key in keys(item)]
    if isinstance(value, dict):
        return [*value, *(key for item in value.values() for key in keys(item))]
    return []


def is_one_body(path: Path) -> bool:
    """Whether the case writes bodies of the object itself, not of what hangs on it."""
    case, kind = read(path), kinds()[kind_of(path)]
    sent = [str(cast("list[Json]", request)[0]) for request in cast("list[Json]", case.get("requests", []))]
    own = [
        line in (f"POST {kind.path}", f"PATCH {kind.object_path(line.rpartition('/')[2])}") for line in sent
    ]
    return case.get("action") in ("create", "update") and bool(own) and all(own)


@pytest.mark.parametrize("path", [path for path in CASES if is_one_body(path)], ids=named)
def test_planning_again_after_the_requests_finds_nothing(path: Path) -> None:
    kind, case = kind_of(path), read(path)

    spec = cast(JsonObject, cast(JsonObject, case["desired"])["spec"])
    own_id = spec["id"] if kinds()[kind].key == "id" else FIXED_ID
    held: JsonObject = {"id": own_id, **cast(JsonObject, case.get("observed") or {})}
    for request in run(kind, case).requests:
        held |= request.body or {}
    again = run(kind, {**case, "observed": held})

    assert again.change.action == "no-op", again.change.fields


def by_hand(action: Action) -> Write:
    return Write(
        action=action,
        address=Address("Group", "Pilots"),
        id=FIXED_ID,
        before={"description": "old"},
        after={"securityEnabled": True},
        renamed=False,
        display_name="Pilots",
        wire=lambda _, value: value,
        reference_url=str,
        observed={},
        extra={},
    )


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
def test_nothing_to_do_sends_nothing(kind: Kind) -> None:
    assert kind.requests(kind, by_hand("no-op")) == []


def test_a_regular_kind_needs_no_requests_of_its_own() -> None:
    kind = replace(kinds()["Group"], requests=stock_requests, rules=no_rules)
    created: JsonObject = {"displayName": "Pilots", "securityEnabled": True}
    changed: JsonObject = {"description": None, "securityEnabled": True}

    sent = [kind.requests(kind, by_hand(action))[0] for action in ACTIONS]

    assert sent == [
        Request(method="POST", path="groups", body=created),
        Request(method="PATCH", path=f"groups/{FIXED_ID}", body=changed),
        Request(method="DELETE", path=f"groups/{FIXED_ID}"),
    ]
    assert tuple(kind.rules(resource("Group", {}), {})) == ()


@pytest.mark.parametrize("kind", kinds())
def test_a_kind_has_a_module_a_schema_an_example_and_cases(kind: str) -> None:
    document = json.loads((schema.folder() / "Document.schema.json").read_text(encoding="utf-8"))
    examples = [path for path in (ROOT / "policies").rglob("*.yaml") if f"kind: {kind}\n" in path.read_text()]
    specs = cast("list[Json]", schema.read(kind).get("examples", []))  # of what no new hire needs

    assert (ROOT / "tapctl" / "kinds" / f"{folded(kind)}.py").is_file()
    assert schema.read(kind)["title"]
    assert any(folded(kind) == path.parent.name for path in CASES)
    assert examples or specs
    assert all(Draft202012Validator(schema.read(kind)).is_valid(spec) for spec in specs)
    assert kind in document["properties"]["kind"]["enum"]
    assert f'"{kind}.schema.json"' in json.dumps(document)
