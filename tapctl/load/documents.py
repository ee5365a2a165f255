"""Documents of a folder → what is declared for one environment: envelope, variables, overrides, cap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from tapctl.load.environment import (
    STATES,
    EnvironmentFile,
    expanded,
    nothing_matches,
    overridden,
    read_address,
)
from tapctl.load.files import TESTS, Files
from tapctl.load.settings import Section, quoted, suggestion
from tapctl.load.yaml12 import Allowance, Document
from tapctl.model import (
    Address,
    Finding,
    JsonObject,
    Place,
    Resource,
    SignInTest,
)

SIGN_IN_TEST: Final = "SignInTest"
"""Read by `tapctl test`, wherever it stands; the folder `tests` is for nothing else."""

ENVELOPE: Final = (
    "kind",
    "name",
    "formerNames",
    "environments",
    "ensure",
    "why",
    "lint",
    "newer",
    "spec",
)

# Decided before the environment, and so its variables, are known.
LITERAL: Final = ("kind", "environments")


def section_of(document: Document, findings: list[Finding]) -> Section:
    section = Section(value={}, source=document.source, findings=findings)
    if isinstance(document.value, dict):
        return replace(section, value=document.value)
    section.report("not-a-mapping", f"{quoted(document.value)} is not a mapping of properties")
    return section


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A document whose envelope has been read."""

    resource: Resource
    section: Section
    is_active: bool


@dataclass(frozen=True, slots=True)
class Loader:
    selected: EnvironmentFile
    environments: Mapping[str, EnvironmentFile]
    known_kinds: Mapping[str, bool]
    allowance: Allowance
    findings: list[Finding]

    def resources(self, documents: Iterable[Document]) -> tuple[tuple[Resource, ...], frozenset[Address]]:
        """What is declared for the selected environment, and what is for others only."""
        drafts = [draft for document in documents if (draft := self._draft(document))]
        active = list(_unique(draft for draft in drafts if draft.is_active))
        _check_former_names(active)
        elsewhere = {draft.resource.address for draft in drafts if not draft.is_active}
        resources = {draft.resource.address: draft.resource for draft in active}
        for override in self.selected.overrides:
            if resource := resources.get(override.address):
                resources[override.address] = overridden(resource, override.section)
            else:
                nothing_matches(override, resources, elsewhere)
        capped = tuple(self._capped(resource) for resource in resources.values())
        return capped, frozenset(elsewhere - resources.keys())

    def tests(self, files: Files) -> Iterator[SignInTest]:
        """The sign-in tests, wherever they stand. What else stands in their folder is a mistake."""
        for document in files.documents:
            if isinstance(document.value, dict) and document.value.get("kind") == SIGN_IN_TEST:
                yield self._test(document)
        for document in files.tests:
            section = section_of(document, self.findings)
            if section.value.get("kind") == SIGN_IN_TEST:
                yield self._test(document)
            elif isinstance(document.value, dict):
                message = (
                    f"kind is {quoted(section.value.get('kind'))}, but {TESTS}/ holds sign-in tests only"
                )
                remedy = f"Write `kind: {SIGN_IN_TEST}`, or move the document out of {TESTS}/."
                section.report("not-a-sign-in-test", message, "kind", remedy=remedy)

    def _test(self, document: Document) -> SignInTest:
        """What is wrong with one test is its own: the others are run."""
        mistakes: list[Finding] = []
        named, is_active, section = self._placed(section_of(document, mistakes), document)
        return SignInTest(
            value=section.value,
            source=section.source,
            environments=None if named is None else tuple(named),
            is_active=is_active,
            mistakes=tuple(mistakes),
        )

    def _draft(self, document: Document) -> _Draft | None:
        section = section_of(document, self.findings)
        if not isinstance(document.value, dict) or section.value.get("kind") == SIGN_IN_TEST:
            return None
        kind = section.kind("kind", self.known_kinds)
        _, is_active, section = self._placed(section, document)
        resource = _resource(section, kind, is_singleton=self.known_kinds.get(kind or "", False))
        if resource is None:
            return None
        section = replace(section, address=resource.address)
        return _Draft(resource=resource, section=section, is_active=is_active)

    def _placed(self, section: Section, document: Document) -> tuple[list[str] | None, bool, Section]:
        """The environments a document names, whether ours is one, and the document with its variables."""
        named = self._named_environments(section)
        is_active = named is None or self.selected.environment.name in named
        if document.has_variables:
            # What is for elsewhere is checked with the variables it has there.
            file = self.selected if is_active or not named else self.environments[named[0]]
            name = file.environment.name
            section = expanded(section, name, file.environment.variables, self.allowance, literal=LITERAL)
        return named, is_active, section

    def _named_environments(self, section: Section) -> list[str] | None:
        """None stands for all of them."""
        if "environments" not in section.value:
            return None
        if section.value["environments"] in ([], None):
            message = "environments names none, so that the document is for nowhere"
            section.report("unknown-environment", message, "environments", remedy="Name one, or remove it.")
            return None
        known = []
        for index, name in section.texts_at("environments"):
            if name in self.environments:
                known.append(name)
            else:
                message = f"environment {quoted(name)} has no file{suggestion(name, self.environments)}"
                remedy = f"Known are {', '.join(self.environments)}."
                section.report("unknown-environment", message, "environments", index, remedy=remedy)
        return known or None

    def _capped(self, resource: Resource) -> Resource:
        environment, state = self.selected.environment, resource.spec.get("state")
        cap = environment.max_state
        if resource.address.kind != "ConditionalAccessPolicy" or cap is None or state not in STATES:
            return resource
        if STATES.index(str(state)) <= STATES.index(cap):
            return resource
        self.findings.extend(_about_cap(resource, str(state), cap, environment.name))
        return replace(
            resource,
            spec=resource.spec | {"state": cap},
            capped_from=str(state),
            own=resource.spec if resource.own is None else resource.own,
            decided=resource.decided | {("state",)},
        )


def _resource(section: Section, kind: str | None, *, is_singleton: bool) -> Resource | None:
    address = read_address(section, kind, is_singleton=is_singleton) if kind else None
    section = replace(section, address=address)
    section.only(ENVELOPE)
    ensure: Literal["present", "absent"] = "present"
    if section.choice("ensure", ("present", "absent")) == "absent":
        ensure = "absent"
    spec = section.mapping("spec")
    if ensure == "present" and section.value.get("spec") is None:
        section.report("missing-property", '"spec" is missing', remedy="Add `spec:`, or `ensure: absent`.")
    why, former_names = section.text("why"), _former_names(section, is_singleton=is_singleton)
    newer, ignores = frozenset(section.texts("newer")), tuple(_ignores(section.section("lint")))
    if address is None:
        return None
    return Resource(
        address=address,
        spec=spec or {},
        source=section.source,
        ensure=ensure,
        former_names=former_names,
        why=why or "",
        newer=newer,
        ignores=ignores,
    )


def _former_names(section: Section, *, is_singleton: bool) -> tuple[str, ...]:
    if is_singleton and "formerNames" in section.value:
        message = f"formerNames is {quoted(section.value['formerNames'])}, but this kind takes no name"
        section.report("name-on-singleton", message, "formerNames", remedy="Remove it.")
        return ()
    names = section.texts_at("formerNames")
    return tuple(name for index, name in names if section.good_name(name, "formerNames", index))


def _ignores(lint: Section) -> Iterator[JsonObject]:
    lint.only(("ignore",))
    for ignore in lint.sections("ignore"):
        ignore.only(("rule", "because", "until"))
        for key in ("rule", "because"):
            if ignore.required(key):
                ignore.name(key) if key == "rule" else ignore.text(key)
        until = ignore.text("until", "a date such as 2027-01-31")
        if until is not None and not _is_date(until):
            message = f"{ignore.label('until')} is {quoted(until)}, which is not a date"
            ignore.report("wrong-value", message, "until", remedy="Write it as 2027-01-31.")
        yield ignore.value


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _unique(drafts: Iterable[_Draft]) -> Iterator[_Draft]:
    """The first document of each address; the others are reported."""
    seen: dict[Address, _Draft] = {}
    for draft in drafts:
        address = draft.resource.address
        first = seen.setdefault(address, draft)
        if first is draft:
            yield draft
            continue
        where = first.resource.place()
        if address.kind == address.name and "name" not in draft.section.value:
            message = f"{quoted(address.kind)} is declared a second time, first at {where}; there is only one"
            draft.section.report(
                "singleton-claimed-twice", message, "kind", remedy="Merge the two documents."
            )
        else:
            message = f"{address.kind} {quoted(address.name)} is declared a second time, first at {where}"
            draft.section.report("duplicate-document", message, "name", remedy="Rename or remove one.")


def _check_former_names(drafts: list[_Draft]) -> None:
    declared = {draft.resource.address: draft for draft in drafts}
    claimed: dict[Address, Place | None] = {}
    for draft in drafts:
        section, address = draft.section, draft.resource.address
        for index, name in _former_names_at(section):
            former = Address(address.kind, name)
            at = section.source.place("formerNames", index)
            if former == address:
                message = f"formerNames lists {quoted(name)}, which is the document's own name"
                section.report("former-name-declared", message, "formerNames", index, remedy="Remove it.")
            elif other := declared.get(former):
                message = f"formerNames lists {quoted(name)}, which {other.resource.place()} still declares"
                section.report("former-name-declared", message, "formerNames", index, remedy="Remove one.")
            elif former in claimed:
                message = f"former name {quoted(name)} is claimed a second time, first at {claimed[former]}"
                section.report(
                    "former-name-claimed-twice", message, "formerNames", index, remedy="Remove one."
                )
            claimed.setdefault(former, at)


def _former_names_at(section: Section) -> list[tuple[int, str]]:
    """Without the mistakes, which are reported already."""
    return list(replace(section, findings=[]).texts_at("formerNames"))


def _about_cap(resource: Resource, state: str, cap: str, environment: str) -> Iterator[Finding]:
    place = resource.place("state")
    message = (
        f"state {quoted(state)} is lowered to {quoted(cap)}, the cap of environment {quoted(environment)}"
    )
    yield Finding(
        rule="state-capped", severity="note", message=message, place=place, address=resource.address
    )
    if cap == STATES[1] and _user_actions(resource.spec):
        message = (
            f"report-only does not evaluate user actions: in {quoted(environment)} this policy does nothing"
        )
        remedy = "Try it in an environment without the cap."
        yield Finding(
            rule="cap-user-action",
            severity="warning",
            message=message,
            help=remedy,
            place=place,
            address=resource.address,
        )


def _user_actions(spec: JsonObject) -> bool:
    conditions = spec.get("conditions")
    applications = conditions.get("applications") if isinstance(conditions, dict) else None
    return isinstance(applications, dict) and bool(applications.get("includeUserActions"))
