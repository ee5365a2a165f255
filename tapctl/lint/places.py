"""CA026 to CA029: named locations, and what policies take them for."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterator
from typing import Final, TypeAlias

from tapctl.lint.context import Context
from tapctl.lint.example import BLOCK, document, policy, stream
from tapctl.lint.item import Hit, Item
from tapctl.lint.policy import Policy
from tapctl.lint.rule import rule

_Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"
_WIDEST: Final = {4: 16, 6: 32}
"""The shortest prefix of a trusted range: a /16 is what a large company owns."""
# https://www.iana.org/assignments/iana-ipv4-special-registry: what no sign-in comes from. The ranges for
# documentation are left out: whoever writes them down is writing an example.
_NEVER_PUBLIC: Final[tuple[_Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
)
_OFFICE = "{isTrusted: false, ipRanges: [203.0.113.0/24]}"
_TRUSTED = "{isTrusted: true, ipRanges: [203.0.113.0/24]}"
_LESS_OFFICE = "locations: {includeLocations: [All], excludeLocations: [Office]}"
_LESS_COUNTRIES = "locations: {includeLocations: [All], excludeLocations: [Countries]}"


def _excluded(context: Context, found: Policy) -> Iterator[Item]:
    for name in sorted(found.condition("locations", "excludeLocations")):
        if (item := context.find("NamedLocation", name)) is not None:
            yield item


def _is_country(item: Item) -> bool:
    return bool(item.texts("countriesAndRegions"))


@rule(
    id="CA026",
    name="ca-untrusted-exclusion",
    severity="warning",
    what="A demand is lifted at a place that is not trusted, or at a country.",
    why="Addresses roam and countries are guessed: neither proves who sits there.",
    fix="Exclude a location that is marked as trusted, or none: ask for a method instead.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-assignment-network",
    good=stream(policy(conditions=_LESS_OFFICE), document("NamedLocation", "Office", _TRUSTED)),
    bad=stream(policy(conditions=_LESS_OFFICE), document("NamedLocation", "Office", _OFFICE)),
)
def untrusted_exclusion(context: Context) -> Iterator[Hit]:
    """A block for everywhere but some places is a wall, and not a demand that is lifted: see CA028."""
    for found in context.on:
        for item in _excluded(context, found) if found.grants else ():
            if _is_country(item) or item.at("isTrusted") is not True:
                what = "a country" if _is_country(item) else "not marked as trusted"
                name = item.address.name
                message = f"{found.name} asks for nothing at {name}, which is {what}"
                yield found.hit(message, "conditions", "locations", "excludeLocations", value=name)


@rule(
    id="CA027",
    name="ca-trusted-wide",
    severity="error",
    what="A trusted range is very wide, or can never be seen from outside.",
    why="Trust is given by the public address alone: a wide range trusts strangers, a private one nobody.",
    fix="List the public addresses that the company's own networks come from.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-assignment-network",
    good=document("NamedLocation", "Office", _TRUSTED),
    bad=document("NamedLocation", "Office", "{isTrusted: true, ipRanges: [10.0.0.0/8]}"),
)
def trusted_wide(context: Context) -> Iterator[Hit]:
    """One finding for each reason: a location may hold 2,000 ranges."""
    for item in context.of("NamedLocation"):
        found: defaultdict[str, list[str]] = defaultdict(list)
        for text in sorted(_ranges(item)) if item.at("isTrusted") is True else ():
            if said := _untrustworthy(text):
                found[said].append(text)
        for said, (first, *others) in found.items():
            more = f" (and {len(others)} more like it)" if others else ""
            message = f"the trusted location {item.address.name} holds {first}, which {said}{more}"
            yield item.hit(message, "ipRanges", value=first)


def _ranges(item: Item) -> set[str]:
    found = item.at("ipRanges")
    entries = found if isinstance(found, list) else []
    return {str(entry.get("cidrAddress")) if isinstance(entry, dict) else str(entry) for entry in entries}


def _untrustworthy(text: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return ""
    if any(known.version == network.version and network.overlaps(known) for known in _NEVER_PUBLIC):
        return "is or overlaps a range that no sign-in comes from"
    if network.prefixlen < _WIDEST[network.version]:
        return f"is wider than /{_WIDEST[network.version]}"
    return ""


@rule(
    id="CA028",
    name="ca-country-unknown",
    severity="warning",
    what="A wall around countries does not say what becomes of addresses that no country is known for.",
    why="IPv6 and new ranges often have no country: they are outside the wall, or inside, by accident.",
    fix="Write includeUnknownCountriesAndRegions in the location, true or false.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-assignment-network",
    good=stream(
        policy(conditions=_LESS_COUNTRIES, grant=BLOCK),
        document(
            "NamedLocation",
            "Countries",
            "{countriesAndRegions: [DE], includeUnknownCountriesAndRegions: false}",
        ),
    ),
    bad=stream(
        policy(conditions=_LESS_COUNTRIES, grant=BLOCK),
        document("NamedLocation", "Countries", "{countriesAndRegions: [DE]}"),
    ),
)
def country_unknown(context: Context) -> Iterator[Hit]:
    walls = [found for found in context.on if found.blocks]
    for item in dict.fromkeys(item.address for found in walls for item in _excluded(context, found)):
        location = context.find("NamedLocation", item.name)
        if location is None or location.resource is None or not _is_country(location):
            continue  # what nobody wrote down cannot have been left out
        if "includeUnknownCountriesAndRegions" not in location.resource.spec:
            message = f"{item.name} does not say whether addresses of no known country belong to it"
            yield location.hit(message, "countriesAndRegions")


@rule(
    id="CA029",
    name="ca-gps",
    severity="warning",
    what="A country is told by the Authenticator's position, where that cannot work or disturbs.",
    why="It does not work when people sign in without a password, and it prompts even in report-only.",
    fix="Tell countries by address (clientIpAddress), or enforce the policy for people with passwords only.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-assignment-network",
    good=stream(
        policy(conditions="locations: {includeLocations: [Countries]}"),
        document(
            "NamedLocation",
            "Countries",
            "{countriesAndRegions: [DE], countryLookupMethod: authenticatorAppGps}",
        ),
    ),
    bad=stream(
        policy(
            state="enabledForReportingButNotEnforced",
            conditions="locations: {includeLocations: [Countries]}",
        ),
        document(
            "NamedLocation",
            "Countries",
            "{countriesAndRegions: [DE], countryLookupMethod: authenticatorAppGps}",
        ),
    ),
)
def gps(context: Context) -> Iterator[Hit]:
    by_position = {
        item.address.name
        for item in context.of("NamedLocation")
        if item.at("countryLookupMethod") == "authenticatorAppGps"
    }
    for found in context.on:
        for side in ("includeLocations", "excludeLocations"):
            for name in sorted(found.condition("locations", side) & by_position):
                if said := _position_trouble(context, found):
                    message = f"{found.name} asks the Authenticator where people are, {said}"
                    yield found.hit(message, "conditions", "locations", side, value=name)


def _position_trouble(context: Context, found: Policy) -> str:
    if found.is_report_only:
        return "and prompts them although it only reports"
    combinations = context.combinations(found)
    if combinations and not any("password" in combination for combination in combinations):
        return "which does not work with the passwordless methods it demands"
    if _may_have_passkeys(context, found):
        return "which does not work with the passkeys that are on for them"
    return ""


def _may_have_passkeys(context: Context, found: Policy) -> bool:
    """Whether passkeys are on for everybody, or for a group that the policy is about."""
    scope = context.methods.scope("fido2")
    if scope is None or not scope.is_enabled:
        return False
    around = {outer for group in found.users("includeGroups") for outer in context.groups.around(group)}
    return scope.everybody or bool((scope.include - scope.exclude) & around)
