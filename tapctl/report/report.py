"""A Report: everything a renderer needs to know, and nothing it may ask for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from tapctl.canonical import sort_key
from tapctl.model import (
    Action,
    Address,
    Environment,
    Finding,
    Json,
    JsonObject,
    Outcome,
    Place,
    Severity,
)
from tapctl.report.dependencies import Edge
from tapctl.shapes import as_list

if TYPE_CHECKING:
    pass

News: TypeAlias = Literal["introduced", "removed"]

Command: TypeAlias = Literal["validate", "plan", "apply", "drift"]

Status: TypeAlias = Literal["planned", "applied", "incomplete", "interrupted", "refused", "nothing-to-do"]

NO_RESULT: Final = "no-result"
"""What code scanning shows a run as that came to none."""

SANDBOX_NOTICE: Final = "SANDBOX: nothing real was changed"

ACTIONS: Final[tuple[Action, ...]] = get_args(Action)

SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)

STOPS: Final[tuple[Severity, ...]] = ("error", "brake")

_LESS: Final = {
    "stops-enforcing": ("enforced policy stops being enforced", "enforced policies stop being enforced"),
    "weakens-enforced": ("change weakens what is enforced", "changes weaken what is enforced"),
    "settings-loosened": ("safety setting is loosened", "safety settings are loosened"),
    "loses-method": ("change takes a method from people", "changes take a method from people"),
}

SYMBOLS: Final[dict[Action, str]] = {"create": "+", "update": "~", "delete": "-", "no-op": " "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """Which tenant everything else is about; `tenant_id` is empty where nobody has asked it yet.

    `settings` is the workspace's file of settings, where what is about no line is shown.
    """

    environment: str
    tenant_id: str
    is_sandbox: bool
    caller: str = ""
    settings: str = "tapctl.yaml"

    @property
    def notice(self) -> str:
        """What keeps the sandbox from being taken for the real thing."""
        return SANDBOX_NOTICE if self.is_sandbox else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLine:
    """One field before and after. Where order is meaningless, what counts is who joins and who leaves."""

    path: str
    before: Json
    after: Json
    is_set: bool = False

    @property
    def added(self) -> tuple[Json, ...]:
        return _missing_from(self.before, self.after)

    @property
    def removed(self) -> tuple[Json, ...]:
        return _missing_from(self.after, self.before)

    @property
    def kept(self) -> int:
        """How many entries stay."""
        return len(as_list(self.after)) - len(self.added)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One change, ready to be shown. A deletion's fields are what goes with it; `why` is the document's."""

    address: Address
    action: Action
    reason: str
    fields: tuple[FieldLine, ...] = ()
    before: JsonObject | None = None
    after: JsonObject | None = None
    id: str | None = None
    former_name: str | None = None
    restores: str | None = None
    left_as_is: tuple[str, ...] = ()
    place: Place | None = None
    why: str = ""

    @property
    def symbol(self) -> str:
        return SYMBOLS[self.action]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """The plan's part of a report."""

    entries: tuple[Entry, ...]
    unmanaged: tuple[Address, ...] = ()
    order: tuple[tuple[str, Address], ...] = ()
    edges: tuple[Edge, ...] = ()
    checksum: str = ""
    fingerprint: str = ""

    @property
    def pending(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.action != "no-op")

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(entry.action for entry in self.entries)
        return {action: found[action] for action in ACTIONS}

    @property
    def by_kind(self) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
        """The pending entries of each kind that has any."""
        names = sorted({entry.address.kind for entry in self.pending})
        return tuple((name, tuple(e for e in self.pending if e.address.kind == name)) for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a command has to say. `planning` is None where the tenant was not asked.

    `refusal` says why an apply did not begin; `link` is where the whole output can be seen; `undoes` is the
    record of the apply from which this is the way back.
    """

    command: Command
    headline: Headline
    findings: tuple[Finding, ...] = ()
    planning: Planning | None = None
    documents: int = 0
    outcomes: tuple[Outcome, ...] = ()
    status: Status = "planned"
    refusal: str = ""
    record: str = ""
    requests: int = 0
    link: str = ""
    undoes: str = ""

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of one severity."""
        return tuple(finding for finding in self.findings if finding.severity == severity)

    def told(self, severity: Severity) -> tuple[Finding, ...]:
        """The same for people: findings of one cause as one, which names all that it is about."""
        return together(self.of(severity))

    @property
    def less_protected(self) -> tuple[str, ...]:
        """How many enforced policies the plan ends or weakens, and settings that are loosened, in words."""
        return less_protected(finding.rule for finding in self.findings)

    def news(self, which: News) -> tuple[Finding, ...]:
        """The lint findings that the change brings, or ends."""
        return tuple(finding for finding in self.findings if finding.news == which)


def together(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each cause once, at the place of its first finding; the others are as they were."""
    found: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
    for number, item in enumerate(findings):
        found[item.rule, item.cause or str(number)].append(item)
    return tuple(_joined(items) for items in found.values())


def _joined(items: Sequence[Finding]) -> Finding:
    first, *others = items
    if not others:
        return first
    names = ", ".join(repr(item.subject) for item in items)
    return replace(
        first,
        message=f"{len(items)} {first.cause}; they are {names}",
        place=first.place if len({item.place for item in items}) == 1 else None,
        address=first.address if len({item.address for item in items}) == 1 else None,
    )


def less_protected(rules: Iterable[str]) -> tuple[str, ...]:
    """What findings by these rules say of enforcement, counted, in words; nothing where they say nothing."""
    counts = Counter(rules)
    said = ((counts[rule], *words) for rule, words in _LESS.items())
    return tuple(f"{count} {one if count == 1 else many}" for count, one, many in said if count)


def offline_headline(environment: Environment, tenant_id: str = "") -> Headline:
    """Where the tenant is not asked, or for nothing but facts: then its `tenant_id` is known."""
    return Headline(
        environment=environment.name,
        tenant_id=tenant_id or environment.tenant_id or "",
        is_sandbox=environment.is_sandbox,
    )


def settings_file(root: str) -> str:
    """The file of settings, by the path by which findings name files."""
    return str(Path(root) / "tapctl.yaml")


def _missing_from(one: Json, other: Json) -> tuple[Json, ...]:
    known = {sort_key(item) for item in as_list(one)}
    return tuple(item for item in as_list(other) if sort_key(item) not in known)
