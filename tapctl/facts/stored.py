"""The file of a snapshot, JSON or YAML → a FactsSnapshot, or every mistake in it with its place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, cast, get_args

from tapctl.errors import UsageError
from tapctl.evaluate.facts import UserType
from tapctl.facts.snapshot import VERSION, FactsSnapshot, SeenGroup, SeenPerson, SeenRole, Unread
from tapctl.kinds import kinds
from tapctl.load.settings import Section, quoted
from tapctl.load.yaml12 import Allowance, parse
from tapctl.model import Address, Finding, Json, JsonObject, Source

MAX_BYTES: Final = 64 << 20
_KEYS: Final = (
    "version",
    "environment",
    "tenantId",
    "sandbox",
    "takenAt",
    "names",
    "groups",
    "absentGroups",
    "roles",
    "people",
    "objects",
    "methodsRead",
    "securityDefaults",
    "joinNeedsMfa",
    "licensed",
    "notRead",
)


def read_snapshot(path: Path) -> FactsSnapshot:
    """Raises UsageError, which names every mistake with its place."""
    data = _bytes(path)
    value, source = _parsed(data, path)
    findings: list[Finding] = []
    snapshot = _snapshot(value, source, findings)
    if findings and not source.places:  # only now is it worth knowing where everything stands
        findings = []
        _snapshot(value, _by_yaml(data, path)[1], findings)
    _raise(findings, path)
    return snapshot


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f'facts "{path}" cannot be read: {error.strerror}') from error
    if len(data) > MAX_BYTES:
        raise UsageError(f'facts "{path}": more than {MAX_BYTES >> 20} MB; a snapshot is never that large')
    return data


def _parsed(data: bytes, path: Path) -> tuple[Json, Source]:
    """JSON by the quick way, which has no places; everything else by the way that has."""
    try:
        return json.loads(data, object_pairs_hook=_once), Source(places={})
    except (ValueError, RecursionError):
        return _by_yaml(data, path)


def _by_yaml(data: bytes, path: Path) -> tuple[Json, Source]:
    documents, findings = parse(data, str(path), Allowance(nodes=MAX_BYTES))
    _raise(findings, path)
    if len(documents) != 1:
        raise UsageError(f"{path}: a snapshot is one document, and this file holds {len(documents)}")
    return documents[0].value, documents[0].source


def _raise(findings: Iterable[Finding], path: Path) -> None:
    if told := [_told(finding, path) for finding in findings]:
        raise UsageError("\n".join(told))


def _once(pairs: list[tuple[str, Json]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")  # the other way says where
    return found


def _told(finding: Finding, path: Path) -> str:
    return f"{finding.place or path}: {finding.message}" + (f". {finding.help}" if finding.help else "")


def _snapshot(value: Json, source: Source, findings: list[Finding]) -> FactsSnapshot:
    section = Section(value=value if isinstance(value, dict) else {}, source=source, findings=findings)
    if not isinstance(value, dict):
        section.report(
            "not-a-mapping", f"{quoted(value)} is no snapshot; `tapctl facts --out FILE` writes one"
        )
    elif value.get("version") != VERSION:
        said = f"version is {quoted(value.get('version'))}, and this tapctl reads version {VERSION}"
        section.report(
            "unknown-version", said, "version", remedy="Take a new snapshot: tapctl facts --out FILE."
        )
    else:
        section.only(_KEYS)
        for key in _KEYS:
            section.required(key)
    return FactsSnapshot(
        environment=section.text("environment") or "",
        tenant_id=section.text("tenantId") or "",
        is_sandbox=_flag(section, "sandbox") is True,
        taken_at=section.text("takenAt") or "",
        names={kind: _names(section.section("names"), kind) for kind in section.section("names").value},
        groups={key: _read_group(item) for key, item in _each(section, "groups")},
        absent_groups=frozenset(section.texts("absentGroups")),
        roles=None
        if section.value.get("roles") is None
        else {key: _read_role(item) for key, item in _each(section, "roles")},
        people={key: _read_person(item) for key, item in _each(section, "people")},
        objects=dict(_objects(section.section("objects"))),
        are_methods_read=_flag(section, "methodsRead") is True,
        security_defaults=_flag(section, "securityDefaults", optional=True),
        join_needs_mfa=_flag(section, "joinNeedsMfa", optional=True),
        is_licensed=_flag(section, "licensed", optional=True),
        unread=tuple(
            Unread(what=item.text("what") or "", why=item.text("why") or "")
            for item in section.sections("notRead")
        ),
    )


def _each(section: Section, key: str) -> Iterable[tuple[str, Section]]:
    inner = section.section(key)
    return [(name, inner.section(name)) for name in inner.value]


def _names(section: Section, kind: str) -> Mapping[str, str]:
    inner = section.section(kind)
    return {key: inner.text(key) or "" for key in inner.value}


def _flag(section: Section, key: str, *, optional: bool = False) -> bool | None:
    value = section.value.get(key)
    if key in section.value and not isinstance(value, bool) and not (optional and value is None):
        section.wrong_type("true or false" + (", or null" if optional else ""), key, value=value)
    return value if isinstance(value, bool) else None


def _read_group(section: Section) -> SeenGroup:
    section.only(("users", "groups", "complete"))
    return SeenGroup(
        users=frozenset(section.texts("users")),
        groups=frozenset(section.texts("groups")),
        is_complete=_flag(section, "complete") is True,
    )


def _read_role(section: Section) -> SeenRole:
    section.only(("active", "eligible"))
    is_known = section.value.get("eligible") is not None
    return SeenRole(
        active=frozenset(section.texts("active")),
        eligible=frozenset(section.texts("eligible")) if is_known else None,
    )


def _read_person(section: Section) -> SeenPerson:
    section.only(("type", "enabled", "methods"))
    kind = None if section.value.get("type") is None else section.choice("type", get_args(UserType))
    return SeenPerson(
        type=cast("UserType | None", kind),
        is_enabled=_flag(section, "enabled", optional=True),
        methods=None if section.value.get("methods") is None else section.texts("methods"),
    )


def _objects(section: Section) -> Iterable[tuple[Address, JsonObject]]:
    for key in section.value:
        kind, _, name = key.partition("/")
        if kind not in kinds():
            section.report(
                "unknown-kind", f"{quoted(section.label(key))} is of no kind that tapctl knows", key
            )
        elif (spec := section.mapping(key)) is not None:
            yield Address(kind, name or kind), spec
