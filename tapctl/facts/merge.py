"""A checked workspace and a snapshot of its tenant, if there is one → the Facts that hold. Pure.

What a document owns is as the document says, since the question is about the folder as proposed; what none
owns is as the tenant has it. What neither says is not known. (A sign-in test's own facts go over both: they
come with the sign-in.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tapctl.evaluate.facts import Facts, Group, Person
from tapctl.facts.declared import declared_facts
from tapctl.facts.objects import SOMEBODY
from tapctl.facts.people import UNLISTED, pass_in, registered
from tapctl.facts.snapshot import FactsSnapshot, SeenGroup, SeenPerson
from tapctl.facts.specs import Specs, named_in, specs_of, spelled
from tapctl.kinds import kinds, lookups
from tapctl.model import Address, JsonObject

if TYPE_CHECKING:
    from tapctl.checked import Checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The folder's policies and all else that it declares, and the facts to judge them by, spelled alike."""

    specs: Specs
    facts: Facts


def facts_for(checked: Checked, snapshot: FactsSnapshot | None = None) -> Facts:
    """The facts alone, for a workspace without errors."""
    return known(checked, snapshot).facts


def known_if_seen(checked: Checked, snapshot: FactsSnapshot | None) -> Known | None:
    """The same for whoever knows the documents by himself: None without a snapshot."""
    return None if snapshot is None else known(checked, snapshot)


def known(checked: Checked, snapshot: FactsSnapshot | None = None) -> Known:
    """Everything that is known about a workspace without errors."""
    if snapshot is None:
        specs = specs_of(checked)
        return Known(specs=specs, facts=declared_facts(specs.specs))
    specs = specs_of(checked, _entries(snapshot))
    facts = declared_facts(
        _overlaid(specs, snapshot, _going(checked)), are_all_external=snapshot.are_methods_read
    )
    roles = _roles_of_people(specs, snapshot)
    return Known(
        specs=specs,
        facts=replace(
            facts,
            groups=_groups(specs, facts, snapshot) | _to_be_created(checked, specs, snapshot),
            users={
                key: _person(person, None if roles is None else roles.get(key, frozenset()))
                for key, person in snapshot.people.items()
                if person.type is not None
            },
            roles_read=frozenset(snapshot.roles or ()),
            security_defaults="unread" if snapshot.security_defaults is None else snapshot.security_defaults,
            join_needs_mfa=snapshot.join_needs_mfa,
        ),
    )


def _entries(snapshot: FactsSnapshot) -> dict[str, list[JsonObject]]:
    """Names as if they had just been looked up."""
    return {
        kind: [{lookups()[kind].id: key, lookups()[kind].key: name} for key, name in names.items()]
        for kind, names in snapshot.names.items()
        if kind in lookups()
    }


def _going(checked: Checked) -> frozenset[Address]:
    return frozenset(item.address for item in checked.desired if item.resource.ensure == "absent")


def _overlaid(specs: Specs, snapshot: FactsSnapshot, going: frozenset[Address]) -> dict[Address, JsonObject]:
    """Documents over objects; of an object that a document owns, what the document leaves as it is."""
    result = {address: spec for address, spec in snapshot.objects.items() if address not in going}
    for address, spec in specs.specs.items():
        seen = result.get(address, {})
        optional = {
            name for name, child in kinds()[address.kind].field.properties.items() if child.is_unmanaged
        }
        kept = {name: value for name, value in seen.items() if name in optional}
        result[address] = {**kept, **spec}
    return result


def _groups(specs: Specs, declared: Facts, snapshot: FactsSnapshot) -> dict[str, Group]:
    """Members that a document declares are what the group will have; of all other groups, what it has."""
    names = {key: _group_name(specs, key) for key in snapshot.groups}
    owned = {spelled("Group", name) for name, spec in specs.of("Group").items() if "members" in spec}
    found = {names[key]: _group(group, names) for key, group in snapshot.groups.items()}
    everything = {
        **declared.groups,
        **{name: group for name, group in found.items() if name not in owned},
    }
    nested = {name for group in everything.values() for name in group.groups}
    return {**dict.fromkeys(sorted(nested), SOMEBODY), **everything}


def _to_be_created(checked: Checked, specs: Specs, snapshot: FactsSnapshot) -> dict[str, Group]:
    """A group that the tenant does not have begins with nobody in it, unless its document owns members, a
    rule finds some, or Graph may know it by another name."""
    return {
        spelled("Group", item.address.name): Group()
        for item in checked.desired
        if item.address.kind == "Group"
        and item.address.name in snapshot.absent_groups
        and not item.resource.former_names
        and item.display_name == item.address.name
        and not {"members", "membershipRule"} & specs.specs.get(item.address, {"members": []}).keys()
    }


def _group_name(specs: Specs, object_id: str) -> str:
    name = specs.directory.names.get(("Group", object_id))
    is_clear = name is not None and specs.directory.id_of(Address("Group", name)) == object_id
    return spelled("Group", name) if name is not None and is_clear else f"id:{object_id}"


def _group(group: SeenGroup, names: Mapping[str, str]) -> Group:
    return Group(
        users=group.users,
        groups=frozenset(names.get(key, f"id:{key}") for key in group.groups),
        is_complete=group.is_complete,
    )


def _roles_of_people(specs: Specs, snapshot: FactsSnapshot) -> dict[str, frozenset[str]] | None:
    """The roles of each holder as policies name them; None if a policy names one that was not read."""
    read = {_role_name(specs, key): role for key, role in (snapshot.roles or {}).items()}
    if snapshot.roles is None or not named_in(specs.policies.values(), "Role") <= read.keys():
        return None
    people = _all(role.active for role in read.values())
    return {key: frozenset(name for name, role in read.items() if key in role.active) for key in people}


def _role_name(specs: Specs, template: str) -> str:
    name = specs.directory.names.get(("Role", template))
    return spelled("Role", name) if name is not None else f"id:{template}"


def _all(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*sets)


def _person(person: SeenPerson, roles: frozenset[str] | None) -> Person:
    modes = registered(person.methods)
    is_outside = person.type not in ("member", "internalGuest")
    return Person(
        type=person.type or "member",
        registered=modes - {"password"} if modes is not None and is_outside else modes,
        unsure=UNLISTED,
        held_pass=person.held_pass or pass_in(person.methods),
        roles=roles,
        is_enabled=person.is_enabled is not False,
        per_user_mfa="unread",
    )
