"""A checked workspace → its policies as the evaluator reads them, its facts, and the names known in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tapctl.checked import Checked
from tapctl.evaluate.applications import SUITES, app_key
from tapctl.evaluate.facts import Facts
from tapctl.evaluate.rulebook import Rulebook, rulebook
from tapctl.facts.merge import known
from tapctl.facts.snapshot import FactsSnapshot
from tapctl.facts.specs import POLICY, Specs
from tapctl.kinds._lookups import APPLICATIONS
from tapctl.model import Address, Finding, JsonObject, Path, Place, errors_in
from tapctl.reference import GUID
from tapctl.validate import Desired

SUITE_NAMES: Final = ("Office365", "MicrosoftAdminPortals")


@dataclass(frozen=True)
class Company:
    """What sign-ins are asked about: the folder's policies in one environment, with facts."""

    checked: Checked
    specs: Specs
    facts: Facts

    @cached_property
    def policies(self) -> dict[str, JsonObject]:
        """Each policy's canonical spec by name."""
        return self.specs.policies

    @cached_property
    def book(self) -> Rulebook:
        """The policies, ready for many sign-ins."""
        return rulebook(self.policies, self.facts)

    def enforcing(self, names: frozenset[str]) -> Rulebook:
        """The same where these policies are enabled."""
        if not names:
            return self.book
        if names not in self._books:
            self._books[names] = self._enforcing(names)
        return self._books[names]

    @cached_property
    def _books(self) -> dict[frozenset[str], Rulebook]:
        return {}

    def _enforcing(self, names: frozenset[str]) -> Rulebook:
        changed = {
            name: {**spec, "state": "enabled"} if name in names else spec
            for name, spec in self.policies.items()
        }
        return rulebook(changed, self.facts)

    @property
    def report_only(self) -> frozenset[str]:
        """The policies that are reported here and not enforced."""
        return frozenset(
            name
            for name, spec in self.policies.items()
            if spec.get("state") == "enabledForReportingButNotEnforced"
        )

    def place(self, policy: str, path: Path) -> Place | None:
        """Where something in a policy's spec is written."""
        found = self._documents.get(Address(POLICY, policy))
        return found.resource.place(*path) if found else None

    @property
    def has_people(self) -> bool:
        """Whether somebody told who is in the directory: then a user who is not there is a mistake."""
        return bool(self.facts.users)

    def names(self, kind: str) -> frozenset[str]:
        """The names of a kind that the folder declares, refers to or pins, or that the facts know."""
        return self._names.get(kind, frozenset())

    def knows_application(self, text: str) -> bool:
        """Whether this is an application that a policy can mean."""
        folded = app_key(text)
        return bool(GUID.fullmatch(folded)) or folded in SUITES or text in self.names("Application")

    @cached_property
    def contexts(self) -> Mapping[str, str]:
        """The id of each declared authentication context, by its name."""
        return {
            str(item.spec.get("displayName")): item.address.name
            for item in self._present
            if item.address.kind == "AuthenticationContext"
        }

    @cached_property
    def _present(self) -> tuple[Desired, ...]:
        return tuple(item for item in self.checked.desired if item.resource.ensure == "present")

    @cached_property
    def _documents(self) -> dict[Address, Desired]:
        return {item.address: item for item in self._present}

    @cached_property
    def _names(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for kind, name in self._mentioned():
            found.setdefault(kind, set()).add(name)
        return {kind: frozenset(names) for kind, names in found.items()}

    def _mentioned(self) -> Iterator[tuple[str, str]]:
        workspace, facts = self.checked.workspace, self.facts
        yield from ((item.address.kind, item.address.name) for item in self._present)
        yield from ((link.reference.kind, link.reference.text) for link in self.checked.resolved.links)
        yield from ((address.kind, address.name) for address in workspace.environment.pins)
        yield from (("Group", name) for name in (*workspace.settings.break_glass.groups, *facts.groups))
        yield from (("User", name) for name in (*workspace.settings.break_glass.accounts, *facts.users))
        yield from (("NamedLocation", name) for name in facts.locations)
        yield from (
            ("Role", name) for (kind, _), name in self.specs.directory.names.items() if kind == "Role"
        )
        yield from (("Application", name) for name in (*APPLICATIONS, *SUITE_NAMES))


def company_of(checked: Checked, snapshot: FactsSnapshot | None = None) -> Company:
    """A folder without mistakes in one environment, with what its documents and a snapshot say."""
    found = known(checked, snapshot)
    return Company(checked, found.specs, found.facts)


def mistakes_in(checked: Checked) -> tuple[Finding, ...]:
    """What keeps the policies from saying what somebody meant. Whether break-glass accounts are pinned is a
    matter between the folder and a tenant, and decides no sign-in."""
    return tuple(item for item in errors_in(checked.findings) if item.rule != "break-glass-not-pinned")
