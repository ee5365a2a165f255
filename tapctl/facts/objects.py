"""Canonical specs of groups, locations and strengths → the evaluator's values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tapctl.canonical import at, texts
from tapctl.evaluate.facts import Group, Location, Strength
from tapctl.facts.specs import respelled, spelled
from tapctl.kinds import kinds
from tapctl.kinds.group import is_dynamic
from tapctl.model import JsonObject
from tapctl.reference import parse

SOMEBODY: Final = Group(is_complete=False)
"""A group whose members nobody declared or read."""

_IP, _COUNTRY = "#microsoft.graph.ipNamedLocation", "#microsoft.graph.countryNamedLocation"


def group_of(spec: JsonObject) -> Group:
    """Its declared members. One known only by id may be a person or a group: nobody knows whom it brings."""
    if is_dynamic(spec) or "members" not in spec:
        return SOMEBODY
    field = kinds()["Group"].field.properties["members"].items
    assert field is not None  # noqa: S101  # for mypy: members are a list
    members = [(text, parse(text, field.references, field.words)) for text in texts(spec, "members")]
    ids = {f"id:{found.text}" for _, found in members if found.form == "id"}
    return Group(
        users=frozenset(spelled("User", found.text) for _, found in members if found.kind == "User") | ids,
        groups=frozenset(respelled("Group", field, text) for text, found in members if found.kind == "Group"),
        is_complete=not ids,
    )


def location_of(spec: JsonObject) -> Location | None:
    """None for a type of location that is newer than tapctl: nobody knows which addresses it holds."""
    match spec.get("@odata.type"):
        case str(kind) if kind == _IP:
            ranges = spec.get("ipRanges")
            return Location(
                kind="ip",
                is_trusted=spec.get("isTrusted") is True,
                ranges=tuple(
                    str(at(item, "cidrAddress")) for item in (ranges if isinstance(ranges, list) else ())
                ),
            )
        case str(kind) if kind == _COUNTRY:
            return Location(
                kind="country",
                countries=frozenset(text.upper() for text in texts(spec, "countriesAndRegions")),
                includes_unknown=spec.get("includeUnknownCountriesAndRegions") is True,
                is_gps=spec.get("countryLookupMethod") == "authenticatorAppGps",
            )
        case _:
            return None


def strength_of(spec: JsonObject) -> Strength:
    """Combinations, and what narrows them (authenticationcombinationconfiguration)."""
    found = spec.get("combinationConfigurations")
    configurations = [item for item in (found if isinstance(found, list) else ()) if isinstance(item, dict)]
    return Strength(
        combinations=frozenset(
            frozenset(mode.strip() for mode in text.split(",")) for text in texts(spec, "allowedCombinations")
        ),
        fido2_aaguids=frozenset(
            text.lower() for item in configurations for text in texts(item, "allowedAAGUIDs")
        ),
        restricts_certificates=any(
            texts(item, "allowedIssuerSkis") or texts(item, "allowedPolicyOIDs") for item in configurations
        ),
    )


def with_nested(groups: Mapping[str, Group], named: frozenset[str]) -> dict[str, Group]:
    """`groups`, and each group that one of them or something else names, of which nothing is known."""
    nested = frozenset(name for group in groups.values() for name in group.groups)
    return {**dict.fromkeys(sorted(nested | named), SOMEBODY), **groups}
