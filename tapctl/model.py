"""The frozen values that stages hand to each other. This module imports nothing of ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = dict[str, Json]
Path: TypeAlias = tuple[str | int, ...]

Severity: TypeAlias = Literal["error", "brake", "warning", "note"]
Action: TypeAlias = Literal["create", "update", "delete", "no-op"]


class Address(NamedTuple):
    """Which object is meant: `Kind/name`. A singleton's name is its kind's."""

    kind: str
    name: str

    def __str__(self) -> str:
        return self.kind if self.kind == self.name else f"{self.kind}/{self.name}"


class Place(NamedTuple):
    """Where something stands in the workspace; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


def dotted(path: Iterable[str | int]) -> str:
    """`conditions.users.includeGroups[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where every node of a document was written, addressed by its path from the document's root."""

    places: Mapping[Path, Place]

    def place(self, *path: str | int) -> Place | None:
        """The place of `path`, or of the nearest node above it."""
        for end in range(len(path), -1, -1):
            if (found := self.places.get(path[:end])) is not None:
                return found
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a person should know. `flag` is the option that acknowledges a brake.

    Of a lint rule, `rule` is its id and `name` its name; `news` says, in a plan, whether this change brings
    the finding or ends it. `cause` is what several findings of a rule have in common, in words that follow
    their number; `subject` what this one is about by name. Those with one cause are told together.
    """

    rule: str
    severity: Severity
    message: str
    help: str = ""
    place: Place | None = None
    address: Address | None = None
    flag: str = ""
    name: str = ""
    news: Literal["", "introduced", "removed"] = ""
    cause: str = ""
    subject: str = ""

    @property
    def weight(self) -> Severity:
        """How bad it is. What apply asks a word for is no mere warning: without the word, it is an error."""
        return "error" if self.flag and self.severity != "brake" else self.severity

    @property
    def label(self) -> str:
        """The rule as people see it, and whether it is news."""
        called = f"{self.rule} {self.name}" if self.name else self.rule
        return f"{called}, {self.news}" if self.news else called


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a schema, or a rule of a kind, has against the value at `path` of a spec."""

    path: Path
    rule: str
    message: str
    help: str
    severity: Severity = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One declared object: `spec` as written, after variables, overrides and caps; names, not ids.

    `capped_from` is the state it asks for, where the environment's cap has lowered it. `own` is the spec as
    the document itself says it, where that is another; `decided` are the paths that the environment decides.
    """

    address: Address
    spec: JsonObject
    source: Source
    ensure: Literal["present", "absent"] = "present"
    former_names: tuple[str, ...] = ()
    why: str = ""
    newer: frozenset[str] = frozenset()
    ignores: tuple[JsonObject, ...] = ()
    capped_from: str = ""
    own: JsonObject | None = None
    decided: frozenset[Path] = frozenset()

    def place(self, *path: str | int) -> Place | None:
        """Where `path` inside `spec` was written; without a path, the document itself."""
        return self.source.place("spec", *path) if path else self.source.place("name")


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlass:
    """The accounts that must stay outside every policy: userPrincipalNames and group names.

    `policies` are break-glass's own policies (for example: emergency accounts need a FIDO2 key),
    which need not exclude them.
    """

    accounts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.accounts or self.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many deletions and updates one apply may make before it asks for a word."""

    deletions: int = 5
    updates: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`tapctl.yaml`: what holds in every environment; `severities` are those of lint rules."""

    default_environment: str = "sandbox"
    ownership: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    break_glass: BreakGlass = field(default_factory=BreakGlass)
    limits: Limits = field(default_factory=Limits)
    severities: Mapping[str, str] = field(default_factory=dict)
    source: Source = field(default_factory=lambda: Source(places={}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One tenant to plan against. `ca_requests_per_second` paces the Conditional Access family, and
    `passes_per_second` is the pace at which making passes begins; 0 is none. `production` is what the file
    says; None where it says nothing."""

    name: str
    tenant_id: str | None = None
    cloud: str = "global"
    graph_endpoint: str | None = None
    max_state: str | None = None
    production: bool | None = None
    ca_requests_per_second: float = 1.0
    passes_per_second: float = 0.5
    pins: Mapping[Address, str] = field(default_factory=dict)
    variables: Mapping[str, Json] = field(default_factory=dict)
    source: Source = field(default_factory=lambda: Source(places={}))

    @property
    def is_sandbox(self) -> bool:
        return self.name == "sandbox"

    @property
    def is_production(self) -> bool:
        """Whether people work in it. A name proves nothing: what does not say is taken for production,
        unless it is the sandbox or policies are capped there."""
        if self.production is not None:
            return self.production
        return not self.is_sandbox and self.max_state in (None, "enabled")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInTest:
    """A document of kind SignInTest as written, variables put in. `environments` None stands for all of them;
    `is_active`: it is for the environment that was loaded. `mistakes` are those found while it was loaded."""

    value: JsonObject
    source: Source
    environments: tuple[str, ...] | None = None
    is_active: bool = True
    mistakes: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A folder as loaded for one environment, with every mistake found on the way.

    `elsewhere` is what documents declare for other environments only: unmanaged here, not absent.
    `tests` is empty where nobody asked for them.
    """

    root: str
    settings: Settings
    environment: Environment
    resources: tuple[Resource, ...]
    findings: tuple[Finding, ...]
    environments: tuple[str, ...] = ("sandbox",)
    real_environments: tuple[str, ...] = ()
    elsewhere: frozenset[Address] = frozenset()
    tests: tuple[SignInTest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """tapctl.yaml and the environment's file as of a `revision`. None stands for a file that was not there or
    cannot be read as it was: `findings` say so."""

    revision: str
    settings: Settings | None = None
    environment: Environment | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who applies: `id` is the object id of the user or service principal; `roles` are role template ids."""

    kind: Literal["person", "application", "unknown"] = "unknown"
    id: str = ""
    name: str = ""
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantFacts:
    """What decides whether a change can work at all; None where it could not be read.

    `service_plans` are what the tenant's subscriptions bring, by name (see licences.py).
    """

    security_defaults: bool | None = None
    migration_state: str | None = None
    service_plans: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the tenant answered, unchanged: ids, not names.

    `objects` holds each managed kind's objects as Graph gave them; a group whose members are owned
    carries their ids under "members" and "owners". `entries` are the looked-up objects of each kind.
    `parents` are the groups an object is directly in, for every object whose groups were read;
    `deleted` are kind and id of the deleted objects that Graph keeps, read where a pin names nothing;
    `unread` says why something could not be read.
    """

    environment: str
    tenant_id: str
    is_sandbox: bool
    identity: Identity = field(default_factory=Identity)
    objects: Mapping[str, tuple[JsonObject, ...]] = field(default_factory=dict)
    entries: Mapping[str, tuple[JsonObject, ...]] = field(default_factory=dict)
    parents: Mapping[str, frozenset[str]] = field(default_factory=dict)
    dynamic_groups: frozenset[str] = frozenset()
    facts: TenantFacts = field(default_factory=TenantFacts)
    deleted: frozenset[tuple[str, str]] = frozenset()
    unread: Mapping[str, str] = field(default_factory=dict)

    def was_asked(self, kinds: Iterable[str]) -> bool:
        """Whether ids of these kinds have names if the tenant has them at all: an export was asked nothing,
        and a tenant does not always answer."""
        needed = {"names of directory objects", *(f"names of {kind}" for kind in kinds)}
        return bool(self.tenant_id) and not needed & self.unread.keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field of a change. `path` is dotted; a side that is absent is None.

    In a field whose order is meaningless, `before` and `after` are sorted lists.
    """

    path: str
    before: Json
    after: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One address and what becomes of it. `before` and `after` are canonical specs: names, never ids.

    `reason` is for people; nothing decides on it. `left_as_is` names the fields that the document does
    not mention and tapctl therefore does not own. `restores` is the id of a deleted object that a creation
    brings back. `named` are the ids of the objects that the specs name, by address; what is yet to be made
    has none.
    """

    address: Address
    action: Action
    reason: str
    before: JsonObject | None = None
    after: JsonObject | None = None
    fields: tuple[FieldChange, ...] = ()
    id: str | None = None
    former_name: str | None = None
    restores: str | None = None
    named: Mapping[str, str] = field(default_factory=dict)
    left_as_is: tuple[str, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every declared or owned object with what becomes of it, no-ops included; holds no secret.

    `fingerprint` covers what was observed; `checksum` what was decided on it.
    """

    environment: str
    tenant_id: str
    is_sandbox: bool
    changes: tuple[Change, ...]
    unmanaged: tuple[Address, ...] = ()
    findings: tuple[Finding, ...] = ()
    fingerprint: str = ""
    checksum: str = ""

    @property
    def pending(self) -> tuple[Change, ...]:
        """The changes that do something."""
        return tuple(change for change in self.changes if change.action != "no-op")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one change: applied, failed or skipped, and why if it was not applied."""

    address: Address
    action: Action
    status: Literal["applied", "failed", "skipped"]
    why: str = ""
    id: str | None = None


def errors_in(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that stop a run."""
    return tuple(finding for finding in findings if finding.severity == "error")
