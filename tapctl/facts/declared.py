"""Canonical specs → Facts: what the documents of a workspace say by themselves, offline.

What no document declares is not known: who is in a group without declared members, for whom a method without
a document is enabled, who holds a role.
"""

from __future__ import annotations

from collections.abc import Mapping

from tapctl.canonical import at
from tapctl.evaluate.facts import Facts, Strength
from tapctl.evaluate.strengths import BUILT_IN
from tapctl.facts.methods import EXTERNAL, TAP, groups_in, methods_of, pass_policy_of
from tapctl.facts.objects import group_of, location_of, strength_of, with_nested
from tapctl.facts.specs import named_in, spelled
from tapctl.kinds import lookups
from tapctl.model import Address, JsonObject

_MIGRATION = {"migrationComplete": True, "preMigration": False, "migrationInProgress": False}


def declared_facts(specs: Mapping[Address, JsonObject], *, are_all_external: bool = False) -> Facts:
    """`specs` are canonical, by address. `are_all_external`: no external method is missing from them."""
    methods = methods_of(
        {address.kind: spec for address, spec in specs.items() if address.kind == address.name},
        [spec for address, spec in specs.items() if address.kind == EXTERNAL],
        are_all_external=are_all_external,
    )
    policies = [spec for address, spec in specs.items() if address.kind == "ConditionalAccessPolicy"]
    groups = {spelled("Group", name): group_of(spec) for name, spec in _of(specs, "Group")}
    locations = {
        spelled("NamedLocation", name): location_of(spec) for name, spec in _of(specs, "NamedLocation")
    }
    strengths = {
        spelled("AuthenticationStrength", name): strength_of(spec)
        for name, spec in _of(specs, "AuthenticationStrength")
    }
    return Facts(
        groups=with_nested(groups, named_in(policies, "Group") | groups_in(methods)),
        locations={name: location for name, location in locations.items() if location is not None},
        strengths={**_built_in(), **strengths},
        methods=methods,
        pass_policy=pass_policy_of(specs.get(Address(TAP, TAP))),
        migration_is_complete=_migration(specs),
    )


def _built_in() -> dict[str, Strength]:
    """Microsoft's own three, as policies may spell them: by any name they had, or by id."""
    known = lookups()["AuthenticationStrength"].well_known
    named = {
        spelled("AuthenticationStrength", name): BUILT_IN[object_id] for name, object_id in known.items()
    }
    return {**named, **{f"id:{object_id}": BUILT_IN[object_id] for object_id in known.values()}}


def _of(specs: Mapping[Address, JsonObject], kind: str) -> list[tuple[str, JsonObject]]:
    return [(address.name, spec) for address, spec in specs.items() if address.kind == kind]


def _migration(specs: Mapping[Address, JsonObject]) -> bool | None:
    kind = "AuthenticationMethodsPolicy"
    return _MIGRATION.get(str(at(specs.get(Address(kind, kind)), "policyMigrationState")))
