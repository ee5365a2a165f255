"""What a rule is given: every object of the folder, or in a plan of the tenant as it would be; and facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import assert_never

from tapctl import directory as directories
from tapctl.built_in import BUILT_IN_STRENGTHS, WATCHED
from tapctl.canonical import canonical, with_values
from tapctl.directory import Directory
from tapctl.evaluate.enabled_methods import CONFIGURATIONS, Methods
from tapctl.evaluate.facts import Facts, Person
from tapctl.kind import Strange
from tapctl.lint.groups import Groups
from tapctl.lint.item import Hit, Item
from tapctl.lint.needs import KEYS, LASTING, Need
from tapctl.lint.people import People
from tapctl.lint.policy import Policy
from tapctl.lint.what_if import WhatIf
from tapctl.model import (
    Address,
    Environment,
    JsonObject,
    Settings,
    Workspace,
)
from tapctl.validate import Desired


def last_changed(graph: JsonObject) -> str:
    """When an object as Graph gives it was last changed, or made; empty where it does not say."""
    return str(graph.get("modifiedDateTime") or graph.get("createdDateTime") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything a rule may know; nothing it may ask for.

    `before` is the same about the tenant before a plan. `is_whole`: the items are all that the tenant will
    have, and not only what a folder declares. A fact that nobody gave is None, or missing, in `facts`.
    """

    items: tuple[Item, ...]
    settings: Settings
    environment: Environment
    as_of: date
    facts: Facts = field(default_factory=Facts)
    before: Context | None = None
    is_whole: bool = False
    policies: tuple[Policy, ...] = ()
    groups: Groups = field(default_factory=lambda: Groups(members={}))
    methods: Methods = field(default_factory=lambda: Methods(items={}))
    strengths: Mapping[str, frozenset[frozenset[str]]] = field(default_factory=dict)
    people: People = field(compare=False)
    what_if: WhatIf = field(compare=False)

    def of(self, kind: str) -> list[Item]:
        """The objects of one kind."""
        return [item for item in self.items if item.address.kind == kind]

    def one(self, kind: str) -> Item | None:
        """A singleton, if it is there."""
        return next(iter(self.of(kind)), None)

    def find(self, kind: str, name: str) -> Item | None:
        """The object of that name."""
        address = Address(kind, name)
        return next((item for item in self.items if item.address == address), None)

    @property
    def is_production(self) -> bool:
        """Whether people work there."""
        return self.environment.is_production

    def has(self, need: Need) -> bool:
        """Whether that fact was given, at least for somebody."""
        people = self.facts.users.values()
        match need:
            case "plan":
                return self.before is not None
            case "changed":
                return self.is_whole or any(item.changed for item in self.items)
            case "members":
                return bool(self.facts.groups) or self.groups.has_members
            case "emergency":
                groups = self.settings.break_glass.groups
                return all(map(self.groups.is_known, groups)) or any(map(self.joined, groups))
            case "roles":
                read = self.facts.roles_read
                return any(person.roles is not None for person in people) and (
                    read is None or read >= WATCHED
                )
            case "registered":
                return any(person.registered is not None for person in people)
            case "securityDefaults":
                return isinstance(self.facts.security_defaults, bool)
            case "accepted":
                ways = [self.combinations(policy) or frozenset() for policy in self.on]
                modes = CONFIGURATIONS.keys() & {mode for found in ways for way in found for mode in way}
                return not modes or any(map(self.methods.scope, modes))
            case "passkeys":
                return self.methods.scope("fido2") is not None
            case "landing":
                scopes = [*map(self.methods.scope, LASTING)]
                return None not in scopes or any(scope and scope.is_for_all for scope in scopes)
            case "keys":
                known = [person.registered or frozenset() for _, person in self.emergency if person]
                held = KEYS & frozenset[str]().union(*known)
                return not held or any(map(self.methods.scope, held))
            case "join":
                return self.facts.join_needs_mfa is not None
            case _:
                assert_never(need)

    @property
    def emergency(self) -> list[tuple[str, Person | None]]:
        """The declared emergency accounts, with what is known of them."""
        known = {name.casefold(): person for name, person in self.facts.users.items()}
        return [(name, known.get(name.casefold())) for name in self.settings.break_glass.accounts]

    def joined(self, group: str) -> frozenset[str]:
        """Who is known to be in an emergency accounts' group and is no declared one."""
        declared = {name.casefold() for name in self.settings.break_glass.accounts}
        return self.groups.users(group) - declared if declared else frozenset()

    def at_settings(self, message: str, *path: str) -> Hit:
        """Something about tapctl.yaml."""
        return Hit(message=message, place=self.settings.source.place(*path), path=path)

    @property
    def enforced(self) -> tuple[Policy, ...]:
        """The policies that are enabled."""
        return tuple(policy for policy in self.policies if policy.is_enforced)

    @property
    def on(self) -> tuple[Policy, ...]:
        """The policies that are enabled, or report."""
        return tuple(policy for policy in self.policies if policy.is_on)

    def combinations(self, policy: Policy) -> frozenset[frozenset[str]] | None:
        """What satisfies the policy's strength; None where that is not known, or it asks for none."""
        return self.strengths.get(policy.strength) if policy.strength else None


def context_of(
    items: Iterable[Item],
    *,
    settings: Settings,
    environment: Environment,
    as_of: date,
    facts: Facts | None = None,
    before: Context | None = None,
    is_whole: bool = False,
) -> Context:
    """A Context of canonical objects, with everything that is computed once for all rules."""
    found = tuple(items)
    known = facts or Facts()
    policies = tuple(Policy(item=item) for item in found if item.address.kind == "ConditionalAccessPolicy")
    return Context(
        items=found,
        settings=settings,
        environment=environment,
        as_of=as_of,
        facts=known,
        before=before,
        is_whole=is_whole,
        policies=policies,
        groups=Groups.of(
            ((item.address.name, _with_members(item)) for item in found if item.address.kind == "Group"),
            known,
        ),
        methods=Methods(items={item.address.kind: item.spec for item in found}, facts=known),
        strengths=_strengths(found, known),
        people=People(policies, known, as_of),
        what_if=WhatIf({item.address: item.spec for item in found}, known, as_of),
    )


def _with_members(group: Item) -> JsonObject:
    """A group's spec, which lacks a list that is empty: that a document says so is known all the same."""
    is_empty = group.resource is not None and group.resource.spec.get("members") == []
    return {**group.spec, "members": []} if is_empty else group.spec


def _strengths(items: Iterable[Item], facts: Facts) -> dict[str, frozenset[frozenset[str]]]:
    declared = {
        item.address.name: frozenset(frozenset(text.split(",")) for text in item.texts("allowedCombinations"))
        for item in items
        if item.address.kind == "AuthenticationStrength"
    }
    given = {name: strength.combinations for name, strength in facts.strengths.items()}
    return {**BUILT_IN_STRENGTHS, **given, **declared}


def offline(
    workspace: Workspace,
    desired: Sequence[Desired],
    *,
    as_of: date,
    facts: Facts | None = None,
    directory: Directory | None = None,
    before: Context | None = None,
) -> Context:
    """The folder alone: names mean what pins and well-known names say, unless there is a `directory`."""
    directory = directory or directories.build({}, workspace.environment.pins, {})
    items = [_declared(item, directory) for item in desired if item.resource.ensure == "present"]
    return context_of(
        items,
        settings=workspace.settings,
        environment=workspace.environment,
        as_of=as_of,
        facts=facts,
        before=before,
    )


def _declared(desired: Desired, directory: Directory) -> Item:
    kind = desired.kind
    plain = canonical(kind.field, desired.spec, directory.as_name)
    spec = kind.normalise(plain, Strange(said=desired.newer))
    return Item(
        address=desired.address,
        spec=with_values(spec, desired.newer),
        resource=desired.resource,
        managed_by=kind.service_managed({**desired.spec, "displayName": desired.display_name}),
        changed=last_changed(desired.spec),
    )
