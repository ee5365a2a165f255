"""What Graph answered about locations, strengths and methods → canonical specs by address. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from tapctl import directory as directories
from tapctl.directory import Directory
from tapctl.kinds import kinds
from tapctl.kinds._authentication_method import METHODS_POLICY
from tapctl.match import as_observed
from tapctl.model import Address, JsonObject
from tapctl.shapes import as_objects

MIGRATION: Final = "AuthenticationMethodsPolicy"
_EVERYBODY: Final = "all_users"


def configurations(methods: JsonObject | None) -> dict[str, list[JsonObject]]:
    """The answer for the methods policy → its configurations, by the names of their kinds."""
    held = methods.get("authenticationMethodConfigurations") if methods is not None else None
    items = [item for item in held if isinstance(item, dict)] if isinstance(held, list) else []
    found = {name: kind.ours(items) for name, kind in kinds().items() if kind.inside == METHODS_POLICY}
    return {**found, MIGRATION: [methods] if methods is not None else []}


def targets(methods: JsonObject | None) -> frozenset[str]:
    """The ids of the groups that any configuration includes or excludes."""
    return frozenset(
        str(target["id"]).lower()
        for items in configurations(methods).values()
        for item in items
        for side in ("includeTargets", "excludeTargets")
        for target in as_objects(item.get(side))
        if target.get("targetType") == "group" and target.get("id") != _EVERYBODY
    )


def canonical_objects(
    found: Mapping[str, Iterable[JsonObject] | None],
    entries: Mapping[str, Iterable[JsonObject]],
    pins: Mapping[Address, str],
) -> dict[Address, JsonObject]:
    """Objects by kind → canonical specs. Two of one name are left out: nobody knows which is meant."""
    directory = directories.build(entries, pins, {})
    named = [
        (address, _spec(kind, item, directory))
        for kind, items in found.items()
        for item in items or ()
        if (address := _address(kind, item, directory)) is not None
    ]
    count = Counter(address for address, _ in named)
    return {address: spec for address, spec in named if count[address] == 1}


def _spec(kind: str, item: JsonObject, directory: Directory) -> JsonObject:
    """What decides a sign-in: of the policy as a whole only the migration, and nothing that people wrote."""
    spec = as_observed(kinds()[kind], item, directory).before or {}
    if kind == MIGRATION:
        return {key: value for key, value in spec.items() if key == "policyMigrationState"}
    return {key: value for key, value in spec.items() if key not in ("description", "featureSettings")}


def _address(kind: str, item: JsonObject, directory: Directory) -> Address | None:
    if kinds()[kind].singleton:
        return Address(kind, kind)
    object_id = str(item.get("id")).lower()
    name = directory.names.get((kind, object_id)) or str(item.get("displayName"))
    return Address(kind, name) if directory.id_of(Address(kind, name)) in (object_id, None) else None
