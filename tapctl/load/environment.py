"""`environments/<name>.yaml` → EnvironmentFile; puts its variables and overrides into documents."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from tapctl.load.settings import Section, nearest, quoted, suggestion
from tapctl.load.yaml12 import Allowance, size
from tapctl.model import Address, Environment, Json, JsonObject, Path, Place, Resource, Source
from tapctl.reference import GUID

CLOUDS: Final = ("global", "usgov", "usgov-dod", "china")
STATES: Final = ("disabled", "enabledForReportingButNotEnforced", "enabled")
"""From the least to the most that a policy does."""
LOOKED_UP: Final = ("User", "ServicePrincipal", "Application", "Role", "TermsOfUse")
"""Kinds that no document declares and a pin may still name."""
PROPERTIES: Final = (
    "tenantId",
    "cloud",
    "graphEndpoint",
    "maxState",
    "production",
    "caRequestsPerSecond",
    "passesPerSecond",
    "pins",
    "variables",
    "overrides",
)
PACE: Final = Environment(name="").ca_requests_per_second
PASSES_PACE: Final = Environment(name="").passes_per_second
VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
VARIABLE = re.compile(r"(?P<literal>\$\$\{)|\$\{(?P<name>[^{}\n]*)\}|(?P<unclosed>\$\{)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A merge patch for the spec of one document, and where it was written."""

    address: Address
    section: Section


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentFile:
    """What one file says: the environment itself, and what it does to documents."""

    environment: Environment
    overrides: tuple[Override, ...] = ()
    is_real: bool = False


def read_environment(
    name: str, section: Section, known_kinds: Mapping[str, bool], allowance: Allowance
) -> EnvironmentFile:
    section.only(PROPERTIES)
    variables = _variables(section.section("variables"))
    tenant_id = section.matching("tenantId", GUID, "a GUID")
    environment = Environment(
        name=name,
        tenant_id=tenant_id.lower() if tenant_id else None,
        cloud=section.choice("cloud", CLOUDS) or "global",
        graph_endpoint=_endpoint(section),
        max_state=section.choice("maxState", STATES),
        production=section.truth("production"),
        ca_requests_per_second=section.number("caRequestsPerSecond", PACE, whole=False),
        passes_per_second=section.number("passesPerSecond", PASSES_PACE, whole=False),
        pins=_pins(section.section("pins"), known_kinds),
        variables=variables,
        source=section.source,
    )
    return EnvironmentFile(
        environment=environment,
        overrides=tuple(_overrides(section, name, variables, known_kinds, allowance)),
        is_real=name != "sandbox" and "tenantId" in section.value,
    )


def _endpoint(section: Section) -> str | None:
    """Whether this host may see a token is the gateway's question."""
    endpoint = section.text("graphEndpoint")
    if endpoint is None:
        return None
    try:
        parts = urlsplit(endpoint)
        if parts.scheme in ("https", "http") and parts.hostname and parts.port != 0:  # `port` may raise too
            return endpoint
    except ValueError:
        pass
    message = f"graphEndpoint is {quoted(endpoint)}, which is not a URL"
    section.report("wrong-value", message, "graphEndpoint", remedy="Write https://host:port.")
    return None


def _variables(section: Section) -> JsonObject:
    for name, value in section.value.items():
        if not VARIABLE_NAME.fullmatch(name):
            message = f"variable {quoted(name)} has a name that ${{...}} cannot take"
            section.report(
                "bad-variable-name", message, name, remedy="Use letters, digits, `_`, `-` and `.`."
            )
        if re.search(r"(?<!\$)\$\{", json.dumps(value)):
            message = f"variable {quoted(name)} holds {quoted(value)}, but variables do not use each other"
            section.report("variable-in-variable", message, name, remedy="Write the value out.")
    return section.value


def _pins(section: Section, known_kinds: Mapping[str, bool]) -> dict[Address, str]:
    pins: dict[Address, str] = {}
    for key in section.value:
        address = _pinned(section, key, known_kinds)
        id_ = section.matching(key, GUID, "a GUID")
        if address and id_:
            pins[address] = id_.lower()
    return pins


def _pinned(section: Section, key: str, known_kinds: Mapping[str, bool]) -> Address | None:
    kind, slash, name = key.partition("/")
    known = [*(kind for kind, is_singleton in known_kinds.items() if not is_singleton), *LOOKED_UP]
    if not slash or not name.strip():
        section.report("bad-pin", f"pin {quoted(key)} names no object", key, remedy="Write `Kind/name: id`.")
    elif known_kinds.get(kind, False):
        section.report("bad-pin", f"pin {quoted(key)} names a kind of which there is only one", key)
    elif kind not in known:
        section.report(
            "unknown-kind", f"pin {quoted(key)} names an unknown kind{suggestion(kind, known)}", key
        )
    else:
        return Address(kind, name)
    return None


def _overrides(
    section: Section,
    environment: str,
    variables: Mapping[str, Json],
    known_kinds: Mapping[str, bool],
    allowance: Allowance,
) -> Iterable[Override]:
    for raw in section.sections("overrides"):
        override = expanded(raw, environment, variables, allowance)
        override.only(("kind", "name", "spec"))
        kind = override.kind("kind", known_kinds)
        has_spec = override.required("spec") and override.mapping("spec") is not None
        if kind and (address := read_address(override, kind, is_singleton=known_kinds[kind])) and has_spec:
            yield Override(address=address, section=override.section("spec"))


def read_address(section: Section, kind: str, *, is_singleton: bool) -> Address | None:
    """By kind and name; a singleton takes no name."""
    if is_singleton:
        if "name" in section.value:
            message = f"{section.label('name')} is {quoted(section.value['name'])}, but {kind} takes no name"
            section.report("name-on-singleton", message, "name", remedy="Remove it: a tenant has only one.")
        return Address(kind, kind)
    name = section.name("name") if section.required("name") else None
    return Address(kind, name) if name is not None else None


def expanded(
    section: Section,
    environment: str,
    variables: Mapping[str, Json],
    allowance: Allowance,
    literal: Collection[str] = (),
) -> Section:
    """The section with its variables put in; a list that is spliced into a list moves the places after it.

    Properties in `literal` stay as they are written.
    """
    expander = _Expander(section, environment, variables, allowance, {})
    value = {
        key: expander.value(item, (*section.path, key), (*section.path, key)) if key not in literal else item
        for key, item in section.value.items()
    }
    moved = expander.places
    source = Source(places={**section.source.places, **moved}) if moved else section.source
    return Section(value=value, source=source, findings=section.findings, path=section.path)


@dataclass(slots=True)
class _Expander:
    section: Section
    environment: str
    variables: Mapping[str, Json]
    allowance: Allowance
    places: dict[Path, Place]

    def value(self, value: Json, old: Path, new: Path) -> Json:
        if old != new and (place := self.section.source.places.get(old)):
            self.places[new] = place
        match value:
            case str():
                return self._text(value, old) if "${" in value else value
            case list():
                return self._list(value, old, new)
            case dict():
                return {key: self.value(item, (*old, key), (*new, key)) for key, item in value.items()}
            case _:
                return value

    def _list(self, items: list[Json], old: Path, new: Path) -> list[Json]:
        result: list[Json] = []
        for index, item in enumerate(items):
            value = self.value(item, (*old, index), (*new, len(result)))
            if isinstance(item, str) and isinstance(value, list):
                place = self.section.source.place(*old, index)
                self.places.update({(*new, len(result) + at): place for at in range(len(value)) if place})
                result.extend(value)
            else:
                result.append(value)
        return result

    def _text(self, text: str, path: Path) -> Json:
        whole = VARIABLE.fullmatch(text)
        if whole and whole["name"] is not None:
            return self._variable(whole["name"], path, otherwise=text)
        return VARIABLE.sub(lambda found: self._inside(found, path), text)

    def _variable(self, name: str, path: Path, otherwise: str) -> Json:
        if name not in self.variables:
            message = f"variable {quoted(name)} is not in environment {quoted(self.environment)}"
            file = f"environments/{self.environment}.yaml"
            remedy = f"Add it to `variables` in {file}, or write $${{ for a plain ${{."
            self._report("unknown-variable", message + suggestion(name, self.variables), path, remedy)
            return otherwise
        value = self.variables[name]
        before = self.allowance.nodes
        self.allowance.nodes -= size(value)
        if self.allowance.nodes < 0:
            if before < 0:  # reported already
                return otherwise
            self._report(
                "workspace-too-large", f"variable {quoted(name)} makes the workspace too large", path, ""
            )
            return otherwise
        return copied(value)

    def _inside(self, found: re.Match[str], path: Path) -> str:
        if found["literal"]:
            return "${"
        if found["unclosed"]:
            message = f'"${{" is never closed in {quoted(found.string)}'
            self._report("malformed-variable", message, path, "Write ${name}, or $${ for a plain ${.")
            return found[0]
        value = self._variable(found["name"], path, otherwise=found[0])
        if isinstance(value, (str, int, float)):
            return value if isinstance(value, str) else json.dumps(value)
        message = f"variable {quoted(found['name'])} is {quoted(value)}, which cannot stand inside other text"
        self._report("variable-in-text", message, path, "Let ${...} be the whole value, or use text.")
        return found[0]

    def _report(self, rule: str, message: str, path: Path, remedy: str) -> None:
        self.section.report(rule, message, *path[len(self.section.path) :], remedy=remedy)


def copied(value: Json) -> Json:
    """So that no two specs share a list."""
    match value:
        case list():
            return [copied(item) for item in value]
        case dict():
            return {key: copied(item) for key, item in value.items()}
        case _:
            return value


def overridden(resource: Resource, patch: Section) -> Resource:
    """After a merge patch (RFC 7386) of its spec; what that changed stands where the patch was written."""
    changed: set[Path] = set()
    source = resource.source
    result = _merge(resource.spec, patch.value, (), changed)
    kept = {
        path: place
        for path, place in source.places.items()
        if path[:1] != ("spec",) or not any(path[1:end] in changed for end in range(2, len(path) + 1))
    }
    for inner in _paths(patch.value):
        if any(inner[:end] in changed for end in range(1, len(inner) + 1)):
            kept["spec", *inner] = patch.source.place(*patch.path, *inner) or kept[()]
    return replace(
        resource,
        spec=result,
        source=Source(places=kept),
        own=resource.spec if resource.own is None else resource.own,
        decided=resource.decided | changed,
    )


def _paths(value: Json, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    if isinstance(value, (list, dict)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _paths(item, (*path, key))


def _merge(target: JsonObject, patch: JsonObject, path: Path, changed: set[Path]) -> JsonObject:
    result = dict(target)
    for key, value in patch.items():
        below = result.get(key)
        if isinstance(value, dict):
            if not isinstance(below, dict):
                changed.add((*path, key))
                below = {}
            result[key] = _merge(below, value, (*path, key), changed)
        else:
            changed.add((*path, key))
            if value is None:
                result.pop(key, None)
            else:
                result[key] = copied(value)
    return result


def nothing_matches(override: Override, active: Collection[Address], elsewhere: Collection[Address]) -> None:
    """Report an override that no document of this environment answers to."""
    kind, name = override.address
    section = override.section
    message = f"override of {quoted(str(override.address))} matches no document"
    if override.address in elsewhere:
        message += " of this environment: its `environments` leaves it out"
    elif found := nearest(name, [address.name for address in active if address.kind == kind]):
        message += f"; did you mean {quoted(found)}?"
    place = Section(value={}, source=section.source, findings=section.findings, path=section.path[:-1])
    place.report("override-matches-nothing", message, remedy="Correct its kind and name, or remove it.")
